"""A quote as programs read it: the plan of a refund, every amount in minor units and as decimal text.

Its schema is docs/quote.schema.json: fields may be added, none is renamed or taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from domain.explanation import ExplainedTax, Explanation
from domain.model import Currency, Minor, Model
from domain.money import Money
from domain.order import Order, TenderKind
from domain.plan import Count, FeeKind, RefundPlan
from domain.policy import Decision, Verdict
from domain.request import Basis, ReturnReason

Decimal = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]
"""The same amount in whole units of the currency, with all its decimals: `19.90`."""


class QuotedTax(Model):
    """One tax in a gross amount; `rate` is a decimal fraction as text."""

    name: str
    rate: str
    amount: Minor
    amount_decimal: Decimal


class QuotedLine(Model):
    """One line: `gross` is `net` and `taxes` together, for `quantity` units. Duties are apart.

    `quantity` is 0 where only money follows that an earlier refund left below the smallest amount a payment can give.
    """

    line_id: str
    sku: str
    title: str
    reason: ReturnReason | None
    quantity: Count
    gross: Minor
    gross_decimal: Decimal
    net: Minor
    net_decimal: Decimal
    taxes: tuple[QuotedTax, ...]
    duties: Minor
    duties_decimal: Decimal


class QuotedFee(Model):
    """What is kept, tax included; `line_id` is empty for a fee on the whole return."""

    kind: FeeKind
    line_id: str
    reason: str
    amount: Minor
    amount_decimal: Decimal


class QuotedLeg(Model):
    """What goes back to one payment; `tender` is `unlinked` where the order came without it."""

    tender: str
    kind: TenderKind
    by_hand: bool
    amount: Minor
    amount_decimal: Decimal


class QuotedVerdict(Model):
    """How a policy and the law judge one line that was asked for, with everything that was said of it."""

    line_id: str
    verdict: Verdict
    basis: Basis | None
    reasons: tuple[str, ...]


class Quote(Model):
    """What would go back: lines with their duties, shipping and tip, less fees, are `total`; the legs add up to it.

    `duties` is the sum over the lines. `later` is due, but below the smallest amount a payment can give back.
    `explanation` is how it was computed, to be computed again; its amounts are minor units. `policy` is the document
    that the request was judged by, with the `verdicts`; a quote on full terms has neither.
    """

    order: str
    number: str
    currency: Currency
    lines: tuple[QuotedLine, ...]
    shipping: Minor
    shipping_decimal: Decimal
    shipping_net: Minor
    shipping_net_decimal: Decimal
    shipping_taxes: tuple[QuotedTax, ...]
    duties: Minor
    duties_decimal: Decimal
    tip: Minor
    tip_decimal: Decimal
    fees: tuple[QuotedFee, ...]
    legs: tuple[QuotedLeg, ...]
    total: Minor
    total_decimal: Decimal
    later: Minor
    later_decimal: Decimal
    explanation: Explanation
    policy: str | None = None
    verdicts: tuple[QuotedVerdict, ...] = ()


def quote_of(
    order: Order,
    plan: RefundPlan,
    told: Explanation,
    reasons: Mapping[str, ReturnReason],
    decision: Decision | None = None,
) -> Quote:
    """The quote of a plan and its explanation; `reasons` by line id. `decision` is what its terms come from."""
    both = _Both(order.currency)
    sent = told.shipping
    return Quote.model_validate(
        {
            "order": order.id,
            "number": order.number,
            "currency": order.currency,
            "lines": _lines(order, told, reasons, both),
            **both("shipping", plan.shipping),
            **both("shipping_net", sent.net if sent else 0),
            "shipping_taxes": _taxes(sent.taxes if sent else (), both),
            **both("duties", sum(line.duties for line in plan.lines)),
            **both("tip", plan.tip),
            "fees": [{**fee.model_dump(), **both("amount", fee.amount)} for fee in plan.fees],
            "legs": [
                {
                    "tender": leg.tender_id,
                    "kind": leg.kind,
                    "by_hand": leg.by_hand,
                    **both("amount", leg.amount),
                }
                for leg in plan.legs
            ],
            **both("total", plan.total),
            **both("later", plan.later),
            "explanation": told,
            "policy": decision.policy if decision else None,
            "verdicts": _verdicts(decision) if decision else (),
        }
    )


def _verdicts(decision: Decision) -> list[dict[str, object]]:
    return [
        {
            "line_id": one.line_id,
            "verdict": one.verdict,
            "basis": one.basis,
            "reasons": [reason.text for reason in one.reasons],
        }
        for one in decision.lines
    ]


class _Both:
    """An amount in its two forms."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def __call__(self, name: str, minor: int) -> dict[str, int | str]:
        text = str(Money(minor=minor, currency=self._currency)).partition(" ")[0]
        return {name: minor, f"{name}_decimal": text}


def _lines(
    order: Order, told: Explanation, reasons: Mapping[str, ReturnReason], both: _Both
) -> list[dict[str, object]]:
    skus = {line.id: line.sku for line in order.lines}
    return [
        {
            "line_id": line.line_id,
            "sku": skus[line.line_id],
            "title": line.title,
            "reason": reasons.get(line.line_id),
            "quantity": line.quantity,
            **both("gross", line.gross),
            **both("net", line.net),
            "taxes": _taxes(line.taxes, both),
            **both("duties", line.duties),
        }
        for line in told.lines
    ]


def _taxes(taxes: Sequence[ExplainedTax], both: _Both) -> list[dict[str, object]]:
    return [{"name": tax.name, "rate": tax.rate, **both("amount", tax.amount)} for tax in taxes if tax.amount]


def quote_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of a quote."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Quote.model_json_schema(mode="serialization")}
