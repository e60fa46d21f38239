"""Orders as Shopify's Admin REST API writes them. Amounts are those of the shop's currency, which the order is in.

An order that we could not pay back to the cent is refused: figures that disagree, refunds made before, tips, duties,
fees, or a shopper who paid in another currency than the shop's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from activities.storefront.reading import Node, make, utc
from domain.errors import InvalidRequest
from domain.money import Money, exponent
from domain.order import Contact, ImportedOrder, Order, OrderLine, Shipping, TaxLine, Tender, TenderKind

_HOST = re.compile(r"https?://([A-Za-z0-9][A-Za-z0-9.-]{0,63})/")
_NOT_RETURNABLE = {
    "total_tip_received": "tips",
    "original_total_duties_set": "duties",
    "current_total_duties_set": "duties",
    "original_total_additional_fees_set": "additional fees",
    "current_total_additional_fees_set": "additional fees",
    "total_cash_rounding_payment_adjustment_set": "cash rounding",
    "total_cash_rounding_refund_adjustment_set": "cash rounding",
}
_NAMES = {
    "number": "name",
    "placed_at": "processed_at",
    "locale": "customer_locale",
    "country": "shipping_address.country_code",
    "lines": "line_items",
    "total": "total_price",
}


def import_shopify(
    payload: object, *, payment: str | None = None, delivered_at: datetime | None = None
) -> ImportedOrder:
    """An order from Shopify's JSON, bare or under `order`, and apart from it the person; amounts in minor units.

    `payment` is the provider's id of the payment, which Shopify does not tell; `delivered_at` holds for every line.
    Raises InvalidRequest naming the field, or the figure that disagrees with the others.
    """
    raw = _order_in(payload)
    currency = _currency(raw)
    _refuse_what_cannot_go_back(raw, currency)
    delivered_at = utc(delivered_at)
    lines = tuple(_line(one, currency, delivered_at) for one in raw.each("line_items"))
    shipping = _shipping(raw, currency)
    _check_figures(raw, currency, lines, shipping)
    order_id = str(raw.whole("id"))
    customer = raw.child("customer")
    customer_id = str(customer.whole("id")) if customer else f"guest-{order_id}"
    address = raw.child("shipping_address")
    order = {
        "id": order_id,
        "number": raw.text("name") or order_id,
        "shop": _shop(raw),
        "customer_id": customer_id,
        "currency": currency,
        "placed_at": raw.text("processed_at") or raw.text("created_at"),
        "prices_include_tax": raw.flag("taxes_included"),
        "lines": lines,
        "shipping": shipping,
        "tenders": (_tender(payment, raw.amount("total_price", currency)),),
        "total": raw.amount("total_price", currency),
        "locale": raw.text("customer_locale") or "en",
        "country": (address.text("country_code") if address else "") or None,
    }
    return ImportedOrder(order=make(Order, order, names=_NAMES), contact=_contact(raw, customer_id))


def _order_in(payload: object) -> Node:
    inner = payload.get("order", payload) if isinstance(payload, Mapping) else None
    if not isinstance(inner, Mapping) or "line_items" not in inner or "total_price" not in inner:
        raise InvalidRequest("order", "this is no Shopify order: it has no line_items and total_price")
    return Node(inner)


def _currency(raw: Node) -> str:
    currency = _listed(raw, "currency")
    paid_in = _listed(raw, "presentment_currency") if raw.has("presentment_currency") else currency
    if paid_in != currency:
        words = f"the shopper paid in {paid_in} at a shop that sells in {currency}; only one currency can be imported"
        raise InvalidRequest("presentment_currency", words)
    return currency


def _listed(raw: Node, name: str) -> str:
    currency = raw.text(name)
    try:
        exponent(currency)
    except ValueError as error:
        raise InvalidRequest(name, str(error)) from None
    return currency


def _refuse_what_cannot_go_back(raw: Node, currency: str) -> None:
    if before := raw.each("refunds"):
        words = f"{len(before)} made at Shopify already; an order is imported before its first refund"
        raise InvalidRequest("refunds", words)
    status = raw.text("financial_status") or "paid"
    if status != "paid":
        raise InvalidRequest("financial_status", f"it is {status!r}; only orders that are paid can be imported")
    for name, what in _NOT_RETURNABLE.items():
        if amount := _charged(raw, name, currency):
            money = Money(minor=amount, currency=currency)
            raise InvalidRequest(name, f"{money} of {what}; orders with {what} cannot be imported")


def _charged(raw: Node, name: str, currency: str) -> int:
    if not name.endswith("_set"):
        return raw.amount(name, currency) if raw.has(name) else 0
    both = raw.child(name)
    money = both.child("shop_money") if both else None
    return money.amount("amount", currency) if money else 0


def _line(raw: Node, currency: str, delivered_at: datetime | None) -> OrderLine:
    if raw.each("duties"):
        raise InvalidRequest(raw.at("duties"), "orders with duties cannot be imported")
    line = {
        "id": str(raw.whole("id")),
        "sku": raw.text("sku"),
        "title": (raw.text("name") or raw.text("title"))[:300],
        "quantity": raw.whole("quantity"),
        "unit_price": raw.amount("price", currency),
        "discount": sum(one.amount("amount", currency) for one in raw.each("discount_allocations")),
        "taxes": _taxes([raw], currency),
        "delivered_at": delivered_at,
    }
    return make(OrderLine, line, raw.path, {"unit_price": "price", "title": "name"})


def _shipping(raw: Node, currency: str) -> Shipping | None:
    """All deliveries as one; Shopify lists those that were taken off the order, too."""
    charged = [one for one in raw.each("shipping_lines") if not (one.has("is_removed") and one.flag("is_removed"))]
    if not charged:
        return None
    cuts = [cut for one in charged for cut in one.each("discount_allocations")]
    shipping = {
        "price": sum(one.amount("price", currency) for one in charged),
        "discount": sum(cut.amount("amount", currency) for cut in cuts),
        "taxes": _taxes(charged, currency),
    }
    return make(Shipping, shipping, "shipping_lines")


def _taxes(charged: list[Node], currency: str) -> tuple[TaxLine, ...]:
    amounts: dict[tuple[str, str], int] = {}
    for one in (tax for owner in charged for tax in owner.each("tax_lines")):
        tax = (one.text("title")[:100], one.rate("rate"))
        amounts[tax] = amounts.get(tax, 0) + one.amount("price", currency)
    taxes = ({"name": name, "rate": rate, "amount": amount} for (name, rate), amount in amounts.items())
    return tuple(make(TaxLine, tax, charged[0].at("tax_lines")) for tax in taxes)


def _check_figures(raw: Node, currency: str, lines: tuple[OrderLine, ...], shipping: Shipping | None) -> None:
    """The order's own sums are the judge of what we read out of its lines."""
    subtotal = sum(line.quantity * line.unit_price - line.discount for line in lines)
    delivery = shipping.price - shipping.discount if shipping else 0
    taxes = [tax for line in lines for tax in line.taxes] + list(shipping.taxes if shipping else ())
    tax = sum(one.amount for one in taxes)
    total = subtotal + delivery + (0 if raw.flag("taxes_included") else tax)
    for name, found in (("subtotal_price", subtotal), ("total_tax", tax), ("total_price", total)):
        said = raw.amount(name, currency)
        if said != found:
            ours, theirs = (Money(minor=minor, currency=currency) for minor in (found, said))
            raise InvalidRequest(name, f"the order says {theirs}, but its lines and shipping add up to {ours}")


