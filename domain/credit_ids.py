"""The keys of store credit that is taken back, by the late fact that took its money. As in `domain.ids`."""

from __future__ import annotations


def take_back_key(cause: str) -> str:
    """The intention."""
    return f"take_back:{cause}"


def taken_back_key(cause: str) -> str:
    """What of it was taken."""
    return f"taken_back:{cause}"
