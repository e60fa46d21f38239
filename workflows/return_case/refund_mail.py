"""Mails about money that went back: of one refund alone, and when it shows on a statement."""

from __future__ import annotations

from typing import Any

from domain import notice_ids
from domain.case import OrderBrief
from domain.money import Money
from domain.notice import Notice, NoticeKind, NoticePart
from domain.order import TenderKind
from domain.printing import amount, day
from domain.refund import Refund, RefundStatus
from domain.statement import shows_by
from workflows.return_case.state import CaseState, of_earlier_part


def refund_notice(kind: NoticeKind, case: str, order: OrderBrief, refund: Refund) -> Notice:
    """A notice about one refund alone: it failed late, or is confirmed after all."""
    done = kind is NoticeKind.REFUND_DONE
    return Notice(
        key=notice_ids.refund_notice_key(kind, refund.key),
        kind=kind,
        case=case,
        order_id=order.order_id,
        order_number=order.number,
        customer_id=order.customer_id,
        locale=order.locale,
        total=amount(Money(minor=refund.amount, currency=refund.currency), order.locale),
        provider_reference=refund.arn or refund.provider_id,
        shows_by=day(shows_by(refund.instead or TenderKind.CARD, refund.updated_at), order.locale) if done else "",
        reversal=done and refund.shows_as == "reversal",
        parts=(_part(refund, TenderKind.CARD, order.locale),) if done else (),
    )


def on_statement(state: CaseState) -> dict[str, Any]:
    """When confirmed refunds show, and whether they only take the charge back."""
    paid = [one for one in state.refunds if one.status is RefundStatus.SUCCEEDED and not of_earlier_part(state, one)]
    if not paid:
        return {}
    kinds = {leg.tender_id: leg.kind for leg in (state.plan.legs if state.plan else ())}
    last = max(shows_by(one.instead or kinds.get(one.payment, TenderKind.CARD), one.updated_at) for one in paid)
    locale = state.order.locale if state.order else ""
    parts = tuple(_part(one, kinds.get(one.payment, TenderKind.CARD), locale) for one in paid)
    return {
        "shows_by": day(last, locale),
        "reversal": all(one.shows_as == "reversal" for one in paid),
        "parts": parts,
    }


def _part(refund: Refund, kind: TenderKind, locale: str) -> NoticePart:
    money = Money(minor=refund.amount, currency=refund.currency)
    return NoticePart(to=refund.instead or kind, amount=amount(money, locale))
