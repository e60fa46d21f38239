"""Orders as WooCommerce's REST API v3 writes them, alone or with their refunds.

WooCommerce tells amounts before tax, whatever the shop's prices are; where they include tax, it is added back. The
order's totals are the judge: its total, and one tax total per rate. Where WooCommerce rounded only at those, its lines
are a fraction of a cent off, and the cents are spread over them so that they add up again.
A fee was paid once for the whole order, as delivery is; one below zero is a discount on all goods. Gift cards come off
WooCommerce's total, which is only what was still to pay; here they are payments, and the total is that of the goods.
A business bought only where a plug-in recorded a VAT number; a company in the address is no such fact. WooCommerce's
orders tell neither the categories and tags of what was sold nor anything of the customer but an id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from activities.storefront.reading import Node, make, utc
from activities.storefront.tenders import refunded_by_tender, refuse_untold
from activities.storefront.woocommerce.fields import includes_tax, meta, moment
from activities.storefront.woocommerce.goods import read_goods
from activities.storefront.woocommerce.payments import read_tenders
from activities.storefront.woocommerce.refunds import read_refunds
from activities.storefront.words import IN_PERSON, channel_of, region_of
from domain.errors import InvalidRequest
from domain.order import Buyer, Contact, ImportedOrder, Order

_HOST = re.compile(r"https?://([A-Za-z0-9][A-Za-z0-9.-]{0,63})/")
_NAMES = {
    "placed_at": "date_created_gmt",
    "country": "shipping.country",
    "lines": "line_items",
    "tenders.0": "refunds",
}
_CHANNELS = {"checkout": "online", "store-api": "online", **IN_PERSON}
_VAT_NUMBERS = ("_billing_vat_number", "_billing_eu_vat_number", "_billing_vat", "_vat_number", "vat_number")


def import_woocommerce(
    payload: object, more: object = None, *, payment: str | None = None, delivered_at: datetime | None = None
) -> ImportedOrder:
    """An order from WooCommerce's JSON, and apart from it the person; amounts in minor units.

    Its refunds as full objects stand in it, or in the second document `more`; without them only their sums are known.
    `payment` is the provider's id of the payment, where the order has none; `delivered_at` holds for every line.
    Raises InvalidRequest naming the field, or the figure that disagrees with the others.
    """
    raw = _order_in(payload)
    currency = raw.currency("currency")
    tenders = read_tenders(raw, currency, payment)
    order_id, total = str(raw.whole("id")), sum(one.captured for one in tenders)
    goods = read_goods(raw, currency, total, utc(delivered_at))
    refunds = read_refunds(raw, more, currency, tenders)
    refuse_untold("status", raw.text("status"), total, refunds)
    back = refunded_by_tender(refunds)
    customer_id = str(raw.whole("customer_id")) if raw.fields.get("customer_id") else f"guest-{order_id}"
    addresses = filter(None, (raw.child(name) for name in ("shipping", "billing")))
    address = next((one for one in addresses if one.text("country")), Node({}))
    country = address.text("country") or None
    order = {
        "id": order_id,
        "number": raw.text("number") or order_id,
        "shop": _shop(raw),
        "customer_id": customer_id,
        "currency": currency,
        "placed_at": moment(raw, "date_created_gmt") or moment(raw, "date_created"),
        "prices_include_tax": includes_tax(raw),
        "lines": goods.lines,
        "shipping": goods.shipping,
        "tenders": [{**one.model_dump(), "refunded": back[one.id]} for one in tenders],
        "total": total,
        "refunds": refunds,
        "buyer": Buyer.BUSINESS if any(meta(raw, name) for name in _VAT_NUMBERS) else Buyer.CONSUMER,
        "country": country,
        "region": region_of(country, address.text("state")),
        "channel": channel_of(raw.text("created_via"), _CHANNELS),
    }
    return ImportedOrder(order=make(Order, order, names=_NAMES), contact=_contact(raw, customer_id))


def _order_in(payload: object) -> Node:
    if not isinstance(payload, Mapping) or "line_items" not in payload or "total" not in payload:
        raise InvalidRequest("order", "this is no WooCommerce order: it has no line_items and total")
    return Node(payload)


def _shop(raw: Node) -> str:
    """The host that the order was read from."""
    links = raw.child("_links")
    addresses = [one.text("href") for one in links.each("self")] if links else []
    hosts = [found.group(1) for one in addresses if (found := _HOST.match(one))]
    return hosts[0] if hosts else "woocommerce"


def _contact(raw: Node, customer_id: str) -> Contact:
    nobody = Node({})
    billing = raw.child("billing") or nobody
    shipping = raw.child("shipping") or nobody
    address = shipping if shipping.text("address_1") else billing
    town = f"{address.text('postcode')} {address.text('city')}".strip()
    street = [address.text(name) for name in ("company", "address_1", "address_2")]
    contact = {
        "customer_id": customer_id,
        "name": f"{billing.text('first_name')} {billing.text('last_name')}".strip(),
        "email": billing.text("email"),
        "phone": billing.text("phone"),
        "address": tuple(filter(None, (*street, town, address.text("state")))),
        "street": tuple(filter(None, street)),
        "city": address.text("city"),
        "postal_code": address.text("postcode"),
        "region": address.text("state"),
        "country": address.text("country"),
    }
    return make(Contact, contact, "billing")
