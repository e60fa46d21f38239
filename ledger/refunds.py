"""What a payment provider says of a refund, as an entry of the journal; and what it may have to cover first."""

from __future__ import annotations

from domain.refund import Refund, RefundIntention
from ledger import EntryKind, Ledger, NewEntry, Transfer, accounts


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


def uncovered(ledger: Ledger, order_id: str, currency: str) -> int:
    """What facts took of an order beyond what it had and nothing has covered yet, in minor units."""
    return max(0, -ledger.balance(accounts.suspense(order_id), currency).posted)
