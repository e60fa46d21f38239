"""The whole story of one return, as the journal tells it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from domain.approval import Approval
from domain.case import CaseSoFar
from domain.errors import Refused
from domain.model import Model, UtcDatetime
from domain.override import Overridden
from domain.policy import Decision
from domain.refund import RefundStatus
from domain.request import Basis
from ledger import EntryKind, JournalEntry, Ledger, TransferKind, accounts
from ledger.readable import amount, amounts, credit_note, reference
from ledger.recall import case_so_far

_LONGEST = 60
"""Characters of a fact that are told in a line; a signature is looked up in the entry itself."""

_TOLD_APART = (
    EntryKind.DECISION,
    EntryKind.OVERRIDE,
    EntryKind.LABEL,
    EntryKind.RECEIPT,
    EntryKind.INSPECTION,
    EntryKind.PLAN,
    EntryKind.REFUND_SUBMITTED,
    EntryKind.REFUND_SETTLED,
    EntryKind.REFUND_FAILED,
)
"""Of these the story tells the nouns themselves, so their entries need not tell what is inside of them."""


class Step(Model):
    """One entry; `detail` are its plain facts, `amounts` what its transfers move, `signed` what an approval is for."""

    seq: int
    at: UtcDatetime
    kind: str
    key: str
    detail: str
    actor: str
    reasons: tuple[str, ...]
    policy: str
    amounts: str
    reference: str
    credit_note: str = ""
    signed: str = ""


class Person(Model):
    """Who acted, and in which entries."""

    actor: str
    did: tuple[str, ...]


class Story(Model):
    """What is known of a return. `replaced` are sentences on what became of its plans, `withdrawn` whether the newest
    of them was; `open` are sentences on what waits for somebody."""

    case: str
    order: str
    requested_by: str
    policy: str
    known: CaseSoFar
    plans: int
    withdrawn: bool
    replaced: tuple[str, ...]
    people: tuple[Person, ...]
    overrides: tuple[str, ...]
    approvals: tuple[Step, ...]
    steps: tuple[Step, ...]
    open: tuple[str, ...]


def story(ledger: Ledger, case: str) -> Story:
    """Put it together. Raises Refused `not_found` for a return that the journal does not know."""
    entries = tuple(ledger.entries(case=case))
    if not (case and entries):  # entries about no return have an empty one
        raise Refused("not_found", f"The journal has no return {case}; `python -m ledger list` shows those it has.")
    plans = [one.key for one in entries if one.kind is EntryKind.PLAN]
    known = case_so_far(entries)
    entries = tuple(sorted((*entries, *_around(ledger, entries[0].order, plans)), key=lambda one: one.seq))
    gone = {key for one in entries for key in _withdrew(one)}
    steps = tuple(map(_step, entries))
    return Story(
        case=case,
        order=next(one.order for one in entries if one.case == case),
        requested_by=next((_requester(one) for one in entries if one.kind is EntryKind.DECISION), ""),
        policy=next((one.policy for one in entries if one.policy), ""),
        known=known,
        plans=len(plans),
        withdrawn=bool(plans) and plans[-1] in gone,
        replaced=tuple(sentence for one in entries for sentence in _replaced(one, plans)),
        people=tuple(_people(entries)),
        overrides=tuple(_overrides(entries, known)),
        approvals=tuple(one for one in steps if one.kind == EntryKind.APPROVAL.value),
        steps=steps,
        open=tuple(_open(ledger, case, known, entries)),
    )


def _around(ledger: Ledger, order: str, plans: Collection[str]) -> Iterator[JournalEntry]:
    """What happened to the order alone and withdrew a plan of this return."""
    for entry in ledger.entries(order=order) if order and plans else ():
        if not entry.case and set(plans) & set(_withdrew(entry)):
            yield entry


def _withdrew(entry: JournalEntry) -> tuple[str, ...]:
    return tuple(map(str, entry.facts.get("withdrawn", ())))


def _replaced(entry: JournalEntry, plans: Collection[str]) -> Iterator[str]:
    by = f"plan {_number(entry.key)}" if entry.kind is EntryKind.PLAN else entry.kind.value
    for key in _withdrew(entry):
        if key in plans:
            yield f"plan {_number(key)} was withdrawn by {by} (entry {entry.seq})"
    if "continues" in entry.facts:
        before = _number(str(entry.facts["continues"]))
        yield f"plan {before} keeps what was paid of it; its rest is {by} (entry {entry.seq})"


def _number(plan: str) -> str:
    return plan.rpartition(":")[2]


def _overrides(entries: Sequence[JournalEntry], known: CaseSoFar) -> Iterator[str]:
    """What a person decided otherwise: who and why, and what became of it; then each line before and after."""
    told = dict(zip((one.update_id for one in known.overrides), known.told_overrides, strict=True))
    for entry in entries:
        if entry.kind is EntryKind.OVERRIDE:
            yield f"entry {entry.seq}, {told[Overridden.model_validate(entry.facts['override']).update_id]}"
        if "before" in entry.facts and "decision" in entry.facts:
            yield from (f"  {one}" for one in _differences(entry))


def _differences(entry: JournalEntry) -> Iterator[str]:
    before, after = (Decision.model_validate(entry.facts[name]) for name in ("before", "decision"))
    for old, new in zip(before.lines, after.lines, strict=True):
        if old != new:
            by = f" (entry {entry.seq}, agreed by {entry.actor})" if entry.kind is EntryKind.APPROVAL else ""
            given = [one.text for one in new.terms.given if one.basis is Basis.GOODWILL] if new.terms else []
            terms = f": {', '.join(given)}" if given else ""
            yield f"line {old.line_id}: {old.verdict.value} -> {new.verdict.value}{terms}{by}"


def _requester(decision: JournalEntry) -> str:
    request = decision.facts.get("request")
    return str(request.get("requested_by", "")) if isinstance(request, Mapping) else ""


def _step(entry: JournalEntry) -> Step:
    return Step(
        seq=entry.seq,
        at=entry.at,
        kind=entry.kind.value,
        key=entry.key,
        detail=_detail(entry),
        actor=entry.actor,
        reasons=entry.reasons,
        policy=entry.policy,
        amounts=amounts(entry.transfers),
        reference=reference(entry),
        credit_note=credit_note(entry),
        signed=_signed(entry),
    )


def _signed(entry: JournalEntry) -> str:
    if entry.kind is not EntryKind.APPROVAL:
        return ""
    told = Approval.model_validate(entry.facts["approval"])
    of = f"for override {told.override}" if told.override else f"of plan {told.plan}"
    return f"{amount(told.amount, told.currency)} {of}"


def _detail(entry: JournalEntry) -> str:
    facts = entry.facts
    if entry.kind not in _TOLD_APART and "before" not in facts:
        inner = [one for one in facts.values() if isinstance(one, Mapping)]
        facts = {name: value for one in (facts, *inner) for name, value in one.items()}
    plain = {name: str(value) for name, value in facts.items() if isinstance(value, str | int)}
    told = [f"{name} {value}" for name, value in plain.items() if len(value) <= _LONGEST]
    return ", ".join([*told, *(f"withdrew {key}" for key in _withdrew(entry))])


def _people(entries: Sequence[JournalEntry]) -> Iterator[Person]:
    for actor in dict.fromkeys(entry.actor for entry in entries):
        yield Person(actor=actor, did=tuple(dict.fromkeys(one.kind.value for one in entries if one.actor == actor)))


def _open(ledger: Ledger, case: str, known: CaseSoFar, entries: Sequence[JournalEntry]) -> Iterator[str]:
    if known.outcome is None:
        yield "the return has not ended"
    for seq, one in ((entry.seq, one) for entry in entries for one in entry.transfers):
        if one.kind is TransferKind.PENDING and (left := ledger.pending_left(one.key)):
            yield f"{amount(left, one.commodity)} is reserved, {one.debit} -> {one.credit} (entry {seq})"
    for prefix in (accounts.owed(case), accounts.returning(case, "")):
        for stands in ledger.balances(prefix):
            # A prefix of R-1 is one of R-10 too.
            if stands.posted and (stands.account == prefix or prefix.endswith(":")):
                yield f"on {stands.account}: {amount(stands.posted, stands.commodity)}"
    waiting = (one for one in known.refunds if one.status is RefundStatus.PENDING)
    for refund in waiting:
        yield f"{amount(refund.amount, refund.currency)} was asked of {refund.payment}, and no answer is recorded"
