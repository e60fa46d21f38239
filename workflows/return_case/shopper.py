"""What the shopper may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from activities.decisions import CancelReturn, DecisionActivities, RecordChoice
from activities.decisions.editing import RecordEdit
from activities.decisions.evidence import RecordGiven
from activities.decisions.mending import WordActivities
from activities.labels.parcels import AskLabel, ParcelActivities, RecordHandedOver
from domain.case_goods import with_handed_over
from domain.choice import Choice
from domain.editing import Edit
from domain.evidence import GiveEvidence
from domain.parcel import HandedOver, NewLabel
from domain.verbs import Verb
from workflows import options
from workflows.return_case.said import Cancel
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import not_if_refused


class Shopper(Steps):
    """Until the goods arrive, the shopper may ask for something else, or call the return off; until its money is on the
    way, choose what it ends with."""

    @workflow.update(
        description="Call the return off before the goods arrive; the label is voided; name no people in the remark."
    )
    async def cancel(self, raw: RawValue) -> CaseView:
        """Noted; the story undoes what was done."""
        return await self.note(self.take(Cancel, raw))

    @cancel.validator
    def _check_cancel(self, raw: RawValue) -> None:
        self.check(Verb.CANCEL, self.take(Cancel, raw))

    @workflow.update(
        description="Other lines, units, reasons, another way back or another resolution, before the goods arrive"
    )
    async def edit(self, raw: RawValue) -> CaseView:
        """Answered once it is decided, or refused: then the return stands as it was."""
        return await self.note(self.take(Edit, raw))

    @edit.validator
    def _check_edit(self, raw: RawValue) -> None:
        self.check(Verb.EDIT, self.take(Edit, raw))

    @workflow.update(
        description="Show what was asked for: ids of texts and of photos' addresses, which are stored first"
    )
    async def give_evidence(self, raw: RawValue) -> CaseView:
        """Noted once per id; a person looks at it."""
        return await self.note(self.take(GiveEvidence, raw))

    @give_evidence.validator
    def _check_give_evidence(self, raw: RawValue) -> None:
        self.check(Verb.GIVE_EVIDENCE, self.take(GiveEvidence, raw))

    async def record_edit(self, fact: Edit) -> dict[str, object]:
        """Units, decision and quote follow in one entry; a step that waits for help goes on by these."""
        found = await self.step(
            "Decide on what is asked for now",
            WordActivities.edit_return,
            lambda now: RecordEdit(**self.about, said=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.retries += 1
        return {**dict(found), "request": found.asked}

    async def record_given(self, fact: GiveEvidence) -> dict[str, object]:
        found = await self.step(
            "The shopper shows something",
            WordActivities.give_evidence,
            lambda now: RecordGiven(**self.about, said=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return dict(found)

    @workflow.update(
        description="Choose what the return ends with, of what is offered, until its money is on the way; staff say "
        "how the shopper chose; name no people in the remark."
    )
    async def choose(self, raw: RawValue) -> CaseView:
        """Answered once it is recorded; the quote follows, and a plan that waits is made anew."""
        return await self.note(self.take(Choice, raw))

    @choose.validator
    def _check_choose(self, raw: RawValue) -> None:
        self.check(Verb.CHOOSE, self.take(Choice, raw))

    async def record_choice(self, fact: Choice) -> dict[str, object]:
        """Recorded without the remark; what waits for help, or for the shopper's word, goes on at once."""
        number = len(self.state.choices) + 1
        found = await self.step(
            f"Choose {fact.resolution.replace('_', ' ')}",
            DecisionActivities.record_choice,
            lambda now: RecordChoice(**self.about, number=number, by=fact.by, resolution=fact.resolution, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.retries += 1
        return dict(found)

    @workflow.update(description="Another label is wanted: the one before is given back, and its scans still count")
    async def new_label(self, raw: RawValue) -> CaseView:
        """Noted once for each number; the story buys it."""
        return await self.note(self.take(NewLabel, raw))

    @new_label.validator
    def _check_new_label(self, raw: RawValue) -> None:
        self.check(Verb.NEW_LABEL, self.take(NewLabel, raw))

    @workflow.update(description="The goods were handed over, as a tracking number or the number of a receipt shows")
    async def handed_over(self, raw: RawValue) -> CaseView:
        """Noted once for each proof."""
        return await self.note(self.take(HandedOver, raw))

    @handed_over.validator
    def _check_handed_over(self, raw: RawValue) -> None:
        self.check(Verb.HANDED_OVER, self.take(HandedOver, raw))

    async def record_new_label(self, fact: NewLabel) -> dict[str, object]:
        await self.step(
            f"Another label is wanted by {fact.by}",
            ParcelActivities.ask_label,
            lambda now: AskLabel(**self.about, wanted=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.retries += 1
        return {"new_label": fact}

    async def record_handed_over(self, fact: HandedOver) -> dict[str, object]:
        """The goods are on their way from now on; the number of a parcel is followed, if a carrier knows it."""
        before = self.state
        at = await self.step(
            "The goods were handed over",
            ParcelActivities.record_handed_over,
            lambda now: RecordHandedOver(**self.about, proof=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        if fact.tracking_number:
            self.follow(fact.tracking_number)
        return with_handed_over(before, fact, at)

    async def record_cancel(self, fact: Cancel) -> dict[str, object]:
        """The units go back with it; a step that waits for help is tried at once, perhaps in vain."""
        await self.step(
            "Call the return off",
            DecisionActivities.cancel_return,
            lambda now: CancelReturn(**self.about, actor=fact.by, reason=fact.reason, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.retries += 1
        return {"cancelled": fact.reason.value}
