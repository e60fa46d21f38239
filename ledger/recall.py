"""What the journal knows of one return, as the nouns that were recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from domain.approval import Approval
from domain.case import Assigned, CaseSoFar, Outcome
from domain.choice import Chosen
from domain.consent import Consent
from domain.early import EarlyRefund
from domain.evidence import Evidence, GiveEvidence
from domain.history import Happened
from domain.inspection import Inspection, Receipt
from domain.mending import CorrectCount, Deadline
from domain.order import EarlierRefund
from domain.override import Overridden
from domain.plan import RefundPlan
from domain.policy import Decision
from domain.refund import Refund, RefundIntention, RefundStatus
from domain.request import ReturnRequest
from ledger import EntryKind, JournalEntry
from ledger.beside import beside, traded
from ledger.recall_goods import discrepancies, looked_at, way_back


def case_so_far(entries: Iterable[JournalEntry]) -> CaseSoFar:
    """Fold the entries of one case, in order of seq."""
    known = CaseSoFar()
    for entry in entries:
        known = known.model_copy(update=_learned(known, entry))
    return known


def _learned(known: CaseSoFar, entry: JournalEntry) -> dict[str, Any]:  # pydantic's update takes any field's type
    facts = entry.facts
    match entry.kind:
        case _ if entry.kind in _JUDGING:
            return _judged(known, entry)
        case EntryKind.PLAN:
            return _planned(facts)
        case EntryKind.APPROVAL:
            approval = Approval.model_validate(facts["approval"])
            return _agreed(known, approval, facts) if approval.override else {"approval": approval}
        case EntryKind.ASSIGNED:
            return {"assigned": (*known.assigned, Assigned.model_validate(facts["assigned"]))}
        case EntryKind.NOTICE_AGAIN:
            return {"sent_again": (*known.sent_again, facts["notice"])}
        case EntryKind.CONSENT:
            return {"consents": (*known.consents, Consent.model_validate(facts["consent"]))}
        case EntryKind.RESTOCK:
            return {"restocked": facts["inspection"]}
        case _:
            return (
                way_back(known, entry)
                or _ended(entry)
                or traded(known, entry)
                or looked_at(known, entry)
                or beside(known, entry)
                or {"refunds": _refunds(known.refunds, entry)}
            )


def _planned(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A plan, and on which trust it stands if it was made before the goods were judged."""
    early = {"early": EarlyRefund.model_validate(facts["early"])} if "early" in facts else {}
    return {"plan": RefundPlan.model_validate(facts["plan"]), **early}


_JUDGING = (
    EntryKind.DECISION,
    EntryKind.EDITED,
    EntryKind.CHOICE,
    EntryKind.OVERRIDE,
    EntryKind.OVERRIDE_LAPSED,
    EntryKind.EVIDENCE_WANTED,
    EntryKind.EVIDENCE_GIVEN,
    EntryKind.EVIDENCE_MISSED,
    EntryKind.COUNT_CORRECTED,
    EntryKind.REGRADED,
    EntryKind.EXTENDED,
)


def _judged(known: CaseSoFar, entry: JournalEntry) -> dict[str, Any]:
    """What was decided and said of it by people."""
    facts = entry.facts
    match entry.kind:
        case EntryKind.DECISION:
            return {**_decided(facts), **_asked(facts)}
        case EntryKind.EDITED:
            return {**_decided(facts), **_asked(facts), "edits": (*known.edits, facts["edit"])}
        case EntryKind.CHOICE:
            return {**_decided(facts), "choices": (*known.choices, Chosen.model_validate(facts["choice"]))}
        case EntryKind.OVERRIDE_LAPSED:
            lapsed = {"lapsed_at": entry.at}
            return {"overrides": _each(known.overrides, facts["override"], lapsed)}
        case EntryKind.OVERRIDE:
            return {**_decided(facts), "overrides": (*known.overrides, Overridden.model_validate(facts["override"]))}
        case EntryKind.EVIDENCE_WANTED | EntryKind.EVIDENCE_GIVEN | EntryKind.EVIDENCE_MISSED:
            return {**_decided(facts), "evidence": _shown(known.evidence, entry)}
        case _:
            return _mended(known, entry)


def _mended(known: CaseSoFar, entry: JournalEntry) -> dict[str, Any]:
    """What staff has mended."""
    facts = entry.facts
    if entry.kind is EntryKind.EXTENDED:
        return _extended(known, Deadline(facts["deadline"]), facts)
    mended = {"corrections": known.corrections + 1}
    if entry.kind is EntryKind.REGRADED:
        return {**mended, "inspection": Inspection.model_validate(facts["inspection"])}
    lines = Receipt.model_validate(facts["receipt"]).lines if "receipt" in facts else ()
    counted = known.counted_anew(CorrectCount(by=entry.actor, receipt=facts["box"], lines=lines))
    until = known.inspect_until if counted["receipts"] else None
    return {**mended, **counted, "inspect_until": until, "discrepancies": discrepancies(known, facts)}


