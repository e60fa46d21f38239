"""A refund before the goods are judged: planned on trust, and held against what comes of the goods."""

from __future__ import annotations

from typing import Literal

from temporalio import activity

from activities.decisions.claims import Claims
from activities.decisions.planned import check_linked, terms_for, trade_of
from activities.decisions.trust import absent, check_automatic, given, lost_of_several, on_trust, why
from activities.people import check_person
from domain import early_ids, ids
from domain.case import CaseSoFar
from domain.early import EarlyEnd, EarlyRefund, Settled, as_new, limit, refund_due
from domain.errors import OverLimit, Refused
from domain.inspection import InspectedLine, units
from domain.model import Id, Minor, Model, UtcDatetime
from domain.plan import RefundPlan
from domain.planning import goods_only, plan_refund
from domain.policy import graded
from domain.stores import Policies, Snapshots
from domain.verbs import Verb
from ledger import EntryKind, JournalEntry, NewEntry, Transfer, accounts
from ledger.credit_notes import CreditNotes
from ledger.deciding import decided
from ledger.moves import credit, goods
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far
from ledger.replanning import replanned


class PlanEarly(Model):
    """A return whose refund is due before its goods were judged."""

    case: Id
    order_id: Id
    now: UtcDatetime


class PlannedEarly(Model):
    """The plan, and on which trust it stands; or, as a code, why it waits for the goods after all; or what the shopper
    has to pay first, in minor units, for goods that cost more."""

    plan: RefundPlan | None = None
    early: EarlyRefund | None = None
    not_early: str = ""
    to_pay: Minor = 0


class EndEarly(PlanEarly):
    """A return whose goods are judged by now, or are not waited for any more."""


class RecordSettled(Model):
    """What became of what the shopper owes."""

    case: Id
    order_id: Id
    by: str
    how: Settled
    reference: Id | Literal[""] = ""
    now: UtcDatetime


