"""What staff mends: a count, grades, and how long somebody has. And what lapses because nobody agreed to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from temporalio import activity

from activities.decisions.editing import Edits
from activities.decisions.evidence import Standing
from activities.people import check_person
from domain import word_ids
from domain.case import CaseSoFar
from domain.errors import Refused
from domain.evidence import Evidence
from domain.inspection import Inspection, Receipt, asked, units
from domain.mending import CorrectCount, Deadline, Extend, Regrade, corrected, regraded
from domain.model import Id, Model, UtcDatetime
from domain.parts import may_grade_anew, under_way
from domain.policy import Decision
from domain.policy.calendar import end_of, local_day
from domain.serials import Discrepancy
from domain.verbs import Verb
from ledger import EntryKind, NewEntry, serials
from ledger.deciding import decided
from ledger.moves import goods
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far

LONGEST = timedelta(days=365)
"""Nobody gets more time than that from now on."""

Number = Annotated[int, Field(strict=True, ge=1)]


class RecordCount(Model):
    """The n-th correction of a receipt."""

    case: Id
    order_id: Id
    number: Number
    said: CorrectCount
    now: UtcDatetime


class Counted(Model):
    """All receipts as they stand now, and until when they are to be inspected."""

    receipts: tuple[Receipt, ...] = ()
    inspect_until: UtcDatetime | None = None
    discrepancies: tuple[Discrepancy, ...] = ()


class RecordRegraded(Model):
    """The n-th correction of the grades."""

    case: Id
    order_id: Id
    number: Number
    said: Regrade
    now: UtcDatetime


class RecordExtended(Model):
    """More time."""

    case: Id
    order_id: Id
    said: Extend
    now: UtcDatetime


class Extended(Standing):
    """Until when everybody has time now."""

    inspect_until: UtcDatetime | None = None
    look_until: UtcDatetime | None = None
    longer: int = 0


class RecordLapsed(Model):
    """An override to which nobody agreed in time, by the id that was signed."""

    case: Id
    order_id: Id
    override: Id
    now: UtcDatetime


class WordActivities(Edits):
    """All that is said about an open return besides the steps of its story."""

    @activity.defn(no_thread_cancel_exception=True)
    def correct_count(self, ask: RecordCount) -> Counted:
        """Record what was in a box instead of what was counted first; units that were never there are the customer's.

        Raises Refused if whoever says so may not, it was inspected, or more is counted than was approved.
        """
        key = word_ids.corrected_key(ask.case, ask.said.receipt, ask.number)
        if self._ledger.find(key) is None:
            check_person(self._people, ask.said.by, Verb.CORRECT_COUNT)
        decided(self._ledger, ask.order_id, lambda: self._counted(key, ask), key)
        return Counted.model_validate(self._known(ask.case), from_attributes=True)

    def _counted(self, key: str, ask: RecordCount) -> NewEntry:
        entries = list(self._ledger.entries(case=ask.case))
        known, said = case_so_far(entries), ask.said
        if said.receipt in known.judged_boxes or said.receipt not in known.boxes:
            text = f"return {ask.case} has no receipt {said.receipt}, or was inspected: then `regrade` it"
            raise Refused("cannot_correct", text)
        after = known.model_copy(update={"receipts": corrected(known.receipts, said)})
        approved = {line.line_id: line.quantity for line in after.decision.approved} if after.decision else {}
        for line_id, count in after.received.items():
            if count > max(approved.get(line_id, 0), known.received.get(line_id, 0)):
                text = f"{count} of line {line_id} counted in all, but {approved.get(line_id, 0)} were approved"
                raise Refused("more_than_approved", f"{text}; open a return for the others")
        wrong = serials.wrong(
            self._ledger, self._snapshots, ask.order_id, said.lines, earlier=lambda entry: entry.case != ask.case
        )
        box = Receipt(id=said.receipt, received_by=said.by, lines=said.lines) if said.lines else None
        moved = goods.counted_otherwise(
            key,
            ask.case,
            ask.order_id,
            (known.received, after.received),
            after.expected,
            entries,
            self._ledger.pending_left,
        )
        return NewEntry(
            key=key,
            kind=EntryKind.COUNT_CORRECTED,
            order=ask.order_id,
            case=ask.case,
            actor=said.by,
            reasons=serials.codes(wrong),
            at=ask.now,
            facts={"box": said.receipt, **({"receipt": _facts(box)} if box else {}), **serials.facts(wrong)},
            asked={"box": said.receipt, "lines": asked(said.lines), "by": said.by},
            transfers=moved,
        )

    @activity.defn(no_thread_cancel_exception=True)
    def regrade(self, ask: RecordRegraded) -> Inspection:
        """Record other grades for what was inspected; the plan that was made of them is taken back.

        Raises Refused if whoever says so may not, or money was asked for already.
        """
        key = word_ids.regraded_key(ask.case, ask.number)
        if self._ledger.find(key) is None:
            check_person(self._people, ask.said.by, Verb.REGRADE)
        entry = decided(self._ledger, ask.order_id, lambda: self._regraded(key, ask), key)
        return Inspection.model_validate(entry.facts["inspection"])

    def _regraded(self, key: str, ask: RecordRegraded) -> NewEntry:
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        entries = [one for one in books.entries if one.case == ask.case]
        known = case_so_far(entries)
        if known.inspection is None or known.lost or known.outcome:
            raise Refused("not_inspected", f"return {ask.case} has no goods that were inspected, or has ended")
        if no := may_grade_anew(known):
            raise Refused(no.code, no.message)
        if under_way(known):
            text = f"the refund of return {ask.case} is under way, so grades change nothing of it any more"
            raise Refused("money_is_asked_for", f"{text}; what is owed beyond it finance pays and records")
        try:
            judged = regraded(known.inspection, ask.said)
        except ValueError as error:
            raise Refused("not_what_was_inspected", f"{error}: {units(known.inspection.lines)}") from None
        plans = [one for one in books.unsubmitted() if one.case == ask.case]
        taken_back = books.withdrawing(key, plans)
        return NewEntry(
            key=key,
            kind=EntryKind.REGRADED,
            order=ask.order_id,
            case=ask.case,
            actor=ask.said.by,
            at=ask.now,
            facts={"inspection": _facts(judged), "withdrawn": list(taken_back.plans)},
            asked={"lines": [_facts(line) for line in ask.said.lines], "by": ask.said.by},
            transfers=taken_back.voids,
        )

    @activity.defn(no_thread_cancel_exception=True)
    def extend(self, ask: RecordExtended) -> Extended:
        """Record that somebody has more time, once for each deadline and day; nobody ever gets less.

        Raises Refused if whoever says so may not, the day is no later one, or more than a year away.
        """
        key = word_ids.extended_key(ask.case, ask.said.deadline, ask.said.until.isoformat())
        if self._ledger.find(key) is None:
            check_person(self._people, ask.said.by, Verb.EXTEND)
            decided(self._ledger, ask.order_id, lambda: self._extended(key, ask), key)
        return Extended.model_validate(self._known(ask.case), from_attributes=True)

    def _extended(self, key: str, ask: RecordExtended) -> NewEntry:
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        decision = self._decision(ask.case)
        zone = books.policy(self._policies).policy.zone(books.order.country)
        until, before = end_of(ask.said.until, zone), _until(self._known(ask.case), decision, ask.said.deadline)
        last = local_day(ask.now + LONGEST, zone)
        if until <= max(before, ask.now) or ask.said.until > last:
            text = f"more time ends after {before:%d %B %Y %H:%M} UTC, and by {last:%d %B %Y}"
            raise Refused("no_later_day", f"{text}; {ask.said.until:%d %B %Y} does not")
        told = {"deadline": ask.said.deadline.value, "day": ask.said.until.isoformat(), "until": until.isoformat()}
        return NewEntry(
            key=key,
            kind=EntryKind.EXTENDED,
            order=ask.order_id,
            case=ask.case,
            actor=ask.said.by,
            at=ask.now,
            facts=told,
            asked={"deadline": told["deadline"], "day": told["day"]},
        )

    @activity.defn(no_thread_cancel_exception=True)
    def lapse_override(self, ask: RecordLapsed) -> Standing:
        """Record that nobody agreed to an override in time; nothing if somebody has, or it does not wait any more."""
        key = word_ids.lapsed_key(ask.case, ask.override)
        waiting = self._known(ask.case).proposed
        if waiting is not None and waiting.update_id == ask.override:
            decided(self._ledger, ask.order_id, lambda: self._lapsed(key, ask), key)
        return self._standing(ask.case)

    def _lapsed(self, key: str, ask: RecordLapsed) -> NewEntry:
        waiting = self._known(ask.case).proposed
        if waiting is None or waiting.update_id != ask.override:
            raise Refused("does_not_wait", f"override {ask.override} of return {ask.case} does not wait any more")
        told = {"override": ask.override}
        return NewEntry(
            key=key,
            kind=EntryKind.OVERRIDE_LAPSED,
            order=ask.order_id,
            case=ask.case,
            actor="rule:story",
            at=ask.now,
            facts=told,
            asked=told,
        )


def _until(known: CaseSoFar, decision: Decision, deadline: Deadline) -> UtcDatetime:
    """Until when somebody has time so far. Raises Refused where nobody is waited for like that."""
    last: Evidence | None = known.evidence[-1] if known.evidence else None
    found = {
        Deadline.SEND_BACK: decision.send_back_until,
        Deadline.REVIEW: known.look_until or decision.decided_at,
        Deadline.EVIDENCE: last.until if last is not None and last.ended_at is None else None,
        Deadline.INSPECTION: known.inspect_until,
    }[deadline]
    if found is None:
        raise Refused("nobody_waits", f"nobody is waited for with the {deadline.replace('_', ' ')}")
    return found


def _facts(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", exclude_none=True)
