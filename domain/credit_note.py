"""The credit note: it corrects the invoice of an order by what went back. Amounts are minor units, none negative."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import Field

from domain.errors import InvalidRequest
from domain.model import Currency, Id, Minor, Model
from domain.money import exponent, split
from domain.order import SHIPPING, Order, TaxLine, TenderKind
from domain.plan import Adjustment, Component, ComponentKind, Count, Fee, RefundPlan
from domain.refund import Refund
from domain.terms import fraction

PREFIX = "CN"
"""What every number begins with, unless the deployment says otherwise."""

_NUMBER = re.compile(r"(.+)-([0-9]{1,12})", re.ASCII)


class NoteTax(Model):
    """One tax of one line; `rate` is a decimal fraction as text: `0.19`."""

    name: str
    rate: str
    amount: Minor


class NoteLine(Model):
    """Goods or delivery: gross = net + taxes; duties are apart. No `quantity` where only money goes back."""

    line_id: str
    title: str
    quantity: Count
    net: Minor
    taxes: tuple[NoteTax, ...]
    gross: Minor
    duties: Minor = 0


class TaxTotal(Model):
    """One rate over all lines and delivery: what was taxed by it, net, and the tax. No rate: what was not taxed.

    A line with two taxes counts in the net of both.
    """

    name: str
    rate: str
    net: Minor
    tax: Minor


class NoteRefund(Model):
    """What went back to one tender; `reference` is the payment provider's id of it."""

    payment: Id
    kind: TenderKind
    amount: Minor
    reference: str


class ShopAmounts(Model):
    """The note in the currency of the shop's books: one unit of the note's is `exchange_rate` of it, by the order.

    `gross` is converted, halves up; all others are `split()` of it, so they add up as the note's own do. `taxes` are
    in the order of the note's; `net` is what is left beside them, duties and tip among it.
    """

    currency: Currency
    exchange_rate: str
    gross: Count
    net: Count
    taxes: tuple[Count, ...]
    kept: Count
    kept_tax: Count
    exchanged: Count
    total: Count


class CreditNote(Model):
    """What a refund plan credited, once all of it was paid; or, where it `cancels` another note, what is owed again.

    gross = lines with their duties + shipping + tip; total = gross - fees - exchanged. The refunds and what
    had gone back `elsewhere`, without us, add up to it.
    `number` counts the notes of a series from 1; it is given by the journal.
    """

    series: str = ""
    number: Count = 0
    cancels: str = ""
    issued_on: date
    shop: Id
    order_id: Id
    order_number: str
    case: Id
    plan: Annotated[int, Field(strict=True, ge=1)]
    adjustment: Adjustment | None = None
    currency: Currency
    lines: tuple[NoteLine, ...]
    shipping: NoteLine | None = None
    tip: Minor = 0
    gross: Minor
    taxes: tuple[TaxTotal, ...]
    fees: tuple[Fee, ...] = ()
    exchanged: Minor = 0
    total: Minor
    refunds: tuple[NoteRefund, ...] = ()
    elsewhere: Minor = 0
    in_shop_currency: ShopAmounts | None = None

    @property
    def name(self) -> str:
        """The number as people write it: `CN-demo-000123`."""
        return f"{self.series}-{self.number:06}"

    @property
    def kept(self) -> int:
        """All fees together."""
        return sum(fee.amount for fee in self.fees)

    @property
    def tax(self) -> int:
        """All taxes credited."""
        return sum(one.tax for one in self.taxes)

    @property
    def duties(self) -> int:
        """The duties of all lines."""
        return sum(line.duties for line in self.lines)

    def fact(self) -> dict[str, object]:
        """What is recorded; the journal adds `series` and `number`."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"series", "number"})

    def published(self) -> dict[str, object]:
        """The note as JSON: its number as people write it, and its position in the series."""
        told = self.model_dump(mode="json", exclude_none=True)
        return {**told, "number": self.name, "position": self.number}

    def cancelled(self, on: date) -> Self:
        """The note that takes all of this one back, without a number yet."""
        return self.model_copy(update={"series": "", "number": 0, "cancels": self.name, "issued_on": on})


def series_of(prefix: str, shop: str) -> str:
    """The series of a shop's notes."""
    return f"{prefix}-{shop}"