def _tender(payment: str | None, total: int) -> Tender:
    if payment is None:
        return make(Tender, {"id": "unlinked", "kind": TenderKind.UNKNOWN, "captured": total})
    return make(Tender, {"id": payment, "kind": TenderKind.CARD, "captured": total}, names={"id": "payment"})


def _shop(raw: Node) -> str:
    """The host of the order's page; only the host, because the rest of that address lets anyone in."""
    host = _HOST.match(raw.text("order_status_url"))
    return host.group(1) if host else "shopify"


def _contact(raw: Node, customer_id: str) -> Contact:
    nobody = Node({})
    customer = raw.child("customer") or nobody
    address = raw.child("shipping_address") or raw.child("billing_address") or nobody
    town = f"{address.text('zip')} {address.text('city')}".strip()
    street = [address.text(name) for name in ("company", "address1", "address2")]
    contact = {
        "customer_id": customer_id,
        "name": f"{customer.text('first_name')} {customer.text('last_name')}".strip() or address.text("name"),
        "email": raw.text("email") or raw.text("contact_email") or customer.text("email"),
        "phone": raw.text("phone") or customer.text("phone") or address.text("phone"),
        "address": tuple(filter(None, (*street, town, address.text("province")))),
        "country": address.text("country_code"),
    }
    return make(Contact, contact, "customer")
