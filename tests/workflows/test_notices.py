"""What the mails of a return tell, from its facts, in the language of the order."""

from __future__ import annotations

from datetime import UTC, date, datetime

from domain.case import OrderBrief
from domain.notice import Extra, NoticeExtra, NoticeKind, NoticePart, NoticeReason
from domain.order import TenderKind
from domain.plan import Component, ComponentKind, Fee, FeeKind, Leg, PlanLine, RefundPlan
from domain.policy import Decision, LineDecision, Reason, Verdict
from domain.refund import Refund, RefundStatus
from domain.request import RequestedLine, ReturnRequest
from workflows.return_case.notices import notice
from workflows.return_case.refund_mail import refund_notice
from workflows.return_case.state import CaseState

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BRIEF = OrderBrief(
    order_id="o-1", number="#1", customer_id="c-1", currency="EUR", locale="de-DE", titles={"1": "Lampe", "2": "Tasse"}
)
DECISION = Decision(
    verdict=Verdict.APPROVE,
    policy="p@1",
    decided_at=NOW,
    send_back_until=NOW,
    send_back_day=date(2026, 12, 4),
    lines=(
        LineDecision(line_id="1", quantity=2, verdict=Verdict.APPROVE, reasons=()),
        LineDecision(
            line_id="2",
            quantity=1,
            verdict=Verdict.DECLINE,
            returnable_day=date(2026, 11, 1),
            reasons=(
                Reason(code="return_period_ended", verdict=Verdict.DECLINE, text="It ended."),
                Reason(code="units_available", verdict=Verdict.APPROVE, text="They are there."),
            ),
        ),
    ),
)
# 1,200.00 for two lamps and 4.90 for delivery, less 4.99 for the label.
PLAN = RefundPlan(
    order_id="o-1",
    currency="EUR",
    lines=(
        PlanLine(
            line_id="1",
            title="Lampe",
            quantity=2,
            bought=2,
            paid=120000,
            units_before=0,
            gross_before=0,
            gross=120000,
            base=120000,
            base_units=2,
        ),
    ),
    shipping=490,
    components=(Component(line_id="1", kind=ComponentKind.NET, amount=120000),),
    fees=(Fee(kind=FeeKind.RETURN_SHIPPING, base=499, amount=499),),
    legs=(Leg(tender_id="pi_1", kind=TenderKind.CARD, amount=119991),),
    total=119991,
)
STATE = CaseState(
    request=ReturnRequest(id="R-1", order_id="o-1", lines=(RequestedLine(line_id="1", quantity=2),)),
    order=BRIEF,
    decision=DECISION,
    quote=PLAN,
)


def test_amounts_and_days_are_german_for_a_german_order() -> None:
    told = notice(NoticeKind.APPROVED, STATE)
    assert (told.total, told.send_back_until) == ("1.199,91 EUR", "4. Dezember 2026")
    lamp, mug = told.lines
    assert (lamp.title, lamp.quantity, lamp.amount, lamp.reasons) == ("Lampe", 2, "1.200,00 EUR", ())
    ended = NoticeReason(code="return_period_ended", text="It ended.", day="1. November 2026")
    assert (mug.title, mug.amount, mug.reasons) == ("Tasse", "", (ended,))


def test_what_is_between_the_items_and_the_total_is_told() -> None:
    assert notice(NoticeKind.APPROVED, STATE).extras == (
        NoticeExtra(what=Extra.SHIPPING, amount="4,90 EUR"),
        NoticeExtra(what=Extra.RETURN_SHIPPING, amount="-4,99 EUR"),
    )


def test_what_does_not_add_up_is_not_told() -> None:
    odd = STATE.model_copy(update={"quote": PLAN.model_copy(update={"total": 100000})})
    assert notice(NoticeKind.APPROVED, odd).extras == ()
    assert notice(NoticeKind.IN_REVIEW, STATE).extras == ()


def test_english_orders_stay_english_and_so_do_all_others() -> None:
    for locale in ("en-GB", "pl"):
        order = BRIEF.model_copy(update={"locale": locale})
        told = notice(NoticeKind.APPROVED, STATE.model_copy(update={"order": order}))
        assert (told.total, told.send_back_until) == ("1,199.91 EUR", "4 December 2026")


def test_a_refund_alone_is_told_in_the_orders_language() -> None:
    refund = Refund(
        key="refund:R-1:1:pi_1:1",
        provider_id="re_1",
        payment="pi_1",
        amount=119991,
        currency="EUR",
        status=RefundStatus.SUCCEEDED,
        updated_at=NOW,
    )
    told = refund_notice(NoticeKind.REFUND_DONE, "R-1", BRIEF, refund)
    # Ten business days from Friday, 20 November.
    assert (told.total, told.shows_by) == ("1.199,91 EUR", "4. Dezember 2026")
    assert told.parts == (NoticePart(to=TenderKind.CARD, amount="1.199,91 EUR"),)
    done = STATE.model_copy(update={"plan": PLAN, "refunds": (refund,)})
    assert notice(NoticeKind.REFUND_DONE, done).parts == told.parts
    assert notice(NoticeKind.REFUND_DONE, done).shows_by == told.shows_by
