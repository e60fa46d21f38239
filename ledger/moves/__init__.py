"""The transfers of every moment, each built in one place from what was decided. Pure: nothing is read or written here.

`money` is the way of a refund, `facts` what happened without us, `goods` the units, `credit` what the shop gives of its
own or in advance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ledger import Transfer, TransferKind

Move = tuple[str, str, int]
"""Debit, credit, amount."""


def transfers(
    key: str, commodity: str, moves: Iterable[Move], kind: TransferKind = TransferKind.SINGLE
) -> tuple[Transfer, ...]:
    """Moves as transfers of one entry, `{key}/1`, `{key}/2`, ...; those of nothing are left out."""
    real = [move for move in moves if move[2]]
    return tuple(
        Transfer(key=f"{key}/{number}", kind=kind, debit=debit, credit=credit, commodity=commodity, amount=amount)
        for number, (debit, credit, amount) in enumerate(real, start=1)
    )


def finishing(key: str, kind: TransferKind, pending: Iterable[tuple[Transfer, int]]) -> tuple[Transfer, ...]:
    """Post or void so much of each of these pending transfers; those of nothing are left out."""
    return tuple(
        one.model_copy(update={"key": f"{key}/{one.key}", "kind": kind, "pending": one.key, "amount": amount})
        for one, amount in pending
        if amount
    )


def matched(credits: Mapping[str, int]) -> Iterator[Move]:
    """Moves that credit each account with its amount; one below zero is debited. Together they must be zero."""
    give = [(account, -amount) for account, amount in credits.items() if amount < 0]
    take = [(account, amount) for account, amount in credits.items() if amount > 0]
    if sum(amount for _, amount in give) != sum(amount for _, amount in take):
        raise ValueError(f"what is debited is not what is credited: {dict(credits)}")
    while give:
        (debit, out), (credit, into) = give[0], take[0]
        amount = min(out, into)
        yield debit, credit, amount
        give[0], take[0] = (debit, out - amount), (credit, into - amount)
        give, take = give[out == amount :], take[into == amount :]
