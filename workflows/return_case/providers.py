"""What carriers and payment providers may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from activities.labels import LabelActivities, RecordScan
from domain.parcel import Scan
from domain.verbs import Verb
from workflows import options
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import not_if_refused


class Providers(Steps):
    """Follows the parcel."""

    @workflow.update(description="The carrier saw the parcel")
    async def record_scan(self, raw: RawValue) -> CaseView:
        """Noted once per scan id."""
        return await self.note(self.take(Scan, raw))

    @record_scan.validator
    def _check_record_scan(self, raw: RawValue) -> None:
        self.check(Verb.RECORD_SCAN, self.take(Scan, raw))

    async def record_seen(self, fact: Scan) -> dict[str, object]:
        await self.step(
            f"Scan: {fact.status.replace('_', ' ')} {fact.location}".strip(),
            LabelActivities.record_scan,
            lambda now: RecordScan(**self.about, scan=fact, actor="carrier", now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {}
