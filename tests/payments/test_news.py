"""What the provider says of its own accord: read again and recorded once, in any order and however often it is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine

from activities.payments import PayLeg, PaymentActivities
from activities.payments.collecting import Collecting, GiveBack
from activities.payments.hearing import HearDispute, HearPayment, HearRefund
from activities.payments.news import NewsActivities
from domain.errors import Refused
from domain.news import DisputeNews, Heard, PaymentNews, RefundNews, Turn
from domain.order import EarlierRefund, RefundedLine
from domain.provider import ProviderRefund
from domain.refund import Refund, RefundStatus
from ledger import EntryKind
from ledger.credit_notes import CreditNotes, issued_by
from ledger.days import Days
from ledger.disputes import last_loss, loss_name, open_disputes
from ledger.facts import Facts
from ledger.reports.exceptions import exceptions
from tests.payments.fake import FakeProvider
from tests.shop import NOW, Shop, card, transfers

# Two mugs and the book come back: 4624 cents of 10850; see tests/decisions/test_plan_refund.py.
UNITS = {"1": 2, "2": 1}
KEY = "refund:R-1:1:pi_1:1"
NEXT = "refund:R-1:1:pi_1:2"


class Desk:
    """A shop whose return R-1 is planned, with a provider in this process."""

    def __init__(self, engine: Engine, tender: dict[str, object] | None = None, earlier: Sequence[object] = ()) -> None:
        self.shop = Shop(engine)
        self.shop.publish()
        self.shop.sell(tenders=[tender or card("pi_1", 10850, NOW)], refunds=list(earlier))
        self.shop.begin("R-1", UNITS)
        self.shop.receive("R-1", UNITS)
        self.shop.plan("R-1", UNITS)
        self.provider = FakeProvider()
        ledger, snapshots = self.shop.ledger, self.shop.snapshots
        notes = CreditNotes(ledger, snapshots)
        self.payments = PaymentActivities(self.provider, ledger, notes)
        self.news = NewsActivities(self.provider, ledger, snapshots, notes)

    def pay(self, attempt: int = 1, amount: int = 4624) -> Refund:
        return self.payments.pay_leg(
            PayLeg(case="R-1", order_id="two-rates", plan=1, payment="pi_1", amount=amount, attempt=attempt, now=NOW)
        )

    def hear(self, refund: str = "re_1", status: RefundStatus = RefundStatus.SUCCEEDED) -> Heard:
        """An event about a refund; what it claims should not matter."""
        told = RefundNews(
            event="evt_1",
            refund=refund,
            payment="pi_1",
            amount=1,
            currency="EUR",
            status=status,
            created_at=NOW,
            at=NOW,
        )
        return self.news.hear_refund(HearRefund(order_id="two-rates", news=told, now=NOW + timedelta(days=9)))

    def dispute(
        self, status: str, event: str = "evt_d", amount: int = 10850, day: int = 0, name: str = "dp_1"
    ) -> Heard:
        told = DisputeNews(
            event=event,
            dispute=name,
            payment="pi_1",
            amount=amount,
            currency="EUR",
            status=status,
            reason="product_not_received",
            due=NOW + timedelta(days=7),
            at=NOW + timedelta(days=day),
        )
        return self.news.hear_dispute(HearDispute(order_id="two-rates", news=told, now=NOW))

    def elsewhere(self, amount: int, status: RefundStatus = RefundStatus.SUCCEEDED, id: str = "re_x") -> None:
        """Somebody refunds in the provider's dashboard."""
        self.provider.elsewhere = [
            ProviderRefund(
                id=id,
                payment="pi_1",
                amount=amount,
                currency="EUR",
                status=status,
                created_at=NOW + timedelta(hours=1),
            )
        ]

    def keys(self, *kinds: EntryKind) -> list[str]:
        return [one.key for one in self.shop.ledger.entries() if one.kind in kinds]

    def notes(self) -> list[tuple[str, int]]:
        return [(one.name, one.total) for entry in self.shop.ledger.entries() if (one := issued_by(entry))]


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


OF_REFUNDS = (EntryKind.REFUND_SETTLED, EntryKind.REFUND_FAILED, EntryKind.REFUND_REVERSED, EntryKind.REFUND_TRACED)


