"""What finance may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from domain.verbs import Refusal, Verb
from workflows.return_case.desk import Desk, as_refusal
from workflows.return_case.said import Approve
from workflows.return_case.view import CaseView


class Finance(Desk):
    """Agrees to what is above the automatic limit."""

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
