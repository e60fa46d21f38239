"""When a refund is due before its goods are judged."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.case import CaseSoFar
from domain.early import limit, promised, refund_due
from domain.exchange import Swap
from domain.inspection import InspectedLine, Inspection, Receipt, ReceivedLine
from domain.parcel import HandedOver, ReturnLabel, Scan, TrackingStatus
from domain.policy import Decision, Verdict
from domain.policy.decision import Handling, LineDecision
from domain.policy.outcome import Trigger
from domain.resolution import Resolution

NOW = datetime(2026, 11, 6, 12, tzinfo=UTC)
SCAN, RECEIPT = Trigger.FIRST_SCAN, Trigger.RECEIPT


def decision(*events: Trigger, verdict: Verdict = Verdict.APPROVE, most: tuple[int | None, ...] = ()) -> Decision:
    limits = most or (None,) * len(events)
    lines = tuple(
        LineDecision(
            line_id=str(at), quantity=1, verdict=verdict, reasons=(), handling=Handling(refund_on=on, exposure_limit=of)
        )
        for at, (on, of) in enumerate(zip(events, limits, strict=True))
    )
    return Decision(
        verdict=verdict, policy="p@1", lines=lines, decided_at=NOW, send_back_until=NOW, send_back_day=date(2026, 11, 6)
    )


def seen(status: TrackingStatus, number: str = "A") -> tuple[Scan, ...]:
    return (Scan(id="s", tracking_number=number, status=status, at=NOW),)


def labelled(number: str = "A") -> ReturnLabel:
    return ReturnLabel(tracking_number=number, bought_at=NOW, carrier="demo", url="https://shop.example/l")


def came(*lines: str) -> tuple[Receipt, ...]:
    counted = tuple(ReceivedLine(line_id=line, quantity=1) for line in lines)
    return (Receipt(id="box", received_by="ann", lines=counted),)


@pytest.mark.parametrize(
    ("known", "due"),
    [
        (CaseSoFar(), None),
        (CaseSoFar(decision=decision(SCAN)), None),
        (CaseSoFar(decision=decision(SCAN), scans=seen(TrackingStatus.PRE_TRANSIT)), None),
        (CaseSoFar(decision=decision(SCAN), scans=seen(TrackingStatus.IN_TRANSIT)), SCAN),
        (CaseSoFar(decision=decision(Trigger.DROP_OFF), scans=seen(TrackingStatus.IN_TRANSIT)), Trigger.DROP_OFF),
        (CaseSoFar(decision=decision(SCAN), receipts=came("0")), SCAN),
        (CaseSoFar(decision=decision(Trigger.INSPECTION), scans=seen(TrackingStatus.DELIVERED)), None),
        (CaseSoFar(decision=decision(SCAN, RECEIPT), scans=seen(TrackingStatus.IN_TRANSIT)), None),
        (CaseSoFar(decision=decision(SCAN, RECEIPT), receipts=came("0")), None),
        (CaseSoFar(decision=decision(SCAN, RECEIPT), receipts=came("0", "1")), RECEIPT),
        (CaseSoFar(decision=decision(SCAN), scans=seen(TrackingStatus.IN_TRANSIT), cancelled="x"), None),
        (CaseSoFar(decision=decision(SCAN), scans=seen(TrackingStatus.IN_TRANSIT), lost="olga"), None),
        (CaseSoFar(decision=decision(SCAN, verdict=Verdict.REVIEW), scans=seen(TrackingStatus.IN_TRANSIT)), None),
        (CaseSoFar(decision=decision(SCAN, verdict=Verdict.DECLINE), scans=seen(TrackingStatus.IN_TRANSIT)), None),
    ],
)
def test_a_refund_is_due_once_the_latest_event_of_its_lines_has_happened(known: CaseSoFar, due: Trigger | None) -> None:
    assert refund_due(known.model_copy(update={"label": labelled()})) is due


def test_only_a_parcel_under_a_label_of_ours_pays_before_the_goods_come() -> None:
    """A number that somebody has told may be that of another return's parcel."""
    told = HandedOver(by="shopper", tracking_number="B")
    known = CaseSoFar(decision=decision(SCAN), label=labelled(), handed_over=(told,), parcels=("B",))
    assert refund_due(known.model_copy(update={"scans": seen(TrackingStatus.IN_TRANSIT, "B")})) is None
    both = (*seen(TrackingStatus.IN_TRANSIT, "B"), *seen(TrackingStatus.IN_TRANSIT))
    assert refund_due(known.model_copy(update={"scans": both})) is SCAN
    replaced = known.model_copy(update={"label": labelled("C"), "old_labels": (labelled(),), "scans": both})
    assert refund_due(replaced) is SCAN  # an old one may still be on the parcel


def test_judged_goods_are_paid_for_what_they_are() -> None:
    looked = Inspection(id="i", inspected_by="ben", lines=(InspectedLine(line_id="0", quantity=1),))
    known = CaseSoFar(decision=decision(SCAN), scans=seen(TrackingStatus.IN_TRANSIT), inspection=looked)
    assert refund_due(known) is None
    # Nor is the rest of them paid by a plan that was made for a part.
    known = CaseSoFar(decision=decision(RECEIPT, RECEIPT), receipts=came("0", "1"), parts=(looked,))
    assert refund_due(known) is None


def test_several_lines_are_paid_by_the_latest_event_and_the_lowest_limit() -> None:
    assert promised(decision(SCAN, RECEIPT, Trigger.DROP_OFF)) is RECEIPT
    assert promised(decision()) is Trigger.INSPECTION
    assert limit(decision(SCAN, SCAN, most=(None, 500))) == 500
    assert limit(decision(SCAN, SCAN, most=(900, 500))) == 500
    assert limit(decision(SCAN)) is None


def exchanging(event: Trigger | None, *, aside: bool = True) -> CaseSoFar:
    """An exchange of one unit that was promised, and set aside or not yet."""
    told = Handling(refund_on=Trigger.RECEIPT, ship_on=event, exposure_limit=900, ship_limit=500)
    line = LineDecision(line_id="0", quantity=1, verdict=Verdict.APPROVE, reasons=(), handling=told)
    made = decision(SCAN).with_lines((line,)).model_copy(update={"resolution": Resolution.EXCHANGE})
    swap = Swap(line_id="0", new_line="x-1", sku="RED", title="Red", quantity=1)
    return CaseSoFar(decision=made, promised=(swap,), aside=(1,) if aside else ())


def test_the_goods_of_an_exchange_have_an_event_and_a_limit_of_their_own() -> None:
    waits = exchanging(Trigger.LABEL)
    assert waits.decision is not None
    assert (refund_due(waits), limit(waits.decision)) == (None, 500)
    assert refund_due(waits.model_copy(update={"label": labelled()})) is Trigger.LABEL
    moving = {"scans": seen(TrackingStatus.IN_TRANSIT), "label": labelled()}
    assert refund_due(exchanging(SCAN).model_copy(update=moving)) is SCAN
    assert refund_due(exchanging(SCAN, aside=False).model_copy(update=moving)) is None
    assert refund_due(exchanging(None).model_copy(update={"receipts": came("0")})) is None
