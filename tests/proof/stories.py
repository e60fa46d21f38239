"""Random orders and what happens to them, from any source of chance: a seed in the long run, hypothesis in the suite.

Nothing here uses the product's arithmetic: prices are cut and taxed by formulas of its own, which need not be the
shop's best, because an order may have been computed in any way that adds up.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from domain.order import EarlierRefund, Order, OrderLine, RefundedLine, Shipping, TaxLine, Tender, TenderKind
from domain.plan import FeeKind
from domain.policy import ShippingRule
from domain.terms import FeeTerm, Share, Terms

SOLD_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
RATES = ("0.19", "0.07", "0.2", "0.0725", "0.055", "0.025")
STEPS = {"EUR": 1, "USD": 1, "JPY": 1, "KWD": 10}

MIX = (
    "tax inclusive",
    "two or more rates",
    "order discount that does not divide",
    "three or more units",
    "two or more tenders",
    "earlier refund with lines unlike money",
    "goodwill between returns",
    "zero or three decimals",
)
"""What at least a fifth of all stories must have."""


@dataclass(frozen=True)
class Returned:
    """These units come back together."""

    units: dict[str, int]


@dataclass(frozen=True)
class Goodwill:
    """Money for a line, without goods."""

    line_id: str
    amount: int


@dataclass(frozen=True)
class Story:
    """An order, the terms of its returns, and what happens to it until every unit is back."""

    order: Order
    terms: Terms
    acts: tuple[Returned | Goodwill, ...]
    traits: Counter[str] = field(default_factory=Counter)

    @property
    def whole(self) -> bool:
        """Whether the terms pay everything back in the end, but for fees."""
        terms = self.terms
        return (
            terms.refund_shipping is not ShippingRule.NEVER
            and terms.refund_duties
            and terms.refund_tip
            and not terms.cheapest_standard_only
        )


def story(chance: Random) -> Story:
    """One story."""
    order, traits = _order(chance)
    terms = _terms(chance, order)
    units = {line.id: line.quantity for line in order.lines}
    for one in (line for refund in order.refunds for line in refund.lines):
        units[one.line_id] -= one.quantity
    single = [line_id for line_id, count in units.items() for _ in range(count)]
    chance.shuffle(single)
    acts: list[Returned | Goodwill] = [Returned(one) for one in grouped(chance, single)]
    if len(acts) > 1 and chance.random() < 0.5:
        for _ in range(chance.randint(1, 2)):
            line = chance.choice(order.lines)
            most = max(1, paid_for(order, line) // chance.choice((2, 5, 20)))
            acts.insert(chance.randint(1, len(acts) - 1), Goodwill(line.id, chance.randint(1, most)))
    return Story(order, terms, tuple(acts), traits)


def grouped(chance: Random, units: list[str]) -> list[dict[str, int]]:
    """The units in their order, cut into groups at random."""
    groups: list[dict[str, int]] = []
    for unit in units:
        if not groups or chance.random() < 0.45:
            groups.append({})
        groups[-1][unit] = groups[-1].get(unit, 0) + 1
    return groups


def paid_for(order: Order, what: OrderLine | Shipping) -> int:
    """What was paid for goods or delivery, from the order's own figures."""
    taxes = 0 if order.prices_include_tax else sum(tax.amount for tax in what.taxes)
    if isinstance(what, Shipping):
        return what.price - what.discount + taxes
    return what.quantity * what.unit_price - what.discount - what.order_discount + taxes