# ── Refunds of ours ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_object_counts_not_what_the_event_claims(desk: Desk) -> None:
    desk.provider.status = RefundStatus.PENDING
    desk.pay()
    assert desk.hear(status=RefundStatus.SUCCEEDED).refund.status is RefundStatus.PENDING  # type: ignore[union-attr]
    assert desk.keys(*OF_REFUNDS) == []
    desk.provider.move(KEY, RefundStatus.SUCCEEDED)
    for claimed in (RefundStatus.FAILED, RefundStatus.PENDING):
        heard = desk.hear(status=claimed)
        assert (heard.turn, heard.failed_late) == (Turn.REFUND_OF_OURS, False)
    assert desk.keys(*OF_REFUNDS) == [f"settled:{KEY}"]
    assert desk.shop.sound()


def test_the_banks_reference_comes_after_the_settlement(desk: Desk) -> None:
    desk.pay()
    desk.provider.move(KEY, RefundStatus.SUCCEEDED, arn="7420")
    for _ in range(2):
        assert desk.hear().refund.arn == "7420"  # type: ignore[union-attr]
    assert desk.keys(*OF_REFUNDS) == [f"settled:{KEY}", f"traced:{KEY}"]
    assert desk.shop.entry(f"traced:{KEY}").transfers == ()


def test_a_late_failure_is_owed_again_and_paid_by_the_next_attempt(desk: Desk) -> None:
    desk.pay()
    desk.provider.move(KEY, RefundStatus.FAILED, reason="expired_or_canceled_card")
    for _ in range(2):
        heard = desk.hear()
        assert (heard.failed_late, heard.owed) == (True, 4624)
    reversed_ = desk.shop.entry(f"reversed:{KEY}")
    assert transfers(reversed_) == [("single", "tender:pi_1", "owed:R-1", "EUR", 4624)]
    assert desk.pay().status is RefundStatus.FAILED  # the first attempt stays what it is
    assert desk.pay(attempt=2).status is RefundStatus.SUCCEEDED
    assert desk.keys(*OF_REFUNDS) == [f"settled:{KEY}", f"reversed:{KEY}", f"settled:{NEXT}"]
    assert desk.hear().owed == 0
    assert [total for _, total in desk.notes()] == [4624, 4624, 4624]  # issued, cancelled, issued again
    assert desk.shop.money("owed:R-1").posted == 0
    assert desk.shop.sound()


def test_what_suspense_left_owed_of_a_late_failure_is_paid_by_the_next_attempt(desk: Desk) -> None:
    desk.pay()
    desk.elsewhere(10850 - 4624 + 500)
    desk.hear("re_x")
    desk.provider.move(KEY, RefundStatus.FAILED, reason="expired_or_canceled_card")
    heard = desk.hear()
    assert (heard.failed_late, heard.owed, heard.covered) == (True, 4124, 500)
    for amount in (4624, 4125):
        with pytest.raises(Refused) as no:
            desk.pay(attempt=2, amount=amount)
        assert no.value.code == "plan_withdrawn"
    paid = desk.pay(attempt=2, amount=4124)
    assert (paid.status, paid.amount) == (RefundStatus.SUCCEEDED, 4124)
    assert desk.shop.entry(NEXT).facts["intention"]["amount"] == 4124
    assert desk.hear().owed == 0
    assert [desk.shop.money(one).posted for one in ("owed:R-1", "suspense:two-rates", "tender:pi_1")] == [0, 0, 0]
    assert [total for _, total in desk.notes()] == [4624, 4624, 4624]  # issued, cancelled, issued again
    assert desk.shop.sound()


def closed_and_failed_late(desk: Desk) -> None:
    desk.pay()
    desk.shop.close("R-1")
    desk.provider.move(KEY, RefundStatus.FAILED, reason="insufficient_funds")
    assert desk.hear().owed == 4624


