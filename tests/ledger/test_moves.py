"""The transfers of every moment, on a real ledger: what moves, what a guard refuses, and that all ends at zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import OverLimit, Refused
from domain.exchange import plan_exchange
from domain.history import history_of
from domain.money import Money
from domain.order import TenderKind
from domain.paid import paid_components
from domain.refund import RefundIntention
from domain.taking_back import TakingBack
from domain.terms import Terms
from ledger import UNITS, EntryKind, Ledger, Transfer, TransferKind, accounts
from ledger.moves import credit, finishing, goods, matched, money
from tests.domain.orders import line, order, paid
from tests.ledger.entries import fact

EUR = "EUR"


class Books:
    """A ledger to which each step adds one entry."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.steps = ledger, 0

    def add(self, *moves: Transfer, kind: EntryKind = EntryKind.PLAN) -> None:
        self.steps += 1
        self.ledger.append(fact(f"step {self.steps}", *moves, kind=kind))

    def posted(self, commodity: str = EUR) -> dict[str, int]:
        return {one.account: one.posted for one in self.ledger.balances() if one.posted and one.commodity == commodity}


@pytest.fixture
def books(ledger: Ledger) -> Books:
    return Books(ledger)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=8))
def test_matched_moves_give_each_account_its_amount(amounts: list[int]) -> None:
    credits = {f"a{number}": amount for number, amount in enumerate([*amounts, -sum(amounts)])}
    found = dict.fromkeys(credits, 0)
    moves = list(matched(credits))
    for debit, into, amount in moves:
        assert amount > 0
        found[debit] -= amount
        found[into] += amount
    assert found == credits
    assert len(moves) < len(credits)


def test_what_does_not_match_is_no_entry() -> None:
    with pytest.raises(ValueError, match="what is debited is not what is credited"):
        list(matched({"a": 5, "b": -4}))


def test_units_come_back_in_boxes_with_some_more_and_some_never(books: Books) -> None:
    # of five units three are announced; two come, then two more of which one was not announced; none is left to void
    left = books.ledger.pending_left
    bought = order(line("a", 5, 100), tenders=[paid(500)])
    books.add(*money.opening("open", bought, history_of(bought)))
    books.add(*goods.reserved("r", "1", {"a": 3}))
    with pytest.raises(OverLimit):
        books.add(*goods.reserved("s", "1", {"a": 3}))
    books.add(*goods.received("box 1", "r", "1", {"a": 2}, left))
    books.add(*goods.received("box 2", "r", "1", {"a": 2}, left))
    assert left("decision:r/a") == 0
    books.add(*goods.found("box 3", "r", {"SKU-9": 1}))
    assert books.posted(UNITS) == {
        "sold:1": -5,
        "with_customer:1:a": 1,
        "returning:r:a": 4,
        "returning:r:SKU-9": 1,
        "found": -1,
    }
    with pytest.raises(OverLimit):  # more than the customer has
        books.add(*goods.received("box 4", "r", "1", {"a": 2}, left))
    books.add(*goods.put_away("shelf", [("returning:r:a", accounts.stock("main", "A", "restocked"), 4)]))
    with pytest.raises(OverLimit):
        books.add(*goods.put_away("shelf 2", [("returning:r:a", accounts.stock("main", "A", "restocked"), 1)]))


def test_a_unit_that_the_customer_keeps_can_never_be_returned(books: Books) -> None:
    left = books.ledger.pending_left
    bought = order(line("a", 5, 100), tenders=[paid(500)])
    books.add(*money.opening("open", bought, history_of(bought)))
    books.add(*goods.reserved("r", "1", {"a": 3}))
    books.add(*goods.kept("keep", "r", "1", {"a": 2}, left))
    assert left("decision:r/a") == 1
    books.add(*goods.released("end", goods.reserved("r", "1", {"a": 3}), left))
    assert books.posted(UNITS) == {"sold:1": -5, "with_customer:1:a": 3, "kept:1": 2}
    with pytest.raises(OverLimit):
        books.add(*goods.reserved("s", "1", {"a": 4}))


def test_an_exchange_keeps_money_with_the_order(books: Books) -> None:
    # two units of 10.00 go for one of 15.00: 15.00 stay paid, for the new line, and 5.00 go back
    bought = order(line("a", 2, 1000, tax=[("0.19", 319)]), tenders=[paid(2000)])
    books.add(*money.opening("open", bought, history_of(bought)))
    new = line("x", 1, 1500, tax=[("0.19", 239)])
    made = plan_exchange(bought, history_of(bought), {"a": 2}, Terms(), [new])
    assert (made.plan.exchanged, made.plan.total) == (1500, 500)
    swapped = order(new, tenders=[paid(1500)])
    components = paid_components(swapped, history_of(swapped))
    moves = money.reserved("plan", "r", made.plan, components)
    books.add(*moves)
    books.add(*money.submitted("go", moves, books.ledger.pending_left))
    (leg,) = (one for one in moves if money.is_leg(one))
    books.add(*finishing("done", TransferKind.POST, [(leg, 500)]))
    assert books.posted() == {"tender:pi_1": 1500, "paid:1:x:net": 1261, "paid:1:x:tax:1": 239}
    with pytest.raises(ValueError, match="listed for another amount"):
        money.reserved("plan 2", "r", made.plan)


