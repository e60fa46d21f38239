"""The notice of each turn, from what is known of the return. No personal data: that is read where mail is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain import notice_ids
from domain.method import Method
from domain.money import Money
from domain.notice import Extra, Notice, NoticeExtra, NoticeKind, NoticeLine, NoticeReason
from domain.parcel import ReturnLabel
from domain.plan import RefundPlan
from domain.policy import LineDecision, Verdict
from domain.policy.calendar import local_day
from domain.printing import amount, day, moment
from domain.refund import FINAL_NO
from domain.request import Basis
from domain.resolution import IN_GOODS, Resolution
from workflows.return_case.offer_mail import about_offer
from workflows.return_case.refund_mail import on_statement
from workflows.return_case.state import CaseState


def notice(kind: NoticeKind, state: CaseState, number: int = 1) -> Notice:
    """The n-th notice of this kind as the case stands now. Raises ValueError before the order is known."""
    if state.order is None or state.request is None:
        raise ValueError("a notice needs the order")
    label = state.label if not state.label_void else None
    locale, total = state.order.locale, None if _without_money(kind, state) else _total(state)
    extras = _extras(state) if total else ()
    made = Notice(
        key=notice_ids.notice_key(state.request.id, kind, number),
        kind=kind,
        case=state.request.id,
        order_id=state.order.order_id,
        order_number=state.order.number,
        customer_id=state.order.customer_id,
        locale=locale,
        lines=_about(kind, state),
        extras=extras,
        total=amount(total, locale) if total and kind is not NoticeKind.PAYMENT_DUE else _missing(kind, state),
        bonus=_bonus(state, locale) if total else "",
        resolution=state.resolution,
        nothing_left=_nothing_left(state),
        label_url=label.url if label and not _by_code(label) else "",
        keeps=state.decision.keeps if state.decision else None,
        another_label=bool(state.old_labels),
        method=state.label.method if state.label else None,
        qr_url=label.qr_url if label else "",
        packing_sheet_url=state.label.sheet_url if state.label else "",
        tracking_number=_tracking(kind, state),
        carrier=state.sent[-1].carrier if kind is NoticeKind.EXCHANGE_SHIPPED and state.sent else "",
        valid_until=_valid_until(kind, state),
        **_goods_out(kind, state),
        refunded=state.early is not None,
        stated_at=_stated_at(kind, state),
        expected_by=_expected_by(kind, state),
        reply_until=_reply_until(kind, state),
        send_back_until=day(state.decision.last_day_to_send, locale) if state.decision else "",
        provider_reference=", ".join(one.arn or one.provider_id for one in state.refunds if one.status not in FINAL_NO),
        **on_statement(state),
    )
    return made.model_copy(update=about_offer(kind, state, extras))


def _by_code(label: ReturnLabel) -> bool:
    return label.method is Method.QR_CODE and bool(label.qr_url)


def _without_money(kind: NoticeKind, state: CaseState) -> bool:
    """These promise none; that of a lost part would name the money of what came."""
    return kind in (NoticeKind.IN_REVIEW, NoticeKind.SENT_BACK) or (kind is NoticeKind.LOST and bool(state.parts))


def withdrawn(state: CaseState) -> tuple[LineDecision, ...]:
    """What the shopper's request withdraws from, as far as a law lets them."""
    lines = state.decision.approved if state.decision else ()
    return tuple(line for line in lines if line.basis is Basis.WITHDRAWAL)


def _stated_at(kind: NoticeKind, state: CaseState) -> str:
    if kind not in (NoticeKind.WITHDRAWAL_RECEIPT, NoticeKind.REQUEST_RECEIVED):
        return ""
    asked = state.request.requested_at if state.request else None
    stated = asked or (state.decision.decided_at if state.decision else None)
    return moment(stated, _locale(state), state.order.zone) if stated and state.order else ""


