"""What finance enters by hand is held against the order first, and what is wrong is said by its own option."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from ledger.__main__ import main
from tests.domain.orders import line, order, paid
from tests.ledger.test_facts import command, hundred
from tests.one_order import NOW, Shop

REFUND = {"--payment": "pi_1", "--amount": "60.00", "--id": "re_x", "--by": "fay"}


def refund(shop: Shop, order: str = "1", **changed: str) -> int:
    options = {**REFUND, **{f"--{name}": value for name, value in changed.items()}}
    return command(shop, "refund", order, *(word for option in options.items() for word in option))


@pytest.fixture
def shop(engine: Engine) -> Shop:
    """Ten of line a for 100.00, of which six are in a return."""
    shop = Shop(engine, hundred(number="B-2041"))
    shop.opened("r1", a=6)
    return shop


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("amount", "ten", "'ten' is no amount"),
        ("amount", "-5", "write one above zero"),
        ("amount", "0", "write one above zero"),
        ("amount", "60.001", "more decimals than EUR"),
        ("amount", "100.01", "100.01 EUR is more than payment pi_1 ever captured, which is 100.00 EUR"),
        ("line", "3", "write LINE:QUANTITY"),
        ("line", "3:x", "write LINE:QUANTITY"),
        ("line", "a:0", "write LINE:QUANTITY"),
        ("line", "z:1", "has no line z; it has a"),
        ("line", "a:11", "11 units are more than were bought of line a, which is 10"),
        ("payment", "pi_2", "has no payment pi_2; it has pi_1"),
        ("id", "r e", "an id has 1 to 64 letters"),
    ],
)
def test_what_is_wrong_is_said_by_its_own_option(
    shop: Shop, capsys: pytest.CaptureFixture[str], option: str, value: str, told: str
) -> None:
    last = shop.ledger.last_seq("1")
    assert refund(shop, **{option: value}) == 2
    said = capsys.readouterr().err
    assert (said.startswith(f"--{option}: "), said.count("--"), said.count("\n")) == (True, 1, 1)
    assert told in said
    assert shop.ledger.last_seq("1") == last


def test_a_line_that_is_named_twice_is_added_up_by_the_reader(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    options = [word for option in REFUND.items() for word in option]
    assert command(shop, "refund", "1", *options, "--line", "a:2", "--line", "a:3") == 2
    assert "line a is named twice; write 5 units" in capsys.readouterr().err


def test_all_that_was_captured_and_bought_is_no_typo(shop: Shop) -> None:
    assert refund(shop, amount="100.00", line="a:10") == 0
    assert shop.ledger.balance("tender:pi_1", "EUR").posted == 0


def test_what_was_captured_before_an_edit_still_counts(shop: Shop) -> None:
    less = order(line("a", 8, 1000, tax=[("0.19", 1277)]), tenders=[paid(8000)]).model_copy(update={"number": "B-2041"})
    shop.facts.changed(less, "storefront", NOW)
    assert refund(shop, amount="100.01") == 2
    assert refund(shop, amount="90.00", line="a:9") == 0


def test_an_order_is_named_by_its_number(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert refund(shop, "B-2041") == 0
    assert refund(shop, "1", id="re_y") == 0
    # 60.00 and 60.00 of 100.00
    assert "In suspense for order 1: 20.00 EUR, which nothing covers yet." in capsys.readouterr().out
    clear = ("--to", "goodwill", "--reason", "paid_twice", "--by", "fay")
    assert command(shop, "cleared", "B-2041", *clear) == 0
    assert shop.posted("suspense", "goodwill") == {"goodwill": -2000}
    capsys.readouterr()
    for words in (("cleared", "B-9", *clear), ("came-back", "re_9", "--by", "fay")):
        assert command(shop, *words) == 1
        assert words[1] in capsys.readouterr().err
    assert refund(shop, "B-9") == 1
    assert "no order with the id or number B-9" in capsys.readouterr().err


def test_what_was_entered_by_hand_is_an_exception(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert refund(shop, id="re_1") == 0
    assert command(shop, "came-back", "re_1", "--by", "fay") == 0
    assert refund(shop, id="re_2") == 0
    options = {**REFUND, "--id": "dp_1", "--amount": "50.00"}
    dispute = [word for option in options.items() for word in option]
    assert command(shop, "refund", "1", *dispute, "--dispute") == 0
    assert command(shop, "cleared", "1", "--to", "goodwill", "--reason", "paid_twice", "--by", "fay") == 0
    capsys.readouterr()
    assert main(["report", "exceptions", "--json"], lambda: shop.ledger, lambda: shop.snapshots) == 0
    found = json.loads(capsys.readouterr().out)["found"]
    back = shop.ledger.find("reversed:elsewhere:re_1")
    assert back is not None
    assert [(one["why"], one["reference"], one["detail"].partition(" on ")[0], one["amounts"]) for one in found] == [
        ("made_elsewhere", "re_1", "came back", "60.00 EUR"),
        ("made_elsewhere", "re_2", "", "60.00 EUR"),
        # 40.00 were left
        ("dispute_lost", "dp_1", "", "50.00 EUR"),
        ("cleared", "", "to goodwill, paid_twice", "10.00 EUR"),
    ]
    assert found[0]["detail"].endswith(f"(entry {back.seq})")
    assert main(["report", "exceptions"], lambda: shop.ledger, lambda: shop.snapshots) == 0
    text = capsys.readouterr().out
    assert "Lost disputes: 1\n" in text
    assert "dp_1" in text


def test_two_forms_of_one_credit_note_are_wrong_usage(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["credit-note", "CN-1-000001", "--format", "pdf", "--json"], lambda: shop.ledger) == 2
    assert "--json and --format pdf are two answers" in capsys.readouterr().err
