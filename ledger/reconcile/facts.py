"""What the journal says of refunds, entry by entry: one side of a reconciliation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from domain import ids
from domain.model import Model, UtcDatetime
from domain.order import TenderKind
from domain.refund import PAID_BY_HAND, RefundIntention
from ledger import UNITS, EntryKind, JournalEntry


class What(StrEnum):
    """What an entry says of a refund."""

    SUBMITTED = "submitted"
    SETTLED = "settled"
    FAILED = "failed"
    REVERSED = "reversed"
    TRACED = "traced"
    ELSEWHERE = "elsewhere"
    BY_HAND = "by_hand"
    STOREFRONT = "storefront"


class RefundFact(Model):
    """One entry about a refund. `key` is our intention's, or `elsewhere:` and the provider's id; `refund` is the
    provider's id where the entry knows it. Amounts in minor units."""

    what: What
    key: str
    refund: str = ""
    case: str = ""
    order: str = ""
    payment: str = ""
    amount: int = 0
    currency: str = ""
    arn: str = ""
    at: UtcDatetime


_WORDS = {
    EntryKind.REFUND_SETTLED: What.SETTLED,
    EntryKind.REFUND_FAILED: What.FAILED,
    EntryKind.REFUND_REVERSED: What.REVERSED,
}


def refund_facts(entries: Iterable[JournalEntry]) -> Iterator[RefundFact]:
    """The facts about refunds among all entries, in order of seq; lost disputes are none.

    What goes another way than through the provider of cards is told once, when it was paid.
    """
    elsewhere: dict[str, RefundFact] = {}
    other_ways: set[str] = set()
    outside: dict[str, RefundFact] = {}  # by our keys: what others made, and paid a return of ours
    for entry in entries:
        told = entry.facts
        match entry.kind:
            case EntryKind.REFUND_SUBMITTED if _to(told["intention"]) is not TenderKind.CARD:
                other_ways.add(entry.key)
            case EntryKind.REFUND_SUBMITTED:
                yield _of(What.SUBMITTED, entry, told["intention"])
            case EntryKind.REFUND_SETTLED if PAID_BY_HAND in entry.reasons:
                yield _of(What.BY_HAND, entry, told["refund"])
            case EntryKind.REFUND_SETTLED if told["refund"]["key"] in other_ways:
                yield _of(What.STOREFRONT, entry, told["refund"])
            case EntryKind.REFUND_FAILED | EntryKind.REFUND_REVERSED if _key(told) in other_ways:
                continue
            case EntryKind.REFUND_REVERSED if "fact" in told:
                # Disputes that were won come back in the same way, and are not among the refunds.
                if made := elsewhere.pop(told["fact"], None):
                    yield made.model_copy(update={"what": What.REVERSED, "at": entry.at})
            case EntryKind.REFUND_SETTLED if "fact" in told:
                outside[_key(told)] = elsewhere[told["fact"]]
            case EntryKind.REFUND_REVERSED if made := outside.get(_key(told)):
                yield made.model_copy(update={"what": What.REVERSED, "at": entry.at})
            case EntryKind.REFUND_TRACED if made := outside.get(told["intention"]):
                yield made.model_copy(update={"what": What.TRACED, "arn": told["arn"], "at": entry.at})
            case EntryKind.REFUND_SETTLED | EntryKind.REFUND_FAILED | EntryKind.REFUND_REVERSED:
                yield _of(_WORDS[entry.kind], entry, told["refund"])
            case EntryKind.REFUND_TRACED:
                yield RefundFact(what=What.TRACED, key=told["intention"], arn=told["arn"], at=entry.at)
            case EntryKind.REFUND_ELSEWHERE:
                elsewhere[entry.key] = _elsewhere(entry, told["refund"])
                yield elsewhere[entry.key]


def _to(intention: Mapping[str, Any]) -> TenderKind:
    """What the money goes to: only cards are paid by the provider that is reconciled."""
    return RefundIntention.model_validate(intention).to


def _key(told: Mapping[str, Any]) -> str:
    return str(told["refund"]["key"]) if "refund" in told else ""


def _of(what: What, entry: JournalEntry, told: Mapping[str, Any]) -> RefundFact:
    return RefundFact(
        what=what,
        key=told["key"],
        refund=told.get("provider_id", ""),
        case=entry.case,
        order=entry.order,
        payment=told["payment"],
        amount=told["amount"],
        currency=told["currency"],
        arn=told.get("arn", ""),
        at=entry.at,
    )


def _elsewhere(entry: JournalEntry, told: Mapping[str, Any]) -> RefundFact:
    money: Mapping[str, int] = told["money"]
    return RefundFact(
        what=What.ELSEWHERE,
        key=ids.elsewhere_key(told["id"]),
        refund=told["id"],
        order=entry.order,
        payment=next(iter(money), ""),
        amount=sum(money.values()),
        currency=next((one.commodity for one in entry.transfers if one.commodity != UNITS), ""),
        at=entry.at,
    )
