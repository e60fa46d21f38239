"""What the warehouse may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from activities.inventory import InventoryActivities, RecordInspection, RecordReceipt
from activities.labels.parcels import AddParcel, ParcelActivities
from domain.inspection import Inspection, Receipt
from domain.parcel import OtherParcel
from domain.verbs import Verb
from workflows import options
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView
from workflows.stepping import not_if_refused


class Warehouse(Steps):
    """Tells parcels apart, counts what arrived, then grades it."""

    @workflow.update(description="One more parcel of this return: a second one, or one that two returns share")
    async def add_parcel(self, raw: RawValue) -> CaseView:
        """Noted once per tracking number; from then on its scans are taken."""
        return await self.note(self.take(OtherParcel, raw))

    @add_parcel.validator
    def _check_add_parcel(self, raw: RawValue) -> None:
        self.check(Verb.ADD_PARCEL, self.take(OtherParcel, raw))

    @workflow.update(description="Goods arrived: so many units of each line, counted out of one box")
    async def receive(self, raw: RawValue) -> CaseView:
        """Noted once per receipt id."""
        return await self.note(self.take(Receipt, raw))

    @receive.validator
    def _check_receive(self, raw: RawValue) -> None:
        self.check(Verb.RECEIVE, self.take(Receipt, raw))

    @workflow.update(description="Grade and disposition of everything that was received; the refund follows")
    async def inspect(self, raw: RawValue) -> CaseView:
        """Noted once; an inspection ends the wait for more goods."""
        return await self.note(self.take(Inspection, raw))

    @inspect.validator
    def _check_inspect(self, raw: RawValue) -> None:
        self.check(Verb.INSPECT, self.take(Inspection, raw))

    async def record_parcel(self, fact: OtherParcel) -> dict[str, object]:
        await self.step(
            f"Parcel {fact.tracking_number}",
            ParcelActivities.add_parcel,
            lambda now: AddParcel(**self.about, parcel=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        self.follow(fact.tracking_number)
        return {}

    async def record_receipt(self, fact: Receipt) -> dict[str, object]:
        recorded = await self.step(
            f"Receive {sum(line.quantity for line in fact.lines)} unit(s)",
            InventoryActivities.record_receipt,
            lambda now: RecordReceipt(**self.about, receipt=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        found = self.state.with_discrepancies(recorded.discrepancies)
        arrived = {"arrived_at": self.state.arrived_at or recorded.at}
        return {**arrived, "inspect_until": recorded.inspect_until, "discrepancies": found}

    async def record_inspection(self, fact: Inspection) -> dict[str, object]:
        recorded = await self.step(
            f"Inspect {sum(line.quantity for line in fact.lines)} unit(s)",
            InventoryActivities.record_inspection,
            lambda now: RecordInspection(**self.about, inspection=fact, now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"discrepancies": self.state.with_discrepancies(recorded.discrepancies)}
