"""A plan in words and figures, for shoppers to understand and accountants to compute again.

`explain` makes the figures, `as_text` a table of fixed width: text as it was written, one amount a line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from domain.arithmetic import worth
from domain.explanation import ExplainedLine, ExplainedShipping, ExplainedTax, Explanation
from domain.history import History
from domain.money import Money, half_up
from domain.order import SHIPPING, TIP, UNPAID, Order
from domain.plan import AS_CREDIT, Component, Difference, Fee, FeeKind, Leg, RefundPlan
from domain.terms import Terms

_LABEL, _AMOUNT = 64, 14
_WIDTH = _LABEL + _AMOUNT
_RULE = "-" * _WIDTH
_SHORTEST = 20
"""Of a title at least so much is shown, however long the id beside it."""

_JOINERS = "\u200c\u200d"
"""They have no width, but Persian is spelt with them, and emoji are put together."""

_FEES = {
    FeeKind.RESTOCKING: "restocking fee",
    FeeKind.RETURN_SHIPPING: "return shipping",
    FeeKind.LOST_VALUE: "loss in value",
    FeeKind.ROUNDING: "too little for any payment to give back",
}

Row = tuple[str, int | None]
"""A label, and the minor units beside it if any."""


def explain(plan: RefundPlan, order: Order, history: History, terms: Terms) -> Explanation:
    """The explanation of a plan: order, history and terms are those that it was made of."""
    parts: dict[str, list[Component]] = {}
    for part in plan.components:
        parts.setdefault(part.line_id, []).append(part)
    sold = {line.id: line for line in order.lines}
    lines = (
        ExplainedLine.of(one, sold[one.line_id], history.lines[one.line_id], parts.get(one.line_id, ()))
        for one in plan.lines
    )
    sent = order.shipping if plan.shipping else None
    return Explanation(
        order_id=plan.order_id,
        currency=plan.currency,
        lines=tuple(lines),
        shipping=ExplainedShipping.of(plan, order, sent, history, terms, parts.get(SHIPPING, ())) if sent else None,
        tip=plan.tip,
        gross=plan.gross,
        fees=plan.fees,
        exchanged=plan.exchanged,
        total=plan.total,
        legs=plan.legs,
        later=plan.later,
        bonus=plan.bonus,
        adjustment=plan.adjustment,
        differences=plan.differences,
    )


def as_text(explanation: Explanation) -> str:
    """The table: what comes back and how that was computed, what is kept, what is paid back to which payment."""
    rows = [
        (f"Order {explanation.order_id}, amounts in {explanation.currency}", None),
        (_RULE, None),
        *(row for line in explanation.lines for row in _goods(explanation, line)),
        *_once_per_order(explanation),
        (_RULE, None),
        ("Together", explanation.gross),
        *(row for fee in explanation.fees for row in _fee(explanation, fee)),
        *_if("less used to pay for new goods", -explanation.exchanged),
        ("To be paid back", explanation.total),
        *((_leg(leg), leg.amount) for leg in explanation.legs),
        *_beside(explanation),
    ]
    return "".join(f"{text}\n" for row in rows for text in _wrapped(explanation.currency, row))


def _goods(explanation: Explanation, line: ExplainedLine) -> Iterator[Row]:
    currency = explanation.currency
    yield _headed(line.title, f" (line {line.line_id})"), None
    yield f"  paid for {_units(line.bought)}", line.paid
    if line.paid and line.gross_before == line.paid:
        yield "  already paid back", line.gross_before
    elif explanation.adjustment is not None:
        yield f"  {explanation.adjustment.replace('_', ' ')}, no goods come back", line.gross
    else:
        yield from _computed(line, currency)
    if line.gross:
        yield from _parts(line.net, line.taxes, currency)
    if line.duties or line.duties_kept:
        yield from _duties(line, currency)


def _computed(line: ExplainedLine, currency: str) -> Iterator[Row]:
    if (line.base, line.base_units) != (line.paid, line.bought):
        yield f"  of which was left for {_units(line.base_units)} when it was counted anew", line.base
    if kit := line.kit_share:
        back, whole = kit.before + kit.quantity, _plain(kit.base, currency)
        kits = f"{kit.units} kit{'' if kit.units == 1 else 's'} {kit.kit}"
        yield f"  its share of {back} of {kits} of {whole}", line.worth_after
    else:
        yield f"  {_share(line, line.base, currency)}", line.worth_after
    done = "settled" if line.short_before else "paid back"
    yield from _if(f"  less {done} for {line.base_before} of them before", -line.back_before)
    yield from _if("    of which was not paid back", line.short_before)
    yield from _if("  less what has to wait (below)", line.gross - line.worth_after + line.back_before)
    yield f"  {_units(line.quantity)} back", line.gross


def _duties(line: ExplainedLine, currency: str) -> Iterator[Row]:
    so_far = worth(line.duties_base, line.base_units, line.base_before + line.quantity)
    yield f"  duties for {_share(line, line.duties_base, currency)}", so_far
    yield from _if("  less duties paid back or kept before", -line.duties_before)
    yield from _if("  less duties that are not paid back", -line.duties_kept)
    yield from _if("  less what has to wait (below)", line.duties + line.duties_kept + line.duties_before - so_far)
    if line.duties != so_far:
        yield "  duties back", line.duties


def _share(line: ExplainedLine, amount: int, currency: str) -> str:
    """`2 of 3 units of 59.97, half up`; all of them need no rounding."""
    k, n = line.base_before + line.quantity, line.base_units
    return f"{k} of {_units(n)} of {_plain(amount, currency)}" + (", half up" if k < n else "")


def _parts(net: int, taxes: Sequence[ExplainedTax], currency: str) -> Iterator[Row]:
    yield "    net", net
    for tax in taxes:
        before = f", {_plain(tax.before, currency)} back before" if tax.before else ""
        yield from _if(f"    {tax.name} {percent(tax.rate)} % (of {_plain(tax.paid, currency)}{before})", tax.amount)


def _once_per_order(explanation: Explanation) -> Iterator[Row]:
    if explanation.shipping is not None:
        yield from _delivery(explanation.shipping, explanation.currency)
    yield from _if("Tip", explanation.tip)


def _delivery(sent: ExplainedShipping, currency: str) -> Iterator[Row]:
    yield "Delivery", None
    yield "  paid", sent.paid
    so_far = sent.cap
    if sent.cap < sent.paid:
        yield "  of which the cheapest standard delivery would have cost", sent.cap
    if sent.goods_so_far < sent.goods:
        so_far = half_up(sent.cap * sent.goods_so_far, sent.goods)
        back, goods = _plain(sent.goods_so_far, currency), _plain(sent.goods, currency)
        yield f"  its share: {back} of {goods} for goods are back, half up", so_far
    yield from _if("  less paid back before", -sent.before)
    yield from _if("  less settled before without being paid back", -sent.short_before)
    yield from _if("  less what has to wait (below)", sent.gross + sent.before + sent.short_before - so_far)
    yield "  of delivery back", sent.gross
    yield from _parts(sent.net, sent.taxes, currency)


def _fee(explanation: Explanation, fee: Fee) -> Iterator[Row]:
    whose = f" on line {fee.line_id}" if fee.line_id else ""
    how = f": {fee.rate} % of {_plain(fee.base, explanation.currency)}" if fee.rate else ""
    yield f"less {_FEES[fee.kind]}{whose}{how}", -fee.amount
    if fee.reason:
        yield f"  because: {fee.reason}", None
    if fee.tax:
        yield f"  {fee.tax_name or 'tax'} {percent(fee.tax_rate)} % within it", fee.tax
    yield from _if("  more than there was, so not taken", fee.waived)


def _leg(leg: Leg) -> str:
    which = "" if leg.tender_id == AS_CREDIT else f" {leg.tender_id}"
    return f"  to {leg.kind.replace('_', ' ')}{which}" + (", by hand" if leg.by_hand else "")


def _beside(explanation: Explanation) -> Iterator[Row]:
    if bonus := explanation.bonus:
        how = f": {bonus.rate} % of {_plain(bonus.base, explanation.currency)}" if bonus.rate else ""
        yield f"Bonus on top, as store credit{how}", bonus.amount
        if bonus.reason:
            yield f"  because: {bonus.reason}", None
    yield from _if("Waits for the next refund: less than a payment can give back", explanation.later)
    for one in explanation.differences:
        if one.refund_id == UNPAID:
            yield f"Never paid for {_whose(one)}", one.money
            continue
        yield _difference(one), None
        yield "  worth of what it names", one.worth
        yield "  money that went back", one.money


def _difference(one: Difference) -> str:
    what = f"Earlier refund {one.refund_id}" if one.refund_id else "Earlier money without a refund"
    return f"{what}, {_whose(one)}"


def _whose(one: Difference) -> str:
    return {SHIPPING: "delivery", TIP: "the tip"}.get(one.line_id, f"line {one.line_id}")


def _if(label: str, amount: int) -> Iterator[Row]:
    if amount:
        yield label, amount


def _units(quantity: int) -> str:
    return f"{quantity} unit{'' if quantity == 1 else 's'}"


def _plain(minor: int, currency: str) -> str:
    return str(Money(minor=minor, currency=currency)).partition(" ")[0]


def _wrapped(currency: str, row: Row) -> list[str]:
    label, amount = row
    text = _printable(label)
    indent = " " * (len(text) - len(text.lstrip()))
    rows = _folded(text.split(), indent, _LABEL if amount is not None else _WIDTH)
    if amount is not None:
        rows[-1] += " " * (_LABEL - columns(rows[-1])) + f"{_plain(amount, currency):>{_AMOUNT}}"
    return rows


def _folded(words: Sequence[str], indent: str, width: int) -> list[str]:
    """The words in rows of this width, all but the first indented further; a word that is too long is cut."""
    rows, row = [], indent
    further = f"{indent}    "
    for word in words:
        start = row if row.isspace() or not row else f"{row} "
        if columns(start + word) > width and start != row:
            rows.append(row)
            start = further
        row = start
        for one in word:
            if columns(row + one) > width:
                rows.append(row)
                row = further
            row += one
    return [*rows, row]


def _headed(title: str, end: str) -> str:
    """A title with what follows it on one row, cut with an ellipsis if need be."""
    text, room = " ".join(_printable(title).split()), max(_SHORTEST, _WIDTH - columns(end))
    if columns(text) <= room:
        return text + end
    while columns(text) > room - 1:
        text = text[:-1]
    return f"{text.rstrip(f' {_JOINERS}')}…{end}"


def _printable(text: str) -> str:
    """Without control characters and the invisible ones that turn text around; any white space is a blank."""
    kept = (" " if one.isspace() else one for one in unicodedata.normalize("NFC", text))
    return "".join(one for one in kept if one in _JOINERS or unicodedata.category(one) not in ("Cc", "Cf", "Cs"))


def columns(text: str) -> int:
    """How many columns a text takes where every letter has the same width; Chinese, Japanese and Korean take two."""
    return sum(_width(one) for one in text)


def _width(one: str) -> int:
    if one in _JOINERS or unicodedata.category(one) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(one) in ("W", "F") else 1


def percent(rate: str) -> str:
    """A decimal fraction as text, in percent: `0.19` is `19`, `0.0725` is `7.25`."""
    whole, _, decimals = rate.partition(".")
    decimals = decimals.ljust(2, "0")
    number = f"{whole}{decimals[:2]}".lstrip("0") or "0"
    rest = decimals[2:].rstrip("0")
    return f"{number}.{rest}" if rest else number
