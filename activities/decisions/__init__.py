"""Decisions: what the policy says, what is owed, and how a return ends. Each is one entry of the journal."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from temporalio import activity

from activities.decisions.appeals import check_appeal
from activities.decisions.assigning import RecordAssignment, RecordResend
from activities.decisions.choices import RecordChoice
from activities.decisions.claims import RecordAnswer, RecordClaim
from activities.decisions.early import EndEarly, PlanEarly, RecordSettled
from activities.decisions.ends import CancelReturn, CloseReturn, ExpireReturn, ForceClose, RecordNotUndone
from activities.decisions.keeping import KeepGoods, Keeping, RecordOverdue
from activities.decisions.late import CreditLate, LateActivities, RecordDecided, RecordLate
from activities.decisions.losing import RecordLoss
from activities.decisions.offering import AnswerOffer, Offering, RecordSentBack, offer_for
from activities.decisions.planned import check_linked, terms_for, trade_of
from activities.decisions.uninspected import PayUninspected
from activities.decisions.ways import check_exchange, check_method, check_resolution
from domain import ids
from domain.case import CaseSoFar
from domain.early import EarlyRefund
from domain.errors import Refused
from domain.finding import without_damage
from domain.inspection import Inspection, units
from domain.kits import in_parts
from domain.model import Id, Model, UtcDatetime
from domain.plan import FeeKind, RefundPlan
from domain.policy import (
    Decision,
    Policies,
    PublishedStatute,
    decide,
    graded,
    to_review,
)
from domain.policy.choosing import chosen
from domain.quoted import quote_plan
from domain.request import ReturnRequest
from domain.stores import People, Snapshots
from domain.stores import Policies as PolicyStore
from domain.terms import Terms
from ledger import EntryKind, Ledger, NewEntry
from ledger.credit_notes import CreditNotes
from ledger.deciding import decided
from ledger.moves import goods
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far
from ledger.replanning import replanned

__all__ = [
    "AnswerOffer",
    "CancelReturn",
    "CloseReturn",
    "CreditLate",
    "DecisionActivities",
    "EndEarly",
    "ExpireReturn",
    "ForceClose",
    "KeepGoods",
    "OpenReturn",
    "Opened",
    "PayUninspected",
    "PlanEarly",
    "PlanRefund",
    "RecordAnswer",
    "RecordAssignment",
    "RecordChoice",
    "RecordClaim",
    "RecordDecided",
    "RecordLate",
    "RecordLoss",
    "RecordNotUndone",
    "RecordOverdue",
    "RecordResend",
    "RecordSentBack",
    "RecordSettled",
]


class OpenReturn(Model):
    """A request to decide on."""

    request: ReturnRequest
    order_id: Id
    now: UtcDatetime


class Opened(Model):
    """The decision, and what the shopper will get back for the approved lines."""

    decision: Decision
    quote: RefundPlan | None = None


class PlanRefund(Model):
    """What was inspected, to be paid for; `number` above 1 plans again what another plan was withdrawn from."""

    case: Id
    order_id: Id
    inspection: Inspection
    number: Annotated[int, Field(strict=True, ge=1)] = 1
    now: UtcDatetime


class DecisionActivities(LateActivities, Offering, Keeping):
    """Decides from what is stored, never from what is on the way."""

    def __init__(
        self,
        snapshots: Snapshots,
        policies: PolicyStore,
        ledger: Ledger,
        people: People,
        credit_notes: CreditNotes | None = None,
        statutes: tuple[PublishedStatute, ...] = (),
    ) -> None:
        """`statutes` is the law that the policies stand on."""
        super().__init__(ledger, people, snapshots)
        self._policies = policies
        self._credit_notes = credit_notes or CreditNotes(ledger, snapshots)
        self._statutes = statutes

    @activity.defn(no_thread_cancel_exception=True)
    def open_return(self, ask: OpenReturn) -> Opened:
        """Decide on the request and reserve the approved units: one entry."""
        key = ids.decision_key(ask.request.id)
        entry = decided(self._ledger, ask.order_id, lambda: self._decided(key, ask), key)
        return Opened.model_validate(entry.facts)

    def _decided(self, key: str, ask: OpenReturn) -> NewEntry:
        case = ask.request.id
        books = self._read(ask.order_id)
        order, policy = books.order, books.policy(self._policies)
        wanted = in_parts(order, ask.request)
        check_appeal(self._ledger, ask.request)
        returnable = {line.line_id: books.returnable(line.line_id) for line in wanted.lines}
        judges = Policies(policy=policy, statutes=self._statutes)
        decision = decide(order, wanted, judges, returnable, policy.policy.calendar, ask.now)
        check_method(ask.request, decision)
        check_resolution(ask.request, decision)
        check_exchange(ask.request, order)
        decision = chosen(decision, ask.request.resolution)
        approved = {line.line_id: line.quantity for line in decision.approved}
        opened = Opened(decision=decision, quote=quote_plan(order, books.history(), decision))
        entry = NewEntry(
            key=key,
            kind=EntryKind.DECISION,
            order=order.id,
            case=case,
            actor="rule:policy",
            reasons=decision.reason_codes,
            policy=policy.ref,
            at=ask.now,
            facts={"request": _facts(ask.request), **_facts(opened)},
            asked={"order": order.id, "lines": {line.line_id: line.quantity for line in ask.request.lines}},
            transfers=goods.reserved(case, order.id, approved),
        )
        return entry

    @activity.defn(no_thread_cancel_exception=True)
    def plan_refund(self, ask: PlanRefund) -> RefundPlan:
        """Compute what is owed for the inspected units and reserve the money: one entry."""
        key = ids.plan_key(ask.case, ask.number)
        entry = decided(self._ledger, ask.order_id, lambda: self._planned(key, ask), key)
        return RefundPlan.model_validate(entry.facts["plan"])

    def _planned(self, key: str, ask: PlanRefund) -> NewEntry:
        books = self._read(ask.order_id)
        order, policy = books.order, books.policy(self._policies)
        self._check_inspected(ask)
        inspected = units(ask.inspection.lines)
        known = case_so_far(one for one in books.entries if one.case == ask.case)
        decision, grades = known.decision, graded(order, ask.inspection.lines)
        if known.label is not None and known.label.ours:
            # What the carrier did to goods under our label is between us and the carrier.
            grades = without_damage(grades, (one.finding for one in known.findings))
        terms, trade = _once(terms_for(policy, decision, grades), known), trade_of(known)
        made = replanned(key, ask.case, ask.number, books, inspected, terms, trade, 1 + known.plans_before)
        limit = policy.policy.limit_below(made.plan.total, made.plan.currency)
        if decision is not None and to_review(decision, grades) and made.plan.total:
            limit = 0  # a person looks at it, however little it is
        offer = None if trade else offer_for(known, made.plan, policy, ask.now)
        found = {"automatic_limit": limit, "offer": offer, "choices": len(known.choices)}
        plan = made.plan.model_copy(update=found)
        nothing = offer is not None and not plan.legs
        check_linked(order, plan)
        entry = NewEntry(
            key=key,
            kind=EntryKind.PLAN,
            order=order.id,
            case=ask.case,
            actor="rule:policy",
            reasons=_unlike_quote(known.quote, plan),
            policy=policy.ref,
            at=ask.now,
            facts={"plan": _facts(plan), **made.facts},
            asked={"inspection": ask.inspection.id, "units": inspected},
            # What pays nothing is carried out at once, so not before the shopper has agreed: then it is planned again.
            transfers=() if nothing else made.transfers,
        )
        return entry if nothing else self._credit_notes.planned(entry, plan)

    def _check_inspected(self, ask: PlanRefund) -> None:
        """Raises Refused unless this was graded, or is paid ungraded, lost or kept: a story's word moves no money."""
        known = case_so_far(self._ledger.entries(case=ask.case))
        if (known.inspection or self._trusted(ask.case)) != ask.inspection:
            text = f"the inspection {ask.inspection.id} of return {ask.case} is not in the journal like this"
            raise Refused("not_inspected", f"{text}; have it inspected first")

    def _trusted(self, case: str) -> Inspection | None:
        """What was paid early goes by: its plan, too, may be overtaken before the goods are judged."""
        first = self._ledger.find(ids.plan_key(case, 1))
        return EarlyRefund.model_validate(first.facts["early"]).inspection if first and "early" in first.facts else None

    def _read(self, order_id: str) -> OrderBooks:
        return OrderBooks.read(self._ledger, self._snapshots, order_id)


