"""Opening a return: one decision, and exactly the approved units reserved."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from activities.decisions import DecisionActivities, Opened, OpenReturn
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.policy import Verdict
from domain.request import RequestedLine, ReturnRequest
from tests.shop import NOW, Interrupted, Shop, transfers


def verdicts(opened: Opened) -> dict[str, tuple[str, list[str]]]:
    """Line id to verdict and the codes of its reasons."""
    return {
        line.line_id: (line.verdict.value, [reason.code for reason in line.reasons]) for line in opened.decision.lines
    }


def left(shop: Shop) -> dict[str, int]:
    """Units that can still be promised, per line."""
    return {line: shop.units(f"with_customer:two-rates:{line}").available for line in "123"}


def sell_with_an_old_book(shop: Shop) -> None:
    """The book was delivered 31 days ago, the rest 15."""
    book, *others = (line.model_dump() for line in sorted(shop.sell().lines, key=lambda line: line.id != "2"))
    shop.sell(lines=[{**book, "deliveries": [{"quantity": book["quantity"], "at": NOW - timedelta(days=31)}]}, *others])


def test_exactly_the_approved_units_are_reserved(shop: Shop) -> None:
    opened = shop.begin("R-1", {"1": 2, "2": 1})
    assert opened.decision.verdict is Verdict.APPROVE
    assert transfers(shop.entry("decision:R-1")) == [
        ("pending", "with_customer:two-rates:1", "returning:R-1:1", "UNITS", 2),
        ("pending", "with_customer:two-rates:2", "returning:R-1:2", "UNITS", 1),
    ]
    assert left(shop) == {"1": 1, "2": 0, "3": 1}
    assert shop.units("returning:R-1:1").pending_in == 2
    assert shop.units("returning:R-1:1").posted == 0


def test_a_declined_line_is_neither_reserved_nor_quoted(shop: Shop) -> None:
    sell_with_an_old_book(shop)
    opened = shop.begin("R-1", {"1": 2, "2": 1})
    assert verdicts(opened) == {
        "1": ("approve", ["within_window", "units_available"]),
        "2": ("decline", ["return_period_ended", "units_available"]),
    }
    assert left(shop) == {"1": 1, "2": 1, "3": 1}
    # Two of three mugs: 3529 * 2 / 3 = 2352.7.
    assert opened.quote is not None
    assert opened.quote.total == 2353
    assert shop.entry("decision:R-1").reasons == ("within_window", "units_available", "return_period_ended")


def test_nothing_approved_is_nothing_reserved(shop: Shop) -> None:
    sell_with_an_old_book(shop)
    opened = shop.begin("R-1", {"2": 1})
    assert (opened.decision.verdict, opened.quote) == (Verdict.DECLINE, None)
    assert shop.entry("decision:R-1").transfers == ()
    assert shop.pending() == []


def test_the_entry_says_who_why_and_when(shop: Shop) -> None:
    published = shop.publish()
    shop.begin("R-1", {"1": 1})
    entry = shop.entry("decision:R-1")
    assert (entry.order, entry.case, entry.actor, entry.policy, entry.at) == (
        "two-rates",
        "R-1",
        "rule:policy",
        published.ref,
        NOW,
    )


def test_the_same_return_again_is_the_recorded_answer(shop: Shop) -> None:
    first = shop.begin("R-1", {"1": 2})
    # Asked anew, the policy would say no: the window has closed and one mug is left.
    again = shop.open("R-1", {"1": 2}, now=NOW + timedelta(days=400))
    assert again == first
    assert shop.recorded() == ["order:two-rates", "decision:R-1"]
    assert left(shop)["1"] == 1


def test_a_recorded_answer_is_not_worked_out_again(shop: Shop) -> None:
    opened = shop.begin("R-1", {"1": 2})
    planned = shop.plan("R-1", {"1": 2})

    class Gone:
        def __getattr__(self, name: str) -> None:
            raise AssertionError(f"{name} was asked again")

    shop.decisions = DecisionActivities(Gone(), Gone(), shop.ledger, Gone())  # type: ignore[arg-type]
    assert shop.open("R-1", {"1": 2}) == opened
    assert shop.plan("R-1", {"1": 2}) == planned


def test_another_writer_between_reading_and_writing_makes_it_decide_again(shop: Shop) -> None:
    shop.fetch("R-1", {"1": 3})
    ours = Interrupted(shop.engine, lambda: Shop(shop.engine).open("R-2", {"1": 1}))
    shop.use(ours)
    opened = shop.open("R-1", {"1": 3})
    # Decided on the first reading, three would have been promised of the two that are left.
    assert verdicts(opened) == {"1": ("decline", ["within_window", "already_returned"])}
    assert ours.appends == 2
    assert shop.recorded() == ["order:two-rates", "decision:R-2", "decision:R-1"]
    assert left(shop)["1"] == 2


def test_an_order_that_never_rests_is_left_for_later(shop: Shop) -> None:
    shop.fetch("R-0", {"3": 1})
    others = [partial(Shop(shop.engine).open, f"R-{number}", {"3": 1}) for number in range(1, 6)]
    shop.use(Interrupted(shop.engine, *others))
    with pytest.raises(Unavailable):
        shop.open("R-0", {"2": 1})
    assert "decision:R-0" not in shop.recorded()
    assert shop.open("R-0", {"2": 1}).decision.verdict is Verdict.APPROVE


def race(shop: Shop, units: dict[str, int], returns: int) -> list[Opened]:
    """So many returns of the same units, opened at once, each tried again while it is told to come back."""
    shop.fetch("R-1", units)
    start = threading.Barrier(returns)

    def one(number: int) -> Opened:
        mine = Shop(shop.engine)
        start.wait(10)
        while True:
            try:
                return mine.open(f"R-{number}", units)
            except Unavailable:
                continue

    with ThreadPoolExecutor(returns) as pool:
        return list(pool.map(one, range(1, returns + 1)))


def test_two_returns_race_for_the_last_unit(shop: Shop) -> None:
    codes = sorted(verdicts(one)["2"] for one in race(shop, {"2": 1}, 2))
    assert codes == [
        ("approve", ["within_window", "units_available"]),
        ("decline", ["within_window", "already_returned"]),
    ]
    assert shop.units("with_customer:two-rates:2").pending_out == 1


def test_sixteen_at_once_never_reserve_more_than_was_bought(shop: Shop) -> None:
    opened = race(shop, {"1": 1}, 16)
    assert [one.decision.verdict for one in opened].count(Verdict.APPROVE) == 3
    assert shop.units("with_customer:two-rates:1").pending_out == 3
    assert left(shop)["1"] == 0
    assert shop.sound()


def test_one_return_opened_twice_at_once_is_one(shop: Shop) -> None:
    shop.fetch("R-1", {"1": 2})
    start = threading.Barrier(2)

    def one(_: int) -> Opened:
        start.wait(10)
        return Shop(shop.engine).open("R-1", {"1": 2})

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(one, range(2))
    assert first == second
    assert left(shop)["1"] == 1


@pytest.mark.parametrize(
    ("units", "total"),
    [
        ({"1": 1}, 1176),  # 3529 / 3 = 1176.3
        ({"1": 2}, 2353),  # 3529 * 2 / 3 = 2352.7
        ({"2": 1, "3": 1}, 6826),  # 2271 + 4555
        ({"1": 3, "2": 1, "3": 1}, 10850),  # everything, so the shipping too
    ],
)
def test_the_quote_is_what_is_planned_when_all_of_it_comes(shop: Shop, units: dict[str, int], total: int) -> None:
    quote = shop.begin("R-1", units).quote
    assert quote is not None
    assert quote.total == total
    shop.receive("R-1", units)
    assert shop.plan("R-1", units) == quote


def test_the_quote_of_a_second_return_goes_on_where_the_first_plan_ended(shop: Shop) -> None:
    shop.begin("R-1", {"1": 1})
    shop.plan("R-1", {"1": 1})
    quote = shop.begin("R-2", {"1": 1}).quote
    assert quote is not None
    # The first two mugs are worth 2353, and 1176 of it is planned: one cent more than the first.
    assert quote.total == 1177
    assert shop.plan("R-2", {"1": 1}) == quote


def test_the_policy_that_counts_is_the_one_at_the_sale(shop: Shop) -> None:
    at_the_sale = shop.publish()
    shop.fetch("R-1", {"1": 1})
    shop.publish(since=datetime(2026, 11, 3, tzinfo=UTC), window_days=1)
    opened = shop.open("R-1", {"1": 1})
    assert opened.decision.verdict is Verdict.APPROVE
    assert opened.decision.policy == at_the_sale.ref


def test_an_order_that_was_never_opened(shop: Shop) -> None:
    for verb in (shop.open, shop.plan):
        with pytest.raises(Refused) as no:
            verb("R-1", {"1": 1})
        assert no.value.code == "order_not_opened"
    assert not {"decision:R-1", "plan:R-1:1"} & set(shop.recorded())


def test_a_line_that_the_order_never_had_is_refused_before_anything_is_decided(shop: Shop) -> None:
    with pytest.raises(InvalidRequest):
        shop.begin("R-1", {"9": 1})
    assert shop.recorded() == []


def plain(value: object) -> bool:
    """Whether a value is made of integers and text alone."""
    if isinstance(value, dict):
        return all(isinstance(name, str) and plain(inner) for name, inner in value.items())
    if isinstance(value, list):
        return all(plain(inner) for inner in value)
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def test_the_journal_holds_integers_and_text_and_no_person(shop: Shop) -> None:
    shop.fetch("R-1", {"1": 2})
    line = RequestedLine(line_id="1", quantity=2, note_id="note_abcdefgh12")
    ask = ReturnRequest(id="R-1", order_id="two-rates", lines=(line,), requested_at=NOW)
    shop.decisions.open_return(OpenReturn(request=ask, order_id="two-rates", now=NOW))
    shop.receive("R-1", {"1": 2})
    shop.plan("R-1", {"1": 2})
    shop.close("R-1")
    for entry in shop.ledger.entries():
        assert plain(dict(entry.facts)), entry.key
    with shop.engine.connect() as connection:
        tables = (connection.execute(text(f"SELECT * FROM {table}")) for table in ("journal", "snapshots"))
        # Value by value: a printed row is cut.
        rows = " ".join(str(value) for table in tables for row in table for value in row)
    assert "note_abcdefgh12" in rows
    for personal in ("Musterfrau", "mara@example.com", "Musterstrasse", "10115"):
        assert personal not in rows
