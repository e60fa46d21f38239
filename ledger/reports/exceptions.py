"""What an auditor asks about: refunds that did not go the ordinary way. Told as far as the journal has the fact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Literal

from domain import ids
from domain.model import Model, UtcDatetime
from domain.override import Overridden, OverrideState
from domain.stores import Snapshots
from ledger import EntryKind, JournalEntry, Ledger
from ledger.covering import COVERING
from ledger.days import Days
from ledger.exports.rows import posted
from ledger.readable import amount, amounts, reference
from ledger.recall import case_so_far
from ledger.reconcile.breaks import MEANINGS
from ledger.reconcile.record import recorded

Why = Literal[
    "no_receipt",
    "over_limit",
    "override",
    "same_person",
    "repeat_customer",
    "overdue",
    "other_instrument",
    "made_elsewhere",
    "dispute_lost",
    "cleared",
    "covered",
    "not_reconciled",
]

TITLES: dict[Why, str] = {
    "no_receipt": "Refunds without a receipt of goods",
    "over_limit": "Approvals above the automatic limit",
    "override": "Decisions that a person made against the policy",
    "same_person": "Approved by somebody who asked for the return, or inspected its goods",
    "repeat_customer": "Customers with many returns",
    "overdue": "Refunds that were not made by the day on which they were due",
    "other_instrument": "Refunds to another instrument than was paid with",
    "made_elsewhere": "Refunds made outside, in the provider's dashboard or in the shop",
    "dispute_lost": "Lost disputes",
    "cleared": "Suspense that finance cleared",
    "covered": "Suspense that was covered by what a return was owed: its money had gone back elsewhere",
    "not_reconciled": "Breaks of the last reconciliation with the payment provider",
}

MANY = 3
"""Returns of one customer that make them a repeat customer, unless said otherwise."""

_REQUESTED = ("requested_by", "requester")


class Finding(Model):
    """One finding. `amounts` for people, `reference` the provider's id; of a repeat customer `who` is the customer's
    id and `detail` the returns."""

    why: Why
    seq: int
    at: UtcDatetime
    case: str
    order: str
    who: str
    amounts: str
    reference: str = ""
    detail: str = ""


class Findings(Model):
    """All findings of some days."""

    days: Days
    found: tuple[Finding, ...]


CustomerOf = Callable[[str], str]
"""An order's id to its customer's."""


def exceptions(
    ledger: Ledger, days: Days, entries: Iterable[JournalEntry], customer_of: CustomerOf, many: int = MANY
) -> tuple[Finding, ...]:
    """Find them among the entries of these days; a receipt or a request may be older."""
    # Findings, because they are small: a decision holds the whole quote.
    returns: dict[str, list[Finding]] = defaultdict(list)
    found: list[Finding] = []
    received: set[str] = set()
    reconciled: JournalEntry | None = None
    for entry in entries:
        if entry.kind is EntryKind.RECEIPT:
            received.add(entry.case)
        if not days.has(entry.at):
            continue
        if entry.kind is EntryKind.REFUND_SETTLED and entry.case not in received:
            found.append(_found("no_receipt", entry))
        found += _of_entry(ledger, entry)
        reconciled = entry if entry.kind is EntryKind.RECONCILED else reconciled
        if entry.kind is EntryKind.DECISION and (customer := customer_of(entry.order)):
            returns[customer].append(_found("repeat_customer", entry, who=customer))
    found += [*_repeated(returns, many), *(_breaks(reconciled) if reconciled else ())]
    order = list(TITLES)
    return tuple(sorted(found, key=lambda one: (order.index(one.why), one.seq)))


def _of_entry(ledger: Ledger, entry: JournalEntry) -> Iterator[Finding]:
    if entry.kind is EntryKind.APPROVAL:
        if "override" not in entry.reasons:
            yield _found("over_limit", entry)
        if entry.actor in _involved(ledger, entry):
            yield _found("same_person", entry)
    if entry.kind is EntryKind.OVERRIDE:
        yield _overridden(ledger, entry)
    if entry.kind is EntryKind.REFUND_OVERDUE:
        yield _found("overdue", entry, detail=", ".join((f"due {entry.facts['due']}", *entry.facts["cites"])))
    if entry.kind in (EntryKind.REFUND_ELSEWHERE, EntryKind.DISPUTE_LOST):
        why: Why = "made_elsewhere" if entry.kind is EntryKind.REFUND_ELSEWHERE else "dispute_lost"
        back = ledger.find(ids.reversed_key(entry.key))
        yield _found(why, entry, detail=f"came back on {back.at:%Y-%m-%d} (entry {back.seq})" if back else "")
    elif entry.kind is EntryKind.CLEARED:
        by_itself = entry.actor == COVERING
        to = f"{'by' if by_itself else 'to'} {entry.facts['account']}" if "account" in entry.facts else ""
        yield _found("covered" if by_itself else "cleared", entry, detail=", ".join(filter(None, (to, *entry.reasons))))
    elif others := [one for one in posted(entry) if one.credit.partition(":")[0] == "payout"]:
        yield _found("other_instrument", entry, detail=", ".join(dict.fromkeys(one.credit for one in others)))


def _overridden(ledger: Ledger, entry: JournalEntry) -> Finding:
    """One override: its lines, what was decided, what became of it, why; and what it cost, if it is in force."""
    made = Overridden.model_validate(entry.facts["override"])
    known = case_so_far(ledger.entries(case=entry.case))
    made = next((one for one in known.overrides if one.update_id == made.update_id), made)
    state = known.state_of(made)
    agreed = f" by the word of {made.agreed_by}, too" if made.agreed_by else ""
    cost = 0 if state is OverrideState.LAPSED else made.worth
    found = _found("override", entry, detail=f"{made.change}; {state}{agreed}; {made.reason.replace('_', ' ')}")
    return found.model_copy(update={"amounts": amount(cost, made.currency)})


def _involved(ledger: Ledger, approval: JournalEntry) -> Iterator[str]:
    """Who asked for what was approved, and who asked for the return or inspected its goods."""
    yield from (str(_inner(approval)[name]) for name in _REQUESTED if name in _inner(approval))
    for entry in ledger.entries(case=approval.case) if approval.case else ():
        for noun, name in (("request", "requested_by"), ("inspection", "inspected_by")):
            told = entry.facts.get(noun)
            if isinstance(told, Mapping) and name in told:
                yield str(told[name])


def _inner(approval: JournalEntry) -> Mapping[str, object]:
    """What was approved: a noun of its own among the facts, or the facts themselves."""
    told = approval.facts.get("approval")
    return told if isinstance(told, Mapping) else approval.facts


def _found(why: Why, entry: JournalEntry, detail: str = "", who: str = "") -> Finding:
    return Finding(
        why=why,
        seq=entry.seq,
        at=entry.at,
        case=entry.case,
        order=entry.order,
        who=who or entry.actor,
        amounts=_agreed(entry) or amounts(entry.transfers) or _named(_inner(entry)),
        reference=reference(entry) or _elsewhere(entry),
        detail=detail or ", ".join(entry.reasons),
    )


def _elsewhere(entry: JournalEntry) -> str:
    """A refund that was made elsewhere is recorded under the provider's id."""
    refund = entry.facts.get("refund")
    return str(refund.get("id", "")) if isinstance(refund, Mapping) else ""


