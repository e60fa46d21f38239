"""Orders as Shopify's Admin REST API writes them, alone or with their transactions.

Amounts are those that the shopper was charged in: Shopify's presentment money where that is not the shop's currency.
An order that we could not pay back to the cent is refused, with the figures that disagree. Additional fees were paid
once for the whole order, as delivery is, and so was what the till added in cash; what it took off is a discount.
A business bought only where Shopify says so itself (`company`, its B2B orders): a company in an address or an
exemption from tax does not take a consumer's rights away. Of the facts that exclude a line Shopify tells one: a gift
card is digital. A tag of the order is one of each of its lines; the customer's tags are its groups. All are read, but
only those that a policy asks for are stored (`domain.policy.words`). Lines of the REST API have no product type; where
whoever sends them has added it, it is the category.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from activities.storefront.reading import Node, make, utc
from activities.storefront.shopify.duties import taxes_on_duties
from activities.storefront.shopify.lines import Sold, read_sold
from activities.storefront.shopify.payments import Payments
from activities.storefront.shopify.refunds import read_refunds, taken_off, with_unpaid
from activities.storefront.shopify.till import Till
from activities.storefront.tenders import refunded_by_tender, refuse_untold
from activities.storefront.words import IN_PERSON, channel_of, region_of, tags_of
from domain.customer import CustomerFacts
from domain.errors import InvalidRequest
from domain.money import Money
from domain.order import UNPAID, Buyer, Contact, ImportedOrder, Order, OrderLine, Shipping

_HOST = re.compile(r"https?://([A-Za-z0-9][A-Za-z0-9.-]{0,63})/")
_NAMES = {
    "number": "name",
    "placed_at": "processed_at",
    "locale": "customer_locale",
    "country": "shipping_address.country_code",
    "lines": "line_items",
    "total": "total_price",
}


def import_shopify(
    payload: object, more: object = None, *, payment: str | None = None, delivered_at: datetime | None = None
) -> ImportedOrder:
    """An order from Shopify's JSON, bare or under `order`, and apart from it the person; amounts in minor units.

    Its transactions stand in it, beside it, or in the second document `more`, which may be their bare list or hold
    `refunds` that the order does not list itself. Without transactions `payment` is the provider's id of the one
    payment; without that the order has one unknown tender. `delivered_at` holds for every line.
    Raises InvalidRequest naming the field, or the figure that disagrees with the others.
    """
    raw = _order_in(payload)
    till = Till.of(raw)
    order_id = str(raw.whole("id"))
    total = till.amount(raw, "total_price") + till.rounding(raw)
    placed_at = raw.text("processed_at") or raw.text("created_at")
    customer = raw.child("customer")
    customer_id = str(customer.whole("id")) if customer and customer.has("id") else f"guest-{order_id}"
    address = raw.child("shipping_address") or Node({})
    country = address.text("country_code") or None
    order = {
        "id": order_id,
        "number": raw.text("name") or order_id,
        "shop": _shop(raw),
        "customer_id": customer_id,
        "currency": till.paid_in,
        "placed_at": placed_at,
        "prices_include_tax": raw.flag("taxes_included"),
        "total": total,
        **_sold(raw, till, utc(delivered_at)),
        **_paid(raw, payload, more, till, payment, placed_at),
        **till.exchange(raw, total),
        "buyer": Buyer.BUSINESS if raw.child("company") else Buyer.CONSUMER,
        "locale": raw.text("customer_locale") or "en",
        "country": country,
        "region": region_of(country, address.text("province_code")),
        "channel": channel_of(raw.text("source_name"), {"web": "online", **IN_PERSON}),
        "customer": _customer(customer) if customer else CustomerFacts(),
    }
    return ImportedOrder(order=make(Order, order, names=_NAMES), contact=_contact(raw, customer_id))


def _customer(raw: Node) -> CustomerFacts:
    """What is known of the customer. Shopify counts this order, too; of returns it counts none."""
    facts = {
        "groups": tags_of(raw.fields.get("tags")),
        "since": raw.text("created_at") or None,
        "orders": max(0, raw.whole("orders_count") - 1) if raw.has("orders_count") else None,
    }
    return make(CustomerFacts, facts, raw.path, {"since": "created_at", "groups": "tags", "orders": "orders_count"})


def _order_in(payload: object) -> Node:
    inner = payload.get("order", payload) if isinstance(payload, Mapping) else None
    if not isinstance(inner, Mapping) or "line_items" not in inner or "total_price" not in inner:
        raise InvalidRequest("order", "this is no Shopify order: it has no line_items and total_price")
    return Node(inner)


def _sold(raw: Node, till: Till, delivered_at: datetime | None) -> dict[str, object]:
    """What the money was paid for, as fields of the order."""
    sold = read_sold(raw, till, delivered_at)
    _check_figures(raw, till, sold)
    return {"lines": sold.lines, "shipping": sold.shipping, "tip": sold.tip}


def _paid(
    raw: Node, payload: object, more: object, till: Till, payment: str | None, placed_at: str
) -> dict[str, object]:
    """What it was paid with and what went back, as fields of the order."""
    second = _second(more)
    transactions = _transactions(raw, payload, second)
    payments = Payments(raw, transactions, till, payment)
    refunds = read_refunds(raw, second, transactions, payments, till)
    refuse_untold("financial_status", raw.text("financial_status"), till.amount(raw, "total_price"), refunds)
    tenders = payments.tenders(refunded_by_tender(refunds), taken_off(refunds))
    unpaid = sum(one.captured for one in tenders if one.id == UNPAID)
    return {"tenders": tenders, "refunds": with_unpaid(refunds, unpaid, placed_at)}


def _second(more: object) -> Node:
    """A second document: transactions or refunds, listed or one alone. Raises InvalidRequest if it is neither."""
    if not isinstance(more, Mapping):
        return Node({"transactions": more})
    one = more.get("transaction") or (more if "kind" in more else None)
    if one is None and not {"transactions", "refunds", "refund"} & set(more):
        raise InvalidRequest("transactions", "it holds neither transactions nor refunds of an order")
    return Node({"transactions": [one]} if one else more)


def _transactions(raw: Node, payload: object, second: Node) -> list[Node]:
    """The order's transactions, from wherever they stand."""
    beside = Node(payload) if isinstance(payload, Mapping) else raw
    found = raw.each("transactions") or beside.each("transactions") or second.each("transactions")
    for one in found:
        if one.has("order_id") and one.whole("order_id") != raw.whole("id"):
            raise InvalidRequest(one.at("order_id"), f"it is {one.whole('order_id')}, of another order")
    return found


