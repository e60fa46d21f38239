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


def test_titles_of_any_length_and_script_fit() -> None:
    title = "Körbchen für Käse, 日本, " + "x" * 200
    bought = order(line("a", 1, 100).model_copy(update={"title": title}), tenders=[paid(100)])
    (plan,) = returned(bought, {"a": 1})
    text = as_text(explain(plan))
    assert text.isascii()
    assert max(len(row) for row in text.splitlines()) == 78
    assert "Korbchen fur Kase" in text
    assert "(line a)" in text


def test_json_is_the_same_value() -> None:
    plan = shopify_partially_refunded()
    told = explain(plan)
    assert Explanation.model_validate_json(told.model_dump_json()) == told


def test_rates_in_percent() -> None:
    rates = ["0.19", "0.07", "0.2", "0.0725", "1", "0", "0.055"]
    assert [percent(rate) for rate in rates] == ["19", "7", "20", "7.25", "100", "0", "5.5"]
