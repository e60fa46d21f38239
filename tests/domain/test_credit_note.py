"""Credit notes worked by hand: what is credited, what of it is tax, what is kept, and the same in the shop's books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from domain.credit_note import CreditNote, NoteRefund, NoteTax, TaxTotal, credit_note, parse_name
from domain.errors import InvalidRequest
from domain.history import history_of
from domain.order import Order, Shipping, TaxLine, TenderKind
from domain.plan import Adjustment, FeeKind, RefundPlan
from domain.planning import plan_adjustment, plan_refund
from domain.policy import ShippingRule
from domain.refund import Refund, RefundStatus
from domain.terms import FeeTerm, Terms
from tests.domain.orders import line, order, paid

DAY = date(2026, 11, 21)


def settled(plan: RefundPlan) -> list[Refund]:
    """Every leg as the provider paid it."""
    return [
        Refund(
            key=f"refund:R-1:1:{leg.tender_id}:1",
            provider_id=f"re_{leg.tender_id}",
            payment=leg.tender_id,
            amount=leg.amount,
            currency=plan.currency,
            status=RefundStatus.SUCCEEDED,
            updated_at=datetime(2026, 11, 21, tzinfo=UTC),
        )
        for leg in plan.legs
    ]


def noted(bought: Order, plan: RefundPlan) -> CreditNote:
    """The note of a plan that was paid."""
    return credit_note(bought, plan, settled(plan), case="R-1", number=1, issued_on=DAY)


def in_books(bought: Order, currency: str, rate: str) -> Order:
    """The order of a shop whose books are in another currency."""
    return bought.model_copy(update={"shop_currency": currency, "exchange_rate": rate})


def lines(note: CreditNote) -> list[tuple[str, int, int, list[int], int]]:
    """Line, quantity, net, taxes, gross."""
    return [(one.line_id, one.quantity, one.net, [tax.amount for tax in one.taxes], one.gross) for one in note.lines]


def totals(note: CreditNote) -> list[tuple[str, int, int]]:
    """Rate, net, tax."""
    return [(one.rate, one.net, one.tax) for one in note.taxes]


def adds_up(note: CreditNote) -> bool:
    """Every sum that an accountant would check."""
    parts = [*note.lines, *([note.shipping] if note.shipping else [])]
    sums = [
        all(one.gross == one.net + sum(tax.amount for tax in one.taxes) for one in parts),
        note.gross == sum(one.gross + one.duties for one in parts) + note.tip,
        sum(one.tax for one in note.taxes) == sum(tax.amount for one in parts for tax in one.taxes),
        note.total == note.gross - note.kept - note.exchanged,
        note.total == sum(one.amount for one in note.refunds),
    ]
    if books := note.in_shop_currency:
        sums.append(books.gross == books.net + sum(books.taxes))
        sums.append(books.gross == books.kept + books.exchanged + books.total)
    return all(sums)


def mixed(*tenders: int) -> Order:
    """Three mugs of 11.90 with 19 % inside (5.70 of 35.70), a book of 10.70 with 7 % inside (0.70)."""
    names = ["pi_1", "pi_2"]
    return order(
        line("mug", 3, 1190, tax=[("0.19", 570)]),
        line("book", 1, 1070, tax=[("0.07", 70)]),
        tenders=[paid(amount, name) for name, amount in zip(names, tenders or (4640,), strict=False)],
    )


def test_two_rates_inclusive_with_a_fee() -> None:
    # One mug and the book. Mug: 35.70 / 3 = 11.90, tax 5.70 * 11.90 / 35.70 = 1.90, net 10.00. Book: 10.00 and 0.70.
    # Restocking 10 % of the mug = 1.19, VAT within it 1.19 * 19 / 119 = 0.19. Refund 11.90 + 10.70 - 1.19 = 21.41.
    # Books at 1.1: 22.60 * 1.1 = 24.86; VAT 1.90 * 1.1 = 2.09 and 0.70 * 1.1 = 0.77, net 22.00. Kept 1.309 and refunded
    # 23.551: 1.30 + 23.55 leaves a cent for the larger remainder, so 1.31; its tax 1.31 * 19 / 119 = 0.209, so 0.21.
    bought = in_books(mixed(), "USD", "1.1")
    terms = Terms(
        fees=(FeeTerm(kind=FeeKind.RESTOCKING, percent="10", line_id="mug", tax_name="VAT", tax_rate="0.19"),)
    )
    note = noted(bought, plan_refund(bought, history_of(bought), {"mug": 1, "book": 1}, terms))
    assert lines(note) == [("mug", 1, 1000, [190], 1190), ("book", 1, 1000, [70], 1070)]
    assert totals(note) == [("0.19", 1000, 190), ("0.07", 1000, 70)]
    assert [(fee.kind, fee.amount, fee.tax_rate, fee.tax) for fee in note.fees] == [("restocking", 119, "0.19", 19)]
    assert (note.gross, note.kept, note.tax, note.total) == (2260, 119, 260, 2141)
    assert note.refunds == (NoteRefund(payment="pi_1", kind=TenderKind.CARD, amount=2141, reference="re_pi_1"),)
    books = note.in_shop_currency
    assert books is not None
    assert (books.currency, books.exchange_rate, books.gross, books.net, books.taxes) == (
        "USD",
        "1.1",
        2486,
        2200,
        (209, 77),
    )
    assert (books.kept, books.kept_tax, books.exchanged, books.total) == (131, 21, 0, 2355)
    assert adds_up(note)


def test_yen_with_tax_on_top_and_delivery() -> None:
    # Two bowls of 980 yen and 10 % on top (196), delivery 500 and 50; everything comes back, no decimals anywhere.
    # 10 % of 1960 + 500 = 2460 is 246; together 2706. Books at 0.0061: 2706 yen * 0.0061 = 16.5066, so 16.51 EUR;
    # of it tax 1651 * 246 / 2706 = 150.09, so 1.50, and the net 15.009 takes the rest, 15.01.
    bought = order(
        line("bowl", 2, 980, tax=[("0.1", 196)]),
        shipping=Shipping(price=500, taxes=(TaxLine(name="VAT", rate="0.1", amount=50),)),
        tenders=[paid(2706)],
        inclusive=False,
        currency="JPY",
    )
    bought = in_books(bought, "EUR", "0.0061")
    note = noted(bought, plan_refund(bought, history_of(bought), {"bowl": 2}, Terms()))
    assert lines(note) == [("bowl", 2, 1960, [196], 2156)]
    assert note.shipping is not None
    assert (note.shipping.net, note.shipping.taxes, note.shipping.gross) == (
        500,
        (NoteTax(name="VAT", rate="0.1", amount=50),),
        550,
    )
    assert totals(note) == [("0.1", 2460, 246)]
    assert (note.currency, note.gross, note.total) == ("JPY", 2706, 2706)
    books = note.in_shop_currency
    assert books is not None
    assert (books.gross, books.net, books.taxes, books.total) == (1651, 1501, (150,), 1651)
    assert adds_up(note)


def test_duties_a_tip_and_goods_without_tax() -> None:
    # 8.00 without any tax, 0 % on 5.00, duties 0.90, tip 1.00: 14.90 + nothing kept.
    bought = order(
        line("card", 1, 800, duties=90), line("export", 1, 500, tax=[("0", 0)]), tip=100, tenders=[paid(1490)]
    )
    note = noted(bought, plan_refund(bought, history_of(bought), {"card": 1, "export": 1}, Terms()))
    assert note.taxes == (TaxTotal(name="", rate="", net=800, tax=0), TaxTotal(name="VAT", rate="0", net=500, tax=0))
    assert (note.gross, note.duties, note.tip, note.total) == (1490, 90, 100, 1490)
    assert note.in_shop_currency is None
    assert adds_up(note)


def test_two_taxes_of_one_line_are_each_on_its_net() -> None:
    bought = order(line("l", 1, 1100, tax=[("0.06", 60), ("0.04", 40)]), tenders=[paid(1100)])
    note = noted(bought, plan_refund(bought, history_of(bought), {"l": 1}, Terms()))
    assert totals(note) == [("0.06", 1000, 60), ("0.04", 1000, 40)]
    assert adds_up(note)


def test_every_tender_with_its_reference() -> None:
    bought = mixed(3000, 1640)
    note = noted(bought, plan_refund(bought, history_of(bought), {"mug": 3, "book": 1}, Terms()))
    assert {(one.payment, one.amount, one.reference) for one in note.refunds} == {
        ("pi_1", 3000, "re_pi_1"),
        ("pi_2", 1640, "re_pi_2"),
    }
    assert adds_up(note)


def test_money_without_goods() -> None:
    # 1.19 of the mugs: VAT 5.70 * 1.19 / 35.70 = 0.19.
    bought = mixed()
    note = noted(bought, plan_adjustment(bought, history_of(bought), "mug", 119, Adjustment.GOODWILL))
    assert lines(note) == [("mug", 0, 100, [19], 119)]
    assert note.adjustment is Adjustment.GOODWILL
    assert adds_up(note)


def test_fees_that_take_everything() -> None:
    bought = in_books(mixed(), "USD", "0.5")
    terms = Terms(refund_shipping=ShippingRule.NEVER, fees=(FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=5000),))
    note = noted(bought, plan_refund(bought, history_of(bought), {"book": 1}, terms))
    assert (note.gross, note.kept, note.total, note.refunds) == (1070, 1070, 0, ())
    assert totals(note) == [("0.07", 1000, 70)]
    assert adds_up(note)


@pytest.mark.parametrize(("currency", "rate"), [("XXX", "1.5"), ("EUR", "1")])
def test_books_that_cannot_be_told_apart_are_left_out(currency: str, rate: str) -> None:
    bought = in_books(mixed(), currency, rate)
    assert noted(bought, plan_refund(bought, history_of(bought), {"book": 1}, Terms())).in_shop_currency is None


def test_a_dear_rate_is_no_fault() -> None:
    bought = in_books(mixed(), "VND", "999999999.999999999999")
    note = noted(bought, plan_refund(bought, history_of(bought), {"book": 1}, Terms()))
    assert note.in_shop_currency is not None
    # 10.70 EUR at a billion less a trifle, in whole dong
    assert note.in_shop_currency.gross == 10_700_000_000
    assert adds_up(note)


def test_the_cancelling_note_takes_all_of_it_back() -> None:
    bought = mixed()
    first = noted(bought, plan_refund(bought, history_of(bought), {"book": 1}, Terms()))
    first = first.model_copy(update={"series": "CN-demo", "number": 7})
    second = first.cancelled(date(2026, 12, 1))
    assert (second.cancels, second.issued_on, second.number) == ("CN-demo-000007", date(2026, 12, 1), 0)
    assert (second.lines, second.taxes, second.total) == (first.lines, first.taxes, first.total)


def test_what_is_recorded_has_neither_number_nor_person() -> None:
    bought = mixed()
    fact = noted(bought, plan_refund(bought, history_of(bought), {"book": 1}, Terms())).fact()
    assert not {"series", "number"} & set(fact)
    assert "c1" not in str(fact)


@pytest.mark.parametrize(
    ("text", "name"),
    [("CN-demo-000123", ("CN-demo", 123)), ("CN-a-b-1234567", ("CN-a-b", 1234567)), (" CN-x-7 ", ("CN-x", 7))],
)
def test_names_are_read(text: str, name: tuple[str, int]) -> None:
    assert parse_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "123", "-1", "CN-demo", "CN-demo-", "CN-demo-1x", "CN-demo-" + "9" * 13, "CN-demo-²"]
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="CN-demo-000123"):
        parse_name(text)


def test_numbers_are_written_with_six_digits_or_more() -> None:
    bought = mixed()
    note = noted(bought, plan_refund(bought, history_of(bought), {"book": 1}, Terms()))
    names: Sequence[str] = [
        note.model_copy(update={"series": "CN-s", "number": n}).name for n in (1, 999_999, 1_000_000)
    ]
    assert names == ["CN-s-000001", "CN-s-999999", "CN-s-1000000"]
