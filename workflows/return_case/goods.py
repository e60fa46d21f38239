"""The goods: followed by the carrier's scans, counted, graded, put away."""

from __future__ import annotations

from temporalio import workflow

from activities.inventory import InventoryActivities, RecordInspection, RecordReceipt, Restock
from activities.labels import LabelActivities, RecordScan
from domain.inspection import Inspection, Receipt
from domain.notice import NoticeKind
from domain.parcel import Scan
from workflows import options
from workflows.return_case.steps import Steps


class Goods(Steps):
    """Verbs about the parcel and what was in it."""

    async def follow_parcel(self) -> None:
        """Record scans, receipts and the inspection as they are heard, until the goods are judged or called off."""
        while True:
            await self.record_heard()
            if self.state.moving:
                self.tell(NoticeKind.IN_TRANSIT)
            if self.state.receipts:
                self.tell(NoticeKind.RECEIVED)
            if self.state.inspection or self.state.called_off:
                return
            await self.wait_for_word()

    async def wait_for_word(self) -> None:
        """Wait for whoever speaks next; when the due time passes in silence, ops are asked to look."""
        due = None if self.state.overdue else self.state.next_action.due_at
        try:
            await workflow.wait_condition(
                lambda: bool(self.heard) or self.state.called_off,
                timeout=max(0.0, (due - workflow.now()).total_seconds()) if due else None,
                timeout_summary=self.state.next_action.action,
            )
            if self.state.overdue:
                self.learn(overdue="", patient_until=workflow.now() + options.PARCEL_PATIENCE)
        except TimeoutError:
            self.learn(overdue=f"Overdue: {self.state.next_action.action}")

    async def record_heard(self) -> None:
        """Write what was heard into the journal, in the order in which it was said."""
        while self.heard:
            await self.record(self.heard[0])
            self.heard.pop(0)

    async def record(self, fact: Scan | Receipt | Inspection) -> None:
        """One fact, one entry."""
        match fact:
            case Scan():
                await self.step(
                    f"Scan: {fact.status.replace('_', ' ')} {fact.location}".strip(),
                    LabelActivities.record_scan,
                    lambda now: RecordScan(**self.about, scan=fact, actor="carrier", now=now),
                    options.JOURNAL,
                )
            case Receipt():
                recorded = await self.step(
                    f"Receive {sum(line.quantity for line in fact.lines)} unit(s)",
                    InventoryActivities.record_receipt,
                    lambda now: RecordReceipt(**self.about, receipt=fact, now=now),
                    options.JOURNAL,
                )
                self.learn(inspect_until=recorded.inspect_until)
            case Inspection():
                await self.step(
                    f"Inspect {sum(line.quantity for line in fact.lines)} unit(s)",
                    InventoryActivities.record_inspection,
                    lambda now: RecordInspection(**self.about, inspection=fact, now=now),
                    options.JOURNAL,
                )

    async def restock(self) -> None:
        """Put the goods away."""
        inspection = self.state.inspection
        if self.state.restocked is None and inspection is not None:
            await self.step(
                "Put the goods away",
                InventoryActivities.restock,
                lambda now: Restock(**self.about, inspection=inspection, now=now),
                options.WAREHOUSE,
            )
            self.learn(restocked=inspection.id)
