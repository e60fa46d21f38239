"""Purely: what is taken beside what was said, promised, judged or paid before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.choice import Choice
from domain.collection import PaymentRequest
from domain.early import EarlyRefund
from domain.editing import Edit
from domain.exchange import Swap
from domain.inspection import Grade, InspectedLine, Inspection, Receipt, ReceivedLine, Rest
from domain.mending import Regrade, RegradedLine
from domain.offer import Answer, Answered, Offer, OfferAnswer
from domain.plan import RefundPlan
from domain.policy import Decision, LineDecision, LineTerms, Verdict
from domain.policy.judgement import Keeps
from domain.policy.money import Payer
from domain.policy.outcome import Trigger
from domain.repair import Repair
from domain.request import RequestedLine, ReturnRequest
from domain.resolution import Resolution
from domain.verbs import Verb
from workflows.return_case.allowed import allowed
from workflows.return_case.state import CaseState

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = NOW.date()
ASKED = (RequestedLine(line_id="1", quantity=2),)
RESOLUTIONS = (Resolution.REFUND, Resolution.STORE_CREDIT, Resolution.REPLACEMENT, Resolution.REPAIR)
OTHER = Swap(line_id="1", new_line="1-new", sku="POT", title="Pot", quantity=2)
AGAIN = Swap(line_id="1", new_line="1", sku="MUG", title="Mug", quantity=2)


def state(resolution: Resolution = Resolution.REFUND, keeps: Keeps | None = None, **facts: Any) -> CaseState:
    terms = LineTerms(return_shipping=Payer.SHOP, send_back_day=DAY, resolutions=RESOLUTIONS)
    line = LineDecision(line_id="1", quantity=2, verdict=Verdict.APPROVE, reasons=(), terms=terms)
    decision = Decision(
        verdict=Verdict.APPROVE,
        policy="p@1",
        lines=(line,),
        decided_at=NOW,
        send_back_until=NOW,
        send_back_day=DAY,
        resolution=resolution,
        keeps=keeps,
    )
    return CaseState(request=ReturnRequest(id="R-1", order_id="1", lines=ASKED), **{"decision": decision, **facts})


def box(count: int, id: str = "box-1") -> Receipt:
    return Receipt(id=id, received_by="ann", lines=(ReceivedLine(line_id="1", quantity=count),))


def look(count: int, rest: Rest = Rest.STAYS, id: str = "look-1") -> Inspection:
    return Inspection(id=id, inspected_by="ben", rest=rest, lines=(InspectedLine(line_id="1", quantity=count),))


def said(answer: Answer) -> tuple[Answered, ...]:
    return (Answered(by="shopper", plan=1, answer=answer, at=NOW),)


ONE_HERE: dict[str, Any] = {"receipts": (box(1),)}
JUDGED: dict[str, Any] = {**ONE_HERE, "inspection": look(1)}
PART: dict[str, Any] = {**ONE_HERE, "inspection": look(1, Rest.EXPECTED)}
EARLY = EarlyRefund(
    trigger=Trigger.FIRST_SCAN, amount=900, currency="EUR", customer="c", inspection=look(2, id="early")
)
MORE = look(1, Rest.EXPECTED)
WORSE = Regrade(by="olga", lines=(RegradedLine(line_id="1", quantity=1, grade=Grade.D),))
LINK = PaymentRequest(key="collect:R-1:1", case="R-1", order_id="1", amount=100, currency="EUR", words="x")
OFFERED = RefundPlan(
    order_id="1",
    currency="EUR",
    lines=(),
    shipping=0,
    components=(),
    legs=(),
    total=1,
    offer=Offer(kept=9, until=NOW),
)


@pytest.mark.parametrize(
    ("known", "verb", "word", "code"),
    [
        # In parts: not what was paid before it came, nor what other goods go out for.
        (state(**ONE_HERE), Verb.INSPECT, MORE, None),
        (state(**ONE_HERE, early=EARLY), Verb.INSPECT, MORE, "paid_early"),
        (state(**ONE_HERE, early=EARLY), Verb.INSPECT, look(1), None),
        (state(Resolution.REPLACEMENT, **ONE_HERE), Verb.INSPECT, MORE, "not_in_parts"),
        (state(Resolution.EXCHANGE, **ONE_HERE), Verb.INSPECT, MORE, "not_in_parts"),
        # Money is planned for judged goods, so no goods go out for them besides.
        (state(**ONE_HERE), Verb.CHOOSE, Choice(by="shopper", resolution=Resolution.REPLACEMENT), None),
        (state(**JUDGED), Verb.CHOOSE, Choice(by="shopper", resolution=Resolution.REPLACEMENT), "already_inspected"),
        (state(**JUDGED), Verb.CHOOSE, Choice(by="shopper", resolution=Resolution.STORE_CREDIT), None),
        (
            state(receipts=(box(1),), parts=(look(1),)),
            Verb.CHOOSE,
            Choice(by="shopper", resolution=Resolution.REPAIR),
            "already_inspected",
        ),
        (
            state(Resolution.REPAIR, **JUDGED),
            Verb.CHOOSE,
            Choice(by="shopper", resolution=Resolution.REPLACEMENT),
            None,
        ),
        (
            state(Resolution.REPAIR, **JUDGED, repair=Repair.REPAIRED),  # whoever packs has its parcel in hand
            Verb.CHOOSE,
            Choice(by="shopper", resolution=Resolution.REPLACEMENT),
            "already_repaired",
        ),
        # What goes out was promised for what was asked for.
        (
            state(Resolution.EXCHANGE, promised=(OTHER,)),
            Verb.CHOOSE,
            Choice(by="shopper", resolution=Resolution.REPLACEMENT),
            "promised_already",
        ),
        (state(), Verb.EDIT, Edit(id="e", by="shopper", lines=ASKED), None),
        (
            state(Resolution.REPLACEMENT, promised=(AGAIN,)),
            Verb.EDIT,
            Edit(id="e", by="shopper", lines=ASKED),
            "promised_already",
        ),
        (state(keeps=Keeps.BY_POLICY), Verb.EDIT, Edit(id="e", by="shopper", lines=ASKED), "kept"),
        # Who agreed to an amount, or was asked for one, went by these grades.
        (state(**JUDGED), Verb.REGRADE, WORSE, None),
        (state(**JUDGED, answers=said(Answer.ACCEPT)), Verb.REGRADE, WORSE, "accepted"),
        (state(Resolution.EXCHANGE, **JUDGED, payment_asked=LINK), Verb.REGRADE, WORSE, "payment_asked"),
        # Goods that go back to the shopper.
        (state(**PART), Verb.RECEIVE, box(1, "box-2"), None),
        (state(**PART, answers=said(Answer.SEND_BACK)), Verb.RECEIVE, box(1, "box-2"), "wanted_back"),
        (
            state(**JUDGED, plan=OFFERED),
            Verb.ANSWER_OFFER,
            OfferAnswer(by="shopper", plan=1, answer=Answer.SEND_BACK),
            None,
        ),
        (
            state(**JUDGED, plan=OFFERED, restocked="look-1"),
            Verb.ANSWER_OFFER,
            OfferAnswer(by="shopper", plan=1, answer=Answer.SEND_BACK),
            "not_here",
        ),
    ],
)
def test_what_goes_together(known: CaseState, verb: Verb, word: object, code: str | None) -> None:
    refusal = allowed(verb, known, word)
    assert (refusal.code if refusal else None) == code
