"""Fetching an order: what is read once is what everything later is decided on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.storefront import FetchOrder, StorefrontActivities
from domain.case import OrderBrief
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.order import Order
from domain.policy.words import ShopWords
from domain.request import Basis
from ledger import EntryKind, JournalEntry
from ledger.store import SqlLedger
from tests.shop import NOW, Shop, open_shop, request, transfers


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop of its own."""
    with open_shop(tmp_path) as shop:
        yield shop


class Closed:
    """A shop that gives no answer."""

    def order(self, order_id: str) -> Order | None:
        """Never."""
        raise Unavailable("the shop is closed")


class Empty:
    """A shop that has lost its orders."""

    def order(self, order_id: str) -> Order | None:
        """None."""
        return None


def bigger(shop: Shop) -> Order:
    """The order after the shop has edited it: four mugs instead of three, and a spoon more, all paid for."""
    lines = [line.model_dump() for line in shop.sell().lines]
    spoon = {"id": "4", "title": "Spoon", "quantity": 1, "unit_price": 500}
    tender = {"id": "pi_demo_two_rates", "kind": "card", "captured": 10850 + 1290 + 500}
    return shop.sell(
        lines=[{**lines[0], "quantity": 4}, *lines[1:], spoon],
        tenders=[tender],
        total=10850 + 1290 + 500,
    )


def test_the_first_touch_opens_the_accounts(shop: Shop) -> None:
    # Net is what was paid less its tax: 3 * 1290 - 341 = 3529, - 563; 2490 - 219 = 2271, - 149;
    # 4995 - 440 = 4555, - 727; shipping 495, - 79.
    shop.fetch("R-1", {"1": 1})
    entry = shop.entry("order:two-rates")
    assert transfers(entry) == [
        ("single", "tender:pi_demo_two_rates", "order:two-rates", "EUR", 10850),
        ("single", "order:two-rates", "paid:two-rates:1:net", "EUR", 2966),
        ("single", "order:two-rates", "paid:two-rates:1:tax:1", "EUR", 563),
        ("single", "order:two-rates", "paid:two-rates:2:net", "EUR", 2122),
        ("single", "order:two-rates", "paid:two-rates:2:tax:1", "EUR", 149),
        ("single", "order:two-rates", "paid:two-rates:3:net", "EUR", 3828),
        ("single", "order:two-rates", "paid:two-rates:3:tax:1", "EUR", 727),
        ("single", "order:two-rates", "paid:two-rates:shipping:net", "EUR", 416),
        ("single", "order:two-rates", "paid:two-rates:shipping:tax:1", "EUR", 79),
        ("single", "sold:two-rates", "with_customer:two-rates:1", "UNITS", 3),
        ("single", "sold:two-rates", "with_customer:two-rates:2", "UNITS", 1),
        ("single", "sold:two-rates", "with_customer:two-rates:3", "UNITS", 1),
    ]
    assert shop.money("order:two-rates").posted == 0
    assert shop.money("tender:pi_demo_two_rates").posted == 10850


def test_what_is_free_of_charge_moves_nothing(shop: Shop) -> None:
    lines = [line.model_dump() for line in shop.sell().lines]
    gift = {"id": "4", "title": "Sticker", "quantity": 1, "unit_price": 0}
    shop.sell(lines=[*lines, gift])
    shop.fetch("R-1", {"1": 1})
    assert not [one for one in shop.ledger.balances("paid:") if ":4:" in one.account]
    assert shop.units("with_customer:two-rates:4").posted == 1


def test_the_entry_says_what_was_read_and_which_policy_counts(shop: Shop) -> None:
    published = shop.publish()
    shop.fetch("R-1", {"1": 1})
    entry = shop.entry("order:two-rates")
    assert (entry.kind, entry.order, entry.case, entry.actor) == (
        EntryKind.ORDER_OPENED,
        "two-rates",
        "",
        "storefront",
    )
    assert entry.policy == published.ref
    assert {name: entry.facts[name] for name in ("number", "currency", "total")} == {
        "number": "B-2041",
        "currency": "EUR",
        "total": 10850,
    }
    assert shop.snapshots.get("two-rates", entry.facts["snapshot"]).order == shop.orders.get("two-rates")


def test_no_words_that_no_policy_asks_for_come_into_the_snapshot(shop: Shop) -> None:
    shop.publish(send_back=[{"days": 9, "when": {"group": "vip", "tag": "sale"}}])
    lines = [{**line.model_dump(), "tags": ["sale", "vip", "Mara's"]} for line in shop.sell().lines]
    shop.sell(lines=lines, customer={"groups": ["vip", "sale", "Mara"], "returns": 2})
    shop.fetch("R-1", {"1": 1})
    kept = shop.snapshots.get("two-rates", shop.entry("order:two-rates").facts["snapshot"]).order
    assert {line.tags for line in kept.lines} == {("sale",)}
    assert (kept.customer.groups, kept.customer.returns) == (("vip",), 2)
    # the same order again is no other one
    shop.fetch("R-2", {"1": 1})
    assert shop.recorded() == ["order:two-rates"]