@pytest.mark.parametrize(("taken", "owed"), [(10850, 0), (8000, 2850), (4624, 4624)])
def test_what_went_back_elsewhere_after_a_late_failure_is_not_owed_as_far_as_the_order_had_no_more(
    desk: Desk, taken: int, owed: int
) -> None:
    closed_and_failed_late(desk)
    desk.elsewhere(taken)
    for _ in range(2):
        assert desk.hear("re_x").for_finance == ""  # nothing stands in suspense for finance to clear
    for _ in range(2):
        heard = desk.hear()
        assert (heard.owed, heard.covered, heard.left) == (owed, 4624 - owed, 10850 - taken)
    assert [desk.shop.money(one).posted for one in ("owed:R-1", "suspense:two-rates")] == [owed, 0]
    cleared = [f"owed:R-1 {4624 - owed} rule:cover"] if owed < 4624 else []
    told = [one for one in desk.shop.ledger.entries() if one.kind is EntryKind.CLEARED]
    assert [f"{one.facts['account']} {one.facts['amount']} {one.actor}" for one in told] == cleared
    listed = list(exceptions(desk.shop.ledger, Days(), desk.shop.ledger.entries(), lambda order: ""))
    assert [one.why for one in listed if one.why in ("cleared", "covered")] == ["covered"] * len(cleared)
    with pytest.raises(Refused) as no:
        desk.pay(attempt=2, amount=owed + 1)
    assert no.value.code in ("plan_withdrawn", "not_planned")
    if owed:
        assert desk.pay(attempt=2, amount=owed).status is RefundStatus.SUCCEEDED
        assert desk.notes()[-1][1] == 4624
    assert desk.hear().owed == 0
    assert desk.shop.sound()


@pytest.mark.parametrize("first", [True, False], ids=["elsewhere first", "failure first"])
def test_what_had_covered_a_refund_that_comes_back_is_owed_again(desk: Desk, first: bool) -> None:
    desk.pay()
    desk.shop.close("R-1")
    desk.provider.move(KEY, RefundStatus.FAILED, reason="insufficient_funds")
    desk.elsewhere(8000)
    for told in ("re_x", "re_1") if first else ("re_1", "re_x"):
        desk.hear(told)
    assert [desk.shop.money(one).posted for one in ("owed:R-1", "suspense:two-rates")] == [2850, 0]
    desk.elsewhere(8000, RefundStatus.FAILED)
    for _ in range(2):
        heard = desk.hear("re_x")
        assert (heard.turn, heard.owed, heard.covered) == (Turn.REFUND_OF_OURS, 4624, 0)
        assert [desk.shop.money(one).posted for one in ("owed:R-1", "suspense:two-rates")] == [4624, 0]
    assert sum(one.posted for one in desk.shop.ledger.balances("paid:")) == 10850 - 4624
    assert desk.pay(attempt=2).status is RefundStatus.SUCCEEDED
    assert desk.notes()[-1][1] == 4624
    assert desk.shop.ledger.verify().open_accounts == ()
    assert desk.shop.sound()


def test_what_a_won_dispute_brings_back_is_owed_again_by_the_refund_that_it_had_covered(desk: Desk) -> None:
    closed_and_failed_late(desk)
    desk.dispute("lost", day=1)
    assert desk.shop.money("owed:R-1").posted == 0
    for _ in range(2):
        heard = desk.dispute("won", day=2)
        assert (heard.turn, heard.owed) == (Turn.REFUND_OF_OURS, 4624)
    assert [desk.shop.money(one).posted for one in ("owed:R-1", "suspense:two-rates")] == [4624, 0]


def test_what_an_open_return_owes_is_left_to_its_next_plan(desk: Desk) -> None:
    desk.pay()
    desk.provider.move(KEY, RefundStatus.FAILED, reason="insufficient_funds")
    desk.hear()
    desk.elsewhere(10850)
    assert "46.24 EUR more went back" in desk.hear("re_x").for_finance
    assert desk.shop.money("owed:R-1").posted == 4624


def test_a_first_attempt_pays_all_of_a_leg_and_none_pays_more(desk: Desk) -> None:
    for amount in (4623, 4625):
        with pytest.raises(Refused) as no:
            desk.pay(amount=amount)
        assert no.value.code == "not_planned"
    desk.provider.status = RefundStatus.FAILED
    desk.pay()
    with pytest.raises(Refused) as no:
        desk.pay(attempt=2, amount=4625)
    assert no.value.code == "not_planned"


def test_our_key_makes_it_ours_though_the_journal_does_not_know_it(desk: Desk) -> None:
    desk.elsewhere(500)
    (foreign,) = desk.provider.elsewhere
    desk.provider.elsewhere = [foreign.model_copy(update={"key": "refund:R-9:1:pi_1:1"})]
    heard = desk.hear("re_x")
    assert heard.turn is Turn.UNEXPLAINED
    assert "refund:R-9:1:pi_1:1" in heard.for_finance
    assert desk.keys(EntryKind.REFUND_ELSEWHERE) == []


