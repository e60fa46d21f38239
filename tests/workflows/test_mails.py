"""Mail never holds money back, and a return waits for it only a bounded time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from domain.case import Outcome
from ledger import EntryKind, JournalEntry, NewEntry
from tests.workflows.returns import SHOPIFY_PAYMENT, Shop
from tests.world import PATIENCE, until
from workflows.return_case.state import Stage

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
    assert one.notices() == dict.fromkeys(FOUR, "sent")
    assert len(await shop.world.mails("R-1")) == 4


async def test_after_three_days_it_closes_with_the_mail_unsent(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.told("approved", "in_transit", "received")
    shop.world.doors.shut("/sendgrid")
    await one.inspect()
    assert (await one.result()).outcome is Outcome.REFUNDED
    (settled,) = shop.world.entries("R-1", EntryKind.REFUND_SETTLED)
    (closed,) = shop.world.entries("R-1", EntryKind.CLOSED)
    # The last try is the one before three days are over; tries are half an hour apart by then.
    assert timedelta(days=2, hours=23) < closed.at - settled.at < timedelta(days=3, hours=1)
    assert set(one.notices()) == FOUR - {"refund_done"}
    assert len(await shop.world.mails("R-1")) == 3
    assert shop.world.rooms.ledger.verify().faults == ()


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
