"""How a return shows itself: to queries and Updates as a model, to lists by search attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from domain.case import Outcome
from domain.method import Method
from domain.model import Id, Model, Sparse, UtcDatetime
from domain.money import Money
from domain.plan import RefundPlan
from domain.policy import Verdict
from domain.refund import FINAL_NO
from domain.resolution import IN_GOODS, Resolution
from workflows.return_case.deciders import DECIDED
from workflows.return_case.stage import Stage, Trouble
from workflows.return_case.state import CaseState

STAGE = SearchAttributeKey.for_keyword("ReturnStage")
OUTCOME = SearchAttributeKey.for_keyword("ReturnOutcome")
NEEDS_ACTION = SearchAttributeKey.for_keyword("NeedsAction")
ORDER_ID = SearchAttributeKey.for_keyword("OrderId")
CUSTOMER_ID = SearchAttributeKey.for_keyword("CustomerId")
REFUND_STATUS = SearchAttributeKey.for_keyword("RefundStatus")
REFUND_CURRENCY = SearchAttributeKey.for_keyword("RefundCurrency")
REFUND_AMOUNT = SearchAttributeKey.for_int("RefundAmountMinor")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")

SEARCH_ATTRIBUTES = (
    STAGE,
    OUTCOME,
    NEEDS_ACTION,
    ORDER_ID,
    CUSTOMER_ID,
    REFUND_STATUS,
    REFUND_CURRENCY,
    REFUND_AMOUNT,
    DUE_AT,
)
"""All of them; they must be registered before any worker starts, else every workflow task fails."""


class CaseView(Model):
    """A return as its users see it. Amounts are printed with their currency; personal data is not here."""

    id: str
    order_id: str = ""
    order_number: str = ""
    currency: str = ""
    stage: Stage
    outcome: Outcome | None = None
    verdict: Verdict | None = None
    reasons: tuple[str, ...] = ()
    next_owner: str
    next_action: str
    due_at: UtcDatetime | None = None
    assigned_by: str = ""
    lines: Mapping[str, int] = {}
    quote: str = ""
    resolution: Resolution = Resolution.REFUND
    resolutions: tuple[Resolution, ...] = ()
    bonus: str = ""
    method: Method | None = None
    label_url: str = ""
    sheet_url: str = ""
    tracking_number: str = ""
    label_number: int = 0
    label_until: UtcDatetime | None = None
    label_void: str = ""
    proofs: tuple[str, ...] = ()
    other_parcels: tuple[str, ...] = ()
    expected: Mapping[str, int] = {}
    received: Mapping[str, int] = {}
    ungraded: Mapping[str, int] = {}
    discrepancies: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    found: tuple[Id, ...] = ()
    unsettled: tuple[Id, ...] = ()
    carrier_claim: bool = False
    planned: str = ""
    offer: str = ""
    offer_plan: int = 0
    offer_answer: str = ""
    sent_back: str = ""
    goods_out: tuple[str, ...] = ()
    to_pay: str = ""
    pay_url: str = ""
    sent: tuple[str, ...] = ()
    refund_due: UtcDatetime | None = None
    refund_withheld: str = ""
    to_approve: Money | None = None
    override_to_approve: str = ""
    approved_by: str = ""
    appeals: str = ""
    overrides: tuple[str, ...] = ()
    paid_early: str = ""
    owed_by_shopper: str = ""
    evidence: tuple[str, ...] = ()
    receipts: tuple[Id, ...] = ()
    refund_status: str = ""
    refund_reason: str = ""
    refunded: str = ""
    provider_references: tuple[str, ...] = ()
    bank_references: tuple[str, ...] = ()
    disputed: tuple[Id, ...] = ()
    troubles: tuple[Trouble, ...] = ()


class _Told(Sparse, CaseView):
    """The view on its way out of a workflow: every Update leaves one in the history."""


def _references(state: CaseState) -> tuple[str, ...]:
    """Of what is paid or on its way: whoever looks for the money finds nothing under the id of one that failed."""
    return tuple(one.provider_id for one in state.refunds if one.provider_id and one.status not in FINAL_NO)


def _way_back(state: CaseState) -> dict[str, Any]:
    label = state.label
    return {
        "method": label.method if label else None,
        "label_url": label.url if label else "",
        "sheet_url": label.sheet_url if label else "",
        "tracking_number": label.tracking_number if label else "",
        "label_number": state.label_number,
        "label_until": state.label_until if label and label.ours else None,
        "label_void": state.label_void,
        "proofs": tuple(one.shown for one in state.handed_over),
        "other_parcels": _others(state),
    }


def _others(state: CaseState) -> tuple[str, ...]:
    own = state.label.tracking_number if state.label else ""
    return tuple(one for one in state.tracking_numbers if one != own)


def amount(plan: RefundPlan | None) -> str:
    """A plan's total for people; empty without a plan."""
    return str(Money(minor=plan.total, currency=plan.currency)) if plan else ""


def bonus(plan: RefundPlan | None) -> str:
    """What comes on top as store credit, for people; empty where nothing does."""
    return str(Money(minor=plan.bonus.amount, currency=plan.currency)) if plan and plan.bonus else ""


