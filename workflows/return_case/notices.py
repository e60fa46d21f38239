"""The notice of each turn, from what is known of the return. No personal data: that is read where mail is sent."""

from __future__ import annotations

from typing import Any

from domain import ids
from domain.case import OrderBrief
from domain.money import Money
from domain.notice import Notice, NoticeKind, NoticeLine, NoticePart
from domain.order import TenderKind
from domain.policy import LineDecision, Verdict
from domain.refund import FINAL_NO, Refund, RefundStatus
from domain.statement import shows_by
from workflows.return_case.state import CaseState
from workflows.return_case.view import amount


def notice(kind: NoticeKind, state: CaseState, number: int = 1) -> Notice:
    """The n-th notice of this kind as the case stands now. Raises ValueError before the order is known."""
    if state.order is None or state.request is None:
        raise ValueError("a notice needs the order")
    return Notice(
        key=ids.notice_key(state.request.id, kind, number),
        kind=kind,
        case=state.request.id,
        order_id=state.order.order_id,
        order_number=state.order.number,
        customer_id=state.order.customer_id,
        locale=state.order.locale,
        lines=_about(kind, state),
        total="" if kind is NoticeKind.IN_REVIEW else str(state.planned) if state.planned else amount(state.quote),
        nothing_left=_nothing_left(state),
        label_url=state.label.url if state.label else "",
        sheet_url=state.label.sheet_url if state.label else "",
        tracking_number=state.label.tracking_number if state.label else "",
        send_back_until=f"{state.decision.last_day_to_send:%d %B %Y}" if state.decision else "",
        provider_reference=", ".join(one.arn or one.provider_id for one in state.refunds if one.status not in FINAL_NO),
        **_on_statement(state),
    )


def refund_notice(kind: NoticeKind, case: str, order: OrderBrief, refund: Refund) -> Notice:
    """A notice about one refund alone: it failed late, or is confirmed after all."""
    done = kind is NoticeKind.REFUND_DONE
    return Notice(
        key=ids.refund_notice_key(kind, refund.key),
        kind=kind,
        case=case,
        order_id=order.order_id,
        order_number=order.number,
        customer_id=order.customer_id,
        locale=order.locale,
        total=str(Money(minor=refund.amount, currency=refund.currency)),
        provider_reference=refund.arn or refund.provider_id,
        shows_by=f"{shows_by(refund.instead or TenderKind.CARD, refund.updated_at):%d %B %Y}" if done else "",
        reversal=done and refund.shows_as == "reversal",
        parts=(_part(refund, TenderKind.CARD),) if done else (),
    )


def _on_statement(state: CaseState) -> dict[str, Any]:
    """When confirmed refunds show, and whether they only take the charge back."""
    paid = [one for one in state.refunds if one.status is RefundStatus.SUCCEEDED]
    if not paid:
        return {}
    kinds = {leg.tender_id: leg.kind for leg in (state.plan.legs if state.plan else ())}
    last = max(shows_by(one.instead or kinds.get(one.payment, TenderKind.CARD), one.updated_at) for one in paid)
    parts = tuple(_part(one, kinds.get(one.payment, TenderKind.CARD)) for one in paid)
    return {
        "shows_by": f"{last:%d %B %Y}",
        "reversal": all(one.shows_as == "reversal" for one in paid),
        "parts": parts,
    }


def _part(refund: Refund, kind: TenderKind) -> NoticePart:
    return NoticePart(to=refund.instead or kind, amount=str(Money(minor=refund.amount, currency=refund.currency)))


def _nothing_left(state: CaseState) -> bool:
    # What fees take, or was never paid, is no money that has gone back.
    if state.plan is None or state.planned is None or state.planned.minor or state.plan.gross:
        return False
    return state.quote is not None and state.quote.total > 0


def _about(kind: NoticeKind, state: CaseState) -> tuple[NoticeLine, ...]:
    match kind:
        case NoticeKind.DECLINED:
            return _declined(state)
        case NoticeKind.APPROVED:
            return (*_lines(state), *_declined(state))
        case NoticeKind.IN_REVIEW:
            return (*_sendable(state), *_declined(state))
        case _:
            return _lines(state)


def _lines(state: CaseState) -> tuple[NoticeLine, ...]:
    # A plan that goes on from another pays what that left owed, and names no goods.
    plan = state.plan if state.plan and state.plan.lines else state.quote
    if plan is None:
        return ()
    return tuple(
        NoticeLine(
            title=line.title, quantity=line.quantity, amount=str(Money(minor=line.gross, currency=plan.currency))
        )
        for line in plan.lines
    )


def _sendable(state: CaseState) -> tuple[NoticeLine, ...]:
    """What may be sent, without an amount."""
    titles = state.order.titles if state.order else {}
    lines = state.decision.approved if state.decision else ()
    return tuple(NoticeLine(title=titles.get(line.line_id, line.line_id), quantity=line.quantity) for line in lines)


def _declined(state: CaseState) -> tuple[NoticeLine, ...]:
    titles = state.order.titles if state.order else {}
    lines = state.decision.lines if state.decision else ()
    return tuple(
        NoticeLine(title=titles.get(line.line_id, line.line_id), quantity=line.quantity, reason=_against(line))
        for line in lines
        if line.verdict is Verdict.DECLINE
    )


def _against(line: LineDecision) -> str:
    return " ".join(reason.text for reason in line.reasons if reason.verdict is Verdict.DECLINE)