def _order(chance: Random) -> tuple[Order, Counter[str]]:
    inclusive = chance.random() < 0.5
    currency = chance.choice(("EUR", "EUR", "USD", "JPY", "KWD"))
    rates = chance.sample(RATES, chance.choice((1, 1, 2, 2, 3)))
    lines, uneven = _lines(chance, inclusive, rates)
    shipping = _shipping(chance, inclusive, chance.choice(rates)) if chance.random() < 0.6 else None
    tip = chance.randint(1, 500) if chance.random() < 0.3 else 0
    total = sum(_gross(one, inclusive) + one.duties for one in lines) + tip
    total += _gross(shipping, inclusive) if shipping else 0
    # some shops charge what their provider cannot move in full; most do not
    if chance.random() < 0.9:
        short = -total % STEPS[currency]
        tip, total = tip + short, total + short
    tenders = _tenders(chance, total, STEPS[currency])
    tenders, refunds = _refunds(chance, lines, shipping, inclusive, tenders)
    order = Order(
        id="1",
        number="#1",
        shop="demo",
        customer_id="c1",
        currency=currency,
        placed_at=SOLD_AT,
        prices_include_tax=inclusive,
        lines=tuple(lines),
        shipping=shipping,
        tip=tip,
        tenders=tuple(tenders),
        total=total,
        refunds=tuple(refunds),
    )
    seen = {
        "tax inclusive": inclusive,
        "two or more rates": len({tax.rate for line in lines for tax in line.taxes if tax.amount}) > 1,
        "order discount that does not divide": uneven,
        "three or more units": any(line.quantity >= 3 for line in lines),
        "two or more tenders": sum(1 for one in tenders if one.captured) > 1,
        "earlier refund with lines unlike money": any(_unlike(one) for one in refunds),
        "zero or three decimals": currency in ("JPY", "KWD"),
    }
    return order, Counter(name for name, true in seen.items() if true)


def _unlike(refund: EarlierRefund) -> bool:
    said = sum(line.gross for line in refund.lines) + refund.shipping
    return bool(refund.lines) and said != sum(refund.money.values())


def _gross(what: OrderLine | Shipping, inclusive: bool) -> int:
    taxes = 0 if inclusive else sum(tax.amount for tax in what.taxes)
    if isinstance(what, Shipping):
        return what.price - what.discount + taxes
    return what.quantity * what.unit_price - what.discount - what.order_discount + taxes


