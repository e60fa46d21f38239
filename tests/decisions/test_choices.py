"""What a return ends with: chosen when it is asked for or later, of what is offered, while no money is on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from activities.decisions import OpenReturn, RecordChoice
from activities.decisions.choices import NowChosen
from domain.errors import InvalidRequest, KeyConflict, Refused
from domain.people import Person, Role
from domain.policy import Verdict
from domain.request import RequestedLine, ReturnRequest
from domain.resolution import CARRIED_OUT, Resolution
from ledger import EntryKind
from tests.shop import NOW, Shop
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
