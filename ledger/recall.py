"""What the journal knows of one return, as the nouns that were recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.approval import Approval
from domain.case import CaseSoFar, Outcome
from domain.history import Happened
from domain.inspection import Inspection, Receipt
from domain.order import EarlierRefund
from domain.parcel import ReturnLabel, Scan
from domain.plan import RefundPlan
from domain.policy import Decision
from domain.refund import Refund, RefundIntention, RefundStatus
from ledger import EntryKind, JournalEntry


def case_so_far(entries: Iterable[JournalEntry]) -> CaseSoFar:
    """Fold the entries of one case, in order of seq."""
    known = CaseSoFar()
    for entry in entries:
        known = known.model_copy(update=_learned(known, entry))
    return known


def _learned(known: CaseSoFar, entry: JournalEntry) -> dict[str, Any]:  # pydantic's update takes any field's type
    facts = entry.facts
    match entry.kind:
        case EntryKind.DECISION:
            quote = RefundPlan.model_validate(facts["quote"]) if "quote" in facts else None
            return {"decision": Decision.model_validate(facts["decision"]), "quote": quote}
        case EntryKind.LABEL:
            return {"label": ReturnLabel.model_validate(facts["label"])}
        case EntryKind.SCAN:
            return {"scans": (*known.scans, Scan.model_validate(facts["scan"]))}
        case EntryKind.RECEIPT:
            receipt = Receipt.model_validate(facts["receipt"])
            return {
                "receipts": (*known.receipts, receipt),
                "inspect_until": datetime.fromisoformat(facts["inspect_until"]),
            }
        case EntryKind.INSPECTION:
            return {"inspection": Inspection.model_validate(facts["inspection"])}
        case EntryKind.PLAN:
            return {"plan": RefundPlan.model_validate(facts["plan"])}
        case EntryKind.APPROVAL:
            return {"approval": Approval.model_validate(facts["approval"])}
        case EntryKind.REFUND_SUBMITTED:
            return {"refunds": (*known.refunds, _undecided(entry))}
        case EntryKind.REFUND_SETTLED | EntryKind.REFUND_FAILED | EntryKind.REFUND_REVERSED if "refund" in facts:
            refund = Refund.model_validate(facts["refund"])
            return {"refunds": (*(one for one in known.refunds if one.key != refund.key), refund)}
        case EntryKind.REFUND_TRACED:
            arn = {"arn": facts["arn"]}
            found = (one.model_copy(update=arn if one.key == facts["intention"] else {}) for one in known.refunds)
            return {"refunds": tuple(found)}
        case EntryKind.RESTOCK:
            return {"restocked": facts["inspection"]}
        case EntryKind.CANCELLED:
            return {"cancelled": facts["reason"]}
        case EntryKind.CLOSED:
            return {"outcome": Outcome(facts["outcome"])}
        case _:
            return {}


def _undecided(entry: JournalEntry) -> Refund:
    """What was asked for and has no answer yet: the provider may have paid it."""
    asked = RefundIntention.model_validate(entry.facts["intention"])
    return Refund(
        key=asked.key,
        provider_id="",
        payment=asked.payment,
        amount=asked.amount,
        currency=asked.currency,
        status=RefundStatus.PENDING,
        updated_at=entry.at,
    )


def newest_snapshot(entries: Iterable[JournalEntry]) -> str:
    """The content hash of an order's newest snapshot, among the entries of that order; empty if it has none."""
    known = (EntryKind.ORDER_OPENED, EntryKind.ORDER_EDITED, EntryKind.DELIVERY)
    found = [str(one.facts["snapshot"]) for one in entries if one.kind in known]
    return found[-1] if found else ""


def happened(entries: Iterable[JournalEntry]) -> dict[str, Happened]:
    """What took money out of an order since it was opened, by the key of its entry, among the entries of that order:
    plans that stand, and refunds made elsewhere that were not undone."""
    found: dict[str, Happened] = {}
    for entry in entries:
        for key in entry.facts.get("withdrawn", ()):
            del found[key]
        match entry.kind:
            case EntryKind.PLAN:
                if entry.facts.get("continues") in found:
                    found |= _paid_alone(found, entry.facts["continues"], entry.facts["paid"])
                found[entry.key] = RefundPlan.model_validate(entry.facts["plan"])
            case EntryKind.REFUND_ELSEWHERE | EntryKind.DISPUTE_LOST:
                found[entry.key] = EarlierRefund.model_validate(entry.facts["refund"])
            case EntryKind.REFUND_REVERSED if "fact" in entry.facts:
                del found[entry.facts["fact"]]
    return found


def _paid_alone(found: Mapping[str, Happened], key: str, tenders: Sequence[str]) -> dict[str, Happened]:
    """A plan whose rest was planned anew keeps the legs that were paid, or may be."""
    plan = found[key]
    legs = tuple(leg for leg in plan.legs if leg.tender_id in tenders) if isinstance(plan, RefundPlan) else ()
    return {key: plan.model_copy(update={"legs": legs})}
