"""What carriers and payment providers may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from domain.parcel import Scan
from domain.verbs import Verb
from workflows.return_case.desk import Desk
from workflows.return_case.view import CaseView


class Providers(Desk):
    """Follows the parcel."""

    @workflow.update(description="The carrier saw the parcel")
    async def record_scan(self, raw: RawValue) -> CaseView:
        """Noted once per scan id."""
        return await self.note(self.take(Scan, raw))

    @record_scan.validator
    def _check_record_scan(self, raw: RawValue) -> None:
        self.check(Verb.RECORD_SCAN, self.take(Scan, raw))
