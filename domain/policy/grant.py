"""What each basis gives by itself: complete terms, as if it were the only one that is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from domain.inspection import Grade
from domain.policy.calendar import Calendar, local_day
from domain.policy.deadlines import SendBackRule
from domain.policy.decision import LineTerms
from domain.policy.document import Clauses, Policy, PublishedPolicy, PublishedStatute
from domain.policy.judgement import WarrantyRule
from domain.policy.money import BonusRule, Cut, DeliveryRule, DutiesRule, FeeRule, Payer, ReturnShippingRule
from domain.policy.outcome import RefundDue, RefundDueRule, ResolutionRule
from domain.policy.reader import Reader
from domain.policy.window import AtEnd
from domain.request import Basis
from domain.resolution import Resolution
from domain.terms import ShippingRule


@dataclass(frozen=True)
class Grant:
    """The terms of one basis by one document; `cites` is the law behind each of them."""

    basis: Basis
    policy: str
    terms: LineTerms
    cites: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prices:
    """The merchant's price list: what would be kept of a unit of each grade, and what our label costs. No basis has to
    allow any of it."""

    restocking: Mapping[Grade, Cut]
    lost_value: Mapping[Grade, Cut]
    label_fee: int


def prices_of(reader: Reader, published: PublishedPolicy) -> Prices:
    """What the merchant's document asks for this line."""
    policy, ref = published.policy, published.ref
    shipping = _shipping(reader, ref, policy)
    return Prices(
        restocking=_cuts(reader, ref, "restocking", policy.restocking),
        lost_value=_cuts(reader, ref, "lost_value", policy.lost_value),
        label_fee=shipping.fee.get(reader.order.currency, 0) if shipping else 0,
    )


def of_policy(reader: Reader, published: PublishedPolicy, prices: Prices) -> Grant:
    """What the merchant's own promise gives."""
    policy, ref = published.policy, published.ref
    shipping, duties = _shipping(reader, ref, policy), _duties(reader, ref, policy)
    resolutions = reader.speaking(ref, "resolutions", policy.resolutions, ResolutionRule.favour)
    bonus = reader.speaking(ref, "bonus", policy.bonus, BonusRule.favour)
    delivery = _delivery(reader, ref, policy) or DeliveryRule(refund=policy.refund_shipping)
    terms = LineTerms(
        restocking=prices.restocking,
        lost_value=prices.lost_value,
        return_shipping=shipping.payer if shipping else Payer.SHOP,
        label_fee=prices.label_fee,
        delivery=delivery.refund,
        cap=delivery.cap,
        duties=duties.duties,
        bonus=bonus.percent if bonus else "",
        resolutions=resolutions.allowed if resolutions else (Resolution.REFUND,),
        send_back_day=_send_back(reader, ref, policy),
        refund_due=_refund_due(reader, ref, policy, ""),
    )
    return Grant(Basis.POLICY, ref, terms)


def of_warranty(reader: Reader, published: PublishedPolicy, rule: WarrantyRule) -> Grant:
    """What the merchant's warranty gives: nothing is kept, and the shop pays the way back."""
    policy, ref = published.policy, published.ref
    terms = LineTerms(
        delivery=policy.refund_shipping,
        resolutions=rule.remedies,
        send_back_day=_send_back(reader, ref, policy),
    )
    return Grant(Basis.WARRANTY, ref, terms)


def of_statute(reader: Reader, published: PublishedStatute, prices: Prices, at_end: AtEnd, calendar: Calendar) -> Grant:
    """What a law gives. It names the most that may be kept; how much that is, is the merchant's price list."""
    statute, ref = published.statute, published.ref
    cites: dict[str, str] = {}
    shipping = _shipping(reader, ref, statute)
    delivery = _delivery(reader, ref, statute) or DeliveryRule(refund=ShippingRule.BY_VALUE)
    duties = _duties(reader, ref, statute)
    resolutions = reader.speaking(ref, "resolutions", statute.resolutions, ResolutionRule.favour)
    payer = shipping.payer if shipping else Payer.SHOP
    kept = {
        clause: _capped(priced, _cuts(reader, ref, clause, rules, cites), reader.unit)
        for clause, priced, rules in (
            ("restocking", prices.restocking, statute.restocking),
            ("lost_value", prices.lost_value, statute.lost_value),
        )
    }
    for name, rule in (
        ("return_shipping", shipping),
        ("delivery", delivery),
        ("duties", duties),
        ("resolutions", resolutions),
    ):
        if rule is not None and rule.cite:
            cites[name] = rule.cite
    due = _refund_due(reader, ref, statute, statute.law)
    if due:
        cites["refund_due"] = due[0].cite
    terms = LineTerms(
        restocking=kept["restocking"],
        lost_value=kept["lost_value"],
        return_shipping=payer,
        label_fee=prices.label_fee if payer is Payer.SHOPPER else 0,
        delivery=delivery.refund,
        cap=delivery.cap,
        duties=duties.duties,
        resolutions=resolutions.allowed if resolutions else (Resolution.REFUND,),
        send_back_day=_send_back_by_law(reader, published, at_end, calendar, cites),
        refund_due=due,
    )
    return Grant(statute.basis, ref, terms, {"": statute.law, **cites})