@pytest.mark.parametrize(
    ("units", "field"),
    [({"9": 1}, "lines.0.line_id"), ({"2": 1, "1": 4}, "lines.1.quantity")],
)
def test_a_wrong_request_is_refused_before_anything_is_recorded(shop: Shop, units: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidRequest) as no:
        shop.fetch("R-1", units)
    assert no.value.field == field
    assert shop.recorded() == []


def test_an_order_that_the_shop_does_not_have(shop: Shop) -> None:
    with pytest.raises(InvalidRequest) as no:
        shop.fetch("R-1", {"1": 1}, order="nowhere")
    assert no.value.field == "order_id"
    assert shop.recorded() == []


def test_an_order_whose_payment_is_not_known(shop: Shop) -> None:
    shop.sell(tenders=[{"id": "unlinked", "kind": "unknown", "captured": 10850}])
    with pytest.raises(Refused) as no:
        shop.fetch("R-1", {"1": 1})
    assert no.value.code == "payment_not_linked"
    assert "`python starter.py orders import FILE --payment ID`" in str(no.value)
    assert shop.recorded() == []
    shop.sell()
    assert shop.fetch("R-1", {"1": 1}).order is not None


def test_an_order_that_was_not_paid_in_full(shop: Shop) -> None:
    paid = {"id": "pi_1", "kind": "card", "captured": 10000}
    rest = {"id": "unpaid", "kind": "unknown", "captured": 850, "refunded": 850}
    never = {"id": "unpaid", "at": NOW, "money": {"unpaid": 850}}
    shop.sell(tenders=[paid, rest], refunds=[never])
    with pytest.raises(Refused) as no:
        shop.fetch("R-1", {"1": 1})
    assert no.value.code == "not_paid_in_full"
    assert "8.50 EUR of order B-2041 have not been paid" in str(no.value)
    assert shop.recorded() == []
    # taken off the order before it was paid: nothing is missing
    shop.sell(tenders=[paid, rest], refunds=[{**never, "id": "9"}])
    assert shop.fetch("R-1", {"1": 1}).order is not None


def test_without_any_policy_there_is_nothing_to_decide_by(shop: Shop) -> None:
    class Nothing:
        def in_force(self, at: datetime) -> None:
            return None

        def words(self) -> ShopWords:
            return ShopWords()

    bare = StorefrontActivities(Shelf(shop), shop.snapshots, Nothing(), shop.ledger)  # type: ignore[arg-type]
    with pytest.raises(Refused) as no:
        bare.fetch_order(FetchOrder(request=request("R-1", {"1": 1}), now=NOW))
    assert no.value.code == "no_policy"
    assert shop.recorded() == []


