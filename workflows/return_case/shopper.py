"""What the shopper may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from domain.verbs import Verb
from workflows.return_case.desk import Desk
from workflows.return_case.said import Cancel
from workflows.return_case.view import CaseView


class Shopper(Desk):
    """Until the goods arrive, the shopper may call the return off."""

    @workflow.update(
        description="Call the return off before the goods arrive; the label is voided; name no people in the remark."
    )
    async def cancel(self, raw: RawValue) -> CaseView:
        """Noted; the story undoes what was done."""
        return await self.note(self.take(Cancel, raw))

    @cancel.validator
    def _check_cancel(self, raw: RawValue) -> None:
        self.check(Verb.CANCEL, self.take(Cancel, raw))
