"""The right of withdrawal: the refund is due 14 days after the statement, once the goods were sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from activities.decisions.policy_file import load_statutes
from domain.case import Outcome
from domain.parcel import TrackingStatus
from ledger import EntryKind
from tests.diaries.diary import Diary
from tests.workflows.returns import Return, refusal
from wiring import STATUTES
from workflows.return_case.stage import Stage

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def law(diary: Diary, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's policy stands on the law."""
    monkeypatch.setattr(diary.shop.world.rooms.decisions, "_statutes", load_statutes(STATUTES))


async def withdraws(book: Diary) -> Return:
    """The shopper withdraws from two mugs."""
    one = await book.shop.two_rates({"1": 2})
    await one.labelled()
    return await book.follows(one, "withdraws from two units")


def last_moment(begun: datetime, days: int) -> datetime:
    """The end of the day so many days later, where the shopper lives."""
    day = begun.astimezone(BERLIN).date() + timedelta(days=days + 1)
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN) - timedelta(microseconds=1)


async def test_withdrawal_in_time(diary: Diary) -> None:
    """The money may wait until the parcel is seen; from then on it is due 14 days after the statement."""
    one = await withdraws(diary)
    view = await one.view()
    assert (view.refund_due, view.refund_withheld) == (None, "sent_or_received")
    await diary.passes(3)
    view = await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    assert (view.refund_due, view.refund_withheld) == (last_moment(diary.begun, 14), "")
    await diary.passes(3)
    await diary.says("warehouse", "counts two units", one.receive())
    await diary.says("warehouse", "grades them as new", one.inspect())
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote


async def test_withdrawal_that_is_paid_too_late(diary: Diary) -> None:
    """Nobody looks at the goods: finance is asked to see to it three days before the money is due, and the journal has
    it when that day has passed."""
    one = await withdraws(diary)
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(4)
    await diary.says("warehouse", "counts two units", one.receive())
    due, hour = last_moment(diary.begun, 14), timedelta(hours=1)
    await diary.skip(due - timedelta(days=3) - hour - await diary.now)
    assert (await one.view()).next_owner != "finance"
    await diary.skip(2 * hour)
    await diary.note("time", "three days are left")
    view = await one.view()
    assert (view.next_owner, view.due_at) == ("finance", due)
    await diary.skip(due - hour - await diary.now)
    assert diary.shop.world.entries("R-1", EntryKind.REFUND_OVERDUE) == []
    await diary.skip(2 * hour)
    await diary.note("time", "the money was due")
    (missed,) = diary.shop.world.entries("R-1", EntryKind.REFUND_OVERDUE)
    assert datetime.fromisoformat(missed.facts["due"]) == due
    await diary.says("warehouse", "grades them as new", one.inspect())
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote


async def test_withdrawal_with_proof_of_dispatch(diary: Diary) -> None:
    """No carrier tells of the parcel, but the shopper has a receipt: from then on the money may not wait any more."""
    one = await withdraws(diary)
    own = (await one.view()).tracking_number
    await diary.passes(5)
    code, message = await refusal(one.handed_over(own))
    assert (code, "receipt" in message) == ("no_proof", True)
    view = await diary.says("shopper", "shows the carrier's receipt", one.handed_over(own, "POST-881"))
    assert (view.refund_due, view.stage) == (last_moment(diary.begun, 14), Stage.IN_TRANSIT)
    await diary.passes(4)
    await diary.says("warehouse", "counts two units", one.receive())
    await diary.says("warehouse", "grades them as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)


async def test_withdrawal_that_is_sent_late(diary: Diary) -> None:
    """The shopper sends after the 14 days that the law gives for it: the label has ended, and they get another one."""
    one = await withdraws(diary)
    await diary.passes(16, "the last day to send is over: nothing is refused for that")
    await diary.passes(13, "the label ends, the return does not")
    view = await one.view()
    assert (view.label_void, view.stage) == ("voided", Stage.AWAITING_PARCEL)
    await diary.passes(2)
    await diary.says("shopper", "wants another label", one.new_label())
    await diary.passes(1)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.says("warehouse", "counts two units", one.receive())
    await diary.says("warehouse", "grades them as new", one.inspect())
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote
