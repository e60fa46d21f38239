"""Scans, boxes and inspections; and what happens when nobody speaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.service import RPCError, RPCStatusCode

from domain.case import Outcome
from domain.inspection import Receipt, ReceivedLine
from domain.parcel import TrackingStatus
from domain.policy import Verdict
from ledger import EntryKind
from tests.workflows.returns import TWO_RATES_PAYMENT, Shop, refusal
from workflows.return_case.stage import Stage


async def test_the_same_scan_counts_once(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.scan("scan-1")
    await one.scan("scan-1")
    await one.scan("scan-2", TrackingStatus.DELIVERED)
    await one.recorded(EntryKind.SCAN, 2)
    await one.receive()
    await one.recorded(EntryKind.RECEIPT)
    assert [entry.facts["scan"]["id"] for entry in shop.world.entries("R-1", EntryKind.SCAN)] == ["scan-1", "scan-2"]
    activities = await one.timeline(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
    assert [summary for summary in activities if "Scan" in summary] == ["Scan: in transit", "Scan: delivered"]


async def test_a_delivered_parcel_waits_for_the_warehouse(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.labelled()
    await one.scan("scan-1", TrackingStatus.DELIVERED, at=datetime(2026, 1, 2, tzinfo=UTC))
    view = await one.until(lambda view: view.next_owner == "ops")
    assert view.next_action == "Overdue: Receive the parcel, which the carrier delivered"
    friday = datetime(2099, 11, 6, 13, 20, tzinfo=UTC)
    await one.scan("scan-2", TrackingStatus.DELIVERED, at=friday)
    # Told late, and of before: it does not take the parcel back to the carrier.
    await one.scan("scan-3", TrackingStatus.OUT_FOR_DELIVERY, at=friday - timedelta(hours=4))
    await one.recorded(EntryKind.SCAN, 3)
    view = await one.until(lambda view: view.next_owner == "warehouse")
    monday = datetime(2099, 11, 9, tzinfo=UTC)
    assert (view.stage, view.due_at) == (Stage.IN_TRANSIT, monday + timedelta(days=1, microseconds=-1))
    await one.scan("scan-4", TrackingStatus.RETURN_TO_SENDER, at=friday + timedelta(hours=4))
    view = await one.until(lambda view: view.next_owner == "shopper")
    assert view.next_action == "Send the parcel again: the carrier took it back to its sender"
    await one.scan("scan-5", TrackingStatus.IN_TRANSIT, at=friday + timedelta(days=2))
    assert (await one.until(lambda view: view.next_owner == "carrier")).next_action == "Deliver the parcel"


async def test_a_scan_of_another_parcel_is_refused(shop: Shop) -> None:
    one = await shop.shopify()
    number = (await one.labelled()).tracking_number
    code, message = await refusal(one.scan(number="BH000000000000000"))
    assert code == "other_parcel"
    assert number in message
    assert (await one.view()).stage is Stage.AWAITING_PARCEL


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"id": "b", "received_by": "ann", "note": "Jane Doe", "lines": [{"line_id": "1", "quantity": 1}]}, "note"),
        (
            {"id": "b", "received_by": "ann", "lines": [{"line_id": "1", "quantity": 1, "comment": "Jane Doe"}]},
            "lines.0.comment",
        ),
        ({"id": "b", "received_by": "ann", "lines": [{"line_id": "1", "quantity": "Jane Doe"}]}, "lines.0.quantity"),
        ("Jane Doe", "input"),
    ],
)
async def test_a_message_that_is_wrong_is_refused_by_field_and_leaves_no_trace(
    real_shop: Shop, said: object, field: str
) -> None:
    one = await real_shop.shopify()
    await one.labelled()
    await one.told("approved")
    before = await one.at_rest()
    code, message = await refusal(one.update("receive", said))
    assert code == field
    assert message.startswith(f"{field}: ")
    assert "Jane" not in message
    assert await one.at_rest() == before


async def test_a_scan_id_that_stands_for_another_status_is_refused(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.scan("scan-1")
    code, message = await refusal(one.scan("scan-1", TrackingStatus.DELIVERED))
    assert code == "recorded_differently"
    assert "scan-1" in message


async def test_a_label_that_was_only_printed_is_not_on_its_way(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.labelled()
    assert (await one.scan("scan-1", TrackingStatus.PRE_TRANSIT)).stage is Stage.AWAITING_PARCEL
    # Nor is one of which the carrier knows nothing (any more): the shopper has to send it still.
    for number, status in enumerate((TrackingStatus.ERROR, TrackingStatus.CANCELLED, TrackingStatus.UNKNOWN)):
        assert (await one.scan(f"scan-0{number}", status)).stage is Stage.AWAITING_PARCEL
    await one.recorded(EntryKind.SCAN, 4)
    await one.at_rest()
    assert set(one.notices()) == {"approved"}
    assert (await one.scan("scan-2", TrackingStatus.IN_TRANSIT)).stage is Stage.IN_TRANSIT
    await one.told("in_transit")
    assert sum("on its way" in mail["subject"] for mail in await real_shop.world.mails(one.case)) == 1


async def test_a_scan_after_the_end_is_told_so(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.arrive()
    await one.inspect()
    number = (await one.result()).tracking_number
    with pytest.raises(RPCError) as caught:
        await one.scan("late", number=number)
    assert caught.value.status is RPCStatusCode.NOT_FOUND
    assert "completed" in caught.value.message


async def test_goods_come_in_two_boxes(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2, "2": 1})
    await one.labelled()
    await one.receive({"1": 1}, "box-1")
    view = await one.receive({"1": 1, "2": 1}, "box-2")
    assert view.received == {"1": 2, "2": 1}
    await one.inspect()
    assert (await one.result()).refunded == "46.24 EUR"
    boxes = [entry.facts["receipt"]["id"] for entry in shop.world.entries("R-1", EntryKind.RECEIPT)]
    assert boxes == ["box-1", "box-2"]
    assert shop.world.pending() == []


async def test_more_than_expected_is_refused(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2, "2": 1})
    await one.labelled()
    await one.receive({"1": 1}, "box-1")
    code, message = await refusal(one.receive({"1": 2}, "box-2"))
    assert code == "more_than_expected"
    assert "1 of line 1, 1 of line 2" in message  # what it still expects
    code, _ = await refusal(one.receive({"3": 1}, "box-3"))
    assert code == "more_than_expected"
    assert (await one.view()).received == {"1": 1}


async def test_the_same_box_counts_once_and_another_content_is_refused(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2})
    await one.labelled()
    await one.receive({"1": 1}, "box-1")
    assert (await one.receive({"1": 1}, "box-1")).received == {"1": 1}
    code, message = await refusal(one.receive({"1": 2}, "box-1"))
    assert code == "recorded_differently"
    assert "box-1" in message
    await one.receive({"1": 1}, "box-2")
    await one.recorded(EntryKind.RECEIPT, 2)
    assert len(shop.world.entries("R-1", EntryKind.RECEIPT)) == 2
    assert shop.world.posted("returning:") == {"returning:R-1:1": 2}


async def test_what_did_not_come_stays_with_the_customer_and_can_be_returned_later(real_shop: Shop) -> None:
    world = real_shop.world
    one = await real_shop.two_rates({"1": 2, "2": 1})
    await one.labelled()
    await one.receive({"1": 1})
    await one.inspect({"1": 1})
    # One mug of three: G(1) = (2 * 3529 * 1 + 3) // 6 = 7061 // 6 = 1176.
    assert (await one.result()).refunded == "11.76 EUR"
    assert (world.returnable("two-rates", "1"), world.returnable("two-rates", "2")) == (2, 1)
    assert world.pending() == []
    rest = await real_shop.start(f"{one.case}-rest", "two-rates", {"1": 2, "2": 1})
    # The whole line is 3529, so the other two mugs are worth 3529 - 1176 = 2353; with the book 2353 + 2271.
    view = await rest.until(lambda view: view.quote != "")
    assert (view.verdict, view.quote) == (Verdict.APPROVE, "46.24 EUR")


async def test_an_inspection_grades_exactly_what_came(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2, "2": 1})
    await one.labelled()
    code, _ = await refusal(one.inspect())
    assert code == "nothing_received"
    await one.receive({"1": 2})
    for wrong in ({"1": 1}, {"1": 2, "2": 1}, {"2": 1}):
        code, message = await refusal(one.inspect(wrong))
        assert code == "not_what_was_received"
        assert "2 of line 1" in message
    await one.inspect({"1": 2})
    assert (await one.result()).refunded == "23.53 EUR"


async def test_a_second_inspection_and_late_goods_are_refused(shop: Shop) -> None:
    shop.world.doors.shut("/stripe/v1")  # the return stays open
    one = await shop.two_rates({"1": 2})
    await one.labelled()
    await one.receive({"1": 1})
    await one.inspect({"1": 1}, "look-1")
    assert (await one.inspect({"1": 1}, "look-1")).stage is Stage.REFUND
    code, _ = await refusal(one.inspect({"1": 1}, "look-2"))
    assert code == "recorded_differently"
    code, message = await refusal(one.receive({"1": 1}, "box-2"))
    assert code == "already_inspected"
    assert "ask ops" in message
    shop.world.doors.open("/stripe/v1")
    assert (await one.result()).refunded == "11.76 EUR"
    assert len(await shop.world.refunds(TWO_RATES_PAYMENT)) == 1


async def test_when_nobody_sends_anything_ops_are_asked_and_a_scan_calms_them(shop: Shop) -> None:
    one = await shop.shopify()
    view = await one.labelled()
    (decision,) = shop.world.entries("R-1", EntryKind.DECISION)
    day_after = (decision.at + timedelta(days=15)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert view.due_at == day_after - timedelta(microseconds=1)  # the whole fourteenth day is the shopper's
    assert (view.next_owner, (await one.attributes())["NeedsAction"]) == ("shopper", "shopper")
    await shop.skip(day_after - decision.at - timedelta(hours=1))
    assert (await one.view()).next_owner == "shopper"
    await shop.skip(timedelta(hours=2))
    view = await one.until(lambda view: view.next_owner == "ops")
    assert view.next_action == "Overdue: Send the parcel"
    assert (await one.attributes())["NeedsAction"] == "ops"
    assert "Overdue" in await one.details()
    now = view.due_at + timedelta(hours=1) if view.due_at else None
    await one.scan(at=now)
    await one.recorded(EntryKind.SCAN)
    await one.told("in_transit")
    view = await one.view()
    assert (view.next_owner, view.next_action) == ("carrier", "Deliver the parcel")
    assert view.due_at is not None
    assert now is not None
    assert view.due_at > now
    assert (await one.attributes())["NeedsAction"] == "carrier"


async def test_the_shopper_is_reminded_once_and_then_the_return_expires(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    (label,) = shop.world.entries("R-1", EntryKind.LABEL)
    (decision,) = shop.world.entries("R-1", EntryKind.DECISION)
    last_day = (decision.at + timedelta(days=14)).date()
    await shop.skip(timedelta(days=6, hours=23))
    assert "reminder" not in one.notices()
    await shop.skip(timedelta(days=1))  # seven days before the end of the last day to send
    await one.told("reminder")
    await shop.skip(timedelta(days=8))
    assert (await one.until(lambda view: view.next_owner == "ops")).next_action == "Overdue: Send the parcel"
    await shop.skip(timedelta(days=12))
    assert (await one.view()).outcome is None
    ended = await one.result()
    (expired,) = shop.world.entries("R-1", EntryKind.EXPIRED)
    assert timedelta(days=28) <= expired.at - label.at < timedelta(days=28, minutes=1)
    assert (expired.actor, ended.outcome, ended.refunded) == ("rule:policy", Outcome.EXPIRED, "")
    assert [one["status"] for one in await shop.world.labels()] == ["cancelled"]
    assert sorted(one.notices()) == ["approved", "expired", "label_expiring", "reminder"]
    assert shop.world.pending() == []
    assert shop.world.posted("returning:") == {}
    told = [mail["subject"] for mail in await shop.world.mails("R-1")]
    assert f"Please send your return R-1 by {last_day.day} {last_day:%B %Y}" in told


async def test_a_scan_stops_the_reminders_and_the_end(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await shop.skip(timedelta(days=3))
    await one.scan()
    await one.recorded(EntryKind.SCAN)
    await shop.skip(timedelta(days=40))
    assert (
        await one.until(lambda view: view.next_owner == "ops")
    ).next_action == "Overdue: Deliver the parcel; claim it at the carrier (`claim open`)"
    assert sorted(one.notices()) == ["approved", "in_transit"]


async def test_a_box_that_comes_while_the_return_expires_is_told_what_to_do(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    shop.world.doors.shut("/carrier")  # the label cannot be voided, so the end takes its time
    await shop.skip(timedelta(days=28, minutes=5))
    await one.recorded(EntryKind.EXPIRED)
    code, message = await refusal(one.receive())
    assert (code, "late receive" in message) == ("expired", True)
    shop.world.doors.open("/carrier")
    assert (await one.result()).outcome is Outcome.EXPIRED


async def test_a_parcel_that_gets_lost_is_not_forgotten(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.scan()
    await one.recorded(EntryKind.SCAN)
    await shop.skip(timedelta(days=30))
    view = await one.until(lambda view: view.next_owner == "ops")
    assert view.next_action == "Overdue: Deliver the parcel; claim it at the carrier (`claim open`)"


async def test_goods_that_nobody_inspects_are_not_forgotten(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    (receipt,) = shop.world.entries("R-1", EntryKind.RECEIPT)
    view = await one.until(lambda view: view.due_at == receipt.at + timedelta(days=3))
    assert (view.next_owner, view.next_action) == ("warehouse", "Inspect what arrived")
    await shop.skip(timedelta(days=3, hours=1))
    view = await one.until(lambda view: view.next_owner == "ops")
    assert view.next_action == "Overdue: Inspect what arrived"
    await one.told("inspection_delayed")
    (mail,) = [mail for mail in await shop.world.mails("R-1") if "inspection_delayed" in mail["categories"]]
    days = [receipt.at + timedelta(days=10, hours=late) for late in (0, 2)]
    assert [late for late in days if f"We write again by {late.day} {late:%B %Y}" in " ".join(mail["text"].split())]
    await one.inspect()
    assert (await one.result()).outcome is Outcome.REFUNDED
    assert len(shop.world.entries("R-1", EntryKind.NOTICE)) == 5
    assert shop.world.posted("stock:") == {"stock:main:IPOD2009BLACK:restocked": 1}


async def test_a_serial_number_that_was_not_sold_is_seen_by_all_who_look(shop: Shop) -> None:
    order = await shop.world.import_order("two_rates.json")
    sold = [line.model_copy(update={"serials": ("SN-1", "SN-2", "SN-3")}) for line in order.lines[:1]]
    shop.world.rooms.stores.orders.put(order.model_copy(update={"lines": (*sold, *order.lines[1:])}))
    one = await shop.start("R-1", order.id, {"1": 1})
    await one.labelled()
    counted = ReceivedLine(line_id="1", quantity=1, serials=("SN-9",))
    view = await one.update("receive", Receipt(id="box-1", received_by="ann", lines=(counted,)))
    told = "Serial number SN-9 of line 1 was not sold on this line."
    assert view.discrepancies == (told,)
    assert told in await one.details()
    await one.inspect()
    assert (await one.result()).outcome is Outcome.REFUNDED
