"""The goods: followed until they are judged, and put away."""

from __future__ import annotations

import asyncio
from datetime import datetime

from temporalio import workflow

from activities.decisions import DecisionActivities, ExpireReturn, KeepGoods
from activities.inventory import InventoryActivities, Restock
from domain.notice import NoticeKind
from workflows import options
from workflows.return_case.labelling import Labelling
from workflows.return_case.stage import Stage
from workflows.return_case.turn import by_stage
from workflows.stepping import NotWanted, not_if_refused


class Goods(Labelling):
    """Verbs about the parcel and what was in it."""

    reminded_at: datetime

    async def follow_parcel(self) -> None:
        """Follow what is recorded of scans, receipts and the inspection, until the goods are judged, called off or not
        waited for any more."""
        self.followed_since = self.reminded_at = workflow.now()
        while True:
            await self.replace_label()
            await self.keep_goods()
            self.tell_approved()
            if self.state.moving:
                self.tell(NoticeKind.IN_TRANSIT)
            if self.state.receipts:
                self.tell(NoticeKind.RECEIVED)
            if self.state.lost:
                self.tell(NoticeKind.LOST)
            if self.state.inspection or self.state.stopped:
                return
            await self.wait_for_word()

    async def wait_for_word(self) -> None:
        """Wait for whoever speaks next; when the due time passes in silence, ops are asked to look."""
        waits_for = by_stage(self.state)
        due, before = None if self.state.overdue else waits_for.due_at, self.recorded
        reminder, end = self.state.reminder_after(self.reminded_at), self.state.ends_at
        warning, lapse = self.warn_at, self.state.lapses_at
        first = min((one for one in (due, reminder, end, warning, lapse) if one is not None), default=None)
        (chapter,) = self.chapter
        with chapter.scope():
            heard = await self.until(lambda: self.recorded > before, first, waits_for.action)
        if heard:
            if self.state.overdue:
                self.learn(overdue="", patient_until=workflow.now() + options.PARCEL_PATIENCE)
        elif first == end:
            await self.expire()
        elif first == lapse:
            await self.void_label("rule:policy")
        elif first == warning:
            self.warn_of_label()
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

    async def keep_goods(self) -> None:
        """Where the shopper keeps the goods, nothing is waited for; a label that went out before is given back, which
        holds up no money. Not if the goods have come meanwhile: then they are inspected."""
        if self.state.decision is None or self.state.decision.keeps is None or self.state.stopped:
            return
        if self.state.kept is None and self.state.inspection is None:
            try:
                found = await self.step(
                    "The shopper keeps the goods",
                    DecisionActivities.keep_goods,
                    lambda now: KeepGoods(**self.about, now=now),
                    options.JOURNAL,
                    wanted=not_if_refused,
                )
            except NotWanted:
                return
            self.learn(**dict(found))
        if self.state.kept is not None and self.state.label is not None:
            self.asides.append(asyncio.create_task(self.void_label(self.state.kept)))

    async def restock(self) -> None:
        """Put the goods away."""
        inspection = self.state.inspection
        if self.state.restocked is None and inspection is not None and self.state.to_put_away:
            await self.step(
                "Put the goods away",
                InventoryActivities.restock,
                lambda now: Restock(**self.about, inspection=inspection, now=now),
                options.WAREHOUSE,
            )
            self.learn(restocked=inspection.id)
