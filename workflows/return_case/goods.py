"""The goods: followed until they are judged, and put away."""

from __future__ import annotations

from temporalio import workflow

from activities.inventory import InventoryActivities, Restock
from domain.notice import NoticeKind
from workflows import options
from workflows.return_case.clerk import Clerk


class Goods(Clerk):
    """Verbs about the parcel and what was in it."""

    async def follow_parcel(self) -> None:
        """Follow what is recorded of scans, receipts and the inspection, until the goods are judged or called off."""
        while True:
            self.tell_approved()
            if self.state.moving:
                self.tell(NoticeKind.IN_TRANSIT)
            if self.state.receipts:
                self.tell(NoticeKind.RECEIVED)
            if self.state.inspection or self.state.stopped:
                return
            await self.wait_for_word()

    async def wait_for_word(self) -> None:
        """Wait for whoever speaks next; when the due time passes in silence, ops are asked to look."""
        due, before = None if self.state.overdue else self.state.next_action.due_at, self.recorded
        try:
            await workflow.wait_condition(
                lambda: self.recorded > before,
                timeout=max(0.0, (due - workflow.now()).total_seconds()) if due else None,
                timeout_summary=self.state.next_action.action,
            )
            if self.state.overdue:
                self.learn(overdue="", patient_until=workflow.now() + options.PARCEL_PATIENCE)
        except TimeoutError:
            self.learn(overdue=f"Overdue: {self.state.next_action.action}")

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
