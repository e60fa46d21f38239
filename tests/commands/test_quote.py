"""Quotes: computed from a file, without a database, a stack or settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from domain.quote import quote_schema
from settings import ROOT
from tests.commands.conftest import ORDER, UNLINKED, Run

SAMPLES = ROOT / "tests" / "storefront" / "samples"
REFUNDED = SAMPLES / "shopify_order_partially_refunded.json"
WOO = SAMPLES / "woocommerce_order.json"
SCHEMA = ROOT / "docs" / "quote.schema.json"


@pytest.fixture(autouse=True)
def nothing_is_kept(home: Path) -> Any:
    """A quote leaves nothing behind."""
    yield
    assert not list(home.iterdir())


def changed(tmp_path: Path, **changes: object) -> Path:
    """Our own sample with other fields, outside the home."""
    document = json.loads(ORDER.read_text())
    document["order"] |= changes
    file = tmp_path.parent / f"{tmp_path.name}-order.json"
    file.write_text(json.dumps(document))
    return file


def test_the_published_discount(run: Run) -> None:
    shown = run("quote", "--order", UNLINKED, "--line", "1071823193:1:size_too_small", "--json")
    assert (shown.code, shown.err) == (0, "")
    quote = shown.json
    assert (quote["order"], quote["number"], quote["currency"]) == ("1073459981", "#1002", "USD")
    # 199.00 - 17.91
    assert (quote["total"], quote["total_decimal"]) == (18109, "181.09")
    assert quote["lines"] == [
        {
            "line_id": "1071823193",
            "sku": "IPOD2009BLACK",
            "title": "IPod Touch 8GB - Black",
            "reason": "size_too_small",
            "quantity": 1,
            "gross": 18109,
            "gross_decimal": "181.09",
            "net": 18109,
            "net_decimal": "181.09",
            "taxes": [],
            "duties": 0,
            "duties_decimal": "0.00",
        }
    ]
    leg = {"tender": "unlinked", "kind": "unknown", "by_hand": False, "amount": 18109, "amount_decimal": "181.09"}
    assert quote["legs"] == [leg]
    assert quote["fees"] == []


def test_the_published_order_of_which_a_part_went_back(run: Run) -> None:
    shown = run("quote", "--order", REFUNDED, "--line", "518995019:1", "--json").json
    # 199.00 - 3.33 + 3.98
    assert (shown["total"], shown["total_decimal"]) == (19965, "199.65")
    (line,) = shown["lines"]
    assert (line["net"], line["net_decimal"]) == (19567, "195.67")
    assert line["taxes"] == [{"name": "State Tax", "rate": "0.06", "amount": 398, "amount_decimal": "3.98"}]
    assert len(shown["explanation"]["differences"]) == 2
    again = run("quote", "--order", REFUNDED, "--line", "703073504:1", "--json")
    assert (again.code, again.out) == (2, "")
    assert "--line 703073504: 1 asked for; of 1 bought, 0 have not been paid back" in again.err


def test_the_published_woocommerce_order(run: Run) -> None:
    shown = run(
        "quote", "--order", WOO, "--format", "woocommerce", "--line", "315:2", "--line", "Bar3:1", "--json"
    ).json
    # 6.45 + 12.90 + 10.00
    assert (shown["total"], shown["shipping"], shown["shipping_decimal"]) == (2935, 1000, "10.00")
    assert [(one["tender"], one["by_hand"], one["amount"]) for one in shown["legs"]] == [("bacs-727", True, 2935)]
    refund = SAMPLES / "woocommerce_order_refund.json"
    words = ("--line", "315:2", "--line", "Bar3:1", "--transactions", refund, "--json")
    assert run("quote", "--order", WOO, *words).json["total"] == 1935


def test_the_table(run: Run) -> None:
    shown = run("quote", "--order", ORDER, "--line", "1:2:defective")
    assert (shown.code, shown.err) == (0, "")
    # two of three mugs that cost 35.29 together: 23.5267
    for text in ("Stoneware mug, blue (line 1)", "23.53", "to card pi_demo_two_rates"):
        assert text in shown.out
    assert "\x1b" not in shown.out


def test_what_went_back_before(run: Run) -> None:
    first = run("quote", "--order", ORDER, "--line", "1:2", "--json").json["total"]
    words = ("--refunded", "MUG-BLUE:2", "--line", "1:1", "--line", "2:1", "--line", "3:1", "--json")
    rest = run("quote", "--order", ORDER, *words).json
    # everything is back now, and with it the shipping of 4.95
    assert (first, rest["total"], rest["shipping"]) == (2353, 10850 - 2353, 495)
    assert (rest["shipping_net"], rest["shipping_taxes"][0]["amount_decimal"]) == (416, "0.79")
    assert run("quote", "--order", ORDER, "--refunded", "1:2", "--line", "1:2").code == 2
    assert "--refunded 1: 4 asked for" in run("quote", "--order", ORDER, "--refunded", "1:4", "--line", "1:1").err


def test_currencies_without_and_with_three_decimals(run: Run, tmp_path: Path) -> None:
    for currency, decimal in (("JPY", "2353"), ("KWD", "2.353")):
        shown = run("quote", "--order", changed(tmp_path, currency=currency), "--line", "1:2", "--json").json
        assert (shown["total"], shown["total_decimal"]) == (2353, decimal)


def test_duties_tip_and_a_kit(run: Run, tmp_path: Path) -> None:
    order = json.loads(ORDER.read_text())["order"]
    order["lines"][0] |= {
        "duties": 300,
        "parts": [{"title": "Mug", "unit_price": 1}, {"title": "Lid", "unit_price": 1}],
    }
    tenders = [{"id": "x", "kind": "unknown", "captured": 11350}]
    file = changed(tmp_path, lines=order["lines"], tip=200, total=11350, tenders=tenders)
    words = [word for line in ("1:3:style", "2:1", "3:1") for word in ("--line", line)]
    shown = run("quote", "--order", file, *words, "--json").json
    assert (shown["total"], shown["duties_decimal"], shown["tip_decimal"]) == (11350, "3.00", "2.00")
    assert [(one["line_id"], one["reason"]) for one in shown["lines"][:3]] == [
        ("1.1", "style"),
        ("1.2", "style"),
        ("2", None),
    ]
    assert [(one["tender"], one["by_hand"]) for one in shown["legs"]] == [("x", True)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--line", "9:1"], "--line: order B-2041 has no line 9; it has 1, 2, 3"),
        (["--line", "1:4"], "--line 1: 4 asked for; of 3 bought, 3 have not been paid back"),
        (["--line", "1:0"], "--line 1: the quantity is a whole number from 1 to 1000000, not 0"),
        (["--line", "1:-1"], "--line 1: the quantity is a whole number from 1 to 1000000, not -1"),
        (["--line", "MUG-BLUE:9999999"], "--line 1: the quantity is a whole number from 1 to 1000000, not 9999999"),
        (["--line", "1:1", "--refunded", "2:0"], "--refunded 2: the quantity is a whole number from 1 to"),
        (["--line", "1"], "--line: '1' is not LINE:QUANTITY[:REASON]"),
        (["--line", "1:1:whim"], "--line 1: 'whim' is no reason; it is one of accidental_order, better_price, color,"),
        (["--line", "1:2", "--line", "MUG-BLUE:2"], "--line 1: 4 asked for"),
        (["--line", "1:1", "--refunded", "9:1"], "--refunded: order B-2041 has no line 9"),
        (["--line", "1:1", "--refunded", "x"], "--refunded: 'x' is not LINE:QUANTITY"),
        (["--line", "1:1", "--format", "magento"], "--format"),
        (["--line", "1:1", "--format", "shopify"], "order: this is no Shopify order"),
        (["--line", "1:1", "--transactions", "none.json"], "none.json: it cannot be read"),
        (["--line", "1:1", "--transactions", str(ORDER)], "transactions: an order in our own format"),
        ([], "--line"),
    ],
)
def test_bad_input(words: list[str], says: str, run: Run) -> None:
    for more in ([], ["--json"]):
        answer = run("quote", "--order", ORDER, *words, *more)
        assert (answer.code, answer.out) == (2, "")
        assert says in answer.err
        assert answer.err.count("\n") == 1


def test_bad_orders(run: Run, tmp_path: Path) -> None:
    assert run("quote", "--order", "none.json", "--line", "1:1").code == 2
    answer = run("quote", "--order", changed(tmp_path, total=10851), "--line", "1:1")
    assert (answer.code, answer.out) == (2, "")
    assert "total is 10851, but lines, duties, shipping and tip add up to 10850" in answer.err


def test_a_sku_that_two_lines_have(run: Run, tmp_path: Path) -> None:
    lines = json.loads(ORDER.read_text())["order"]["lines"]
    file = changed(tmp_path, lines=[line | {"sku": "MUG"} for line in lines])
    assert (
        "MUG is the SKU of 3 lines; name one of them: 1, 2, 3" in run("quote", "--order", file, "--line", "MUG:1").err
    )


def test_no_settings_are_read(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_DATABASE_URL", "mysql://x")
    assert run("quote", "--order", ORDER, "--line", "1:1").code == 0


UNDER = """\
id: ours
title: Ours
window_days: 30
return_shipping: [{payer: shopper, fee: {EUR: 499}}, {payer: shop, when: {fault: merchant}}]
"""


def test_under_a_policy(run: Run, tmp_path: Path) -> None:
    policy = tmp_path.parent / f"{tmp_path.name}-policy.yaml"
    policy.write_text(UNDER)
    words = ("quote", "--order", ORDER, "--policy", policy, "--line")
    late = run(*words, "1:2", "--at", "2026-11-24", "--json").json
    # two of three mugs 23.53, less the label
    assert (late["total"], [one["amount"] for one in late["fees"]]) == (1854, [499])
    assert late["policy"].startswith("ours@")
    (verdict,) = late["verdicts"]
    assert (verdict["line_id"], verdict["verdict"], verdict["basis"]) == ("1", "approve", "policy")
    # within the right of withdrawal the delivery goes back with the goods: 495 * 2353 / 10355 = 112
    early = run(*words, "1:2", "--at", "2026-11-15", "--json").json
    assert (early["total"], early["shipping"], early["verdicts"][0]["basis"]) == (1854 + 112, 112, "withdrawal")
    mended = run(*words, "1:2:defective", "--at", "2026-11-24", "--basis", "policy", "--json").json
    # for a defect no label is paid, and the law on it gives the delivery back too, whatever was invoked
    assert (mended["total"], mended["fees"], mended["verdicts"][0]["basis"]) == (2353 + 112, [], "policy")
    shown = run(*words, "1:2", "--at", "2026-11-24")
    assert "Line 1: approve as policy." in shown.out
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(early)


def test_nothing_would_go_back_under_a_policy(run: Run, tmp_path: Path) -> None:
    policy = tmp_path.parent / f"{tmp_path.name}-policy.yaml"
    policy.write_text(UNDER)
    answer = run("quote", "--order", ORDER, "--policy", policy, "--line", "1:1", "--at", "2026-12-07", "--json")
    assert (answer.code, answer.out) == (1, "")
    assert "Line 1: The 30 days after delivery in which it could be returned ended on 06 December 2026." in answer.err


def test_what_needs_a_policy(run: Run, tmp_path: Path) -> None:
    for option, value in (("--basis", "policy"), ("--at", "2026-11-24"), ("--delivered", "2026-11-24")):
        answer = run("quote", "--order", ORDER, "--line", "1:1", option, value)
        assert (answer.code, answer.out) == (2, "")
        assert f"{option}: it is for a quote under a policy" in answer.err


def test_the_published_schema_is_the_models_own() -> None:
    schema = json.loads(SCHEMA.read_text())
    assert schema == quote_schema(), "the schema has drifted; refresh it: make schemas"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_quotes_are_as_the_schema_says(run: Run) -> None:
    judge = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    for file, line in ((ORDER, "1:2"), (UNLINKED, "1071823193:1"), (REFUNDED, "518995019:1"), (WOO, "315:1")):
        quote = run("quote", "--order", file, "--line", line, "--json").json
        judge.validate(quote)
        # every amount has both forms, and they are the same
        minor = {name for name in quote if f"{name}_decimal" in quote}
        assert minor == {"shipping", "shipping_net", "duties", "tip", "total", "later"}
        for name in minor:
            assert int(quote[f"{name}_decimal"].replace(".", "")) == quote[name]
    assert not judge.is_valid({"total": 1})


def test_the_page_shows_what_is_printed(run: Run) -> None:
    page = (ROOT / "docs" / "quote.md").read_text()
    (shown,) = (json.loads(part.partition("```")[0]) for part in page.split("```json\n")[1:])
    printed = run("quote", "--order", UNLINKED, "--line", "IPOD2009BLACK:1", "--json").json
    assert shown.items() <= printed.items()
    assert not [name for name in printed if f"`{name}`" not in page and not name.endswith("_decimal")]
