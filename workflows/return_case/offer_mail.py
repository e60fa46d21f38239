"""What the mails about an offer say besides: each item as quoted and as offered with the reason, and the last day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.money import Money, half_up
from domain.notice import Extra, NoticeExtra, NoticeKind, NoticeLine, NoticeReason
from domain.plan import Fee, RefundPlan
from domain.printing import amount, day
from workflows.return_case.state import CaseState

_IN_LINES = (Extra.RESTOCKING, Extra.LOST_VALUE)
"""What is kept of single items, so that it is told with them."""
_EMPTY = "The box was empty when it came: please send us the carrier's receipt, and a photo of what you packed."
_WHY = {"restocking": "A restocking fee is kept.", "lost_value": "It shows signs of use."}
"""Where the policy gives no reason of its own."""


def about_offer(kind: NoticeKind, state: CaseState, extras: Iterable[NoticeExtra]) -> dict[str, Any]:
    """The fields of a notice of these kinds that differ from those of others; empty for all other kinds."""
    if kind is NoticeKind.SENT_BACK and state.sent_back is not None:
        sent = state.sent_back
        came = tuple(NoticeLine(title=_title(state, one), quantity=count) for one, count in state.received.items())
        return {"lines": came, "tracking_number": sent.tracking_number, "carrier": sent.carrier}
    if kind is NoticeKind.EVIDENCE_WANTED and state.empty_box is not None:
        return _of_empty_box(state)
    plan, quote = state.plan, state.quote
    if kind is not NoticeKind.OFFER or plan is None or plan.offer is None or quote is None or state.order is None:
        return {}
    until, locale = state.answer_until, state.order.locale
    return {
        "lines": tuple(_offered(state, plan, line_id) for line_id in (line.line_id for line in plan.lines)),
        "extras": tuple(one for one in extras if one.what not in _IN_LINES),
        "quoted_total": amount(Money(minor=plan.total + plan.offer.kept, currency=plan.currency), locale),
        "reply_until": day(until.date(), locale) if until else "",
    }


def _of_empty_box(state: CaseState) -> dict[str, Any]:
    until, locale = state.empty_box.until if state.empty_box else None, state.order.locale if state.order else ""
    reason = NoticeReason(code="empty_box", text=_EMPTY)
    asked = state.expected.items()
    lines = tuple(NoticeLine(title=_title(state, one), quantity=count, reasons=(reason,)) for one, count in asked)
    return {"lines": lines, "extras": (), "total": "", "reply_until": day(until.date(), locale) if until else ""}


def _offered(state: CaseState, plan: RefundPlan, line_id: str) -> NoticeLine:
    """A line with what of it goes back, after what is kept of it; with what was quoted for it where that was more."""
    locale = state.order.locale if state.order else ""
    now, quoted = _worth(plan, line_id), _quoted(state, plan, line_id)
    fees = [fee for fee in plan.fees if fee.line_id == line_id and fee.amount]
    return NoticeLine(
        title=_title(state, line_id),
        quantity=_count(plan, line_id),
        amount=amount(Money(minor=now, currency=plan.currency), locale),
        quoted=amount(Money(minor=quoted, currency=plan.currency), locale) if quoted > now else "",
        reasons=tuple(dict.fromkeys(map(_why, fees))) if quoted > now else (),
    )


def _why(fee: Fee) -> NoticeReason:
    return NoticeReason(code=fee.kind, text=fee.reason or _WHY.get(fee.kind, ""))


def _quoted(state: CaseState, plan: RefundPlan, line_id: str) -> int:
    """What was quoted for as many units as came."""
    quote = state.quote
    most = _count(quote, line_id) if quote else 0
    return half_up(_worth(quote, line_id) * min(most, _count(plan, line_id)), most) if quote and most else 0


def _count(plan: RefundPlan, line_id: str) -> int:
    return sum(line.quantity for line in plan.lines if line.line_id == line_id)


def _worth(plan: RefundPlan, line_id: str) -> int:
    gross = sum(line.gross for line in plan.lines if line.line_id == line_id)
    return gross - sum(fee.amount for fee in plan.fees if fee.line_id == line_id)


def _title(state: CaseState, line_id: str) -> str:
    return state.order.titles.get(line_id, line_id) if state.order else line_id
