"""A diary of one return: who said what on which day, and what came of it. `docs/lifecycle.md` is made of these."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
from temporalio.testing import WorkflowEnvironment

from domain.case import Outcome
from domain.parcel import TrackingStatus
from ledger import EntryKind
from tests.proof.right import Books, wrong
from tests.workflows.returns import Return, Shop
from workflows.return_case.view import CaseView

PEOPLE = ("shopper", "ops", "finance", "warehouse", "carrier", "provider", "time")
"""Who may say something; `time` is a deadline that passes."""


@dataclass(frozen=True)
class Line:
    """One turn of the story: what was said on a day, counted from the request, and what it led to."""

    day: int
    who: str
    said: str
    stage: str
    waits_for: str
    recorded: tuple[str, ...]
    mails: tuple[str, ...]


@dataclass
class Diary:
    """What a test tells of its return while it happens. Every line waits until the return is at rest."""

    name: str
    title: str
    shop: Shop
    env: WorkflowEnvironment
    begun: datetime
    one: Return | None = None
    lines: list[Line] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    scans: int = 0
    passed: timedelta = timedelta(0)
    """What the test let pass; the server's own clock jumps further whenever somebody waits for an end."""

    @classmethod
    async def begin(cls, name: str, title: str, shop: Shop, env: WorkflowEnvironment) -> Diary:
        """An empty diary; its first day is the server's."""
        return cls(name, title, shop, env, await env.get_current_time())

    @property
    def now(self) -> Awaitable[datetime]:
        """The server's time."""
        return self.env.get_current_time()

    async def follows(self, one: Return, said: str) -> Return:
        """The return that the diary is about, once the shopper has asked for it."""
        self.one = one
        await self.note("shopper", said)
        return one

    async def says(self, who: str, said: str, word: Awaitable[CaseView]) -> CaseView:
        """Somebody says something to the return."""
        view = await word
        await self.note(who, said)
        return view

    async def scanned(self, said: str, status: TrackingStatus, number: str | None = None) -> CaseView:
        """The carrier sees the parcel, now."""
        assert self.one is not None
        self.scans += 1
        return await self.says(
            "carrier", said, self.one.scan(f"scan-{self.scans}", status, number, (await self.now).astimezone(UTC))
        )

    async def skip(self, time: timedelta) -> None:
        """So much time passes, without words."""
        self.passed += time
        await self.shop.skip(time)

    async def passes(self, days: float, said: str = "") -> None:
        """So many days pass; with words if a deadline lies in them."""
        await self.skip(timedelta(days=days))
        if said:
            await self.note("time", said)

    async def note(self, who: str, said: str) -> None:
        """A line about what has just happened."""
        assert who in PEOPLE, f"{who} is none of {', '.join(PEOPLE)}"
        assert self.one is not None, "a diary begins with the request: `follows`"
        await self.one.at_rest()
        view = await self.one.view()
        new = [one for one in self.shop.world.entries(self.one.case) if one.key not in self.seen]
        self.seen.update(one.key for one in new)
        told = (one.facts["notice"] for one in new if one.kind is EntryKind.NOTICE)
        kinds = (one.kind.value for one in new if one.kind is not EntryKind.NOTICE)
        waits = "" if view.outcome else f"{view.next_owner}: {view.next_action}"
        day = self.passed.days
        self.lines.append(Line(day, who, said, view.stage.value, waits, _in_turn(kinds), tuple(sorted(map(str, told)))))

    async def ends(self, outcome: Outcome, *, judged: bool = True) -> CaseView:
        """Wait for the end; journal, mails, stock, labels and money tell the same story, unless the test judges them
        itself because there is more than one return to them."""
        assert self.one is not None
        view = await self.one.result()
        assert view.outcome is outcome
        if judged:
            found = await asyncio.to_thread(self._wrong, outcome)
            assert not found, "\n".join(found)
        assert self.shop.world.rooms.ledger.verify().faults == ()
        return view

    def _wrong(self, outcome: Outcome) -> list[str]:
        assert self.one is not None
        rooms = self.shop.world.rooms
        with httpx2.Client(base_url=self.shop.world.url, trust_env=False, verify=False) as world:
            return wrong(self.one.case, outcome, Books(rooms.ledger, rooms.stores.outbox, world))

    def page(self) -> str:
        """The diary as a section of Markdown, with its diagram."""
        told = [self.title, "", "```mermaid", "sequenceDiagram"]
        people = dict.fromkeys(line.who for line in self.lines)
        told += [f"    participant {one}" for one in (*people, "backhaul")]
        day = -1
        for line in self.lines:
            if line.day != day:
                told.append(f"    Note over {next(iter(people))},backhaul: day {line.day}")
                day = line.day
            told.append(f"    {line.who}->>backhaul: {_plain(line.said)}")
            if line.recorded:
                told.append(f"    Note right of backhaul: records {', '.join(map(_words, line.recorded))}")
            if line.mails and "shopper" in people:
                told.append(f"    backhaul-->>shopper: mail {', '.join(map(_words, line.mails))}")
            if line.waits_for:
                told.append(f"    Note right of backhaul: {_words(line.stage)}, waits for {_plain(line.waits_for)}")
        return "\n".join([*told, "```"])


def _in_turn(kinds: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order in which they are declared: what goes on side by side is recorded in any order."""
    found = set(kinds)
    return tuple(one.value for one in EntryKind if one.value in found)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _plain(text: str) -> str:
    """What Mermaid reads as text: a semicolon ends its line, and a hash begins a code."""
    return text.replace(";", ",").replace("#", "no. ").strip()
