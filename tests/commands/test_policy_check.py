"""Documents looked through: every fault with its line, everything odd, and the exit code that goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import ROOT
from tests.commands.conftest import Run

DEFAULT = ROOT / "policies" / "default.yaml"

WRONG = """\
id: shop
title: Ours
window_days: 7
send_back_days: 14.0
windows: []
automatic_limit: {EUR: 5000, EUX: 3}
restocking:
  - percent: 15
    amount: {EUR: 3}
  - percent: 20
    when: {grade: [b]}
"""

ODD = """\
id: shop
title: Ours
window_days: 30
window:
  - days: 14
    when: {category: earrings}
  - days: 30
    when: {category: [earrings, piercings]}
judgement:
  - verdict: review
    when: {returns_from: 10}
  - {verdict: approve, when: {group: vip}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def test_every_fault_is_told_with_its_line_and_field(run: Run, file: Path) -> None:
    file.write_text(WRONG)
    answer = run("policy", "check", file, "--json")
    assert (answer.code, answer.json["errors"]) == (1, 5)
    found = [(one["line"], one["field"], one["weight"], one["kind"]) for one in answer.json["findings"]]
    assert found == [
        (4, "send_back_days", "error", "invalid"),
        (5, "windows", "error", "invalid"),
        (6, "automatic_limit.EUX", "error", "invalid"),
        (8, "restocking.0", "error", "invalid"),
        (11, "restocking.1.when.grade.0", "error", "invalid"),
    ]
    shown = run("policy", "check", file)
    assert shown.code == 1
    assert f"{file}:4: error: send_back_days: 14.0 is a float to YAML" in shown.out
    assert "windows: a policy has no such field; it has id, title" in shown.out
    assert shown.out.endswith("1 file: 5 errors, 0 to think about.\n")


def test_what_is_odd_names_the_other_rule_by_number_and_line(run: Run, file: Path) -> None:
    file.write_text(ODD)
    shown = run("policy", "check", file)
    assert shown.code == 1
    never, together, last = shown.out.splitlines()
    assert never.startswith(f"{file}:5: error: window rule 1: it can never speak: window rule 2 (line 7) has as many")
    assert together.startswith(
        f"{file}:10: advice: judgement rule 1: with returns_from, group vip it holds together with "
    )
    assert together.endswith(
        "judgement rule 2 (line 12), which has as many conditions and says something else; "
        "this one is stricter, and speaks"
    )
    assert last == "1 file: 1 error, 1 to think about."


def test_advice_alone_is_0(run: Run, file: Path) -> None:
    file.write_text(ODD[: ODD.index("window:")] + ODD[ODD.index("judgement:") :])
    answer = run("policy", "check", file, "--json")
    assert (answer.code, answer.json["errors"], len(answer.json["findings"])) == (0, 0, 1)


def test_the_policies_and_the_statutes_of_the_program_pass(run: Run) -> None:
    statutes = sorted((ROOT / "policies" / "statutes").glob("*.yaml"))
    answer = run("policy", "check", DEFAULT, *statutes, "--json")
    assert (answer.code, answer.json["files"]) == (0, len(statutes) + 1)
    assert {one["weight"] for one in answer.json["findings"]} <= {"advice"}
    ours = sorted((ROOT / "policies").glob("*.yaml"))
    assert run("policy", "check", *ours).out == f"{len(ours)} files: 0 errors, 0 to think about.\n"


def test_a_statute_is_checked_as_one(run: Run, file: Path) -> None:
    text = (ROOT / "policies" / "statutes" / "cn_defective.yaml").read_text()
    file.write_text(text.replace("basis: ", "base: ", 1))
    fields = {one["field"] for one in run("policy", "check", file, "--json").json["findings"]}
    assert fields == {"basis", "base"}


def test_the_law_that_is_given_takes_the_place_of_the_programs_own(run: Run, file: Path, tmp_path: Path) -> None:
    file.write_text("id: shop\ntitle: Ours\nwindow_days: 30\nwindow: [{days: 20, when: {country: DE}}]\n")
    assert run("policy", "check", file, "--json").json["findings"] == []
    law = tmp_path / "law.yaml"
    text = (ROOT / "policies" / "statutes" / "de_withdrawal.yaml").read_text()
    law.write_text(text.replace("{days: 14, anchor: last_parcel", "{days: 21, anchor: last_parcel", 1))
    found = [
        one["message"]
        for one in run("policy", "check", file, law, "--json").json["findings"]
        if one["file"] == str(file)
    ]
    assert len(found) == 1
    assert "20 days are less than the 21 that the law gives in DE" in found[0]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "a policy is a list of fields"),
        ("- a\n", 1, "a policy is a list of fields"),
        ("id: [", 1, "this is no YAML"),
        ("id: a\nb: *c\n", 2, "references (*name) are not taken"),
        ("id: x\n" * 200_000, 1, "at most 1,000,000 are read"),
        ("a: " + "[" * 900_000, 1, "nested too deeply"),
    ],
)
def test_what_is_no_document_at_all(text: str, line: int, says: str, run: Run, file: Path) -> None:
    file.write_text(text)
    answer = run("policy", "check", DEFAULT, file, "--json")
    (one,) = answer.json["findings"]
    assert (answer.code, one["file"], one["line"], one["kind"]) == (1, str(file), line, "invalid")
    assert says in one["message"]


def test_a_file_that_is_not_there_is_2(run: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        answer = run("policy", "check", DEFAULT, path)
        assert (answer.code, answer.out) == (2, "")
    (tmp_path / "odd.yaml").write_bytes(b"\xff\xfe")
    assert "this is no text in UTF-8" in run("policy", "check", tmp_path / "odd.yaml").err
    assert run("policy", "check").code == 2


def test_no_settings_are_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_DATABASE_URL", "mysql://x")
    assert run("policy", "check", DEFAULT).code == 0
