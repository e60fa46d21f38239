"""What aftercare needs besides the provider: what is known of a closed return."""

from __future__ import annotations

from temporalio import activity

from domain.case import CaseSoFar, OrderBrief
from domain.errors import Refused
from domain.model import Id, Model
from domain.stores import Snapshots
from ledger import Ledger
from ledger.frozen import frozen_order
from ledger.recall import case_so_far


class RecallCase(Model):
    """A return, by its id."""

    case: Id
    order_id: Id


class AftercareActivities:
    """Reads the journal of a closed return."""

    def __init__(self, ledger: Ledger, snapshots: Snapshots) -> None:
        self._ledger = ledger
        self._snapshots = snapshots

    @activity.defn(no_thread_cancel_exception=True)
    def recall_case(self, ask: RecallCase) -> CaseSoFar:
        """What the journal knows of a return, with its order. Raises Refused if the order was never opened."""
        order = frozen_order(self._ledger, self._snapshots, ask.order_id)
        if order is None:
            raise Refused("order_not_opened", f"order {ask.order_id} was never opened in the journal")
        known = case_so_far(self._ledger.entries(case=ask.case))
        return known.model_copy(update={"order": OrderBrief.of(order)})
