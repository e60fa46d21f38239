"""What the journal knows of one return's goods: their way back, and what was seen of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.case import CaseSoFar
from domain.case_goods import with_handed_over
from domain.finding import FindingSettled, Found
from domain.inspection import Inspection, Receipt
from domain.offer import Answer, Answered, SentBack
from domain.parcel import HandedOver, NewLabel, ReturnLabel, Scan
from domain.serials import Discrepancy
from ledger import EntryKind, JournalEntry


def way_back(known: CaseSoFar, entry: JournalEntry) -> dict[str, Any]:
    """What an entry says of the way back, if it says anything of it."""
    facts = entry.facts
    match entry.kind:
        case EntryKind.LABEL:
            return _labelled(known, ReturnLabel.model_validate(facts["label"]))
        case EntryKind.LABEL_VOIDED:
            of_last = known.label is not None and known.label.tracking_number == facts["tracking_number"]
            return {"label_void": facts["answer"]} if of_last else {}
        case EntryKind.NEW_LABEL:
            return {"new_label": NewLabel.model_validate(facts["wanted"])}
        case EntryKind.HANDED_OVER:
            return with_handed_over(known, HandedOver.model_validate(facts["proof"]), entry.at)
        case EntryKind.SCAN:
            return {"scans": (*known.scans, Scan.model_validate(facts["scan"]))}
        case EntryKind.PARCEL:
            return {"parcels": (*known.parcels, facts["tracking_number"])}
        case EntryKind.KEPT:
            return {"kept": entry.actor, "inspection": Inspection.model_validate(facts["inspection"])}
        case EntryKind.REFUND_OVERDUE:
            return {"refund_overdue": datetime.fromisoformat(facts["due"])}
        case _:
            return {}


def _labelled(known: CaseSoFar, label: ReturnLabel) -> dict[str, Any]:
    old = (known.label,) if known.label is not None else ()
    return {"label": label, "old_labels": (*known.old_labels, *old), "label_void": ""}


def looked_at(known: CaseSoFar, entry: JournalEntry) -> dict[str, Any]:
    """What came, was found, inspected, said instead of that, or said of an offer, if the entry says so."""
    facts = entry.facts
    match entry.kind:
        case EntryKind.RECEIPT:
            receipt = Receipt.model_validate(facts["receipt"])
            return {
                "receipts": (*known.receipts, receipt),
                "arrived_at": known.arrived_at or entry.at,
                "inspect_until": datetime.fromisoformat(facts["inspect_until"]),
                "discrepancies": discrepancies(known, facts),
            }
        case EntryKind.LOST:
            before = {} if known.inspection is None else known.next_part  # another parcel came, and was paid
            return {**before, "lost": entry.actor, "inspection": Inspection.model_validate(facts["inspection"])}
        case EntryKind.OFFER_ANSWERED:
            said = Answered.model_validate(facts["answered"])
            plan = {"plan": None} if said.answer is Answer.SEND_BACK else {}
            return {"answers": (*known.answers, said), **plan}
        case EntryKind.INSPECTION:
            inspection = Inspection.model_validate(facts["inspection"])
            # One more after the first is of a part that came later, when the one before was paid and put away.
            before = {} if known.inspection is None or known.uninspected else known.next_part
            seen = "graded" if known.uninspected else "inspection"
            found = discrepancies(known, facts)
            return {**before, seen: inspection, "judged_boxes": known.boxes, "discrepancies": found}
        case EntryKind.FINDING:
            return {"findings": (*known.findings, Found.model_validate(facts["found"]))}
        case EntryKind.FINDING_SETTLED:
            return {"settled": (*known.settled, FindingSettled.model_validate(facts["settled"]))}
        case EntryKind.UNINSPECTED:
            presumed = Inspection.model_validate(facts["inspection"])
            return {"uninspected": True, "inspection": presumed, "judged_boxes": known.boxes}
        case EntryKind.SENT_BACK:
            return {"sent_back": SentBack.model_validate(facts["sent_back"])}
        case _:
            return {}


def discrepancies(known: CaseSoFar, facts: Mapping[str, Any]) -> tuple[Discrepancy, ...]:
    """All that are known after an entry with these facts."""
    return known.with_discrepancies(Discrepancy.model_validate(one) for one in facts.get("discrepancies", ()))