def _taxes(chance: Random, amount: int, rates: list[str], inclusive: bool) -> tuple[TaxLine, ...]:
    """Each tax of an amount, by its rate, rounded down or up as shops do."""
    found: list[TaxLine] = []
    left = amount
    for rate in rates:
        whole, _, decimals = rate.partition(".")
        number, one = int(whole + decimals), 10 ** len(decimals)
        tax = (amount * number + chance.choice((0, one // 2, one - 1))) // (one + number if inclusive else one)
        tax = min(tax, left) if inclusive else tax
        left -= tax
        found.append(TaxLine(name=f"VAT {rate}", rate=rate, amount=tax))
    return tuple(found)


def _lines(chance: Random, inclusive: bool, rates: list[str]) -> tuple[list[OrderLine], bool]:
    rows: list[tuple[int, int, int]] = []
    for _ in range(chance.randint(1, 5)):
        quantity = chance.choice((1, 1, 2, 3, 3, 4, 5, 7))
        price = chance.choice((chance.randint(0, 40), chance.randint(100, 3000), chance.randint(100, 3000)))
        cost = quantity * price
        discount = chance.choice((0, 0, chance.randint(0, cost), cost if chance.random() < 0.3 else cost // 10))
        rows.append((quantity, price, discount))
    left = [quantity * price - discount for quantity, price, discount in rows]
    cut = chance.randint(1, max(1, sum(left) // 3)) if chance.random() < 0.5 else 0
    cuts, uneven = _shares(min(cut, sum(left)), left)
    lines: list[OrderLine] = []
    for number, ((quantity, price, discount), share) in enumerate(zip(rows, cuts, strict=True)):
        own = chance.sample(rates, chance.choice((1, 1, 1, 2))) if len(rates) > 1 else rates
        lines.append(
            OrderLine(
                id=f"l{number}",
                title="Thing",
                quantity=quantity,
                unit_price=price,
                discount=discount,
                order_discount=share,
                taxes=_taxes(chance, quantity * price - discount - share, own, inclusive),
                duties=chance.randint(1, 300) if chance.random() < 0.15 else 0,
            )
        )
    return lines, uneven


def _shares(amount: int, weights: list[int]) -> tuple[list[int], bool]:
    """`amount` over the weights, running along them; and whether any share was no whole number."""
    found: list[int] = []
    whole = passed = given = 0
    whole = sum(weights)
    for weight in weights:
        passed += weight
        found.append((amount * passed // whole if whole else 0) - given)
        given += found[-1]
    return found, any(amount * weight % whole for weight in weights) if whole else False


def _shipping(chance: Random, inclusive: bool, rate: str) -> Shipping:
    price = chance.randint(100, 1500)
    discount = chance.choice((0, 0, 0, price, chance.randint(0, price)))
    return Shipping(
        price=price,
        discount=discount,
        taxes=_taxes(chance, price - discount, [rate], inclusive),
        cheapest_standard=chance.choice((None, chance.randint(0, 1000))),
    )


def _tenders(chance: Random, total: int, step: int) -> list[Tender]:
    kinds = list(TenderKind)
    found: list[Tender] = []
    for number in range(chance.choice((1, 1, 2, 3, 4))):
        captured = chance.randint(0, total // step) * step if total else 0
        total -= captured
        paid_at = SOLD_AT + timedelta(hours=chance.randint(0, 3)) if chance.random() < 0.8 else None
        found.append(Tender(id=f"t{number}", kind=chance.choice(kinds), captured=captured, step=step, paid_at=paid_at))
    found[-1] = found[-1].model_copy(update={"captured": found[-1].captured + total})
    return found


def _refunds(
    chance: Random, lines: list[OrderLine], shipping: Shipping | None, inclusive: bool, tenders: list[Tender]
) -> tuple[list[Tender], list[EarlierRefund]]:
    if chance.random() > 0.4:
        return tenders, []
    left = {line.id: line.quantity for line in lines}
    refunded = {one.id: 0 for one in tenders}
    found: list[EarlierRefund] = []
    for number in range(chance.randint(1, 2)):
        rows: list[RefundedLine] = []
        for line in chance.sample(lines, chance.randint(1, len(lines))):
            # the last unit is closed seldom: what its money leaves behind is nobody's any more
            most = left[line.id] - (0 if chance.random() < 0.15 else 1)
            if most > 0:
                quantity = chance.randint(1, most)
                left[line.id] -= quantity
                share = _gross(line, inclusive) * quantity // line.quantity
                rows.append(RefundedLine(line_id=line.id, quantity=quantity, gross=share))
        delivery = chance.randint(0, _gross(shipping, inclusive)) if shipping and chance.random() < 0.3 else 0
        said = sum(one.gross for one in rows) + delivery
        money: dict[str, int] = {}
        want = chance.choice((said, said, said // 2, said + chance.randint(0, 400), 0))
        for tender in tenders:
            part = min(want, tender.captured - refunded[tender.id]) // tender.step * tender.step
            want -= part
            refunded[tender.id] += part
            if part:
                money[tender.id] = part
        at = SOLD_AT + timedelta(days=chance.randint(1, 9))
        found.append(EarlierRefund(id=f"e{number}", at=at, lines=tuple(rows), shipping=delivery, money=money))
    for tender in tenders:
        # now and then the payment knows of money that no refund tells of
        if chance.random() < 0.1:
            refunded[tender.id] += (tender.captured - refunded[tender.id]) // 3 // tender.step * tender.step
    return [one.model_copy(update={"refunded": refunded[one.id]}) for one in tenders], found


def _terms(chance: Random, order: Order) -> Terms:
    full = chance.random() < 0.5
    rule = chance.choice((ShippingRule.WHEN_ALL_RETURNED, ShippingRule.BY_VALUE))
    if full:
        return Terms(refund_shipping=rule)
    fees: list[FeeTerm] = []
    if chance.random() < 0.4:
        fees.append(FeeTerm(kind=FeeKind.RESTOCKING, percent=chance.choice(("10", "12.5", "33.33", "100"))))
    if chance.random() < 0.3:
        line = chance.choice(order.lines).id
        fees.append(FeeTerm(kind=FeeKind.LOST_VALUE, line_id=line, amount=chance.randint(0, 900), tax_rate="0.19"))
    if chance.random() < 0.3:
        fees.append(FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=chance.randint(0, 900), tax_rate="0.07"))
    return Terms(
        refund_shipping=chance.choice((rule, rule, ShippingRule.NEVER)),
        cheapest_standard_only=chance.random() < 0.2,
        refund_duties=chance.random() < 0.8,
        refund_tip=chance.random() < 0.8,
        fees=tuple(fees),
        bonus=Share(percent="10") if chance.random() < 0.2 else None,
        tender_order=tuple(chance.sample(list(TenderKind), 3)),
    )
