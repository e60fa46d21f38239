"""What ops and finance read in the Temporal UI, stage by stage; and what nobody may read there: personal data."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from domain.parcel import TrackingStatus
from ledger import EntryKind
from tests.workflows.returns import SHOPIFY_LINE, SHOPIFY_ORDER, SHOPIFY_PAYMENT, Shop

# Every person's detail in the two sample orders.
PERSONAL = [
    *("Jane", "John", "Smith", "jane@example.com", "123 Fake Street", "Fakecity", "K2P 1L4"),
    *("777-777-7777", "555-555-5555", "+18885551234"),
    *("Mara", "Musterfrau", "mara@example.com", "Musterstrasse", "10115 Berlin"),
]


def found(text: bytes) -> set[str]:
    """Which personal details stand in some bytes."""
    text = text.lower().replace(b"jsmith.myshopify", b"")  # the shop's name
    return {detail for detail in PERSONAL if detail.encode().lower() in text}


def everything(history: WorkflowHistory) -> bytes:
    """A history as it is stored, with all its payloads in clear."""
    return b"".join(event.SerializeToString() for event in history.events)


async def test_the_list_and_the_panel_tell_each_stage(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    case = one.case
    view = await one.labelled()
    described = await one.handle.describe()
    assert await described.static_summary() == f"Return {case} of order {SHOPIFY_ORDER}"
    assert await described.static_details() == (
        f"**Return {case}** of order {SHOPIFY_ORDER}\n\n- 1 × line `{SHOPIFY_LINE}`, unwanted"
    )
    always = {"OrderId": SHOPIFY_ORDER, "CustomerId": "1073339475"}
    day_after = real_shop.world.entries(case, EntryKind.DECISION)[0].at + timedelta(days=15)
    due = day_after.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(microseconds=1)
    seen = await one.attributes()
    assert datetime.fromisoformat(seen.pop("DueAt")) == due
    assert seen == {**always, "ReturnStage": "awaiting_parcel", "NeedsAction": "shopper"}
    panel = await one.details()
    assert panel.startswith("### Awaiting parcel\n")
    assert "- Next: **shopper** — Send the parcel\n" in panel
    assert f"- Due: {due:%d %B %Y %H:%M} UTC\n" in panel
    assert "- Order #1002: 1 × IPod Touch 8GB" in panel
    assert "- Quoted: 181.09 USD\n" in panel
    assert f"- Parcel {view.tracking_number}, [label]({view.label_url})" in panel
    assert "/labels/sheet-" in view.sheet_url
    assert f"- [Packing sheet]({view.sheet_url})" in panel
    assert "**approve**" in panel

    await one.scan("scan-1", TrackingStatus.IN_TRANSIT)
    await one.recorded(EntryKind.SCAN)
    seen = await one.attributes()
    assert (seen["ReturnStage"], seen["NeedsAction"]) == ("in_transit", "carrier")
    assert (await one.details()).startswith("### In transit\n")

    await one.receive()
    await one.recorded(EntryKind.RECEIPT)
    due = real_shop.world.entries(case, EntryKind.RECEIPT)[0].at + timedelta(days=3)
    await one.until(lambda view: view.due_at == due)
    await one.at_rest()
    seen = await one.attributes()
    assert (seen["ReturnStage"], seen["NeedsAction"]) == ("inspection", "warehouse")
    assert datetime.fromisoformat(seen["DueAt"]) == due
    assert "- Next: **warehouse** — Inspect what arrived\n" in await one.details()

    await real_shop.world.post("/stripe/_control/next_refund", {"status": "failed", "failure_reason": "declined"})
    await one.inspect()
    await one.until(lambda view: bool(view.troubles))
    await one.recorded(EntryKind.RESTOCK)
    await one.at_rest()
    (trouble,) = (await one.view()).troubles
    assert timedelta(hours=23) < trouble.due_at - datetime.now(UTC) < timedelta(hours=25)
    seen = await one.attributes()
    assert datetime.fromisoformat(seen.pop("DueAt")) == trouble.due_at
    assert seen == {
        **always,
        "ReturnStage": "refund",
        "NeedsAction": "finance",
        "RefundStatus": "failed",
        "RefundCurrency": "USD",
        "RefundAmountMinor": 18109,
    }
    panel = await one.details()
    assert f"⚠ **Refund to {SHOPIFY_PAYMENT}** needs finance: " in panel
    assert "`retry_now`" in panel
    assert "- To refund: 181.09 USD (failed)" in panel

    await one.retry_now()
    await one.result()
    assert await one.attributes() == {
        **always,
        "ReturnStage": "closed",
        "ReturnOutcome": "refunded",
        "NeedsAction": "nobody",
        "RefundStatus": "succeeded",
        "RefundCurrency": "USD",
        "RefundAmountMinor": 18109,
    }
    paid = (await real_shop.world.refunds(SHOPIFY_PAYMENT))[-1]["id"]
    panel = await one.details()
    assert panel.startswith("### Closed: refunded\n")
    assert "- Refunded: 181.09 USD (" in panel
    assert paid in panel


async def test_every_line_of_the_timeline_says_what_it_is(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.told("approved", "in_transit", "received")
    await shop.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await one.inspect()
    await one.told("refund_submitted")
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await shop.world.post(f"/stripe/_control/refunds/{refund['id']}", {"status": "succeeded"})
    await one.result()
    activities = await one.timeline(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
    assert sorted(set(activities)) == sorted(
        [
            f"Read order {SHOPIFY_ORDER}",
            "Decide by the return policy",
            "Buy the return label",
            "Mail: approved",
            "Scan: in transit",
            "Mail: in transit",
            "Receive 1 unit(s)",
            "Mail: received",
            "Inspect 1 unit(s)",
            "Compute the refund",
            f"Refund 181.09 USD to {SHOPIFY_PAYMENT}",
            "Put the goods away",
            "Mail: refund submitted",
            "Mail: refund done",
            "Close: refunded",
        ]
    )
    timers = await one.timeline(EventType.EVENT_TYPE_TIMER_STARTED)
    assert {"Send the parcel", "Inspect what arrived", "Look at the refund again"} <= set(timers)
    assert "" not in timers


async def test_every_message_says_what_it_is_for(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.labelled()
    definition = (await one.metadata()).definition
    described = {update.name: update.description for update in definition.update_definitions}
    people = {"cancel", "record_scan", "add_parcel", "receive", "inspect", "approve", "override", "retry_now", "replan"}
    people |= {"force_close", "lost", "assign", "resend", "choose", "repair", "shipped", "new_label", "handed_over"}
    people |= {"record_finding", "settle_finding", "answer_offer", "uphold", "sent_back"}
    people |= {"open_claim", "answer_claim", "settle"}
    people |= {"ask_evidence", "give_evidence", "edit", "correct_count", "regrade", "extend"}
    people |= {"repair", "shipped"}
    assert set(described) == people | {"record_news", "consent", "paid_by_hand", "by_hand_failed"}
    assert all(described.values())
    assert {query.name: bool(query.description) for query in definition.query_definitions}["view"]
    assert [signal.name for signal in definition.signal_definitions] == []


async def test_no_personal_data_in_histories_and_journal(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "failed", "failure_reason": "declined"})
    shop.world.doors.shut("/sendgrid", 429)
    await one.inspect()
    await one.until(lambda view: bool(view.troubles))
    await one.retry_now()
    shop.world.doors.open("/sendgrid")
    await one.result()
    check_clean(shop, everything(await one.history()), "#1002")
    assert {"Jane", "Smith", "jane@example.com"} <= found(str(await shop.world.mails("R-1")).encode())


async def test_no_personal_data_where_things_go_wrong(shop: Shop) -> None:
    shop.world.doors.shut("/carrier", 422)
    one = await shop.two_rates({"1": 2, "2": 1})
    await one.until(lambda view: bool(view.troubles))
    shop.world.doors.open("/carrier")
    await one.retry_now()
    await one.labelled()
    await one.cancel()
    await one.result()
    check_clean(shop, everything(await one.history()), "B-2041")


def check_clean(shop: Shop, history: bytes, number: str) -> None:
    """No detail in the history, nor in any table but those that are made for it."""
    assert number.encode() in history  # it can be searched
    assert found(history) == set()
    rows: dict[str, bytes] = {}
    with contextlib.closing(sqlite3.connect(shop.world.database)) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows[table] = repr(database.execute(f'SELECT * FROM "{table}"').fetchall()).encode()
    assert found(rows.pop("contacts"))
    assert number.encode() in rows["journal"]
    assert {table: found(content) for table, content in rows.items() if found(content)} == {}