class Shelf:
    """The shop's shelf, as a storefront."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def order(self, order_id: str) -> Order | None:
        """From the shelf."""
        return self._shop.orders.get(order_id)


def test_the_policy_is_the_one_in_force_when_the_order_was_placed(shop: Shop) -> None:
    # The order was placed on 2 November 2026 at 09:14.
    before = shop.publish(since=datetime(2026, 11, 2, 9, 14, tzinfo=UTC), window_days=60)
    shop.publish(since=datetime(2026, 11, 2, 9, 15, tzinfo=UTC), window_days=1)
    shop.fetch("R-1", {"1": 1})
    assert shop.entry("order:two-rates").policy == before.ref
    # And it stays that one, even if another is published for the same time afterwards.
    shop.publish(since=datetime(2026, 11, 2, 9, 14, tzinfo=UTC), window_days=90)
    shop.fetch("R-2", {"1": 1})
    assert shop.entry("order:two-rates").policy == before.ref


class Counting(SqlLedger):
    """Counts how often the entries of an order are read."""

    reads = 0

    def entries(self, *, order: str | None = None, case: str | None = None, after: int = 0) -> Iterator[JournalEntry]:
        """The entries."""
        self.reads += order is not None
        return super().entries(order=order, case=case, after=after)


def test_the_entries_of_an_order_are_read_once(shop: Shop) -> None:
    for case in ("R-1", "R-2", "R-1"):
        counting = Counting(shop.engine)
        shop.use(counting)
        shop.fetch(case, {"1": 1})
        assert counting.reads == 1
        shop.open(case, {"1": 1})


def test_a_second_return_does_not_open_the_order_again(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    shop.fetch("R-2", {"1": 1})
    assert shop.recorded() == ["order:two-rates", "decision:R-1"]
    assert shop.units("with_customer:two-rates:1").posted == 3


def test_two_first_touches_at_once_are_one(shop: Shop) -> None:
    start = threading.Barrier(4)

    def one(number: int) -> object:
        start.wait(10)
        return Shop(shop.engine).fetch(f"R-{number}", {"1": 1}).order

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(one, range(4)))
    assert shop.recorded() == ["order:two-rates"]
    assert len({repr(order) for order in found}) == 1


def test_an_order_that_grew_in_the_shop_is_known_to_the_next_return(shop: Shop) -> None:
    shop.begin("R-1", {"1": 1})
    bigger(shop)
    for units in ({"4": 2}, {"1": 5}):
        with pytest.raises(InvalidRequest):
            shop.fetch("R-2", units)
    order = shop.fetch("R-2", {"4": 1, "1": 3}).order
    assert order is not None
    assert order.titles["4"] == "Spoon"
    assert shop.open("R-2", {"4": 1, "1": 3}).decision.verdict == "approve"
    assert [key.partition(":")[0] for key in shop.recorded()] == ["order", "decision", "order_edited", "decision"]
    assert shop.sound()


def test_a_changed_order_that_nobody_touched_is_taken_as_it_is_now(shop: Shop) -> None:
    bigger(shop)
    order = shop.fetch("R-1", {"4": 1, "1": 4}).order
    assert order is not None
    assert order.titles["4"] == "Spoon"


@pytest.mark.parametrize(
    ("field", "other"), [("basis", {"basis": Basis.WARRANTY}), ("appeals", {"appeals": "R-0"}), ("", {})]
)
def test_a_return_that_was_decided_is_on_the_basis_that_was_asked_for(
    shop: Shop, field: str, other: dict[str, object]
) -> None:
    shop.begin("R-1", {"1": 2})
    ask = FetchOrder(request=request("R-1", {"1": 2}).model_copy(update=other), now=NOW)
    if not field:
        assert shop.storefront.fetch_order(ask).decision is not None
        return
    with pytest.raises(InvalidRequest, match="decided already, with none") as no:
        shop.storefront.fetch_order(ask)
    assert no.value.field == field


@pytest.mark.parametrize("storefront", [Closed(), Empty()])
def test_a_return_that_was_decided_needs_the_shop_no_more(shop: Shop, storefront: Closed | Empty) -> None:
    shop.begin("R-1", {"1": 2})
    rooms = StorefrontActivities(storefront, shop.snapshots, shop.policies, shop.ledger)
    known = rooms.fetch_order(FetchOrder(request=request("R-1", {"1": 2}), now=NOW))
    assert known.order is not None
    assert (known.order.number, known.order.titles["1"]) == ("B-2041", "Stoneware mug, blue")
    assert known.decision is not None


def test_an_order_may_be_named_by_its_number(shop: Shop) -> None:
    by_number = shop.fetch("R-1", {"1": 1}, order="B-2041")
    assert by_number.order is not None
    assert by_number.order.order_id == "two-rates"
    assert shop.fetch("R-2", {"1": 1}, order="B-2041").order == by_number.order
    assert shop.recorded() == ["order:two-rates"]
    bigger(shop)
    assert shop.fetch("R-3", {"4": 1}, order="B-2041").order is not None


def test_a_line_that_the_shop_has_dropped_cannot_come_back(shop: Shop) -> None:
    shop.fetch("R-1", {"1": 1})
    lines = [line.model_dump() for line in shop.sell().lines]
    left = {"id": "pi_demo_two_rates", "kind": "card", "captured": 10850 - 4555}
    shop.sell(lines=lines[:2], tenders=[left], total=10850 - 4555)
    for number, order in enumerate(("two-rates", "B-2041"), start=2):
        with pytest.raises(InvalidRequest, match="has no line 3"):
            shop.fetch(f"R-{number}", {"3": 1}, order)
    shop.fetch("R-4", {"2": 1})
    assert shop.money("tender:pi_demo_two_rates").posted == 10850 - 4555
    assert shop.money("paid:two-rates:3:net").posted == 0
    assert shop.units("with_customer:two-rates:3").posted == 0
    assert shop.sound()


def test_a_return_that_begins_again_gets_what_is_known_of_it(shop: Shop) -> None:
    opened = shop.begin("R-1", {"1": 2})
    due = shop.receive("R-1", {"1": 2}, now=NOW + timedelta(days=2))
    known = shop.fetch("R-1", {"1": 2})
    assert (known.decision, known.quote) == (opened.decision, opened.quote)
    assert known.received == {"1": 2}
    assert known.inspect_until == due
    assert known.order == OrderBrief.of(shop.sell())
    assert type(known).model_validate_json(known.model_dump_json()) == known


def test_what_is_known_of_a_return_names_nobody(shop: Shop) -> None:
    known = shop.fetch("R-1", {"1": 1}).model_dump_json()
    for personal in ("Musterfrau", "mara@example.com", "Musterstrasse", "10115"):
        assert personal not in known
