"""The keys of what is said of goods that came, made from business ids alone like all others (`domain.ids`)."""

from __future__ import annotations


def answer_key(case: str, plan: int, answer: str) -> str:
    """One answer to the offer of a plan; each can be given once."""
    return f"answer:{case}:{plan}:{answer}"


def sent_back_key(case: str) -> str:
    """The goods of a return on their way back to the shopper."""
    return f"sent_back:{case}"


def uninspected_key(case: str) -> str:
    """The end of the wait for an inspection, after which goods are paid as quoted."""
    return f"uninspected:{case}"


def finding_key(case: str, finding: str) -> str:
    """One thing that the warehouse found."""
    return f"finding:{case}:{finding}"


def finding_settled_key(case: str, finding: str) -> str:
    """What became of the goods of a finding."""
    return f"finding_settled:{case}:{finding}"
