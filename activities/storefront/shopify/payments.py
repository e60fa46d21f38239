"""How an order was paid: Shopify's transactions, each group with the same origin one tender.

Captured is what a sale or a capture says; an authorization alone is no money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from activities.storefront.reading import Node, make
from activities.storefront.shopify.gateways import kind_of, provider_id
from activities.storefront.shopify.till import Till
from activities.storefront.tenders import kind_at_provider, step, the_one_tender
from domain.errors import InvalidRequest
from domain.money import Money
from domain.order import UNPAID, Tender, TenderKind

_PAID = ("", "paid", "partially_refunded", "refunded")
_IN_FULL = ("", "paid")
"""One of which money went back may have been paid in part."""
_CREDIT = (TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT)


class Payments:
    """The payments of an order by the root of their transactions; one without a root if no transactions came along."""

    def __init__(self, order: Node, transactions: Sequence[Node], till: Till, payment: str | None) -> None:
        self._order, self._till, self._payment = order, till, payment
        self._parents = {one.whole("id"): one.fields.get("parent_id") for one in transactions}
        self._groups: dict[object, list[Node]] = {}
        for one in transactions:
            if one.text("kind") in ("sale", "capture", "change") and one.text("status") == "success":
                self._groups.setdefault(self._root(one), []).append(one)
        self._known = bool(transactions)
        self._kinds = {root: kind_of(group) for root, group in self._groups.items()}
        self._ids = {root: provider_id(group) or str(group[0].whole("id")) for root, group in self._groups.items()}
        self._link()
        self._captured = {self._ids[root]: self._sum(group) for root, group in self._groups.items()}
        self._in_coins()

    def _root(self, one: Node) -> object:
        """The id of the first transaction of its line; one that does not stand there is its own root."""
        root: object = one.whole("id")
        parent = one.fields.get("parent_id")
        for _ in range(len(self._parents)):
            if not isinstance(parent, int) or parent not in self._parents:
                break
            root, parent = parent, self._parents[parent]
        return root

    def _link(self) -> None:
        """Give the one card payment that Shopify does not name the id that was named at the import."""
        if self._payment is None or not self._known or self._payment in self._ids.values():
            return
        unnamed = [root for root, kind in self._kinds.items() if kind is TenderKind.CARD and not self._is_named(root)]
        if len(unnamed) != 1:
            words = "the order names its own payments and this is none of them; leave it out"
            if unnamed:
                words = f"{len(unnamed)} cards paid without telling their ids, so it is not clear whose this is"
            raise InvalidRequest("payment", words)
        self._ids[unnamed[0]] = self._payment

    def _is_named(self, root: object) -> bool:
        return kind_at_provider(self._ids[root]) is TenderKind.CARD

    def _sum(self, group: Sequence[Node]) -> int:
        return sum(self.amount(one) * (-1 if one.text("kind") == "change" else 1) for one in group)

    def _in_coins(self) -> None:
        """Where transactions are told before the till rounded them, what it added or took off goes to the cash."""
        rounding = self._till.rounding(self._order)
        cash = [self._ids[root] for root, kind in self._kinds.items() if kind is TenderKind.CASH_ON_DELIVERY]
        if rounding and cash and sum(self._captured.values()) + rounding == self._total:
            self._captured[cash[0]] += rounding

    @property
    def _total(self) -> int:
        """What was to be paid, after the till rounded it."""
        return self._till.amount(self._order, "total_price") + self._till.rounding(self._order)

    def gave_back(self, refunds: Mapping[int, Node]) -> dict[int, dict[str, int]]:
        """Which payments each of these transactions gave back to. Raises InvalidRequest if that is not told.

        Credit that no payment was made with stands for the payments that it spared, the last ones first.
        """
        found: dict[int, dict[str, int]] = {}
        left = dict(self._captured)
        later: list[int] = []
        for number, one in refunds.items():
            tender_id = self._tender_of(one)
            if tender_id is None:
                later.append(number)
            else:
                found[number] = {tender_id: self.amount(one)}
                left[tender_id] = left.get(tender_id, 0) - self.amount(one)
        for number in later:
            found[number] = self._credited(self.amount(refunds[number]), left)
        return found

    def _credited(self, amount: int, left: dict[str, int]) -> dict[str, int]:
        money: dict[str, int] = {}
        *others, first = reversed(left)
        for tender_id in (*others, first):
            part = amount if tender_id == first else min(amount, max(0, left[tender_id]))
            if part:
                money[tender_id] = part
                left[tender_id] -= part
                amount -= part
        return money

    def _tender_of(self, refund: Node) -> str | None:
        """The id of the tender that a refund transaction gave back to; None for credit that is none of them."""
        if not self._known:
            return the_one_tender(self._payment, 0, 0, self._till.paid_in).id
        root, kind = self._root(refund), kind_of([refund])
        if root in self._ids:
            return self._ids[root]
        same = [self._ids[one] for one, its in self._kinds.items() if its is kind] if kind in _CREDIT else []
        if len(same) == 1 or len(self._ids) == 1:
            return next(iter(same or self._ids.values()))
        if kind in _CREDIT and self._ids:
            return None
        raise InvalidRequest(refund.at("parent_id"), "it is none of the order's payments")

    def tenders(self, refunded: Mapping[str, int], removed: int) -> tuple[Tender, ...]:
        """Every payment, and what of the total was never paid; `removed` of it was taken off the order.

        Raises InvalidRequest if together they are not the order's total.
        """
        if not self._known:
            return (self._unknown(self._total, sum(refunded.values())),)
        captured = sum(self._captured.values())
        unpaid = self._total - captured
        if unpaid < 0 or (unpaid not in (0, removed) and self._order.text("financial_status") in _IN_FULL):
            ours, theirs = (Money(minor=minor, currency=self._till.paid_in) for minor in (captured, self._total))
            raise InvalidRequest("transactions", f"they captured {ours}, but the order's total_price is {theirs}")
        tenders = [self._tender(root, group, refunded) for root, group in self._groups.items()]
        if unpaid:
            rest = {"id": UNPAID, "kind": TenderKind.UNKNOWN, "captured": unpaid, "refunded": unpaid}
            tenders.append(make(Tender, rest, "transactions"))
        return tuple(tenders)

    def _unknown(self, total: int, refunded: int) -> Tender:
        status = self._order.text("financial_status")
        if self._payment is not None and status not in _PAID:
            raise InvalidRequest("financial_status", f"it is {status!r}; only a paid order has a payment to link")
        return the_one_tender(self._payment, total, refunded, self._till.paid_in)

    def _tender(self, root: object, group: Sequence[Node], refunded: Mapping[str, int]) -> Tender:
        tender_id = self._ids[root]
        kind = kind_at_provider(tender_id) if self._kinds[root] is TenderKind.CARD else self._kinds[root]
        tender = {
            "id": tender_id,
            "kind": kind,
            "captured": self._captured[tender_id],
            "refunded": refunded.get(tender_id, 0),
            "step": step(kind, self._till.paid_in),
            "paid_at": group[0].text("processed_at") or group[0].text("created_at") or None,
        }
        return make(Tender, tender, group[0].path, {"id": "payment", "captured": "amount"})

    def amount(self, one: Node) -> int:
        """The amount of a transaction. Raises InvalidRequest if it is in another currency than the order's."""
        if one.has("currency") and one.text("currency") != self._till.paid_in:
            words = f"it is {one.text('currency')}, but the shopper paid in {self._till.paid_in}"
            raise InvalidRequest(one.at("currency"), words)
        return one.amount("amount", self._till.paid_in)
