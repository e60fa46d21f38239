"""What a payment provider says of a refund, as an entry of the journal; and what it may have to cover first."""

from __future__ import annotations

from domain import ids
from domain.refund import Refund, RefundIntention
from ledger import EntryKind, JournalEntry, Ledger, NewEntry, Transfer, accounts

_COVERING = (EntryKind.REFUND_FAILED, EntryKind.REFUND_REVERSED, EntryKind.CLEARED)

_ASKING = (EntryKind.REFUND_SUBMITTED, EntryKind.REFUND_SETTLED)


def told(
    key: str, kind: EntryKind, intention: RefundIntention, refund: Refund, transfers: tuple[Transfer, ...]
) -> NewEntry:
    """The provider's word on one intention: settled, refused, or failed late."""
    return NewEntry(
        key=key,
        kind=kind,
        order=intention.order_id,
        case=intention.case,
        actor="provider",
        reasons=(refund.reason,) if refund.reason else (),
        at=refund.updated_at,
        facts={"refund": refund.model_dump(mode="json")},
        asked={"payment": intention.payment, "amount": intention.amount},
        transfers=transfers,
    )


def intention_of(ledger: Ledger, key: str) -> RefundIntention | None:
    """What was asked under a key, or would have been, where a refund made elsewhere paid it; None if nothing was."""
    for name in (key, ids.settled_key(key)):
        entry = ledger.find(name)
        if entry is not None and entry.kind in _ASKING and "intention" in entry.facts:
            return RefundIntention.model_validate(entry.facts["intention"])
    return None


def uncovered(ledger: Ledger, order_id: str, currency: str) -> int:
    """What facts took of an order beyond what it had and nothing has covered yet, in minor units."""
    return max(0, -ledger.balance(accounts.suspense(order_id), currency).posted)


def covered(entry: JournalEntry | NewEntry) -> int:
    """What of a refund that failed, at once or late, covered its order's suspense then or later, and is not owed any
    more; below zero what is owed again. In minor units, and nothing for any other entry."""
    if entry.kind not in _COVERING or "refund" not in entry.facts:
        return 0
    suspense = accounts.suspense(entry.order)
    into = sum(one.amount for one in entry.transfers if one.credit == suspense)
    return into - sum(one.amount for one in entry.transfers if one.debit == suspense)


def is_charged_back(ledger: Ledger, order_id: str, payment: str) -> bool:
    """Whether a dispute of a payment was lost and the money has not come back since."""
    lost = (one for one in ledger.entries(order=order_id) if one.kind is EntryKind.DISPUTE_LOST)
    stands = (one for one in lost if ledger.find(ids.reversed_key(one.key)) is None)
    return any(payment in one.facts["refund"]["money"] for one in stands)
