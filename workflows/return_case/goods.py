"""The goods: followed until they are judged, and put away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from operator import itemgetter

from temporalio import workflow

from activities.decisions import DecisionActivities, ExpireReturn, KeepGoods, PayUninspected, RecordLoss
from activities.inventory import InventoryActivities, Restock
from domain.notice import NoticeKind
from domain.undecided import RULE, empty_box_ends, pays_empty_box
from workflows import options
from workflows.return_case.labelling import Labelling
from workflows.return_case.stage import NextAction, Stage
from workflows.return_case.turn import by_stage, due_of, silent_until
from workflows.stepping import NotWanted, not_if_refused

_OF_EMPTY_BOX = 2
"""The first mail of its kind is for what is asked for before anything is sent."""


class Goods(Labelling):
    """Verbs about the parcel and what was in it."""

    reminded_at: datetime

    def begin_early(self) -> None:
        """Pay at once where the policy does not wait for the inspection."""
        raise NotImplementedError

    async def promise(self) -> None:
        """Say what goes out for the goods, and set it aside, where that is chosen by now."""
        raise NotImplementedError

    async def early_paid(self) -> None:
        """Until nothing of what was given early is on its way any more."""
        raise NotImplementedError

    async def end_early(self) -> None:
        """Hold what was given early against the goods."""
        raise NotImplementedError

    async def give_up_goods(self) -> None:
        """Nobody waits any more for goods that were paid for early. Raises NotWanted if they are here."""
        raise NotImplementedError

    async def follow_parcel(self) -> None:
        """Follow what is recorded of scans, receipts and the inspection, until the goods are judged, called off or not
        waited for any more."""
        self.followed_since = self.reminded_at = workflow.now()
        while True:
            await self.replace_label()
            await self.promise()
            await self.keep_goods()
            self.tell_approved()
            if self.state.moving:
                self.tell(NoticeKind.IN_TRANSIT)
            if self.state.empty_box:
                self.tell(NoticeKind.EVIDENCE_WANTED, _OF_EMPTY_BOX)
            if self.state.receipts:
                self.tell(NoticeKind.RECEIVED)
            if self.state.lost and not self.state.early:  # else the money is back already
                self.tell(NoticeKind.LOST)
            if back := self.state.back_since:
                self.tell(NoticeKind.REMINDER, back.toordinal())
            if self.state.inspection or self.state.stopped or self.state.rest_over or self.state.never_came:
                return
            await self.count_as_lost()
            if self.state.lost:
                continue
            self.begin_early()
            await self.wait_for_word()

    async def wait_for_word(self) -> None:
        """Wait for whoever speaks next; what passes in silence has its own end."""
        waits_for, before = by_stage(self.state), self.recorded
        times = [(at, then) for at, then in self.deadlines(waits_for) if at is not None]
        first, then = min(times, key=itemgetter(0), default=(None, None))
        (chapter,) = self.chapter
        with chapter.scope():
            heard = await self.until(lambda: self.recorded > before, first, waits_for.action)
        if not heard and then is not None:
            await then()
        elif self.state.overdue:
            self.learn(overdue="", patient_until=workflow.now() + options.PARCEL_PATIENCE)

    def deadlines(self, waits_for: NextAction) -> Sequence[tuple[datetime | None, Callable[[], Awaitable[None]]]]:
        """What happens when nobody says anything until then; of two at the same time the first."""
        due = None if self.state.overdue else waits_for.due_at
        return (
            (self.state.ends_at, self.expire),
            (None if self.state.stopped else empty_box_ends(self.state), self.end_empty_box),
            (self.state.lapses_at, lambda: self.void_label("rule:policy")),
            (self.state.claim_ends_at, self.give_up_answer),
            (self.state.pays_at, self.pay_uninspected),
            (self.rest_ends_at, self.give_up_rest),
            (self.warn_at, self.warn_of_label),
            (self.state.reminder_after(self.reminded_at), self.remind),
            (due, lambda: self.fall_due(waits_for)),
        )

    @property
    def rest_ends_at(self) -> datetime | None:
        """When one of several parcels, for which ops were asked to look, is not waited for any more."""
        asked = self.state.overdue and self.state.parts and not (self.state.ungraded or self.state.open_claim)
        until = due_of(self.state) if asked else None
        return until + options.PARCEL_PATIENCE if until else None

    async def fall_due(self, waits_for: NextAction) -> None:
        """Ops are asked to look; of goods that come in parts, the rest is not waited for any more, unless a carrier has
        it, as far as anybody knows."""
        heard_until = silent_until(self.state)
        if self.state.parts and not (self.state.ungraded or self.state.open_claim or self.state.in_several):
            await self.give_up_rest()
        elif heard_until is not None and heard_until > workflow.now():
            self.learn(patient_until=heard_until)
        else:
            self.tell_delayed()
            self.learn(overdue=f"Overdue: {waits_for.action}")

    async def give_up_rest(self) -> None:
        """What did not come stays with the shopper, unless somebody is just saying that it came."""
        if self.heard:
            await workflow.wait_condition(lambda: not self.heard)
        else:
            self.learn(rest_over=True, overdue="")

    async def remind(self) -> None:
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

    async def end_empty_box(self) -> None:
        """Nobody has decided on the empty box: it is paid as lost where the policy trusts the shopper so far, else
        nothing came."""
        if not pays_empty_box(self.state):
            return await self.expire()
        try:
            judged = await self.step(
                "Nobody has decided on the empty box: it counts as lost",
                DecisionActivities.record_loss,
                lambda now: RecordLoss(**self.about, by=RULE, now=now),
                options.JOURNAL,
                wanted=not_if_refused,
            )
        except NotWanted:  # goods have just come, or somebody has decided
            await workflow.wait_condition(lambda: not self.heard)
            return
        self.learn(lost=RULE, inspection=judged, overdue="")

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
        self.learn(uninspected=True, inspection=presumed, judged_boxes=self.state.boxes, overdue="")

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
        if self.state.restocked is None and inspection is not None and self.state.to_put_away:
            try:
                await self.step(
                    "Put the goods away",
                    InventoryActivities.restock,
                    lambda now: Restock(**self.about, inspection=inspection, now=now),
                    options.WAREHOUSE,
                    wanted=lambda: self.state.wants_goods is None,
                )
            except NotWanted:
                return
            self.learn(restocked=inspection.id)
