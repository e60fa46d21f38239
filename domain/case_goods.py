"""What is known of the goods of one return: their label and way, what came, and what was seen of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from domain.carrier_claim import CarrierClaim
from domain.early import EarlyEnd, EarlyRefund, Settled
from domain.finding import FOREIGN, FindingCode, FindingSettled, Found
from domain.inspection import Inspection, Receipt, units
from domain.mending import CorrectCount, corrected
from domain.model import Id, Minor, Sparse, UtcDatetime
from domain.parcel import HandedOver, NewLabel, ReturnLabel, Scan, back_with_sender, moved
from domain.serials import Discrepancy


class GoodsSoFar(Sparse):
    """Every recorded fact of the goods; what is None or empty has not happened."""

    label: ReturnLabel | None = None
    """The last one; those that it took the place of are `old_labels`."""
    old_labels: tuple[ReturnLabel, ...] = ()
    label_void: str = ""
    """What the carrier said when the last label was to be given back: `voided`, or why it was not."""
    new_label: NewLabel | None = None
    """The last wish for another one."""
    parcels: tuple[Id, ...] = ()
    """Tracking numbers beside the label's own."""
    lost: Id | None = None
    """Who of the staff recorded that the carrier lost the parcel; then `inspection` stands for what never came."""
    kept: Id | None = None
    """Who or what said that the shopper keeps the goods; then `inspection` stands for what never comes."""
    claims: tuple[CarrierClaim, ...] = ()
    """Of its parcels at the carrier, the last of which may be open."""
    handed_over: tuple[HandedOver, ...] = ()
    handed_over_at: UtcDatetime | None = None
    """When the shopper first showed that the goods were handed over."""
    scans: tuple[Scan, ...] = ()
    arrived_at: UtcDatetime | None = None
    """When the first of the goods were counted."""
    receipts: tuple[Receipt, ...] = ()
    not_ours: tuple[Id, ...] = ()
    """Boxes of which, as they were counted anew, nothing was this return's."""
    inspect_until: UtcDatetime | None = None
    inspection: Inspection | None = None
    """The newest one; `parts` are those before it, each paid by one of `paid_plans`."""
    judged_boxes: tuple[Id, ...] = ()
    """The receipts of what was inspected, or paid without that; their counts stay."""
    parts: tuple[Inspection, ...] = ()
    uninspected: bool = False
    """Nobody inspected in time, so `inspection` stands for what nobody has looked at, and `graded` is for the stock."""
    graded: Inspection | None = None
    findings: tuple[Found, ...] = ()
    settled: tuple[FindingSettled, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    """Of serial numbers, each once, whoever saw it first."""
    restocked: Id | None = None
    early: EarlyRefund | None = None
    """The plan was made before the goods were judged."""
    not_early: str = ""
    """Why it was not, though it was due then, as a code."""
    early_end: EarlyEnd | None = None
    early_settled: Settled | None = None
    late_credit: Minor = 0
    """How much less of it is owed, in minor units, because goods came late."""

    @property
    def tracking_numbers(self) -> tuple[str, ...]:
        """Those of all its parcels, the last label's first: an old one may still be on a parcel."""
        return (*self.label_numbers, *self.parcels)

    @property
    def label_numbers(self) -> tuple[str, ...]:
        """Those of our own labels, which no other return can have; all others somebody has told us."""
        labels = (*([self.label] if self.label else []), *reversed(self.old_labels))
        return tuple(one.tracking_number for one in labels if one.tracking_number)

    @property
    def label_number(self) -> int:
        """Which of the return's labels the last one is; 0 before the first."""
        return len(self.old_labels) + (self.label is not None)

    @property
    def moving(self) -> bool:
        """Whether the goods are on their way: a carrier has seen a parcel, or the shopper has shown that it is sent."""
        return back_with_sender(self.scans) is None and (moved(self.scans) or bool(self.handed_over))

    @property
    def boxes(self) -> tuple[Id, ...]:
        """The receipts' ids."""
        return tuple(one.id for one in self.receipts)

    @property
    def received(self) -> dict[str, int]:
        """Units that came back so far, per line."""
        return units(tuple(line for receipt in self.receipts for line in receipt.lines))

    def counted_anew(self, said: CorrectCount) -> dict[str, Any]:
        """What is known once a box was counted anew."""
        none = () if said.lines else (said.receipt,)
        return {"receipts": corrected(self.receipts, said), "not_ours": (*self.not_ours, *none)}

    def with_discrepancies(self, found: Iterable[Discrepancy]) -> tuple[Discrepancy, ...]:
        """Those that are known, and these."""
        return tuple(dict.fromkeys((*self.discrepancies, *found)))

    @property
    def ungraded(self) -> dict[str, int]:
        """Units that came and were in no part that is done, per line."""
        graded = units(tuple(line for part in self.parts for line in part.lines))
        left = {line_id: count - graded.get(line_id, 0) for line_id, count in self.received.items()}
        return {line_id: count for line_id, count in left.items() if count}

    @property
    def unsettled(self) -> tuple[Found, ...]:
        """Goods that are here and not of this return, of which nobody has said what becomes of them."""
        ended = {one.finding for one in self.settled}
        return tuple(one for one in self.findings if one.finding.code in FOREIGN and one.finding.id not in ended)

    @property
    def empty_box(self) -> Found | None:
        """An empty box, as long as nothing else came."""
        found = (one for one in self.findings if one.finding.code is FindingCode.EMPTY_BOX)
        return None if self.receipts else next(found, None)

    @property
    def carrier_claim(self) -> bool:
        """Whether something is to be claimed from the carrier."""
        codes = (FindingCode.DAMAGED_IN_TRANSIT, FindingCode.EMPTY_BOX)
        return any(one.finding.code in codes for one in self.findings)

    @property
    def seen(self) -> Inspection | None:
        """What somebody has graded."""
        return self.graded if self.uninspected else self.inspection

    @property
    def open_claim(self) -> CarrierClaim | None:
        """What the carrier has still to answer."""
        return next((one for one in self.claims if one.answer is None), None)

    @property
    def in_several(self) -> bool:
        """Whether carriers have had more than one parcel of it, as far as anybody has told."""
        seen = {one.tracking_number for one in self.scans if moved([one])}
        return len(seen | {one.tracking_number or one.shown for one in self.handed_over}) > 1

    @property
    def claimed_as_lost(self) -> CarrierClaim | None:
        """The claim by which a parcel counts as lost; not while goods that came wait to be judged and paid."""
        found = (one for one in self.claims if one.counts_as_lost)
        return None if self.lost or self.ungraded or (self.receipts and not self.in_several) else next(found, None)


def with_handed_over(known: GoodsSoFar, proof: HandedOver, at: datetime) -> dict[str, object]:
    """What is known besides once the shopper has shown that the goods were handed over."""
    number = proof.tracking_number
    more = (number,) if number is not None and number not in known.tracking_numbers else ()
    return {
        "handed_over": (*known.handed_over, proof),
        "handed_over_at": known.handed_over_at or at,
        "parcels": (*known.parcels, *more),
    }
