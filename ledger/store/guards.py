"""The rules of transfers, pure: what they move, what may still be posted, and which account would fall below zero.

`append` loads the few accounts that it touches into `Books`; `verify` rebuilds all of them from the first entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.errors import OverLimit, Refused
from ledger import DEBIT_NORMAL, FACTS, GUARDED, UNCHECKED, Balance, EntryKind, Transfer, TransferKind


class Account(NamedTuple):
    """One account in one commodity."""

    name: str
    commodity: str

    @property
    def debit_normal(self) -> bool:
        """Whether a debit raises its balance."""
        return _kind(self.name) in DEBIT_NORMAL

    def guarded(self, kind: EntryKind) -> bool:
        """Whether an entry of this kind can never take more from it than it has."""
        mine = _kind(self.name)
        return mine in GUARDED and not (kind in FACTS and mine in UNCHECKED)


class Totals(NamedTuple):
    """What an account has moved since the beginning, by side, in minor units or units."""

    debits: int = 0
    credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0

    def plus(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Pending(NamedTuple):
    """A pending transfer, and how much of it is neither posted nor voided."""

    transfer: Transfer
    left: int


def balance(account: Account, totals: Totals) -> Balance:
    """The totals of an account, seen from its normal side."""
    raised, lowered, coming, going = totals if account.debit_normal else _mirrored(totals)
    return Balance(
        account=account.name, commodity=account.commodity, posted=raised - lowered, pending_out=going, pending_in=coming
    )


def sides(transfer: Transfer) -> tuple[Account, Account]:
    """The account that a transfer debits and the one that it credits."""
    return Account(transfer.debit, transfer.commodity), Account(transfer.credit, transfer.commodity)


@dataclass
class Books:
    """The accounts and pending transfers at hand; `apply` brings them forward by one entry."""

    totals: dict[Account, Totals] = field(default_factory=dict)
    pending: dict[str, Pending] = field(default_factory=dict)

    def apply(self, kind: EntryKind, transfers: Sequence[Transfer]) -> list[Refused]:
        """Move the whole set of an entry, then say what it broke, worst first; nothing means that it may stand."""
        broken: list[Refused] = []
        before = {account: self._available(account) for one in transfers for account in sides(one)}
        for transfer in transfers:
            if transfer.kind is TransferKind.PENDING:
                self.pending[transfer.key] = Pending(transfer, transfer.amount)
            elif transfer.kind is not TransferKind.SINGLE:
                broken.extend(self._finish(transfer))
            for account, moved in _moves(transfer):
                self.totals[account] = self.totals.get(account, Totals()).plus(moved)
        return [*broken, *self._below_zero(kind, transfers, before)]

    def _available(self, account: Account) -> int:
        return balance(account, self.totals.get(account, Totals())).available

    def _finish(self, transfer: Transfer) -> Iterator[Refused]:
        known = self.pending.get(transfer.pending)
        left = known.left if known else 0
        if known and sides(known.transfer) != sides(transfer):
            text = (
                f"{transfer.key} does not name the accounts and the commodity of {transfer.pending}, which it finishes"
            )
            yield Refused("not_pending", text)
        elif transfer.amount > left:
            text = f"{transfer.pending} has {left} left to {transfer.kind}, {transfer.amount} was asked for"
            yield Refused("not_pending", text)
        elif known and transfer.amount == left:
            del self.pending[transfer.pending]
        elif known:
            self.pending[transfer.pending] = Pending(known.transfer, left - transfer.amount)

    def _below_zero(
        self, kind: EntryKind, transfers: Sequence[Transfer], before: Mapping[Account, int]
    ) -> Iterator[OverLimit]:
        for account, had in before.items():
            available = self._available(account)
            # What a fact left below zero may be mended step by step.
            if account.guarded(kind) and available < min(0, had):
                asked = _asked(account, transfers)
                yield OverLimit(account.name, asked, asked + available)


def _kind(account: str) -> str:
    return account.partition(":")[0]


def _mirrored(totals: Totals) -> Totals:
    return Totals(totals.credits, totals.debits, totals.pending_credits, totals.pending_debits)


def _moves(transfer: Transfer) -> tuple[tuple[Account, Totals], ...]:
    """What a transfer adds to the account that it debits, and to the one that it credits."""
    amount = transfer.amount
    posted = amount if transfer.kind in (TransferKind.SINGLE, TransferKind.POST) else 0
    pending = {TransferKind.SINGLE: 0, TransferKind.PENDING: amount}.get(transfer.kind, -amount)
    debit, credit = sides(transfer)
    moved = Totals(debits=posted, pending_debits=pending)
    return (debit, moved), (credit, _mirrored(moved))


def _asked(account: Account, transfers: Sequence[Transfer]) -> int:
    """What a set newly takes from an account, at once or pending; posting takes nothing that was not pending before."""
    new = (one for one in transfers if one.kind in (TransferKind.SINGLE, TransferKind.PENDING))
    return sum(one.amount for one in new if sides(one)[account.debit_normal] == account)
