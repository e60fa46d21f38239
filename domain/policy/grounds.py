"""The grounds on which a line could come back, and whether each is open now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from domain.customer import IN_STORE
from domain.policy.calendar import Calendar, local_day
from domain.policy.decision import Reason, as_sentence
from domain.policy.document import Policies, PublishedPolicy, PublishedStatute, Statute
from domain.policy.goods import Answer, EligibilityRule
from domain.policy.grant import Grant, Prices, of_policy, of_statute, of_warranty
from domain.policy.judgement import JudgementRule, Verdict, WarrantyRule
from domain.policy.reader import Reader
from domain.policy.reasons import NOT_CONFORMING, ReasonGroup, group_of
from domain.policy.window import Anchor, Count, Ends, First, Window, WindowRule, longest, window_of
from domain.request import Basis, ReturnReason


@dataclass(frozen=True)
class Ground:
    """One basis by one document: whether it is open, every reason for that, and the terms that it would give.

    `by_person` where somebody has to judge whether the claim is right, or still in time. `goods` is how they have to
    be, and `zones` where the days of its law end."""

    basis: Basis
    policy: str
    open: bool
    window: Window
    reasons: tuple[Reason, ...]
    grant: Callable[[Prices], Grant]
    goods: EligibilityRule
    obligations: tuple[str, ...] = ()
    by_person: bool = False
    zones: tuple[str, ...] = ()


def judgement(reader: Reader, published: PublishedPolicy) -> JudgementRule | None:
    """What the merchant's rules say of a request like this, if any speaks."""
    return reader.speaking(published.ref, "judgement", published.policy.judgement, JudgementRule.favour)


def eligibility(reader: Reader, published: PublishedPolicy) -> EligibilityRule:
    """Whether the merchant takes these goods back, and in which condition."""
    rules = published.policy.eligibility
    return reader.speaking(published.ref, "eligibility", rules, EligibilityRule.favour) or EligibilityRule()


def grounds(reader: Reader, policies: Policies, judged: Verdict, goods: EligibilityRule) -> Iterator[Ground]:
    """Every ground that there is for this line, the law before the merchant's own word."""
    found = [one for statute in policies.statutes if (one := _law(reader, statute))]
    yield from sorted(found, key=lambda one: (list(Basis).index(one.basis), one.policy))
    yield from _warranty(reader, policies.policy, goods)
    yield _promise(reader, policies.policy, judged, goods)


def _promise(reader: Reader, published: PublishedPolicy, judged: Verdict, goods: EligibilityRule) -> Ground:
    """The merchant's own policy."""
    rule, window = _longest(reader, published.ref, published.policy.window, reader.calendar, (reader.zone,))
    if rule is None:
        rule = WindowRule(days=published.policy.window_days)
        window = window_of(rule, reader.order, reader.line, reader.calendar, reader.zone)
    reasons = [_window_reason(rule, window, reader)]
    if goods.answer is Answer.EXCLUDED:
        text = as_sentence(goods.reason or "The shop does not take these goods back")
        reasons.append(Reason(code="not_returnable", verdict=Verdict.DECLINE, text=text, basis=Basis.POLICY))
    return Ground(
        basis=Basis.POLICY,
        policy=published.ref,
        open=window.open_at(reader.now) and goods.answer is Answer.ACCEPTED and judged is not Verdict.DECLINE,
        window=window,
        reasons=tuple(reasons),
        grant=lambda prices: of_policy(reader, published, prices),
        by_person=rule.ends is Ends.REASONABLE_TIME,
        goods=goods,
    )


def _warranty(reader: Reader, published: PublishedPolicy, goods: EligibilityRule) -> Iterator[Ground]:
    """The merchant's warranty, where there is one and what is said is something that it covers."""
    rule = reader.speaking(published.ref, "warranty", published.policy.warranty, WarrantyRule.favour)
    if rule is None or not _claimed(reader, Basis.WARRANTY, rule.covers):
        return
    length = WindowRule(months=rule.months)
    window = window_of(length, reader.order, reader.line, reader.calendar, reader.zone)
    reason = _basis_reason(Basis.WARRANTY, "The warranty", length, window, reader, "")
    if excluded := _not_warranted(reader, rule, goods):
        reason = _against(Basis.WARRANTY, "excluded", f"The warranty is not for these goods{excluded}.", "")
    warranty = rule
    yield Ground(
        basis=Basis.WARRANTY,
        policy=published.ref,
        open=window.open_at(reader.now) and not excluded,
        window=window,
        reasons=(reason,),
        grant=lambda _: of_warranty(reader, published, warranty),
        goods=EligibilityRule(),
    )