def view(state: CaseState) -> CaseView:
    """The view of a state."""
    order, decision, due = state.order, state.decision, state.next_action
    return _Told(
        id=state.request.id if state.request else "",
        order_id=order.order_id if order else "",
        order_number=order.number if order else "",
        currency=order.currency if order else "",
        stage=state.stage,
        outcome=state.outcome,
        verdict=decision.verdict if decision else None,
        reasons=decision.reason_codes if decision else (),
        next_owner=due.owner,
        next_action=due.action,
        due_at=due.due_at,
        assigned_by=state.assignment.by if state.assignment else "",
        lines={line.line_id: line.quantity for line in state.request.lines} if state.request else {},
        **_chosen(state),
        **_way_back(state),
        expected=state.expected,
        received=state.received,
        discrepancies=tuple(one.told for one in state.discrepancies),
        **_trade(state),
        refund_due=state.clock.due if not state.stopped else None,
        refund_withheld=(state.clock.withheld or "") if not state.stopped else "",
        **_waiting(state),
        **_told(state),
        approved_by=state.approval.by if state.approval and not state.needs_approval else "",
        refund_status=state.refund_status or "",
        refunded=str(Money(minor=state.refunded, currency=order.currency)) if order and state.refunds else "",
        **_of_money(state),
        provider_references=_references(state),
        disputed=tuple(one.payment for one in state.disputes),
        troubles=state.troubles,
    )


def _waiting(state: CaseState) -> dict[str, Any]:
    """What is to be approved or answered: what is offered instead of the quote, by which plan, and the last
    answer."""
    answers = [one.answer.value for one in state.answers]
    found: dict[str, Any] = {"offer_answer": answers[-1] if answers else "", "to_approve": _to_approve(state)}
    found["findings"] = tuple(str(one.finding) for one in state.findings)
    found["ungraded"] = state.ungraded
    found["found"] = tuple(one.finding.id for one in state.findings)
    found["unsettled"] = tuple(one.finding.id for one in state.unsettled)
    found["carrier_claim"] = state.carrier_claim
    found["override_to_approve"] = state.proposed.update_id if state.proposed else ""
    if state.sent_back is not None:
        found["sent_back"] = state.sent_back.tracking_number
    if state.offer is not None and state.plan is not None:
        quoted = Money(minor=state.plan.total + state.offer.kept, currency=state.plan.currency)
        told = f"{amount(state.plan)} instead of {quoted}"
        found |= {"offer": told, "offer_plan": state.plan.number}
    return found


def _of_money(state: CaseState) -> dict[str, Any]:
    """Why a refund is not decided, as the provider says; what went back before the goods, and what is owed for that."""
    early = state.early
    return {
        "refund_reason": next((one.reason for one in reversed(state.refunds) if one.status not in DECIDED), ""),
        "paid_early": str(Money(minor=early.amount, currency=early.currency)) if early and not state.trades else "",
        "bank_references": tuple(one.arn for one in state.refunds if one.arn),
        "owed_by_shopper": str(state.owed_by_shopper or ""),
    }


def _trade(state: CaseState) -> dict[str, Any]:
    """What goes out for the goods, unless they are paid for instead."""
    if state.resolution not in IN_GOODS:
        return {}
    return {
        "goods_out": tuple(f"{one.quantity} x {one.sku or one.title}" for one in state.promised),
        "to_pay": _to_pay(state),
        "pay_url": state.pay_url,
        "sent": tuple(one.tracking_number or "without a number" for one in state.sent),
    }


def _to_pay(state: CaseState) -> str:
    """What the shopper adds to what came back: as it was asked for, before that as it was promised."""
    minor = state.payment_asked.amount if state.payment_asked else state.to_pay
    return str(Money(minor=minor, currency=state.order.currency)) if minor and state.order else ""


def _chosen(state: CaseState) -> dict[str, Any]:
    """What the shopper chose of what is offered, and what that is worth."""
    return {
        "quote": amount(state.quote),
        "resolution": state.resolution,
        "resolutions": state.decision.resolutions if state.decision else (),
        "bonus": bonus(state.plan or state.quote),
        "planned": str(state.planned or ""),
    }


def _told(state: CaseState) -> dict[str, Any]:
    """What people have said on the way."""
    return {
        "appeals": (state.request.appeals or "") if state.request else "",
        "overrides": state.told_overrides,
        "evidence": tuple(str(one) for one in state.evidence),
        "receipts": tuple(one.id for one in state.receipts),
    }


def _to_approve(state: CaseState) -> Money | None:
    if waiting := state.proposed:
        return Money(minor=waiting.worth, currency=waiting.currency)
    plan = state.plan if state.needs_approval else None
    return Money(minor=plan.total, currency=plan.currency) if plan else None


def attributes(state: CaseState) -> list[SearchAttributeUpdate[Any]]:
    """The search attributes of a state; those that do not apply yet are left out, one that applies no more is unset."""
    due = state.next_action
    found: list[SearchAttributeUpdate[Any]] = [STAGE.value_set(state.stage), NEEDS_ACTION.value_set(due.owner)]
    if state.order:
        found += [ORDER_ID.value_set(state.order.order_id), CUSTOMER_ID.value_set(state.order.customer_id)]
    if state.outcome:
        found.append(OUTCOME.value_set(state.outcome))
    found.append(DUE_AT.value_set(due.due_at) if due.due_at else DUE_AT.value_unset())
    if planned := state.planned:
        found += [REFUND_CURRENCY.value_set(planned.currency), REFUND_AMOUNT.value_set(planned.minor)]
    if state.refund_status:
        found.append(REFUND_STATUS.value_set(state.refund_status))
    return found
