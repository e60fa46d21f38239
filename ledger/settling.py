"""What became of our own refunds, each word of the provider recorded once: settled, refused, failed late, traced."""

from __future__ import annotations

from domain import ids
from domain.refund import FINAL_NO, Refund, RefundIntention, RefundStatus
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.credit_notes import CreditNotes
from ledger.deciding import decided
from ledger.moves import money
from ledger.refunds import intention_of, told, uncovered


class Settling:
    """Takes a refund as it stands at the provider, and records what is new of it."""

    def __init__(self, ledger: Ledger, credit_notes: CreditNotes) -> None:
        self._ledger = ledger
        self._credit_notes = credit_notes

    def intention(self, key: str) -> RefundIntention | None:
        """What was asked under a key; None if the journal knows of no such intention."""
        return intention_of(self._ledger, key)

    def last_word(self, key: str) -> Refund | None:
        """What is recorded last of an intention; None as long as nothing of it is decided."""
        # A late failure is the last of all, and a refund that was refused never settles.
        for name in (ids.reversed_key(key), ids.settled_key(key), ids.failed_key(key)):
            recorded = self._ledger.find(name)
            if recorded is not None:
                return Refund.model_validate(recorded.facts["refund"])
        return None

    def record(self, intention: RefundIntention, refund: Refund) -> Refund:
        """Record what is new, and return what counts from now on: an undecided refund as it is, else the last word."""
        known = self.last_word(intention.key)
        if known is None:
            known = self._decided(intention, refund)
        elif known.status is RefundStatus.SUCCEEDED and refund.status in FINAL_NO:
            known = Refund.model_validate(self._credit_notes.reverse(refund).facts["refund"])
        if refund.arn and known.status is RefundStatus.SUCCEEDED:
            self._traced(intention, refund)
            known = known.model_copy(update={"arn": refund.arn})
        return known

    def not_paid(self, intention: RefundIntention, refund: Refund, actor: str) -> Refund:
        """Record that what a person had to pay did not go, as they say: the money stays owed.

        Raises Refused (`not_pending`) where it was paid meanwhile.
        """
        said = {"actor": actor}
        entry = decided(
            self._ledger, intention.order_id, lambda: self._refused(intention, refund).model_copy(update=said)
        )
        return Refund.model_validate(entry.facts["refund"])

    def _decided(self, intention: RefundIntention, refund: Refund) -> Refund:
        if refund.status is RefundStatus.SUCCEEDED:
            recorded = self._credit_notes.settle(_settled(intention, refund), intention, refund)
        elif refund.status in FINAL_NO:
            recorded = decided(self._ledger, intention.order_id, lambda: self._refused(intention, refund))
        else:
            return refund
        return Refund.model_validate(recorded.facts["refund"])

    def _refused(self, intention: RefundIntention, refund: Refund) -> NewEntry:
        key = ids.failed_key(intention.key)
        suspense = uncovered(self._ledger, intention.order_id, intention.currency)
        moves = money.refused(key, intention, suspense)
        return told(key, EntryKind.REFUND_FAILED, intention, refund, moves)

    def _traced(self, intention: RefundIntention, refund: Refund) -> JournalEntry:
        """The reference by which the shopper's bank finds it: a fact of its own, because it comes days later."""
        key = ids.traced_key(intention.key)
        return self._ledger.find(key) or self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.REFUND_TRACED,
                order=intention.order_id,
                case=intention.case,
                actor="provider",
                at=refund.updated_at,
                facts={"intention": intention.key, "provider_id": refund.provider_id, "arn": refund.arn},
                asked={"arn": refund.arn},
            )
        )


def _settled(intention: RefundIntention, refund: Refund) -> NewEntry:
    moves = money.settled(intention)
    return told(ids.settled_key(intention.key), EntryKind.REFUND_SETTLED, intention, refund, moves)