def test_a_refund_that_was_given_up_and_paid_after_all_is_told_to_finance(desk: Desk) -> None:
    desk.provider.status = RefundStatus.FAILED
    desk.pay()
    desk.provider.move(KEY, RefundStatus.SUCCEEDED)
    heard = desk.hear()
    assert heard.turn is Turn.UNEXPLAINED
    assert "twice" in heard.for_finance


# ── Refunds made elsewhere ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_refund_made_elsewhere_withdraws_the_plan_and_names_who_has_to_plan_anew(desk: Desk) -> None:
    desk.elsewhere(8500)
    for _ in range(2):
        heard = desk.hear("re_x")
        assert (heard.turn, heard.returns, heard.for_finance) == (Turn.REFUND_ELSEWHERE, ("R-1",), "")
    entry = desk.shop.entry("elsewhere:re_x")
    assert entry.facts["withdrawn"] == ["plan:R-1:1"]
    assert desk.shop.money("tender:pi_1").posted == 10850 - 8500
    with pytest.raises(Refused) as no:
        desk.pay()
    assert no.value.code == "plan_withdrawn"


def test_one_that_fails_comes_back(desk: Desk) -> None:
    desk.elsewhere(8500, RefundStatus.PENDING)
    desk.hear("re_x")
    desk.elsewhere(8500, RefundStatus.FAILED)
    for _ in range(2):
        assert desk.hear("re_x").turn is Turn.REFUND_ELSEWHERE_FAILED
    assert desk.shop.money("tender:pi_1").posted == 10850
    assert desk.shop.sound()


def test_one_that_failed_before_it_was_heard_of_is_nothing(desk: Desk) -> None:
    desk.elsewhere(8500, RefundStatus.FAILED)
    before = desk.shop.recorded()
    assert desk.hear("re_x").turn is Turn.NOTHING_NEW
    assert desk.shop.recorded() == before


def test_one_that_a_person_entered_with_its_lines_is_there_already(desk: Desk) -> None:
    lines = (RefundedLine(line_id="1", quantity=1, gross=500),)
    told = EarlierRefund(id="re_x", at=NOW, money={"pi_1": 500}, lines=lines)
    Facts(desk.shop.ledger, desk.shop.snapshots).refunded_elsewhere("two-rates", told, "fay", NOW)
    desk.elsewhere(500)
    before = desk.shop.recorded()
    for _ in range(2):
        heard = desk.hear("re_x")
        assert (heard.turn, heard.returns, heard.for_finance) == (Turn.REFUND_ELSEWHERE, ("R-1",), "")
    desk.elsewhere(600)
    heard = desk.hear("re_x")
    assert (heard.turn, "another amount" in heard.for_finance) == (Turn.UNEXPLAINED, True)
    assert desk.shop.recorded() == before


def test_a_lost_dispute_that_a_person_entered_otherwise_is_there_already(desk: Desk) -> None:
    lines = (RefundedLine(line_id="1", quantity=1, gross=500),)
    told = EarlierRefund(id="dp_1", at=NOW, money={"pi_1": 10850}, lines=lines)
    facts = Facts(desk.shop.ledger, desk.shop.snapshots)
    facts.refunded_elsewhere("two-rates", told, "fay", NOW, EntryKind.DISPUTE_LOST)
    heard = desk.dispute("lost")
    assert (heard.turn, heard.returns, heard.for_finance) == (Turn.DISPUTE_LOST, ("R-1",), "")


def test_what_came_with_an_order_is_spent_once(engine: Engine) -> None:
    paid = NOW - timedelta(days=3)
    earlier = [{"id": "shop-1", "at": NOW, "money": {"pi_1": 1000}}]
    desk = Desk(engine, {**card("pi_1", 10850, paid), "refunded": 1000}, earlier)
    first = ProviderRefund(
        id="re_a", payment="pi_1", amount=900, currency="EUR", status=RefundStatus.SUCCEEDED, created_at=paid
    )
    second = first.model_copy(update={"id": "re_b", "created_at": paid + timedelta(hours=1)})
    desk.provider.elsewhere = [second, first]
    for _ in range(2):
        assert desk.hear("re_b").turn is Turn.REFUND_ELSEWHERE
        assert desk.hear("re_a").turn is Turn.NOTHING_NEW
    assert desk.keys(EntryKind.REFUND_ELSEWHERE) == ["elsewhere:re_b"]
    assert desk.shop.money("tender:pi_1").posted == 10850 - 1000 - 900