def _facts(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", exclude_none=True)


def _once(terms: Terms, known: CaseSoFar) -> Terms:
    """The same, without what is kept once per return if a part before this one has paid it."""
    once = FeeKind.RETURN_SHIPPING
    if not any(fee.kind is once for plan in known.paid_plans for fee in plan.fees):
        return terms
    return terms.model_copy(update={"fees": tuple(fee for fee in terms.fees if fee.kind is not once)})


def _unlike_quote(quote: RefundPlan | None, plan: RefundPlan) -> tuple[str, ...]:
    """Why the shopper gets another amount than was quoted; empty if it is the same."""
    if quote is None:
        return ()
    quoted, planned = ({line.line_id: line.quantity for line in one.lines} for one in (quote, plan))
    reasons = {
        "other_units_than_quoted": quoted != planned,
        "other_shipping_than_quoted": quote.shipping != plan.shipping,
        "other_fees_than_quoted": _kept(quote) != _kept(plan),
    }
    found = tuple(code for code, holds in reasons.items() if holds)
    # The same units may be worth a cent more or less when other returns of the order were planned in between.
    return found or (("other_returns_since_quote",) if quote.total != plan.total else ())


def _kept(plan: RefundPlan) -> set[tuple[str, str, str]]:
    """Which fees a plan has, by line; their amounts follow its units."""
    return {(fee.kind.value, fee.line_id, fee.rate) for fee in plan.fees if fee.kind is not FeeKind.ROUNDING}
