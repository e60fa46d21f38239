"""Units of returns that were changed, paid early or offered less: none is lost, and none counts twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from activities.decisions import AnswerOffer, EndEarly, KeepGoods, PlanEarly, PlanRefund, RecordSentBack
from activities.decisions.editing import RecordEdit
from activities.decisions.mending import WordActivities
from activities.inventory import RecordInspection, Restock
from database.stores import SqlNotes
from domain.editing import Edit
from domain.errors import Refused
from domain.inspection import Disposition, Grade, InspectedLine, Inspection, Rest
from domain.offer import Answer, SentBack
from domain.request import RequestedLine
from tests.decisions.test_overrides import override, staffed
from tests.shop import NOW, Shop

SINCE = datetime(2021, 1, 1, tzinfo=UTC)
ABOUT: dict[str, Any] = {"case": "R-1", "order_id": "two-rates"}
HOLDER = "with_customer:two-rates:1"


def edit(shop: Shop, count: int) -> None:
    """The shopper wants to send so many mugs."""
    words = WordActivities(shop.people, shop.ledger, shop.snapshots, shop.policies, SqlNotes(shop.engine))
    said = Edit(id="e-1", by="shopper", lines=(RequestedLine(line_id="1", quantity=count),))
    words.edit_return(RecordEdit(**ABOUT, said=said, now=NOW))


def look(shop: Shop, count: int, rest: Rest = Rest.STAYS, grade: Grade = Grade.A) -> Inspection:
    line = InspectedLine(line_id="1", quantity=count, grade=grade, disposition=Disposition.NOT_RESTOCKED)
    seen = Inspection(id="look-1", inspected_by="bench", rest=rest, lines=(line,))
    shop.inventory.record_inspection(RecordInspection(**ABOUT, inspection=seen, now=NOW))
    return seen


def test_all_that_a_changed_return_was_about_is_kept(engine: Engine) -> None:
    shop = staffed(engine)
    shop.begin("R-1", {"1": 1})
    edit(shop, 3)
    override(shop, "ada", {"lines": ("1",), "keep": "yes"})
    shop.decisions.keep_goods(KeepGoods(**ABOUT, now=NOW))
    assert (shop.units(HOLDER).available, shop.units("kept:two-rates").posted) == (0, 3)
    shop.close("R-1")
    assert shop.pending() == []
    assert shop.sound()


def test_all_that_a_changed_return_was_paid_for_early_and_never_came_is_kept(shop: Shop) -> None:
    shop.publish(since=SINCE, refund_trigger=[{"event": "drop_off"}])
    shop.begin("R-1", {"1": 1})
    edit(shop, 3)
    shop.receive("R-1", {"1": 1})
    assert shop.decisions.plan_early(PlanEarly(**ABOUT, now=NOW)).early is not None
    with pytest.raises(Refused) as no:  # it is paid whole, so it is judged whole
        look(shop, 1, Rest.EXPECTED)
    assert no.value.code == "paid_early"
    look(shop, 1)
    shop.decisions.end_early(EndEarly(**ABOUT, now=NOW))
    assert (shop.units(HOLDER).available, shop.units("kept:two-rates").posted) == (0, 2)
    assert shop.sound()


def test_a_box_that_came_after_the_offer_goes_back_too_and_none_of_them_to_the_shelf(shop: Shop) -> None:
    shop.publish(since=SINCE, restocking=[{"percent": 50, "when": {"grade": "grade_d"}}])
    shop.begin("R-1", {"1": 2})
    shop.receive("R-1", {"1": 1})
    seen = look(shop, 1, Rest.EXPECTED, Grade.D)
    assert shop.decisions.plan_refund(PlanRefund(**ABOUT, inspection=seen, now=NOW)).offer is not None
    shop.receive("R-1", {"1": 1}, "box-2")
    wanted = AnswerOffer(**ABOUT, by="shopper", plan=1, answer=Answer.SEND_BACK, now=NOW)
    shop.decisions.answer_offer(wanted)
    with pytest.raises(Refused) as no:
        shop.inventory.restock(Restock(**ABOUT, inspection=seen, now=NOW))
    assert no.value.code == "wanted_back"
    sent = SentBack(by="dock", tracking_number="BH1")
    shop.decisions.record_sent_back(RecordSentBack(**ABOUT, sent_back=sent, now=NOW))
    assert (shop.units(HOLDER).available, shop.units("returning:R-1:1").posted) == (3, 0)
    assert shop.sound()


def test_what_is_put_away_does_not_go_back(shop: Shop) -> None:
    shop.publish(since=SINCE, restocking=[{"percent": 50, "when": {"grade": "grade_d"}}])
    shop.begin("R-1", {"1": 1})
    shop.receive("R-1", {"1": 1})
    seen = look(shop, 1, grade=Grade.D)
    assert shop.decisions.plan_refund(PlanRefund(**ABOUT, inspection=seen, now=NOW)).offer is not None
    shop.inventory.restock(Restock(**ABOUT, inspection=seen, now=NOW))
    with pytest.raises(Refused, match="put away"):
        shop.decisions.answer_offer(AnswerOffer(**ABOUT, by="shopper", plan=1, answer=Answer.SEND_BACK, now=NOW))
    shop.decisions.answer_offer(AnswerOffer(**ABOUT, by="shopper", plan=1, answer=Answer.ACCEPT, now=NOW))
