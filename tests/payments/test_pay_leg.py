"""Paying a leg: wherever it breaks, the provider pays once and the journal says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from activities.payments import PayLeg, PaymentActivities, Payments
from activities.payments.hearing import HearRefund
from activities.payments.news import NewsActivities
from activities.payments.via_stripe import StripePayments
from domain.errors import Refused, Stale, StoredFault, Unavailable
from domain.news import RefundNews
from domain.order import EarlierRefund
from domain.refund import Refund, RefundIntention, RefundStatus
from ledger import EntryKind, JournalEntry, Ledger, NewEntry, TransferKind
from ledger.credit_notes import CreditNotes
from ledger.facts import Facts
from ledger.store import SqlLedger
from tests.payments.fake import FakeProvider, Killed, raising
from tests.payments.providers import Simulator
from tests.shop import NOW, Interrupted, Shop, card, transfers

# Two mugs and the book come back: 2353 + 2271 = 4624 cents of 10850; see tests/decisions/test_plan_refund.py.
UNITS = {"1": 2, "2": 1}
LATER = NOW + timedelta(hours=5)
POSTS = [
    ("post", "paid:two-rates:1:net", "owed:R-1", "EUR", 1978),
    ("post", "paid:two-rates:1:tax:1", "owed:R-1", "EUR", 375),
    ("post", "paid:two-rates:2:net", "owed:R-1", "EUR", 2122),
    ("post", "paid:two-rates:2:tax:1", "owed:R-1", "EUR", 149),
]


def planned(shop: Shop, **payments: int) -> None:
    """The order, paid with these payments, up to the plan of return R-1."""
    days = range(len(payments))
    tenders = [
        card(name, amount, NOW - timedelta(days=day))
        for day, (name, amount) in zip(days, payments.items(), strict=True)
    ]
    shop.sell(tenders=tenders)
    shop.begin("R-1", UNITS)
    shop.receive("R-1", UNITS)
    shop.plan("R-1", UNITS)


def leg(payment: str = "pi_1", amount: int = 4624, attempt: int = 1, **changed: Any) -> PayLeg:
    """The question that the workflow asks."""
    ask = PayLeg(case="R-1", order_id="two-rates", plan=1, payment=payment, amount=amount, attempt=attempt, now=NOW)
    return ask.model_copy(update=changed)


def pay(shop: Shop, payments: Payments, ask: PayLeg | None = None, ledger: Ledger | None = None) -> Refund:
    """Ask it, as a process of its own would."""
    mine = ledger or shop.ledger
    return PaymentActivities(payments, mine, CreditNotes(mine, shop.snapshots)).pay_leg(ask or leg())


def money_facts(shop: Shop) -> list[str]:
    """What the journal says about refunds, oldest first."""
    kinds = (EntryKind.REFUND_SUBMITTED, EntryKind.REFUND_SETTLED, EntryKind.REFUND_FAILED)
    return [one.key for one in shop.ledger.entries() if one.kind in kinds]


def balances(shop: Shop, payment: str = "pi_1") -> dict[str, int]:
    """What has left the payment, what is owed, and what is still reserved out of both."""
    owed, tender = shop.money("owed:R-1"), shop.money(f"tender:{payment}")
    return {"tender": tender.posted, "owed": owed.posted, "reserved": owed.pending_out}


def submitted(shop: Shop, key: str = "refund:R-1:1:pi_1:1") -> JournalEntry:
    """The stored intention."""
    return shop.entry(key)


# ── The way it goes ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_leg_is_submitted_then_settled(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    made = pay(shop, FakeProvider())
    assert made.status is RefundStatus.SUCCEEDED
    assert transfers(submitted(shop)) == POSTS
    settled = shop.entry("settled:refund:R-1:1:pi_1:1")
    assert transfers(settled) == [("post", "owed:R-1", "tender:pi_1", "EUR", 4624)]
    assert [one.pending for one in settled.transfers] == ["refund:R-1:1:pi_1:1/leg"]
    assert balances(shop) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}
    assert {one.account: one.posted for one in shop.ledger.balances("paid:")} == {
        "paid:two-rates:1:net": 988,
        "paid:two-rates:1:tax:1": 188,
        "paid:two-rates:2:net": 0,
        "paid:two-rates:2:tax:1": 0,
        "paid:two-rates:3:net": 3828,
        "paid:two-rates:3:tax:1": 727,
        "paid:two-rates:shipping:net": 416,
        "paid:two-rates:shipping:tax:1": 79,
    }
    assert shop.pending() == []
    assert shop.sound()


def test_the_entries_say_who_and_why(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    made = pay(shop, FakeProvider())
    first, last = submitted(shop), shop.entry("settled:refund:R-1:1:pi_1:1")
    assert (first.kind, first.order, first.case, first.actor, first.at) == (
        EntryKind.REFUND_SUBMITTED,
        "two-rates",
        "R-1",
        "rule:plan",
        NOW,
    )
    assert first.policy == shop.entry("plan:R-1:1").policy != ""
    assert RefundIntention.model_validate(first.facts["intention"]) == RefundIntention(
        key="refund:R-1:1:pi_1:1",
        case="R-1",
        order_id="two-rates",
        plan=1,
        attempt=1,
        payment="pi_1",
        amount=4624,
        currency="EUR",
    )
    assert (last.kind, last.actor, Refund.model_validate(last.facts["refund"])) == (
        EntryKind.REFUND_SETTLED,
        "provider",
        made,
    )


def test_the_intention_is_committed_before_the_provider_hears_of_it(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    seen: list[object] = []

    def look() -> None:
        # Another process' view: only what was committed.
        other = Shop(shop.engine)
        seen.append(RefundIntention.model_validate(submitted(other).facts["intention"]))
        seen.append(balances(other))

    provider.before.append(look)
    pay(shop, provider)
    assert seen == [provider.sent[0], {"tender": 10850, "owed": 4624, "reserved": 4624}]


def test_a_first_question_sends_at_once_a_second_one_looks_first(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider(RefundStatus.PENDING)
    pay(shop, provider)
    pay(shop, provider)
    assert provider.calls == ["refund", "find"]


def test_what_was_settled_is_answered_from_the_journal(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    made = pay(shop, provider)
    assert pay(shop, provider, leg(now=LATER)) == made
    assert provider.calls == ["refund"]
    assert money_facts(shop) == ["refund:R-1:1:pi_1:1", "settled:refund:R-1:1:pi_1:1"]


@pytest.mark.parametrize("status", [RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION, RefundStatus.UNKNOWN])
def test_what_is_not_decided_yet_is_told_and_not_recorded(shop: Shop, status: RefundStatus) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider(status)
    for _ in range(2):
        assert pay(shop, provider).status is status
    assert money_facts(shop) == ["refund:R-1:1:pi_1:1"]
    assert balances(shop) == {"tender": 10850, "owed": 4624, "reserved": 4624}
    provider.move("refund:R-1:1:pi_1:1", RefundStatus.SUCCEEDED)
    assert pay(shop, provider, leg(now=LATER)).status is RefundStatus.SUCCEEDED
    assert balances(shop) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}
    assert len(provider.made) == 1


# ── What is not paid ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": 4623}, "not_planned"),
        ({"amount": 4625}, "not_planned"),
        ({"payment": "pi_2"}, "not_planned"),
        ({"order_id": "another"}, "not_planned"),
        ({"plan": 2}, "no_plan"),
        ({"case": "R-2"}, "no_plan"),
        ({"attempt": 2}, "not_failed"),
    ],
)
def test_only_what_was_planned_is_paid(shop: Shop, changed: dict[str, Any], code: str) -> None:
    planned(shop, pi_1=10850)
    before, provider = shop.recorded(), FakeProvider()
    with pytest.raises(Refused) as no:
        pay(shop, provider, leg(**changed))
    assert no.value.code == code
    assert (shop.recorded(), provider.calls) == (before, [])


@pytest.mark.parametrize("status", [RefundStatus.PENDING, RefundStatus.SUCCEEDED])
def test_there_is_no_next_attempt_before_a_final_no(shop: Shop, status: RefundStatus) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider(status)
    pay(shop, provider)
    # The payment has enough left for another one, so its guard alone would not notice.
    with pytest.raises(Refused) as no:
        pay(shop, provider, leg(attempt=2))
    assert no.value.code == "not_failed"
    assert len(provider.made) == 1


def test_a_plan_that_was_withdrawn_is_not_paid(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    voids = tuple(
        one.model_copy(update={"key": f"void/{one.key}", "kind": TransferKind.VOID, "pending": one.key})
        for one in shop.entry("plan:R-1:1").transfers
    )
    shop.ledger.append(
        NewEntry(key="withdrawn", kind=EntryKind.PLAN, order="two-rates", actor="finance", at=NOW, transfers=voids)
    )
    provider = FakeProvider()
    with pytest.raises(Refused) as no:
        pay(shop, provider)
    assert no.value.code == "plan_withdrawn"
    assert (provider.calls, money_facts(shop)) == ([], [])


# ── Where it breaks ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_killed_before_the_provider_heard_of_it(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    provider.before.append(raising(Killed()))
    with pytest.raises(Killed):
        pay(shop, provider)
    assert pay(shop, provider, leg(now=LATER)).status is RefundStatus.SUCCEEDED
    assert provider.calls == ["refund", "find", "refund"]
    assert len(provider.made) == 1


def test_killed_between_the_providers_answer_and_the_journal(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    provider.after.append(raising(Killed()))
    with pytest.raises(Killed):
        pay(shop, provider)
    made = pay(shop, provider, leg(now=LATER))
    assert made.provider_id == "re_1"
    # It looked, and so did not send again.
    assert provider.calls == ["refund", "find"]
    assert balances(shop) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}


# ── When the journal was restored from an older copy ──────────────────────────────────────────────────────────────────


def sent_in_the_lost_part(provider: FakeProvider, shop: Shop, key: str = "refund:R-1:1:pi_1:1") -> None:
    """A refund that the provider made before the journal was restored."""
    ask = RefundIntention(
        key=key,
        case=key.split(":")[1],
        order_id="two-rates",
        plan=1,
        attempt=1,
        payment="pi_1",
        amount=4624,
        currency="EUR",
    )
    provider.refund(ask, NOW)
    provider.calls.clear()


def test_what_the_journal_has_forgotten_is_not_sent_again(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    sent_in_the_lost_part(provider, shop)
    assert pay(shop, provider).provider_id == "re_1"
    assert provider.calls == ["find"]
    assert money_facts(shop) == ["refund:R-1:1:pi_1:1", "settled:refund:R-1:1:pi_1:1"]
    assert balances(shop) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}


def test_a_forgotten_refund_under_another_key_of_the_return_stops_it(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    sent_in_the_lost_part(provider, shop, "refund:R-1:2:pi_1:1")
    for _ in range(2):
        with pytest.raises(Refused) as no:
            pay(shop, provider)
        assert no.value.code == "journal_behind"
        assert "re_1 was paid for return R-1 under refund:R-1:2:pi_1:1" in no.value.message
    assert (provider.calls, money_facts(shop)) == ([], [])


def test_what_finance_entered_of_it_since_stops_nothing(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    sent_in_the_lost_part(provider, shop, "refund:R-1:2:pi_1:1")
    entered = EarlierRefund(id="re_1", at=NOW, money={"pi_1": 4624})
    Facts(shop.ledger, shop.snapshots).refunded_elsewhere("two-rates", entered, "fay", NOW)
    with pytest.raises(Refused) as no:
        pay(shop, provider)
    assert no.value.code == "plan_withdrawn"  # and is planned anew, out of what is left


@pytest.mark.parametrize("key", ["refund:R-2:2:pi_1:1", "refund:R-10:1:pi_1:1"])
def test_another_returns_refund_of_the_payment_stops_nothing(shop: Shop, key: str) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    sent_in_the_lost_part(provider, shop, key)
    assert pay(shop, provider).provider_id == "re_2"


def test_one_that_failed_stops_nothing(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    sent_in_the_lost_part(provider, shop, "refund:R-1:2:pi_1:1")
    provider.move("refund:R-1:2:pi_1:1", RefundStatus.FAILED)
    assert pay(shop, provider).provider_id == "re_2"


def test_a_first_look_that_fails_records_and_sends_nothing(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    provider.before_keys.append(raising(Unavailable("HTTP 503")))
    with pytest.raises(Unavailable):
        pay(shop, provider)
    assert (provider.calls, money_facts(shop)) == ([], [])
    assert pay(shop, provider).status is RefundStatus.SUCCEEDED


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_fault_of_the_provider_leaves_the_intention_for_the_next_attempt(shop: Shop, moment: str) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    getattr(provider, moment).append(raising(Unavailable("HTTP 500")))
    with pytest.raises(Unavailable):
        pay(shop, provider)
    assert money_facts(shop) == ["refund:R-1:1:pi_1:1"]
    assert balances(shop) == {"tender": 10850, "owed": 4624, "reserved": 4624}
    assert pay(shop, provider).status is RefundStatus.SUCCEEDED
    assert len(provider.made) == 1


def test_a_look_that_fails_sends_nothing(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    provider.after.append(raising(Unavailable("the answer was lost")))
    provider.before_find.append(raising(Unavailable("HTTP 503")))
    for _ in range(2):
        with pytest.raises(Unavailable):
            pay(shop, provider)
    assert provider.calls == ["refund", "find"]


def test_the_stored_intention_is_what_is_sent_again(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    provider.before.append(raising(Killed()))
    with pytest.raises(Killed):
        pay(shop, provider)
    pay(shop, provider, leg(now=LATER))
    first, second = provider.sent
    assert first == second
    assert submitted(shop).at == NOW


def test_another_writer_between_reading_and_submitting(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    ledger = Interrupted(shop.engine, lambda: shop.begin("R-2", {"1": 1}))
    with pytest.raises(Stale):
        pay(shop, provider, ledger=ledger)
    assert (provider.calls, money_facts(shop)) == ([], [])
    assert pay(shop, provider, ledger=ledger).status is RefundStatus.SUCCEEDED


@pytest.mark.parametrize("attempt", [1, 2])
def test_another_process_pays_the_whole_leg_between_reading_and_submitting(shop: Shop, attempt: int) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider(RefundStatus.FAILED)
    if attempt == 2:
        pay(shop, provider)
    provider.status = RefundStatus.SUCCEEDED
    mine = leg(attempt=attempt, now=LATER)
    others = [lambda: pay(Shop(shop.engine), provider, mine)]

    class Overtaken(SqlLedger):
        def last_seq(self, order: str) -> int:
            if others:
                others.pop()()
            return super().last_seq(order)

    # Nothing is reserved or owed any more, but not because the plan was withdrawn: the next attempt finds the answer.
    with pytest.raises(Stale):
        pay(shop, provider, mine, ledger=Overtaken(shop.engine))
    assert pay(shop, provider, mine).status is RefundStatus.SUCCEEDED
    assert provider.calls.count("refund") == attempt


# ── Several legs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_legs_share_one_debt(shop: Shop) -> None:
    planned(shop, pi_1=3000, pi_2=7850)
    provider = FakeProvider()
    pay(shop, provider, leg("pi_1", 3000))
    assert balances(shop, "pi_1") == {"tender": 0, "owed": 1624, "reserved": 1624}
    pay(shop, provider, leg("pi_2", 1624))
    # The debt was made real with the first of them.
    assert transfers(submitted(shop)) == POSTS
    assert transfers(submitted(shop, "refund:R-1:1:pi_2:1")) == []
    assert balances(shop, "pi_2") == {"tender": 7850 - 1624, "owed": 0, "reserved": 0}
    assert shop.pending() == []
    assert shop.sound()


def test_two_legs_at_once(shop: Shop) -> None:
    planned(shop, pi_1=3000, pi_2=7850)
    provider = FakeProvider()
    start = threading.Barrier(2)

    def one(ask: PayLeg) -> Refund:
        mine = Shop(shop.engine)
        start.wait(10)
        while True:
            try:
                return pay(mine, provider, ask)
            except Stale:  # tried again by Temporal
                continue

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(one, [leg("pi_1", 3000), leg("pi_2", 1624)]))
    assert [one.status for one in made] == [RefundStatus.SUCCEEDED] * 2
    assert sorted(one.amount for one in provider.sent) == [1624, 3000]
    assert shop.money("owed:R-1").posted == 0
    assert shop.pending() == []
    assert shop.sound()


# ── A no ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [RefundStatus.FAILED, RefundStatus.CANCELED])
def test_a_refund_that_fails_leaves_the_money_owed(shop: Shop, status: RefundStatus) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider(status)
    provider.reason = "expired_or_canceled_card"
    made = pay(shop, provider)
    assert made.status is status
    failed = shop.entry("failed:refund:R-1:1:pi_1:1")
    assert transfers(failed) == [("void", "owed:R-1", "tender:pi_1", "EUR", 4624)]
    assert failed.reasons == ("expired_or_canceled_card",)
    assert balances(shop) == {"tender": 10850, "owed": 4624, "reserved": 0}
    assert pay(shop, provider, leg(now=LATER)) == made
    assert provider.calls == ["refund"]


def test_a_refusal_is_recorded_as_a_failure_with_its_code(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    provider.before.append(raising(Refused("charge_disputed", "The charge is disputed.")))
    made = pay(shop, provider)
    assert (made.status, made.reason, made.message, made.provider_id) == (
        RefundStatus.FAILED,
        "charge_disputed",
        "The charge is disputed.",
        "",
    )
    assert shop.entry("failed:refund:R-1:1:pi_1:1").reasons == ("charge_disputed",)
    # It looked before it believed the no.
    assert provider.calls == ["refund", "find"]


def test_the_next_attempt_reserves_anew_and_is_a_refund_of_its_own(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider(RefundStatus.FAILED)
    pay(shop, provider)
    provider.status = RefundStatus.PENDING
    pay(shop, provider, leg(attempt=2, now=LATER))
    assert transfers(submitted(shop, "refund:R-1:1:pi_1:2")) == [("pending", "owed:R-1", "tender:pi_1", "EUR", 4624)]
    assert balances(shop) == {"tender": 10850, "owed": 4624, "reserved": 4624}
    provider.move("refund:R-1:1:pi_1:2", RefundStatus.SUCCEEDED)
    pay(shop, provider, leg(attempt=2, now=LATER))
    assert balances(shop) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}
    assert money_facts(shop) == [
        "refund:R-1:1:pi_1:1",
        "failed:refund:R-1:1:pi_1:1",
        "refund:R-1:1:pi_1:2",
        "settled:refund:R-1:1:pi_1:2",
    ]
    assert shop.sound()


def test_a_third_attempt_waits_for_the_no_to_the_second(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider(RefundStatus.FAILED)
    pay(shop, provider)
    with pytest.raises(Refused):
        pay(shop, provider, leg(attempt=3))
    pay(shop, provider, leg(attempt=2))
    provider.status = RefundStatus.SUCCEEDED
    assert pay(shop, provider, leg(attempt=3)).status is RefundStatus.SUCCEEDED
    assert balances(shop) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}


@pytest.mark.parametrize("code", ["idempotency_error", "other_refund"])
def test_a_key_that_stands_for_something_else_is_no_final_no(shop: Shop, code: str) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    provider.before.append(raising(Refused(code, "something else was paid under this key")))
    with pytest.raises(Refused) as no:
        pay(shop, provider)
    assert no.value.code == code
    # What was paid is not known, so the money stays reserved and no other key can be tried.
    assert money_facts(shop) == ["refund:R-1:1:pi_1:1"]
    assert balances(shop) == {"tender": 10850, "owed": 4624, "reserved": 4624}
    with pytest.raises(Refused) as no:
        pay(shop, provider, leg(attempt=2))
    assert no.value.code == "not_failed"
    assert provider.made == {}


# ── With the simulator, through the real SDK ─────────────────────────────────────────────────────────────────────────


def paid_order(shop: Shop, simulator: Simulator) -> str:
    """The order up to its plan, with its payment at the provider."""
    payment = simulator.paid(10850)
    planned(shop, **{payment: 10850})
    return payment


def amounts(simulator: Simulator, payment: str) -> list[int]:
    """What went back, newest first."""
    return [amount for _, amount, _ in simulator.refunds(payment)]


def test_a_refund_at_the_provider_is_the_one_in_the_journal(shop: Shop, simulator: Simulator) -> None:
    payment = paid_order(shop, simulator)
    made = pay(shop, simulator.payments, leg(payment))
    assert simulator.refunds(payment) == [(made.provider_id, 4624, f"refund:R-1:1:{payment}:1")]
    settled = shop.entry(f"settled:refund:R-1:1:{payment}:1")
    assert settled.facts["refund"]["provider_id"] == made.provider_id
    assert balances(shop, payment) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}


def test_an_answer_that_is_lost_is_found_the_next_time(shop: Shop, simulator: Simulator) -> None:
    payment = paid_order(shop, simulator)
    simulator.hold("after")
    with pytest.raises(Unavailable):
        pay(shop, simulator.adapter(timeout=0.3), leg(payment))
    assert amounts(simulator, payment) == [4624]
    # A day later the provider may have forgotten the key, so sending it again would pay again.
    simulator.settle()
    simulator.forget_keys()
    made = pay(shop, simulator.payments, leg(payment, now=NOW + timedelta(days=2)))
    assert made.status is RefundStatus.SUCCEEDED
    assert amounts(simulator, payment) == [4624]
    assert balances(shop, payment) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}


def test_a_pending_refund_whose_key_was_forgotten(shop: Shop, simulator: Simulator) -> None:
    payment = paid_order(shop, simulator)
    simulator.next(status="pending")
    first = pay(shop, simulator.payments, leg(payment))
    simulator.forget_keys()
    simulator.move(first.provider_id, status="succeeded")
    assert pay(shop, simulator.payments, leg(payment, now=LATER)).provider_id == first.provider_id
    assert amounts(simulator, payment) == [4624]


def test_already_refunded_by_our_own_lost_success(shop: Shop, simulator: Simulator) -> None:
    """Two processes have taken the same leg; the slower one hears that there is nothing left."""
    payment = simulator.paid(4624 + 1000)
    shop.sell(tenders=[card(payment, 5624), card("pi_else", 10850 - 5624)])
    shop.begin("R-1", UNITS)
    planned_amount = next(one.amount for one in shop.plan("R-1", UNITS).legs if one.tender_id == payment)
    ask = leg(payment, planned_amount)

    class Overtaken(StripePayments):
        """Forgets that it was first: the refund is made, its key is forgotten, and nothing is left."""

        def refund(self, intention: RefundIntention, now: Any) -> Refund:
            simulator.payments.refund(intention, now)
            simulator.forget_keys()
            simulator.refund_elsewhere(payment, 5624 - planned_amount)
            return super().refund(intention, now)

    overtaken = Overtaken(simulator.key, simulator.base)
    made = pay(shop, overtaken, ask)
    assert made.status is RefundStatus.SUCCEEDED
    assert simulator.refunds(payment)[-1] == (made.provider_id, planned_amount, ask.key)
    assert money_facts(shop) == [ask.key, f"settled:{ask.key}"]


def test_somebody_elses_refund_of_the_same_amount_is_not_ours(shop: Shop, simulator: Simulator) -> None:
    payment = paid_order(shop, simulator)
    simulator.refund_elsewhere(payment, 4624)
    made = pay(shop, simulator.payments, leg(payment))
    assert made.status is RefundStatus.SUCCEEDED
    assert [key for _, _, key in simulator.refunds(payment)] == [f"refund:R-1:1:{payment}:1", ""]


def test_somebody_elses_refund_that_leaves_too_little_is_a_no(shop: Shop, simulator: Simulator) -> None:
    payment = paid_order(shop, simulator)
    simulator.refund_elsewhere(payment, 4624)
    simulator.refund_elsewhere(payment, 10850 - 4624)
    made = pay(shop, simulator.payments, leg(payment))
    assert (made.status, made.reason) == (RefundStatus.FAILED, "charge_already_refunded")
    assert balances(shop, payment) == {"tender": 10850, "owed": 4624, "reserved": 0}
    assert amounts(simulator, payment) == [10850 - 4624, 4624]


def test_a_failure_and_the_next_attempt(shop: Shop, simulator: Simulator) -> None:
    payment = paid_order(shop, simulator)
    simulator.next(status="failed", failure_reason="lost_or_stolen_card")
    assert pay(shop, simulator.payments, leg(payment)).reason == "lost_or_stolen_card"
    assert balances(shop, payment) == {"tender": 10850, "owed": 4624, "reserved": 0}
    assert pay(shop, simulator.payments, leg(payment, attempt=2)).status is RefundStatus.SUCCEEDED
    assert [key for _, _, key in simulator.refunds(payment)] == [
        f"refund:R-1:1:{payment}:2",
        f"refund:R-1:1:{payment}:1",
    ]
    assert balances(shop, payment) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}


def test_a_payment_that_the_provider_does_not_know_is_never_given_up(shop: Shop, simulator: Simulator) -> None:
    """It may be the wrong account: whoever cannot see the payment cannot say that nothing was paid."""
    planned(shop, pi_elsewhere=10850)
    for _ in range(2):
        with pytest.raises(Refused) as no:
            pay(shop, simulator.payments, leg("pi_elsewhere"))
        assert no.value.code == "resource_missing"
    assert money_facts(shop) == ["refund:R-1:1:pi_elsewhere:1"]
    assert balances(shop, "pi_elsewhere")["reserved"] == 4624


def together(shop: Shop, count: int, ask: Callable[[Shop], Refund]) -> list[Refund | None]:
    """So many processes asking at once; None where one was told to come back."""
    start = threading.Barrier(count)

    def one(_: int) -> Refund | None:
        mine = Shop(shop.engine)
        start.wait(10)
        try:
            return ask(mine)
        except (Unavailable, Stale):
            return None

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_two_processes_pay_the_same_leg_at_once(shop: Shop, simulator: Simulator) -> None:
    payment = paid_order(shop, simulator)
    made = together(shop, 2, lambda mine: pay(mine, simulator.adapter(), leg(payment)))
    last = pay(shop, simulator.payments, leg(payment))
    assert {one for one in made if one is not None} <= {last}
    assert simulator.refunds(payment) == [(last.provider_id, 4624, f"refund:R-1:1:{payment}:1")]
    assert money_facts(shop) == [f"refund:R-1:1:{payment}:1", f"settled:refund:R-1:1:{payment}:1"]
    assert balances(shop, payment) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}
    assert shop.sound()


def test_a_crowd_pays_the_same_leg_at_once(shop: Shop, simulator: Simulator) -> None:
    payment = paid_order(shop, simulator)
    together(shop, 8, lambda mine: pay(mine, simulator.adapter(), leg(payment)))
    pay(shop, simulator.payments, leg(payment))
    assert amounts(simulator, payment) == [4624]
    assert balances(shop, payment) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}


# ── A fault that the provider keeps under our key ────────────────────────────────────────────────────────────────────


def kept() -> Callable[[], None]:
    return raising(StoredFault("Stripe repeats a fault of its own"))


def test_a_stored_fault_is_a_no_only_after_two_looks_ten_minutes_apart(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    for minutes in (0, 5, 9):
        provider.before = [kept()]
        undecided = pay(shop, provider, leg(now=NOW + timedelta(minutes=minutes)))
        assert (undecided.status, undecided.reason) == (RefundStatus.UNKNOWN, "stored_fault")
        with pytest.raises(Refused) as no:
            pay(shop, provider, leg(attempt=2, now=NOW + timedelta(minutes=minutes)))
        assert no.value.code == "not_failed"
    provider.before = [kept()]
    gone = pay(shop, provider, leg(now=NOW + timedelta(minutes=10)))
    assert (gone.status, gone.reason) == (RefundStatus.FAILED, "stored_fault")
    assert pay(shop, provider, leg(attempt=2, now=LATER)).status is RefundStatus.SUCCEEDED
    assert list(provider.made) == ["refund:R-1:1:pi_1:2"]
    assert balances(shop) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}
    assert shop.sound()


def test_a_refund_behind_a_stored_fault_is_found(shop: Shop) -> None:
    """It was carried out, and the fault is all that is said of it."""
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    provider.after = [kept()]
    assert pay(shop, provider).status is RefundStatus.SUCCEEDED
    assert money_facts(shop) == ["refund:R-1:1:pi_1:1", "settled:refund:R-1:1:pi_1:1"]
    assert provider.calls == ["refund", "find"]


def test_a_refund_that_appears_between_the_looks_is_found(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider()
    provider.before = [kept()]
    assert pay(shop, provider).status is RefundStatus.UNKNOWN
    intended = shop.entry("refund:R-1:1:pi_1:1").facts["intention"]
    provider.refund(RefundIntention.model_validate(intended), NOW)
    assert pay(shop, provider, leg(now=LATER)).status is RefundStatus.SUCCEEDED
    assert len(provider.made) == 1


def test_the_reference_of_the_bank_is_recorded_once_when_it_comes(shop: Shop) -> None:
    planned(shop, pi_1=10850)
    provider = FakeProvider(RefundStatus.PENDING)
    pay(shop, provider)
    provider.move("refund:R-1:1:pi_1:1", RefundStatus.SUCCEEDED, arn="74201")
    for _ in range(2):
        pay(shop, provider)
    (traced,) = [one for one in shop.ledger.entries() if one.kind is EntryKind.REFUND_TRACED]
    assert (traced.facts["arn"], traced.transfers) == ("74201", ())


@pytest.mark.parametrize(("fault", "attempts"), [("error_without_effect", 2), ("error_with_effect", 1)])
def test_a_fault_that_stripe_stores_ends_in_one_refund(
    shop: Shop, simulator: Simulator, fault: str, attempts: int
) -> None:
    payment = simulator.paid(10850)
    planned(shop, **{payment: 10850})
    simulator.control("/faults", at={"POST /v1/refunds": {"1": fault}})
    ask = leg(payment)
    try:
        with pytest.raises(Unavailable):
            pay(shop, simulator.payments, ask)
        for minutes in (1, 11):
            last = pay(shop, simulator.payments, ask.model_copy(update={"now": NOW + timedelta(minutes=minutes)}))
        if last.status is RefundStatus.FAILED:
            last = pay(shop, simulator.payments, leg(payment, attempt=2, now=LATER))
        assert (last.status, last.key) == (RefundStatus.SUCCEEDED, f"refund:R-1:1:{payment}:{attempts}")
    finally:
        simulator.control("/faults")
    assert [(amount, key) for _, amount, key in simulator.refunds(payment)] == [(4624, last.key)]
    assert balances(shop, payment) == {"tender": 10850 - 4624, "owed": 0, "reserved": 0}


def test_the_reference_that_the_simulator_tells_later_is_recorded(shop: Shop, simulator: Simulator) -> None:
    payment = simulator.paid(10850)
    planned(shop, **{payment: 10850})
    made = pay(shop, simulator.payments, leg(payment))
    simulator.control(f"/refunds/{made.provider_id}/reference", reference="74201")
    news = NewsActivities(simulator.payments, shop.ledger, shop.snapshots, CreditNotes(shop.ledger, shop.snapshots))
    told = RefundNews(
        event="evt_1",
        refund=made.provider_id,
        payment=payment,
        amount=4624,
        currency="EUR",
        status=RefundStatus.SUCCEEDED,
        created_at=NOW,
        at=NOW,
    )
    assert news.hear_refund(HearRefund(order_id="two-rates", news=told, now=NOW)).refund.arn == "74201"  # type: ignore[union-attr]
    assert shop.entry(f"traced:{made.key}").facts["arn"] == "74201"
