"""The orders of the scenarios. All amounts are minor units; each is bought anew whenever its scenario is played."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.storefront.importers import read_order
from domain.order import ImportedOrder


@dataclass(frozen=True)
class Article:
    """One line of an order: `quantity` units at `price`, with one tax within it."""

    sku: str
    title: str
    price: int
    quantity: int = 1
    tax: str = "0.19"
    tax_amount: int = 0
    category: str = ""


SHIRT = Article("SHIRT-M", "Linen shirt, M", 4900, 2, tax_amount=1565)
LAMP = Article("LAMP", "Reading lamp", 12900, tax_amount=2060)
FLOOR_LAMP = Article("LAMP-FLOOR", "Floor lamp", 14900)
CLIP_LAMP = Article("LAMP-CLIP", "Clip-on lamp", 9900)
BEDSIDE_LAMP = Article("LAMP-NOTICE", "Bedside lamp", 12900, tax_amount=2060, category="short_notice")
PRINT = Article("PRINT", "Signed print", 12900, tax_amount=2060, category="signed")


@dataclass(frozen=True)
class Purchase:
    """An order: what was bought, where it went, and how it was paid: tender id to kind and amount."""

    number: str
    articles: tuple[Article, ...]
    tenders: dict[str, tuple[str, int]]
    currency: str = "EUR"
    country: str = "CH"
    shipping: int = 0
    delivered_days_ago: int = 5

    def imported(self, now: datetime) -> ImportedOrder:
        """As a storefront would hand it over. Germany's shoppers are consumers, so the law applies to them."""
        delivered = now - timedelta(days=self.delivered_days_ago)
        placed = delivered - timedelta(days=3)
        name = self.number.lower()
        order: dict[str, Any] = {
            "id": name,
            "number": self.number,
            "shop": "demo-shop",
            "customer_id": f"cust-{name}",
            "currency": self.currency,
            "placed_at": _text(placed),
            "prices_include_tax": True,
            "lines": [self._line(number, one, delivered) for number, one in enumerate(self.articles, 1)],
            "tenders": [
                {"id": id, "kind": kind, "captured": amount, "paid_at": _text(placed)}
                for id, (kind, amount) in self.tenders.items()
            ],
            "total": sum(amount for _, amount in self.tenders.values()),
            "locale": "en",
            "country": self.country,
        }
        if self.shipping:
            order["shipping"] = {"price": self.shipping, "taxes": []}
        contact = {
            "customer_id": f"cust-{name}",
            "name": "Mara Musterfrau",
            "email": "mara@example.com",
            "address": ["Musterstrasse 12", "10115 Berlin"],
            "country": self.country,
        }
        return read_order(json.dumps({"format": "backhaul.order/1", "order": order, "contact": contact}))

    def _line(self, number: int, one: Article, delivered: datetime) -> dict[str, Any]:
        return {
            "id": str(number),
            "sku": one.sku,
            "title": one.title,
            "category": one.category,
            "quantity": one.quantity,
            "unit_price": one.price,
            "taxes": [{"name": "VAT", "rate": one.tax, "amount": one.tax_amount}] if one.tax_amount else [],
            "deliveries": [{"quantity": one.quantity, "at": _text(delivered)}],
        }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
