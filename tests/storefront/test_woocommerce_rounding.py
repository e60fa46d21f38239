"""WooCommerce's own arithmetic, with either of its two ways to round: whatever it makes of a basket can be read."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

import pytest

from activities.storefront.woocommerce import import_woocommerce
from tests.storefront.payloads import Json, plan, woo

RATES = {1: Decimal("0.19"), 2: Decimal("0.07"), 3: Decimal("0.08875")}
NOTHING = Decimal(0)


def rounded(amount: Decimal, places: int = 2, way: str = ROUND_HALF_UP) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), way)


class Shop:
    """A shop that rounds the tax of every line, or only that of the order."""

    def __init__(self, seed: int, *, inclusive: bool, at_the_end: bool) -> None:
        self._chance = random.Random(seed)
        self._inclusive, self._at_the_end = inclusive, at_the_end
        self._off = self._chance.choice([0, 0, 10, 33])
        self._nets: list[tuple[int, Decimal]] = []
        self._taxes: dict[int, list[Decimal]] = defaultdict(list)

    def order(self, *, with_discount_fee: bool) -> Json:
        """A basket of one to five lines, sent for up to 15.00."""
        lines = [self._line(number) for number in range(1, self._chance.randint(2, 6))]
        fees = [self._discount_fee()] if with_discount_fee else []
        sent = Decimal(self._chance.randint(0, 1500)) / 100
        sent_tax = rounded(sent * RATES[1]) if 1 in self._taxes else NOTHING
        on_goods = {rate: sum(parts, NOTHING) for rate, parts in self._taxes.items()}
        net = sum((amount for _, amount in self._nets), NOTHING) + sum((Decimal(fee["total"]) for fee in fees), NOTHING)
        tax = sum((one if self._at_the_end else rounded(one) for one in on_goods.values()), NOTHING)
        total = rounded(net + tax + sent + sent_tax) if self._at_the_end else rounded(net) + tax + sent + sent_tax
        shown = [
            {
                "rate_id": rate,
                "label": "VAT",
                "rate_percent": float(100 * RATES[rate]),
                "tax_total": str(rounded(amount)),
                "shipping_tax_total": str(sent_tax if rate == 1 else NOTHING),
            }
            for rate, amount in on_goods.items()
        ]
        delivery = {
            "id": 70,
            "total": str(sent),
            "total_tax": str(sent_tax),
            "taxes": [{"id": 1, "total": str(sent_tax)}],
        }
        return woo() | {
            "prices_include_tax": self._inclusive,
            "line_items": lines,
            "fee_lines": fees,
            "tax_lines": shown,
            "shipping_lines": [delivery],
            "coupon_lines": [{"code": "off"}] if self._off else [],
            "shipping_total": str(sent),
            "shipping_tax": str(sent_tax),
            "total": str(total),
            "total_tax": str(rounded(tax) + sent_tax),
        }

    def _line(self, number: int) -> Json:
        rate, quantity = self._chance.choice(list(RATES)), self._chance.randint(1, 5)
        listed = quantity * Decimal(self._chance.randint(99, 9999)) / 100
        paid = rounded(listed * (100 - self._off) / 100)
        within = 1 + RATES[rate] if self._inclusive else Decimal(1)
        tax, before = paid / within * RATES[rate], listed / within * RATES[rate]
        net = rounded(paid - tax if self._inclusive else paid, 6)
        way = ROUND_HALF_DOWN if self._inclusive else ROUND_HALF_UP
        charged = rounded(tax, 6) if self._at_the_end else rounded(tax, 2, way)
        self._nets.append((rate, net))
        self._taxes[rate].append(charged)
        return {
            "id": number,
            "name": "Thing",
            "quantity": quantity,
            "price": float(net / quantity),
            "subtotal": str(rounded(listed / within)),
            "total": str(rounded(net)),
            "total_tax": str(rounded(charged)),
            "taxes": [{"id": rate, "total": str(charged), "subtotal": str(rounded(before, 6))}],
        }

    def _discount_fee(self) -> Json:
        """A tenth of the goods, with the tax of each rate in proportion to them."""
        base = sum((net for _, net in self._nets), NOTHING)
        off = rounded(base / 10)
        taxes: list[Json] = []
        for rate in list(self._taxes):
            share = off * sum((net for its, net in self._nets if its == rate), NOTHING) / base
            tax = rounded(share * RATES[rate], 6 if self._at_the_end else 2)
            self._taxes[rate].append(-tax)
            taxes.append({"id": rate, "total": str(-tax)})
        whole = sum((Decimal(one["total"]) for one in taxes), NOTHING)
        return {"id": 99, "name": "Off", "total": str(-off), "total_tax": str(rounded(whole)), "taxes": taxes}


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("at_the_end", [True, False])
@pytest.mark.parametrize("with_discount_fee", [True, False])
def test_every_basket_is_read_to_the_cent(inclusive: bool, at_the_end: bool, with_discount_fee: bool) -> None:
    for seed in range(100):
        raw = Shop(seed, inclusive=inclusive, at_the_end=at_the_end).order(with_discount_fee=with_discount_fee)
        order = import_woocommerce(raw).order
        assert order.total == 100 * Decimal(raw["total"])
        assert plan(order).total == order.total
        told = [tax.amount for line in order.lines for tax in line.taxes]
        told += [tax.amount for tax in order.shipping.taxes] if order.shipping else []
        assert sum(told) == 100 * Decimal(raw["total_tax"])
