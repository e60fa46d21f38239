"""Keys of what is paid before its goods, and of goods that are claimed, or come late."""

from __future__ import annotations


def exposure_key(customer: str, currency: str, seq: int) -> str:
    """What may be out to a customer before goods are here, as it stood after an entry."""
    return f"exposure:{customer}:{currency}:{seq}"


def not_early_key(case: str) -> str:
    """That a refund which was due before its goods waits for them after all."""
    return f"not_early:{case}"


def early_end_key(case: str) -> str:
    """What became of the goods of a return whose refund was paid before."""
    return f"early_end:{case}"


def early_settled_key(case: str) -> str:
    """The end of what a shopper owed for goods that were paid early."""
    return f"early_settled:{case}"


def carrier_claim_key(case: str, reference: str) -> str:
    """A claim at the carrier for the parcel of a return, by the carrier's reference."""
    return f"carrier_claim:{case}:{reference}"


def carrier_answer_key(case: str, reference: str) -> str:
    """The carrier's answer to it."""
    return f"carrier_answer:{case}:{reference}"


def late_decided_key(case: str, receipt_id: str) -> str:
    """What becomes of goods that came after their return had ended."""
    return f"late_decided:{case}:{receipt_id}"


def late_credit_key(case: str, receipt_id: str) -> str:
    """What a shopper owes less, because goods that never came did come in this box."""
    return f"late_credit:{case}:{receipt_id}"
