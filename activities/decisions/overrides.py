"""Overrides: a person decides otherwise than the policy, signed, within a limit; above it a second person agrees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from temporalio import activity

from activities.decisions.approvals import check_second, people_of
from activities.people import SignedBy, check_person, check_signed
from domain import ids
from domain.approval import Approval, involved, statement_of_override
from domain.case import CaseSoFar
from domain.errors import KeyConflict, Refused
from domain.history import History
from domain.model import Id, Minor, Model, Signature, UtcDatetime
from domain.money import Money
from domain.override import Change, Overridden, OverrideReason, Second, override_statement
from domain.override_worth import beyond
from domain.overriding import Promise, may_override, overridden
from domain.people import Person
from domain.plan import RefundPlan
from domain.policy import Decision, LineDecision, PublishedPolicy, Verdict
from domain.policy.calendar import local_day, zones_in
from domain.quoted import quote_plan
from domain.stores import People, Policies, Snapshots
from domain.verbs import Verb
from ledger import EntryKind, JournalEntry, Ledger, NewEntry, Transfer
from ledger.deciding import decided
from ledger.moves import goods
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far


class RecordOverride(Model):
    """What a person wants otherwise, without their remark."""

    case: Id
    order_id: Id
    by: Id
    reason: OverrideReason
    change: Change
    update_id: Id
    signature: Signature
    now: UtcDatetime


class AgreeOverride(Model):
    """A second person's word for an override that waits; `amount` in minor units is what it is worth."""

    case: Id
    order_id: Id
    override: Id
    by: Id
    amount: Minor
    update_id: Id
    signature: Signature
    now: UtcDatetime


class InForce(Model):
    """The decision in force, its quote, and all overrides so far."""

    decision: Decision
    quote: RefundPlan | None = None
    overrides: tuple[Overridden, ...] = ()
    withdrawn: bool = False
    """Whether a plan was taken back by it, so that another is needed."""


