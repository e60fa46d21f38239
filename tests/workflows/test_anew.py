"""A return that was terminated in the middle of something, and started again, stands where it stood."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.carrier_claim import OpenClaim
from domain.inspection import Grade, InspectedLine, Inspection, Rest
from domain.mending import CorrectCount
from domain.news import DisputeNews
from domain.resolution import Resolution
from ledger import EntryKind
from settings import ROOT
from tests.diaries.policies import in_force
from tests.workflows.returns import TWO_RATES_PAYMENT, Lines, Return, Shop
from tests.workflows.test_overrides import override, staffed
from workflows.return_case.stage import Stage
from workflows.return_case.view import CaseView

WORN = "lost_value:\n  - percent: 30\n    reason: Worn\n    when: {grade: grade_c}\n"
EARLY = "refund_trigger:\n  - event: first_scan\n"
MENDED = "resolutions:\n  - allowed: [refund, repair]\n"
PASSING = ("due_at", "troubles")
"""A new run waits anew."""


async def _offered(one: Return) -> None:
    await one.receive()
    line = InspectedLine(line_id="1", quantity=2, grade=Grade.C)
    await one.update("inspect", Inspection(id="look-1", inspected_by="ben", lines=(line,)))
    await one.until(lambda view: view.stage == "offer")


async def _claimed(one: Return) -> None:
    await one.scan()
    await one.update("open_claim", OpenClaim(by="olga", reference="CL-1", amount=5000))


async def _paid_early(one: Return) -> None:
    await one.scan()
    await one.until(lambda view: view.refund_status == "succeeded")


async def _in_parts(one: Return) -> None:
    await one.receive({"1": 1})
    line = InspectedLine(line_id="1", quantity=1)
    seen = Inspection(id="look-1", inspected_by="ben", rest=Rest.EXPECTED, lines=(line,))
    await one.update("inspect", seen)
    await one.until(lambda view: bool(view.refunded))
    await one.stage(Stage.AWAITING_PARCEL)


async def _disputed(one: Return) -> None:
    now = datetime.now(UTC)
    about: dict[str, Any] = {
        "dispute": "dp_1",
        "payment": TWO_RATES_PAYMENT,
        "amount": 10850,
        "currency": "EUR",
        "at": now,
    }
    await one.update("record_news", DisputeNews(event="evt_1", status="needs_response", **about))


async def _in_repair(one: Return) -> None:
    await one.receive()
    await one.inspect()
    await one.until(lambda view: view.next_action.startswith("Mend"))


async def _changed(one: Return) -> None:
    line = {"line_id": "1", "quantity": 1, "reason": "unwanted"}
    await one.update("edit", {"id": "edit-1", "by": "shopper", "lines": [line]})


@pytest.mark.parametrize(
    ("clauses", "happens", "wanted"),
    [
        pytest.param(WORN, _offered, {}, id="offer"),
        pytest.param("", _claimed, {}, id="claim"),
        pytest.param(EARLY, _paid_early, {}, id="early"),
        pytest.param("", _in_parts, {}, id="part"),
        pytest.param("", _disputed, {}, id="dispute"),
        pytest.param(MENDED, _in_repair, {"resolution": Resolution.REPAIR, "reason": "defective"}, id="repair"),
        pytest.param("", _changed, {}, id="edit"),
    ],
)
async def test_a_new_run_stands_where_the_old_one_stood(
    shop: Shop, clauses: str, happens: Callable[[Return], Awaitable[None]], wanted: dict[str, str]
) -> None:
    await in_force(shop, clauses)
    lines: Lines = {"1": 2}
    one = await shop.two_rates(lines, **wanted)
    await one.labelled()
    await happens(one)
    await one.at_rest()
    before = await one.view()
    await one.handle.terminate("somebody in the Temporal UI")
    again = await shop.start(one.case, before.order_id, lines, **wanted)
    await again.until(lambda view: view.stage == before.stage)
    await again.at_rest()
    after = await again.view()
    told = {name: (getattr(before, name), getattr(after, name)) for name in CaseView.model_fields}
    assert {name: both for name, both in told.items() if both[0] != both[1] and name not in PASSING} == {}


async def test_goods_that_are_kept_need_no_other_label(shop: Shop) -> None:
    staffed(shop.world, (ROOT / "policies" / "default.yaml").read_text())
    one = await shop.two_rates({"3": 1})
    await one.labelled()
    shop.world.doors.shut("/stripe", 503)
    await override(one, "fay", keep="yes")
    await one.recorded(EntryKind.LABEL_VOIDED)
    await one.handle.terminate("by mistake")
    shop.world.doors.open("/stripe")
    again = await shop.start(one.case, "two-rates", {"3": 1})
    assert (await again.result()).label_number == 1
    assert len(await shop.world.labels()) == 1


async def test_a_refund_on_trust_is_paid_by_a_new_run_though_its_event_was_taken_back(shop: Shop) -> None:
    """All had arrived, so the money was on its way; then the count was corrected to nothing."""
    await in_force(shop, "refund_trigger:\n  - event: receipt\n")
    one = await shop.two_rates({"1": 2})
    await one.labelled()
    shop.world.doors.shut("/stripe/v1/refunds", method="POST")
    await one.receive()
    await one.recorded(EntryKind.REFUND_SUBMITTED)
    await one.update("correct_count", CorrectCount(by="olga", receipt="box-1"))
    before = await one.view()
    assert (before.received, before.stage, before.refund_status) == ({}, "awaiting_parcel", "pending")
    await one.handle.terminate("somebody in the Temporal UI")
    shop.world.doors.open("/stripe/v1/refunds")
    again = await shop.start(one.case, before.order_id, {"1": 2})
    paid = await again.until(lambda view: view.refund_status == "succeeded")
    assert (paid.refunded, paid.paid_early) == ("23.53 EUR", "23.53 EUR")
