"""Events are read off the journal: each entry tells none, one or two, always the same ones under the same ids.

They hold what the journal holds, so no personal data, and of that only ids, codes, quantities and amounts.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from domain.event import Endpoint, Event, EventData, EventLine, EventType, OutgoingRow, event_schema
from domain.finding import Finding, Found
from domain.inspection import Inspection, Receipt
from domain.order import EarlierRefund
from domain.parcel import ReturnLabel, Scan
from domain.plan import RefundPlan
from domain.policy import Decision
from domain.policy.judgement import Verdict
from domain.refund import Refund, RefundIntention
from ledger import EntryKind, JournalEntry

_log = logging.getLogger(__name__)

TYPES: Mapping[EntryKind, EventType] = MappingProxyType(
    {
        EntryKind.LABEL: EventType.LABEL_ISSUED,
        EntryKind.LABEL_VOIDED: EventType.LABEL_VOIDED,
        EntryKind.SCAN: EventType.PARCEL_SCANNED,
        EntryKind.RECEIPT: EventType.RETURN_RECEIVED,
        EntryKind.INSPECTION: EventType.RETURN_INSPECTED,
        EntryKind.REGRADED: EventType.RETURN_INSPECTED,
        EntryKind.RESTOCK: EventType.RETURN_RESTOCKED,
        EntryKind.PLAN: EventType.REFUND_PLANNED,
        EntryKind.REFUND_SUBMITTED: EventType.REFUND_SUBMITTED,
        EntryKind.REFUND_SETTLED: EventType.REFUND_SUCCEEDED,
        EntryKind.REFUND_FAILED: EventType.REFUND_FAILED,
        EntryKind.REFUND_REVERSED: EventType.REFUND_REVERSED,
        EntryKind.REFUND_TRACED: EventType.REFUND_TRACED,
        EntryKind.REFUND_ELSEWHERE: EventType.REFUND_ELSEWHERE,
        EntryKind.DISPUTE_OPENED: EventType.DISPUTE_OPENED,
        EntryKind.DISPUTE_WON: EventType.DISPUTE_WON,
        EntryKind.DISPUTE_LOST: EventType.DISPUTE_LOST,
        EntryKind.FINDING: EventType.RETURN_FINDING,
        EntryKind.FINDING_SETTLED: EventType.RETURN_FINDING_SETTLED,
        EntryKind.OFFER_ANSWERED: EventType.RETURN_OFFER_ANSWERED,
        EntryKind.SENT_BACK: EventType.RETURN_SENT_BACK,
        EntryKind.CANCELLED: EventType.RETURN_CANCELLED,
        EntryKind.EXPIRED: EventType.RETURN_EXPIRED,
        EntryKind.CLOSED: EventType.RETURN_CLOSED,
        EntryKind.ERASED: EventType.CUSTOMER_ERASED,
    }
)
"""What an entry of a kind tells; what decisions tell hangs on their verdict."""

DECIDING = (
    EntryKind.DECISION,
    EntryKind.EDITED,
    EntryKind.EVIDENCE_MISSED,
    EntryKind.OVERRIDE,
    EntryKind.APPROVAL,
)

UNTOLD = (
    # The shop's own word, and what concerns no return.
    EntryKind.ORDER_OPENED,
    EntryKind.ORDER_EDITED,
    EntryKind.DELIVERY,
    EntryKind.POLICY_PUBLISHED,
    EntryKind.PERSON,
    # Between us and the provider, the shopper or finance; what comes of it is told.
    EntryKind.REFUND_UNANSWERED,
    EntryKind.CONSENT,
    EntryKind.CHOICE,
    EntryKind.FORCE_CLOSED,
    EntryKind.LOST,
    EntryKind.UNINSPECTED,
    EntryKind.EXPOSURE,
    EntryKind.NOT_EARLY,
    EntryKind.EARLY_END,
    EntryKind.EARLY_SETTLED,
    EntryKind.LATE_RECEIPT,
    EntryKind.LATE_DECIDED,
    EntryKind.LATE_CREDIT,
    EntryKind.CARRIER_CLAIM,
    EntryKind.CARRIER_ANSWER,
    EntryKind.EVIDENCE_WANTED,
    EntryKind.EVIDENCE_GIVEN,
    EntryKind.OVERRIDE_LAPSED,
    EntryKind.EXTENDED,
    EntryKind.NOT_UNDONE,
    EntryKind.KEPT,
    EntryKind.REFUND_OVERDUE,
    EntryKind.NOTICE,
    EntryKind.LATE_PAYMENT,
    EntryKind.CREDIT_ASKED_BACK,
    EntryKind.CREDIT_TAKEN_BACK,
    EntryKind.GOODWILL,
    EntryKind.CLEARED,
    EntryKind.RECONCILED,
    EntryKind.NOTICE_AGAIN,
    EntryKind.NOTICE_RESENT,
    EntryKind.NOTICE_FAILED,
    # Of the house alone.
    EntryKind.DISPUTE_TOLD,
    EntryKind.PARCEL,
    EntryKind.NEW_LABEL,
    EntryKind.HANDED_OVER,
    EntryKind.ASSIGNED,
    EntryKind.COUNT_CORRECTED,
    EntryKind.BOX_FOUND,
    EntryKind.BOX_MATCHED,
    EntryKind.BOX_ENDED,
    EntryKind.SET_ASIDE,
    EntryKind.SET_FREE,
    EntryKind.PROMISED,
    EntryKind.PAYMENT_ASKED,
    EntryKind.PAYMENT_CAME,
    EntryKind.PAYMENT_ENDED,
    EntryKind.REPAIR,
    EntryKind.SHIPPED,
)
"""Kinds that nobody outside is told of."""

_VERDICTS = MappingProxyType(
    {
        Verdict.APPROVE: EventType.RETURN_APPROVED,
        Verdict.REVIEW: EventType.RETURN_IN_REVIEW,
        Verdict.DECLINE: EventType.RETURN_DECLINED,
    }
)


def events_of(entry: JournalEntry) -> tuple[Event, ...]:
    """The events of one entry, in order."""
    told = _decided(entry) if entry.kind in DECIDING else _one(entry)
    # The hash makes the id one of this journal's: another deployment, or one begun anew, has no such events.
    ids = (f"evt_{entry.seq}_{entry.hash[:12]}{f'_{number}' if number > 1 else ''}" for number in (1, 2))
    about = {"case": entry.case or None, "order": entry.order or None}
    return tuple(
        Event(
            id=id,
            type=type,
            timestamp=entry.at,
            sequence=entry.seq,
            data=EventData.model_validate(
                {**about, **{name: one for name, one in data.items() if one not in ("", ())}}
            ),
        )
        for id, (type, data) in zip(ids, told, strict=False)
    )


def waiting(entry: JournalEntry, endpoint: Endpoint) -> list[OutgoingRow]:
    """What of an entry waits for an endpoint. One that this program cannot read waits unread, so that it holds up its
    own return and no other, until a program that can takes its place."""
    try:
        return OutgoingRow.of(events_of(entry), endpoint)
    except Exception:
        _log.exception("entry %d of the journal cannot be told", entry.seq)
        subject = entry.case or f"order:{entry.order}"
        return [OutgoingRow(subject=subject, seq=entry.seq, part=1, id=f"evt_{entry.seq}", body="")]


Data = dict[str, Any]
"""Fields of EventData."""
Told = tuple[EventType, Data]


def _one(entry: JournalEntry) -> Iterable[Told]:
    type = TYPES.get(entry.kind)
    if entry.kind is EntryKind.LABEL and not ReturnLabel.model_validate(entry.facts["label"]).ours:
        return ()  # the way back needs none, so none was bought
    return () if type is None else ((type, _about_goods(entry) or _about_money(entry)),)


def _about_goods(entry: JournalEntry) -> Data:
    """What a fact about the way of the goods tells."""
    facts = entry.facts
    match entry.kind:
        case EntryKind.LABEL:
            label = ReturnLabel.model_validate(facts["label"])
            return {"tracking_number": label.tracking_number, "carrier": label.carrier}
        case EntryKind.LABEL_VOIDED:
            return {"tracking_number": facts["tracking_number"]}
        case EntryKind.SCAN:
            scan = Scan.model_validate(facts["scan"])
            return {"tracking_number": scan.tracking_number, "status": scan.status.value}
        case EntryKind.RECEIPT:
            lines = Receipt.model_validate(facts["receipt"]).lines
            return {"lines": tuple(EventLine(line_id=one.line_id, quantity=one.quantity) for one in lines)}
        case EntryKind.INSPECTION | EntryKind.REGRADED:
            return {"lines": _graded(Inspection.model_validate(facts["inspection"]))}
        case EntryKind.FINDING:
            return _of_finding(Found.model_validate(facts["found"]).finding)
        case EntryKind.FINDING_SETTLED:
            return {
                "reason": facts["settled"]["ending"],
                "tracking_number": facts["settled"].get("tracking_number", ""),
            }
        case EntryKind.OFFER_ANSWERED:
            return {"plan": facts["answered"]["plan"], "reason": facts["answered"]["answer"]}
        case EntryKind.SENT_BACK:
            return {name: facts["sent_back"][name] for name in ("tracking_number", "carrier")}
        case EntryKind.CANCELLED:
            return {"reason": facts["reason"]}
        case EntryKind.CLOSED:
            return {"outcome": facts["outcome"]}
        case EntryKind.ERASED:
            return {"customer": facts["customer"]}
    return {}


def _graded(inspection: Inspection) -> tuple[EventLine, ...]:
    return tuple(
        EventLine(line_id=one.line_id, quantity=one.quantity, grade=one.grade.value, disposition=one.disposition.value)
        for one in inspection.lines
    )


def _of_finding(finding: Finding) -> Data:
    lines: tuple[EventLine, ...] = ()
    if finding.line_id is not None and finding.quantity is not None:
        lines = (EventLine(line_id=finding.line_id, quantity=finding.quantity),)
    return {"reason": finding.code.value, "lines": lines}


def _about_money(entry: JournalEntry) -> Data:
    """What a fact about money that has moved, or should, tells."""
    facts = entry.facts
    match entry.kind:
        case EntryKind.PLAN:
            plan = RefundPlan.model_validate(facts["plan"])
            return {"plan": plan.number, "amount": plan.total, "currency": plan.currency}
        case EntryKind.REFUND_SUBMITTED:
            asked = RefundIntention.model_validate(facts["intention"])
            whole = {"plan": asked.plan, "to": asked.to.value, "currency": asked.currency}
            return {"refund": asked.key, "payment": asked.payment, "amount": asked.amount, **whole}
        case EntryKind.REFUND_SETTLED | EntryKind.REFUND_FAILED | EntryKind.REFUND_REVERSED if "refund" in facts:
            made = Refund.model_validate(facts["refund"])
            whole = {"payment": made.payment, "amount": made.amount, "currency": made.currency, "reason": made.reason}
            return {"refund": made.key, "provider_id": made.provider_id, "to": made.instead, **whole}
        case EntryKind.REFUND_REVERSED:
            return {"refund": facts["fact"]}
        case EntryKind.REFUND_TRACED:
            return {"refund": facts["intention"], "provider_id": facts["provider_id"], "arn": facts["arn"]}
        case EntryKind.REFUND_ELSEWHERE:
            return {"provider_id": facts["refund"]["id"], **_outside(entry)}
        case EntryKind.DISPUTE_OPENED:
            return {name: facts["dispute"][name] for name in ("dispute", "payment", "amount", "currency", "reason")}
        case EntryKind.DISPUTE_WON:
            return {"dispute": facts["dispute"], "payment": facts["payment"]}
        case EntryKind.DISPUTE_LOST:
            return {"dispute": facts["refund"]["id"], **_outside(entry)}
    return {}


def _outside(entry: JournalEntry) -> Data:
    """Money that went another way, and the one payment it was of, if there is only one."""
    made = EarlierRefund.model_validate(entry.facts["refund"])
    sides = [(side, one.commodity) for one in entry.transfers for side in (one.debit, one.credit)]
    currency = next((commodity for side, commodity in sides if side.startswith("tender:")), "")
    return {
        "amount": made.total,
        "currency": currency,
        "payment": next(iter(made.money)) if len(made.money) == 1 else "",
    }


def _decided(entry: JournalEntry) -> Iterable[Told]:
    if "decision" in entry.facts:
        decision = Decision.model_validate(entry.facts["decision"])
        lines = [
            EventLine(line_id=one.line_id, quantity=one.quantity, verdict=one.verdict.value, reason=one.reason.value)
            for one in decision.lines
        ]
        verdict: Told = (_VERDICTS[decision.verdict], {"lines": tuple(lines)})
        if entry.kind is not EntryKind.DECISION:
            return (verdict,)
        asked = tuple(one.model_copy(update={"verdict": None}) for one in lines)
        return ((EventType.RETURN_OPENED, {"lines": asked}), verdict)
    if entry.kind is EntryKind.APPROVAL and (agreed := entry.facts["approval"])["plan"]:
        data = {name: agreed[name] for name in ("plan", "amount", "currency")}
        return ((EventType.REFUND_APPROVED, data),)
    return ()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(event_schema(), indent=2, ensure_ascii=False) + "\n")
