"""Facts that happened without us, recorded whatever the guards say: first the order's unsubmitted plans are withdrawn,
then the fact takes what the order has; what that cannot give stands in its suspense until something covers it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from domain import ids
from domain.delivery import without_deliveries
from domain.errors import InvalidRequest, Refused
from domain.exchange import with_exchanges
from domain.history import Happened, history_of
from domain.money import Money
from domain.order import EarlierRefund, Order
from domain.stores import Snapshots
from ledger import UNITS, EntryKind, JournalEntry, Ledger, NewEntry, accounts
from ledger.deciding import decided
from ledger.moves import facts, goods
from ledger.order_books import OrderBooks
from ledger.paid_outside import paid_with
from ledger.recall import newest_snapshot, newest_told

ELSEWHERE = (EntryKind.REFUND_ELSEWHERE, EntryKind.DISPUTE_LOST)

PROVIDER = "provider"
"""The actor of what the payment provider told."""


class Facts:
    """Records what others did to an order. Each entry's facts name the plans that it withdrew as `withdrawn`: their
    returns have to plan again."""

    def __init__(self, ledger: Ledger, snapshots: Snapshots) -> None:
        self._ledger = ledger
        self._snapshots = snapshots

    def refunded_elsewhere(
        self,
        order_id: str,
        refund: EarlierRefund,
        actor: str,
        now: datetime,
        kind: EntryKind = EntryKind.REFUND_ELSEWHERE,
    ) -> JournalEntry:
        """A refund, or a lost dispute, of one of the order's payments. Its id is the provider's, so it counts once.

        Raises InvalidRequest for a payment or a line that the order does not have, and Refused if the order was never
        touched, or where a person names units whose money a return owes already.
        """
        key = ids.elsewhere_key(refund.id)

        def decide() -> NewEntry:
            books = self._read(order_id)
            _check_names(books, refund)
            plans, voids = books.withdrawing(key, books.unsubmitted())
            if actor != PROVIDER:  # whose word is a fact, and is taken whatever it is
                self._check_not_owed(books, refund, plans)
            after = books.history(refund, without=plans)
            moves = facts.elsewhere(key, books.order_without(plans), refund.money, books.free(voids), after)
            kept = goods.kept_elsewhere(key, order_id, self._held(books.order, refund))
            told = refund.model_dump(mode="json")
            return NewEntry(
                key=key,
                kind=kind,
                order=order_id,
                actor=actor,
                at=now,
                facts={"refund": told, "withdrawn": plans},
                asked={"order": order_id, "kind": kind.value, "refund": {**told, "at": ""}},
                transfers=(*voids, *moves, *kept),
            )

        return decided(self._ledger, order_id, decide)

    def came_back(self, refund_id: str, actor: str, now: datetime) -> JournalEntry:
        """Such a refund failed after all. Raises InvalidRequest if none is recorded under its id."""
        fact = self._ledger.find(ids.elsewhere_key(refund_id))
        if fact is None or fact.kind not in ELSEWHERE:
            raise InvalidRequest("refund", f"no refund {refund_id} made elsewhere is recorded; record it first")
        if paid := paid_with(self._ledger.entries(order=fact.order), refund_id):
            text = f"{refund_id} has paid return {paid.case}; if it fails, the provider's news of it make it owed again"
            raise Refused("paid_return", text)
        key, refund = ids.reversed_key(fact.key), EarlierRefund.model_validate(fact.facts["refund"])
        kept = [one for one in fact.transfers if one.credit == accounts.kept(fact.order)]
        again = {one.debit.rpartition(":")[2]: -one.amount for one in kept}
        money = {payment: -amount for payment, amount in refund.money.items()}

        def decide() -> NewEntry:
            books = self._read(fact.order)
            plans, voids = books.withdrawing(key, books.unsubmitted())
            # Without the fact, the history takes as much more of the order as suspense had to give: that comes first.
            after = books.history(without=[fact.key, *plans])
            return NewEntry(
                key=key,
                kind=EntryKind.REFUND_REVERSED,
                order=fact.order,
                actor=actor,
                at=now,
                facts={"fact": fact.key, "withdrawn": plans},
                asked={"fact": fact.key},
                transfers=(
                    *voids,
                    *facts.elsewhere(key, books.order_without(plans), money, books.free(voids), after),
                    *goods.kept_elsewhere(key, fact.order, again),
                ),
            )

        # Once undone, the fact is no part of the history that this would be decided on.
        return self._ledger.find(key) or decided(self._ledger, fact.order, decide)

    def changed(self, order: Order, actor: str, now: datetime) -> Order:
        """The shop tells another order than was known: its deliveries, or that it was edited. The same is told once.

        Gives the order as it is known from then on: only what was sold and captured is taken from the shop, what went
        back is known by its own facts. Raises Refused if the order was never touched, or cannot have become this one.
        """
        entry = decided(self._ledger, order.id, lambda: self._changed(order, actor, now))
        return self._snapshots.get(order.id, entry.facts["snapshot"]).order

    def _changed(self, order: Order, actor: str, at: datetime) -> NewEntry | JournalEntry:
        books = self._read(order.id)
        old, new = books.sold, changed_from(books.sold, order)
        if old == new and (told := newest_told(books.entries)):
            return told
        only_deliveries = without_deliveries(old) == without_deliveries(new)
        kind = EntryKind.DELIVERY if only_deliveries else EntryKind.ORDER_EDITED
        # Named by what it changes, too: an order may be changed to and fro.
        snapshot = self._snapshots.keep(new).content
        key = ids.changed_key(kind, order.id, newest_snapshot(books.entries), snapshot)
        plans, voids = books.withdrawing(key, books.unsubmitted() if _figures(old) != _figures(new) else ())
        left = [one for name, one in books.happened.items() if name not in plans]
        _check_lines(with_exchanges(new, left), left)
        was, now = books.order_without(plans), with_exchanges(new, left)
        before, after = history_of(was, left), history_of(now, left)
        moves = () if only_deliveries else facts.edited(key, was, now, books.free(voids), before, after)
        return NewEntry(
            key=key,
            kind=kind,
            order=order.id,
            actor=actor,
            at=at,
            facts={"snapshot": snapshot, "withdrawn": plans},
            asked={"order": order.id},
            transfers=(*voids, *moves),
        )

    def cleared(self, order_id: str, account: str, actor: str, reason: str, now: datetime) -> JournalEntry:
        """Finance takes what stands in an order's suspense upon `fees:...`, `goodwill` or a `receivable:...`; what came
        back beyond what suspense needed goes there, too.

        Raises InvalidRequest for another account, and Refused if nothing stands in suspense.
        """
        if account.partition(":")[0] not in ("fees", "goodwill", "receivable"):
            raise InvalidRequest("account", "suspense is cleared to fees:KIND, goodwill or receivable:CUSTOMER")

        def decide() -> NewEntry:
            books = self._read(order_id)
            key = ids.cleared_key(order_id, books.entries[-1].seq)
            stands = self._ledger.balance(accounts.suspense(order_id), books.order.currency).posted
            if not stands:
                raise Refused("no_suspense", f"nothing stands in suspense for order {order_id}")
            return NewEntry(
                key=key,
                kind=EntryKind.CLEARED,
                order=order_id,
                actor=actor,
                reasons=(reason,),
                at=now,
                facts={"account": account, "amount": -stands, "currency": books.order.currency},
                asked={"order": order_id, "account": account, "amount": -stands},
                transfers=facts.cleared(key, order_id, books.order.currency, account, -stands),
            )

        return decided(self._ledger, order_id, decide)

    def _check_not_owed(self, books: OrderBooks, refund: EarlierRefund, withdrawn: tuple[str, ...]) -> None:
        """Raises Refused for units that a return owes: closed twice, they would be paid by their return again."""
        stands, history = books.happened, books.history(without=withdrawn)
        for line in refund.lines:
            if line.quantity <= history.lines[line.line_id].open:
                continue
            for entry in books.entries:
                plan = stands.get(entry.key) if entry.case and entry.key not in withdrawn else None
                if plan and any(one.line_id == line.line_id for one in plan.lines):
                    self._check_paid(entry.case, line.line_id, books.order.currency)

    def _check_paid(self, case: str, line_id: str, currency: str) -> None:
        owed = self._ledger.balance(accounts.owed(case), currency).posted
        if owed > 0:
            text = (
                f"return {case} owes {Money(minor=owed, currency=currency)}, also for line {line_id}, and asked the "
                f"provider for it; if this pays that, tell the return: `python starter.py consent {case} --to bank`, "
                "then `paid-by-hand`. If it is for something else, leave the line out"
            )
            raise Refused("owed_by_return", text)

    def _held(self, order: Order, refund: EarlierRefund) -> dict[str, int]:
        """Of the units that a refund names, those that the customer has and that are in no return."""
        named: Counter[str] = Counter()
        for line in refund.lines:
            named[line.line_id] += line.quantity
        held = {one: self._ledger.balance(accounts.with_customer(order.id, one), UNITS).available for one in named}
        return {one: min(count, held[one]) for one, count in named.items() if min(count, held[one]) > 0}

    def _read(self, order_id: str) -> OrderBooks:
        return OrderBooks.read(self._ledger, self._snapshots, order_id)


def _check_names(books: OrderBooks, refund: EarlierRefund) -> None:
    order = books.order
    for tender in refund.money:
        if order.tender(tender) is None:
            known = ", ".join(one.id for one in order.tenders)
            raise InvalidRequest("payment", f"order {order.number} has no payment {tender}; it has {known}")
    for line in refund.lines:
        if order.line(line.line_id) is None:
            raise InvalidRequest("lines", f"order {order.number} has no line {line.line_id}")
    for entry in books.entries:
        if entry.kind is EntryKind.REFUND_SETTLED and entry.facts["refund"]["provider_id"] == refund.id:
            raise InvalidRequest("id", f"{refund.id} is a refund of ours, of return {entry.case}; it is in the books")


def _figures(order: Order) -> object:
    """All of an order that a plan is computed from."""
    return (
        [(one.id, one.kind, one.captured, one.step) for one in order.tenders],
        [(one.id, one.quantity, order.paid_for(one), one.taxes, one.duties, one.kit) for one in order.lines],
        (order.paid_for(order.shipping), order.shipping, order.tip),
    )


def _check_lines(order: Order, left: Iterable[Happened]) -> None:
    """Raises Refused where a line that went back is gone from the changed order."""
    for one in left:
        for line in one.lines:
            if order.line(line.line_id) is None:
                text = f"order {order.number} was changed so that line {line.line_id} is gone, of which units went back"
                raise Refused("edited_below_refunds", text)


def changed_from(old: Order, new: Order) -> Order:
    """An order as the shop tells it now, but with the refunds that the old one came with: later ones are facts of their
    own. Raises Refused where that makes no order.
    """
    if old.currency != new.currency:
        text = f"order {old.number} was sold in {old.currency}; it cannot be edited into one in {new.currency}"
        raise Refused("other_currency", text)
    refunded = {one.id: one.refunded for one in old.tenders}
    tenders = [{**one.model_dump(), "refunded": refunded.get(one.id, 0)} for one in new.tenders]
    try:
        return Order.model_validate({**new.model_dump(), "refunds": old.refunds, "tenders": tenders})
    except ValueError as error:
        text = f"order {old.number} was changed so that its earlier refunds do not fit it any more ({error})"
        raise Refused("edited_below_refunds", text) from None
