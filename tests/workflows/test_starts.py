"""Starting a return twice, again after its end, and again after somebody stopped it in the Temporal UI."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.service import RPCError

from domain.case import Outcome
from domain.errors import KeyConflict
from domain.request import Basis
from ledger import EntryKind
from tests.workflows.returns import (
    SHOPIFY,
    SHOPIFY_LINE,
    SHOPIFY_ORDER,
    SHOPIFY_PAYMENT,
    TWO_RATES_PAYMENT,
    Return,
    Shop,
    request,
)
from workflows.return_case.stage import Stage
from workflows.start import start_return

UNIT = {SHOPIFY_LINE: 1}


async def check(one: Return) -> None:
    """One of everything, however many runs it took."""
    view = await one.result()
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, "181.09 USD")
    world = one.world
    assert [refund["amount"] for refund in await world.refunds(SHOPIFY_PAYMENT)] == [18109]
    assert len(await world.labels()) == 1
    kinds = Counter(entry.kind for entry in world.entries(one.case))
    assert {kind: count for kind, count in kinds.items() if count != 1} == {EntryKind.NOTICE: 4}
    subjects = Counter(mail["subject"] for mail in await world.mails(one.case))
    assert len(subjects) == 4
    assert set(subjects.values()) == {1}
    label = {"carrier": 490, "postage": -490}
    assert world.posted() == {**label, f"sold:{SHOPIFY_ORDER}": -1, "stock:main:IPOD2009BLACK:restocked": 1}
    assert world.pending() == []
    assert world.rooms.ledger.verify().faults == ()


async def test_the_same_start_twice_is_the_same_run(shop: Shop) -> None:
    first = await shop.shopify()
    run = await first.run_id()
    second = await shop.start("R-1", SHOPIFY_ORDER, UNIT)
    assert await second.run_id() == run
    await second.arrive()
    assert len(await shop.world.labels()) == 1


async def test_the_same_id_for_other_lines_is_a_conflict(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2})
    with pytest.raises(KeyConflict, match="other lines"):
        await shop.start("R-1", "two-rates", {"1": 1})
    with pytest.raises(KeyConflict, match="other lines"):
        await shop.start("R-1", SHOPIFY_ORDER, {"1": 2})
    asked = request("R-1", "two-rates", {"1": 2})
    for other in ({"basis": Basis.WITHDRAWAL}, {"appeals": "R-0"}):
        with pytest.raises(KeyConflict, match="basis or appeal"):
            await start_return(shop.client, asked.model_copy(update=other))
    assert (await one.labelled()).lines == {"1": 2}


async def test_after_its_end_a_return_is_found_not_started(shop: Shop) -> None:
    first = await shop.shopify()
    await first.arrive()
    await first.inspect()
    view = await first.result()
    run = await first.run_id()
    again = await shop.start("R-1", SHOPIFY_ORDER, UNIT)
    assert await again.run_id() == run
    assert await again.result() == view
    with pytest.raises(KeyConflict, match="other lines"):
        await shop.start("R-1", SHOPIFY_ORDER, {SHOPIFY_LINE: 2})
    await check(again)


async def test_after_a_wrong_start_the_right_one_runs(real_shop: Shop) -> None:
    await real_shop.world.import_order(SHOPIFY, SHOPIFY_PAYMENT)
    wrong = await real_shop.start(real_shop.case, SHOPIFY_ORDER, {SHOPIFY_LINE: 2})
    with pytest.raises(WorkflowFailureError):
        await wrong.result()
    one = await real_shop.start(real_shop.case, SHOPIFY_ORDER, UNIT)
    await one.arrive()
    await one.inspect()
    await check(one)


async def test_a_payment_that_is_not_linked_waits_for_ops_and_goes_on(shop: Shop) -> None:
    await shop.world.import_order(SHOPIFY, paid=False)
    one = await shop.start("R-1", SHOPIFY_ORDER, UNIT)
    view = await one.until(lambda view: bool(view.troubles))
    assert view.next_owner == "ops"
    assert "no payment to refund" in view.next_action
    assert (await one.attributes())["NeedsAction"] == "ops"
    assert shop.world.entries("R-1") == []
    await shop.world.import_order(SHOPIFY, SHOPIFY_PAYMENT)
    await one.retry_now()
    await one.arrive()
    await one.inspect()
    await check(one)


@pytest.mark.parametrize("moment", ["label", "receipt", "plan", "refund"])
async def test_terminated_and_started_again_it_goes_on_from_the_journal(shop: Shop, moment: str) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.told("approved")
    if moment != "label":
        await one.arrive()
        await one.told("in_transit", "received")
    if moment == "plan":
        shop.world.doors.shut("/stripe/v1")
        await one.inspect()
        await one.recorded(EntryKind.PLAN)
    if moment == "refund":
        shop.world.doors.shut("/sendgrid")
        await one.inspect()
        await one.recorded(EntryKind.REFUND_SETTLED)
    run = await one.run_id()
    await one.handle.terminate("somebody in the Temporal UI")
    assert await one.status() is WorkflowExecutionStatus.TERMINATED
    for door in {"plan": ["/stripe/v1"], "refund": ["/sendgrid"]}.get(moment, []):
        shop.world.doors.open(door)
    again = await shop.start("R-1", SHOPIFY_ORDER, UNIT)
    assert await again.run_id() != run
    if moment == "label":
        await again.arrive()
    if moment in ("label", "receipt"):
        await again.stage(Stage.INSPECTION)
        await again.inspect()
    await check(again)


async def test_a_new_run_for_other_lines_is_refused(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2})
    await one.labelled()
    await one.handle.terminate("somebody in the Temporal UI")
    other = await shop.start("R-1", "two-rates", {"1": 1, "2": 1})
    with pytest.raises(WorkflowFailureError) as caught:
        await other.ended()
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.details) == ("InvalidRequest", ("lines",))
    assert "2 of 1" in cause.message
    again = await shop.start("R-1", "two-rates", {"1": 2})
    await again.labelled()
    await again.receive()
    await again.inspect()
    assert (await again.result()).refunded == "23.53 EUR"
    assert len(await shop.world.refunds(TWO_RATES_PAYMENT)) == 1
    assert len(await shop.world.labels()) == 1


async def test_a_new_run_for_another_order_is_refused(shop: Shop) -> None:
    """The same id and the same lines of another order: what was decided on the first must not be paid on it."""
    one = await shop.two_rates({"1": 1})
    await one.labelled()
    await one.handle.terminate("somebody in the Temporal UI")
    order = shop.world.rooms.stores.orders.get("two-rates")
    assert order is not None
    tenders = tuple(tender.model_copy(update={"id": "pi_other"}) for tender in order.tenders)
    shop.world.rooms.stores.orders.put(order.model_copy(update={"id": "other", "number": "B-9", "tenders": tenders}))
    with pytest.raises(WorkflowFailureError) as caught:
        await (await shop.start("R-1", "other", {"1": 1})).ended()
    assert "order_id: return R-1 was decided already, for order two-rates" in str(caught.value.cause)
    assert [entry.order for entry in shop.world.entries("R-1")] == ["two-rates"] * len(shop.world.entries("R-1"))


async def test_reset_to_before_the_refund_pays_once(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.result()
    run = await one.reset("pay_leg")
    again = await real_shop.start(one.case, SHOPIFY_ORDER, UNIT)
    assert await again.run_id() == run
    await check(again)
    calls = (await real_shop.world.http.get("/stripe/_control/calls")).json()
    assert calls == {"received": 1, "created": 1}


async def test_cancelled_by_temporal_during_the_refund_and_started_again_it_pays_once(shop: Shop) -> None:
    """Part of a payment, and a provider that has forgotten our key by then: a second call would pay a second time."""
    one = await shop.two_rates({"1": 2})
    await one.arrive()
    await one.told("approved", "in_transit", "received")
    await shop.world.post("/stripe/_control/hold", {"hold": True, "moment": "after"})
    await one.inspect()
    while not await shop.world.refunds(TWO_RATES_PAYMENT):  # the money has moved, and the answer is held back
        await asyncio.sleep(0.02)
    await one.recorded(EntryKind.RESTOCK)
    await one.handle.cancel()
    with pytest.raises(WorkflowFailureError) as caught:
        await one.ended()
    assert isinstance(caught.value.cause, CancelledError)
    assert shop.world.entries("R-1", EntryKind.REFUND_SETTLED) == []
    await shop.world.post("/stripe/_control/forget_keys", {})
    again = await shop.start("R-1", "two-rates", {"1": 2})
    await shop.world.post("/stripe/_control/hold", {"hold": False})
    assert (await again.result()).refunded == "23.53 EUR"
    assert [refund["amount"] for refund in await shop.world.refunds(TWO_RATES_PAYMENT)] == [2353]
    calls = (await shop.world.http.get("/stripe/_control/calls")).json()
    assert calls == {"received": 1, "created": 1}
    assert len(shop.world.entries("R-1", EntryKind.REFUND_SETTLED)) == 1
    assert len(await shop.world.mails("R-1")) == 4
    assert shop.world.pending() == []
    assert shop.world.rooms.ledger.verify().faults == ()


@pytest.mark.parametrize(
    "moment", [EntryKind.PLAN, EntryKind.REFUND_SUBMITTED, EntryKind.REFUND_SETTLED, EntryKind.CLOSED]
)
async def test_a_cancel_by_temporal_that_races_with_the_end_changes_nothing(shop: Shop, moment: EntryKind) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.told("approved", "in_transit", "received")
    await one.inspect()
    await one.recorded(moment)
    with suppress(RPCError):  # it has ended already
        await one.handle.cancel()
    with suppress(WorkflowFailureError):
        await one.result()
    await check(await shop.start("R-1", SHOPIFY_ORDER, UNIT))