def lower(one: Cut, other: Cut, unit: int) -> Cut:
    """The smaller of two cuts of a unit that so much was paid for."""
    return one if one.of(unit) <= other.of(unit) else other


def _cuts(
    reader: Reader, ref: str, clause: str, rules: Sequence[FeeRule], cites: dict[str, str] | None = None
) -> dict[Grade, Cut]:
    """What is kept of a unit of each grade; grades of which nothing is are left out."""
    currency, unit = reader.order.currency, reader.unit
    # The same for every grade, unless a rule asks for it.
    grades = list(Grade) if any(rule.when.grade for rule in rules) else [None]
    found: dict[Grade, Cut] = {}
    for grade in grades:
        rule = reader.speaking(ref, clause, rules, lambda one: (-one.cut(currency).of(unit),), grade)
        if rule is None:
            continue
        if cites is not None:
            cites.setdefault(clause, rule.cite)
        cut = rule.cut(currency)
        if cut.of(100_000):
            found |= dict.fromkeys(Grade if grade is None else (grade,), cut)
    return found


def _capped(priced: Mapping[Grade, Cut], most: Mapping[Grade, Cut], unit: int) -> dict[Grade, Cut]:
    # A law caps the amount; how it is taxed is the merchant's own price list.
    return {
        grade: lower(cut, most[grade], unit).model_copy(update={"tax_percent": cut.tax_percent})
        for grade, cut in priced.items()
        if grade in most
    }


def _shipping(reader: Reader, ref: str, clauses: Clauses) -> ReturnShippingRule | None:
    currency = reader.order.currency
    return reader.speaking(
        ref,
        "return_shipping",
        clauses.return_shipping,
        lambda one: (one.payer is Payer.SHOP, -one.fee.get(currency, 0)),
    )


def _delivery(reader: Reader, ref: str, clauses: Clauses) -> DeliveryRule | None:
    return reader.speaking(ref, "delivery", clauses.delivery, DeliveryRule.favour)


def _duties(reader: Reader, ref: str, clauses: Clauses) -> DutiesRule:
    return reader.speaking(ref, "duties", clauses.duties, DutiesRule.favour) or DutiesRule()


def _refund_due(reader: Reader, ref: str, clauses: Clauses, law: str) -> tuple[RefundDue, ...]:
    rule = reader.speaking(ref, "refund_due", clauses.refund_due, RefundDueRule.favour)
    if rule is None:
        return ()
    return (RefundDue(days=rule.days, after=rule.after, withhold=rule.withhold, cite=rule.cite or law),)


def _send_back(reader: Reader, ref: str, policy: Policy) -> date:
    """The last day to send the goods."""
    rule = reader.speaking(ref, "send_back", policy.send_back, SendBackRule.favour)
    return local_day(reader.now, reader.zone) + timedelta(days=rule.days if rule else policy.send_back_days)


def _send_back_by_law(
    reader: Reader, published: PublishedStatute, at_end: AtEnd, calendar: Calendar, cites: dict[str, str]
) -> date:
    """The last day to send the goods; a law that says nothing of it gives no day after today."""
    statute, country = published.statute, reader.order.country
    rule = reader.speaking(published.ref, "send_back", statute.send_back, SendBackRule.favour)
    if rule is not None:
        cites["send_back"] = rule.cite
    today = max(local_day(reader.now, zone) for zone in statute.zones(country or ""))
    day = today + timedelta(days=rule.days if rule else 0)
    return calendar.moved(day, country) if at_end is AtEnd.NEXT_WORKING_DAY else day
