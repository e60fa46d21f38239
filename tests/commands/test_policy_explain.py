"""Why a policy says what it says: the trace, the terms and who gave them, from a file or from the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from settings import ROOT
from tests.commands.conftest import ORDER, Run
from tests.shop import Shop
from wiring import Rooms

POLICY = """\
id: shop
title: Ours
window_days: 30
window:
  - days: 60
    when: {group: vip}
  - days: 20
restocking:
  - percent: 15
    when: {grade: [grade_b, grade_c], fault: shopper}
return_shipping:
  - payer: shopper
    fee: {EUR: 499}
  - payer: shop
    when: {fault: [merchant, carrier]}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "ours.yaml"
    file.write_text(POLICY)
    return file


def asked(run: Run, policy: Path, *words: str) -> Any:
    """The answer as JSON, on one mug of an order that was delivered on 6 November."""
    given = ("--line", "1") if "--line" not in words else ()
    answer = run("policy", "explain", "--order", ORDER, "--policy", policy, *given, *words, "--json")
    assert (answer.code, answer.err) == (0, "")
    return answer.json


def became(shown: Any, document: str) -> list[tuple[str, int, str, str]]:
    """Clause, number, outcome and condition of every rule of a document that was read."""
    return [
        (one["clause"], one["rule"], one["outcome"], one["condition"])
        for one in shown["trace"]
        if one["document"].startswith(f"{document}@")
    ]


def test_what_became_of_every_rule(run: Run, policy: Path) -> None:
    shown = asked(run, policy, "--reason", "defective", "--at", "2026-11-24")
    assert sorted(became(shown, "shop")) == [
        ("restocking", 1, "missed", "fault"),
        ("return_shipping", 1, "less_specific", ""),
        ("return_shipping", 2, "speaks", ""),
        ("window", 1, "missed", "group"),
        ("window", 2, "speaks", ""),
    ]
    assert ("applies", 0, "missed", "country") in became(shown, "uk-cancellation")
    places = {(one["clause"], one["rule"]): one["at"] for one in shown["trace"] if one["document"].startswith("shop@")}
    assert (places["window", 1], places["return_shipping", 2]) == (f"{policy}:5", f"{policy}:14")
    law = [one for one in shown["trace"] if one["document"].startswith("de-non-conformity@") and one["rule"]]
    text = (ROOT / "policies" / "statutes" / "de_non_conformity.yaml").read_text().splitlines()
    file, _, line = law[0]["at"].partition(":")
    assert (file, text[int(line) - 1].lstrip()[0]) == ("de_non_conformity.yaml", "-")


def test_grades_are_told_together(run: Run, policy: Path) -> None:
    shown = asked(run, policy, "--reason", "unwanted", "--at", "2026-11-24")
    grades = {one["outcome"]: one["grades"] for one in shown["trace"] if one["clause"] == "restocking"}
    assert grades == {"missed": ["grade_a", "grade_d"], "speaks": ["grade_b", "grade_c"]}


def test_the_decision_with_the_ground_of_every_term(run: Run, policy: Path) -> None:
    (line,) = asked(run, policy, "--at", "2026-11-15")["decision"]["lines"]
    assert (line["verdict"], line["basis"], line["open"]) == ("approve", "withdrawal", ["withdrawal", "policy"])
    assert {one["term"]: one["basis"] for one in line["terms"]["given"]}["restocking"] == "withdrawal"
    (invoked,) = asked(run, policy, "--at", "2026-11-15", "--basis", "policy")["decision"]["lines"]
    assert invoked["basis"] == "policy"
    (late,) = asked(run, policy, "--at", "2026-11-27")["decision"]["lines"]
    assert (late["verdict"], late["open"]) == ("decline", [])


