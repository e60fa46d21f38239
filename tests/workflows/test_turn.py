"""Purely: whose turn it is where two people are waited for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.inspection import InspectedLine, Inspection
from domain.order import TenderKind
from domain.plan import Leg
from domain.refund import BY_HAND, Refund, RefundStatus
from tests.workflows.test_allowed_together import NOW, OFFERED, box, state
from workflows.return_case.stage import Stage
from workflows.return_case.turn import turn_of

INSPECT, PAY = "Overdue: Inspect what arrived; it was paid as quoted", "Pay 5.00 EUR to pi_1 by hand"


@pytest.mark.parametrize(("hours", "owner", "other"), [(-1, "finance", "ops: Overdue: Inspect"), (1, "ops", "finance")])
def test_what_is_overdue_hides_no_payment_by_hand(hours: int, owner: str, other: str) -> None:
    presumed = Inspection(id="as-quoted", inspected_by="backhaul", lines=(InspectedLine(line_id="1", quantity=2),))
    paid: dict[str, Any] = {
        "provider_id": "",
        "key": "refund:R-1:1:pi_1:1",
        "payment": "pi_1",
        "amount": 500,
        "currency": "EUR",
    }
    seen = turn_of(
        state(
            receipts=(box(2),),
            inspection=presumed,
            uninspected=True,
            inspect_until=NOW,
            plan=OFFERED.model_copy(
                update={
                    "offer": None,
                    "total": 500,
                    "legs": (Leg(tender_id="pi_1", kind=TenderKind.BANK, amount=500),),
                }
            ),
            refunds=(Refund(**paid, status=RefundStatus.PENDING, reason=BY_HAND, updated_at=NOW),),
            look_at=NOW + timedelta(hours=hours),
            overdue=INSPECT,
        )
    )
    assert seen.owner == owner
    assert INSPECT in seen.action
    assert PAY in seen.action
    assert f"; besides, {other}" in seen.action
    assert seen.due_at == NOW + timedelta(hours=min(hours, 0))


def test_a_changed_state_works_out_its_stage_and_turn_anew() -> None:
    before = state(receipts=(box(2),))
    assert (before.stage, before.turn.owner) == (Stage.INSPECTION, "warehouse")
    after = before.model_copy(update={"rest_over": True, "refused": "no such order"})
    assert (after.stage, after.turn.owner) == (Stage.CLOSED, "nobody")
    assert (before.stage, before.turn.owner) == (Stage.INSPECTION, "warehouse")
    assert before == state(receipts=(box(2),))
