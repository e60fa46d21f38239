"""Files that are no policy: each is refused with the line and the field at fault, and none loads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from activities.decisions.policy_file import load_policy, load_statute, load_statutes, policy_schema
from domain.errors import InvalidRequest
from domain.policy import Policy
from settings import ROOT

WHOLE = (ROOT / "tests" / "policy" / "whole.yaml").read_text()
LINES = WHOLE.splitlines()

SWAPS: list[tuple[str, str, str]] = [
    # what stands in the file, what stands there instead, and the field that is told
    ("id: whole", "id: a/b", "id"),
    ("id: whole", "id: 5", "id"),
    ("id: whole", "ids: whole", "ids"),
    ("title: Everything", "title: ''", "title"),
    ("title: Everything", "title: [Everything]", "title"),
    ("window_days: 30", "window_days: thirty", "window_days"),
    ("window_days: 30", "window_days: -1", "window_days"),
    ("window_days: 30", "window_days: 4000", "window_days"),
    ("window_days: 30", "window_days: 30.5", "window_days"),
    ("window_days: 30", "window_days: '30'", "window_days"),
    ("window_days: 30", "window_days: {days: 30}", "window_days"),
    ("send_back_days: 14", "send_back_days: 0", "send_back_days"),
    ("send_back_days: 14", "send_back_days: 366", "send_back_days"),
    ("inspection_days: 3", "inspection_days: 91", "inspection_days"),
    ("refund_shipping: when_all_returned", "refund_shipping: always", "refund_shipping"),
    ("  EUR: 50000", "  EUR: 500.00", "automatic_limit.EUR"),
    ("  EUR: 50000", "  EUR: -5", "automatic_limit.EUR"),
    ("  EUR: 50000", "  EURO: 50000", "automatic_limit.EURO"),
    ("  EUR: 50000", "  EUE: 50000", "automatic_limit.EUE"),
    ("  EUR: 200000", "  EUR: 2000", "policy"),
    ("  EUR: 200000", "  USD: 2000", "policy"),
    ("time_zone: Europe/Berlin", "time_zone: Berlin", "time_zone"),
    ("time_zone: Europe/Berlin", "time_zone: ../secret", "time_zone"),
    ("time_zone: Europe/Berlin", "time_zone: 1", "time_zone"),
    ("  US: America/New_York", "  USA: America/New_York", "time_zones.USA"),
    ("  US: America/New_York", "  US: America/Nowhere", "time_zones.US"),
    ('"2026-12-25", "2026-12-26"', '"2026-12-25", "2026-02-30"', "holidays.DE.1"),
    ('"2026-12-25", "2026-12-26"', '"25.12.2026"', "holidays.DE.0"),
    ('"2026-12-25", "2026-12-26"', "20261225", "holidays.DE.0"),
    ('"2026-12-25", "2026-12-26"', "2026-12-25", "holidays.DE.0"),
    ("told: [withdrawal, return_costs, returns_policy]", "told: [all]", "told.0"),
    ("told: [withdrawal, return_costs, returns_policy]", "told: yes", "told"),
    ("  - days: 45", "  - days: 45.0", "window.0.days"),
    ("  - days: 45", "  - dayz: 45", "window.0"),
    ("  - days: 45", "  - days: 99999", "window.0.days"),
    ("    anchor: last_parcel", "    anchor: first_parcel", "window.0.anchor"),
    ("    count: business", "    count: working", "window.0.count"),
    ("    at_end: next_working_day", "    at_end: moves", "window.0.at_end"),
    ("    transit_days: 5", "    transit_days: soon", "window.0.transit_days"),
    ("      category: [shoes, boots]", "      category: [shoes, 5]", "window.0.when.category.1"),
    ("      category: [shoes, boots]", "      category: []", "window.0.when.category"),
    ("      category: [shoes, boots]", "      categories: [shoes]", "window.0.when.categories"),
    ("      tag: new", "      tag: ''", "window.0.when.tag"),
    ("      tag: new", "      tag: {is: new}", "window.0.when.tag"),
    ("      country: DE", "      country: Germany", "window.0.when.country"),
    ("      country: DE", "      country: de", "window.0.when.country"),
    ("      country: DE", "      country: no", "window.0.when.country"),
    ("      region: BY", "      region: Bavaria", "window.0.when.region"),
    ("      channel: online", "      channel: 1", "window.0.when.channel"),
    ("      group: vip", "      group:", "window.0.when.group"),
    ("  - months: 3", "  - months: 601", "window.1.months"),
    ("  - months: 3", "  - months: 3\n    count: business", "window.1"),
    ('    until: "2027-01-31"', '    until: "2027-01-32"', "window.1.until"),
    ('    until: "2027-01-31"', "    until: 2027-01-31", "window.1.until"),
    ("first: 11-01", "first: 13-01", "window.1.when.season.first"),
    ("first: 11-01", "first: november", "window.1.when.season.first"),
    ("first: 11-01, last: 12-31", "first: 11-01", "window.1.when.season.last"),
    ("  - ends: reasonable_time", "  - ends: never", "window.2.ends"),
    ("  - ends: reasonable_time", "  - ends: reasonable_time\n    days: 3", "window.2"),
    ("  - ends: reasonable_time", "  - ends: fixed_day", "window.2"),
    ("reason: not_as_sold}", "reason: broken}", "window.2.when.reason"),
    ("  - answer: excluded", "  - answer: maybe", "eligibility.0.answer"),
    ("    reason: Sold as final.", '    reason: "Sold\\nas final."', "eligibility.0.reason"),
    ("      exclusion: final_sale", "      exclusion: finalsale", "eligibility.0.when.exclusion"),
    ("      buyer: consumer", "      buyer: anybody", "eligibility.0.when.buyer"),
    ("[unused, tags_attached]", "[unused, new]", "eligibility.1.condition.1"),
    ("    proof: photo", "    proof: film", "eligibility.1.proof"),
    ('  - percent: "12.5"', "  - percent: 12.5", "restocking.0.percent"),
    ('  - percent: "12.5"', '  - percent: "101"', "restocking.0"),
    ('  - percent: "12.5"', '  - percent: "-3"', "restocking.0.percent"),
    ('  - percent: "12.5"', '  - percent: "12,5"', "restocking.0.percent"),
    ('  - percent: "12.5"', "  - percent: 15 %", "restocking.0.percent"),
    ("grade: grade_b, fault: shopper", "grade: b, fault: shopper", "restocking.0.when.grade"),
    ("grade: grade_b, fault: shopper", "grade: grade_b, fault: nobody", "restocking.0.when.fault"),
    ("  - amount: {EUR: 250, JPY: 300}", "  - amount: 250", "restocking.1.amount"),
    ("  - amount: {EUR: 250, JPY: 300}", "  - amount: {EUR: 2.50}", "restocking.1.amount.EUR"),
    ("  - amount: {EUR: 250, JPY: 300}", "  - amount: {EUR: 250}\n    percent: 5", "restocking.1"),
    ("  - amount: {EUR: 250, JPY: 300}", "  - reason: nothing is kept", "restocking.1"),
    ("least: 1000, below: 9000", "least: 1000, below: 900", "lost_value.0.when.value"),
    ("{currency: EUR, least: 1000, below: 9000}", "{currency: EUR}", "lost_value.0.when.value"),
    ("{currency: EUR, least: 1000, below: 9000}", "{least: 1000}", "lost_value.0.when.value.currency"),
    ("{currency: EUR, least: 1000, below: 9000}", "1000", "lost_value.0.when.value"),
    ("  - payer: shopper", "  - payer: customer", "return_shipping.0.payer"),
    ("    fee: {EUR: 499}", "    fee: 499", "return_shipping.0.fee"),
    ("    fee: {EUR: 499}", "    fee: {EUR: 499, XXY: 3}", "return_shipping.0.fee.XXY"),
    ("  - payer: shop\n", "  - payer: shop\n    fee: {EUR: 1}\n", "return_shipping.1"),
    ("  - refund: by_value", "  - refund: some", "delivery.0.refund"),
    ("    cap: cheapest_standard", "    cap: 500", "delivery.0.cap"),
    ("  - duties: keep", "  - duties: kept", "duties.0.duties"),
    ("  - percent: 10\n", "  - percent: 110\n", "bonus.0"),
    ("  - percent: 10\n", "  - reason: a bonus\n", "bonus.0.percent"),
    ("price_adjustment:\n  - days: 14", "price_adjustment:\n  - days: 0", "price_adjustment.0.days"),
    ("price_adjustment:\n  - days: 14", "price_adjustment:\n  days: 14", "price_adjustment"),
    ("[exchange, store_credit, refund]", "[exchange, cash]", "resolutions.0.allowed.1"),
    ("[exchange, store_credit, refund]", "[]", "resolutions.0.allowed"),
    ("[label, qr_code, in_store]", "[pigeon]", "methods.0.allowed.0"),
    ("  - event: first_scan", "  - event: scan", "refund_trigger.0.event"),
    ("account_days_below: 3000", "account_days_below: -1", "refund_trigger.0.when.account_days_below"),
    ("account_days_below: 3000", "account_age: 30", "refund_trigger.0.when.account_age"),
    ("    after: receipt", "    after: inspection", "refund_due.0.after"),
    ("  - days: 5\n", "  - days: 500\n", "refund_due.0.days"),
    ("    salvage: 30", "    salvage: 300", "returnless.0"),
    ("    at_most: 1500", "    at_least: 1500", "returnless.0"),
    ("    costs: 600", "    costs: -600", "returnless.0.costs"),
    ("  - verdict: review", "  - verdict: ask", "judgement.0.verdict"),
    ("returns_from: 10", "returns_from: ten", "judgement.0.when.returns_from"),
    ("  - months: 36", "  - months: -1", "warranty.0.months"),
    ("[defective, missing_parts]", "[everything]", "warranty.0.covers.0"),
    ("[repair, replacement]\n", "[repair, love]\n", "warranty.0.remedies.1"),
    ("  - days: 21", "  - days: 0", "send_back.0.days"),
    ("not_told: return_costs", "not_told: costs", "send_back.0.when.not_told"),
    ("    label_days: 28", "    label_days: 14", "deadlines.0"),
    ("[14, 3]", "[0]", "deadlines.0.reminder_days.0"),
    ("    answer_days: 10", "    answer_days: 10\n    answer_days: 11", "deadlines.0.answer_days"),
    ("    answer_days: 10", "    answers: 10", "deadlines.0.answers"),
    ("window:\n", "windows:\n", "windows"),
    ("told: [", "cite: x\ntold: [", "cite"),
]


def mutated() -> Iterator[tuple[str, int, str]]:
    """The whole file with one thing wrong: the text, the line on which it is, and the field."""
    for stands, instead, field in SWAPS:
        assert WHOLE.count(stands) >= 1, stands
        text = WHOLE.replace(stands, instead, 1)
        pairs = enumerate(zip(LINES, text.splitlines(), strict=False), 1)
        first = next((number for number, (one, other) in pairs if one != other), len(LINES))
        yield text, first, field


MUTATED = list(mutated())


def test_the_whole_file_is_a_policy() -> None:
    policy, version = load_policy(WHOLE)
    assert (policy.id, len(version)) == ("whole", 64)
    assert Policy.model_validate_json(policy.model_dump_json()) == policy
    assert {name for name in Policy.model_fields if getattr(policy, name) in ((), {})} == set()


def test_there_are_more_than_a_hundred_of_them() -> None:
    assert len({text for text, _, _ in MUTATED}) > 100


@pytest.mark.parametrize(("text", "line", "field"), MUTATED, ids=[f"{f}:{n}" for n, (_, _, f) in enumerate(MUTATED)])
def test_what_is_wrong_is_told_with_its_line_and_field(text: str, line: int, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        load_policy(text)
    error = refused.value
    assert error.field.removesuffix(".[key]") == field or error.field.startswith(f"{field}."), error.message
    told = error.message.split("line ")[1].partition(":")[0]
    # A rule that contradicts itself is told by its first line, a document by its own, what is missing by its place.
    whole = field == "policy" or (field.count(".") == 1 and field[-1].isdigit()) or "it is missing" in error.message
    assert (int(told) <= line + 1) if whole else (abs(int(told) - line) <= 1), error.message


@pytest.mark.parametrize("number", range(1, len(LINES), 3))
def test_a_file_cut_short_or_broken_never_half_loads(number: int) -> None:
    broken = "\n".join([*LINES[:number], "  - : [", *LINES[number:]])
    with pytest.raises(InvalidRequest, match=r"line \d+"):
        load_policy(broken)


def test_a_policy_is_no_statute_and_the_other_way_round() -> None:
    with pytest.raises(InvalidRequest):
        load_statute(WHOLE)
    with pytest.raises(InvalidRequest):
        load_policy((ROOT / "policies" / "statutes" / "de_withdrawal.yaml").read_text())


def test_a_statute_that_is_wrong_is_named_by_its_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="holds no statutes"):
        load_statutes(tmp_path)
    (tmp_path / "odd.yaml").write_text("id: odd\n")
    with pytest.raises(InvalidRequest, match=r"odd\.yaml: .*line 1: it is missing"):
        load_statutes(tmp_path)


def test_the_published_schema_is_the_models_own_and_takes_the_examples() -> None:
    published = json.loads((ROOT / "docs" / "policy.schema.json").read_text())
    assert published == policy_schema()
    for text in (WHOLE, (ROOT / "policies" / "default.yaml").read_text()):
        jsonschema.validate(yaml.safe_load(text), published)