def test_more_than_there_is_stands_in_suspense_and_finance_hears_of_it(desk: Desk) -> None:
    desk.pay()
    desk.elsewhere(10850)
    heard = desk.hear("re_x")
    assert "46.24 EUR more went back" in heard.for_finance
    assert desk.shop.money("suspense:two-rates").posted == -4624


def test_another_currency_than_the_orders_is_not_entered_but_told_to_finance(desk: Desk) -> None:
    desk.elsewhere(5000)
    (yen,) = desk.provider.elsewhere
    desk.provider.elsewhere = [yen.model_copy(update={"currency": "JPY"})]
    lost = DisputeNews(event="e", dispute="dp_1", payment="pi_1", amount=5000, currency="JPY", status="lost", at=NOW)
    before = desk.shop.recorded()
    for heard in (desk.hear("re_x"), desk.news.hear_dispute(HearDispute(order_id="two-rates", news=lost, now=NOW))):
        assert heard.turn is Turn.UNEXPLAINED
        assert "5000 JPY" in heard.for_finance
        assert "108.50 EUR" in heard.for_finance
    assert desk.shop.recorded() == before
    in_euros = EarlierRefund(id="re_x", at=NOW, money={"pi_1": 3050})
    Facts(desk.shop.ledger, desk.shop.snapshots).refunded_elsewhere("two-rates", in_euros, "fay", NOW)
    assert desk.hear("re_x").turn is Turn.REFUND_ELSEWHERE
    assert desk.shop.money("tender:pi_1").posted == 10850 - 3050


@pytest.mark.parametrize("ours", [True, False], ids=["ours", "elsewhere"])
def test_a_payment_that_the_order_knows_by_its_charge_is_that_payment(desk: Desk, ours: bool) -> None:
    if ours:
        desk.pay()
        known = desk.provider.refresh("re_1", NOW)
        assert known.payment == "pi_1"
        desk.provider.made.clear()
    else:
        desk.elsewhere(500)
        (known,) = desk.provider.elsewhere
    desk.provider.elsewhere = [known.model_copy(update={"payment": "pi_new", "charge": "pi_1"})]
    assert desk.hear(known.id).turn is (Turn.REFUND_OF_OURS if ours else Turn.REFUND_ELSEWHERE)
    assert desk.shop.money("tender:pi_1").posted == 10850 - known.amount


def test_a_dispute_is_of_the_payment_that_the_order_knows(desk: Desk) -> None:
    told = DisputeNews(
        event="e", dispute="dp_1", payment="pi_new", charge="pi_1", amount=500, currency="EUR", status="open", at=NOW
    )
    desk.news.hear_dispute(HearDispute(order_id="two-rates", news=told, now=NOW))
    with pytest.raises(Refused) as no:
        desk.pay()
    assert no.value.code == "disputed"
    lost = told.model_copy(update={"status": "lost"})
    assert desk.news.hear_dispute(HearDispute(order_id="two-rates", news=lost, now=NOW)).turn is Turn.DISPUTE_LOST
    assert desk.shop.money("tender:pi_1").posted == 10850 - 500


# ── Disputes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dispute_stops_what_is_not_submitted_until_it_is_won(desk: Desk) -> None:
    heard = desk.dispute("needs_response")
    assert (heard.turn, heard.due) == (Turn.DISPUTE_OPENED, NOW + timedelta(days=7))
    assert "python -m ledger evidence two-rates" in heard.for_finance
    with pytest.raises(Refused) as no:
        desk.pay()
    assert no.value.code == "disputed"
    assert desk.provider.calls == []
    assert desk.dispute("under_review", "evt_later").turn is Turn.NOTHING_NEW
    for _ in range(2):
        assert desk.dispute("won", "evt_end").turn is Turn.DISPUTE_WON
    assert desk.pay().status is RefundStatus.SUCCEEDED
    assert desk.keys(EntryKind.DISPUTE_OPENED, EntryKind.DISPUTE_WON) == ["disputed:dp_1", "dispute_won:dp_1"]


def test_what_was_submitted_before_a_dispute_goes_on_and_is_marked(desk: Desk) -> None:
    desk.provider.status = RefundStatus.PENDING
    desk.pay()
    assert KEY in desk.dispute("needs_response").for_finance
    assert desk.shop.entry("disputed:dp_1").facts["submitted"] == [KEY]
    desk.provider.move(KEY, RefundStatus.SUCCEEDED)
    assert desk.pay().status is RefundStatus.SUCCEEDED


