"""The terms that were decided are the terms that are paid by, with the grade that the warehouse saw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.decisions import AnswerOffer, DecisionActivities, OpenReturn, PlanRefund, RecordSentBack
from activities.inventory import RecordInspection
from activities.payments import PayLeg, PaymentActivities
from activities.storefront import FetchOrder
from domain.errors import Refused
from domain.inspection import Grade, InspectedLine, Inspection
from domain.offer import Answer, SentBack
from domain.plan import FeeKind, RefundPlan
from domain.policy import Decision, Verdict
from domain.request import Basis, ReturnReason
from ledger.credit_notes import CreditNotes
from tests.payments.fake import FakeProvider
from tests.policy.cases import STATUTES
from tests.shop import NOW, Shop, request

FEES: dict[str, Any] = {
    "restocking": [
        {"percent": 10, "reason": "Opened", "when": {"grade": "grade_b"}},
        {"percent": 50, "when": {"grade": ["grade_c", "grade_d"]}},
    ]
}
SINCE = NOW - timedelta(days=30)


def planned(shop: Shop, *seen: tuple[str, int, Grade], case: str = "R-1") -> RefundPlan:
    """What is owed for units of these grades, which have all come."""
    lines = tuple(InspectedLine(line_id=line, quantity=quantity, grade=grade) for line, quantity, grade in seen)
    inspection = Inspection(id="insp-1", inspected_by="bench", lines=lines)
    shop.inventory.record_inspection(RecordInspection(case=case, order_id="two-rates", inspection=inspection, now=NOW))
    return shop.decisions.plan_refund(PlanRefund(case=case, order_id="two-rates", inspection=inspection, now=NOW))


def decided(shop: Shop, case: str = "R-1") -> Decision:
    return Decision.model_validate(shop.entry(f"decision:{case}").facts["decision"])


def under_german_law(shop: Shop) -> None:
    shop.decisions = DecisionActivities(
        shop.snapshots, shop.policies, shop.ledger, shop.people, statutes=(STATUTES["de-withdrawal"],)
    )


def test_the_grade_makes_the_fee_and_the_difference_has_its_reason(shop: Shop) -> None:
    shop.publish(since=SINCE, **FEES)
    opened = shop.begin("R-1", {"1": 3})
    assert opened.quote is not None
    assert opened.quote.fees == ()
    shop.receive("R-1", {"1": 3})
    plan = planned(shop, ("1", 1, Grade.A), ("1", 1, Grade.B), ("1", 1, Grade.D))
    # three mugs are 35.29: a third is 11.76, of which 10 % and 50 %
    assert [(fee.kind, fee.base, fee.rate, fee.amount, fee.reason) for fee in plan.fees] == [
        (FeeKind.RESTOCKING, 1176, "10", 118, "Opened"),
        (FeeKind.RESTOCKING, 1176, "50", 588, ""),
    ]
    assert plan.total == 3529 - 118 - 588
    assert shop.entry("plan:R-1:1").reasons == ("other_fees_than_quoted",)
    assert shop.sound()


def test_a_policy_that_is_published_later_changes_no_decided_return(shop: Shop) -> None:
    shop.publish(since=SINCE, restocking=[{"percent": 20}])
    opened = shop.begin("R-1", {"1": 3})
    assert opened.quote is not None
    shop.publish(since=SINCE + timedelta(days=1), restocking=[{"percent": 90}])
    shop.receive("R-1", {"1": 3})
    plan = planned(shop, ("1", 3, Grade.A))
    assert plan.total == opened.quote.total == 3529 - 706
    assert shop.entry("plan:R-1:1").reasons == ()


def test_what_is_to_be_reviewed_waits_for_a_person_before_it_is_paid(shop: Shop) -> None:
    shop.publish(since=SINCE, judgement=[{"verdict": "review", "reason": "Many returns."}])
    opened = shop.begin("R-1", {"1": 1})
    assert (opened.decision.verdict, opened.decision.lines[0].verdict) == (Verdict.REVIEW, Verdict.REVIEW)
    assert opened.quote is not None
    shop.receive("R-1", {"1": 1})
    assert planned(shop, ("1", 1, Grade.A)).automatic_limit == 0


def test_the_law_stands_under_the_policy(shop: Shop) -> None:
    delivered = datetime(2026, 11, 18, 12, tzinfo=UTC)
    lines = [
        {**line.model_dump(), "deliveries": [{"quantity": line.quantity, "at": delivered}]}
        for line in shop.sell().lines
    ]
    shop.sell(lines=lines, country="DE")
    shop.publish(since=SINCE, window_days=0, refund_shipping="never", restocking=[{"percent": 30}])
    under_german_law(shop)
    opened = shop.begin("R-1", {"1": 3})
    line = opened.decision.lines[0]
    assert (line.verdict, line.basis) == (Verdict.APPROVE, Basis.WITHDRAWAL)
    assert line.statutes == (STATUTES["de-withdrawal"].ref,)
    assert opened.quote is not None
    # no fee, and of delivery (4.95) the share of 35.29 in 103.55
    assert (opened.quote.fees, opened.quote.shipping) == ((), 169)
    assert decided(shop).obligations
    assert shop.sound()


def test_the_days_to_inspect_are_those_that_were_decided(shop: Shop) -> None:
    shop.publish(since=SINCE, inspection_days=9, deadlines=[{"inspection_days": 2}])
    shop.begin("R-1", {"1": 1})
    assert shop.receive("R-1", {"1": 1}) == NOW + timedelta(days=2)


def test_a_taxed_fee_carries_its_tax_into_plan_journal_and_credit_note(shop: Shop) -> None:
    rule = {"percent": 50, "tax_percent": 19, "when": {"grade": "grade_c"}}
    shop.publish(since=SINCE, restocking=[rule])
    shop.begin("R-1", {"1": 1})
    shop.receive("R-1", {"1": 1})
    plan = planned(shop, ("1", 1, Grade.C))
    # half of 1176 is 588, and 588 * 19 / 119 of it is tax
    assert [(fee.amount, fee.tax, fee.tax_rate) for fee in plan.fees] == [(588, 94, "0.19")]
    entry = shop.entry("plan:R-1:1")
    kept = {one.credit: one.amount for one in entry.transfers if one.credit.startswith("fees")}
    assert kept == {"fees:restocking": 494, "fees:restocking:tax": 94}
    payments = PaymentActivities(FakeProvider(), shop.ledger, CreditNotes(shop.ledger, shop.snapshots))
    leg = PayLeg(
        case="R-1", order_id="two-rates", plan=1, payment="pi_demo_two_rates", amount=plan.total, attempt=1, now=NOW
    )
    with pytest.raises(Refused) as refused:
        payments.pay_leg(leg)
    assert refused.value.code == "offer_stands"
    agreed = AnswerOffer(case="R-1", order_id="two-rates", by="shopper", plan=1, answer=Answer.ACCEPT, now=NOW)
    shop.decisions.answer_offer(agreed)
    payments.pay_leg(leg)
    (note,) = [one.facts["credit_note"] for one in shop.ledger.entries() if "credit_note" in one.facts]
    assert [(one["amount"], one["tax"]) for one in note["fees"]] == [(588, 94)]


def test_what_is_kept_beyond_the_quote_is_offered_and_never_kept_where_the_law_forbids_it(shop: Shop) -> None:
    """Worn goods are worth 80 % less to the shop; the law lets it keep that after a withdrawal, and nothing of goods
    that do not conform."""
    worn = [{"percent": 80, "reason": "It was worn", "when": {"grade": ["grade_c", "grade_d"]}}]
    shop.publish(since=SINCE, lost_value=worn, restocking=[{"percent": 20}])
    delivered = datetime(2026, 11, 18, 12, tzinfo=UTC)
    lines = [
        {**line.model_dump(), "deliveries": [{"quantity": line.quantity, "at": delivered}]}
        for line in shop.sell().lines
    ]
    shop.sell(lines=lines, country="DE")
    for law, kept in (("de-withdrawal", [("lost_value", 941, "It was worn")]), ("de-non-conformity", [])):
        shop.decisions = DecisionActivities(
            shop.snapshots, shop.policies, shop.ledger, shop.people, statutes=(STATUTES[law],)
        )
        case, basis = f"R-{law}", Basis.WITHDRAWAL if kept else Basis.NON_CONFORMITY
        asked = request(case, {"1": 1}).model_copy(update={"basis": basis})
        reason = ReturnReason.UNWANTED if kept else ReturnReason.DEFECTIVE
        asked = asked.model_copy(update={"lines": (asked.lines[0].model_copy(update={"reason": reason}),)})
        shop.storefront.fetch_order(FetchOrder(request=asked, now=NOW))
        opened = shop.decisions.open_return(OpenReturn(request=asked, order_id="two-rates", now=NOW))
        assert opened.quote is not None
        assert opened.quote.fees == ()  # no restocking fee by either law
        shop.receive(case, {"1": 1})
        plan = planned(shop, ("1", 1, Grade.C), case=case)
        # A mug is 11.76, of which 80 % are 9.41 (half up of 9.408).
        assert [(fee.kind.value, fee.amount, fee.reason) for fee in plan.fees] == kept
        assert (plan.offer is not None) is bool(kept)
        if plan.offer is not None:
            assert (plan.offer.kept, (plan.offer.until - NOW).days) == (941, 14)


def test_up_to_what_the_policy_lets_pass_nothing_is_asked(shop: Shop) -> None:
    shop.publish(since=SINCE, **FEES, offer_above={"EUR": 118})
    for case, grade, asked in (("R-1", Grade.B, False), ("R-2", Grade.D, True)):
        shop.begin(case, {"1": 1})
        shop.receive(case, {"1": 1})
        assert (planned(shop, ("1", 1, grade), case=case).offer is not None) is asked


def test_what_would_take_all_waits_for_the_shopper_and_goes_back_if_they_want(shop: Shop) -> None:
    shop.publish(since=SINCE, restocking=[{"percent": 100, "when": {"grade": "grade_d"}}], deadlines=[])
    shop.begin("R-1", {"1": 1})
    shop.receive("R-1", {"1": 1})
    plan = planned(shop, ("1", 1, Grade.D))
    assert (plan.total, plan.legs, shop.entry("plan:R-1:1").transfers) == (0, (), ())
    wanted = AnswerOffer(case="R-1", order_id="two-rates", by="shopper", plan=1, answer=Answer.SEND_BACK, now=NOW)
    shop.decisions.answer_offer(wanted)
    sent = SentBack(by="dock", tracking_number="BH1")
    shop.decisions.record_sent_back(RecordSentBack(case="R-1", order_id="two-rates", sent_back=sent, now=NOW))
    assert shop.ledger.balance("with_customer:two-rates:1", "UNITS").available == 3
    assert shop.sound()
