"""Store credit is taken back where a lost dispute took its money: once, and no more than is unspent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from activities.decisions import OpenReturn
from activities.payments import PayLeg, PaymentActivities
from activities.payments.taking_back import TakeBack, TakenBack, TakingBackActivities
from domain.errors import Refused, Unavailable
from domain.order import EarlierRefund
from domain.people import Role
from domain.plan import AS_CREDIT
from domain.request import RequestedLine, ReturnRequest
from domain.resolution import Resolution
from domain.taking_back import Given, TakingBack, wanted_back
from ledger import EntryKind
from ledger.credit_notes import CreditNotes
from ledger.facts import Facts
from ledger.given_credit import given_credit
from tests.payments.fake import FakeProvider
from tests.shop import NOW, Shop, card
from tests.staff import Staff

LATER = NOW + timedelta(days=40)
UNITS = {"1": 2, "2": 1}
"""Two mugs and the book: 46.24 of 108.50 EUR, and a tenth of it on top is 4.62."""


class Purses:
    """A storefront with so much unspent store credit, whose first answers are lost."""

    def __init__(self, unspent: int, lost: int = 0) -> None:
        self.unspent, self.lost, self.asked = unspent, lost, dict[str, int]()

    def take_back(self, asked: TakingBack) -> int:
        assert asked.key not in self.asked, "it was asked for twice"
        self.asked[asked.key] = min(self.unspent, asked.most)
        self.lost -= 1
        if self.lost >= 0:
            raise Unavailable("no answer")
        return self.asked[asked.key]

    def find_taken(self, asked: TakingBack) -> int | None:
        return self.asked.get(asked.key)


def credited(engine: Engine) -> Shop:
    """A shop that gave store credit for a return of an order that was paid with pi_1."""
    shop = Shop(engine)
    shop.publish(resolutions=[{"allowed": ["refund", "store_credit"]}], bonus=[{"percent": 10}])
    shop.sell(tenders=[card("pi_1", 10850, NOW)])
    shop.fetch("R-1", UNITS)
    lines = tuple(RequestedLine(line_id=line, quantity=count) for line, count in UNITS.items())
    asked = ReturnRequest(id="R-1", order_id="two-rates", lines=lines, resolution=Resolution.STORE_CREDIT)
    shop.decisions.open_return(OpenReturn(request=asked, order_id="two-rates", now=NOW))
    shop.receive("R-1", UNITS)
    shop.plan("R-1", UNITS)
    notes = CreditNotes(shop.ledger, shop.snapshots)
    ask = PayLeg(case="R-1", order_id="two-rates", plan=1, payment=AS_CREDIT, amount=4624, attempt=1, now=NOW)
    PaymentActivities(FakeProvider(), shop.ledger, notes).pay_leg(ask)
    return shop


def charged_back(shop: Shop, amount: int = 10850) -> None:
    """The shopper's bank takes money of pi_1."""
    lost = EarlierRefund(id="dp_1", at=LATER, money={"pi_1": amount})
    facts = Facts(shop.ledger, shop.snapshots)
    facts.refunded_elsewhere("two-rates", lost, "provider", LATER, EntryKind.DISPUTE_LOST)


def take_back(shop: Shop, purses: Purses | None, by: str = "fay") -> TakenBack:
    staff = Staff(fay=Role.FINANCE, olga=Role.OPS)
    desk = TakingBackActivities(purses, shop.ledger, shop.snapshots, staff)
    return desk.take_back(TakeBack(order_id="two-rates", cause="two-rates:dp_1", by=by, now=LATER))


def money(shop: Shop) -> dict[str, int]:
    """What stands on the accounts of both sides."""
    kinds = ("store_credit", "promotion", "receivable", "suspense")
    found = (one for kind in kinds for one in shop.ledger.balances(kind))
    return {one.account: one.posted for one in found if one.posted}


def test_all_of_it_is_unspent(engine: Engine) -> None:
    shop = credited(engine)
    assert given_credit(shop.ledger, "two-rates") == Given("cust-2041", 4624, 462)
    charged_back(shop)
    assert money(shop) == {"store_credit:cust-2041": 5086, "promotion": -462, "suspense:two-rates": -4624}
    assert take_back(shop, Purses(9999)) == TakenBack(taken=5086, owed=0)
    assert money(shop) == {}
    assert given_credit(shop.ledger, "two-rates") == Given("cust-2041", 0, 0)
    assert shop.sound()


def test_what_is_spent_the_customer_owes(engine: Engine) -> None:
    shop = credited(engine)
    charged_back(shop)
    assert take_back(shop, Purses(1000)) == TakenBack(taken=1000, owed=4086)
    assert money(shop) == {"store_credit:cust-2041": 4086, "receivable:cust-2041": 4086}
    assert shop.sound()


def test_a_lost_answer_is_looked_for_and_nothing_is_taken_twice(engine: Engine) -> None:
    shop, purses = credited(engine), Purses(9999, lost=1)
    charged_back(shop)
    with pytest.raises(Unavailable):
        take_back(shop, purses)
    done = take_back(shop, purses)
    assert done == take_back(shop, purses) == TakenBack(taken=5086, owed=0)
    kinds = [one.kind for one in shop.ledger.entries(order="two-rates")]
    assert (kinds.count(EntryKind.CREDIT_ASKED_BACK), kinds.count(EntryKind.CREDIT_TAKEN_BACK)) == (1, 1)


def test_only_what_stands_for_missing_money(engine: Engine) -> None:
    shop = credited(engine)
    with pytest.raises(Refused) as no:
        take_back(shop, Purses(9999))
    assert no.value.code == "nothing_to_take_back"
    # 62.26 were left of the order; of the 72.26 that the bank takes, 10.00 stood as store credit.
    charged_back(shop, 7226)
    assert take_back(shop, Purses(9999)) == TakenBack(taken=1100, owed=0)
    assert money(shop) == {"store_credit:cust-2041": 3986, "promotion": -362}


def test_who_may_and_who_can(engine: Engine) -> None:
    shop = credited(engine)
    charged_back(shop)
    with pytest.raises(Refused) as no:
        take_back(shop, Purses(9999), by="olga")
    assert no.value.code == "role_may_not"
    with pytest.raises(Refused) as no:
        take_back(shop, None)
    assert no.value.code == "no_storefront"
    assert money(shop)["suspense:two-rates"] == -4624


@pytest.mark.parametrize(
    ("missing", "wanted"), [(0, (0, 0)), (1, (1, 0)), (1000, (1000, 100)), (4624, (4624, 462)), (9999, (4624, 462))]
)
def test_the_bonus_goes_with_its_credit(missing: int, wanted: tuple[int, int]) -> None:
    assert wanted_back(Given("c", 4624, 462), missing) == wanted
