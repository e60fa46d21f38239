"""What finance may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from activities.decisions import DecisionActivities, RecordSettled
from activities.decisions.approvals import ApprovalActivities, RecordApproval
from domain.early import Settle
from domain.verbs import Refusal, Verb
from workflows import options
from workflows.return_case.desk import as_refusal
from workflows.return_case.said import Approve
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import not_if_refused


class Finance(Steps):
    """Agrees to what is above the automatic limit, and settles what shoppers owe."""

    @workflow.update(
        description="Agree to a refund above the automatic limit; signed, so it is sent by `starter.py approve` alone"
    )
    async def approve(self, raw: RawValue) -> CaseView:
        """Answered once it is recorded, or refused: then the return waits on for somebody else."""
        return await self.note(self.take(Approve, raw))

    @approve.validator
    def _check_approve(self, raw: RawValue) -> None:
        said = self.take(Approve, raw)
        update = workflow.current_update_info()
        if update is None or update.id != said.update_id:
            text = f"This Update's own id must be the one that was signed, {said.update_id}."
            raise as_refusal(Refusal(code="other_update_id", message=text))
        self.check(Verb.APPROVE, said)

    @workflow.update(description="Finance: what the shopper owes for goods that were paid early is paid, or let go")
    async def settle(self, raw: RawValue) -> CaseView:
        """Noted once; the return goes on to its end."""
        return await self.note(self.take(Settle, raw))

    @settle.validator
    def _check_settle(self, raw: RawValue) -> None:
        self.check(Verb.SETTLE, self.take(Settle, raw))

    async def record_settle(self, fact: Settle) -> dict[str, object]:
        settled = await self.step(
            f"Settled by {fact.by}: {fact.how}",
            DecisionActivities.record_settled,
            lambda now: RecordSettled(**self.about, **fact.model_dump(), now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"early_settled": settled}

    async def record_approval(self, fact: Approve) -> dict[str, object]:
        plan = self.state.plan.number if self.state.plan else 1
        said = fact.model_dump(exclude={"override"})
        approval = await self.step(
            f"Approval by {fact.by}",
            ApprovalActivities.record_approval,
            lambda now: RecordApproval(**self.about, plan=plan, **said, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"approval": approval}