def test_a_lost_dispute_is_a_fact_and_its_end_counts_in_any_order(desk: Desk) -> None:
    assert desk.dispute("lost", "evt_end").turn is Turn.DISPUTE_LOST
    assert desk.dispute("needs_response").turn is Turn.NOTHING_NEW
    assert desk.keys(EntryKind.DISPUTE_OPENED, EntryKind.DISPUTE_LOST) == ["elsewhere:dp_1"]
    assert desk.shop.money("tender:pi_1").posted == 0
    with pytest.raises(Refused) as no:
        desk.pay()
    assert no.value.code == "plan_withdrawn"
    assert desk.dispute("won", "evt_again", day=1).turn is Turn.DISPUTE_WON
    assert desk.shop.money("tender:pi_1").posted == 10850
    assert desk.shop.sound()


@pytest.mark.parametrize("end", ["prevented", "warning_closed"])
def test_other_words_for_an_end_in_our_favour_let_refunds_go_on(desk: Desk, end: str) -> None:
    desk.dispute("needs_response")
    assert desk.dispute(end, "evt_end").turn is Turn.DISPUTE_WON
    assert desk.pay().status is RefundStatus.SUCCEEDED


def test_an_appeal_opens_a_dispute_again_until_it_ends_once_more(desk: Desk) -> None:
    desk.dispute("needs_response")
    desk.dispute("won", "evt_won")
    for _ in range(2):
        heard = desk.dispute("appeal_needs_response", "evt_appeal")
        assert (heard.turn, heard.due) == (Turn.DISPUTE_OPENED, NOW + timedelta(days=7))
    assert desk.dispute("appeal_under_review", "evt_later").turn is Turn.NOTHING_NEW
    with pytest.raises(Refused) as no:
        desk.pay()
    assert no.value.code == "disputed"
    assert desk.dispute("won", "evt_again", day=1).turn is Turn.DISPUTE_WON
    assert desk.dispute("appeal_needs_response", "evt_appeal").turn is Turn.NOTHING_NEW
    assert desk.pay().status is RefundStatus.SUCCEEDED


def test_an_appeal_against_a_loss_is_for_finance_and_may_bring_the_money_back(desk: Desk) -> None:
    desk.dispute("lost", "evt_lost", amount=3000)
    assert desk.dispute("appeal_needs_response", "evt_appeal").turn is Turn.DISPUTE_OPENED
    assert desk.shop.money("tender:pi_1").posted == 10850 - 3000
    assert desk.dispute("won", "evt_won", day=1).turn is Turn.DISPUTE_WON
    assert desk.shop.money("tender:pi_1").posted == 10850
    assert desk.dispute("appeal_needs_response", "evt_appeal").turn is Turn.NOTHING_NEW
    assert desk.shop.sound()


def test_a_word_from_before_the_recorded_end_of_a_dispute_counts_for_nothing(desk: Desk) -> None:
    assert desk.dispute("won", day=2).turn is Turn.DISPUTE_WON
    assert desk.dispute("lost", day=1).turn is Turn.NOTHING_NEW
    assert desk.shop.money("tender:pi_1").posted == 10850
    assert desk.dispute("lost", day=3).turn is Turn.DISPUTE_LOST
    assert desk.dispute("won", day=2).turn is Turn.NOTHING_NEW
    assert desk.shop.money("tender:pi_1").posted == 0


def test_a_dispute_that_is_lost_won_and_lost_again_is_lost(desk: Desk) -> None:
    story = [("lost", 1, 0), ("won", 2, 10850), ("lost", 3, 0), ("won", 4, 10850), ("lost", 5, 0)]
    for status, day, left in story:
        for _ in range(2):
            assert desk.dispute(status, day=day).turn is Turn(f"dispute_{status}")
            assert desk.shop.money("tender:pi_1").posted == left
    before = desk.shop.recorded()
    for status, day, _ in story[:-1]:
        desk.dispute(status, day=day)
    assert desk.shop.recorded() == before
    assert desk.keys(EntryKind.DISPUTE_LOST) == ["elsewhere:dp_1", "elsewhere:dp_1.2", "elsewhere:dp_1.3"]
    assert desk.shop.sound()


