"""What a return ends with: chosen when it is asked for or later, of what is offered, while no money is on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from activities.decisions import OpenReturn, PlanRefund, RecordChoice
from activities.decisions.choices import NowChosen
from activities.payments import PayLeg, PaymentActivities
from domain.errors import InvalidRequest, KeyConflict, Refused
from domain.news import DisputeNews
from domain.people import Person, Role
from domain.plan import AS_CREDIT, RefundPlan
from domain.policy import Verdict
from domain.refund import PLAN_WITHDRAWN, Refund
from domain.request import RequestedLine, ReturnRequest
from domain.resolution import CARRIED_OUT, Resolution
from ledger import EntryKind
from ledger.credit_notes import CreditNotes
from ledger.disputes import Disputes
from ledger.facts import Facts
from tests.payments.fake import FakeProvider
from tests.shop import NOW, Shop, card, inspection
from workflows.return_case.remedies import REMEDIES

CREDIT, REFUND = Resolution.STORE_CREDIT, Resolution.REFUND
BOTH: dict[str, Any] = {"resolutions": [{"allowed": ["refund", "store_credit"]}], "bonus": [{"percent": 10}]}
MUGS = {"1": 2}


def opened(shop: Shop, resolution: Resolution = REFUND, case: str = "R-1") -> Verdict:
    lines = tuple(RequestedLine(line_id=line, quantity=count) for line, count in MUGS.items())
    asked = ReturnRequest(id=case, order_id="two-rates", lines=lines, resolution=resolution)
    shop.fetch(case, MUGS)
    return shop.decisions.open_return(OpenReturn(request=asked, order_id="two-rates", now=NOW)).decision.verdict


def choose(shop: Shop, resolution: Resolution, by: str = "shopper", number: int = 1) -> NowChosen:
    later = NOW + timedelta(hours=number)
    ask = {"case": "R-1", "order_id": "two-rates", "number": number, "by": by, "resolution": resolution, "now": later}
    return shop.decisions.record_choice(RecordChoice.model_validate(ask))


def test_every_resolution_that_is_carried_out_has_its_remedy() -> None:
    assert set(REMEDIES) == set(CARRIED_OUT)


def test_the_quote_follows_the_choice(shop: Shop) -> None:
    shop.publish(**BOTH)
    shop.sell()
    assert opened(shop) is Verdict.APPROVE
    found = choose(shop, CREDIT)
    assert found.quote is not None
    assert found.quote.bonus is not None
    # A tenth of 2353 is 235.3.
    assert (found.quote.total, found.quote.bonus.amount) == (2353, 235)
    assert [(leg.tender_id, leg.amount, leg.customer) for leg in found.quote.legs] == [
        ("as_store_credit", 2353, "cust-2041")
    ]
    back = choose(shop, REFUND, number=2)
    assert back.quote is not None
    assert back.quote.bonus is None
    assert [one.resolution for one in back.choices] == [CREDIT, REFUND]


def test_the_same_choice_is_recorded_once_and_another_under_its_key_never(shop: Shop) -> None:
    shop.publish(**BOTH)
    shop.sell()
    opened(shop)
    assert choose(shop, CREDIT) == choose(shop, CREDIT)
    assert len([one for one in shop.ledger.entries(case="R-1") if one.kind is EntryKind.CHOICE]) == 1
    with pytest.raises(KeyConflict):
        choose(shop, REFUND)


def test_what_is_not_offered_is_refused_with_what_is(shop: Shop) -> None:
    shop.publish(resolutions=[{"allowed": ["refund", "exchange"]}])
    shop.sell()
    with pytest.raises(InvalidRequest, match="no store credit; what is offered is refund"):
        opened(shop, CREDIT)
    assert list(shop.ledger.entries(case="R-1")) == []
    opened(shop)
    with pytest.raises(Refused) as caught:
        choose(shop, CREDIT)
    assert caught.value.code == "not_offered"


def test_where_there_is_no_refund_a_person_looks_unless_something_else_was_chosen(shop: Shop) -> None:
    shop.publish(resolutions=[{"allowed": ["store_credit"]}])
    shop.sell()
    assert opened(shop) is Verdict.REVIEW
    assert choose(shop, CREDIT).decision.verdict is Verdict.APPROVE
    with pytest.raises(Refused) as caught:
        choose(shop, REFUND, number=2)
    assert caught.value.code == "not_offered"


def test_chosen_at_first_nobody_has_to_look(shop: Shop) -> None:
    shop.publish(resolutions=[{"allowed": ["store_credit"]}])
    shop.sell()
    assert opened(shop, CREDIT) is Verdict.APPROVE


def test_who_may_choose_for_the_shopper(shop: Shop) -> None:
    shop.publish(**BOTH)
    shop.sell()
    opened(shop)
    with pytest.raises(Refused) as caught:
        choose(shop, CREDIT, by="dock")
    assert caught.value.code == "role_may_not"
    shop.people.keep(Person(id="olga", role=Role.OPS))
    assert choose(shop, CREDIT, by="olga").choices[0].by == "olga"


def pay(shop: Shop, plan: int, payment: str, amount: int = 2353) -> Refund:
    notes = CreditNotes(shop.ledger, shop.snapshots)
    ask = PayLeg(case="R-1", order_id="two-rates", plan=plan, payment=payment, amount=amount, attempt=1, now=NOW)
    return PaymentActivities(FakeProvider(), shop.ledger, notes).pay_leg(ask)


def planned(shop: Shop, number: int) -> RefundPlan:
    ask = PlanRefund(case="R-1", order_id="two-rates", inspection=inspection(MUGS), number=number, now=NOW)
    return shop.decisions.plan_refund(ask)


def test_a_choice_overtakes_a_plan_of_which_nothing_is_on_its_way(shop: Shop) -> None:
    shop.publish(**BOTH)
    shop.sell(tenders=[card("pi_1", 10850, NOW)])
    opened(shop)
    shop.receive("R-1", MUGS)
    shop.plan("R-1", MUGS)
    choose(shop, CREDIT)
    with pytest.raises(Refused) as caught:
        pay(shop, 1, "pi_1")
    assert caught.value.code == PLAN_WITHDRAWN
    again = planned(shop, 2)
    assert [(leg.tender_id, leg.amount) for leg in again.legs] == [(AS_CREDIT, 2353)]
    pay(shop, 2, AS_CREDIT)
    assert shop.money("store_credit:cust-2041").posted == 2353 + 235
    assert shop.money("owed:R-1").posted == 0
    assert shop.pending() == []
    with pytest.raises(Refused) as caught:
        choose(shop, REFUND, number=2)
    assert caught.value.code == "already_paid"
    assert shop.sound()


def test_store_credit_waits_while_any_payment_of_the_order_is_disputed(shop: Shop) -> None:
    shop.publish(**BOTH)
    shop.sell(tenders=[card("pi_1", 10850, NOW)])
    opened(shop, CREDIT)
    shop.receive("R-1", MUGS)
    shop.plan("R-1", MUGS)
    asked = {"event": "e", "dispute": "dp_1", "payment": "pi_1", "amount": 10850, "currency": "EUR", "at": NOW}
    news = DisputeNews.model_validate({**asked, "status": "needs_response"})
    Disputes(shop.ledger, Facts(shop.ledger, shop.snapshots)).opened("two-rates", news, NOW)
    with pytest.raises(Refused) as caught:
        pay(shop, 1, AS_CREDIT)
    assert caught.value.code == "disputed"
