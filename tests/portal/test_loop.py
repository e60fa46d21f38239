"""The loop: whatever is down, nothing is lost, and what is sent twice has the same id."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Engine

from database.stores import SqlInbox
from domain.errors import Refused, Unavailable
from domain.inbox import InboxRow, InboxState
from ledger import Ledger
from portal.courier import Courier
from portal.loop import AT_ONCE, LEASE, LONGEST_PAUSE, Loop, pause
from tests.portal.fakes import NOW, Clock, FakeDelivery, FakeLedger, FakeOutbox, FakeParcels, event, refund
from tests.world import until


class Desk:
    """A loop on a database, with a clock that we move."""

    def __init__(self, engine: Engine, *answers: Exception | None) -> None:
        self.clock, self.delivery, self.inbox = Clock(), FakeDelivery(*answers), SqlInbox(engine)
        courier = Courier(self.delivery, cast("Ledger", FakeLedger()), FakeParcels(), FakeOutbox())
        self.loop = Loop(self.inbox, courier, self.clock, chance=lambda: 0.5)

    def keep(self, *names: str) -> None:
        """Store events about one refund."""
        self.inbox.keep([event(name, refund(event=name)) for name in names], self.clock.now)

    @property
    def row(self) -> InboxRow:
        """The only row."""
        (row,) = self.inbox.listed(list(InboxState), 9)
        return row

    @property
    def ids(self) -> list[str]:
        """The ids under which it was tried to tell the return something."""
        return [update_id for *_, update_id in self.delivery.told]


@pytest.fixture
def desk(engine: Engine, path: Path) -> Desk:
    """On SQLite."""
    return Desk(engine)


async def test_while_nobody_answers_it_waits_longer_each_time_and_then_goes(desk: Desk) -> None:
    desk.delivery.answers = [Unavailable("No Temporal server answers.")] * 10
    desk.keep("evt_1")
    waited = []
    for attempt in range(1, 11):
        assert await desk.loop.round() == 1
        assert (desk.row.state, desk.row.attempts) == (InboxState.WAITING, attempt)
        assert desk.row.error == "No Temporal server answers."
        assert desk.row.next_try is not None
        waited.append((desk.row.next_try - desk.clock.now).total_seconds())
        desk.clock.now = desk.row.next_try - timedelta(microseconds=1)
        assert await desk.loop.round() == 0
        desk.clock.now = desk.clock.now + timedelta(microseconds=1)
    assert waited == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert await desk.loop.round() == 1
    assert (desk.row.state, desk.row.target, desk.row.error) == (InboxState.DELIVERED, "return-R-1", "")
    assert desk.ids == ["evt_1"] * 11
    desk.clock.pass_by(days=1)
    assert await desk.loop.round() == 0


@pytest.mark.parametrize("attempts", [0, 1, 5, 9, 10, 10**6])
def test_a_pause_is_more_or_less_by_chance(attempts: int) -> None:
    whole = pause(attempts, 0.5)
    assert pause(attempts, 0) == 0.8 * whole
    assert pause(attempts, 1) == 1.2 * whole
    assert timedelta(seconds=1) <= whole <= LONGEST_PAUSE


async def test_after_a_crash_between_telling_and_noting_it_is_told_again_under_the_same_id(desk: Desk) -> None:
    class Power(BaseException):
        """Goes off."""

    class Dying(SqlInbox):
        def settle(self, row: InboxRow, state: InboxState, target: str = "", error: str = "") -> None:
            raise Power

    desk.keep("evt_1")
    dying = Desk(desk.inbox._engine)
    dying.loop = Loop(Dying(desk.inbox._engine), dying.loop._courier, dying.clock)
    with pytest.raises(Power):
        await dying.loop.round()
    assert dying.ids == ["evt_1"]
    assert await desk.loop.round() == 0
    desk.clock.now += LEASE
    assert await desk.loop.round() == 1
    assert desk.ids == ["evt_1"]
    assert (desk.row.state, desk.row.attempts) == (InboxState.DELIVERED, 2)


async def test_events_about_one_thing_go_in_the_order_in_which_they_came(desk: Desk) -> None:
    names = ["evt_9", "evt_1", "evt_5", "evt_3"]
    for name in names:
        desk.keep(name)
        desk.clock.pass_by(milliseconds=1)
    desk.inbox.keep([event("other", refund(refund="re_2", event="other"))], NOW)
    assert await desk.loop.round() == 5
    assert [one for one in desk.ids if one != "other"] == names
    assert "other" in desk.ids


async def test_one_that_does_not_go_holds_up_no_other(desk: Desk) -> None:
    desk.delivery.answers = [Unavailable("no"), None, Refused("other_refund", "That is another refund.")]
    desk.keep("evt_1", "evt_2", "evt_3")
    await desk.loop.round()
    states = {row.event: (row.state, row.error) for row in desk.inbox.listed(list(InboxState), 9)}
    assert states == {
        "evt_1": (InboxState.WAITING, "no"),
        "evt_2": (InboxState.DELIVERED, ""),
        "evt_3": (InboxState.REFUSED, "That is another refund."),
    }


async def test_a_fault_of_ours_is_tried_again_and_told_without_its_words(desk: Desk) -> None:
    desk.delivery.answers = [LookupError("erin@example.com")]
    desk.keep("evt_1")
    await desk.loop.round()
    assert desk.row.error == "This is a fault in the program (LookupError); see the portal's log."
    desk.clock.pass_by(seconds=2)
    await desk.loop.round()
    assert desk.row.state is InboxState.DELIVERED


async def test_what_is_outside_is_no_failure_and_may_be_asked_for_again(desk: Desk) -> None:
    desk.inbox.keep([event("evt_1", refund(key="", payment="pi_7"))], NOW)
    await desk.loop.round()
    assert (desk.row.state, desk.row.next_try) == (InboxState.OUTSIDE, None)
    desk.inbox.ask_again(desk.row.vendor, "evt_1", desk.clock.now)
    assert await desk.loop.round() == 1
    assert desk.row.state is InboxState.OUTSIDE


async def test_a_refusal_that_stands_is_asked_for_again_under_another_id(desk: Desk) -> None:
    desk.delivery.answers = [Refused("other_refund", "no")]
    desk.keep("evt_1")
    await desk.loop.round()
    desk.inbox.ask_again(desk.row.vendor, "evt_1", desk.clock.now)
    await desk.loop.round()
    assert desk.ids == ["evt_1", "evt_1:1"]
    assert desk.row.state is InboxState.DELIVERED


async def test_two_processes_send_each_event_once(desk: Desk) -> None:
    desk.keep(*(f"evt_{number}" for number in range(AT_ONCE * 2)))
    other = Desk(desk.inbox._engine)
    assert [*await asyncio.gather(desk.loop.round(), other.loop.round())] == [AT_ONCE, AT_ONCE]
    assert sorted(desk.ids + other.ids) == sorted(f"evt_{number}" for number in range(AT_ONCE * 2))


async def test_it_runs_on_while_the_database_is_away_and_ends_when_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, asked = desk.inbox.take, itertools.count(1)

    def away(*arguments: object) -> list[InboxRow]:
        if next(asked) == 1:
            raise Unavailable("the database gave no answer")
        return take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.inbox, "take", away)
    desk.keep("evt_1")
    running = asyncio.create_task(desk.loop.run())
    await until(lambda: next(asked) > 1, "it has met the database's silence")
    desk.loop.heard()
    await until(lambda: desk.row.state is InboxState.DELIVERED, "it is delivered")
    desk.loop.stop()
    await asyncio.wait_for(running, 5)
