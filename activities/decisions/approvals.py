"""Approvals: a person agrees to a refund above the automatic limit, with a signature of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field
from temporalio import activity

from activities.people import SignedBy, check_person, check_signed
from domain import ids
from domain.approval import Approval, involved, statement
from domain.errors import KeyConflict, Refused
from domain.inspection import Inspection
from domain.model import Id, Minor, Model, Signature, UtcDatetime
from domain.money import Money
from domain.people import Person, may, who_may
from domain.plan import RefundPlan
from domain.refund import PLAN_WITHDRAWN
from domain.request import ReturnRequest
from domain.stores import People
from domain.verbs import Verb
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.moves.money import is_leg


class RecordApproval(Model):
    """What a person agreed to; `amount` in minor units of the plan's currency."""

    case: Id
    order_id: Id
    plan: Annotated[int, Field(strict=True, ge=1)]
    by: Id
    amount: Minor
    update_id: Id
    signature: Signature
    now: UtcDatetime


class ApprovalActivities:
    """Records who agreed, after everything that could be wrong with it was looked at."""

    def __init__(self, people: People, ledger: Ledger, signed_by: SignedBy) -> None:
        self._people = people
        self._ledger = ledger
        self._signed_by = signed_by

    @activity.defn(no_thread_cancel_exception=True)
    def record_approval(self, ask: RecordApproval) -> Approval:
        """Record an approval, once for each id that was signed.

        Raises Refused if nothing waits for it, the amount is another, the person may not, is involved in the return
        or has too low a limit, or the signature is not theirs over exactly this.
        """
        key = ids.approval_key(ask.case, ask.update_id)
        entry = self._ledger.find(key)
        if entry is None:
            planned = self._waiting(ask)
            plan = RefundPlan.model_validate(planned.facts["plan"])
            person = check_person(self._people, ask.by, Verb.APPROVE)
            said = statement(ask.case, plan.total, plan.currency, ask.update_id)
            check_signed(self._signed_by, person, said, ask.signature)
            amount = Money(minor=plan.total, currency=plan.currency)
            check_second(self._people, self._ledger.entries(case=ask.case), person, amount)
            approval = Approval(
                by=ask.by,
                plan=ask.plan,
                amount=ask.amount,
                currency=plan.currency,
                update_id=ask.update_id,
                public_key=person.public_key,
                signature=ask.signature,
            )
            entry = self._ledger.append(_entry(key, ask, approval, planned))
        recorded = Approval.model_validate(entry.facts["approval"])
        if (recorded.plan, recorded.by, recorded.amount) != (ask.plan, ask.by, ask.amount):
            raise KeyConflict(f"{key} was recorded for something else before; a key means one thing for ever")
        return recorded

    def _waiting(self, ask: RecordApproval) -> JournalEntry:
        """The plan that waits for this amount to be approved."""
        planned = self._ledger.find(ids.plan_key(ask.case, ask.plan))
        plan = RefundPlan.model_validate(planned.facts["plan"]) if planned else None
        if planned is None or plan is None or plan.automatic_limit is None or planned.order != ask.order_id:
            raise Refused("nothing_to_approve", f"no refund of return {ask.case} waits for an approval")
        if not any(self._ledger.pending_left(one.key) for one in planned.transfers if is_leg(one)):
            raise Refused(PLAN_WITHDRAWN, f"plan {ask.plan} of return {ask.case} does not wait any more; look again")
        if ask.amount != plan.total:
            total = Money(minor=plan.total, currency=plan.currency)
            raise Refused("other_amount", f"return {ask.case} pays back {total}; approve exactly that")
        return planned


def check_second(people: People, entries: Iterable[JournalEntry], person: Person, amount: Money) -> None:
    """Raises Refused unless the person is another one than those of the return, and may agree to so much."""
    asked, graded = people_of(entries)
    same = involved(person.id, asked, graded)
    if same is not None:
        raise Refused(same.code, same.message)
    over = may(person, Verb.APPROVE, person.id, amount)
    if over is not None:
        others = [one for one in people.all() if involved(one.id, asked, graded) is None]
        could = ", ".join(who_may(others, Verb.APPROVE, amount)) or "nobody; an admin can raise a limit"
        raise Refused(over.code, f"{over.message} Who could: {could}.")


def people_of(entries: Iterable[JournalEntry]) -> tuple[str, tuple[str, ...]]:
    """Who asked for a return, and who graded its goods, or said that they are lost."""
    asked, graded = "", []
    for one in entries:
        if one.kind is EntryKind.DECISION:
            asked = ReturnRequest.model_validate(one.facts["request"]).requested_by
        elif one.kind in (EntryKind.INSPECTION, EntryKind.REGRADED, EntryKind.LOST):
            graded.append(Inspection.model_validate(one.facts["inspection"]).inspected_by)
    return asked, tuple(graded)


def _entry(key: str, ask: RecordApproval, approval: Approval, planned: JournalEntry) -> NewEntry:
    return NewEntry(
        key=key,
        kind=EntryKind.APPROVAL,
        order=ask.order_id,
        case=ask.case,
        actor=ask.by,
        reasons=("over_automatic_limit",),
        policy=planned.policy,
        at=ask.now,
        facts={"approval": approval.model_dump(mode="json")},
        asked={"plan": ask.plan, "by": ask.by, "amount": ask.amount},
    )
