"""Store credit that returns of an order gave in place of money, as far as it stands."""

from __future__ import annotations

from domain.order import TenderKind
from domain.taking_back import Given, TakingBack
from ledger import EntryKind, Ledger
from ledger.refunds import intention_of


def given_credit(ledger: Ledger, order_id: str) -> Given:
    """What was settled as store credit, has not failed since, and was not taken back before."""
    customer, credit, bonus = "", 0, 0
    for entry in ledger.entries(order=order_id):
        if entry.kind is EntryKind.CREDIT_TAKEN_BACK:
            asked = TakingBack.model_validate(entry.facts["asked"])
            credit, bonus = credit - asked.credit, bonus - asked.bonus
        if entry.kind not in (EntryKind.REFUND_SETTLED, EntryKind.REFUND_REVERSED) or "refund" not in entry.facts:
            continue
        asked_for = intention_of(ledger, entry.facts["refund"]["key"])
        if asked_for is not None and asked_for.instead is TenderKind.STORE_CREDIT:
            sign = 1 if entry.kind is EntryKind.REFUND_SETTLED else -1
            customer = asked_for.customer
            credit, bonus = credit + sign * asked_for.amount, bonus + sign * asked_for.bonus
    return Given(customer, credit, bonus)
