"""Evidence: what the shopper is asked to show, what they show, and what follows where nothing comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from temporalio import activity

from activities.people import check_person, check_speaker
from domain import word_ids
from domain.case import CaseSoFar
from domain.errors import Refused
from domain.evidence import AskEvidence, Evidence, GiveEvidence, without_evidence
from domain.model import Id, Model, UtcDatetime
from domain.override import Overridden
from domain.plan import RefundPlan
from domain.policy import Decision, PublishedStatute, Verdict
from domain.quoted import quote_plan
from domain.stores import Notes, People, Policies, Snapshots
from domain.verbs import Verb
from ledger import EntryKind, Ledger, NewEntry
from ledger.deciding import decided
from ledger.moves import goods
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far

REMIND_DAYS = 2
"""So many days before the last one the shopper is reminded."""


class RecordAsked(Model):
    """The n-th request for evidence."""

    case: Id
    order_id: Id
    number: int
    said: AskEvidence
    now: UtcDatetime


class RecordGiven(Model):
    """What the shopper showed."""

    case: Id
    order_id: Id
    said: GiveEvidence
    now: UtcDatetime


class RecordMissed(Model):
    """The n-th request for evidence, whose time has passed."""

    case: Id
    order_id: Id
    number: int
    now: UtcDatetime


class Standing(Model):
    """How a return stands after something was said: what is in force of it."""

    decision: Decision
    quote: RefundPlan | None = None
    overrides: tuple[Overridden, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Evidences:
    """Each is one entry."""

    def __init__(
        self,
        people: People,
        ledger: Ledger,
        snapshots: Snapshots,
        policies: Policies,
        notes: Notes,
        statutes: tuple[PublishedStatute, ...] = (),
    ) -> None:
        """`statutes` is the law that the policies stand on."""
        self._people = people
        self._ledger = ledger
        self._snapshots = snapshots
        self._policies = policies
        self._notes = notes
        self._statutes = statutes

    @activity.defn(no_thread_cancel_exception=True)
    def ask_evidence(self, ask: RecordAsked) -> Standing:
        """Record what the shopper is asked to show, and until when by the policy that was promised.

        Raises Refused if whoever asks may not, or a line is not looked at by a person.
        """
        key = word_ids.wanted_key(ask.case, ask.number)
        if self._ledger.find(key) is None:
            check_person(self._people, ask.said.by, Verb.ASK_EVIDENCE)

        def told() -> NewEntry:
            decision = self._decision(ask.case)
            looked_at = {line.line_id for line in decision.lines if line.verdict is not Verdict.APPROVE}
            if wrong := [one.line_id for one in ask.said.wanted if one.line_id not in looked_at]:
                text = f"line {', '.join(wrong)} of return {ask.case} is not looked at by a person"
                raise Refused("not_in_review", f"{text}, so nothing has to be shown of it")
            until = ask.now + decision.days(decision.evidence_days)
            asked = Evidence(
                number=ask.number,
                by=ask.said.by,
                wanted=ask.said.wanted,
                at=ask.now,
                until=until,
                remind_at=_reminded(ask.now, until, decision.days(REMIND_DAYS)),
            )
            said = _facts(ask.said)
            return self._entry(key, EntryKind.EVIDENCE_WANTED, ask, ask.said.by, {"evidence": _facts(asked)}, said)

        decided(self._ledger, ask.order_id, told)
        return self._standing(ask.case)

    @activity.defn(no_thread_cancel_exception=True)
    def give_evidence(self, ask: RecordGiven) -> Standing:
        """Record what the shopper showed: which texts, not what is in them.

        Raises Refused if whoever says so may not, nothing was asked for, or no such text is stored.
        """
        key = word_ids.given_key(ask.case, ask.said.id)
        if self._ledger.find(key) is None:
            check_speaker(self._people, ask.said.by, Verb.GIVE_EVIDENCE)
            if not self._known(ask.case).evidence:
                raise Refused("nothing_wanted", f"nothing has to be shown for return {ask.case}")
            missing = [one for one in (*ask.said.notes, *ask.said.photos) if self._notes.get(one) is None]
            if missing:
                text = f"no text {', '.join(missing)} is stored; store it first and send the id that it gets"
                raise Refused("unknown_note", text)
        said = _facts(ask.said)
        self._ledger.append(self._entry(key, EntryKind.EVIDENCE_GIVEN, ask, ask.said.by, {"given": said}, said))
        return self._standing(ask.case)

    @activity.defn(no_thread_cancel_exception=True)
    def miss_evidence(self, ask: RecordMissed) -> Standing:
        """Record that nothing was shown in time, and what the policy makes of that; nothing if something was, after
        all. Units of a line that is declined stay with the customer."""
        key = word_ids.missed_key(ask.case, ask.number)
        wanted = next(one for one in self._known(ask.case).evidence if one.number == ask.number)
        if wanted.ended_at is None:
            decided(self._ledger, ask.order_id, lambda: self._missed(key, ask, wanted))
        return self._standing(ask.case)

    def _missed(self, key: str, ask: RecordMissed, wanted: Evidence) -> NewEntry:
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        entries = [one for one in books.entries if one.case == ask.case]
        before = self._decision(ask.case)
        after = without_evidence(before, wanted.wanted)
        facts: dict[str, object] = {"number": ask.number}
        gone: list[str] = []
        if after != before:
            still = {line.line_id for line in after.approved}
            gone = [line.line_id for line in before.approved if line.line_id not in still]
            quote = quote_plan(books.order, books.history(), after)
            facts |= {"decision": _facts(after), **({"quote": _facts(quote)} if quote else {})}
        entry = self._entry(key, EntryKind.EVIDENCE_MISSED, ask, "rule:policy", facts, {"number": ask.number})
        freed = goods.withheld(key, entries, gone, self._ledger.pending_left)
        return entry.model_copy(update={"policy": before.policy, "transfers": freed})

    def _entry(
        self,
        key: str,
        kind: EntryKind,
        ask: RecordAsked | RecordGiven | RecordMissed,
        actor: str,
        facts: Mapping[str, object],
        asked: Mapping[str, object],
    ) -> NewEntry:
        about = {"order": ask.order_id, "case": ask.case, "at": ask.now}
        return NewEntry.model_validate(
            {"key": key, "kind": kind, "actor": actor, "facts": facts, "asked": asked, **about}
        )

    def _known(self, case: str) -> CaseSoFar:
        return case_so_far(self._ledger.entries(case=case))

    def _decision(self, case: str) -> Decision:
        decision = self._known(case).decision
        if decision is None:
            raise Refused("not_decided", f"return {case} was never decided; start it first")
        return decision

    def _standing(self, case: str) -> Standing:
        return Standing.model_validate(self._known(case), from_attributes=True)


def _reminded(asked: UtcDatetime, until: UtcDatetime, before: timedelta) -> UtcDatetime | None:
    return until - before if until - before > asked else None


def _facts(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", exclude_none=True)