def _extended(known: CaseSoFar, deadline: Deadline, facts: Mapping[str, Any]) -> dict[str, Any]:
    until = datetime.fromisoformat(facts["until"])
    match deadline:
        case Deadline.SEND_BACK:
            last = {"send_back_until": until, "send_back_day": date.fromisoformat(facts["day"])}
            decision = known.decision and known.decision.model_copy(update=last)
            return {"decision": decision, "longer": known.longer + 1}
        case Deadline.REVIEW:
            return {"look_until": until}
        case Deadline.INSPECTION:
            return {"inspect_until": until}
        case Deadline.EVIDENCE:
            *others, last_one = known.evidence
            return {"evidence": (*others, last_one.model_copy(update={"until": until}))}


def _ended(entry: JournalEntry) -> dict[str, Any]:
    """How it ends, or ended, if the entry says so."""
    match entry.kind:
        case EntryKind.CANCELLED:
            return {"cancelled": entry.facts["reason"]}
        case EntryKind.EXPIRED:
            return {"expired": True}
        case EntryKind.FORCE_CLOSED:
            return {"force_closed": entry.actor}
        case EntryKind.CLOSED:
            return {"outcome": Outcome(entry.facts["outcome"])}
        case _:
            return {}


def _refunds(known: tuple[Refund, ...], entry: JournalEntry) -> tuple[Refund, ...]:
    """What became of the money, after an entry that may say something of it."""
    facts = entry.facts
    match entry.kind:
        case EntryKind.REFUND_SUBMITTED:
            return (*known, _undecided(entry))
        case EntryKind.REFUND_SETTLED | EntryKind.REFUND_FAILED | EntryKind.REFUND_REVERSED if "refund" in facts:
            refund = Refund.model_validate(facts["refund"])
            return (*(one for one in known if one.key != refund.key), refund)
        case EntryKind.REFUND_TRACED:
            arn = {"arn": facts["arn"]}
            return tuple(one.model_copy(update=arn if one.key == facts["intention"] else {}) for one in known)
        case _:
            return known


def _decided(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The decision that is in force from an entry on, if there is one in it."""
    if "decision" not in facts:
        return {}
    quote = RefundPlan.model_validate(facts["quote"]) if "quote" in facts else None
    return {"decision": Decision.model_validate(facts["decision"]), "quote": quote}


def _shown(known: tuple[Evidence, ...], entry: JournalEntry) -> tuple[Evidence, ...]:
    """What the shopper was asked to show, after an entry about that; what is shown belongs to the last request."""
    if entry.kind is EntryKind.EVIDENCE_WANTED:
        return (*known, Evidence.model_validate(entry.facts["evidence"]))
    *others, last = known
    given = (GiveEvidence.model_validate(entry.facts["given"]),) if "given" in entry.facts else ()
    ended = {"given": (*last.given, *given), "ended_at": last.ended_at or entry.at}
    return (*others, last.model_copy(update=ended))


def _agreed(known: CaseSoFar, approval: Approval, facts: Mapping[str, Any]) -> dict[str, Any]:
    """An override counts, because a second person has agreed."""
    agreed = {"agreed_by": approval.by}
    return {**_decided(facts), "overrides": _each(known.overrides, approval.override or "", agreed)}


def _each(overrides: tuple[Overridden, ...], override: str, update: Mapping[str, Any]) -> tuple[Overridden, ...]:
    """All overrides, with what became of one of them."""
    return tuple(one.model_copy(update=update) if one.update_id == override else one for one in overrides)


def _asked(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"asked": ReturnRequest.model_validate(facts["request"])} if "request" in facts else {}


def _undecided(entry: JournalEntry) -> Refund:
    """What was asked for and has no answer yet: the provider may have paid it."""
    return RefundIntention.model_validate(entry.facts["intention"]).refund(RefundStatus.PENDING, entry.at)


def newest_snapshot(entries: Iterable[JournalEntry]) -> str:
    """The content hash of an order's newest snapshot, among the entries of that order; empty if it has none."""
    told = newest_told(entries)
    return str(told.facts["snapshot"]) if told else ""


def newest_told(entries: Iterable[JournalEntry]) -> JournalEntry | None:
    """The entry by which an order was last told, among the entries of that order; None if it was never touched."""
    known = (EntryKind.ORDER_OPENED, EntryKind.ORDER_EDITED, EntryKind.DELIVERY)
    return next(reversed([one for one in entries if one.kind in known]), None)


def happened(entries: Iterable[JournalEntry]) -> dict[str, Happened]:
    """What took money out of an order since it was opened, by the key of its entry, among the entries of that order:
    plans that stand, and refunds made elsewhere that were not undone and paid no return."""
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
            case EntryKind.REFUND_REVERSED | EntryKind.REFUND_SETTLED if "fact" in entry.facts:
                del found[entry.facts["fact"]]
    return found


def _paid_alone(found: Mapping[str, Happened], key: str, tenders: Sequence[str]) -> dict[str, Happened]:
    """A plan whose rest was planned anew keeps the legs that were paid, or may be."""
    plan = found[key]
    legs = tuple(leg for leg in plan.legs if leg.tender_id in tenders) if isinstance(plan, RefundPlan) else ()
    return {key: plan.model_copy(update={"legs": legs})}