def _agreed(entry: JournalEntry) -> str:
    """What was agreed to, which moves nothing by itself but units."""
    return _named(_inner(entry)) if entry.kind is EntryKind.APPROVAL else ""


def _named(facts: Mapping[str, object]) -> str:
    """An amount that was agreed to, where nothing moved."""
    minor, currency = facts.get("amount"), facts.get("currency")
    return amount(minor, currency) if isinstance(minor, int) and isinstance(currency, str) else ""


def _repeated(returns: Mapping[str, list[Finding]], many: int) -> Iterator[Finding]:
    for decided in returns.values():
        if len(decided) >= many:
            cases = ", ".join(one.case for one in decided)
            yield decided[-1].model_copy(update={"amounts": "", "detail": f"{len(decided)} returns: {cases}"})


def _breaks(entry: JournalEntry) -> Iterator[Finding]:
    for one in recorded(entry).breaks:
        yield Finding(
            why="not_reconciled",
            seq=entry.seq,
            at=one.at,
            case=one.case,
            order=one.order,
            who=entry.actor,
            amounts=amount(one.paid or one.booked, one.currency) if one.currency else "",
            reference=", ".join(one.refunds or one.movements),
            detail=f"{MEANINGS[one.kind].title}: {one.detail}",
        )


def customers(ledger: Ledger, snapshots: Snapshots) -> CustomerOf:
    """The customer's id of an order, from the snapshot that it was opened with; empty if there is none."""

    @lru_cache(maxsize=1000)
    def customer_of(order_id: str) -> str:
        opened = ledger.find(ids.order_key(order_id))
        if opened is None:
            return ""
        try:
            return snapshots.get(order_id, str(opened.facts["snapshot"])).order.customer_id
        except KeyError:
            return ""

    return customer_of
