"""The money before the goods: paid on trust beside the parcel's way, and held against what comes of it."""

from __future__ import annotations

import asyncio
from datetime import datetime

from temporalio import workflow

from activities.decisions import DecisionActivities, EndEarly, PlanEarly, RecordSettled
from domain.early import Settled, refund_due
from domain.notice import NoticeKind
from domain.printing import amount, day
from workflows import options
from workflows.return_case.money import Payout
from workflows.return_case.notices import notice


class Early(Payout):
    """Verbs about a refund that does not wait for the inspection."""

    paying_early: asyncio.Task[None] | None = None

    def begin_early(self) -> None:
        """Once the event has happened on which the policy pays: beside the story, which goes on with the parcel. What
        was planned on trust is paid even if the event is taken back, as when a count is corrected."""
        due = self.state.early is not None or (not self.state.not_early and refund_due(self.state) is not None)
        if self.paying_early is None and due:
            self.paying_early = asyncio.create_task(self._pay_early())

    async def _pay_early(self) -> None:
        if self.state.plan is None and self.state.early is None:
            planned = await self.step(
                "Compute the refund before the goods",
                DecisionActivities.plan_early,
                lambda now: PlanEarly(**self.about, now=now),
                options.JOURNAL,
            )
            self.learn(**dict(planned))
        if self.state.early is not None:
            await self.refund()
            if self.state.plan is not None:  # else the shopper wants the goods rather than what they came to be worth
                self.tell(NoticeKind.REFUND_DONE)

    async def early_paid(self) -> None:
        """Until nothing of it is on its way any more."""
        if self.paying_early is not None:
            await self.paying_early

    async def end_early(self) -> None:
        """The goods are here, or nobody waits for them any more: what they are worth less, the shopper owes."""
        if self.state.early is None:
            return
        if self.state.early_end is None:
            await self.give_up_goods()
        await self._wait_for_shopper()

    async def give_up_goods(self) -> None:
        """Nobody waits for goods of it any more, as they are here or never come."""
        await self.early_paid()
        end = await self.step(
            "Hold the goods against what was paid",
            DecisionActivities.end_early,
            lambda now: EndEarly(**self.about, now=now),
            options.JOURNAL,
            wanted=lambda: bool(self.state.inspection),  # else goods that have just come are looked at first
        )
        self.learn(early_end=end, overdue="")

    async def _wait_for_shopper(self) -> None:
        """Until finance says what became of it; what nobody settles in time stays in the books as it is."""
        end, owed = self.state.early_end, self.state.owed_by_shopper
        if end is None or owed is None:
            return
        due = notice(NoticeKind.PAYMENT_DUE, self.state)
        told = {"total": amount(owed, self.order.locale), "reply_until": day(end.answer_by.date(), self.order.locale)}
        self.post(due.model_copy(update={**told, "lines": (), "extras": (), "nothing_left": False}))
        action = self.state.next_action.action
        if not await self._settled_by(end.answer_by, action):
            self.learn(overdue=f"Overdue: {action}")
            if not await self._settled_by(end.answer_by + options.OWED_PATIENCE, "Nobody settled it: it stays owed"):
                await self._leave_open()
        self.learn(overdue="")

    async def _settled_by(self, until: datetime, summary: str) -> bool:
        patience = max(0.0, (until - workflow.now()).total_seconds())
        try:
            await workflow.wait_condition(
                lambda: self.state.early_settled is not None, timeout=patience, timeout_summary=summary
            )
        except TimeoutError:
            return False
        return True

    async def _leave_open(self) -> None:
        settled = await self.step(
            "Nobody settled it: it stays owed",
            DecisionActivities.record_settled,
            lambda now: RecordSettled(**self.about, by="rule:story", how=Settled.OPEN, now=now),
            options.JOURNAL,
        )
        self.learn(early_settled=settled)
