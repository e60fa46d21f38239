"""Ids and keys of goods that go out for goods; the others are in `domain.ids`."""

from __future__ import annotations

import hashlib


def promise_key(case: str) -> str:
    """What is promised to go out for what comes back."""
    return f"promise:{case}"


def new_line(case: str, line_id: str) -> str:
    """The line that an exchange adds to an order: a name of its own, however long those that it is made of are."""
    return f"x-{hashlib.sha256(f'{case}:{line_id}'.encode()).hexdigest()[:16]}"


def aside_number(place: int, every: int, freed: tuple[int, ...]) -> int:
    """The number under which the place-th of so many promises is set aside: another one each time it was set free."""
    return place + every * sum((one - place) % every == 0 for one in freed)


def ship_key(case: str, number: int = 1) -> str:
    """The n-th parcel to the shopper of a return; also the reference under which whoever sends it knows it."""
    return f"ship:{case}:{number}"


def collected_key(payment: str) -> str:
    """Money that came in on a page of ours."""
    return f"collected:{payment}"


def given_back(payment: str) -> str:
    """What stands for a return in the books of a payment that came too late: it is owed apart from any."""
    return f"late-{payment}"


def collect_ended_key(collect: str) -> str:
    """The closing of a page on which nobody paid."""
    return f"ended:{collect}"


def repair_key(case: str) -> str:
    """What the workshop said of a return's goods."""
    return f"repair:{case}"
