"""The keys of what people say about an open return, made from business ids alone like all others (`domain.ids`)."""

from __future__ import annotations


def not_undone_key(case: str, undo: str) -> str:
    """An undo of a return that ended without it."""
    return f"not_undone:{case}:{undo}"


def wanted_key(case: str, number: int) -> str:
    """The n-th time that the shopper of a return is asked to show something."""
    return f"evidence_wanted:{case}:{number}"


def given_key(case: str, given_id: str) -> str:
    """Something that the shopper showed, by the storefront's id of it."""
    return f"evidence_given:{case}:{given_id}"


def missed_key(case: str, number: int) -> str:
    """The n-th request for evidence was not answered in time."""
    return f"evidence_missed:{case}:{number}"


def lapsed_key(case: str, update_id: str) -> str:
    """No second person agreed in time to the override that was signed under this id."""
    return f"override_lapsed:{case}:{update_id}"


def edited_key(case: str, edit_id: str) -> str:
    """A change of what the shopper asked for, by the storefront's id of it."""
    return f"edited:{case}:{edit_id}"


def corrected_key(case: str, receipt_id: str, number: int) -> str:
    """The n-th correction of what was counted out of a box."""
    return f"count_corrected:{case}:{receipt_id}:{number}"


def regraded_key(case: str, number: int) -> str:
    """The n-th correction of the grades of a return's goods."""
    return f"regraded:{case}:{number}"


def extended_key(case: str, deadline: str, until: str) -> str:
    """More time of one kind, until a day."""
    return f"extended:{case}:{deadline}:{until}"
