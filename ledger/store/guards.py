"""The rules of transfers, pure: what they move, what may still be posted, and which account would fall below zero.

`append` loads the few accounts that it touches into `Books`; `verify` rebuilds all of them from the first entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.errors import OverLimit, Refused
from ledger import DEBIT_NORMAL, FACTS, GUARDED, UNCHECKED, Balance, EntryKind, TransferKind
from ledger.hashing import Moved

_GUARDED_AGAINST = {kind: frozenset(GUARDED).difference(UNCHECKED if kind in FACTS else ()) for kind in EntryKind}
"""From which kinds of account an entry can never take more than they have, by the entry's kind."""


class Account(NamedTuple):
    """One account in one commodity."""

    name: str
    commodity: str

    @property
    def kind(self) -> str:
        """What it is for: the part before the first colon."""
        return self.name.partition(":")[0]

    @property
    def debit_normal(self) -> bool:
        """Whether a debit raises its balance."""
        return self.kind in DEBIT_NORMAL


class Totals(NamedTuple):
    """What an account has moved since the beginning, by side, in minor units or units."""

    debits: int = 0
    credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0

    def debited(self, posted: int, pending: int) -> Totals:
        """With so much more on the debit side."""
        return Totals(self.debits + posted, self.credits, self.pending_debits + pending, self.pending_credits)

    def credited(self, posted: int, pending: int) -> Totals:
        """With so much more on the credit side."""
        return Totals(self.debits, self.credits + posted, self.pending_debits, self.pending_credits + pending)

    def available(self, debit_normal: bool) -> int:
        """What is posted on the normal side less what pending transfers would take."""
        if debit_normal:
            return self.debits - self.credits - self.pending_credits
        return self.credits - self.debits - self.pending_debits


NOTHING = Totals()


class Pending(NamedTuple):
    """A pending transfer, and how much of it is neither posted nor voided."""

    transfer: Moved
    left: int


def balance(account: Account, totals: Totals) -> Balance:
    """The totals of an account, seen from its normal side."""
    raised, lowered, coming, going = totals if account.debit_normal else _mirrored(totals)
    return Balance(
        account=account.name, commodity=account.commodity, posted=raised - lowered, pending_out=going, pending_in=coming
    )


def sides(transfer: Moved) -> tuple[Account, Account]:
    """The account that a transfer debits and the one that it credits."""
    return Account(transfer.debit, transfer.commodity), Account(transfer.credit, transfer.commodity)


@dataclass
class Books:
    """The accounts and pending transfers at hand; `apply` brings them forward by one entry."""

    totals: dict[Account, Totals] = field(default_factory=dict)
    pending: dict[str, Pending] = field(default_factory=dict)

    def apply(self, kind: EntryKind, transfers: Sequence[Moved]) -> list[Refused]:
        """Move the whole set of an entry, then say what it broke, worst first; nothing means that it may stand."""
        broken: list[Refused] = []
        before: dict[Account, Totals] = {}
        for transfer in transfers:
            amount = transfer.amount
            if transfer.pending:
                broken.extend(self._finish(transfer))
            elif transfer.kind == TransferKind.PENDING:
                self.pending[transfer.key] = Pending(transfer, amount)
            debit, credit = sides(transfer)
            posts, reserves = _MOVED[transfer.kind]
            posted, pending = posts * amount, reserves * amount
            had = self.totals.get(debit, NOTHING)
            before.setdefault(debit, had)
            self.totals[debit] = had.debited(posted, pending)
            had = self.totals.get(credit, NOTHING)
            before.setdefault(credit, had)
            self.totals[credit] = had.credited(posted, pending)
        return [*broken, *self._below_zero(kind, transfers, before)]

    def _finish(self, transfer: Moved) -> Iterator[Refused]:
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
        self, kind: EntryKind, transfers: Sequence[Moved], before: Mapping[Account, Totals]
    ) -> Iterator[OverLimit]:
        guarded = _GUARDED_AGAINST[kind]
        for account, had in before.items():
            mine = account.kind
            if mine not in guarded:
                continue
            debit_normal = mine in DEBIT_NORMAL
            available = self.totals[account].available(debit_normal)
            # What a fact left below zero may be mended step by step.
            if available < 0 and available < had.available(debit_normal):
                asked = _asked(account, transfers)
                yield OverLimit(account.name, asked, asked + available)


def _mirrored(totals: Totals) -> Totals:
    return Totals(totals.credits, totals.debits, totals.pending_credits, totals.pending_debits)


_MOVED: dict[str, tuple[int, int]] = {
    TransferKind.SINGLE: (1, 0),
    TransferKind.PENDING: (0, 1),
    TransferKind.POST: (1, -1),
    TransferKind.VOID: (0, -1),
}
"""How often a transfer's amount is added to what is posted and to what is pending, on both its sides."""


def _asked(account: Account, transfers: Sequence[Moved]) -> int:
    """What a set newly takes from an account, at once or pending; posting takes nothing that was not pending before."""
    new = (one for one in transfers if one.kind in (TransferKind.SINGLE, TransferKind.PENDING))
    return sum(one.amount for one in new if sides(one)[account.debit_normal] == account)
