"""Decisions: what the policy says, what is owed, and how a return ends. Each is one entry of the journal."""

from __future__ import annotations

from collections.abc import Callable

from temporalio import activity

from domain import ids
from domain.case import Outcome
from domain.errors import Refused, Stale, Unavailable
from domain.inspection import Inspection, units
from domain.model import Id, Model, UtcDatetime
from domain.order import Order
from domain.plan import History, RefundPlan, Terms, history_of, plan_refund
from domain.policy import Decision, PublishedPolicy, decide
from domain.request import ReturnRequest
from domain.stores import Policies, Snapshots
from ledger import UNITS, EntryKind, JournalEntry, Ledger, NewEntry, Transfer, TransferKind, accounts
from ledger.recall import plans

_TRIES = 5
"""How often a decision is made anew because the order moved on while it was made."""


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
    """What was inspected, to be paid for."""

    case: Id
    order_id: Id
    inspection: Inspection
    now: UtcDatetime


class CancelReturn(Model):
    """A return that was called off; `reason` is a code."""

    case: Id
    order_id: Id
    actor: Id
    reason: str
    now: UtcDatetime


class CloseReturn(Model):
    """The end of a return."""

    case: Id
    order_id: Id
    outcome: Outcome
    now: UtcDatetime


class DecisionActivities:
    """Decides from what is stored, never from what is on the way."""

    def __init__(self, snapshots: Snapshots, policies: Policies, ledger: Ledger) -> None:
        self._snapshots = snapshots
        self._policies = policies
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def open_return(self, ask: OpenReturn) -> Opened:
        """Decide on the request and reserve the approved units: one entry."""
        key = ids.decision_key(ask.request.id)
        entry = self._ledger.find(key) or self._fresh(lambda: self._decided(key, ask))
        return Opened.model_validate(entry.facts)

    def _decided(self, key: str, ask: OpenReturn) -> tuple[NewEntry, int]:
        case, seen = ask.request.id, self._ledger.last_seq(ask.order_id)
        order, policy = self._frozen(ask.order_id)
        returnable = {
            line.line_id: self._ledger.balance(accounts.with_customer(order.id, line.line_id), UNITS).available
            for line in ask.request.lines
        }
        decision = decide(order, ask.request, policy, returnable, ask.now)
        approved = {line.line_id: line.quantity for line in decision.approved}
        quote = plan_refund(order, self._history(order.id), approved, _terms(policy)) if approved else None
        opened = Opened(decision=decision, quote=quote)
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
            asked={"lines": {line.line_id: line.quantity for line in ask.request.lines}},
            transfers=tuple(
                Transfer(
                    key=_reserved(case, line_id),
                    kind=TransferKind.PENDING,
                    debit=accounts.with_customer(order.id, line_id),
                    credit=accounts.returning(case, line_id),
                    commodity=UNITS,
                    amount=quantity,
                )
                for line_id, quantity in approved.items()
            ),
        )
        return entry, seen

    @activity.defn(no_thread_cancel_exception=True)
    def plan_refund(self, ask: PlanRefund) -> RefundPlan:
        """Compute what is owed for the inspected units and reserve the money: one entry."""
        key = ids.plan_key(ask.case, 1)
        entry = self._ledger.find(key) or self._fresh(lambda: self._planned(key, ask))
        return RefundPlan.model_validate(entry.facts["plan"])

    def _planned(self, key: str, ask: PlanRefund) -> tuple[NewEntry, int]:
        seen = self._ledger.last_seq(ask.order_id)
        order, policy = self._frozen(ask.order_id)
        inspected = units(ask.inspection.lines)
        plan = plan_refund(order, self._history(order.id), inspected, _terms(policy))
        entry = NewEntry(
            key=key,
            kind=EntryKind.PLAN,
            order=order.id,
            case=ask.case,
            actor="rule:policy",
            policy=policy.ref,
            at=ask.now,
            facts={"plan": _facts(plan)},
            asked={"inspection": ask.inspection.id, "units": inspected},
            transfers=_reserving(key, ask.case, plan),
        )
        return entry, seen

    @activity.defn(no_thread_cancel_exception=True)
    def cancel_return(self, ask: CancelReturn) -> None:
        """Record that a return was called off and give its units back to the customer."""
        self._end(
            NewEntry(
                key=ids.cancel_key(ask.case),
                kind=EntryKind.CANCELLED,
                order=ask.order_id,
                case=ask.case,
                actor=ask.actor,
                reasons=(ask.reason,),
                at=ask.now,
                facts={"reason": ask.reason},
                asked={"reason": ask.reason},
            )
        )

    @activity.defn(no_thread_cancel_exception=True)
    def close_return(self, ask: CloseReturn) -> None:
        """Record the end of a return; units that were reserved and never came stay with the customer."""
        self._end(
            NewEntry(
                key=ids.close_key(ask.case),
                kind=EntryKind.CLOSED,
                order=ask.order_id,
                case=ask.case,
                actor="rule:story",
                at=ask.now,
                facts={"outcome": ask.outcome.value},
                asked={"outcome": ask.outcome.value},
            )
        )

    def _end(self, entry: NewEntry) -> None:
        """Append the entry, and with it release what its return still has reserved."""
        if self._ledger.find(entry.key) is None:
            self._fresh(lambda: self._releasing(entry))

    def _releasing(self, entry: NewEntry) -> tuple[NewEntry, int]:
        seen = self._ledger.last_seq(entry.order)
        return entry.model_copy(update={"transfers": self._released(entry.key, entry.case)}), seen

    def _released(self, key: str, case: str) -> tuple[Transfer, ...]:
        decision = self._ledger.find(ids.decision_key(case))
        reserved = decision.transfers if decision else ()
        left = [(one, self._ledger.pending_left(one.key)) for one in reserved]
        return tuple(
            one.model_copy(
                update={"key": f"{key}/{one.key}", "kind": TransferKind.VOID, "pending": one.key, "amount": amount}
            )
            for one, amount in left
            if amount
        )

    def _fresh(self, decided: Callable[[], tuple[NewEntry, int]]) -> JournalEntry:
        """Append what was decided; decide again from a new read while others write on the same order."""
        for _ in range(_TRIES):
            entry, seen = decided()
            try:
                return self._ledger.append(entry, seen=seen)
            except Stale:
                continue
        raise Unavailable("The order changes faster than this decision can be made; it is tried again.")

    def _frozen(self, order_id: str) -> tuple[Order, PublishedPolicy]:
        """The order's snapshot and the policy that was in force, as recorded when the order was first touched."""
        opened = self._ledger.find(ids.order_key(order_id))
        policy = self._policies.get(opened.policy) if opened else None
        if opened is None or policy is None:
            raise Refused(
                "order_not_opened", f"order {order_id} was never opened in the journal; start the return anew"
            )
        return self._snapshots.get(order_id, str(opened.facts["snapshot"])).order, policy

    def _history(self, order_id: str) -> History:
        return history_of(plans(self._ledger.entries(order=order_id)))


def _facts(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", exclude_none=True)


def _terms(policy: PublishedPolicy) -> Terms:
    return Terms(refund_shipping=policy.policy.refund_shipping)


def _reserved(case: str, line_id: str) -> str:
    return f"{ids.decision_key(case)}/{line_id}"


def _reserving(key: str, case: str, plan: RefundPlan) -> tuple[Transfer, ...]:
    debts = [
        (f"{key}/{number}", accounts.paid(plan.order_id, part), accounts.owed(case), part.amount)
        for number, part in enumerate(plan.components, start=1)
    ]
    legs = [
        (
            f"{ids.refund_key(case, 1, leg.tender_id, 1)}/leg",
            accounts.owed(case),
            accounts.tender(leg.tender_id),
            leg.amount,
        )
        for leg in plan.legs
    ]
    return tuple(
        Transfer(key=key, kind=TransferKind.PENDING, debit=debit, credit=credit, commodity=plan.currency, amount=amount)
        for key, debit, credit, amount in [*debts, *legs]
    )
