"""The keys of boxes that nobody announced."""

from __future__ import annotations


def box_key(box: str) -> str:
    """A box that nobody announced."""
    return f"box:{box}"


def box_match_key(box: str, case: str) -> str:
    """What of such a box a return has taken."""
    return f"box_matched:{box}:{case}"


def box_end_key(box: str) -> str:
    """What became of what nobody claimed of such a box."""
    return f"box_ended:{box}"