def test_the_page(run: Run, policy: Path) -> None:
    words = ("--line", "1:2:unwanted", "--line", "BOOK-TEA", "--reason", "late", "--at", "2026-11-24")
    shown = run("policy", "explain", "--order", ORDER, "--policy", policy, *words)
    assert (shown.code, shown.err) == (0, "")
    for text in (
        "Line 1: 2 x Stoneware mug, blue, unwanted",
        "Line 2: 1 x The Book of Tea, hardcover, late",
        "overruled: another has more conditions",
        "missed: group",
        "spoke (for grade_b, grade_c)",
        "Statutes that are not for it, with the condition that does not hold: au-consumer-guarantees (country)",
        "Open grounds: policy, until 26 November 2026",
        "Verdict: approve, counts as policy",
        "Verdict on all of it: approve; to be sent by 08 December 2026",
    ):
        assert text in shown.out, text


def test_a_delivery_that_the_order_does_not_tell(run: Run, policy: Path, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(ORDER.read_text().replace('"at": "2026-11-06T13:20:00Z"', '"parcel": "p1"'))
    words = ("policy", "explain", "--order", file, "--policy", policy, "--line", "1", "--at", "2027-01-01", "--json")
    assert run(*words).json["decision"]["verdict"] == "approve"
    assert run(*words, "--delivered", "2026-12-01").json["decision"]["verdict"] == "decline"


def test_an_order_of_the_journal_is_judged_by_what_it_is_bound_to(run: Run, ready: Rooms, policy: Path) -> None:
    shop = Shop(ready.engine)
    bound = shop.publish()
    shop.sell()
    words = ("policy", "explain", "--line", "1:2", "--at", "2026-11-24", "--json", "--order")
    assert run(*words, "B-2041").json["decision"]["policy"] == bound.ref
    shop.begin("R-1", {"1": 2})
    shop.publish(since=datetime(2020, 1, 2, tzinfo=UTC), title="newer")
    (line,) = run(*words, "B-2041").json["decision"]["lines"]
    assert run(*words, "two-rates").json["decision"]["policy"] == bound.ref
    # two of three mugs are on their way back already
    assert "only 1 can still be returned" in " ".join(one["text"] for one in line["reasons"])
    assert run(*words, "B-2041", "--policy", policy).json["decision"]["policy"].startswith("shop@")
    assert shop.recorded() == ["order:two-rates", "decision:R-1"]


def test_a_published_policy_has_the_lines_of_its_file(run: Run, ready: Rooms, policy: Path) -> None:
    ref = run("policy", "publish", policy, "--from", "2020-01-01", "--json").json["ref"]
    policy.unlink()
    shown = run("policy", "explain", "--order", ORDER, "--line", "1", "--at", "2026-11-24", "--json").json
    places = {(one["clause"], one["rule"]): one["at"] for one in shown["trace"] if one["document"] == ref}
    assert (places["window", 1], places["return_shipping", 2]) == (f"{ref}:5", f"{ref}:14")


WRONG = [
    (["--order", "B-9", "--line", "1"], "--order: there is no order B-9, and no file of that name"),
    (["--order", "none.json", "--line", "1"], "none.json: it cannot be read"),
    (["--order", str(ORDER), "--line", "9"], "--line: order B-2041 has no line 9"),
    (["--order", str(ORDER), "--line", "1:0"], "--line 1: the quantity is a whole number"),
    (["--order", str(ORDER), "--line", "1", "--reason", "whim"], "--reason: 'whim' is no reason; it is one of"),
    (["--order", str(ORDER), "--line", "1", "--basis", "goodwill"], "--basis: 'goodwill' is none that a shopper"),
    (["--order", str(ORDER), "--line", "1", "--at", "soon"], "--at: 'soon' is no date"),
    (["--order", str(ORDER), "--line", "1", "--delivered", "x"], "--delivered: 'x' is no date"),
    (["--order", str(ORDER), "--line", "1"], "--policy: no policy has been published yet; name a file"),
    (["--order", str(ORDER), "--line", "1", "--policy", str(ORDER)], "two_rates.json: "),
]


def test_bad_input(run: Run, ready: Rooms) -> None:
    for words, says in WRONG:
        answer = run("policy", "explain", *words)
        assert (answer.code, answer.out) == (2, "")
        assert says in answer.err
