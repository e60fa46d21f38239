"""What the warehouse finds beside the goods that it counts."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from activities.inventory import InventoryActivities
from activities.inventory.findings import RecordFinding, SettleFinding
from domain.finding import Finding, FindingSettled
from domain.verbs import Verb
from workflows import options
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import not_if_refused


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
        """The return does not end while goods lie here of which nobody has said what becomes of them."""
        while (waiting := self.state.unsettled) and not self.state.overdue:
            until = waiting[0].until or workflow.now()
            try:
                await workflow.wait_condition(
                    lambda: self.state.unsettled != waiting,
                    timeout=max(0.0, (until - workflow.now()).total_seconds()),
                    timeout_summary=self.state.next_action.action,
                )
            except TimeoutError:
                self.learn(overdue=f"Overdue: {self.state.next_action.action}")
        if self.state.unsettled:
            await workflow.wait_condition(lambda: not self.state.unsettled)
            self.learn(overdue="")
