"""The explanation of a plan: stable as JSON, readable as a table."""

from __future__ import annotations

from domain.explain import as_text, explain, percent
from domain.explanation import Explanation
from domain.history import history_of
from domain.order import Order, Shipping, TaxLine, TenderKind
from domain.plan import Adjustment, FeeKind, RefundPlan
from domain.planning import plan_adjustment, plan_refund
from domain.policy import ShippingRule
from domain.terms import FeeTerm, Share, Terms
from tests.domain.orders import FULL, before, line, order, paid, returned

FEES = Terms(
    refund_shipping=ShippingRule.BY_VALUE,
    fees=(
        FeeTerm(kind=FeeKind.RESTOCKING, percent="15", reason="opened"),
        FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=490, tax_name="VAT", tax_rate="0.19"),
    ),
    bonus=Share(percent="10", reason="thank you"),
)


def told(bought: Order, plan: RefundPlan, *earlier: RefundPlan, terms: Terms = FULL) -> Explanation:
    """The explanation of a plan that follows these."""
    return explain(plan, bought, history_of(bought, earlier), terms)


TABLE = """\
Order 1, amounts in EUR
------------------------------------------------------------------------------
Thing (line a)
  paid for 3 units                                                       35.29
  2 of 3 units of 35.29, half up                                         23.53
  2 units back                                                           23.53
    net                                                                  19.78
    VAT 19 % (of 5.63)                                                    3.75
  duties for 2 of 3 units of 3.00, half up                                2.00
Delivery
  paid                                                                    4.95
  its share: 23.53 of 35.29 for goods are back, half up                   3.30
  of delivery back                                                        3.30
    net                                                                   2.77
    VAT 19 % (of 0.79)                                                    0.53
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
    assert as_text(told(bought, plan, terms=FEES)) == TABLE + (
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
    plan = plan_refund(bought, history_of(bought, plans), {"a": 1}, FULL)
    (row,) = told(bought, plan, *plans).lines
    k, n = row.base_before + row.quantity, row.base_units
    assert (row.base, n, k, row.back_before) == (1499, 2, 1, 0)
    assert row.worth_after == (2 * row.base * k + n) // (2 * n) == row.gross == 750
    text = as_text(told(bought, plan, *plans))
    assert "of which was left for 2 units when it was counted anew" in text
    assert "goodwill, no goods come back" in as_text(told(bought, plans[1], plans[0]))


def partially_refunded() -> Explanation:
    """Of 20.00 one line went back, for which 20.00 were named, but 10.45 paid."""
    bought = order(
        line("green", 1, 2000),
        line("red", 1, 2000, tax=[("0.06", 113)]),
        tenders=[paid(4000, refunded=1045)],
        refunds=[before(("green", 1, 2000), money={"pi_1": 1045})],
    )
    return told(bought, plan_refund(bought, history_of(bought), {"red": 1}, FULL))


def test_differences_and_what_waits_are_told() -> None:
    text = as_text(partially_refunded())
    assert "Earlier refund e1, line green\n  worth of what it names" in text
    assert "10.45" in text
    bought = order(
        line("a", 3, 3335),
        tenders=[paid(10005, step=10, refunded=10)],
        refunds=[before(money={"pi_1": 10}, name="e9")],
        currency="KWD",
    )
    (plan,) = returned(bought, {"a": 1})
    text = as_text(told(bought, plan))
    assert plan.later == 2  # (2 * 9995 + 3) // 6 = 3332
    assert "less what has to wait (below)" in text
    assert "Waits for the next refund: less than a payment can give back" in text


def headed(title: str) -> str:
    """The row that a line of this title begins with."""
    bought = order(line("a", 1, 100).model_copy(update={"title": title}), tenders=[paid(100)])
    (plan,) = returned(bought, {"a": 1})
    return as_text(told(bought, plan)).splitlines()[2]


def test_the_taxes_of_a_later_return_can_be_computed_again() -> None:
    # 10.00, of which 0.65 + 0.19 tax; two of three: 6.67, tax 84 * 667 / 1000 = 56.0 -> 56, of it 65 * 56 / 84 = 43.3
    bought = order(line("a", 3, 1000 // 3 + 1, 2, tax=[("0.19", 65), ("0.07", 19)], duties=100), tenders=[paid(1100)])
    first, second = returned(bought, {"a": 2}, {"a": 1})
    (row,) = told(bought, second, first).lines
    assert (row.paid, row.gross_before, row.gross) == (1000, 667, 333)
    assert [(tax.paid, tax.before, tax.amount) for tax in row.taxes] == [(65, 43, 22), (19, 13, 6)]
    # 100 * 2 / 3 = 66.7
    assert (row.duties_paid, row.duties_base, row.duties_before, row.duties) == (100, 100, 67, 33)
    text = as_text(told(bought, second, first))
    for words in (
        "  3 of 3 units of 10.00                                                  10.00\n",
        "  less paid back for 2 of them before                                    -6.67\n",
        "    VAT 19 % (of 0.65, 0.43 back before)                                  0.22\n",
        "  duties for 3 of 3 units of 1.00                                         1.00\n",
        "  less duties paid back or kept before                                   -0.67\n",
        "  duties back                                                             0.33\n",
    ):
        assert words in text


def test_a_tax_of_which_nothing_goes_back_is_still_told() -> None:
    # 1 of 100 is paid back: of 16 and 1 of tax together 17 * 1 / 100 = 0.17 -> 0
    bought = order(line("a", 100, 1, tax=[("0.19", 16), ("0.07", 1)]), tenders=[paid(100)])
    (plan,) = returned(bought, {"a": 1})
    explanation = told(bought, plan)
    assert [(tax.paid, tax.before, tax.amount) for tax in explanation.lines[0].taxes] == [(16, 0, 0), (1, 0, 0)]
    assert "VAT" not in as_text(explanation)


def test_delivery_by_value_can_be_computed_again() -> None:
    # cheapest 4.00 of 6.00; goods 20.00 and 10.00. First one a: 400 * 1000 / 3000 = 133.3, then b too: 266.7
    shipping = Shipping(price=600, cheapest_standard=400, taxes=(TaxLine(name="VAT", rate="0.2", amount=100),))
    bought = order(line("a", 2, 1000), line("b", 1, 1000), shipping=shipping, tenders=[paid(3600)])
    terms = Terms(refund_shipping=ShippingRule.BY_VALUE, cheapest_standard_only=True)
    first, second = returned(bought, {"a": 1}, {"b": 1}, terms=terms)
    explanation = told(bought, second, first, terms=terms)
    sent = explanation.shipping
    assert sent is not None
    assert (sent.paid, sent.cap, sent.rule, sent.goods_so_far, sent.goods) == (600, 400, "by_value", 2000, 3000)
    assert (sent.before, sent.gross) == (133, 134)
    # 100 * 133 / 600 = 22.2, 100 * 267 / 600 = 44.5 -> 45
    assert [(tax.paid, tax.before, tax.amount) for tax in sent.taxes] == [(100, 22, 23)]
    assert (
        "Delivery\n"
        "  paid                                                                    6.00\n"
        "  of which the cheapest standard delivery would have cost                 4.00\n"
        "  its share: 20.00 of 30.00 for goods are back, half up                   2.67\n"
        "  less paid back before                                                  -1.33\n"
        "  of delivery back                                                        1.34\n"
        "    net                                                                   1.11\n"
        "    VAT 20 % (of 1.00, 0.22 back before)                                  0.23\n"
    ) in as_text(explanation)


def test_delivery_that_goes_back_with_the_last_unit() -> None:
    bought = order(line("a", 2, 1000), shipping=Shipping(price=500), tenders=[paid(2500)])
    first, second = returned(bought, {"a": 1}, {"a": 1})
    assert told(bought, first).shipping is None
    sent = told(bought, second, first).shipping
    assert sent is not None
    assert (sent.paid, sent.cap, sent.rule, sent.before, sent.gross) == (500, 500, "when_all_returned", 0, 500)
    assert (sent.goods_so_far, sent.goods) == (0, 0)


def test_a_line_whose_money_went_back_before_its_units() -> None:
    # 10.00 + 10.00; all of a went back as money, then its units come with one of b
    bought = order(line("a", 2, 500), line("b", 1, 1000), tenders=[paid(2000)])
    goodwill = plan_adjustment(bought, history_of(bought), "a", 1000, Adjustment.GOODWILL)
    plan = plan_refund(bought, history_of(bought, [goodwill]), {"a": 2, "b": 1}, FULL)
    assert as_text(told(bought, plan, goodwill)).split("-" * 78 + "\n")[1] == (
        "Thing (line a)\n"
        "  paid for 2 units                                                       10.00\n"
        "  already paid back                                                      10.00\n"
        "Thing (line b)\n"
        "  paid for 1 unit                                                        10.00\n"
        "  1 of 1 unit of 10.00                                                   10.00\n"
        "  1 unit back                                                            10.00\n"
        "    net                                                                  10.00\n"
    )


def test_a_line_that_cost_nothing_was_not_paid_back() -> None:
    bought = order(line("a", 1, 0), line("b", 1, 100), tenders=[paid(100)])
    (plan,) = returned(bought, {"a": 1})
    assert "already paid back" not in as_text(told(bought, plan))


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
    tax = TaxLine(name=" ".join(["内税"] * 31), rate="0.19", amount=19)
    bought = order(line("a", 1, 119).model_copy(update={"taxes": (tax,)}), tenders=[paid(119)])
    (plan,) = returned(bought, {"a": 1})
    rows = as_text(told(bought, plan)).splitlines()
    (last,) = (number for number, row in enumerate(rows) if "19 %" in row)
    # of 64 columns: 4 blanks and 12 words of 4 with 11 blanks take 63, 8 and 11 with 10 take 62; 8 words are left,
    # which take 39, after 8 blanks; " 19 % (of 0.19)" makes it 62, and the amount ends at 78
    assert rows[last - 2 : last + 1] == [
        " " * 4 + " ".join(["内税"] * 12),
        " " * 8 + " ".join(["内税"] * 11),
        " " * 8 + " ".join(["内税"] * 8) + " 19 % (of 0.19)" + " " * 12 + "0.19",
    ]


def test_json_is_the_same_value() -> None:
    explanation = partially_refunded()
    assert Explanation.model_validate_json(explanation.model_dump_json()) == explanation


def test_rates_in_percent() -> None:
    rates = ["0.19", "0.07", "0.2", "0.0725", "1", "0", "0.055"]
    assert [percent(rate) for rate in rates] == ["19", "7", "20", "7.25", "100", "0", "5.5"]


def test_units_that_brought_less_than_their_worth_are_settled_at_it() -> None:
    # 3 x 10.00; one went back for 4.00: the next is 2 of 3 units of 30.00, less 10.00 of which 6.00 were not paid back
    bought = order(
        line("a", 3, 1000), tenders=[paid(3000, refunded=400)], refunds=[before(("a", 1, 400), money={"pi_1": 400})]
    )
    (plan,) = returned(bought, {"a": 1})
    explained = told(bought, plan)
    (row,) = explained.lines
    assert (row.worth_after, row.back_before, row.short_before, row.gross_before) == (2000, 1000, 600, 400)
    table = as_text(explained)
    amounts = {row[:64].strip(): row[64:].strip() for row in table.splitlines()}
    assert amounts["less settled for 1 of them before"] == "-10.00"
    assert amounts["of which was not paid back"] == "6.00"
