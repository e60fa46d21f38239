"""What the warehouse finds beside the goods that it counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow
from temporalio.common import RawValue

from activities.inventory import InventoryActivities
from activities.inventory.findings import RecordFinding, SettleFinding
from domain.finding import Finding, FindingSettled, Found
from domain.undecided import by_default, goods_end
from domain.verbs import Verb
from workflows import options
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import NotWanted, not_if_refused


class FindingDesk(Steps):
    """Takes what was found, and what becomes of goods that are not of the return."""

    @workflow.update(description="Too few, other or extra goods, an empty box, damage, use: with photos as a note")
    async def record_finding(self, raw: RawValue) -> CaseView:
        """Noted once per finding's id."""
        return await self.note(self.take(Finding, raw))

    @record_finding.validator
    def _check_record_finding(self, raw: RawValue) -> None:
        self.check(Verb.RECORD_FINDING, self.take(Finding, raw))

    @workflow.update(description="Goods that are not of this return went back to the shopper, stay, or come by another")
    async def settle_finding(self, raw: RawValue) -> CaseView:
        """Noted once per finding."""
        return await self.note(self.take(FindingSettled, raw))

    @settle_finding.validator
    def _check_settle_finding(self, raw: RawValue) -> None:
        self.check(Verb.SETTLE_FINDING, self.take(FindingSettled, raw))

    async def record_found(self, fact: Finding) -> dict[str, object]:
        found = await self.step(
            f"Found: {fact.code.replace('_', ' ')}",
            InventoryActivities.record_finding,
            lambda now: RecordFinding(**self.about, finding=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"findings": (*self.state.findings, found)}

    async def record_settled(self, fact: FindingSettled) -> dict[str, object]:
        settled = await self.step(
            f"Finding {fact.finding}: {fact.ending.replace('_', ' ')}",
            InventoryActivities.settle_finding,
            lambda now: SettleFinding(**self.about, settled=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"settled": (*self.state.settled, settled)}

    async def settle_found(self) -> None:
        """The return does not end while goods lie here of which nobody has said what becomes of them; when ops have not
        said so either, they have an end by themselves."""
        while waiting := self.state.unsettled:
            wanted = self.state.next_action.action
            if await self._said_by(waiting, waiting[0].until, wanted):
                continue
            self.learn(overdue=f"Overdue: {wanted}")
            if not await self._said_by(waiting, goods_end(self.state, waiting[0]), "Nobody says what becomes of it"):
                await self._settle_by_itself(waiting[0])
            self.learn(overdue="")

    async def _said_by(self, waiting: Sequence[Found], until: datetime | None, summary: str) -> bool:
        patience = max(0.0, (until - workflow.now()).total_seconds()) if until else 0.0
        try:
            await workflow.wait_condition(
                lambda: self.state.unsettled != waiting, timeout=patience, timeout_summary=summary
            )
        except TimeoutError:
            return False
        return True

    async def _settle_by_itself(self, found: Found) -> None:
        try:
            self.learn(**await self.record_settled(by_default(found)))
        except NotWanted:  # somebody has just said it
            await workflow.wait_condition(lambda: found not in self.state.unsettled)
