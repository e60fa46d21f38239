"""The goods: followed until they are judged, and put away."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow

from activities.decisions import (
    DecisionActivities,
    ExpireReturn,
    PayUninspected,
)
from activities.inventory import InventoryActivities, Restock
from domain.notice import NoticeKind
from workflows import options
from workflows.return_case.clerk import Clerk
from workflows.return_case.stage import Stage
from workflows.return_case.turn import by_stage
from workflows.stepping import NotWanted, not_if_refused

_OF_EMPTY_BOX = 2
"""The first mail of its kind is for what is asked for before anything is sent."""


class Goods(Clerk):
    """Verbs about the parcel and what was in it."""

    reminded_at: datetime

    async def follow_parcel(self) -> None:
        """Follow what is recorded of scans, receipts and the inspection, until the goods are judged, called off or not
        waited for any more."""
        self.reminded_at = workflow.now()
        while True:
            self.tell_approved()
            if self.state.moving:
                self.tell(NoticeKind.IN_TRANSIT)
            if self.state.empty_box:
                self.tell(NoticeKind.EVIDENCE_WANTED, _OF_EMPTY_BOX)
            if self.state.receipts:
                self.tell(NoticeKind.RECEIVED)
            if self.state.lost:
                self.tell(NoticeKind.LOST)
            if self.state.inspection or self.state.stopped or self.state.rest_over:
                return
            await self.wait_for_word()

    async def wait_for_word(self) -> None:
        """Wait for whoever speaks next; when the due time passes in silence, ops are asked to look."""
        waits_for = by_stage(self.state)
        due, before = None if self.state.overdue else waits_for.due_at, self.recorded
        reminder, end = self.state.reminder_after(self.reminded_at), self.state.ends_at
        pays = self.state.pays_at
        first = min((one for one in (due, reminder, end, pays) if one is not None), default=None)
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
            elif first == pays:
                await self.pay_uninspected()
            elif first == reminder:
                self.remind()
            elif self.state.parts and not self.state.ungraded:
                await self.give_up_rest()
            else:
                self.tell_delayed()
                self.learn(overdue=f"Overdue: {waits_for.action}")

    async def give_up_rest(self) -> None:
        """What did not come stays with the shopper, unless somebody is just saying that it came."""
        if self.heard:
            await workflow.wait_condition(lambda: not self.heard)
        else:
            self.learn(rest_over=True)

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

    async def pay_uninspected(self) -> None:
        """Nobody has inspected, and the policy does not let the shopper wait for it any longer."""
        try:
            presumed = await self.step(
                "The time to inspect has passed: pay as quoted",
                DecisionActivities.pay_uninspected,
                lambda now: PayUninspected(**self.about, now=now),
                options.JOURNAL,
                wanted=lambda: not (self.heard or self.state.inspection),
            )
        except NotWanted:  # somebody has just said otherwise
            await workflow.wait_condition(lambda: not self.heard or self.state.inspection is not None)
            return
        self.learn(uninspected=True, inspection=presumed, overdue="")

    async def be_graded(self) -> None:
        """What was paid without an inspection still needs one, to be put away."""
        if self.state.uninspected and self.state.graded is None:
            self.learn(overdue="Overdue: Inspect what arrived; it was paid as quoted")
            await workflow.wait_condition(lambda: self.state.graded is not None)
            self.learn(overdue="")

    async def restock(self) -> None:
        """Put the goods away, once somebody has graded them."""
        await self.be_graded()
        inspection = self.state.seen
        if self.state.restocked is None and inspection is not None and not self.state.lost:
            await self.step(
                "Put the goods away",
                InventoryActivities.restock,
                lambda now: Restock(**self.about, inspection=inspection, now=now),
                options.WAREHOUSE,
            )
            self.learn(restocked=inspection.id)
