"""Which payments of an order are disputed now."""

from __future__ import annotations

from domain.dispute import OpenDispute
from ledger import EntryKind, Ledger
from ledger.disputes import open_disputes


def disputed(ledger: Ledger, order_id: str) -> tuple[OpenDispute, ...]:
    """The disputes of an order that may still take money, in the order in which they were opened."""
    opened = [one for one in ledger.entries(order=order_id) if one.kind is EntryKind.DISPUTE_OPENED]
    payments = {str(one.facts["dispute"]["dispute"]): str(one.facts["dispute"]["payment"]) for one in opened}
    names = open_disputes(ledger, order_id, None) if payments else []
    return tuple(OpenDispute(dispute=one, payment=payments[one]) for one in names)
