"""What the warehouse may say."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RawValue

from domain.inspection import Inspection, Receipt
from domain.parcel import OtherParcel
from domain.verbs import Verb
from workflows.return_case.desk import Desk
from workflows.return_case.view import CaseView


class Warehouse(Desk):
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
