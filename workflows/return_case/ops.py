"""What ops may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from activities.decisions import DecisionActivities, RecordAssignment, RecordLoss, RecordResend
from activities.decisions import ForceClose as RecordForceClose
from domain.case import Assigned
from domain.notice import NoticeKind
from domain.notice_ids import again_key, plain_notice
from domain.verbs import Refusal, Verb
from workflows import options
from workflows.return_case.desk import as_refusal
from workflows.return_case.notices import notice
from workflows.return_case.said import Assign, ForceClose, Lost, Replan, Resend, RetryNow
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView, view
from workflows.stepping import not_if_refused


class Ops(Steps):
    """Mends what got no answer, or was overtaken."""

    @workflow.update(description="Try the steps that wait for help again, at once")
    async def retry_now(self, raw: RawValue) -> CaseView:
        """Noted; every waiting step runs again with the same key."""
        self.retries += 1
        return view(self.state)

    @retry_now.validator
    def _check_retry_now(self, raw: RawValue) -> None:
        self.check(Verb.RETRY_NOW, self.take(RetryNow, raw))

    @workflow.update(
        description="End the return now, before its goods are here; the label is voided; name no people in the remark"
    )
    async def force_close(self, raw: RawValue) -> CaseView:
        """Noted; the story undoes what was done."""
        return await self.note(self.take(ForceClose, raw))

    @force_close.validator
    def _check_force_close(self, raw: RawValue) -> None:
        self.check(Verb.FORCE_CLOSE, self.take(ForceClose, raw))

    @workflow.update(description="The carrier has answered that the parcel is lost: the shopper is paid all the same")
    async def lost(self, raw: RawValue) -> CaseView:
        """Noted; the refund follows as if the goods had come as new."""
        return await self.note(self.take(Lost, raw))

    @lost.validator
    def _check_lost(self, raw: RawValue) -> None:
        self.check(Verb.LOST, self.take(Lost, raw))

    @workflow.update(description="Ask a team or a person to do what comes next; it holds until the next step")
    async def assign(self, raw: RawValue) -> CaseView:
        """Noted; whoever is asked is who the return waits for."""
        return await self.note(self.take(Assign, raw))

    @assign.validator
    def _check_assign(self, raw: RawValue) -> None:
        self.check(Verb.ASSIGN, self.take(Assign, raw))

    @workflow.update(description="Send a mail once more, made anew from how the return stands now")
    async def resend(self, raw: RawValue) -> CaseView:
        """Answered once it is recorded; the mail itself is not waited for."""
        said = self.take(Resend, raw)
        self._check_open()
        return await self.note(said)

    @resend.validator
    def _check_resend(self, raw: RawValue) -> None:
        self._check_open()
        self.check(Verb.RESEND, self.take(Resend, raw))

    def _check_open(self) -> None:
        if self.closing:
            raise as_refusal(Refusal(code="closed", message="This return ends now; nothing more is sent of it."))

    @workflow.update(description="Money of the order went another way: make the refund plan anew where it must be")
    async def replan(self, raw: RawValue) -> CaseView:
        """Noted; a plan that waits is made anew before anything of it is paid."""
        self.overtaken = True
        self.retries += 1
        return view(self.state)

    @replan.validator
    def _check_replan(self, raw: RawValue) -> None:
        self.check(Verb.REPLAN, self.take(Replan, raw))

    async def record_force_close(self, fact: ForceClose) -> dict[str, object]:
        await self.step(
            f"Closed by {fact.by}: {fact.reason.replace('_', ' ')}",
            DecisionActivities.force_close,
            lambda now: RecordForceClose(**self.about, actor=fact.by, reason=fact.reason, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.retries += 1
        return {}

    async def record_loss(self, fact: Lost) -> dict[str, object]:
        judged = await self.step(
            "The parcel is lost",
            DecisionActivities.record_loss,
            lambda now: RecordLoss(**self.about, by=fact.by, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"inspection": judged}

    async def record_assigned(self, fact: Assign) -> dict[str, object]:
        said = Assigned(by=fact.by, to=fact.to, action=self.state.turn.action)
        number = len(self.state.assigned) + 1
        recorded = await self.step(
            f"Assigned to {fact.to}",
            DecisionActivities.record_assignment,
            lambda now: RecordAssignment(**self.about, number=number, assigned=said, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"assigned": (*self.state.assigned, recorded)}

    async def record_resend(self, fact: Resend) -> dict[str, object]:
        told = plain_notice(fact.notice)
        assert told is not None  # else it was refused before
        before = [one for one in self.state.sent_again if one.startswith(f"{fact.notice}:")]
        again = again_key(fact.notice, len(before) + 2)
        recorded = await self.step(
            f"Send the mail {told[1].replace('_', ' ')} once more",
            DecisionActivities.record_resend,
            lambda now: RecordResend(**self.about, by=fact.by, notice=fact.notice, again=again, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.post(notice(NoticeKind(told[1]), self.state, told[2]).model_copy(update={"key": recorded}))
        return {"sent_again": (*self.state.sent_again, recorded)}
