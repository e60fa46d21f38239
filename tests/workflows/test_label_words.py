"""Purely: when a return takes a wish for another label, and a proof that the goods were sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.case import Outcome
from domain.inspection import Receipt, ReceivedLine
from domain.method import Method
from domain.override import Change, Overridden, OverrideReason
from domain.parcel import HandedOver, NewLabel, ReturnLabel, Scan, TrackingStatus
from domain.policy import Decision, Handling, LineDecision, Verdict
from domain.request import RequestedLine, ReturnReason, ReturnRequest
from domain.verbs import Verb
from workflows.return_case.allowed import allowed
from workflows.return_case.said import Cancel
from workflows.return_case.state import CaseState

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
LABEL = ReturnLabel(tracking_number="N1", carrier="C", url="http://x/1.pdf", bought_at=NOW)
OLD = LABEL.model_copy(update={"tracking_number": "N0"})
ASKED = NewLabel(by="shopper", number=2)


def state(**facts: Any) -> CaseState:
    handling = Handling(methods=(Method.LABEL, Method.QR_CODE), label_days=28, label_warning_days=3)
    line = LineDecision(line_id="1", quantity=1, verdict=Verdict.APPROVE, reasons=(), handling=handling)
    until = NOW + timedelta(days=14)
    decision = Decision(verdict=Verdict.APPROVE, policy="p@1", lines=(line,), decided_at=NOW, send_back_until=until)
    asked = (RequestedLine(line_id="1", quantity=1, reason=ReturnReason.UNWANTED),)
    request = ReturnRequest(id="R-1", order_id="1", lines=asked)
    return CaseState(**{"request": request, "decision": decision, "label": LABEL, **facts})


SCANNED = {"scans": (Scan(id="s", tracking_number="N1", status=TrackingStatus.IN_TRANSIT, at=NOW),)}
HERE = {"receipts": (Receipt(id="b", received_by="ann", lines=(ReceivedLine(line_id="1", quantity=1),)),)}
OVER = {"cancel": Cancel(by="shopper")}
PROOF = HandedOver(by="shopper", receipt="P-1")


@pytest.mark.parametrize(
    ("facts", "said", "code"),
    [
        ({}, ASKED, None),
        ({"label_void": "voided"}, ASKED, None),  # it has ended, so there is need
        ({}, ASKED.model_copy(update={"method": Method.QR_CODE}), None),
        ({}, ASKED.model_copy(update={"method": Method.IN_STORE}), "way_not_offered"),
        ({}, ASKED.model_copy(update={"number": 3}), "other_number"),
        ({"new_label": ASKED}, ASKED, None),  # said twice
        ({"new_label": ASKED}, ASKED.model_copy(update={"method": Method.QR_CODE}), "recorded_differently"),
        ({"new_label": ASKED}, ASKED.model_copy(update={"number": 3}), None),
        ({"old_labels": (OLD,) * 4}, ASKED.model_copy(update={"number": 6}), "other_number"),
        ({"label": None}, ASKED, "no_label"),
        (SCANNED, ASKED, "on_its_way"),
        ({"handed_over": (PROOF,)}, ASKED, "on_its_way"),
        (HERE, ASKED, "already_received"),
        (OVER, ASKED, "ends_already"),
        ({"kept": "fay"}, ASKED, "kept"),
        ({"outcome": Outcome.REFUNDED}, ASKED, "closed"),
        ({}, PROOF, None),
        ({}, HandedOver(by="shopper", tracking_number="X9"), None),
        ({}, HandedOver(by="shopper", tracking_number="N1"), "no_proof"),  # it stands on the label, sent or not
        ({"old_labels": (OLD,)}, HandedOver(by="shopper", tracking_number="N0"), "no_proof"),
        ({}, HandedOver(by="shopper", tracking_number="N1", receipt="P-1"), None),
        ({"handed_over": (PROOF,)}, PROOF.model_copy(update={"by": "shop"}), None),  # said twice
        ({"handed_over": (PROOF,)}, PROOF.model_copy(update={"tracking_number": "X9"}), "recorded_differently"),
        (HERE, PROOF, "already_received"),
        (OVER, PROOF, "ends_already"),
        ({"kept": "fay"}, PROOF, "kept"),
    ],
)
def test_what_is_taken(facts: dict[str, Any], said: NewLabel | HandedOver, code: str | None) -> None:
    verb = Verb.NEW_LABEL if isinstance(said, NewLabel) else Verb.HANDED_OVER
    refusal = allowed(verb, state(**facts), said)
    assert (refusal.code if refusal else None) == code
    assert refusal is None or refusal.message.endswith(".")


def test_a_label_lives_as_long_as_a_person_lets_the_shopper_send() -> None:
    plain = state()
    assert plain.label_until == NOW + timedelta(days=28)
    assert plain.label_warning_at == NOW + timedelta(days=25)
    later = NOW + timedelta(days=60)
    change = Change(lines=("1",), send_back_until=later.date())
    key = {"public_key": "A" * 43 + "=", "signature": "A" * 86 + "=="}
    why = {"by": "olga", "reason": OverrideReason.LOYAL_CUSTOMER, "update_id": "o-1"}
    said = Overridden.model_validate({**key, **why, "change": change, "worth": 0, "currency": "EUR", "at": NOW})
    assert plain.decision is not None
    decision = plain.decision.model_copy(update={"send_back_until": later})
    extended = plain.model_copy(update={"overrides": (said,), "decision": decision})
    assert (extended.label_until, extended.ends_at) == (later, later)


def test_a_label_that_ends_with_its_return_does_not_lapse_before() -> None:
    assert state().lapses_at is None
    short = state()
    assert short.decision is not None
    line = short.decision.lines[0]
    law = line.model_copy(update={"statutes": ("de@1",)})
    lasting = short.model_copy(update={"decision": short.decision.model_copy(update={"lines": (law,)})})
    assert (lasting.ends_at, lasting.lapses_at) == (None, NOW + timedelta(days=28))
    for facts in (SCANNED, {"handed_over": (PROOF,)}, {"label_void": "voided"}):
        assert lasting.model_copy(update=facts).lapses_at is None
