"""Balances added up: per kind of account and commodity."""

from __future__ import annotations

from collections.abc import Iterable

from domain.model import Model
from ledger import Balance


class Total(Model):
    """All accounts of one kind in one commodity, on their normal side, in minor units."""

    kind: str
    commodity: str
    accounts: int
    posted: int
    pending_out: int
    pending_in: int


def totals(balances: Iterable[Balance]) -> tuple[Total, ...]:
    """Add up, by kind and commodity in the order of their names."""
    found: dict[tuple[str, str], Total] = {}
    for one in balances:
        key = (one.account.partition(":")[0], one.commodity)
        known = found.get(key) or Total(
            kind=key[0], commodity=key[1], accounts=0, posted=0, pending_out=0, pending_in=0
        )
        found[key] = known.model_copy(
            update={
                "accounts": known.accounts + 1,
                "posted": known.posted + one.posted,
                "pending_out": known.pending_out + one.pending_out,
                "pending_in": known.pending_in + one.pending_in,
            }
        )
    return tuple(found[key] for key in sorted(found))