def _not_warranted(reader: Reader, rule: WarrantyRule, goods: EligibilityRule) -> str:
    """What follows "not for these goods", where the merchant's document leaves them out; empty where it does not."""
    kinds = [one.replace("_", " ") for one in rule.excludes if one in reader.line.exclusions]
    if kinds:
        return f": {rule.reason or ', '.join(kinds)}"
    if not rule.months:
        return f": {rule.reason or 'the shop gives none for them'}"
    # What is not taken back is not taken back under the shop's own warranty either; the law is another matter.
    return f": {goods.reason or 'the shop does not take them back'}" if goods.answer is Answer.EXCLUDED else ""


def _claimed(reader: Reader, basis: Basis, reasons: Collection[ReturnReason]) -> bool:
    """Whether the shopper's reason is one of these, or they invoke the basis and give no reason."""
    said = reader.wanted.reason
    return said in reasons or (reader.invoked is basis and group_of(said) is ReasonGroup.UNSAID)


def _law(reader: Reader, published: PublishedStatute) -> Ground | None:
    """A statute; None where it does not govern this line or nobody claims what it is about."""
    statute = published.statute
    if missed := _not_applying(reader, published):
        reader.note(published.ref, "applies", 0, "missed", missed)
        return None
    ref = published.ref
    reader.note(ref, "applies", 0, "speaks")
    zones = statute.zones(reader.order.country or "")
    # A merchant's own holidays can only lengthen what the law gives.
    calendar = reader.calendar.model_copy(update={"by_law": statute.holidays})
    rule, window = _longest(reader, ref, statute.window, calendar, zones)
    if rule is None:
        return None
    goods = reader.speaking(ref, "eligibility", statute.eligibility, EligibilityRule.favour)
    excluded = goods is not None and goods.answer is Answer.EXCLUDED
    reasons = [_basis_reason(statute.basis, statute.title, rule, window, reader, rule.cite)]
    if goods is not None and excluded:
        law = f" ({goods.cite})" if goods.cite else ""
        text = f"{statute.title} is not for these goods: {goods.reason or 'the law leaves them out'}{law}."
        reasons = [_against(statute.basis, "excluded", text, goods.cite)]
    ends, placed = rule.at_end, _placed(reader, statute)
    return Ground(
        basis=statute.basis,
        policy=ref,
        open=window.open_at(reader.now) and not excluded,
        window=window,
        reasons=tuple(reasons),
        grant=lambda prices: of_statute(reader, published, prices, ends, calendar),
        obligations=tuple(one.what for one in statute.obligations if one.since <= placed),
        by_person=rule.ends is Ends.REASONABLE_TIME,
        goods=goods or EligibilityRule(),
        zones=zones,
    )


def _not_applying(reader: Reader, published: PublishedStatute) -> str:
    """Why a statute says nothing of this line, as the condition that does not hold; empty if it does."""
    statute, order, applies = published.statute, reader.order, published.statute.applies
    if order.country not in applies.country:
        return "country"  # first, because most laws are of elsewhere
    claimed = _claimed(reader, Basis.NON_CONFORMITY, NOT_CONFORMING)
    checks = {
        "region": not applies.region or order.region in applies.region,
        "buyer": applies.buyer in (None, order.buyer),
        "at_a_distance": applies.at_a_distance == "any" or order.channel != IN_STORE,
        "not_told": not applies.not_told or any(one not in reader.policy.told for one in applies.not_told),
        "since": statute.in_force(_placed(reader, statute)),
        "reason": statute.basis is not Basis.NON_CONFORMITY or claimed,
    }
    return next((name for name, holds in checks.items() if not holds), "")


def _placed(reader: Reader, statute: Statute) -> date:
    """The day of the sale, as the law has it."""
    order = reader.order
    return max(local_day(order.placed_at, zone) for zone in statute.zones(order.country or ""))


