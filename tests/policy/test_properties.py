"""What holds whatever a merchant writes: the law is a floor, order plays no part, and longer is never less."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.customer import IN_STORE
from domain.inspection import Grade
from domain.order import Exclusion, Order
from domain.policy import Decision, LineDecision, Verdict
from domain.policy.document import Policy, PublishedPolicy
from domain.policy.goods import Condition, Proof
from domain.policy.money import Cap, Cut, Duties, Payer, rank
from domain.policy.outcome import DueFrom
from domain.request import Basis, ReturnReason
from domain.resolution import Resolution
from domain.terms import ShippingRule
from tests.policy.cases import DELIVERED, STATUTES, judged, line, order, published
from tests.policy.test_last_days import CASES, Case, asked, utc

ALL = tuple(STATUTES.values())

few = st.sampled_from
whens = st.fixed_dictionaries(
    {},
    optional={
        "category": few(["hats", "shoes", ["hats", "shoes"]]),
        "country": few(["DE", "FR", ["DE", "GB", "CN"], "AU"]),
        "reason": few(["defective", "changed_mind", "not_as_sold", "unknown"]),
        "group": few(["vip", "watched"]),
        "exclusion": few(["final_sale", "hygiene_sealed"]),
        "value": few([{"currency": "EUR", "least": 1500}, {"currency": "EUR", "below": 1500}]),
    },
)
graded = st.fixed_dictionaries({}, optional={"grade": few([one.value for one in Grade]), "category": few(["hats"])})


def rules(when: st.SearchStrategy[dict[str, Any]] = whens, **fields: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Some rules with these fields."""
    values = {name: one if isinstance(one, st.SearchStrategy) else st.just(one) for name, one in fields.items()}
    return st.lists(st.fixed_dictionaries({**values, "when": when}), max_size=4)


percents = st.integers(0, 100)
windows = st.one_of(
    st.fixed_dictionaries(
        {
            "days": st.integers(0, 90),
            "anchor": few(["delivery", "last_parcel", "order"]),
            "count": few(["calendar", "business"]),
            "at_end": few(["stays", "next_working_day"]),
            "when": whens,
        },
        optional={"until": few(["2026-11-20", "2027-01-31"]), "transit_days": st.integers(0, 9)},
    ),
    st.fixed_dictionaries(
        {"months": st.integers(0, 13), "first": few(["months", "days"]), "when": whens},
        optional={"days": st.integers(0, 20), "at_end": few(["stays", "next_working_day"])},
    ),
    st.fixed_dictionaries({"ends": st.just("reasonable_time"), "when": whens}),
)
countries = few(["DE", "FR", "GB", "CN", "ES", "JP"])
zones = few(["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Europe/Berlin", "UTC"])
free_days = st.lists(few(["2026-11-20", "2026-11-23", "2026-12-24", "2026-12-28"]), min_size=1, unique=True)
choices = st.lists(few([one.value for one in Resolution]), min_size=1, max_size=3, unique=True)
documents = st.fixed_dictionaries(
    {"window_days": st.integers(0, 60), "send_back_days": st.integers(1, 30)},
    optional={
        "refund_shipping": few([one.value for one in ShippingRule]),
        "told": st.lists(few(["withdrawal", "return_costs", "returns_policy"]), unique=True),
        "time_zone": zones,
        "time_zones": st.dictionaries(countries, zones, max_size=3),
        "holidays": st.dictionaries(countries, free_days, max_size=2),
        "window": st.lists(windows, max_size=4),
        "eligibility": rules(
            answer=few(["accepted", "excluded"]),
            condition=few([[], ["unused"], ["sealed", "original_packaging"]]),
            proof=few(["none", "receipt"]),
        ),
        "refund_due": rules(days=st.integers(0, 60), after=few([one.value for one in DueFrom])),
        "restocking": rules(graded, percent=percents),
        "lost_value": rules(graded, amount=st.fixed_dictionaries({"EUR": st.integers(1, 2000)})),
        "return_shipping": rules(payer=st.just("shopper"), fee=st.just({"EUR": 900})),
        "delivery": rules(refund=few([one.value for one in ShippingRule]), cap=few(["none", "cheapest_standard"])),
        "duties": rules(duties=few(["refund", "keep"])),
        "resolutions": rules(allowed=choices),
        "judgement": rules(verdict=few(["approve", "review", "decline"])),
        "warranty": rules(months=st.integers(1, 60)),
        "send_back": rules(days=st.integers(1, 30)),
    },
)
orders = st.builds(
    lambda country, buyer, channel, exclusions, category, groups, days: order(
        line("1", DELIVERED, exclusions=exclusions, category=category),
        line("2", DELIVERED + timedelta(days=days) if days >= 0 else None, unit_price=1999),
        country=country,
        buyer=buyer,
        channel=channel,
        customer={"groups": groups},
    ),
    few(["DE", "FR", "GB", "CN", "ES", "AU", "JP", None]),
    few(["consumer", "consumer", "business"]),
    few(["online", "online", IN_STORE]),
    st.lists(few(list(Exclusion)), max_size=2, unique=True),
    few(["", "hats", "shoes"]),
    st.lists(few(["vip", "watched"]), max_size=2),
    st.integers(-1, 10),
)
asks = st.fixed_dictionaries({"reason": few(list(ReturnReason)), "basis": few([None, None, *Basis])})
halves = st.one_of(st.integers(0, 120), st.integers(720, 780), st.integers(1440, 1470))
moments = halves.map(lambda count: DELIVERED + timedelta(hours=count * 12))


