"""How an order was paid: Shopify's transactions, each group with the same origin one tender.

Captured is what a sale or a capture says; an authorization alone is no money.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from activities.storefront.reading import Node, make
from activities.storefront.shopify.till import Till
from activities.storefront.tenders import CARD_PAYMENTS, step, the_one_tender
from domain.errors import InvalidRequest
from domain.money import Money
from domain.order import Tender, TenderKind

_PAID = ("", "paid", "partially_refunded", "refunded")
_PROVIDERS_ID = re.compile(r"[a-z]{2}_[A-Za-z0-9_]{1,60}")
_DEEPEST = 4
"""How deep a receipt is searched for the provider's id; it is the provider's own answer, whatever that is."""

# All other gateways count as cards.
_KINDS = {
    "gift_card": TenderKind.GIFT_CARD,
    "store_credit": TenderKind.STORE_CREDIT,
    "shopify_store_credit": TenderKind.STORE_CREDIT,
    "cash": TenderKind.CASH_ON_DELIVERY,
    "cod": TenderKind.CASH_ON_DELIVERY,
    "cash_on_delivery": TenderKind.CASH_ON_DELIVERY,
    "cash_on_delivery_cod": TenderKind.CASH_ON_DELIVERY,
    "bank_deposit": TenderKind.BANK,
    "bank_transfer": TenderKind.BANK,
    "money_order": TenderKind.BANK,
    "manual": TenderKind.BANK,
}


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
        self._ids = {root: _provider(group) or str(group[0].whole("id")) for root, group in self._groups.items()}
        self._link()

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
        cards = [root for root, group in self._groups.items() if _kind(group) is TenderKind.CARD]
        if len(cards) != 1 or _provider(self._groups[cards[0]]):
            raise InvalidRequest("payment", "the order names its own payments and this is none of them; leave it out")
        self._ids[cards[0]] = self._payment

    def tender_of(self, refund: Node) -> str:
        """The id of the tender that a refund transaction gave back to. Raises InvalidRequest if that is not told."""
        if not self._known:
            return the_one_tender(self._payment, 0, 0, self._till.paid_in).id
        root = self._root(refund)
        if root in self._ids:
            return self._ids[root]
        if len(self._ids) == 1:
            return next(iter(self._ids.values()))
        raise InvalidRequest(refund.at("parent_id"), "it is none of the order's payments")

    def tenders(self, refunded: Mapping[str, int]) -> tuple[Tender, ...]:
        """Every payment. Raises InvalidRequest if together they are not the order's total."""
        total = self._till.amount(self._order, "total_price")
        if not self._known:
            return (self._unknown(total, sum(refunded.values())),)
        tenders = tuple(self._tender(root, group, refunded) for root, group in self._groups.items())
        captured = sum(one.captured for one in tenders)
        if captured != total:
            ours, theirs = (Money(minor=minor, currency=self._till.paid_in) for minor in (captured, total))
            raise InvalidRequest("transactions", f"they captured {ours}, but the order's total_price is {theirs}")
        return tenders

    def _unknown(self, total: int, refunded: int) -> Tender:
        status = self._order.text("financial_status")
        if self._payment is not None and status not in _PAID:
            raise InvalidRequest("financial_status", f"it is {status!r}; only a paid order has a payment to link")
        return the_one_tender(self._payment, total, refunded, self._till.paid_in)

    def _tender(self, root: object, group: Sequence[Node], refunded: Mapping[str, int]) -> Tender:
        tender_id, kind = self._ids[root], _kind(group)
        tender = {
            "id": tender_id,
            "kind": kind,
            "captured": sum(self.amount(one) * (-1 if one.text("kind") == "change" else 1) for one in group),
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


def _kind(group: Sequence[Node]) -> TenderKind:
    first = group[0]
    name = re.sub(r"[^a-z0-9]+", "_", first.text("gateway").lower()).strip("_")
    by_hand = first.has("manual_payment_gateway") and first.flag("manual_payment_gateway")
    return _KINDS.get(name, TenderKind.BANK if by_hand else TenderKind.CARD)


def _provider(group: Sequence[Node]) -> str:
    """The payment's id at the provider, if a receipt or an authorization tells it; a payment intent before a charge."""
    told = [text for one in group for name in ("receipt", "authorization") for text in _texts(one.fields.get(name))]
    ids = [text for text in told if _PROVIDERS_ID.fullmatch(text)]
    return next((one for prefix in CARD_PAYMENTS for one in ids if one.startswith(prefix)), "")


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner, depth + 1)