class Early(Claims):
    """Reserves what may be out to a customer with the plan, frees it with the goods, and keeps what they owe."""

    _snapshots: Snapshots
    _policies: Policies
    _credit_notes: CreditNotes

    @activity.defn(no_thread_cancel_exception=True)
    def plan_early(self, ask: PlanEarly) -> PlannedEarly:
        """Plan the refund, or the exchange, of all that was asked for as if it had come as new, within what may be out
        to the customer: one entry. Where that cannot be, this is recorded instead, and it follows the inspection."""
        key = ids.plan_key(ask.case, 1)
        entry = self._ledger.find(key) or self._ledger.find(early_ids.not_early_key(ask.case))
        if entry is None:
            try:
                if missing := self._missing(ask):
                    return PlannedEarly(to_pay=missing)
                entry = decided(self._ledger, ask.order_id, lambda: self._on_trust(key, ask))
            except Refused as no:
                why = "exposure" if isinstance(no, OverLimit) else no.code
                entry = decided(self._ledger, ask.order_id, lambda: self._not_early(ask, why), key)
        if entry.kind is EntryKind.NOT_EARLY:
            return PlannedEarly(not_early=entry.reasons[0])
        return PlannedEarly.model_validate(entry.facts)

    def _on_trust(self, key: str, ask: PlanEarly) -> NewEntry | JournalEntry:
        if (planned := self._ledger.find(key)) is not None:
            return planned
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        known, policy = self._known(ask.case), books.policy(self._policies)
        trigger, decision = refund_due(known), known.decision
        if trigger is None or decision is None:
            raise Refused("not_due", f"nothing is due yet of return {ask.case}, or not any more")
        taken = as_new(decision.approved)
        terms = terms_for(policy, decision, graded(books.order, taken.lines))
        made = replanned(key, ask.case, 1, books, units(taken.lines), terms, trade_of(known))
        plan = made.plan.model_copy(update={"choices": len(known.choices)})
        check_automatic(plan, policy.policy.limit_below(plan.total, plan.currency))
        check_linked(books.order, plan)
        customer, amount = books.order.customer_id, given(plan)
        early = EarlyRefund(trigger=trigger, amount=amount, currency=plan.currency, customer=customer, inspection=taken)
        entry = NewEntry(
            key=key,
            kind=EntryKind.PLAN,
            order=ask.order_id,
            case=ask.case,
            actor="rule:policy",
            reasons=(f"on_{trigger}",),
            policy=policy.ref,
            at=ask.now,
            facts={"plan": _facts(plan), "early": _facts(early), **made.facts},
            asked={"inspection": taken.id, "units": units(taken.lines)},
            transfers=(*made.transfers, *self._exposed(key, early, ask, limit(decision))),
        )
        return self._credit_notes.planned(entry, plan)

    def _missing(self, ask: PlanEarly) -> int:
        """What has to be paid first, in minor units, while nobody has. Raises Refused where what goes out could not be
        sent all the same: then nobody is asked before the goods are judged."""
        known = self._known(ask.case)
        if not known.to_pay or known.collected or known.decision is None or refund_due(known) is None:
            return 0
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        made = on_trust(books, known)
        most, customer = limit(known.decision), books.order.customer_id
        free = self._ledger.balance(accounts.exposure(customer), books.order.currency).available
        if most is not None and given(made.plan) > free + self._change(customer, books.order.currency, most):
            raise Refused("exposure", "more would be out to this customer than may be")
        return made.to_pay

    def _exposed(self, key: str, early: EarlyRefund, ask: PlanEarly, most: int | None) -> tuple[Transfer, ...]:
        """What is out from here on. Without a limit so much is allowed as is needed; one is set anew before that."""
        customer, currency, amount = early.customer, early.currency, early.amount
        allowed: tuple[Transfer, ...] = ()
        if most is None:
            free = self._ledger.balance(accounts.exposure(customer), currency).available
            if more := max(0, amount - free):
                allowed = credit.exposure_allowed(f"{key}/limit", currency, customer, more)
        elif self._change(customer, currency, most):
            decided(self._ledger, "", lambda: self._allowing(customer, currency, most, ask))
        return (*allowed, *credit.paid_early(f"{key}/early", currency, customer, ask.case, amount))

    def _change(self, customer: str, currency: str, most: int) -> int:
        """By how much the limit of a customer has to change; it is not lowered below what is out."""
        allowed = -self._ledger.balance(accounts.exposure_limit(customer), currency).posted
        free = self._ledger.balance(accounts.exposure(customer), currency).available
        return max(most - allowed, -free)

    def _allowing(self, customer: str, currency: str, most: int, ask: PlanEarly) -> NewEntry:
        """Under no order, so that returns of several orders at once cannot both raise it."""
        key = early_ids.exposure_key(customer, currency, self._ledger.last_seq(""))
        change = self._change(customer, currency, most)
        return NewEntry(
            key=key,
            kind=EntryKind.EXPOSURE,
            actor="rule:policy",
            at=ask.now,
            facts={"customer": customer, "currency": currency, "limit": most},
            asked={"customer": customer, "currency": currency, "limit": most},
            transfers=credit.exposure_allowed(key, currency, customer, change) if change else (),
        )

    def _not_early(self, ask: PlanEarly, why: str) -> NewEntry:
        return NewEntry(
            key=early_ids.not_early_key(ask.case),
            kind=EntryKind.NOT_EARLY,
            order=ask.order_id,
            case=ask.case,
            actor="rule:policy",
            reasons=(why,),
            at=ask.now,
        )

    @activity.defn(no_thread_cancel_exception=True)
    def end_early(self, ask: EndEarly) -> EarlyEnd:
        """Hold what was paid early against the goods that came: it is out no more, and what they are worth less the
        customer owes. What was paid for and did not come is nobody's to return any more.

        Raises Refused if goods are here that nobody has judged yet.
        """
        entry = self._ledger.find(early_ids.early_end_key(ask.case)) or decided(
            self._ledger, ask.order_id, lambda: self._ended(ask)
        )
        return EarlyEnd.model_validate(entry.facts["end"])

    def _ended(self, ask: EndEarly) -> NewEntry:
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        key, known = early_ids.early_end_key(ask.case), self._known(ask.case)
        early, decision = known.early, known.decision
        if early is None or decision is None or (known.receipts and known.inspection is None):
            raise Refused("not_inspected", f"nothing of return {ask.case} was paid early, or its goods are not judged")
        without = books.history(without=_plans(books, ask.case))
        announced = goods.announced(self._ledger.entries(case=ask.case))
        gone, lost = absent(known, books.history(), without), lost_of_several(known)
        got = known.refunded + (known.plan.exchanged if known.plan else 0)
        short = 0 if known.lost else max(0, got - self._worth(books, known, ask.case, lost))
        reasons = why(known, gone, short)
        end = EarlyEnd(short=short, reasons=reasons, answer_by=ask.now + decision.days(decision.answer_days))
        return NewEntry(
            key=key,
            kind=EntryKind.EARLY_END,
            order=ask.order_id,
            case=ask.case,
            actor="rule:story",
            reasons=reasons,
            at=ask.now,
            facts={"end": _facts(end), "customer": early.customer, "currency": early.currency},
            transfers=(
                *credit.goods_came(f"{key}/free", early.currency, early.customer, ask.case, early.amount),
                *credit.claimed(f"{key}/claim", early.currency, early.customer, short),
                *goods.kept(key, ask.case, ask.order_id, gone, self._ledger.pending_left, announced),
            ),
        )

    def _worth(self, books: OrderBooks, known: CaseSoFar, case: str, lost: tuple[InspectedLine, ...] = ()) -> int:
        """What would have been paid for all the goods as they were found, and for those `lost`, in minor units; for new
        goods, without delivery and tip."""
        found = tuple(line for one in (*known.parts, known.inspection) if one is not None for line in one.lines)
        lines = (*found, *lost)
        if not lines:
            return 0
        plans = _plans(books, case)
        order, without = books.order_without(plans), books.history(without=plans)
        terms = terms_for(books.policy(self._policies), known.decision, graded(order, lines))
        terms = goods_only(terms) if known.trades else terms
        came = {line: min(count, without.lines[line].open) for line, count in units(lines).items()}
        came = {line: count for line, count in came.items() if count}
        return plan_refund(order, without, came, terms).total if came else 0

    @activity.defn(no_thread_cancel_exception=True)
    def record_settled(self, ask: RecordSettled) -> Settled:
        """Record that the shopper has paid what they owe, that the shop lets it go, or that nobody settled it in time.

        Raises Refused if whoever says so may not, or nothing is owed.
        """
        key = early_ids.early_settled_key(ask.case)
        entry = self._ledger.find(key)
        if entry is None:
            if ask.how is not Settled.OPEN:
                check_person(self._people, ask.by, Verb.SETTLE)
            entry = decided(self._ledger, ask.order_id, lambda: self._settled(key, ask), key)
        return Settled(entry.facts["how"])

    def _settled(self, key: str, ask: RecordSettled) -> NewEntry:
        ended = self._ledger.find(early_ids.early_end_key(ask.case))
        amount = EarlyEnd.model_validate(ended.facts["end"]).short if ended else 0
        if ended is None or not amount:
            raise Refused("nothing_owed", f"the shopper of return {ask.case} owes nothing of it")
        customer, currency = str(ended.facts["customer"]), str(ended.facts["currency"])
        moves = {
            Settled.PAID: credit.claim_paid(key, currency, ask.case, customer, amount),
            Settled.WAIVED: credit.claim_waived(key, currency, customer, amount),
        }
        return NewEntry(
            key=key,
            kind=EntryKind.EARLY_SETTLED,
            order=ask.order_id,
            case=ask.case,
            actor=ask.by,
            reasons=(ask.how.value,),
            at=ask.now,
            facts={"how": ask.how.value, "amount": amount, "currency": currency, "reference": ask.reference},
            asked={"how": ask.how.value, "reference": ask.reference},
            transfers=moves.get(ask.how, ()),
        )

    def _known(self, case: str) -> CaseSoFar:
        return case_so_far(self._ledger.entries(case=case))


def _facts(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", exclude_none=True)


def _plans(books: OrderBooks, case: str) -> list[str]:
    return [one.key for one in books.entries if one.kind is EntryKind.PLAN and one.case == case]