def _check_figures(raw: Node, till: Till, sold: Sold) -> None:
    """The order's tax and total are the judge of what was read out of its lines; its subtotal is no judge, because
    Shopify's own samples leave discounts out of it."""
    parts: list[OrderLine | Shipping] = [*sold.lines, sold.shipping] if sold.shipping else [*sold.lines]
    tax = sum(one.amount for part in parts for one in part.taxes)
    goods = sum(one.quantity * one.unit_price - one.discount - one.order_discount for one in sold.lines)
    delivery = sold.shipping.price - sold.shipping.discount if sold.shipping else 0
    total = goods + sum(one.duties for one in sold.lines) + delivery + sold.tip
    total += (0 if raw.flag("taxes_included") else tax) - till.rounding(raw)
    taxed = ("total_tax", till.tax(raw), tax + taxes_on_duties(raw, till))
    for name, said, found in (taxed, ("total_price", till.amount(raw, "total_price"), total)):
        if said != found:
            ours, theirs = (Money(minor=minor, currency=till.paid_in) for minor in (found, said))
            raise InvalidRequest(name, f"the order says {theirs}, but its lines and shipping add up to {ours}")


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
        "street": tuple(filter(None, street)),
        "city": address.text("city"),
        "postal_code": address.text("zip"),
        "region": address.text("province_code") or address.text("province"),
        "country": address.text("country_code"),
    }
    return make(Contact, contact, "customer")
