"""What the journal and its accounts hold of one order, as read before something is decided on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

from domain import ids
from domain.errors import Refused
from domain.exchange import with_exchanges
from domain.history import Happened, History, history_of
from domain.order import Order
from domain.policy import PublishedPolicy
from domain.stores import Policies, Snapshots
from ledger import UNITS, EntryKind, JournalEntry, Ledger, Transfer, TransferKind, accounts
from ledger.moves.money import is_leg, withdrawn
from ledger.recall import happened, newest_snapshot
from ledger.refunds import uncovered


class Withdrawal(NamedTuple):
    """Plans that are taken back, by key, and the transfers that void what they still reserve."""

    plans: tuple[str, ...]
    voids: tuple[Transfer, ...]


@dataclass(frozen=True)
class OrderBooks:
    """One order, as the shop told it last (`sold`), with all its entries. Valid as long as the order's last seq stays
    what it was before the reading."""

    ledger: Ledger
    sold: Order
    entries: tuple[JournalEntry, ...]

    @classmethod
    def read(cls, ledger: Ledger, snapshots: Snapshots, order_id: str) -> Self:
        """Raises Refused if the order was never touched."""
        entries = tuple(ledger.entries(order=order_id))
        content = newest_snapshot(entries)
        if not content:
            raise _not_opened(order_id)
        return cls(ledger, snapshots.get(order_id, content).order, entries)

    def policy(self, policies: Policies) -> PublishedPolicy:
        """The policy that was in force when the order was first touched. Raises Refused if it is not there."""
        opened = next(one for one in self.entries if one.kind is EntryKind.ORDER_OPENED)
        policy = policies.get(opened.policy)
        if policy is None:
            raise _not_opened(self.sold.id)
        return policy

    @cached_property
    def order(self) -> Order:
        """As it stands: what was sold, and what went out for goods that came back."""
        return self.order_without(())

    def order_without(self, plans: Collection[str]) -> Order:
        """The order as if some plans (by key) had not been made."""
        return with_exchanges(self.sold, (one for key, one in self.happened.items() if key not in plans))

    @cached_property
    def happened(self) -> dict[str, Happened]:
        """What took money out of it, by the key of the entry."""
        return happened(self.entries)

    def history(self, *more: Happened, without: Collection[str] = ()) -> History:
        """All that has gone back, without some of it (by key), and with more."""
        order = self.order_without(without)
        return history_of(order, [*(one for key, one in self.happened.items() if key not in without), *more])

    def returnable(self, line_id: str) -> int:
        """Units of a line that the customer has, in no return, and whose money has not gone back."""
        held = self.ledger.balance(accounts.with_customer(self.order.id, line_id), UNITS).available
        line = self.history().lines.get(line_id)
        return line.returnable(held) if line else 0

    def unsubmitted(self) -> list[JournalEntry]:
        """Plans that stand and reserve money of which no leg was handed to the provider yet."""
        asked = {_plan_of(entry) for entry in self.entries if entry.kind is EntryKind.REFUND_SUBMITTED}
        standing = self.happened
        return [one for one in self.entries if one.key in standing and one.key not in asked and self._reserves(one)]

    def withdrawing(self, key: str, plans: Collection[JournalEntry]) -> Withdrawal:
        """Take these plans back; `key` is that of the entry which does so."""
        left = self.ledger.pending_left
        voids = tuple(void for plan in plans for void in withdrawn(key, plan.transfers, left))
        return Withdrawal(tuple(plan.key for plan in plans), voids)

    def free(self, voids: Iterable[Transfer] = ()) -> dict[str, int]:
        """What stands free on each of its `paid` accounts, once these are voided."""
        prefix = f"paid:{self.order.id}:"
        found = {one.account: one.available for one in self.ledger.balances(prefix)}
        for void in voids:
            if void.debit in found:
                found[void.debit] += void.amount
        return found

    @property
    def suspense(self) -> int:
        """What facts took beyond what it had and nothing has covered yet."""
        return uncovered(self.ledger, self.order.id, self.order.currency)

    def _reserves(self, entry: JournalEntry) -> bool:
        legs = (one for one in entry.transfers if one.kind is TransferKind.PENDING and is_leg(one))
        return entry.kind is EntryKind.PLAN and any(self.ledger.pending_left(one.key) for one in legs)


def _not_opened(order_id: str) -> Refused:
    text = f"order {order_id} was never opened in the journal, as no return asked for it; start a return first"
    return Refused("order_not_opened", text)


def _plan_of(submitted: JournalEntry) -> str:
    intention = submitted.facts["intention"]
    return ids.plan_key(intention["case"], intention["plan"])