def law_alone(policy: PublishedPolicy, sold: Order, now: Any, ask: dict[str, Any], name: str) -> LineDecision:
    """What one statute gives by itself: under a merchant who promises nothing, but has the same prices."""
    bare = policy.policy.model_dump(mode="json", exclude_none=True)
    for clause in ("window", "delivery", "duties", "resolutions", "judgement", "warranty", "bonus", "send_back"):
        bare[clause] = []
    bare |= {"window_days": 0, "send_back_days": 1, "eligibility": [{"answer": "excluded"}]}
    alone = PublishedPolicy(policy=Policy.model_validate(bare), version="a" * 64, effective_from=now)
    return judged(alone, sold, now, statutes=(STATUTES[name],), **ask).decision.lines[0]


@given(document=documents, sold=orders, now=moments, ask=asks)
def test_never_less_than_an_open_statute_gives(document: dict[str, Any], sold: Order, now: Any, ask: Any) -> None:
    policy = published(document)
    decided = judged(policy, sold, now, statutes=ALL, **ask).decision.lines[0]
    for name in STATUTES:
        law = law_alone(policy, sold, now, ask, name)
        if law.terms is not None:
            assert STATUTES[name].ref in decided.statutes
            not_below(decided, law)
            no_more_is_asked(decided, sold)
            for kept, most in zip(_cuts(decided), _cuts(law), strict=True):
                assert all(grade in most and cut.of(1000) <= most[grade].of(1000) for grade, cut in kept.items())


@given(document=documents, case=few(CASES))
def test_open_to_the_last_second_of_the_law(document: dict[str, Any], case: Case) -> None:
    # counted by hand, so that nothing here rests on the function that is tested
    fields = {**document, "told": ["withdrawal", "return_costs", "returns_policy"], **case.policy}
    last = utc(case.last) - timedelta(seconds=1)
    decided = asked(case, last, **fields)
    assert STATUTES[case.statute].ref in decided.statutes
    assert decided.verdict is not Verdict.DECLINE
    assert decided.returnable_until is None or decided.returnable_until > last


def no_more_is_asked(decided: LineDecision, sold: Order) -> None:
    """Of goods that a law gives back nothing is asked but, for a withdrawal, their seal."""
    assert decided.handling is not None
    sealed = {Exclusion.HYGIENE_SEALED, Exclusion.MEDIA_SEALED} & set(sold.lines[0].exclusions)
    faulty = Basis.NON_CONFORMITY in decided.open
    assert set(decided.handling.condition) <= ({Condition.SEALED} if sealed and not faulty else set())
    assert decided.handling.proof is Proof.NONE


def _cuts(one: LineDecision) -> tuple[Mapping[Grade, Cut], ...]:
    assert one.terms is not None
    return one.terms.restocking, one.terms.lost_value


