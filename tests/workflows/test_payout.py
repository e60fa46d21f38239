"""The payment provider in all its moods: the money goes back once."""

from __future__ import annotations

from datetime import timedelta

from temporalio.api.enums.v1 import EventType

from domain.case import Outcome
from ledger import EntryKind
from tests.workflows.returns import (
    SHOPIFY_LINE,
    SHOPIFY_ORDER,
    SHOPIFY_PAYMENT,
    TWO_RATES_PAYMENT,
    Return,
    Shop,
    refusal,
)
from tests.world import until
from workflows.return_case.stage import Stage

KEY = f"refund:R-1:1:{SHOPIFY_PAYMENT}"


async def check(one: Return, attempts: int = 1) -> None:
    """Paid once, under the key of the last attempt."""
    view = await one.result()
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, "181.09 USD")
    paid = [refund for refund in await one.world.refunds(SHOPIFY_PAYMENT) if refund["status"] == "succeeded"]
    assert [(one["amount"], one["metadata"]["backhaul_key"]) for one in paid] == [(18109, f"{KEY}:{attempts}")]
    submitted = [entry.key for entry in one.world.entries("R-1", EntryKind.REFUND_SUBMITTED)]
    assert submitted == [f"{KEY}:{number}" for number in range(1, attempts + 1)]
    assert one.world.posted("owed:") == {}
    assert one.world.posted("tender:") == {}
    assert one.world.pending() == []
    assert one.world.rooms.ledger.verify().faults == ()


