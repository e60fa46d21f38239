"""What waits for a person before goods may come: an appeal, or what the policy leaves to one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from temporalio import workflow

from activities.decisions.evidence import RecordMissed
from activities.decisions.mending import WordActivities
from domain.evidence import Evidence
from domain.notice import NoticeKind
from workflows import options
from workflows.return_case.clerk import Clerk


class Review(Clerk):
    """Waits for that person; the clock stands while the shopper is asked to show something."""

    async def hear_appeal(self) -> None:
        """What the policy declines of an appeal waits for a person, as long as the policy lets them look."""
        if self.request.appeals is None or self.state.decision is None or not self.state.declined:
            return
        self.learn(appeal_until=self.state.look_by(1))
        self.tell(NoticeKind.REQUEST_RECEIVED)
        declined = f"The appeal of {self.request.appeals} is not granted"
        await self.wait_for_person(lambda: not self.state.declined or self.state.called_off, 1, declined)
        self.learn(appeal_until=None)  # nothing more is taken; what was taken before still counts
        await workflow.wait_condition(lambda: not self.heard)

    async def be_reviewed(self) -> None:
        """What the policy leaves to a person waits for one before a label goes out.

        When nobody has looked in time, ops are asked to; after as long again the goods may come, and their money waits.
        """
        if self.state.decision is None or self.state.label is not None or not self.state.in_review:
            return
        self.learn(review_until=self.state.look_by(1))
        self.tell(NoticeKind.IN_REVIEW)
        await self.wait_for_person(self._reviewed, 1, "Nobody has looked at it: ask again")
        if not self._reviewed():
            self.learn(overdue=f"Overdue: {self.state.turn.action}")
            await self.wait_for_person(self._reviewed, 2, "Nobody has looked at it: send the label, keep the money")
        self.learn(review_until=None, overdue="")

    def _reviewed(self) -> bool:
        return not self.state.in_review or self.state.stopped or bool(self.state.receipts)

    async def wait_for_person(self, done: Callable[[], bool], periods: int, summary: str) -> None:
        """Until a person has looked, at most so many times as long as the policy gives them."""
        while not done():
            if (wanted := self.state.evidence_wanted) is not None:
                await self.wait_for_evidence(wanted, done)
                continue
            patience = (self.state.look_by(periods) - workflow.now()).total_seconds()
            if patience <= 0:
                return
            field = "appeal_until" if self.state.appeal_until else "review_until"
            self.learn(**{field: self.state.look_by(1)})
            # Whatever is said may have given them more time, or asked the shopper first.
            await self._word_within(patience, done, summary)

    async def wait_for_evidence(self, wanted: Evidence, done: Callable[[], bool]) -> None:
        """Until the shopper shows something, or is reminded; when nothing came, what follows is recorded."""
        self.tell(NoticeKind.EVIDENCE_WANTED, 2 * wanted.number - 1)
        reminds = wanted.remind_at is not None and wanted.remind_at > workflow.now()
        first = wanted.remind_at if reminds and wanted.remind_at is not None else wanted.until
        patience = max(0.0, (first - workflow.now()).total_seconds())
        if await self._word_within(patience, done, self.state.turn.action):
            return
        if reminds:
            self.tell(NoticeKind.EVIDENCE_WANTED, 2 * wanted.number)
            return
        found = await self.step(
            "Nothing was shown in time",
            WordActivities.miss_evidence,
            lambda now: RecordMissed(**self.about, number=wanted.number, now=now),
            options.JOURNAL,
        )
        self.learn(**dict(found))

    async def _word_within(self, seconds: float, done: Callable[[], bool], summary: str) -> bool:
        """Wait so long until it is done, or anything else was recorded; whether it was."""
        before = self.recorded
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: done() or self.recorded > before, timeout=seconds, timeout_summary=summary
            )
            return True
        return False
