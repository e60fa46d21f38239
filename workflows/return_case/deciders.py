"""Purely: who has to act on a refund that the provider has not decided."""

from __future__ import annotations

from domain.money import Money
from domain.order import TenderKind
from domain.plan import destination
from domain.refund import BY_HAND, FINAL_NO, STORED_FAULT, Refund, RefundStatus

DECIDED = (RefundStatus.SUCCEEDED, *FINAL_NO)
"""The provider's last words; of these alone a refund needs no further look."""
_UNDECIDED = {
    "insufficient_funds": ("finance", "Top up the balance at the provider: the refund waits for money"),
    "charge_pending": ("provider", "Confirm the payment, which is pending itself, then the refund"),
    STORED_FAULT: ("provider", "Confirm the refund; it answers with a fault of its own, and is looked at again"),
}
"""Who has to act on an undecided refund, by the provider's reason."""


def who_decides(refund: Refund) -> tuple[str, str]:
    """Who has to act on a refund that is not decided, and what they do."""
    if refund.reason == BY_HAND:
        money = Money(minor=refund.amount, currency=refund.currency)
        to = refund.payment
        if refund.instead is TenderKind.BANK:
            to = f"the shopper's bank account instead of {destination(refund.payment)}"
        elif refund.instead:
            to, money = (
                "the shopper's store credit",
                Money(minor=refund.amount + refund.bonus, currency=refund.currency),
            )
        return "finance", f"Pay {money} to {to} by hand, then say `paid-by-hand` with the bank's reference"
    if refund.status is RefundStatus.REQUIRES_ACTION:
        return "shopper", "Do what the payment provider asked for by mail, so that the refund can be paid"
    if refund.status is RefundStatus.UNKNOWN and not refund.reason:
        return "finance", "Look at the refund at the provider: its status is a word that is not known here yet"
    return _UNDECIDED.get(refund.reason, ("provider", "Confirm the refund"))