class OverrideActivities:
    """Records who decided otherwise, after everything that could be wrong with it was looked at."""

    def __init__(
        self, people: People, ledger: Ledger, snapshots: Snapshots, policies: Policies, signed_by: SignedBy
    ) -> None:
        self._people = people
        self._ledger = ledger
        self._snapshots = snapshots
        self._policies = policies
        self._signed_by = signed_by

    @activity.defn(no_thread_cancel_exception=True)
    def record_override(self, ask: RecordOverride) -> InForce:
        """Record an override, once for each id that was signed; it is in force, or waits for a second person.

        Raises Refused if the person may not, did not sign exactly this, comes too late, or would make a term worse
        than it was promised.
        """
        key = ids.override_key(ask.case, ask.update_id)
        entry = self._ledger.find(key)
        if entry is None:
            person = check_person(self._people, ask.by, Verb.OVERRIDE)
            said = override_statement(ask.case, ask.change, ask.reason, ask.update_id)
            check_signed(self._signed_by, person, said, ask.signature)
            entry = decided(self._ledger, ask.order_id, lambda: self._made(key, ask, person), key)
        recorded = Overridden.model_validate(entry.facts["override"])
        if (recorded.by, recorded.change, recorded.reason) != (ask.by, ask.change, ask.reason):
            raise KeyConflict(f"{key} was recorded for something else before; a key means one thing for ever")
        return self._in_force(ask.case)

    @activity.defn(no_thread_cancel_exception=True)
    def agree_override(self, ask: AgreeOverride) -> InForce:
        """Record that a second person agrees to an override, which is in force from then on.

        Raises Refused if it does not wait, is worth something else, or the person may not, is involved in the return
        or has made the override, has too low a limit, or did not sign exactly this.
        """
        key = ids.approval_key(ask.case, ask.update_id)
        entry = decided(self._ledger, ask.order_id, lambda: self._agreed(key, ask), key)
        recorded = Approval.model_validate(entry.facts["approval"])
        if (recorded.override, recorded.by, recorded.amount) != (ask.override, ask.by, ask.amount):
            raise KeyConflict(f"{key} was recorded for something else before; a key means one thing for ever")
        return self._in_force(ask.case)

    def _made(self, key: str, ask: RecordOverride, person: Person) -> NewEntry:
        books, entries, known = self._read(ask.case, ask.order_id)
        before, after = self._changed(books, known, ask.change, ask.reason, ask)
        first = case_so_far(one for one in entries if one.kind is EntryKind.DECISION).decision or before
        history, policy = _history(books, ask.case), books.policy(self._policies)
        worth = Money(minor=beyond(books.order, history, after, first), currency=books.order.currency)
        adds = beyond(books.order, history, after, before) > 0
        made = Overridden(
            **ask.model_dump(exclude={"case", "order_id", "now"}),
            worth=worth.minor,
            currency=worth.currency,
            second=_second(person, policy, worth, people_of(entries)) if adds else None,
            at=ask.now,
            public_key=person.public_key,
        )
        if made.waits and known.plan is not None:
            text = f"{worth} is beyond what {person.id} may give alone, and its refund is planned already"
            raise Refused("over_own_limit", f"{text}; somebody with a higher limit waives it")
        facts: dict[str, object] = {"override": _facts(made), "before": _facts(before)}
        facts |= {"proposed": _facts(after)} if made.waits else _in_force(books, ask.case, after)
        # A plan that was made by the decision before does not stand any more; its return makes another.
        plans = [one for one in books.unsubmitted() if one.case == ask.case and known.plan is not None]
        taken_back = books.withdrawing(key, plans)
        facts |= {"withdrawn": list(taken_back.plans)} if taken_back.plans else {}
        return NewEntry(
            key=key,
            kind=EntryKind.OVERRIDE,
            order=ask.order_id,
            case=ask.case,
            actor=ask.by,
            reasons=(ask.reason.value,),
            policy=policy.ref,
            at=ask.now,
            facts=facts,
            asked={"by": ask.by, "reason": ask.reason.value, "change": _facts(ask.change)},
            transfers=()
            if made.waits
            else (*taken_back.voids, *self._moved(key, ask.case, books, entries, before, after)),
        )

    def _agreed(self, key: str, ask: AgreeOverride) -> NewEntry:
        books, entries, known = self._read(ask.case, ask.order_id)
        waiting = known.proposed
        if waiting is None or waiting.update_id != ask.override:
            text = f"no override {ask.override} of return {ask.case} waits for a second person; look again"
            raise Refused("nothing_to_approve", text)
        worth = Money(minor=waiting.worth, currency=waiting.currency)
        if ask.amount != worth.minor:
            raise Refused("other_amount", f"this override of return {ask.case} is worth {worth}; agree to exactly that")
        person = self._second_person(ask, waiting, worth, entries)
        before, after = self._changed(books, known, waiting.change, waiting.reason, ask)
        approval = Approval(
            plan=0,
            currency=worth.currency,
            public_key=person.public_key,
            **ask.model_dump(exclude={"case", "order_id", "now"}),
        )
        return NewEntry(
            key=key,
            kind=EntryKind.APPROVAL,
            order=ask.order_id,
            case=ask.case,
            actor=ask.by,
            reasons=("override",),
            policy=books.policy(self._policies).ref,
            at=ask.now,
            facts={"approval": _facts(approval), "before": _facts(before), **_in_force(books, ask.case, after)},
            asked={"override": ask.override, "by": ask.by, "amount": ask.amount},
            transfers=self._moved(key, ask.case, books, entries, before, after),
        )

    def _read(self, case: str, order_id: str) -> tuple[OrderBooks, tuple[JournalEntry, ...], CaseSoFar]:
        books = OrderBooks.read(self._ledger, self._snapshots, order_id)
        entries = tuple(one for one in books.entries if one.case == case)
        return books, entries, case_so_far(entries)

    def _changed(
        self,
        books: OrderBooks,
        known: CaseSoFar,
        change: Change,
        reason: OverrideReason,
        ask: RecordOverride | AgreeOverride,
    ) -> tuple[Decision, Decision]:
        """The decision in force before and after. Raises Refused if it is too late, or the units are elsewhere."""
        before = known.decision
        if before is None:
            raise Refused("not_decided", f"return {ask.case} of order {ask.order_id} was never decided; start it first")
        if no := may_override(known, change):
            raise Refused(no.code, no.message)
        policy, order = books.policy(self._policies).policy, books.order
        zone = policy.zone(order.country)
        today = local_day(ask.now, zone)
        promise = Promise(
            # as the decision has it: of what a law gives, days end as they do in the country
            zones=(zone, *zones_in(order.country or "")) if any(one.statutes for one in before.lines) else (zone,),
            today=today,
            send_back_day=today + timedelta(days=policy.send_back_days),
            delivery=policy.refund_shipping,
            unit={line.id: order.paid_for(line) // line.quantity for line in order.lines},
        )
        after = overridden(before, change, reason, promise)
        for line in _newly(before, after, Verdict.DECLINE):
            left = books.returnable(line.line_id)
            if line.quantity > left:
                text = f"of line {line.line_id} only {left} can come back now, and {line.quantity} were asked for"
                raise Refused("already_returned", f"{text}; start a new return for fewer")
        return before, after

    def _second_person(
        self, ask: AgreeOverride, waiting: Overridden, worth: Money, entries: Sequence[JournalEntry]
    ) -> Person:
        """Who agrees. Raises Refused unless they may, are somebody else, and signed exactly this."""
        person = check_person(self._people, ask.by, Verb.APPROVE)
        said = statement_of_override(ask.case, ask.override, worth.minor, worth.currency, ask.update_id)
        check_signed(self._signed_by, person, said, ask.signature)
        if ask.by == waiting.by:
            raise Refused("same_person", f"{ask.by} made this override, so somebody else has to agree to it.")
        check_second(self._people, entries, person, worth)
        return person

    def _moved(
        self,
        key: str,
        case: str,
        books: OrderBooks,
        entries: Sequence[JournalEntry],
        before: Decision,
        after: Decision,
    ) -> tuple[Transfer, ...]:
        """Units of lines that may come back now are reserved, those of declined ones are free again."""
        known = case_so_far(entries).model_copy(update={"decision": after})
        return goods.announced_anew(key, case, books.order.id, known.expected, entries, self._ledger.pending_left)

    def _in_force(self, case: str) -> InForce:
        known = case_so_far(self._ledger.entries(case=case))
        assert known.decision is not None  # it was overridden
        withdrawn = known.plan is not None  # it was only to be waived in time
        return InForce(decision=known.decision, quote=known.quote, overrides=known.overrides, withdrawn=withdrawn)


def _newly(before: Decision, after: Decision, was: Verdict) -> list[LineDecision]:
    """Lines of the later decision that are no longer what they were."""
    old = {line.line_id for line in before.lines if line.verdict is was}
    return [line for line in after.lines if line.line_id in old and line.verdict is not was]


def _second(
    person: Person, policy: PublishedPolicy, worth: Money, people: tuple[str, tuple[str, ...]]
) -> Second | None:
    """Why somebody else has to agree; None if nobody has to."""
    if involved(person.id, *people) is not None:
        return Second.INVOLVED
    if worth.minor > person.limits.get(worth.currency, 0):
        return Second.OVER_OWN_LIMIT
    above = policy.policy.second_approver_above.get(worth.currency)
    return Second.OVER_SECOND_APPROVER if above is not None and worth.minor > above else None


def _history(books: OrderBooks, case: str) -> History:
    """What has gone back of the order, without a plan of this return that waits for an answer to its offer."""
    return books.history(without=[key for key in books.happened if key.startswith(ids.plan_key(case, 1)[:-1])])


def _in_force(books: OrderBooks, case: str, after: Decision) -> dict[str, object]:
    """The decision that counts from this entry on, with what the shopper will get back by it."""
    quote = quote_plan(books.order, _history(books, case), after)
    return {"decision": _facts(after), **({"quote": _facts(quote)} if quote else {})}


def _facts(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", exclude_none=True)
