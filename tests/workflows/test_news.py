"""The provider's news, to returns that are open and to their aftercare: the journal says each thing once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from temporalio.client import Client, WorkflowHandle

from activities.payments import stripe_events
from domain import ids
from domain.case import Outcome
from domain.collection import PaymentRequest
from domain.inbox import InboxEvent, InboxState, Vendor
from domain.news import DisputeNews, LateFact, News, PaymentNews, RefundNews
from domain.order import EarlierRefund, Tender, TenderKind
from domain.people import Person, Role
from domain.refund import RefundStatus
from ledger import EntryKind
from ledger.facts import Facts
from ledger.paid_outside import PaidOutside
from portal.courier import Courier
from portal.loop import Loop
from portal.temporal import TemporalDelivery
from tests.portal.fakes import row
from tests.proof.right import Books, wrong
from tests.workflows.returns import SHOPIFY_ORDER, SHOPIFY_PAYMENT, TWO_RATES, TWO_RATES_PAYMENT, Return, Shop, refusal
from tests.workflows.test_people import waiting
from tests.workflows.test_replan import elsewhere
from tests.workflows.test_replay import replayer
from tests.world import PATIENCE, looks, until
from workflows.aftercare_view import AftercareView
from workflows.return_case.said import Replan

KEY = f"refund:R-1:1:{SHOPIFY_PAYMENT}"
NOW = datetime.now(UTC)


def told(refund: dict[str, Any], event: str = "evt_1") -> RefundNews:
    """An event about a refund, with nothing in it that could be believed."""
    return RefundNews(
        event=event,
        refund=refund["id"],
        key=refund["metadata"].get("backhaul_key", ""),
        payment=refund["payment_intent"],
        amount=0,
        currency="USD",
        status=RefundStatus.UNKNOWN,
        created_at=NOW,
        at=NOW,
    )


def dispute(status: str, event: str) -> DisputeNews:
    return DisputeNews(
        event=event, dispute="dp_1", payment=SHOPIFY_PAYMENT, amount=18109, currency="USD", status=status, at=NOW
    )


async def aftercare(shop: Shop, case: str, order: str, news: News) -> WorkflowHandle[Any, AftercareView]:
    """Start it as the intake of webhooks does."""
    return await shop.client.start_workflow(
        ids.AFTERCARE_TYPE,
        LateFact(case=case, order_id=order, news=news),
        id=ids.aftercare_id(case or order, news.event),
        task_queue=ids.RETURNS_QUEUE,
        result_type=AftercareView,
    )


async def seen(handle: WorkflowHandle[Any, AftercareView], owner: str) -> AftercareView:
    """Wait until somebody has to act."""
    async with asyncio.timeout(PATIENCE):
        async for _ in looks():
            view: AftercareView = await handle.query("view", result_type=AftercareView)
            if view.owner == owner:
                break
    return view


async def until_async(look: Callable[[], Awaitable[object]]) -> None:
    """Wait until a look finds something."""
    async with asyncio.timeout(PATIENCE):
        async for _ in looks():
            if await look():
                return


async def fail(one: Return, refund: dict[str, Any]) -> None:
    """The bank sends it back after all."""
    lost = {"status": "failed", "failure_reason": "lost_or_stolen_card"}
    await one.world.post(f"/stripe/_control/refunds/{refund['id']}", lost)


def sound(one: Return) -> bool:
    open_accounts = {**one.world.posted("owed:"), **one.world.posted("suspense:")}
    return not open_accounts and not one.world.pending() and one.world.rooms.ledger.verify().faults == ()


async def test_the_providers_word_ends_the_wait_at_once(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await one.inspect()
    await one.until(lambda view: view.next_owner == "provider" and view.due_at is not None)
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await shop.world.post(f"/stripe/_control/refunds/{refund['id']}", {"status": "succeeded"})
    await one.update("record_news", told(refund), "evt_1")
    await one.recorded(EntryKind.REFUND_SETTLED)  # no time was skipped
    assert (await one.result()).outcome is Outcome.REFUNDED
    assert len(await shop.world.refunds(SHOPIFY_PAYMENT)) == 1
    assert sound(one)


async def test_a_refund_that_waits_for_money_or_for_the_shopper_says_so(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "requires_action"})
    await one.inspect()
    view = await one.until(lambda view: view.refund_status == "requires_action")
    assert view.next_owner == "shopper"
    assert (await one.attributes())["NeedsAction"] == "shopper"
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    waiting = {"status": "pending", "pending_reason": "insufficient_funds"}
    await shop.world.post(f"/stripe/_control/refunds/{refund['id']}", waiting)
    assert "refund_submitted" not in one.notices()  # the shopper has something to do until now
    await one.update("record_news", told(refund), "evt_1")
    view = await one.until(lambda view: view.next_owner == "finance")
    assert (view.refund_reason, "Top up" in view.next_action) == ("insufficient_funds", True)
    await one.told("refund_submitted")
    await shop.world.post(f"/stripe/_control/refunds/{refund['id']}", {"status": "succeeded"})
    await one.update("record_news", told(refund), "evt_2")
    assert (await one.result()).outcome is Outcome.REFUNDED


async def test_a_refund_that_fails_before_the_return_has_closed_is_paid_again(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    shop.world.doors.shut("/sendgrid")  # the return waits for its last mails
    await one.inspect()
    await one.recorded(EntryKind.REFUND_SETTLED)
    await one.recorded(EntryKind.RESTOCK)
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await fail(one, refund)
    await one.update("record_news", told(refund), "evt_1")
    shop.world.doors.open("/sendgrid")
    view = await one.until(lambda view: view.next_owner == "finance")
    assert "lost_or_stolen_card" in view.next_action
    assert shop.world.posted("owed:") == {"owed:R-1": 18109}
    await one.retry_now()
    assert (await one.result()).refunded == "181.09 USD"
    assert [entry.key for entry in one.world.entries("R-1", EntryKind.REFUND_SETTLED)] == [
        f"settled:{KEY}:1",
        f"settled:{KEY}:2",
    ]
    subjects = [mail["subject"] for mail in await shop.world.mails("R-1")]
    assert sum("did not arrive" in one for one in subjects) == 1
    with httpx2.Client(base_url=shop.world.url, timeout=10, verify=False) as http:
        books = Books(shop.world.rooms.ledger, shop.world.rooms.stores.outbox, http)
        assert await asyncio.to_thread(wrong, "R-1", Outcome.REFUNDED, books) == []
    await replayer().replay_workflow(await one.history())


async def test_a_leg_that_fails_late_while_another_is_on_its_way_is_paid_again(shop: Shop) -> None:
    order = await shop.world.import_order(TWO_RATES, paid=False)
    old, new = ("pi_old", 9850, NOW - timedelta(days=9)), ("pi_new", 1000, NOW - timedelta(days=8))
    tenders = tuple(Tender(id=id, kind=TenderKind.CARD, captured=sum_, paid_at=at) for id, sum_, at in (old, new))
    shop.world.rooms.stores.orders.put(order.model_copy(update={"tenders": tenders}))
    for id, amount, _ in (old, new):
        await shop.world.post("/stripe/_control/payment_intents", {"id": id, "amount": amount, "currency": "eur"})
    one = await shop.start("R-1", order.id, {"1": 2})  # 23.53, more than either leg
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await one.inspect()
    await one.until(lambda view: view.due_at is not None and view.next_owner == "provider")
    made = [*await shop.world.refunds("pi_new"), *await shop.world.refunds("pi_old")]
    (first,) = made
    await shop.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await shop.world.post(f"/stripe/_control/refunds/{first['id']}", {"status": "succeeded"})
    await one.update("record_news", told(first), "evt_1")
    await one.recorded(EntryKind.REFUND_SUBMITTED, 2)
    await fail(one, first)
    await one.update("record_news", told(first, "evt_2"), "evt_2")
    await one.told("refund_failed")
    (other,) = {"pi_new", "pi_old"} - {first["payment_intent"]}
    await until_async(lambda: shop.world.refunds(other))
    (second,) = await shop.world.refunds(other)
    await shop.world.post(f"/stripe/_control/refunds/{second['id']}", {"status": "succeeded"})
    await one.update("record_news", told(second, "evt_3"), "evt_3")
    await one.until(lambda view: view.next_owner == "finance")
    await one.retry_now()
    view = await one.result()
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, "23.53 EUR")
    paid = [one for id in ("pi_old", "pi_new") for one in await shop.world.refunds(id) if one["status"] == "succeeded"]
    assert sum(one["amount"] for one in paid) == 2353
    assert sound(one)


async def test_a_late_failure_of_an_earlier_plan_is_aftercares_though_the_return_has_recorded_it(shop: Shop) -> None:
    order = await shop.world.import_order(TWO_RATES, paid=False)
    old, new = ("pi_old", 9850, NOW - timedelta(days=9)), ("pi_new", 1000, NOW - timedelta(days=8))
    tenders = tuple(Tender(id=id, kind=TenderKind.CARD, captured=sum_, paid_at=at) for id, sum_, at in (old, new))
    shop.world.rooms.stores.orders.put(order.model_copy(update={"tenders": tenders}))
    for id, amount, _ in (old, new):
        await shop.world.post("/stripe/_control/payment_intents", {"id": id, "amount": amount, "currency": "eur"})
    one = await shop.start("R-1", order.id, {"1": 2})  # 23.53, more than either leg
    await one.arrive()
    await one.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await one.inspect()
    await one.until(lambda view: view.due_at is not None and view.next_owner == "provider")
    (first,) = [*await shop.world.refunds("pi_new"), *await shop.world.refunds("pi_old")]
    await shop.world.post("/stripe/_control/next_refund", {"status": "failed", "failure_reason": "declined"})
    await shop.world.post(f"/stripe/_control/refunds/{first['id']}", {"status": "succeeded"})
    await one.update("record_news", told(first), "evt_1")
    await one.until(lambda view: view.next_owner == "finance")
    other, gone = ("pi_old", 9000) if first["payment_intent"] == "pi_new" else ("pi_new", 900)
    await elsewhere(one, other, gone)
    await shop.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await one.update("replan", Replan(by="fay"))
    await one.until(lambda view: view.due_at is not None and view.next_owner == "provider")
    await fail(one, first)
    rooms, late = shop.world.rooms, told(first, "evt_2").model_copy(update={"status": RefundStatus.FAILED})

    async def connect() -> Client:
        return shop.client

    courier = Courier(TemporalDelivery(connect), rooms.ledger, rooms.stores.parcels, rooms.stores.outbox)
    sent = await courier.send(row(late, "evt_2"))
    assert sent == (InboxState.DELIVERED, f"aftercare:R-1:{first['id']}:failed", "")
    handle = shop.client.get_workflow_handle(sent.target, result_type=AftercareView)
    await seen(handle, "finance")
    await handle.execute_update("pay_again", {"by": "fay"}, id="again")
    assert (await handle.result()).outcome == "succeeded"
    made = [*await shop.world.refunds("pi_new"), *await shop.world.refunds("pi_old")]
    (pending,) = [refund for refund in made if refund["status"] == "pending"]
    await shop.world.post(f"/stripe/_control/refunds/{pending['id']}", {"status": "succeeded"})
    await one.update("record_news", told(pending, "evt_3"), "evt_3")
    await one.result()
    assert sum("did not arrive" in mail["subject"] for mail in await shop.world.mails("R-1")) == 1
    assert shop.world.posted("owed:") == {}


async def test_a_late_failure_that_the_return_has_paid_again_needs_no_aftercare(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    shop.world.doors.shut("/sendgrid")
    await one.inspect()
    await one.recorded(EntryKind.RESTOCK)
    await one.recorded(EntryKind.REFUND_SETTLED)
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await fail(one, refund)
    await one.update("record_news", told(refund), "evt_1")
    shop.world.doors.open("/sendgrid")
    await one.until(lambda view: view.next_owner == "finance")
    await one.retry_now()
    await one.result()
    mails = len(await shop.world.mails("R-1"))
    handle = await aftercare(shop, "R-1", SHOPIFY_ORDER, told(refund, "evt_2"))
    await handle.result()
    assert len(await shop.world.mails("R-1")) == mails
    assert len(await shop.world.refunds(SHOPIFY_PAYMENT)) == 2


async def test_a_refund_that_fails_after_the_end_is_told_and_paid_as_finance_decides(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.result()
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await fail(one, refund)
    handle = await aftercare(shop, "R-1", SHOPIFY_ORDER, told(refund))
    view = await seen(handle, "finance")
    assert "181.09 USD" in view.next_action
    assert view.due_at is not None
    assert shop.world.posted("owed:") == {"owed:R-1": 18109}
    code, _ = await refusal(handle.execute_update("noted", {"by": "fay"}, id="no"))
    assert code == "owed"
    code, _ = await refusal(handle.execute_update("paid_by_hand", {"by": "flo", "reference": "X-1"}, id="not-yet"))
    assert code == "nothing_by_hand"
    await handle.execute_update("pay_again", {"by": "fay"}, id="again")
    assert (await handle.result()).outcome == "succeeded"
    first, second = await shop.world.refunds(SHOPIFY_PAYMENT)
    assert (first["status"], second["status"]) == ("failed", "succeeded")
    assert second["metadata"]["backhaul_key"] == f"{KEY}:2"
    failed, done = (await shop.world.mails("R-1"))[-2:]
    assert "did not arrive" in failed["subject"]
    assert "confirmed" in done["subject"]
    assert second["id"] in done["text"]
    assert sound(one)
    await replayer().replay_workflow(await handle.fetch_history())


async def overdrawn(shop: Shop, amount: int) -> tuple[Return, dict[str, Any]]:
    """All of the order went back, and closed; then `amount` more goes elsewhere, and the refund fails."""
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.result()
    facts = Facts(shop.world.rooms.ledger, shop.world.rooms.stores.snapshots)
    more = EarlierRefund(id="cash-1", at=NOW, money={SHOPIFY_PAYMENT: amount})
    facts.refunded_elsewhere(SHOPIFY_ORDER, more, "fay", NOW)
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await fail(one, refund)
    return one, refund


@pytest.mark.parametrize("by_hand", [False, True], ids=["pay_again", "consent"])
async def test_aftercare_pays_what_suspense_left_owed(shop: Shop, by_hand: bool) -> None:
    one, refund = await overdrawn(shop, 500)
    handle = await aftercare(shop, "R-1", SHOPIFY_ORDER, told(refund))
    assert "176.09 USD" in (await seen(handle, "finance")).next_action
    if by_hand:
        shop.world.hire(Person(id="flo", role=Role.FINANCE, limits={"USD": 17609}))
        await handle.execute_update("consent", {"by": "shopper", "to": "bank"}, id="agreed")
        async with asyncio.timeout(PATIENCE):
            while "by hand" not in (await seen(handle, "finance")).next_action:
                await asyncio.sleep(0.02)
        await handle.execute_update("paid_by_hand", {"by": "flo", "reference": "SEPA-7"}, id="paid")
    else:
        await handle.execute_update("pay_again", {"by": "fay"}, id="again")
    assert (await handle.result()).outcome == "succeeded"
    assert [entry.facts["refund"]["amount"] for entry in one.world.entries("R-1", EntryKind.REFUND_SETTLED)] == [
        18109,
        17609,
    ]
    assert "176.09 USD" in (await shop.world.mails("R-1"))[-1]["text"]
    assert sound(one)
    await replayer().replay_workflow(await handle.fetch_history())


async def test_a_late_failure_that_suspense_takes_whole_is_for_finance_and_not_for_the_shopper(shop: Shop) -> None:
    one, refund = await overdrawn(shop, 18109)
    before = await shop.world.mails("R-1")
    handle = await aftercare(shop, "R-1", SHOPIFY_ORDER, told(refund))
    view = await seen(handle, "finance")
    assert "181.09 USD" in view.next_action
    assert "owed none" in view.next_action
    for verb, said in (("pay_again", {"by": "fay"}), ("consent", {"by": "shopper", "to": "bank"})):
        code, _ = await refusal(handle.execute_update(verb, said, id=verb))
        assert code == "nothing_failed"
    await handle.execute_update("noted", {"by": "fay"}, id="seen")
    await handle.result()
    assert await shop.world.mails("R-1") == before
    assert sound(one)


async def test_aftercare_ends_when_what_it_owed_went_back_elsewhere(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.result()
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await fail(one, refund)
    handle = await aftercare(shop, "R-1", SHOPIFY_ORDER, told(refund))
    await seen(handle, "finance")
    facts = Facts(shop.world.rooms.ledger, shop.world.rooms.stores.snapshots)
    whole = EarlierRefund(id="re_dashboard", at=NOW, money={SHOPIFY_PAYMENT: 18109 + posted_left(shop)})
    facts.refunded_elsewhere(SHOPIFY_ORDER, whole, "fay", NOW)
    await handle.execute_update("pay_again", {"by": "fay"}, id="again")
    async with asyncio.timeout(PATIENCE):
        while "owed none of it" not in (await seen(handle, "finance")).next_action:
            await asyncio.sleep(0.02)
    await handle.execute_update("noted", {"by": "fay"}, id="seen")
    await handle.result()
    assert [one["status"] for one in await shop.world.refunds(SHOPIFY_PAYMENT)] == ["failed"]
    assert sound(one)
    await replayer().replay_workflow(await handle.fetch_history())


async def test_aftercare_does_not_pay_what_may_have_been_paid_in_the_dashboard(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2})  # 23.53 of 108.50
    await one.arrive()
    await one.inspect()
    await one.result()
    order = one.world.entries("R-1", EntryKind.DECISION)[0].order
    (refund,) = await shop.world.refunds(TWO_RATES_PAYMENT)
    await fail(one, refund)
    handle = await aftercare(shop, "R-1", order, told(refund))
    await seen(handle, "finance")
    await elsewhere(one, TWO_RATES_PAYMENT, 2353)
    await handle.execute_update("pay_again", {"by": "fay"}, id="again")  # before aftercare has heard of the other
    async with asyncio.timeout(PATIENCE):
        while "refunded elsewhere since" not in (await seen(handle, "finance")).next_action:
            await asyncio.sleep(0.02)
    code, message = await refusal(handle.execute_update("pay_again", {"by": "fay"}, id="once-more"))
    _, made = await shop.world.refunds(TWO_RATES_PAYMENT)
    assert (code, made["id"] in message) == ("may_be_paid", True)
    rooms = shop.world.rooms
    PaidOutside(rooms.ledger, rooms.stores.snapshots, rooms.credit_notes).record("R-1", made["id"], "fay", NOW)
    await handle.execute_update("retry_now", {"by": "fay"}, id="look")
    assert (await handle.result()).outcome == "succeeded"
    assert len(await shop.world.refunds(TWO_RATES_PAYMENT)) == 2
    done = (await shop.world.mails("R-1"))[-1]
    assert ("confirmed" in done["subject"], made["id"] in done["text"]) == (True, True)
    assert sound(one)
    await replayer().replay_workflow(await handle.fetch_history())


async def test_finance_pays_again_what_something_else_went_back_besides(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2})
    await one.arrive()
    await one.inspect()
    await one.result()
    order = one.world.entries("R-1", EntryKind.DECISION)[0].order
    (refund,) = await shop.world.refunds(TWO_RATES_PAYMENT)
    await fail(one, refund)
    await elsewhere(one, TWO_RATES_PAYMENT, 2353)  # heard of before the failure
    handle = await aftercare(shop, "R-1", order, told(refund))
    assert "refunded elsewhere" in (await seen(handle, "finance")).next_action
    await handle.execute_update("pay_again", {"by": "fay", "anyway": True}, id="again")
    assert (await handle.result()).outcome == "succeeded"
    assert shop.world.posted("owed:") == {}


def posted_left(shop: Shop) -> int:
    """What the order still has of its payment, besides what is owed."""
    return sum(shop.world.posted("paid:").values())


async def test_aftercare_told_twice_records_once_and_ends_when_nothing_is_owed(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.result()
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await fail(one, refund)
    first = await aftercare(shop, "R-1", SHOPIFY_ORDER, told(refund, "evt_1"))
    await seen(first, "finance")
    second = await aftercare(shop, "R-1", SHOPIFY_ORDER, told(refund, "evt_2"))
    await seen(second, "finance")
    shop.world.hire(Person(id="flo", role=Role.FINANCE, limits={"USD": 18109}))
    await second.execute_update("consent", {"by": "shopper", "to": "bank"}, id="agreed")
    async with asyncio.timeout(PATIENCE):
        while "by hand" not in (await seen(second, "finance")).next_action:
            await asyncio.sleep(0.02)
    code, _ = await refusal(second.execute_update("paid_by_hand", {"by": "olga", "reference": "X-1"}, id="not-olga"))
    assert code == "role_may_not"
    await second.execute_update("paid_by_hand", {"by": "flo", "reference": "SEPA-7"}, id="paid")
    assert (await second.result()).outcome == "succeeded"
    await first.execute_update("retry_now", {"by": "fay"}, id="look")
    await first.result()
    assert len(one.world.entries("R-1", EntryKind.REFUND_REVERSED)) == 1
    assert len(await shop.world.refunds(SHOPIFY_PAYMENT)) == 1
    assert shop.world.posted("payout:") == {"payout:R-1": 18109}
    assert sum("did not arrive" in mail["subject"] for mail in await shop.world.mails("R-1")) == 1
    assert sound(one)


async def test_aftercare_that_begins_again_goes_on_with_what_is_under_way(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.result()
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await fail(one, refund)
    handle = await aftercare(shop, "R-1", SHOPIFY_ORDER, told(refund))
    await seen(handle, "finance")
    await shop.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await handle.execute_update("pay_again", {"by": "fay"}, id="again")
    await seen(handle, "provider")
    await handle.terminate("somebody in the Temporal UI")
    again = await aftercare(shop, "R-1", SHOPIFY_ORDER, told(refund))
    await seen(again, "provider")
    (_, second) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await shop.world.post(f"/stripe/_control/refunds/{second['id']}", {"status": "succeeded"})
    assert (await again.result()).outcome == "succeeded"
    assert len(await shop.world.refunds(SHOPIFY_PAYMENT)) == 2
    assert sound(one)


async def test_a_refund_made_elsewhere_has_the_orders_returns_plan_anew(shop: Shop) -> None:
    one, _ = await waiting(shop)
    answer = await shop.world.http.post(
        "/stripe/v1/refunds",
        data={"payment_intent": TWO_RATES_PAYMENT, "amount": "8500"},
        headers={"Authorization": "Bearer sk_test_world"},
    )
    handle = await aftercare(shop, "", "two-rates", told(answer.json()))
    assert (await handle.result()).outcome == "refund_elsewhere"
    assert (await one.result()).outcome is Outcome.REFUNDED
    assert len(one.world.entries("R-1", EntryKind.PLAN)) == 2
    assert sound(one)


async def test_a_payment_after_its_page_was_closed_is_recorded_once_and_goes_back(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.result()
    rooms, key = shop.world.rooms, ids.collect_key("R-1", 1)
    ask = PaymentRequest(
        key=key, case="R-1", order_id=SHOPIFY_ORDER, amount=1250, currency="USD", words="Another colour"
    )
    page = await asyncio.to_thread(rooms.provider.collect, ask, NOW)
    await asyncio.to_thread(rooms.provider.close_collection, page, NOW)
    await shop.world.post(f"/stripe/_control/payment_links/{page.id}/pay", {"late": True})
    listed = await shop.world.http.get("/stripe/v1/events", headers={"Authorization": "Bearer sk_test_world"})
    events = [found for body in listed.json()["data"] for found in stripe_events.read(body)]
    kinds = ["checkout.session.completed", "payment_intent.succeeded"]
    assert sorted(one.kind for one in events if isinstance(one.told, PaymentNews)) == kinds

    async def connect() -> Client:
        return shop.client

    courier = Courier(TemporalDelivery(connect), rooms.ledger, rooms.stores.parcels, rooms.stores.outbox)
    paid = [row(one.told, one.event) for one in events if isinstance(one.told, PaymentNews)]
    sent = {(await courier.send(one)).target for one in paid}
    (name,) = sent  # both events are about one payment
    handle = shop.client.get_workflow_handle(name, result_type=AftercareView)
    view = await handle.result()
    assert (view.case, view.turn, view.outcome) == ("R-1", "late_payment", "succeeded")
    (entry,) = [one for one in rooms.ledger.entries(order=SHOPIFY_ORDER) if one.kind is EntryKind.LATE_PAYMENT]
    assert entry.facts["payment"]["collection"] == key
    (back,) = await shop.world.refunds(entry.facts["payment"]["payment"])
    assert (back["amount"], back["status"]) == (1250, "succeeded")
    assert sound(one)


async def test_news_that_the_journal_refuses_for_good_do_not_hold_up_the_return(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.labelled()
    told = {"payment": "pi_twice", "collection": "none", "currency": "USD", "at": datetime.now(UTC)}
    for number, amount in enumerate((500, 700)):  # one payment has one amount
        news = PaymentNews.model_validate({**told, "event": f"evt_{number}", "amount": amount})
        assert (await refusal(one.update("record_news", news)))[0] == "closed"  # so aftercare takes it
    assert (await one.view()).troubles == ()
    await one.cancel()
    assert (await one.result()).outcome == "cancelled"


async def test_what_was_told_before_an_order_was_known_is_entered_when_a_return_opens_it(shop: Shop) -> None:
    order = await shop.world.import_order(TWO_RATES)
    made = await shop.world.http.post(
        "/stripe/v1/refunds",
        data={"payment_intent": TWO_RATES_PAYMENT, "amount": "500"},
        headers={"Authorization": "Bearer sk_test_world"},
    )
    rooms, inbox = shop.world.rooms, shop.world.rooms.stores.inbox

    async def connect() -> Client:
        return shop.client

    courier = Courier(TemporalDelivery(connect), rooms.ledger, rooms.stores.parcels, rooms.stores.outbox)
    loop = Loop(inbox, courier, lambda: NOW + timedelta(days=365))
    event = InboxEvent(vendor=Vendor.STRIPE, event="evt_1", kind="refund.created", told=told(made.json()))
    inbox.keep([event], NOW)
    await loop.round()
    assert [one.state for one in inbox.listed(list(InboxState), 9)] == [InboxState.OUTSIDE]
    one = await shop.start("R-1", order.id, {"1": 2})
    await one.labelled()
    await loop.round()
    (sent,) = inbox.listed(list(InboxState), 9)
    assert (sent.state, sent.target) == (InboxState.DELIVERED, f"aftercare:{order.id}:{made.json()['id']}:unknown")
    await shop.client.get_workflow_handle(sent.target).result()
    assert rooms.ledger.find(ids.elsewhere_key(made.json()["id"])) is not None
    assert shop.world.posted("tender:") == {f"tender:{TWO_RATES_PAYMENT}": 10850 - 500}


async def test_a_disputed_payment_is_not_refunded_before_the_dispute_is_won(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    opened = dispute("needs_response", "evt_1")
    handle = await aftercare(shop, "", SHOPIFY_ORDER, opened)
    assert "python -m ledger evidence" in (await seen(handle, "finance")).next_action
    await one.update("record_news", opened, "evt_1")
    await one.inspect()
    view = await one.until(lambda view: view.next_owner == "finance")
    assert "disputed (dp_1)" in view.next_action
    assert view.disputed == (SHOPIFY_PAYMENT,)
    assert await shop.world.refunds(SHOPIFY_PAYMENT) == []
    await one.update("record_news", dispute("won", "evt_2"), "evt_2")
    assert (await one.result()).refunded == "181.09 USD"
    await handle.execute_update("retry_now", {"by": "fay"}, id="look")
    assert (await handle.result()).owner == "nobody"
    await until(lambda: sound(one), "books at rest")


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_the_aftercare_of_a_dispute_ends_with_the_dispute(shop: Shop, end: str) -> None:
    one = await shop.shopify()
    await one.arrive()
    opened = dispute("needs_response", "dp_1")
    waiting = await aftercare(shop, "", SHOPIFY_ORDER, opened)
    await seen(waiting, "finance")
    ended = dispute(end, "evt_2").model_copy(update={"at": NOW + timedelta(hours=1)})
    await (await aftercare(shop, "", SHOPIFY_ORDER, ended)).result()
    async with asyncio.timeout(20):
        assert (await waiting.result()).owner == "nobody"