LOST_AGAIN = [("lost", 1), ("won", 2), ("lost", 3)]
WON_AGAIN = [("won", 1), ("lost", 2), ("warning_closed", 3)]
APPEALED = [("needs_response", 0), ("won", 1), ("appeal_under_review", 2)]
LOST_ON_APPEAL = [("won", 1), ("appeal_needs_response", 2), ("lost", 3)]
AT_ONCE = [("needs_response", 1), ("won", 1), ("lost", 1)]  # all in one second
APPEALED_AT_ONCE = [("won", 1), ("appeal_needs_response", 1)]
STORIES = [
    (LOST_AGAIN, 1, False),
    (WON_AGAIN, 0, False),
    (APPEALED, 0, True),
    (LOST_ON_APPEAL, 1, False),
    (AT_ONCE, 1, False),
    (APPEALED_AT_ONCE, 0, True),
]


@pytest.mark.parametrize(("story", "taken", "takes"), STORIES)
def test_a_dispute_ends_in_the_same_books_in_whatever_order_it_is_told(
    desk: Desk, story: list[tuple[str, int]], taken: int, takes: bool
) -> None:
    for number, told in enumerate(permutations(story)):
        before = desk.shop.money("tender:pi_1").posted
        for status, day in told:
            desk.dispute(status, f"evt_{status}", 10, day, f"dp_{number}")
        assert before - desk.shop.money("tender:pi_1").posted == 10 * taken, told
        assert (f"dp_{number}" in open_disputes(desk.shop.ledger, "two-rates", "pi_1")) is takes, told
    recorded = desk.shop.ledger.last_seq("two-rates")
    for status, day in story:
        desk.dispute(status, f"evt_{status}", 10, day, "dp_0")
    assert desk.shop.ledger.last_seq("two-rates") == recorded
    assert desk.shop.sound()


def test_one_word_on_a_loss_needs_aftercare_and_the_same_in_other_words_none(desk: Desk) -> None:
    first = [desk.dispute("lost", "evt_closed", day=1) for _ in range(2)]
    assert [one.turn for one in first] == [Turn.DISPUTE_LOST] * 2
    for _ in range(2):
        assert desk.dispute("lost", "evt_withdrawn", day=2).turn is Turn.NOTHING_NEW
    assert desk.dispute("lost", "evt_closed", day=1).turn is Turn.DISPUTE_LOST
    assert desk.keys(EntryKind.DISPUTE_LOST, EntryKind.DISPUTE_TOLD) == ["elsewhere:dp_1", "dispute_told:dp_1:1"]


def test_what_a_person_entered_of_a_dispute_counts_when_they_entered_it(desk: Desk) -> None:
    desk.dispute("lost", day=1)
    facts = Facts(desk.shop.ledger, desk.shop.snapshots)
    facts.came_back("dp_1", "fay", NOW + timedelta(days=2))
    assert desk.dispute("lost", day=1).turn is Turn.NOTHING_NEW
    assert desk.dispute("won", day=2).turn is Turn.NOTHING_NEW
    assert desk.shop.money("tender:pi_1").posted == 10850
    assert desk.dispute("lost", day=3).turn is Turn.DISPUTE_LOST
    assert loss_name(desk.shop.ledger, "dp_1") == last_loss(desk.shop.ledger, "dp_1") == "dp_1.2"


# ── Payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_payment_that_nobody_asks_for_any_more_goes_back(desk: Desk) -> None:
    told = PaymentNews(event="evt_p", payment="pi_9", collection="label:R-1:1", amount=499, currency="EUR", at=NOW)
    for _ in range(2):
        heard = desk.news.hear_payment(HearPayment(order_id="two-rates", news=told, now=NOW))
        assert heard.turn is Turn.LATE_PAYMENT
        assert "4.99 EUR came in as pi_9" in heard.for_finance
        assert heard.tender is not None
        assert heard.tender.captured == 499
    assert desk.keys(EntryKind.LATE_PAYMENT) == ["late_payment:pi_9"]
    assert desk.shop.money("tender:pi_9").posted == desk.shop.money("order:two-rates").posted == 499
    room = Collecting(FakeProvider(), desk.shop.ledger)
    ask = GiveBack(order_id="two-rates", payment="pi_9", amount=499, currency="EUR", now=NOW)
    plan = room.give_back(ask)
    assert room.give_back(ask) == plan
    assert [(leg.tender_id, leg.amount) for leg in plan.legs] == [("pi_9", 499)]
    assert (desk.shop.money("order:two-rates").posted, desk.shop.money("owed:late-pi_9").posted) == (0, 499)