async def test_a_refund_that_the_bank_takes_its_time_for(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await one.inspect()
    await one.told("refund_submitted")
    view = await one.until(lambda view: view.refund_status == "pending")
    assert (view.stage, view.next_owner, view.next_action) == (Stage.REFUND, "provider", "Confirm the refund")
    assert shop.world.entries("R-1", EntryKind.REFUND_SETTLED) == []
    await shop.skip(timedelta(minutes=8))
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await shop.world.post(f"/stripe/_control/refunds/{refund['id']}", {"status": "succeeded"})
    await check(one)
    assert set(one.notices()) == {"approved", "in_transit", "received", "refund_submitted", "refund_done"}
    pauses = [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        for event in (await one.history()).events
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
        and b"Look at the refund again" in event.user_metadata.summary.data
    ]
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    calls = (await shop.world.http.get("/stripe/_control/calls")).json()
    assert calls == {"received": 1, "created": 1}


async def test_a_failed_refund_waits_for_finance_and_is_paid_by_a_new_intention(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    failed = {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    await shop.world.post("/stripe/_control/next_refund", failed)
    await one.inspect()
    view = await one.until(lambda view: bool(view.troubles))
    assert (view.next_owner, view.refund_status) == ("finance", "failed")
    assert "expired_or_canceled_card" in view.next_action
    assert (await one.attributes())["NeedsAction"] == "finance"
    assert shop.world.posted("owed:") == {"owed:R-1": 18109}
    await shop.skip(timedelta(days=10))  # nothing happens by itself
    assert len(await shop.world.refunds(SHOPIFY_PAYMENT)) == 1
    await one.retry_now()
    await check(one, attempts=2)
    (settled,) = shop.world.entries("R-1", EntryKind.REFUND_SETTLED)
    (no,) = shop.world.entries("R-1", EntryKind.REFUND_FAILED)
    assert (no.key, settled.key) == (f"failed:{KEY}:1", f"settled:{KEY}:2")
    first, second = await shop.world.refunds(SHOPIFY_PAYMENT)
    done = next(mail for mail in await shop.world.mails("R-1") if "confirmed" in mail["subject"])
    assert second["id"] in done["text"]
    assert first["id"] not in done["text"]


async def test_a_new_run_asks_finance_again_before_it_pays_anew(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "failed", "failure_reason": "declined"})
    await one.inspect()
    await one.until(lambda view: view.next_owner == "finance")
    await one.recorded(EntryKind.RESTOCK)
    await one.handle.terminate("somebody in the Temporal UI")
    again = await shop.start("R-1", SHOPIFY_ORDER, {SHOPIFY_LINE: 1})
    view = await again.until(lambda view: view.next_owner == "finance")
    assert "declined" in view.next_action
    assert len(await shop.world.refunds(SHOPIFY_PAYMENT)) == 1
    await again.retry_now()
    await check(again, attempts=2)


async def test_an_hour_without_the_provider_ends_by_itself(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    shop.world.doors.shut("/stripe/v1")
    await one.inspect()
    await until(lambda: shop.world.doors.knocks["/stripe/v1"] > 0, "the first attempt, from which the burst is counted")
    await shop.skip(timedelta(minutes=16))
    view = await one.until(lambda view: bool(view.troubles))
    assert view.next_owner == "finance"
    assert view.next_action.startswith(f"Refund 181.09 USD to {SHOPIFY_PAYMENT}: Stripe")
    assert view.troubles[0].retry_at is not None
    assert "tried again" in await one.details()
    assert shop.world.doors.knocks["/stripe/v1"] > 3
    await shop.skip(timedelta(minutes=44))
    await one.until(lambda view: bool(view.troubles))
    shop.world.doors.open("/stripe/v1")
    await check(one)


async def test_a_refund_whose_answer_was_lost_is_found_not_sent_again(shop: Shop) -> None:
    """Part of a payment, and a provider that has forgotten our key: a second call would pay a second time."""
    one = await shop.two_rates({"1": 2})
    await one.arrive()
    shop.world.doors.shut("/stripe/v1/refunds", method="POST", carried_out=True)
    await one.inspect()
    await until(lambda: shop.world.doors.knocks["/stripe/v1/refunds"] > 0, "a refund whose answer is lost")
    shop.world.doors.shut("/stripe/v1")  # nor is it heard of afterwards
    await one.recorded(EntryKind.RESTOCK)
    await shop.world.post("/stripe/_control/forget_keys", {})
    for one_way in ("/stripe/v1/refunds", "/stripe/v1"):
        shop.world.doors.open(one_way)
    assert (await one.result()).refunded == "23.53 EUR"
    assert [refund["amount"] for refund in await shop.world.refunds(TWO_RATES_PAYMENT)] == [2353]
    calls = (await shop.world.http.get("/stripe/_control/calls")).json()
    assert calls == {"received": 1, "created": 1}


async def test_finance_need_not_wait_for_the_next_try(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    shop.world.doors.shut("/stripe/v1")
    await one.inspect()
    await until(lambda: shop.world.doors.knocks["/stripe/v1"] > 0, "the first attempt, from which the burst is counted")
    await shop.skip(timedelta(minutes=16))
    await one.until(lambda view: bool(view.troubles))
    shop.world.doors.open("/stripe/v1")
    await one.retry_now()
    await one.recorded(EntryKind.REFUND_SETTLED)  # no time was skipped
    await check(one)


async def test_a_retry_is_refused_when_nothing_waits(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    code, message = await refusal(one.retry_now())
    assert code == "nothing_waits"
    assert message == "No step of this return waits to be tried again."


async def test_a_second_attempt_without_an_answer_is_looked_up_by_the_next_run_not_left_to_finance(shop: Shop) -> None:
    """Stripe paid it, nobody here heard of it, and the run was terminated: a person must not pay as well."""
    one = await shop.shopify()
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "failed", "failure_reason": "declined"})
    await one.inspect()
    await one.until(lambda view: view.next_owner == "finance")
    await one.recorded(EntryKind.RESTOCK)
    shop.world.doors.shut("/stripe/v1/refunds", method="POST", carried_out=True)
    await one.retry_now()
    await one.recorded(EntryKind.REFUND_SUBMITTED, 2)
    await until(lambda: shop.world.doors.knocks["/stripe/v1/refunds"] > 0, "a refund whose answer is lost")
    shop.world.doors.shut("/stripe/v1")  # nor is it heard of afterwards
    await one.handle.terminate("somebody in the Temporal UI")
    for one_way in ("/stripe/v1/refunds", "/stripe/v1"):
        shop.world.doors.open(one_way)
    again = await shop.start("R-1", SHOPIFY_ORDER, {SHOPIFY_LINE: 1})
    await check(again, attempts=2)


async def test_a_refund_that_is_not_decided_shows_when_it_is_looked_at_and_can_be_looked_at_now(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await one.inspect()
    view = await one.until(lambda view: view.next_owner == "provider" and view.due_at is not None)
    assert view.next_action == "Confirm the refund"
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await shop.world.post(f"/stripe/_control/refunds/{refund['id']}", {"status": "succeeded"})
    await one.recorded(EntryKind.RESTOCK)
    await one.retry_now()
    await one.recorded(EntryKind.REFUND_SETTLED)
    await check(one)
