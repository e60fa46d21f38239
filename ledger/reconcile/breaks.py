"""The kinds of breaks: what each means, and what to do about it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pydantic import computed_field

from domain.model import Model, UtcDatetime


class BreakKind(StrEnum):
    """Where journal, refunds and balance of a provider do not agree."""

    DOUBLE = "double"
    LOST = "lost"
    NOT_ENTERED = "not_entered"
    NO_REFUND = "no_refund"
    FAILED_NOT_REVERSED = "failed_not_reversed"
    STATUS_DIFFERS = "status_differs"
    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    PAYMENT_DIFFERS = "payment_differs"
    BALANCE_DIFFERS = "balance_differs"
    BALANCE_MISSING = "balance_missing"
    BALANCE_WITHOUT_REFUND = "balance_without_refund"
    PENDING_TOO_LONG = "pending_too_long"
    ARN_MISSING = "arn_missing"


class Meaning(NamedTuple):
    """For people: a title, what it means, and what to do."""

    title: str
    means: str
    todo: str


MEANINGS: dict[BreakKind, Meaning] = {
    BreakKind.DOUBLE: Meaning(
        "Paid twice",
        "the provider made more than one refund for one of our requests",
        "tell the provider and the shopper; enter the second one with `python -m ledger record refund`",
    ),
    BreakKind.LOST: Meaning(
        "Ours, lost",
        "the refund carries our key, but the journal has no entry of it",
        "run `python -m ledger verify`: entries may be missing; then enter it with `python -m ledger record refund`",
    ),
    BreakKind.NOT_ENTERED: Meaning(
        "Made elsewhere, not entered",
        "somebody refunded a payment of an order that we know, and the journal does not have it",
        "enter it with `python -m ledger record refund`; open returns of the order then plan anew",
    ),
    BreakKind.NO_REFUND: Meaning(
        "Entry without refund",
        "the journal has the refund, the provider does not",
        "look the payment up at the provider; if the return is open, `python starter.py retry` asks again",
    ),
    BreakKind.FAILED_NOT_REVERSED: Meaning(
        "Failed after success, not reversed",
        "the provider took the refund back, and the journal still counts it as paid",
        "send the provider's news again (`refund.failed`); one made elsewhere: `python -m ledger record came-back`",
    ),
    BreakKind.STATUS_DIFFERS: Meaning(
        "Status differs",
        "the provider says something else of the refund than the journal",
        "compare both; if the provider paid what the journal counts as failed, it may be paid twice",
    ),
    BreakKind.AMOUNT_DIFFERS: Meaning(
        "Amount differs",
        "the provider refunded another amount than was entered",
        "compare both; the provider's amount is what the shopper got",
    ),
    BreakKind.CURRENCY_DIFFERS: Meaning(
        "Currency differs",
        "the provider refunded in another currency than was entered",
        "compare both; the provider's currency is what the shopper got",
    ),
    BreakKind.PAYMENT_DIFFERS: Meaning(
        "Payment differs",
        "the provider refunded another payment than was entered",
        "find out whose payment it was, at the provider",
    ),
    BreakKind.BALANCE_DIFFERS: Meaning(
        "Balance differs",
        "the balance moved by another amount than the refund, or once too often",
        "compare the movements with the refund at the provider, and ask its support",
    ),
    BreakKind.BALANCE_MISSING: Meaning(
        "Balance transaction missing",
        "the refund did not move the balance as it should have",
        "look the refund up at the provider; ask its support if the money never moved",
    ),
    BreakKind.BALANCE_WITHOUT_REFUND: Meaning(
        "Balance transaction without refund",
        "the balance moved for a refund that the provider does not list and the journal does not know",
        "look the movement's source up at the provider",
    ),
    BreakKind.PENDING_TOO_LONG: Meaning(
        "Pending too long",
        "the refund has waited for more than 5 days",
        "top up the balance at the provider if it is too low, else ask its support; tell the shopper",
    ),
    BreakKind.ARN_MISSING: Meaning(
        "Bank's reference missing",
        "7 days after it was confirmed, the journal has no reference by which the shopper's bank finds the refund",
        "if the provider has it, send its news again (`refund.updated`); else ask its support when the shopper asks",
    ),
}


class Break(Model):
    """One thing that does not agree. `booked` is the journal's amount and `paid` the provider's, in minor units of
    `currency`; 0 where that side has none. `at` is when it began."""

    kind: BreakKind
    at: UtcDatetime
    case: str = ""
    order: str = ""
    payment: str = ""
    key: str = ""
    refunds: tuple[str, ...] = ()
    movements: tuple[str, ...] = ()
    currency: str
    booked: int = 0
    paid: int = 0
    detail: str = ""

    @computed_field  # type: ignore[prop-decorator]  # mypy takes nothing above a property
    @property
    def means(self) -> str:
        """What it means, in words."""
        return MEANINGS[self.kind].means

    @computed_field  # type: ignore[prop-decorator]  # mypy takes nothing above a property
    @property
    def todo(self) -> str:
        """What to do about it."""
        return MEANINGS[self.kind].todo
