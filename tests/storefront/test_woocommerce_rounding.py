"""WooCommerce's own arithmetic, with either of its two ways to round: whatever it makes of a basket can be read."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

import pytest

from activities.storefront.woocommerce import import_woocommerce
from tests.storefront.payloads import Json, plan, refused, woo

RATES = {1: Decimal("0.19"), 2: Decimal("0.07"), 3: Decimal("0.08875"), 4: Decimal("0.20")}
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
        on_sent = rounded(sent * RATES[1], 6) if 1 in self._taxes else NOTHING
        sent_tax = self._charged(on_sent)
        on_goods = {
            rate: sum((one if self._at_the_end else self._charged(one) for one in parts), NOTHING)
            for rate, parts in self._taxes.items()
        }
        nets = [amount if self._at_the_end else rounded(amount) for _, amount in self._nets]
        net = sum(nets, NOTHING) + sum((Decimal(fee["total"]) for fee in fees), NOTHING)
        tax = sum(on_goods.values(), NOTHING)
        total = rounded(net + tax + sent + sent_tax)
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
            "taxes": [{"id": 1, "total": str(on_sent)}],
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
            "total_tax": str(self._charged(tax) + sent_tax),
        }

    def _charged(self, tax: Decimal) -> Decimal:
        """A tax in whole cents; where prices include it, half a cent is part of the net."""
        return rounded(tax, 2, ROUND_HALF_DOWN if self._inclusive else ROUND_HALF_UP)

    def _line(self, number: int) -> Json:
        rate, quantity = self._chance.choice(list(RATES)), self._chance.randint(1, 5)
        listed = quantity * Decimal(self._chance.randint(99, 9999)) / 100
        paid = rounded(listed * (100 - self._off) / 100)
        within = 1 + RATES[rate] if self._inclusive else Decimal(1)
        tax, before = paid / within * RATES[rate], listed / within * RATES[rate]
        net = rounded(paid - tax if self._inclusive else paid, 6)
        tax = rounded(tax, 6)
        self._nets.append((rate, net))
        self._taxes[rate].append(tax)
        return {
            "id": number,
            "name": "Thing",
            "quantity": quantity,
            "price": float(net / quantity),
            "subtotal": str(rounded(listed / within)),
            "total": str(rounded(net)),
            "total_tax": str(self._charged(tax)),
            "taxes": [{"id": rate, "total": str(tax), "subtotal": str(rounded(before, 6))}],
        }

    def _discount_fee(self) -> Json:
        """A tenth of the goods, with the tax of each rate in proportion to them."""
        base = sum((net for _, net in self._nets), NOTHING)
        off = rounded(base / 10)
        taxes: list[Json] = []
        for rate in list(self._taxes):
            share = off * sum((net for its, net in self._nets if its == rate), NOTHING) / base
            tax = rounded(share * RATES[rate], 6)
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


def taxed(goods: Json, tax: str, *, incl: bool = True, rate: int = 20, **more: object) -> Json:
    """One line with one tax, and nothing else unless it is given."""
    line = {"id": 1, "name": "Thing", "quantity": 1, **goods}
    line["taxes"] = [{"id": 1, **one} for one in line["taxes"]]
    rates = [{"rate_id": 1, "label": "VAT", "rate_percent": rate, "tax_total": tax, "shipping_tax_total": "0.00"}]
    given = {"prices_include_tax": incl, "shipping_lines": [], "shipping_total": "0.00", "shipping_tax": "0.00"}
    return woo() | given | {"line_items": [line], "tax_lines": rates, "total_tax": tax, **more}


def line_of(total: str, tax: str, exactly: str, price: float, quantity: int = 1) -> Json:
    figures = {"subtotal": total, "total": total, "total_tax": tax, "price": price, "quantity": quantity}
    return figures | {"taxes": [{"total": exactly, "subtotal": exactly}]}


@pytest.mark.parametrize(
    ("raw", "paid", "tax"),
    [
        # 9.99 with 20 % in it: 8.325 + 1.665, which is 8.33 + 1.66
        (taxed(line_of("8.33", "1.66", "1.665", 8.325), "1.66", total="9.99"), 999, 166),
        (taxed(line_of("0.13", "0.02", "0.025", 0.125), "0.02", total="0.15"), 15, 2),
        # ten at 14.9375 + 2.9875
        (taxed(line_of("149.38", "29.87", "29.875", 14.9375, 10), "29.87", total="179.25"), 17925, 2987),
        # another version of it rounds the tax of the whole order up
        (
            taxed(line_of("8.33", "1.66", "1.665", 8.325), "1.66", total="9.99") | {"total_tax": "1.67"},
            999,
            167,
        ),
    ],
)
def test_half_a_cent_of_tax_within_the_price_is_part_of_the_net(raw: Json, paid: int, tax: int) -> None:
    order = import_woocommerce(raw).order
    (line,) = order.lines
    assert (order.paid_for(line), [one.amount for one in line.taxes]) == (paid, [tax])


def test_half_a_cent_of_tax_on_the_delivery() -> None:
    # 10 % on 9.95 are 0.995
    raw = taxed(line_of("100.00", "10.00", "10", 100), "10.00", rate=10, total="120.94", total_tax="10.99")
    raw["tax_lines"][0]["shipping_tax_total"] = "0.99"
    sent = {"id": 2, "total": "9.95", "total_tax": "0.99", "taxes": [{"id": 1, "total": "0.995"}]}
    order = import_woocommerce(raw | {"shipping_lines": [sent], "shipping_total": "9.95", "shipping_tax": "0.99"}).order
    assert order.shipping is not None
    assert (order.paid_for(order.shipping), [one.amount for one in order.shipping.taxes]) == (1094, [99])
    assert (order.paid_for(order.lines[0]), order.total) == (11000, 12094)


def test_half_a_cent_of_tax_on_a_discount_of_the_whole_order() -> None:
    # 9.99 and 9.99 less 0.33 as 0.275 + 0.055: the taxes are 1.66 + 1.66 - 0.05, the nets 8.33 + 8.33 - 0.28
    raw = taxed(line_of("8.33", "1.66", "1.665", 8.325), "3.27", total="19.65")
    raw["line_items"].append(raw["line_items"][0] | {"id": 2})
    off = {"id": 9, "name": "Off", "total": "-0.28", "total_tax": "-0.05", "taxes": [{"id": 1, "total": "-0.055"}]}
    order = import_woocommerce(raw | {"fee_lines": [off]}).order
    assert sum(order.paid_for(line) for line in order.lines) == 1965
    assert sum(one.amount for line in order.lines for one in line.taxes) == 327


@pytest.mark.parametrize(
    ("net", "exactly", "total", "tax", "delivery"),
    [
        # 35.71 + 4.2852 and 3.13 + 0.3756 are 43.5008; told are 4.29 + 0.38
        ("35.71", "4.2852", "43.50", 428, ("3.13", "0.38", "0.3756", 351)),
        # 15.42 + 3.2382 and 4.50 + 0.945 are 24.1032; told are 3.24 + 0.95
        ("15.42", "3.2382", "24.10", 324, ("4.50", "0.95", "0.945", 544)),
    ],
)
def test_the_total_is_the_judge_of_a_tax_that_was_rounded_part_by_part(
    net: str, exactly: str, total: str, tax: int, delivery: tuple[str, str, str, int]
) -> None:
    sent, sent_tax, sent_exactly, sent_gross = delivery
    shown = str(rounded(Decimal(exactly)))
    told = str(rounded(Decimal(exactly)) + Decimal(sent_tax))
    raw = taxed(line_of(net, shown, exactly, float(net)), shown, incl=False, total=total, total_tax=told)
    raw["tax_lines"][0]["shipping_tax_total"] = sent_tax
    row = {"id": 2, "total": sent, "total_tax": sent_tax, "taxes": [{"id": 1, "total": sent_exactly}]}
    raw |= {"shipping_lines": [row], "shipping_total": sent, "shipping_tax": sent_tax}
    order = import_woocommerce(raw).order
    assert [one.amount for one in order.lines[0].taxes] == [tax]
    assert order.paid_for(order.lines[0]) == 100 * Decimal(net) + tax
    assert order.paid_for(order.shipping) == sent_gross
    assert plan(order).total == order.total == 100 * Decimal(total)
    # two cents off is no rounding
    error = refused(lambda: import_woocommerce(raw | {"total": str(Decimal(total) - Decimal("0.01"))}))
    assert error.field == "total"


def test_two_decimals_that_agree_already_are_taken_as_they_are() -> None:
    # 10 x 14.9375 and its tax of 29.875 are 179.25, but the order adds 149.38 and 29.88 up
    raw = taxed(line_of("149.38", "29.88", "29.875", 14.9375, 10), "29.88", total="179.26")
    order = import_woocommerce(raw).order
    assert (order.paid_for(order.lines[0]), [one.amount for one in order.lines[0].taxes]) == (17926, [2988])
