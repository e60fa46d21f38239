"""What the policy declines: the shopper hears why, nothing is reserved, and the return is not a failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowExecutionStatus

from domain.case import Outcome
from domain.order import Delivery
from domain.policy import Verdict
from ledger import EntryKind
from tests.workflows.returns import (
    SHOPIFY,
    SHOPIFY_LINE,
    SHOPIFY_ORDER,
    SHOPIFY_PAYMENT,
    TWO_RATES,
    TWO_RATES_PAYMENT,
    Shop,
    refusal,
)


async def test_after_the_window_it_is_declined_with_the_reason(shop: Shop) -> None:
    delivered = datetime.now(UTC) - timedelta(days=40)
    await shop.world.import_order(SHOPIFY, SHOPIFY_PAYMENT, delivered_at=delivered)
    one = await shop.start("R-1", SHOPIFY_ORDER, {SHOPIFY_LINE: 1})
    view = await one.result()
    assert (view.outcome, view.verdict) == (Outcome.DECLINED, Verdict.DECLINE)
    assert "return_period_ended" in view.reasons
    assert await one.status() is WorkflowExecutionStatus.COMPLETED
    assert shop.world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 1
    assert shop.world.pending() == []
    assert await shop.world.labels() == []
    (mail,) = await shop.world.mails("R-1")
    last_day = delivered + timedelta(days=30)
    assert f"ended on {last_day:%d %B %Y}" in " ".join(mail["text"].split())
    assert [entry.kind for entry in shop.world.entries("R-1")] == [
        EntryKind.DECISION,
        EntryKind.NOTICE,
        EntryKind.CLOSED,
    ]


async def test_units_that_came_back_before_are_declined(real_shop: Shop) -> None:
    first = await real_shop.shopify()
    await first.arrive()
    await first.inspect()
    await first.result()
    second = await real_shop.start(f"{first.case}-again", SHOPIFY_ORDER, {SHOPIFY_LINE: 1})
    view = await second.result()
    assert (view.outcome, view.refunded) == (Outcome.DECLINED, "")
    assert "already_returned" in view.reasons
    (mail,) = await real_shop.world.mails(second.case)
    assert "only 0 can still be returned" in " ".join(mail["text"].split())
    assert len(await real_shop.world.refunds(SHOPIFY_PAYMENT)) == 1


async def test_one_line_is_approved_and_the_other_declined(shop: Shop) -> None:
    order = await shop.world.import_order(TWO_RATES)
    late = datetime.now(UTC) - timedelta(days=40)
    lines = tuple(
        line.model_copy(update={"deliveries": (Delivery(quantity=line.quantity, at=late),)}) if line.id == "2" else line
        for line in order.lines
    )
    shop.world.rooms.stores.orders.put(order.model_copy(update={"lines": lines}))
    one = await shop.start("R-1", order.id, {"1": 2, "2": 1})
    view = await one.labelled()
    assert (view.verdict, view.quote) == (Verdict.APPROVE, "23.53 EUR")  # the mugs of test_refunded
    assert shop.world.returnable(order.id, "1") == 1
    assert shop.world.returnable(order.id, "2") == 1
    code, message = await refusal(one.receive({"2": 1}))
    assert code == "more_than_expected"
    assert "this return expects none of it" in message
    await one.receive({"1": 2})
    await one.recorded(EntryKind.RECEIPT)
    await one.inspect({"1": 2})
    assert (await one.result()).refunded == "23.53 EUR"
    (refund,) = await shop.world.refunds(TWO_RATES_PAYMENT)
    assert refund["amount"] == 2353
    # The shopper hears at once which item is not taken, and why.
    approved = next(mail for mail in await shop.world.mails("R-1") if "approved" in mail["subject"])
    text = " ".join(approved["text"].split())
    assert "The Book of Tea" in text
    assert f"ended on {late + timedelta(days=30):%d %B %Y}" in text


async def test_a_declined_return_cannot_be_called_off(shop: Shop) -> None:
    shop.world.doors.shut("/sendgrid")  # it stays open as long as its mail is not sent
    await shop.world.import_order(SHOPIFY, SHOPIFY_PAYMENT, delivered_at=datetime.now(UTC) - timedelta(days=40))
    one = await shop.start("R-1", SHOPIFY_ORDER, {SHOPIFY_LINE: 1})
    await one.recorded(EntryKind.DECISION)
    await one.until(lambda view: view.verdict is Verdict.DECLINE)
    code, _ = await refusal(one.cancel())
    assert code == "declined"
    shop.world.doors.open("/sendgrid")
    assert (await one.result()).outcome is Outcome.DECLINED