AS_CREDIT = RefundIntention(
    key="refund:r:1:as_store_credit:1",
    case="r",
    order_id="1",
    plan=1,
    attempt=1,
    payment="as_store_credit",
    amount=2000,
    currency=EUR,
    kind=TenderKind.STORE_CREDIT,
    instead=TenderKind.STORE_CREDIT,
    customer="c1",
    bonus=200,
)


def credited(books: Books) -> None:
    """20.00 owed become store credit with 2.00 on top, and the bank takes the 20.00 back."""
    bought = order(line("a", 2, 1000), tenders=[paid(2000)])
    books.add(*money.opening("open", bought, history_of(bought)))
    books.add(*[Transfer(key="debt", debit="paid:1:a:net", credit="owed:r", commodity=EUR, amount=2000)])
    books.add(money.leg(AS_CREDIT))
    books.add(*money.settled(AS_CREDIT))
    assert books.posted() == {"tender:pi_1": 2000, "store_credit:c1": 2200, "promotion": -200}


def test_store_credit_that_fails_late_takes_its_bonus_along(books: Books) -> None:
    credited(books)
    books.add(*money.failed_late("late", AS_CREDIT, 0))
    assert books.posted() == {"tender:pi_1": 2000, "owed:r": 2000}


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        (2200, {}),
        # 15.00 are spent: of what is left the bonus goes first, and the customer owes the rest.
        (700, {"store_credit:c1": 1500, "receivable:c1": 1500}),
        (100, {"store_credit:c1": 2100, "receivable:c1": 2100}),
        (0, {"store_credit:c1": 2200, "receivable:c1": 2200}),
    ],
)
def test_store_credit_is_taken_back_the_bonus_first(books: Books, taken: int, left: dict[str, int]) -> None:
    credited(books)
    books.add(*[Transfer(key="bank", debit="suspense:1", credit="tender:pi_1", commodity=EUR, amount=2000)])
    asked = TakingBack(key="k", order_id="1", customer="c1", currency=EUR, credit=2000, bonus=200)
    books.add(*credit.taken_back("claw", asked, taken))
    assert books.posted() == left


def test_a_gift_is_store_credit(books: Books) -> None:
    books.add(*credit.goodwill("gift", EUR, "c1", 500))
    assert books.posted() == {"store_credit:c1": 500, "goodwill": -500}


def test_early_refunds_keep_within_the_exposure_of_their_class(books: Books) -> None:
    books.add(*credit.exposure_allowed("limit", EUR, "trusted", 10000))
    books.add(*credit.paid_early("early 1", EUR, "trusted", "r1", 6000))
    with pytest.raises(OverLimit) as no:
        books.add(*credit.paid_early("early 2", EUR, "trusted", "r2", 6000))
    assert (no.value.account, no.value.available) == ("exposure:trusted", 4000)
    books.add(*credit.goods_came("came", EUR, "trusted", "r1", 6000))
    books.add(*credit.paid_early("early 3", EUR, "trusted", "r2", 6000))
    books.add(*credit.goods_came("never", EUR, "trusted", "r2", 6000), *credit.claimed("claim", EUR, "c2", 6000))
    assert books.posted() == {
        "exposure_limit:trusted": -10000,
        "exposure:trusted": 10000,
        "receivable:c2": 6000,
        "never_came": 6000,
    }
    books.add(*credit.exposure_allowed("less", EUR, "trusted", -4000))
    with pytest.raises(OverLimit):
        books.add(*credit.paid_early("early 4", EUR, "trusted", "r3", 6001))


def test_what_a_customer_owes_is_paid_let_go_or_brought_back(books: Books) -> None:
    books.add(*credit.claimed("claim", EUR, "c", 6000), *credit.came_after_all("late", EUR, "c", 1000))
    books.add(*credit.claim_paid("paid", EUR, "r", "c", 3000), *credit.claim_waived("waived", EUR, "c", 2000))
    assert books.posted() == {"never_came": 5000, "payout:r": -3000, "goodwill": -2000}


def test_what_a_carrier_pays_for_a_lost_parcel_is_owed_by_it(books: Books) -> None:
    books.add(*credit.carrier_pays("answer", EUR, "r", 4500))
    assert books.posted() == {"receivable:carrier:r": 4500, "recovered": 4500}


def test_a_label_is_a_liability_until_it_is_used_or_void(books: Books) -> None:
    cost = Money(minor=490, currency=EUR)
    for label in ("label:r1:1", "label:r2:1"):
        books.add(*credit.label_bought(f"buy {label}", cost, label))
    assert sum(one.posted for one in books.ledger.balances("label_due:")) == 980
    books.add(*credit.label_used("scan", cost, "label:r1:1"))
    books.add(*credit.label_void("void", cost, "label:r2:1"))
    assert books.posted() == {"postage": -490, "carrier": 490}


def test_a_set_is_written_whole_or_not_at_all(books: Books) -> None:
    gift = credit.goodwill("gift", EUR, "c1", 500)
    too_much = Transfer(key="z", debit="order:1", credit="paid:1:a:net", commodity=EUR, amount=2)
    with pytest.raises(Refused):
        books.add(*gift, too_much)
    assert books.posted() == {}
    assert list(books.ledger.entries()) == []
