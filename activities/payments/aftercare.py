"""What aftercare needs besides the provider: what is known of a closed return, and money that a person paid by hand."""

from __future__ import annotations

from functools import partial

from temporalio import activity

from activities.people import check_person
from domain import ids
from domain.case import CaseSoFar, OrderBrief
from domain.errors import Refused
from domain.model import Id, Model, UtcDatetime
from domain.money import Money
from domain.refund import FINAL_NO, PAID_BY_HAND, Refund, RefundIntention, RefundStatus
from domain.stores import People, Snapshots
from domain.verbs import Verb
from ledger import EntryKind, JournalEntry, Ledger, NewEntry, Transfer, accounts
from ledger.credit_notes import CreditNotes
from ledger.frozen import frozen_order
from ledger.recall import case_so_far
from ledger.settling import Settling


class RecallCase(Model):
    """A return, by its id."""

    case: Id
    order_id: Id


class ByHand(Model):
    """`refund` (its key) failed, and `by` paid it another way; `reference` is the bank's, or that of the receipt."""

    refund: str
    by: Id
    reference: Id
    now: UtcDatetime


class AftercareActivities:
    """Reads the journal of a closed return, and records what a person did about it."""

    def __init__(self, ledger: Ledger, snapshots: Snapshots, credit_notes: CreditNotes, people: People) -> None:
        self._ledger = ledger
        self._snapshots = snapshots
        self._credit_notes = credit_notes
        self._settling = Settling(ledger, credit_notes)
        self._people = people

    @activity.defn(no_thread_cancel_exception=True)
    def recall_case(self, ask: RecallCase) -> CaseSoFar:
        """What the journal knows of a return, with its order. Raises Refused if the order was never opened."""
        order = frozen_order(self._ledger, self._snapshots, ask.order_id)
        if order is None:
            raise Refused("order_not_opened", f"order {ask.order_id} was never opened in the journal")
        known = case_so_far(self._ledger.entries(case=ask.case))
        return known.model_copy(update={"order": OrderBrief.of(order)})

    @activity.defn(no_thread_cancel_exception=True)
    def record_by_hand(self, ask: ByHand) -> Refund:
        """Record it as the next attempt at the failed leg, settled at once, so that no provider is asked any more.

        Raises Refused for somebody who may not, a refund that has not failed, and where less is still owed.
        """
        failed = self._settling.intention(ask.refund)
        if failed is None:
            raise Refused("not_failed", f"the journal knows no refund {ask.refund}")
        again = failed.model_copy(update={"attempt": failed.attempt + 1, "key": _next_key(failed)})
        recorded = self._ledger.find(ids.settled_key(again.key))
        if recorded is None:
            check_person(self._people, ask.by, Verb.PAID_BY_HAND)
            refund = _paid(again, ask)
            entry = _entry(again, refund, ask)
            recorded = self._credit_notes.settle(entry, again, refund, partial(self._check, failed, again))
        return _same(recorded, ask)

    def _check(self, failed: RefundIntention, again: RefundIntention) -> None:
        last = self._settling.last_word(failed.key)
        if last is None or last.status not in FINAL_NO:
            raise Refused("not_failed", f"{failed.key} has not failed, so nobody has to pay it by hand")
        if self._settling.intention(again.key) is not None:
            raise Refused("paid_again", f"{failed.payment} was asked for it again already; wait for its answer")
        owed = self._ledger.balance(accounts.owed(failed.case), failed.currency).available
        if owed < failed.amount:
            stands = Money(minor=max(0, owed), currency=failed.currency)
            raise Refused("less_owed", f"return {failed.case} owes only {stands} any more; nothing is recorded")


def _next_key(failed: RefundIntention) -> str:
    return ids.refund_key(failed.case, failed.plan, failed.payment, failed.attempt + 1)


def _paid(again: RefundIntention, ask: ByHand) -> Refund:
    return Refund(
        key=again.key,
        provider_id=ask.reference,
        payment=again.payment,
        amount=again.amount,
        currency=again.currency,
        status=RefundStatus.SUCCEEDED,
        reason=PAID_BY_HAND,
        updated_at=ask.now,
    )


def _entry(again: RefundIntention, refund: Refund, ask: ByHand) -> NewEntry:
    key = ids.settled_key(again.key)
    paid = Transfer(
        key=f"{key}/1",
        debit=accounts.owed(again.case),
        credit=accounts.payout(again.case),
        commodity=again.currency,
        amount=again.amount,
    )
    return NewEntry(
        key=key,
        kind=EntryKind.REFUND_SETTLED,
        order=again.order_id,
        case=again.case,
        actor=ask.by,
        reasons=(PAID_BY_HAND,),
        at=ask.now,
        facts={"refund": refund.model_dump(mode="json")},
        asked={"payment": again.payment, "amount": again.amount, "reference": ask.reference},
        transfers=(paid,),
    )


def _same(recorded: JournalEntry, ask: ByHand) -> Refund:
    refund = Refund.model_validate(recorded.facts["refund"])
    if refund.provider_id != ask.reference:
        raise Refused("paid_already", f"it was paid already, as {refund.provider_id}; nothing is recorded")
    return refund
