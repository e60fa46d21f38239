"""Keys of the way back: labels that are asked for, goods that were sent or are kept, and the day the money was due."""

from __future__ import annotations


def new_label_key(case: str, number: int) -> str:
    """The wish for the n-th label."""
    return f"new_label:{case}:{number}"


def handed_over_key(case: str, shown: str) -> str:
    """The shopper's proof that the goods were handed over, by what shows it."""
    return f"handed_over:{case}:{shown}"


def kept_key(case: str) -> str:
    """The word that the shopper keeps the goods of a return and is paid all the same."""
    return f"kept:{case}"


def refund_overdue_key(case: str) -> str:
    """The day on which a refund was due by law, and was not made."""
    return f"refund_overdue:{case}"
