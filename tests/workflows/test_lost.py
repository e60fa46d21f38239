"""A parcel that moved and is heard of no more: the carrier lost it, and the shopper is paid all the same."""

from __future__ import annotations

from datetime import timedelta

from domain.case import Outcome
from ledger import EntryKind
from tests.workflows.returns import SHOPIFY_LINE, SHOPIFY_ORDER, Return, Shop, refusal
from tests.world import until
from workflows.return_case.said import Lost
from workflows.return_case.stage import Stage
from workflows.return_case.view import CaseView


async def lose(one: Return, by: str = "olga") -> CaseView:
    return await one.update("lost", Lost(by=by))


async def check(one: Return) -> None:
    """Refunded whole, with the units kept, nothing put away and nothing left over."""
    view = await one.result()
    world = one.world
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, view.quote)
    assert world.entries(one.case, EntryKind.RESTOCK) == []
    assert world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 0
    assert world.posted("kept:") == {f"kept:{SHOPIFY_ORDER}": 1}
    assert (world.posted("returning:"), world.pending()) == ({}, [])
    assert len(world.entries(one.case, EntryKind.LOST)) == 1
    assert world.rooms.ledger.verify().faults == ()


async def test_a_silent_parcel_that_the_carrier_lost_is_refunded_whole(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    assert (await refusal(lose(one)))[0] == "not_sent"
    await one.scan()
    await shop.skip(timedelta(days=60))
    await one.until(
        lambda view: view.next_action == "Overdue: Deliver the parcel; claim it at the carrier (`claim open`)"
    )
    assert (await refusal(lose(one, "ann")))[0] == "role_may_not"
    await lose(one)
    await check(one)
    assert {"lost", "refund_done"} <= set(one.notices())
    (mail,) = [mail for mail in await shop.world.mails("R-1") if "lost" in mail["subject"]]
    assert "all the same" in mail["text"]


async def test_what_was_lost_is_not_received_inspected_or_called_off(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.scan()
    shop.world.doors.shut("/stripe/v1")
    await lose(one)
    assert (await lose(one)).stage is Stage.REFUND
    code, message = await refusal(one.receive())
    assert (code, "late receive" in message) == ("lost", True)
    assert (await refusal(one.inspect()))[0] == "lost"
    assert (await refusal(one.cancel()))[0] == "lost"
    shop.world.doors.open("/stripe/v1")
    await check(one)


async def test_a_new_run_pays_for_what_was_lost_once(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.scan()
    shop.world.doors.shut("/stripe/v1")
    await lose(one)
    await until(lambda: shop.world.doors.knocks["/stripe/v1"] > 0, "a call to the provider")
    await one.handle.terminate("somebody in the Temporal UI")
    shop.world.doors.open("/stripe/v1")
    await check(await shop.start("R-1", SHOPIFY_ORDER, {SHOPIFY_LINE: 1}))
    assert len(shop.world.entries("R-1", EntryKind.PLAN)) == 1


async def test_goods_that_are_here_cannot_be_lost(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    code, message = await refusal(lose(one))
    assert (code, "`inspect`" in message) == ("already_received", True)
