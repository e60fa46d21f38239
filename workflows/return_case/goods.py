"""The goods: followed until they are judged, and put away."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

from activities.decisions import (
    DecisionActivities,
    ExpireReturn,
)
from activities.inventory import InventoryActivities, Restock
from domain.notice import NoticeKind
from workflows import options
from workflows.return_case.clerk import Clerk
from workflows.return_case.stage import Stage
from workflows.return_case.turn import by_stage
from workflows.stepping import NotWanted, not_if_refused


class Goods(Clerk):
    """Verbs about the parcel and what was in it."""

    reminded_at: datetime

    def begin_early(self) -> None:
        """Pay at once where the policy does not wait for the inspection."""
        raise NotImplementedError

    async def give_up_goods(self) -> None:
        """Nobody waits any more for goods that were paid for early. Raises NotWanted if they are here."""
        raise NotImplementedError

    async def follow_parcel(self) -> None:
        """Follow what is recorded of scans, receipts and the inspection, until the goods are judged, called off or not
        waited for any more."""
        self.reminded_at = workflow.now()
        while True:
            self.tell_approved()
            if self.state.moving:
                self.tell(NoticeKind.IN_TRANSIT)
            if self.state.receipts:
                self.tell(NoticeKind.RECEIVED)
            if self.state.lost and not self.state.early:  # else the money is back already
                self.tell(NoticeKind.LOST)
            if back := self.state.back_since:
                self.tell(NoticeKind.REMINDER, back.toordinal())
            if self.state.inspection or self.state.stopped or self.state.never_came:
                return
            await self.count_as_lost()
            if self.state.lost:
                continue
            self.begin_early()
            await self.wait_for_word()

    async def wait_for_word(self) -> None:
        """Wait for whoever speaks next; when the due time passes in silence, ops are asked to look."""
        waits_for = by_stage(self.state)
        due, before = None if self.state.overdue else waits_for.due_at, self.recorded
        reminder, end = self.state.reminder_after(self.reminded_at), self.state.ends_at
        claim_end = self.state.claim_ends_at
        first = min((one for one in (due, reminder, end, claim_end) if one is not None), default=None)
        try:
            await workflow.wait_condition(
                lambda: self.recorded > before,
                timeout=max(0.0, (first - workflow.now()).total_seconds()) if first else None,
                timeout_summary=waits_for.action,
            )
            if self.state.overdue:
                self.learn(overdue="", patient_until=workflow.now() + options.PARCEL_PATIENCE)
        except TimeoutError:
            if first == end:
                await self.expire()
            elif first == claim_end:
                await self.give_up_answer()
            elif first == reminder:
                self.remind()
            else:
                self.tell_delayed()
                self.learn(overdue=f"Overdue: {waits_for.action}")

    def remind(self) -> None:
        """Tell the shopper that the time to send runs out."""
        self.reminded_at = workflow.now()
        self.tell(NoticeKind.REMINDER, self.reminded_at.toordinal())

    def tell_delayed(self) -> None:
        """Tell the shopper, once, that looking at the goods takes longer than it should."""
        due = self.state.inspect_until
        if self.state.stage is Stage.INSPECTION and due is not None and due <= workflow.now():
            self.learn(write_by=workflow.now() + options.INSPECTION_PATIENCE)
            self.tell(NoticeKind.INSPECTION_DELAYED)

    async def expire(self) -> None:
        """Nothing came in time, unless somebody has just said otherwise."""
        try:
            if self.state.early is not None:
                return await self.give_up_goods()
            await self.step(
                "The time to send has passed",
                DecisionActivities.expire_return,
                lambda now: ExpireReturn(**self.about, now=now),
                options.JOURNAL,
                wanted=not_if_refused,
            )
        except NotWanted:  # the journal knows of goods, which the story hears of in a moment
            self.learn(patient_until=workflow.now() + options.PARCEL_PATIENCE)
            return
        self.learn(expired=True, overdue="")

    async def restock(self) -> None:
        """Put the goods away."""
        inspection = self.state.inspection
        if self.state.restocked is None and inspection is not None and not self.state.lost:
            await self.step(
                "Put the goods away",
                InventoryActivities.restock,
                lambda now: Restock(**self.about, inspection=inspection, now=now),
                options.WAREHOUSE,
            )
            self.learn(restocked=inspection.id)
