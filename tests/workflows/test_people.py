"""Who says so: a message of somebody who may not is refused to them at once, and leaves the return as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.service import RPCError

from commands.policy import publish_policy
from domain.approval import statement
from domain.case import Outcome
from domain.inspection import InspectedLine, Inspection, Receipt, ReceivedLine
from domain.people import Person, Role
from ledger import EntryKind
from ledger.people import change
from ledger.signing import public_key, sign
from tests.workflows.returns import (
    SHOPIFY_LINE,
    SHOPIFY_ORDER,
    SHOPIFY_PAYMENT,
    TWO_RATES_PAYMENT,
    Return,
    Shop,
    refusal,
)
from tests.workflows.test_pages import everything
from tests.workflows.test_replay import replayer
from tests.world import POLICY_FROM, World
from workflows.return_case.said import Cancel
from workflows.return_case.stage import Stage
from workflows.return_case.view import CaseView

KEYS = {name: Ed25519PrivateKey.generate() for name in ("fay", "low")}
UNITS = {"1": 2, "2": 1}
TOTAL = 4624  # two mugs and the book: 2353 + 2271
LIMITED = "id: default\ntitle: 30 days\nwindow_days: 30\nautomatic_limit:\n  EUR: 4000\n"


def limited(world: World) -> None:
    """A policy that lets 40.00 EUR pass by itself, and two people of finance with keys of their own."""
    publish_policy(world.rooms, LIMITED, POLICY_FROM, datetime.now(UTC))
    for name, limit in (("fay", TOTAL), ("low", TOTAL - 1)):
        person = Person(id=name, role=Role.FINANCE, limits={"EUR": limit}, public_key=public_key(KEYS[name]))
        change(world.rooms.ledger, world.rooms.stores.people, person, "ada", datetime.now(UTC))


async def waiting(shop: Shop) -> tuple[Return, CaseView]:
    """A return whose refund waits for an approval, its goods put away."""
    limited(shop.world)
    one = await shop.two_rates(UNITS)
    await one.arrive()
    await one.inspect()
    await one.recorded(EntryKind.RESTOCK)
    return one, await one.until(lambda view: view.next_owner == "finance")


async def approve(one: Return, by: str = "fay", id: str = "u-1", case: str | None = None, **changed: Any) -> CaseView:
    """Sign and send an approval."""
    signed = statement(case or one.case, TOTAL, "EUR", id)
    said = {"by": by, "amount": TOTAL, "update_id": id, "signature": sign(KEYS[by], signed), **changed}
    return await one.update("approve", said, id)


def box(by: str) -> Receipt:
    return Receipt(id="box-1", received_by=by, lines=(ReceivedLine(line_id=SHOPIFY_LINE, quantity=1),))


async def test_goods_counted_by_somebody_unknown_are_refused_and_can_be_counted_again(shop: Shop) -> None:
    one = await shop.shopify()
    before = await one.labelled()
    for who, code in (("zoe", "person_unknown"), ("fay", "role_may_not")):
        refused, message = await refusal(one.update("receive", box(who)))
        assert (refused, who in message) == (code, True)
    assert await one.view() == before
    assert shop.world.entries("R-1", EntryKind.RECEIPT) == []
    assert (await one.update("receive", box("ann"))).received == {SHOPIFY_LINE: 1}
    lines = (InspectedLine(line_id=SHOPIFY_LINE, quantity=1),)
    code, _ = await refusal(one.update("inspect", Inspection(id="look-1", inspected_by="shop", lines=lines)))
    assert code == "role_may_not"
    assert (await one.view()).stage is Stage.INSPECTION
    await one.update("inspect", Inspection(id="look-1", inspected_by="ben", lines=lines))
    view = await one.result()
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, "181.09 USD")
    assert shop.world.posted("returning:") == {}


async def test_whoever_was_added_meanwhile_may_say_it_again(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await refusal(one.update("receive", box("zoe")))
    zoe = Person(id="zoe", role=Role.WAREHOUSE)
    change(shop.world.rooms.ledger, shop.world.rooms.stores.people, zoe, "ada", datetime.now(UTC))
    assert (await one.update("receive", box("zoe"))).received == {SHOPIFY_LINE: 1}


async def test_a_return_is_not_called_off_by_somebody_who_may_not(shop: Shop) -> None:
    one = await shop.shopify()
    before = await one.labelled()
    for who in ("zoe", "ann"):
        await refusal(one.update("cancel", Cancel(by=who)))
    assert await one.view() == before
    assert [label["status"] for label in await shop.world.labels()] != ["cancelled"]
    await one.update("cancel", Cancel(by="olga"))
    assert (await one.result()).outcome is Outcome.CANCELLED
    (entry,) = shop.world.entries("R-1", EntryKind.CANCELLED)
    (voided,) = shop.world.entries("R-1", EntryKind.LABEL_VOIDED)
    assert (entry.actor, voided.actor) == ("olga", "olga")


async def test_a_refused_cancel_does_not_cost_the_shopper_the_label(shop: Shop) -> None:
    shop.world.doors.shut("/carrier", 422)
    one = await shop.shopify()
    await one.until(lambda view: bool(view.troubles))
    await refusal(one.update("cancel", Cancel(by="zoe")))
    await refusal(one.update("receive", box("zoe")))
    shop.world.doors.open("/carrier")
    await one.retry_now()
    await one.labelled()
    assert {*one.notices()} <= {"request_received", "approved"}


@pytest.mark.parametrize("door", [422, 503])
async def test_whoever_speaks_while_the_story_waits_learns_at_once(shop: Shop, door: int) -> None:
    shop.world.doors.shut("/carrier", door)
    one = await shop.shopify()
    await one.until(lambda view: view.stage is Stage.LABEL)
    code, _ = await refusal(one.update("receive", box("zoe")))
    assert code == "person_unknown"
    assert (await one.update("receive", box("ann"))).stage is Stage.INSPECTION
    assert len(shop.world.entries("R-1", EntryKind.RECEIPT)) == 1


async def test_above_the_automatic_limit_the_refund_waits_for_finance(real_shop: Shop) -> None:
    one, view = await waiting(real_shop)
    assert (view.stage, view.next_action) == (Stage.REFUND, "Approve the refund of 46.24 EUR")
    assert (view.to_approve and view.to_approve.minor, view.approved_by) == (TOTAL, "")
    assert view.due_at is not None
    assert timedelta(hours=47) < view.due_at - datetime.now(UTC) < timedelta(hours=49)
    await one.at_rest()
    assert (await one.attributes())["NeedsAction"] == "finance"
    assert "- Next: **finance** — Approve the refund of 46.24 EUR" in await one.details()
    assert real_shop.world.entries(one.case, EntryKind.REFUND_SUBMITTED) == []
    assert await real_shop.world.refunds(TWO_RATES_PAYMENT) == []

    of_fay = sign(KEYS["fay"], statement(one.case, TOTAL, "EUR", "u-4"))
    for wrong, code in (
        (approve(one, "low", "u-2"), "over_own_limit"),
        (approve(one, id="u-3", case="R-other"), "not_signed"),
        (approve(one, "low", "u-4", signature=of_fay), "not_signed"),
        (approve(one, id="u-5", amount=1), "other_amount"),
        (approve(one, id="u-6", update_id="u-7"), "other_update_id"),
    ):
        refused, _ = await refusal(wrong)
        assert refused == code
    assert await one.view() == view
    assert real_shop.world.entries(one.case, EntryKind.APPROVAL) == []

    assert (await approve(one)).approved_by == "fay"
    done = await one.result()
    assert (done.outcome, done.refunded, done.to_approve) == (Outcome.REFUNDED, "46.24 EUR", None)
    kinds = [entry.kind for entry in real_shop.world.entries(one.case)]
    assert kinds.index(EntryKind.APPROVAL) < kinds.index(EntryKind.REFUND_SUBMITTED)
    assert real_shop.world.rooms.ledger.verify().faults == ()
    assert b"PRIVATE" not in everything(await one.history())


async def test_the_history_of_refused_and_approved_messages_replays(real_shop: Shop) -> None:
    one, _ = await waiting(real_shop)
    await refusal(approve(one, "low", "u-2"))
    await refusal(one.update("cancel", Cancel(by="zoe")))
    await approve(one)
    await one.result()
    await replayer().replay_workflow(await one.history())


async def test_the_same_approval_again_is_one(shop: Shop) -> None:
    shop.world.doors.shut("/stripe/v1")  # the return stays open
    one, _ = await waiting(shop)
    await approve(one)
    assert (await approve(one)).approved_by == "fay"
    assert (await approve(one, id="u-2")).approved_by == "fay"
    code, message = await refusal(approve(one, "low", "u-3"))
    assert (code, "fay has approved" in message) == ("approved_already", True)
    assert len(shop.world.entries("R-1", EntryKind.APPROVAL)) == 1
    shop.world.doors.open("/stripe/v1")
    assert (await one.result()).refunded == "46.24 EUR"


async def test_a_new_run_knows_what_was_approved_and_asks_for_what_was_not(shop: Shop) -> None:
    one, _ = await waiting(shop)
    await one.handle.terminate("somebody in the Temporal UI")
    again = await shop.start("R-1", "two-rates", UNITS)
    await again.until(lambda view: view.next_owner == "finance")
    shop.world.doors.shut("/stripe/v1")
    await approve(again)
    await again.handle.terminate("somebody in the Temporal UI")
    shop.world.doors.open("/stripe/v1")
    third = await shop.start("R-1", "two-rates", UNITS)
    assert (await third.result()).refunded == "46.24 EUR"
    assert len(shop.world.entries("R-1", EntryKind.APPROVAL)) == 1
    assert len(await shop.world.refunds(TWO_RATES_PAYMENT)) == 1


async def test_when_finance_does_not_answer_ops_are_asked(shop: Shop) -> None:
    one, _ = await waiting(shop)
    await shop.skip(timedelta(days=2, hours=1))
    view = await one.until(lambda view: view.next_owner == "ops")
    assert view.next_action == "Overdue: Approve the refund of 46.24 EUR"
    await approve(one)
    assert (await one.result()).refunded == "46.24 EUR"


async def test_below_the_limit_nobody_is_asked_and_nothing_can_be_approved(shop: Shop) -> None:
    limited(shop.world)
    one = await shop.two_rates({"1": 2})  # 23.53
    await one.arrive()
    code, _ = await refusal(approve(one))
    assert code == "nothing_to_approve"
    await one.inspect()
    assert (await one.result()).refunded == "23.53 EUR"
    with pytest.raises(RPCError):
        await approve(one, id="late")


async def test_an_order_in_a_currency_without_a_limit_passes(shop: Shop) -> None:
    limited(shop.world)
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    assert (await one.result()).refunded == "181.09 USD"
    assert (one.world.entries("R-1")[0].order, SHOPIFY_PAYMENT) == (SHOPIFY_ORDER, SHOPIFY_PAYMENT)