def _longest(
    reader: Reader, ref: str, rules: Sequence[WindowRule], calendar: Calendar, zones: Sequence[str]
) -> tuple[WindowRule | None, Window]:
    """The rule that speaks, and the window that it gives; of two alike, the one that ends later here."""

    def window(rule: WindowRule) -> Window:
        return longest(rule, reader.order, reader.line, calendar, zones)

    def favour(rule: WindowRule) -> tuple[object, ...]:
        until = window(rule).until
        # Of two without an end, the one that asks nobody.
        return (until is None, until or reader.now, rule.ends is not Ends.REASONABLE_TIME)

    found = reader.speaking(ref, "window", rules, favour)
    return found, Window() if found is None else window(found)


def _window_reason(rule: WindowRule, window: Window, reader: Reader) -> Reason:
    length, started = _length(rule), _start(rule.anchor)
    if rule.ends is Ends.REASONABLE_TIME:
        text = "It can be returned for as long as is reasonable for such goods."
        return Reason(code="within_window", verdict=Verdict.APPROVE, text=text, basis=Basis.POLICY)
    if window.day is None:
        text = f"The {length} to return it begin with {started}, which is not known yet."
        return Reason(code="delivery_unknown", verdict=Verdict.APPROVE, text=text, basis=Basis.POLICY)
    day, of = f"{window.day:%d %B %Y}", _of(rule, window)
    if window.open_at(reader.now):
        text = f"It can be returned until {day}, {of}."
        return Reason(code="within_window", verdict=Verdict.APPROVE, text=text, basis=Basis.POLICY)
    ended = f"The {of} in which it could be returned ended on {day}."
    text = f"It could be returned until {day}, {of}." if _is_set(rule, window) else ended
    return Reason(code="return_period_ended", verdict=Verdict.DECLINE, text=text, basis=Basis.POLICY)


def _basis_reason(basis: Basis, title: str, rule: WindowRule, window: Window, reader: Reader, cite: str) -> Reason:
    law = f" ({cite})" if cite else ""
    if rule.ends is Ends.REASONABLE_TIME:
        text = f"{title} is open for as long as is reasonable for such goods{law}."
        return Reason(code=f"{basis}_open", verdict=Verdict.APPROVE, text=text, basis=basis, cite=cite)
    if window.day is None:
        text = f"{title} is open: its {_length(rule)} begin with {_start(rule.anchor)}, which is not known yet{law}."
        return Reason(code=f"{basis}_open", verdict=Verdict.APPROVE, text=text, basis=basis, cite=cite)
    if window.open_at(reader.now):
        text = f"{title} is open until {window.day:%d %B %Y}, {_of(rule, window)}{law}."
        return Reason(code=f"{basis}_open", verdict=Verdict.APPROVE, text=text, basis=basis, cite=cite)
    return _against(basis, "ended", f"{title} ended on {window.day:%d %B %Y}, {_of(rule, window)}{law}.", cite)


def _against(basis: Basis, what: str, text: str, cite: str) -> Reason:
    return Reason(code=f"{basis}_{what}", verdict=Verdict.DECLINE, text=text, basis=basis, cite=cite)


def _length(rule: WindowRule) -> str:
    days = f"{rule.days or 0} {'business ' if rule.count is Count.BUSINESS else ''}days"
    if not rule.months:
        return days
    months = f"{rule.months} months"
    if not rule.days:
        return months
    return f"{days} and {months}" if rule.first is First.DAYS else f"{months} and {days}"


def _start(anchor: Anchor) -> str:
    return {Anchor.DELIVERY: "delivery", Anchor.LAST_PARCEL: "the last parcel", Anchor.ORDER: "the order"}[anchor]


def _is_set(rule: WindowRule, window: Window) -> bool:
    """Whether the last day is one that was set, whatever number of days was given besides."""
    day = window.day
    return day is not None and (rule.until == day or rule.until_yearly == f"{day:%m-%d}")


def _of(rule: WindowRule, window: Window) -> str:
    """How the last day came about."""
    if _is_set(rule, window):
        return "the day that was set"
    taken = f", which is taken to be {rule.transit_days} days after the order" if window.assumed else ""
    return f"{_length(rule)} after {_start(rule.anchor)}{taken}"