def not_below(decided: LineDecision, law: LineDecision) -> None:
    """A line has no less than what a law gives by itself."""
    ours, floor = decided.terms, law.terms
    assert ours is not None
    assert floor is not None
    assert list(Verdict).index(decided.verdict) <= list(Verdict).index(law.verdict)
    assert decided.returnable_until is None or (
        law.returnable_until is not None and decided.returnable_until >= law.returnable_until
    )
    for grade in Grade:
        assert sum(one[grade].of(1000) for one in _cuts(decided) if grade in one) <= sum(
            one[grade].of(1000) for one in _cuts(law) if grade in one
        )
    assert ours.return_shipping is Payer.SHOP or floor.return_shipping is Payer.SHOPPER
    assert ours.label_fee <= floor.label_fee
    assert rank(ours.delivery) >= rank(floor.delivery)
    if floor.delivery is not ShippingRule.NEVER:
        assert ours.cap is Cap.NONE or floor.cap is Cap.CHEAPEST_STANDARD
    assert ours.duties is Duties.REFUND
    assert set(floor.resolutions) <= set(ours.resolutions)
    assert set(floor.refund_due) <= set(ours.refund_due)
    assert ours.send_back_day >= floor.send_back_day


@given(document=documents, sold=orders, now=moments, ask=asks)
def test_what_is_closed_gives_nothing(document: dict[str, Any], sold: Order, now: Any, ask: Any) -> None:
    policy = published(document)
    with_law = judged(policy, sold, now, statutes=ALL, **ask).decision
    without = judged(policy, sold, now, **ask).decision
    for one, other in zip(with_law.lines, without.lines, strict=True):
        if not one.statutes:
            assert (one.terms, one.verdict, one.returnable_until) == (
                other.terms,
                other.verdict,
                other.returnable_until,
            )


@given(document=documents, sold=orders, now=moments, ask=asks, days=st.integers(0, 40))
def test_a_longer_window_never_declines_what_a_shorter_one_approves(
    document: dict[str, Any], sold: Order, now: Any, ask: Any, days: int
) -> None:
    longer = {**document, "window_days": document["window_days"] + days}
    if "window" in document:
        longer["window"] = [_longer(rule, days) for rule in document["window"]]
    short = judged(published(document), sold, now, **ask).decision
    long = judged(published(longer), sold, now, **ask).decision
    for one, other in zip(short.lines, long.lines, strict=True):
        assert one.verdict is Verdict.DECLINE or other.verdict is not Verdict.DECLINE


@given(document=documents, sold=orders, now=moments, ask=asks, chance=st.randoms(use_true_random=False))
def test_the_order_of_rules_lines_and_statutes_plays_no_part(
    document: dict[str, Any], sold: Order, now: Any, ask: Any, chance: Any
) -> None:
    shuffled = {name: chance.sample(one, len(one)) if isinstance(one, list) else one for name, one in document.items()}
    turned = sold.model_copy(update={"lines": sold.lines[::-1]})
    first = judged(published(document), sold, now, statutes=ALL, **ask).decision
    again = judged(published(shuffled), turned, now, statutes=tuple(chance.sample(ALL, len(ALL))), **ask).decision
    assert _by_line(first) == _by_line(again)
    assert (first.verdict, first.send_back_until) == (again.verdict, again.send_back_until)


@given(document=documents, sold=orders, now=moments, ask=asks)
def test_the_same_is_decided_the_same_and_recorded_without_loss(
    document: dict[str, Any], sold: Order, now: Any, ask: Any
) -> None:
    policy = published(document)
    first, again = (judged(policy, sold, now, statutes=ALL, **ask) for _ in range(2))
    assert first == again
    assert Decision.model_validate(first.decision.model_dump(mode="json", exclude_none=True)) == first.decision


def _longer(rule: dict[str, Any], days: int) -> dict[str, Any]:
    return rule if "ends" in rule else {**rule, "days": rule.get("days", 0) + days}


def _by_line(decision: Decision) -> dict[str, object]:
    """Each line's decision; the name of the document has a hash in it, which follows the order of its rules."""
    return {one.line_id: one.model_dump_json().replace(decision.policy, "the policy") for one in decision.lines}
