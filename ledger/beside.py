"""What the journal knows of a return off the straight way: paid before its goods, traded, claimed, come late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.carrier_claim import Answer, CarrierClaim, answered
from domain.case import CaseSoFar
from domain.collection import PaymentRequest
from domain.early import EarlyEnd, Settled
from domain.exchange import Sent, Swap
from domain.inspection import Receipt
from domain.late import Late
from domain.order import Tender
from domain.plan import RefundPlan
from domain.repair import Repair
from ledger import EntryKind, JournalEntry


def beside(known: CaseSoFar, entry: JournalEntry) -> dict[str, Any]:
    """What happened off the straight way, if the entry says so."""
    return _after_early(entry) or _unheard(known, entry)


def _without_sent_back(known: CaseSoFar, facts: Mapping[str, Any]) -> tuple[Receipt, ...]:
    """What the shopper got back did not come, and may come again."""
    back = facts["receipt"] if facts["how"] == Late.SEND_BACK else None
    return tuple(one for one in known.receipts if one.id != back)


def _unheard(known: CaseSoFar, entry: JournalEntry) -> dict[str, Any]:
    """What was claimed at the carrier, or answered by it, and what came late, if the entry says so."""
    facts = entry.facts
    match entry.kind:
        case EntryKind.CARRIER_CLAIM:
            return {"claims": (*known.claims, CarrierClaim.model_validate(facts["claim"]))}
        case EntryKind.LATE_RECEIPT:
            return {"receipts": (*known.receipts, Receipt.model_validate(facts["receipt"]))}
        case EntryKind.LATE_DECIDED:
            return {"receipts": _without_sent_back(known, facts)}
        case EntryKind.LATE_CREDIT:
            return {"late_credit": known.late_credit + facts["amount"]}
        case EntryKind.CARRIER_ANSWER:
            told = (facts["reference"], Answer(facts["answer"]), facts["paid"])
            return {"claims": answered(known.claims, *told)}
        case _:
            return {}


def _after_early(entry: JournalEntry) -> dict[str, Any]:
    """What became of a refund before its goods, if the entry says so."""
    match entry.kind:
        case EntryKind.NOT_EARLY:
            return {"not_early": entry.reasons[0]}
        case EntryKind.EARLY_END:
            return {"early_end": EarlyEnd.model_validate(entry.facts["end"])}
        case EntryKind.EARLY_SETTLED:
            return {"early_settled": Settled(entry.facts["how"])}
        case _:
            return {}


def traded(known: CaseSoFar, entry: JournalEntry) -> dict[str, Any]:
    """What goes out for what comes back, if the entry says anything of it."""
    facts = entry.facts
    match entry.kind:
        case EntryKind.PROMISED:
            quote = {"quote": RefundPlan.model_validate(facts["quote"])} if "quote" in facts else {}
            swaps = tuple(Swap.model_validate(one) for one in facts["swaps"])
            return {"promised": swaps, "to_pay": facts["to_pay"], **quote}
        case EntryKind.SET_ASIDE:
            return {"aside": (*known.aside, int(entry.key.rpartition(":")[2]))}
        case EntryKind.SET_FREE:
            freed = int(entry.key.rpartition(":")[2])
            return {"aside": tuple(one for one in known.aside if one != freed), "freed": (*known.freed, freed)}
        case EntryKind.PAYMENT_ASKED:
            until = datetime.fromisoformat(facts["until"])
            return {"payment_asked": PaymentRequest.model_validate(facts["request"]), "pay_until": until}
        case EntryKind.PAYMENT_CAME if entry.case:
            return {"collected": Tender.model_validate(facts["tender"])}
        case EntryKind.PAYMENT_ENDED:
            return {"unpaid": True}
        case EntryKind.REPAIR:
            return {"repair": Repair(facts["result"])}
        case EntryKind.SHIPPED:
            return {"sent": (*known.sent, Sent.model_validate(facts["sent"]))}
        case _:
            return {}
