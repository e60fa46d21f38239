"""Policies on the command line for those whom they are for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from activities.decisions.policy_file import load_policy
from settings import ROOT
from tests.commands.conftest import ORDER, Run
from wiring import Rooms

DEFAULT = ROOT / "policies" / "default.yaml"
FASHION = ROOT / "policies" / "fashion.yaml"
WHOLE = ROOT / "tests" / "policy" / "whole.yaml"
EXAMPLES = [ROOT / "policies" / f"{name}.yaml" for name in ("fashion", "electronics", "marketplace")]


@pytest.fixture
def basket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mug for 10.00 that arrives on 15 December."""
    file = tmp_path_factory.mktemp("basket") / "basket.json"
    raw = {"currency": "EUR", "country": "US", "expected_delivery": "2026-12-15"}
    file.write_text(json.dumps({**raw, "lines": [{"title": "Mug", "price": 1000, "sku": "MUG"}]}))
    return file


@pytest.mark.parametrize("file", [DEFAULT, WHOLE, *EXAMPLES], ids=lambda one: one.stem)
def test_the_document_as_it_holds_is_the_same_policy_read_again(run: Run, file: Path) -> None:
    shown = run("policy", "show", file)
    assert (shown.code, shown.err) == (0, "")
    policy, version = load_policy(file.read_text())
    assert load_policy(shown.out)[0] == policy
    assert shown.out.startswith(f"# {policy.id}@{version[:12]}, not published.\n# Version {version}\n")
    assert run("policy", "show", file, "--json").json["policy"] == policy.model_dump(mode="json", exclude_none=True)


def test_an_empty_told_stays_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "silent.yaml"
    file.write_text("id: a\ntitle: A\nwindow_days: 1\ntold: []\n")
    assert load_policy(run("policy", "show", file).out)[0].told == ()


def test_the_examples_are_published_and_shown_by_name(run: Run, ready: Rooms) -> None:
    for place, file in enumerate(EXAMPLES, 1):
        assert run("policy", "publish", file, "--from", f"2020-0{place}-01", "--backdate").code == 0
    policy, version = load_policy(FASHION.read_text())
    ref = f"fashion@{version[:12]}"
    shown = run("policy", "show", ref)
    assert shown.out.startswith(f"# {ref}, holds for orders placed from 01 January 2020 00:00 UTC on.\n")
    assert load_policy(shown.out)[0] == policy
    assert run("policy", "show", ref, "--json").json["effective_from"] == "2020-01-01T00:00:00.000000Z"
    # the id alone is the version in force, else the newest of that id
    assert run("policy", "show", "marketplace").out.startswith("# marketplace@")
    assert run("policy", "show", "fashion").out.startswith(f"# {ref}")
    unknown = run("policy", "show", "toys")
    assert (unknown.code, unknown.out) == (1, "")
    assert "neither a file nor a published policy" in unknown.err
    by_name = run("policy", "answer", "--basket", ORDER, "--policy", ref, "--at", "2026-11-07", "--json")
    by_file = run("policy", "answer", "--basket", ORDER, "--policy", FASHION, "--at", "2026-11-07", "--json")
    assert by_name.json == by_file.json
    told = run("policy", "show", ref, "--for-shoppers", "--locale", "de")
    assert f"Dies ist die Fassung {ref}; sie gilt für Bestellungen ab dem 1. Januar 2020." in told.out


def test_the_page_for_shoppers(run: Run) -> None:
    shown = run("policy", "show", FASHION, "--for-shoppers", "--country", "de")
    assert shown.code == 0
    assert shown.out.startswith("Free returns for 30 days\n========================\n")
    assert "You get a label from us for the way back.\n" in shown.out
    for unkept in ("we add 10%", "QR code", "scanned your parcel", "price falls", "You may keep goods", "hear from us"):
        assert unkept not in shown.out
    assert "BGB 355" in shown.out
    page = run("policy", "show", FASHION, "--for-shoppers", "--html", "--locale", "de")
    assert page.out.startswith('<!doctype html>\n<html lang="de">')
    assert page.out.endswith("</html>\n")
    both = run("policy", "show", FASHION, "--for-shoppers", "--json", "--locale", "de").json
    assert (both["locale"], both["html"]) == ("de", page.out)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "no/such.yaml"], "cannot be read"),
        (["show", str(DEFAULT), "--html"], "add --for-shoppers"),
        (["show", str(DEFAULT), "--locale", "de"], "add --for-shoppers"),
        (["show", str(DEFAULT), "--for-shoppers", "--locale", "fr"], "'fr'"),
        (["show", str(DEFAULT), "--for-shoppers", "--country", "Germany"], "two letters"),
        (["answer", "--basket", str(DEFAULT), "--policy", str(DEFAULT)], "no JSON"),
        (["answer", "--basket", str(ORDER), "--policy", str(DEFAULT), "--at", "noon"], "no date"),
    ],
)
def test_what_is_refused(run: Run, words: list[str], says: str) -> None:
    shown = run("policy", *words)
    assert (shown.code, shown.out) == (2, "")
    assert says in shown.err


def test_a_basket_is_answered_and_nothing_is_kept(run: Run, home: Path, basket: Path) -> None:
    asked = ("policy", "answer", "--basket", basket, "--policy", DEFAULT, "--at", "2026-12-10")
    assert run(*asked).out == "1 × Mug: Returnable until 14 January 2027, free.\n"
    assert run(*asked, "--locale", "de").out == "1 × Mug: Rückgabe möglich bis zum 14. Januar 2027, kostenlos.\n"
    told = run(*asked, "--json").json
    [line] = told["lines"]
    assert (told["currency"], line["sku"], line["until"], line["free"]) == ("EUR", "MUG", "2027-01-14", True)
    assert line["sentence"] == "Returnable until 14 January 2027, free."
    assert not list(home.iterdir())


def test_the_policy_in_force_answers(run: Run, ready: Rooms, basket: Path) -> None:
    asked = ("policy", "answer", "--basket", basket, "--at", "2026-12-10")
    nothing = run(*asked)
    assert (nothing.code, nothing.out) == (1, "")
    assert "no policy has been published" in nothing.err
    assert run("policy", "publish", EXAMPLES[2], "--from", "2020-01-01").code == 0
    assert run(*asked).out.startswith(
        "1 × Mug: Returnable until 29 December 2026, 10% is kept, but 40% is kept if the goods come back opened or "
        "worn lightly, 70% if clearly used, 100% if damaged, only if the goods are unused, complete and in their "
        "original packaging; for your money back or "
        "store credit, and a person arranges what is not money."
    )


def test_an_order_is_a_basket_too(run: Run) -> None:
    shown = run("policy", "answer", "--basket", ORDER, "--policy", DEFAULT, "--at", "2026-11-07", "--json")
    lines: list[dict[str, Any]] = shown.json["lines"]
    order = json.loads(ORDER.read_text())["order"]
    assert [one["line_id"] for one in lines] == [one["id"] for one in order["lines"]]
    assert all(one["returnable"] for one in lines)
