"""What aftercare needs besides the provider: what is known of a closed return."""

from __future__ import annotations

from temporalio import activity

from activities.people import check_person
from domain.case import CaseSoFar, OrderBrief
from domain.errors import Refused
from domain.model import Id, Model
from domain.stores import People, Snapshots
from domain.verbs import Verb
from ledger import Ledger
from ledger.frozen import frozen_order
from ledger.recall import case_so_far


class RecallCase(Model):
    """A return, by its id."""

    case: Id
    order_id: Id


class CheckWord(Model):
    """`by` wants to say a verb that records nothing of its own."""

    by: Id
    verb: Verb


class AftercareActivities:
    """Reads the journal of a closed return, and who may say something to its aftercare."""

    def __init__(self, ledger: Ledger, snapshots: Snapshots, people: People) -> None:
        self._ledger = ledger
        self._snapshots = snapshots
        self._people = people

    @activity.defn(no_thread_cancel_exception=True)
    def check_word(self, ask: CheckWord) -> None:
        """Raises Refused unless it is a person who may say so."""
        check_person(self._people, ask.by, ask.verb)

    @activity.defn(no_thread_cancel_exception=True)
    def recall_case(self, ask: RecallCase) -> CaseSoFar:
        """What the journal knows of a return, with its order. Raises Refused if the order was never opened."""
        order = frozen_order(self._ledger, self._snapshots, ask.order_id)
        if order is None:
            raise Refused("order_not_opened", f"order {ask.order_id} was never opened in the journal")
        known = case_so_far(self._ledger.entries(case=ask.case))
        return known.model_copy(update={"order": OrderBrief.of(order)})
