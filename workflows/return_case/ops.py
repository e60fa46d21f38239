"""What ops may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from domain.verbs import Refusal, Verb
from workflows.return_case.desk import Desk, as_refusal
from workflows.return_case.said import Assign, ForceClose, Lost, Replan, Resend, RetryNow
from workflows.return_case.view import CaseView, view


class Ops(Desk):
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
