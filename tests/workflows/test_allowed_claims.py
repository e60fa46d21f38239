"""Purely: who may claim, answer and settle what, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.carrier_claim import Answer, AnswerClaim, CarrierClaim, OpenClaim
from domain.early import EarlyEnd, EarlyRefund, Settle, Settled
from domain.inspection import InspectedLine, Inspection, Receipt, ReceivedLine
from domain.parcel import Scan, TrackingStatus
from domain.policy import Decision, Verdict
from domain.policy.outcome import Trigger
from workflows.return_case.allowed_claims import may_claim
from workflows.return_case.allowed_early import may_settle
from workflows.return_case.state import CaseState
from workflows.return_case.turn import silent_until, turn_of

NOW = datetime(2026, 11, 6, 12, tzinfo=UTC)
MOVED = (Scan(id="s", tracking_number="A", status=TrackingStatus.IN_TRANSIT, at=NOW),)
CAME = (Receipt(id="b", received_by="ann", lines=(ReceivedLine(line_id="1", quantity=1),)),)
CLAIM = CarrierClaim(by="olga", reference="CL-1", amount=500, currency="EUR", at=NOW, answer_by=NOW)
EARLY = EarlyRefund(
    trigger=Trigger.FIRST_SCAN,
    amount=900,
    currency="EUR",
    customer="c",
    inspection=Inspection(id="early", inspected_by="backhaul", lines=(InspectedLine(line_id="1", quantity=1),)),
)


def state(**known: Any) -> CaseState:
    decision = Decision(
        verdict=Verdict.APPROVE,
        policy="p@1",
        lines=(),
        decided_at=NOW,
        send_back_until=NOW,
        send_back_day=date(2026, 11, 6),
    )
    return CaseState(decision=decision, **known)


def closed(answer: Answer) -> CarrierClaim:
    return CLAIM.model_copy(update={"answer": answer})


def claimed(reference: str = "CL-1", amount: int = 500) -> OpenClaim:
    return OpenClaim(by="olga", reference=reference, amount=amount)


def answered(answer: Answer, paid: int = 0, reference: str = "CL-1", by: str = "olga") -> AnswerClaim:
    return AnswerClaim(by=by, reference=reference, answer=answer, paid=paid)


@pytest.mark.parametrize(
    ("known", "said", "code"),
    [
        ({}, claimed(), "not_sent"),
        ({"scans": MOVED}, claimed(), None),
        ({"scans": MOVED, "receipts": CAME}, claimed(), "already_received"),
        ({"scans": MOVED, "expired": True}, claimed(), "ends_already"),
        ({"scans": MOVED, "lost": "olga"}, claimed(), "lost"),
        ({"scans": MOVED, "claims": (CLAIM,)}, claimed(), None),
        ({"scans": MOVED, "claims": (CLAIM,)}, claimed(amount=501), "recorded_differently"),
        ({"scans": MOVED, "claims": (CLAIM,)}, claimed("CL-2"), "claimed_already"),
        ({"scans": MOVED, "claims": (closed(Answer.FOUND),)}, claimed("CL-2"), None),
        ({"claims": (CLAIM,)}, answered(Answer.LOST, 400), None),
        ({"claims": (CLAIM,)}, answered(Answer.FOUND), None),
        ({"claims": (CLAIM,)}, answered(Answer.FOUND, 400), "found_and_paid"),
        ({"claims": (CLAIM,)}, answered(Answer.UNANSWERED), "no_answer"),
        ({"claims": (CLAIM,)}, answered(Answer.LOST, by="backhaul"), "no_answer"),
        ({"claims": (CLAIM,)}, answered(Answer.LOST, reference="CL-2"), "no_claim"),
        ({"claims": (closed(Answer.FOUND),)}, answered(Answer.FOUND), None),
        ({"claims": (closed(Answer.FOUND),)}, answered(Answer.LOST), "recorded_differently"),
    ],
)
def test_claims_and_their_answers(known: dict[str, Any], said: OpenClaim | AnswerClaim, code: str | None) -> None:
    refusal = may_claim(state(**known), said)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    ("end", "settled", "said", "code"),
    [
        (None, None, Settle(by="fay", how=Settled.WAIVED), "nothing_owed"),
        (0, None, Settle(by="fay", how=Settled.WAIVED), "nothing_owed"),
        (900, None, Settle(by="fay", how=Settled.WAIVED), None),
        (900, None, Settle(by="fay", how=Settled.PAID), "no_reference"),
        (900, None, Settle(by="fay", how=Settled.PAID, reference="b-1"), None),
        (900, Settled.PAID, Settle(by="fay", how=Settled.PAID, reference="b-1"), None),
        (900, Settled.PAID, Settle(by="fay", how=Settled.WAIVED), "recorded_differently"),
    ],
)
def test_what_the_shopper_owes(end: int | None, settled: Settled | None, said: Settle, code: str | None) -> None:
    ended = None if end is None else EarlyEnd(short=end, answer_by=NOW)
    refusal = may_settle(state(early=EARLY, early_end=ended, early_settled=settled), said)
    assert (refusal.code if refusal else None) == code


def test_whoever_is_waited_for_by_the_newest_word() -> None:
    waits = turn_of(state(scans=MOVED, claims=(CLAIM,)))
    assert (waits.owner, waits.action) == ("carrier", "Answer the claim CL-1")
    later = Scan(id="t", tracking_number="A", status=TrackingStatus.IN_TRANSIT, at=NOW.replace(hour=13))
    assert turn_of(state(scans=(*MOVED, later), claims=(CLAIM,))).action == "Deliver the parcel"
    paid = turn_of(state(scans=(*MOVED, later), claims=(CLAIM,), lost="ann"))
    assert (paid.action, paid.owner) == ("Answer the claim CL-1", "carrier")  # it is paid as lost, so somebody pays us
    owed = turn_of(state(scans=MOVED, early=EARLY, early_end=EarlyEnd(short=900, answer_by=NOW)))
    assert (owed.owner, "9.00 EUR" in owed.action, owed.due_at) == ("finance", True, NOW)


def test_a_parcel_is_looked_at_so_long_after_the_first_word_then_after_the_last() -> None:
    later = Scan(id="s2", tracking_number="A", status=TrackingStatus.IN_TRANSIT, at=NOW + timedelta(days=3))
    moving = state(scans=(*MOVED, later))
    assert turn_of(moving).due_at == NOW + timedelta(days=14)
    assert silent_until(moving) == NOW + timedelta(days=17)
    asked = moving.model_copy(update={"patient_until": NOW + timedelta(days=17)})
    assert turn_of(asked).due_at == NOW + timedelta(days=17)
    newer = CLAIM.model_copy(update={"at": NOW + timedelta(days=4)})
    assert silent_until(state(scans=(*MOVED, later), claims=(newer,))) is None  # then the carrier's answer is awaited
    assert silent_until(state(scans=MOVED, receipts=CAME)) is None
