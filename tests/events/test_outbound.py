"""Sending: in order per return, at least once, always under the same ids, and one in trouble holds nobody else up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from database.stores import SqlOutgoing
from domain.event import Endpoint, Event, OutgoingRow
from ledger import EntryKind, JournalEntry
from ledger.events import events_of
from ledger.store import SqlLedger
from portal.loop import pause
from portal.outgoing import AT_ONCE, LEASE, LONGEST_PAUSE, Outbound
from tests.events.receiver import FakeReceivers, endpoint
from tests.ledger.entries import fact
from tests.portal.fakes import NOW, Clock


class Post:
    """One endpoint, on a database, with a clock that we move."""

    def __init__(self, engine: Engine, told: Endpoint) -> None:
        self.clock, self.receivers = Clock(), FakeReceivers()
        self.outgoing, self.ledger = SqlOutgoing(engine), SqlLedger(engine)
        self.endpoint = told
        self.outbound = self.portal()
        self.outgoing.place(told.name)

    def portal(self, receivers: FakeReceivers | None = None) -> Outbound:
        """A process that sends."""
        known = (self.endpoint, self.outgoing, self.ledger, receivers or self.receivers, self.clock)
        return Outbound(*known, chance=lambda: 0.5)

    def happens(self, case: str, *outcomes: str) -> list[JournalEntry]:
        """Facts about a return."""
        return [
            self.ledger.append(
                fact(f"{case}:{one}", kind=EntryKind.CANCELLED, case=case, order=case, facts={"reason": one}, at=NOW)
            )
            for one in outcomes
        ]

    async def settle(self) -> None:
        """Rounds until nothing is due."""
        while await self.outbound.round():
            pass

    def told(self, case: str) -> list[str | None]:
        """What was taken of a return, in order."""
        return [one.data.reason for one in self.receivers.taken[case]]

    @property
    def waiting(self) -> tuple[int, int, str]:
        """How many were delivered and wait, and why."""
        (state,) = self.outgoing.states()
        return state.delivered, state.waiting, state.error


@pytest.fixture
def make(engine: Engine) -> Callable[..., Post]:
    """A post to an endpoint that wants some types."""
    return lambda *types: Post(engine, endpoint("crm", *types))


@pytest.fixture
def post(make: Callable[..., Post]) -> Post:
    """To somebody who wants everything."""
    return make()


async def test_what_happens_is_told_once_and_in_order(post: Post) -> None:
    post.happens("R-1", "a", "b", "c")
    post.happens("R-2", "x")
    await post.settle()
    assert (post.told("R-1"), post.told("R-2")) == (["a", "b", "c"], ["x"])
    assert post.waiting == (4, 0, "")
    await post.settle()
    assert len(post.receivers.came) == 4


async def test_a_new_endpoint_is_told_of_what_happens_from_then_on(post: Post) -> None:
    post.happens("R-1", "before")
    later = Outbound(endpoint("late"), post.outgoing, post.ledger, post.receivers, post.clock)
    assert await later.round() == 0
    post.happens("R-1", "after")
    while await later.round():
        pass
    assert post.told("R-1") == ["after"]


async def test_only_what_an_endpoint_wants_is_sent(make: Callable[..., Post]) -> None:
    post = make("return.closed")
    post.happens("R-1", "a")
    post.ledger.append(fact("closed", kind=EntryKind.CLOSED, facts={"outcome": "refunded"}))
    await post.settle()
    assert post.receivers.types("r") == ["return.closed"]
    assert (post.told("R-1"), post.waiting) == ([], (1, 0, ""))


async def test_a_return_in_trouble_waits_in_order_and_the_others_go_on(post: Post) -> None:
    post.receivers.refuses["R-1"] = 2
    first, *_ = post.happens("R-1", "a", "b")
    post.happens("R-2", "x", "y")
    await post.settle()
    assert (post.told("R-1"), post.told("R-2")) == ([], ["x", "y"])
    assert post.waiting == (2, 2, "crm did not take it (HTTP 503).")
    post.clock.pass_by(seconds=1)
    await post.settle()
    post.clock.pass_by(seconds=1.9)
    await post.settle()
    assert post.told("R-1") == []
    post.clock.pass_by(seconds=0.1)
    await post.settle()
    assert (post.told("R-1"), post.waiting) == (["a", "b"], (4, 0, ""))
    assert post.told("R-2") == ["x", "y"]
    # Three attempts under one id.
    assert post.receivers.came.count(f"evt_{first.seq}_{first.hash[:12]}") == 3


async def test_a_fact_that_cannot_be_read_holds_its_own_return_up_until_it_can(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.happens("R-1", "a")
    broken = post.ledger.append(fact("bad", kind=EntryKind.LABEL, case="R-1", order="R-1", facts={"label": 5}, at=NOW))
    post.happens("R-1", "b")
    post.happens("R-2", "x")
    await post.settle()
    assert (post.told("R-1"), post.told("R-2")) == (["a"], ["x"])
    assert (post.waiting[1], "fault in the program (ValidationError)" in post.waiting[2]) == (2, True)

    def mended(entry: JournalEntry) -> tuple[Event, ...]:
        if entry.seq != broken.seq:
            return events_of(entry)
        return events_of(entry.model_copy(update={"kind": EntryKind.CANCELLED, "facts": {"reason": "mended"}}))

    monkeypatch.setattr("portal.outgoing.events_of", mended)
    post.clock.pass_by(seconds=1)
    await post.settle()
    assert (post.told("R-1"), post.waiting) == (["a", "mended", "b"], (4, 0, ""))
    assert post.receivers.came[-2] == f"evt_{broken.seq}_{broken.hash[:12]}"


def test_pauses_grow_to_an_hour_and_never_end() -> None:
    seconds = [pause(attempts, 0.5, LONGEST_PAUSE).total_seconds() for attempts in (1, 2, 3, 12, 13, 10**6)]
    assert seconds == [1, 2, 4, 2048, 3600, 3600]


async def test_whoever_asks_for_a_pause_gets_it(post: Post) -> None:
    post.receivers.refuses["R-1"], post.receivers.retry_after = 1, 120
    post.happens("R-1", "a")
    await post.settle()
    post.clock.pass_by(seconds=119)
    await post.settle()
    assert post.told("R-1") == []
    post.clock.pass_by(seconds=1)
    await post.settle()
    assert post.told("R-1") == ["a"]


async def test_after_a_crash_between_delivery_and_record_it_comes_again_under_its_id(post: Post) -> None:
    (entry,) = post.happens("R-1", "a")
    post.outbound.read()
    now = post.clock.now
    (row,) = post.outgoing.take("crm", now, AT_ONCE, now + LEASE)
    await post.receivers.deliver(post.endpoint, row, now)
    again = post.portal()
    assert await again.round() == 0
    post.clock.pass_by(minutes=1)
    assert await again.round() == 1
    assert post.receivers.came == [f"evt_{entry.seq}_{entry.hash[:12]}"] * 2


async def test_two_processes_share_the_work_and_keep_the_order(post: Post) -> None:
    post.happens("R-1", "a", "b")
    post.outbound.read()
    now = post.clock.now
    first, second = post.outgoing.take("crm", now, AT_ONCE, now + LEASE)
    assert (first.attempts, second.attempts) == (1, 0)
    # While they are under way with one, the other finds nothing of this return.
    other = post.portal()
    assert await other.round() == 0
    post.outgoing.record("crm", [first], [], now)
    assert await other.round() == 1
    assert post.told("R-1") == ["b"]
    # Both read the same entries: one of them has its way.
    post.happens("R-2", "x")
    seen = post.outgoing.place("crm")
    post.outbound.read()
    post.outgoing.queue("crm", seen, seen + 1, [OutgoingRow(subject="R-2", seq=9, part=1, id="x", body="{}")], now)
    assert post.outgoing.states()[0].waiting == 1


async def test_a_dead_endpoint_is_knocked_at_by_a_few_only(post: Post) -> None:
    for number in range(AT_ONCE + 5):
        post.receivers.refuses[f"R-{number}"] = 99
        post.happens(f"R-{number}", "a")
    await post.outbound.round()
    assert len(post.receivers.came) == AT_ONCE
    assert post.waiting == (0, AT_ONCE + 5, "crm did not take it (HTTP 503).")


def test_what_was_told_waits_once_more_and_only_once(post: Post) -> None:
    rows = [OutgoingRow(subject="R-1", seq=seq, part=1, id=f"evt_{seq}", body="{}") for seq in (5, 3, 4)]
    assert post.outgoing.again("crm", rows[:2], NOW) == 2
    assert post.outgoing.again("crm", rows, NOW) == 1
    assert [one.seq for one in post.outgoing.take("crm", NOW, 9, NOW + timedelta(minutes=1))] == [3, 4, 5]


async def test_one_that_is_slow_is_left_off_before_another_may_take_over(post: Post) -> None:
    post.happens("R-1", "a", "b", "c")

    class Slow(FakeReceivers):
        async def deliver(self, endpoint: Endpoint, row: OutgoingRow, now: datetime) -> None:
            await super().deliver(endpoint, row, now)
            post.clock.pass_by(seconds=15)

    slow = Slow()
    outbound = post.portal(slow)
    # Three entries were read, and of their events two sent; the third is due at once.
    assert await outbound.round() == 3 + 2
    assert post.waiting == (2, 1, "")
    assert await outbound.round() == 1
    assert [one.data.reason for one in slow.taken["R-1"]] == ["a", "b", "c"]
