"""The explanation of a plan: stable as JSON, readable as a table."""

from __future__ import annotations

from domain.explain import as_text, explain, percent
from domain.explanation import Explanation
from domain.history import history_of
from domain.order import Shipping, TaxLine, TenderKind
from domain.plan import Adjustment, FeeKind
from domain.planning import plan_adjustment, plan_refund
from domain.policy import ShippingRule
from domain.terms import FeeTerm, Share, Terms
from tests.domain.orders import before, line, order, paid, returned
from tests.domain.test_worked_cases import shopify_partially_refunded

FEES = Terms(
    refund_shipping=ShippingRule.BY_VALUE,
    fees=(
        FeeTerm(kind=FeeKind.RESTOCKING, percent="15", reason="opened"),
        FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=490, tax_name="VAT", tax_rate="0.19"),
    ),
    bonus=Share(percent="10", reason="thank you"),
)

TABLE = """\
Order 1, amounts in EUR
------------------------------------------------------------------------------
Thing (line a)
  paid for 3 units                                                       35.29
  2 of 3 units: (2 x 3529 x 2 + 3) / (2 x 3)                             23.53
  less paid back for 0 of them before                                     0.00
  2 units back                                                           23.53
    net                                                                  19.78
    VAT 19 %                                                              3.75
  duties                                                                  2.00
Delivery                                                                  4.95
    net                                                                   4.16
    VAT 19 %                                                              0.79
------------------------------------------------------------------------------
"""


def test_the_table_of_a_refund_with_fees() -> None:
    # by value: 35.29 of goods, 23.53 of them back: 4.95 * 2353 / 3529 = 3.30, tax 0.79 * 330 / 495 = 52.7 -> 0.53
    shipping = Shipping(price=495, taxes=(TaxLine(name="VAT", rate="0.19", amount=79),))
    bought = order(
        line("a", 3, 1290, 341, tax=[("0.19", 563)], duties=300),
        shipping=shipping,
        tenders=[paid(3000, "pi_1"), paid(1324, "iban", TenderKind.BANK)],
    )
    (plan,) = returned(bought, {"a": 2}, terms=FEES)
    text = as_text(explain(plan))
    head = TABLE.replace("4.95", "3.30").replace("4.16", "2.77").replace("0.79", "0.53")
    assert text == head + (
        "Together                                                                 28.83\n"
        "less restocking fee on line a: 15 % of 23.53                             -3.53\n"
        "  because: opened\n"
        "less return shipping                                                     -4.90\n"
        "  VAT 19 % within it                                                      0.78\n"
        "To be paid back                                                          20.40\n"
        "  to card pi_1                                                           20.40\n"
        "Bonus on top, as store credit: 10 % of 20.40                              2.04\n"
        "  because: thank you\n"
    )


def test_the_figures_can_be_computed_again() -> None:
    bought = order(line("a", 3, 1000), tenders=[paid(3000)])
    plans = returned(bought, {"a": 1})
    plans.append(plan_adjustment(bought, history_of(bought, plans), "a", 501, Adjustment.GOODWILL))
    told = explain(plan_refund(bought, history_of(bought, plans), {"a": 1}, Terms()))
    (row,) = told.lines
    k, n = row.base_before + row.quantity, row.base_units
    assert (row.base, n, k, row.back_before) == (1499, 2, 1, 0)
    assert row.worth_after == (2 * row.base * k + n) // (2 * n) == row.gross == 750
    text = as_text(told)
    assert "of which was left for 2 units when it was counted anew" in text
    assert "goodwill, no goods come back" in as_text(explain(plans[1]))


def test_differences_and_what_waits_are_told() -> None:
    text = as_text(explain(shopify_partially_refunded()))
    assert "Earlier refund e1, line green\n  worth of what it names" in text
    assert "104.50" in text
    bought = order(
        line("a", 3, 3335),
        tenders=[paid(10005, step=10, refunded=10)],
        refunds=[before(money={"pi_1": 10}, name="e9")],
        currency="KWD",
    )
    (plan,) = returned(bought, {"a": 1})
    text = as_text(explain(plan))
    assert plan.later == 2  # (2 * 9995 + 3) // 6 = 3332
    assert "less what has to wait (below)" in text
    assert "Waits for the next refund: less than a payment can give back" in text


def headed(title: str) -> str:
    """The row that a line of this title begins with."""
    bought = order(line("a", 1, 100).model_copy(update={"title": title}), tenders=[paid(100)])
    (plan,) = returned(bought, {"a": 1})
    return as_text(explain(plan)).splitlines()[2]


def test_titles_are_shown_as_they_are_written() -> None:
    for title in ("Größe XL", "日本の湯呑み", "Ложка", "می\u200cخواهم", "नमस्ते", "👩\u200d🍳 apron"):
        assert headed(title) == f"{title} (line a)"
    # an escape, a bell, a right-to-left override and a lone half of a pair
    assert headed("Mug\x1b[31m\x07 \u202eblue\ud800") == "Mug[31m blue (line a)"
    assert headed("two\nrows\tand  more") == "two rows and more (line a)"
    # e and an accent of its own become one letter
    assert headed("Cafe\u0301") == "Caf\u00e9 (line a)"


def test_a_long_title_is_cut_to_one_row() -> None:
    # 78 columns, of which " (line a)" takes 9 and the ellipsis 1
    assert headed("x" * 69) == "x" * 69 + " (line a)"
    assert headed("x" * 70) == "x" * 68 + "… (line a)"
    # two columns each: 34 of them take 68
    assert headed("日" * 34) == "日" * 34 + " (line a)"
    assert headed("日" * 35) == "日" * 34 + "… (line a)"
    # a mark stays with its letter and takes no column
    assert headed("x\u0323" * 69) == "x\u0323" * 69 + " (line a)"
    assert headed("x\u0323" * 70) == "x\u0323" * 68 + "… (line a)"


def test_amounts_stand_below_each_other_whatever_the_script() -> None:
    tax = TaxLine(name=" ".join(["内税"] * 33), rate="0.19", amount=19)
    bought = order(line("a", 1, 119).model_copy(update={"taxes": (tax,)}), tenders=[paid(119)])
    (plan,) = returned(bought, {"a": 1})
    rows = as_text(explain(plan)).splitlines()
    (last,) = (number for number, row in enumerate(rows) if "19 %" in row)
    # of 64 columns: 4 blanks and 12 words of 4 with 11 blanks take 63, 8 and 11 with 10 take 62; 10 words are left,
    # which take 49, after 8 blanks; " 19 %" makes it 62, and the amount ends at 78
    assert rows[last - 2 : last + 1] == [
        " " * 4 + " ".join(["内税"] * 12),
        " " * 8 + " ".join(["内税"] * 11),
        " " * 8 + " ".join(["内税"] * 10) + " 19 %" + " " * 12 + "0.19",
    ]


def test_json_is_the_same_value() -> None:
    plan = shopify_partially_refunded()
    told = explain(plan)
    assert Explanation.model_validate_json(told.model_dump_json()) == told


def test_rates_in_percent() -> None:
    rates = ["0.19", "0.07", "0.2", "0.0725", "1", "0", "0.055"]
    assert [percent(rate) for rate in rates] == ["19", "7", "20", "7.25", "100", "0", "5.5"]
