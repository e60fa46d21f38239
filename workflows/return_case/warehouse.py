"""What the warehouse may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from activities.inventory import InventoryActivities, RecordInspection, RecordReceipt
from activities.inventory.shipping import RecordRepair, RecordShipped, Shipping
from activities.labels.parcels import AddParcel, ParcelActivities
from domain.inspection import Inspection, Receipt
from domain.parcel import OtherParcel
from domain.repair import ShippedByHand, WorkshopSaid
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

    @workflow.update(description="The workshop: all goods are repaired, or cannot be; name no people in the remark")
    async def repair(self, raw: RawValue) -> CaseView:
        """Noted once; they go back to the shopper, or the next remedy follows."""
        return await self.note(self.take(WorkshopSaid, raw))

    @repair.validator
    def _check_repair(self, raw: RawValue) -> None:
        self.check(Verb.REPAIR, self.take(WorkshopSaid, raw))

    @workflow.update(description="What goes out for the goods is on its way to the shopper")
    async def shipped(self, raw: RawValue) -> CaseView:
        """Noted once; where a system sends it, that tells of it by itself."""
        return await self.note(self.take(ShippedByHand, raw))

    @shipped.validator
    def _check_shipped(self, raw: RawValue) -> None:
        self.check(Verb.SHIPPED, self.take(ShippedByHand, raw))

    async def record_repair(self, fact: WorkshopSaid) -> dict[str, object]:
        said = fact.model_dump(include={"by", "result"})
        repair = await self.step(
            f"Workshop: {fact.result.replace('_', ' ')}",
            Shipping.record_repair,
            lambda now: RecordRepair.model_validate({**self.about, **said, "now": now}),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"repair": repair}

    async def record_shipped(self, fact: ShippedByHand) -> dict[str, object]:
        sent = await self.step(
            f"Sent by {fact.by}",
            Shipping.record_shipped,
            lambda now: RecordShipped(**self.about, **dict(fact), now=now),
            options.JOURNAL,
            wanted=not_if_refused,
        )
        return {"sent": (sent,)}

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
        found = self.state.with_discrepancies(recorded.discrepancies)
        return {"judged_boxes": self.state.boxes, "discrepancies": found}