def _number(kind: NoticeKind, state: CaseState) -> str:
    """The parcel's number: of one that was seen, the one that the carrier has; of the others the label's."""
    seen = [one.tracking_number for one in state.scans] if kind is NoticeKind.IN_TRANSIT else []
    seen += [one.tracking_number or "" for one in state.handed_over] if kind is NoticeKind.IN_TRANSIT else []
    return seen[-1] if seen else (state.label.tracking_number if state.label else "")


def _valid_until(kind: NoticeKind, state: CaseState) -> str:
    until = state.label_until if kind is NoticeKind.LABEL_EXPIRING else None
    return day(local_day(until, state.order.zone), _locale(state)) if until and state.order else ""


def _expected_by(kind: NoticeKind, state: CaseState) -> str:
    until = state.write_by if kind is NoticeKind.INSPECTION_DELAYED else state.review_until
    return day(until.date(), _locale(state)) if until else ""


def _reply_until(kind: NoticeKind, state: CaseState) -> str:
    until = state.pay_until if kind is NoticeKind.PAYMENT_DUE else None
    if state.evidence and kind is NoticeKind.EVIDENCE_WANTED:
        until = state.evidence[-1].until
    return day(until.date(), _locale(state)) if until else ""


def _locale(state: CaseState) -> str:
    return state.order.locale if state.order else ""


def _total(state: CaseState) -> Money | None:
    quoted = Money(minor=state.quote.total, currency=state.quote.currency) if state.quote else None
    total = state.planned or quoted
    nothing = total is not None and not total.minor and state.resolution is Resolution.EXCHANGE
    return None if nothing else total


def _bonus(state: CaseState, locale: str) -> str:
    plan = state.plan or state.quote
    return amount(Money(minor=plan.bonus.amount, currency=plan.currency), locale) if plan and plan.bonus else ""


def _in_parcel(state: CaseState) -> tuple[NoticeLine, ...]:
    titles = dict(state.order.titles) if state.order else {}
    titles |= {one.new_line: one.title for one in state.promised}
    parcel = state.sent[-1].lines if state.sent else {}
    return tuple(NoticeLine(title=titles.get(one, one), quantity=count) for one, count in parcel.items())


def _tracking(kind: NoticeKind, state: CaseState) -> str:
    if kind is NoticeKind.EXCHANGE_SHIPPED:
        return state.sent[-1].tracking_number if state.sent else ""
    if kind is NoticeKind.LOST and state.parts:
        return ""  # which of its parcels it is, nobody has said
    return _number(kind, state)


def _missing(kind: NoticeKind, state: CaseState) -> str:
    if kind is not NoticeKind.PAYMENT_DUE or state.payment_asked is None:
        return ""
    return amount(Money(minor=state.payment_asked.amount, currency=state.payment_asked.currency), _locale(state))


def _goods_out(kind: NoticeKind, state: CaseState) -> dict[str, Any]:
    """What is promised for the goods, and what is to be paid for it."""
    locale, currency = _locale(state), state.order.currency if state.order else ""
    promised = state.promised if state.resolution in IN_GOODS else ()
    found: dict[str, Any] = {
        "goods_out": tuple(f"{one.quantity} x {one.title}" for one in promised),
        "to_pay": amount(Money(minor=state.to_pay, currency=currency), locale) if promised and state.to_pay else "",
        "gave_way": state.gave_way,
    }
    if kind is NoticeKind.PAYMENT_DUE and state.pay_until:
        found |= {"action_url": state.pay_url}
    return found


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
        case NoticeKind.WITHDRAWAL_RECEIPT:
            return _named(state, withdrawn(state))
        case NoticeKind.REQUEST_RECEIVED:
            return _named(state, state.decision.lines if state.decision else ())
        case NoticeKind.EVIDENCE_WANTED:
            return _wanted(state)
        case NoticeKind.IN_REVIEW:
            return (*_sendable(state), *_declined(state))
        case NoticeKind.EXCHANGE_SHIPPED:
            return _in_parcel(state)
        case NoticeKind.LOST if state.parts:
            return _missing_goods(state)
        case NoticeKind.PAYMENT_DUE:
            return tuple(NoticeLine(title=one.title, quantity=one.quantity) for one in state.promised)
        case _:
            return _lines(state)