def parse_name(text: str) -> tuple[str, int]:
    """The series and the number of a note's name. Raises InvalidRequest for what is no such name."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise InvalidRequest("number", "a credit note is called by its series and number, such as CN-demo-000123")
    return match[1], int(match[2])


def credit_note(
    order: Order, plan: RefundPlan, refunds: Sequence[Refund], *, case: str, number: int, issued_on: date
) -> CreditNote:
    """The note for the `number`-th plan of a return and the refunds that paid it."""
    parts: dict[str, list[Component]] = {}
    for part in plan.components:
        parts.setdefault(part.line_id, []).append(part)
    sold = {line.id: line.taxes for line in order.lines}
    lines = tuple(
        _line(one.line_id, one.title, one.quantity, parts.get(one.line_id, ()), sold.get(one.line_id, ()))
        for one in plan.lines
    )
    sent = parts.get(SHIPPING)
    paid = order.shipping.taxes if order.shipping else ()
    shipping = _line(SHIPPING, "Delivery", 0, sent, paid) if sent else None
    taxes = _taxes([*lines, *([shipping] if shipping else [])])
    return CreditNote(
        issued_on=issued_on,
        shop=order.shop,
        order_id=order.id,
        order_number=order.number,
        case=case,
        plan=number,
        adjustment=plan.adjustment,
        currency=plan.currency,
        lines=lines,
        shipping=shipping,
        tip=plan.tip,
        gross=plan.gross,
        taxes=taxes,
        fees=tuple(fee for fee in plan.fees if fee.amount),
        exchanged=plan.exchanged,
        total=plan.total,
        refunds=_refunds(order, refunds),
        elsewhere=max(0, plan.total - sum(one.amount for one in refunds)),
        in_shop_currency=_in_shop_currency(order, plan, taxes),
    )


def _line(line_id: str, title: str, quantity: int, parts: Sequence[Component], sold: Sequence[TaxLine]) -> NoteLine:
    """A rate that came to nothing (0 %, or less than half a cent) is told too: it is why there is no tax."""
    rates = {place: (tax.name, tax.rate) for place, tax in enumerate(sold, start=1)}
    amounts = {part.tax: part.amount for part in parts if part.kind is ComponentKind.TAX}
    rates |= {part.tax: (part.name, part.rate) for part in parts if part.kind is ComponentKind.TAX}
    net, duties = (
        sum(part.amount for part in parts if part.kind is kind) for kind in (ComponentKind.NET, ComponentKind.DUTIES)
    )
    return NoteLine(
        line_id=line_id,
        title=title,
        quantity=quantity,
        net=net,
        taxes=tuple(
            NoteTax(name=name, rate=rate, amount=amounts.get(place, 0)) for place, (name, rate) in sorted(rates.items())
        ),
        gross=net + sum(amounts.values()),
        duties=duties,
    )


def _taxes(lines: Sequence[NoteLine]) -> tuple[TaxTotal, ...]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for line in lines:
        for tax in line.taxes or (NoteTax(name="", rate="", amount=0),):
            net, so_far = found.get((tax.name, tax.rate), (0, 0))
            found[tax.name, tax.rate] = net + line.net, so_far + tax.amount
    return tuple(TaxTotal(name=name, rate=rate, net=net, tax=tax) for (name, rate), (net, tax) in found.items())


def _refunds(order: Order, refunds: Sequence[Refund]) -> tuple[NoteRefund, ...]:
    kinds = {tender.id: tender.kind for tender in order.tenders}
    return tuple(
        NoteRefund(
            payment=one.payment,
            kind=one.instead or kinds.get(one.payment, TenderKind.UNKNOWN),
            amount=one.amount,
            reference=one.provider_id,
        )
        for one in refunds
    )


def _in_shop_currency(order: Order, plan: RefundPlan, taxes: Sequence[TaxTotal]) -> ShopAmounts | None:
    currency, rate = order.shop_currency, order.exchange_rate
    if currency is None or rate is None or currency == plan.currency:
        return None
    try:
        decimals = exponent(currency)
    except ValueError:  # money that was paid is recorded all the same
        return None
    gross = fraction(rate, plan.gross * 10**decimals, 10 ** exponent(plan.currency))
    tax = [one.tax for one in taxes]
    net, *by_rate = split(gross, [plan.gross - sum(tax), *tax])
    fees, fee_tax = sum(fee.amount for fee in plan.fees), sum(fee.tax for fee in plan.fees)
    kept, exchanged, total = split(gross, [fees, plan.exchanged, plan.total])
    return ShopAmounts(
        currency=currency,
        exchange_rate=rate,
        gross=gross,
        net=net,
        taxes=tuple(by_rate),
        kept=kept,
        kept_tax=split(kept, [fee_tax, fees - fee_tax])[0] if fees else 0,
        exchanged=exchanged,
        total=total,
    )
