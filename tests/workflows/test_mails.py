"""Mail never holds money back, and a return waits for it only a bounded time."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from activities.decisions.policy_file import load_statutes
from activities.mail import NoticeSent
from domain.case import Outcome
from domain.notice import NoticeState
from ledger import EntryKind, JournalEntry, NewEntry
from tests.workflows.returns import SHOPIFY_PAYMENT, TWO_RATES, Shop
from tests.world import PATIENCE, until
from wiring import STATUTES
from workflows.return_case.stage import Stage

FOUR = {"approved", "in_transit", "received", "refund_done"}


async def test_the_refund_does_not_wait_for_mail_but_the_end_does(shop: Shop) -> None:
    shop.world.doors.shut("/sendgrid")
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.recorded(EntryKind.REFUND_SETTLED)
    await one.recorded(EntryKind.RESTOCK)
    assert [refund["amount"] for refund in await shop.world.refunds(SHOPIFY_PAYMENT)] == [18109]
    await shop.skip(timedelta(hours=6))
    view = await one.view()
    assert (view.stage, view.outcome) == (Stage.CLOSING, None)
    assert await shop.world.mails("R-1") == []
    shop.world.doors.open("/sendgrid")
    assert (await one.result()).outcome is Outcome.REFUNDED
    assert one.notices() == dict.fromkeys(FOUR, "dropped") | {"refund_done": "sent"}
    assert len(await shop.world.mails("R-1")) == 1


async def test_a_week_without_mail_holds_no_money_and_what_is_still_true_is_told_after_it(shop: Shop) -> None:
    shop.world.doors.shut("/sendgrid")
    one = await shop.shopify()
    await one.arrive()
    await until(lambda: shop.world.doors.knocks["/sendgrid"] > 0, "the first attempt at a mail")
    await shop.skip(timedelta(hours=2))
    await one.inspect()
    assert (await one.result()).outcome is Outcome.REFUNDED
    assert [refund["amount"] for refund in await shop.world.refunds(SHOPIFY_PAYMENT)] == [18109]
    (settled,) = shop.world.entries("R-1", EntryKind.REFUND_SETTLED)
    (closed,) = shop.world.entries("R-1", EntryKind.CLOSED)
    # Its last try is the one before three days are over; tries are two hours apart by then.
    assert timedelta(days=2, hours=21) < closed.at - settled.at < timedelta(days=3, hours=1)
    dropped = {entry.facts["notice"]: entry.facts["why"] for entry in shop.world.entries("R-1", EntryKind.NOTICE)}
    assert dropped == {"approved": "receipt", "in_transit": "receipt", "received": "refund_settled"}
    for _ in range(4):
        await shop.skip(timedelta(days=1))
    owed = shop.world.rooms.stores.outbox.get("notice:R-1:refund_done:1")
    assert owed is not None
    assert (owed.state, owed.why) == ("owed", "SendGrid cannot take the mail now (it answered 503)")
    shop.world.doors.open("/sendgrid")
    # This server does not come back from a leap in which its last workflow ended.
    leap = asyncio.ensure_future(shop.skip(timedelta(hours=6)))
    await one.told("refund_done")
    leap.cancel()
    assert one.notices() == dict.fromkeys(FOUR, "dropped") | {"refund_done": "sent"}
    (told,) = await shop.world.mails("R-1")
    assert "refund_done" in told["categories"]
    assert shop.world.rooms.ledger.verify().faults == ()


async def test_a_mail_of_unknown_outcome_is_sent_once_more_after_a_day(shop: Shop) -> None:
    await shop.world.post("/sendgrid/_control/next", {"status": "drop_after"})
    one = await shop.shopify()
    await one.told("approved")
    assert one.notices() == {"approved": "unknown"}
    mail = shop.client.get_workflow_handle("mail:notice:R-1:approved:1", result_type=NoticeSent)
    await shop.skip(timedelta(days=1, hours=1))
    assert (await mail.result()).state is NoticeState.SENT
    first, second = await shop.world.mails("R-1")
    assert first["custom_args"] == second["custom_args"]
    (again,) = shop.world.entries("R-1", EntryKind.NOTICE_RESENT)
    (told,) = shop.world.entries("R-1", EntryKind.NOTICE)
    assert timedelta(days=1) < again.at - told.at < timedelta(days=1, hours=1)
    assert again.facts["state"] == "sent"


async def test_whoever_withdraws_has_it_acknowledged_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.world.rooms.decisions, "_statutes", load_statutes(STATUTES))
    order = await shop.world.import_order(TWO_RATES)
    buyer = shop.world.rooms.stores.contacts.get(order.customer_id)
    assert buyer is not None
    one = await shop.start("R-1", order.id, {"1": 2})
    await one.told("withdrawal_receipt")
    (mail,) = [one for one in await shop.world.mails("R-1") if "withdrawal_receipt" in one["categories"]]
    (decided,) = shop.world.entries("R-1", EntryKind.DECISION)
    stated = decided.at.astimezone(ZoneInfo("Europe/Berlin"))
    told = (f"{stated:%H:%M:%S}", buyer.name, buyer.email, order.number, "2 x Stoneware mug, blue")
    assert [one for one in told if one not in mail["text"]] == []
    await one.arrive()
    await one.inspect()
    await one.result()
    assert set(one.notices()) == {*FOUR, "withdrawal_receipt"}
    assert buyer.email not in (history := (await one.history()).to_json())
    assert buyer.name not in history


async def test_a_scan_that_comes_while_the_return_closes_is_recorded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, reached, go_on = shop.world.rooms.ledger, threading.Event(), threading.Event()
    append = ledger.append

    def held(entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
        if entry.kind is EntryKind.CLOSED:
            reached.set()
            assert go_on.wait(PATIENCE)
        return append(entry, seen=seen)

    monkeypatch.setattr(ledger, "append", held)
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    await until(reached.is_set, "the last entry")
    await one.scan("late")
    go_on.set()
    await one.result()
    scans = [entry.facts["scan"]["id"] for entry in shop.world.entries("R-1", EntryKind.SCAN)]
    assert scans == ["scan-1", "late"]