def _plan(state: CaseState) -> RefundPlan | None:
    # A plan that goes on from another pays what that left owed, and names no goods.
    return state.plan if state.plan and state.plan.lines else state.quote


def _lines(state: CaseState) -> tuple[NoticeLine, ...]:
    plan, locale = _plan(state), _locale(state)
    if plan is None:
        return _sendable(state) if state.resolution in IN_GOODS else ()
    return tuple(
        NoticeLine(
            title=line.title,
            quantity=line.quantity,
            amount=amount(Money(minor=line.gross, currency=plan.currency), locale),
        )
        for line in plan.lines
    )


def _extras(state: CaseState) -> tuple[NoticeExtra, ...]:
    """What leads from the items to the total; nothing where it would not add up, as after a plan that was overtaken."""
    plan, total = _plan(state), _total(state)
    if plan is None or total is None:
        return ()
    found = {
        Extra.SHIPPING: plan.shipping,
        Extra.DUTIES: sum(line.duties for line in plan.lines),
        Extra.TIP: plan.tip,
        Extra.EXCHANGED: -plan.exchanged,
    }
    for fee in plan.fees:
        extra = Extra(fee.kind)
        found[extra] = found.get(extra, 0) - fee.amount
    if sum(line.gross for line in plan.lines) + sum(found.values()) != total.minor:
        return ()
    return tuple(
        NoticeExtra(what=what, amount=amount(Money(minor=minor, currency=plan.currency), _locale(state)))
        for what, minor in found.items()
        if minor
    )


def _sendable(state: CaseState) -> tuple[NoticeLine, ...]:
    """What may be sent, without an amount."""
    return _named(state, state.decision.approved if state.decision else ())


def _named(state: CaseState, lines: Iterable[LineDecision]) -> tuple[NoticeLine, ...]:
    titles = state.order.titles if state.order else {}
    return tuple(NoticeLine(title=titles.get(line.line_id, line.line_id), quantity=line.quantity) for line in lines)


def _missing_goods(state: CaseState) -> tuple[NoticeLine, ...]:
    """What did not come with the other parcels."""
    titles = state.order.titles if state.order else {}
    return tuple(NoticeLine(title=titles.get(one, one), quantity=count) for one, count in state.expected.items())


def _wanted(state: CaseState) -> tuple[NoticeLine, ...]:
    """What the shopper is asked to show, of which items."""
    titles = state.order.titles if state.order else {}
    units = {line.line_id: line.quantity for line in (state.decision.lines if state.decision else ())}
    return tuple(
        NoticeLine(title=titles.get(one.line_id, one.line_id), quantity=units.get(one.line_id, 1), wanted=one.proof)
        for one in (state.evidence[-1].wanted if state.evidence else ())
    )


def _declined(state: CaseState) -> tuple[NoticeLine, ...]:
    titles = state.order.titles if state.order else {}
    lines = state.decision.lines if state.decision else ()
    return tuple(
        NoticeLine(
            title=titles.get(line.line_id, line.line_id), quantity=line.quantity, reasons=_against(line, _locale(state))
        )
        for line in lines
        if line.verdict is Verdict.DECLINE
    )


def _against(line: LineDecision, locale: str) -> tuple[NoticeReason, ...]:
    # The day is the end of a period that is over; while any is open, it would be that one's.
    until = line.returnable_day if not line.open else None
    printed = day(until, locale) if until else ""
    return tuple(
        NoticeReason(code=one.code, text=one.text, day=printed)
        for one in line.reasons
        if one.verdict is Verdict.DECLINE
    )
