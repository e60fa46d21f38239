"""Another way for money: by what an order was paid with, by a person's hands, or as the shopper agreed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from activities.payments import PayLeg, PaymentActivities
from activities.payments.by_hand import ByHand as PaidByPeople
from activities.payments.other_ways import ByHand, NotByHand, OtherWays, RecordConsent
from activities.payments.routed import Routed
from domain.consent import Consent
from domain.errors import Refused, Stale, Unavailable
from domain.order import EarlierRefund, TenderKind
from domain.people import Person, Role
from domain.refund import Another, Refund, RefundStatus
from ledger import EntryKind
from ledger.credit_notes import CreditNotes, issued_by
from ledger.facts import Facts
from ledger.recall import case_so_far
from ledger.signing import public_key, sign, signed_by
from tests.payments.fake import FakeProvider, raising
from tests.shop import NOW, Interrupted, Shop, card, transfers
from tests.staff import Staff

# Two mugs and the book come back: 4624 cents of 10850; see tests/decisions/test_plan_refund.py.
UNITS = {"1": 2, "2": 1}
LATER = NOW + timedelta(days=3)
CREDIT: Literal[TenderKind.STORE_CREDIT] = TenderKind.STORE_CREDIT
BANK: Literal[TenderKind.BANK] = TenderKind.BANK


def tender(name: str, kind: TenderKind, captured: int) -> dict[str, Any]:
    """A payment of the order."""
    return {"id": name, "kind": kind, "captured": captured}


class Desk:
    """A shop whose return R-1 is planned; `cards` and `purses` are the providers of either."""

    def __init__(self, engine: Engine, *tenders: dict[str, Any]) -> None:
        self.shop = Shop(engine)
        self.shop.publish()
        self.shop.sell(tenders=list(tenders))
        self.shop.begin("R-1", UNITS)
        self.shop.receive("R-1", UNITS)
        self.plan = self.shop.plan("R-1", UNITS)
        self.cards, self.purses = FakeProvider(), FakeProvider()
        ways = {TenderKind.CARD: self.cards, TenderKind.GIFT_CARD: self.purses, CREDIT: self.purses}
        ledger, notes = self.shop.ledger, CreditNotes(self.shop.ledger, self.shop.snapshots)
        self.refunds = Routed(ways, others=PaidByPeople())
        self.staff = Staff(olga=Role.OPS, dora=Role.WAREHOUSE)
        self.staff.keep(Person(id="fay", role=Role.FINANCE, limits={"EUR": 4624}))
        self.staff.keep(Person(id="flo", role=Role.FINANCE, limits={"EUR": 4623}))
        self.payments = PaymentActivities(self.refunds, ledger, notes, self.refunds.sends)
        self.ways = OtherWays(self.refunds, ledger, self.shop.snapshots, notes, self.staff, signed_by)

    def configure(self, ways: dict[TenderKind, FakeProvider]) -> None:
        """The merchant configures these ways and no others."""
        self.refunds = Routed(ways, others=PaidByPeople())
        notes = CreditNotes(self.shop.ledger, self.shop.snapshots)
        self.payments = PaymentActivities(self.refunds, self.shop.ledger, notes, self.refunds.sends)
        self.ways = OtherWays(self.refunds, self.shop.ledger, self.shop.snapshots, notes, self.staff, signed_by)

    def pay(self, payment: str, amount: int = 4624, attempt: int = 1) -> Refund:
        ask = PayLeg(case="R-1", order_id="two-rates", plan=1, payment=payment, amount=amount, attempt=attempt, now=NOW)
        return self.payments.pay_leg(ask)

    def by_hand_failed(self, refund: str, by: str = "flo") -> Refund:
        return self.ways.record_not_by_hand(NotByHand(refund=refund, by=by, reason="wrong_account", now=LATER))

    def consent(self, refund: str, to: Another = CREDIT, by: str = "shopper") -> Consent:
        return self.ways.record_consent(RecordConsent(refund=refund, to=to, by=by, now=LATER))

    def by_hand(self, refund: str, by: str = "fay", reference: str = "SEPA-7") -> Refund:
        return self.ways.record_by_hand(ByHand(refund=refund, by=by, reference=reference, now=LATER))

    def fail(self, payment: str, reason: str = "expired_or_canceled_card") -> str:
        """The bank says no to the first attempt; gives its key."""
        self.cards.status, self.cards.reason = RefundStatus.FAILED, reason
        return self.pay(payment).key

    def moved(self, key: str) -> list[tuple[str, str, int]]:
        return [(debit, credit, amount) for _, debit, credit, _, amount in transfers(self.shop.entry(key))]

    def done(self) -> bool:
        """Nothing is owed or reserved, and the books hold."""
        return self.shop.money("owed:R-1").posted == 0 and self.shop.pending() == [] and self.shop.sound()


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        (TenderKind.CARD, "tender:p-1"),
        (TenderKind.GIFT_CARD, "tender:p-1"),
        (TenderKind.STORE_CREDIT, "tender:p-1"),
        (TenderKind.BANK, "payout:R-1"),
        (TenderKind.CASH_ON_DELIVERY, "payout:R-1"),
        (TenderKind.UNKNOWN, "payout:R-1"),
    ],
)
def test_each_tender_goes_back_its_own_way(engine: Engine, kind: TenderKind, account: str) -> None:
    desk = Desk(engine, tender("p-1", kind, 10850))
    key = "refund:R-1:1:p-1:1"
    made = desk.pay("p-1")
    if account.startswith("payout"):
        assert (made.status, made.reason) == (RefundStatus.PENDING, "by_hand")
        assert desk.by_hand(key).provider_id == "SEPA-7"
    asked = {TenderKind.CARD: desk.cards, TenderKind.GIFT_CARD: desk.purses, CREDIT: desk.purses}
    assert [one for one in (desk.cards, desk.purses) if one.sent] == ([asked[kind]] if kind in asked else [])
    assert desk.moved(f"settled:{key}") == [("owed:R-1", account, 4624)]
    assert desk.done()
    sent = [one for provider in (desk.cards, desk.purses) for one in provider.sent]
    # Store credit is the customer's; a card and a gift card are their own address.
    assert [one.customer for one in sent] == (["cust-2041"] if kind is CREDIT else [""] if kind in asked else [])


def test_what_a_payment_has_no_money_left_for_may_go_another_way(engine: Engine) -> None:
    desk = Desk(engine, tender("gc-1", TenderKind.GIFT_CARD, 5000), card("pi_1", 5850, NOW))
    desk.purses.status, desk.purses.reason = RefundStatus.FAILED, "insufficient_funds"
    key = desk.pay("gc-1").key
    with pytest.raises(Refused) as no:
        desk.consent(key, BANK)
    assert no.value.code == "way_is_open"
    taken = EarlierRefund(id="desk-1", at=NOW, money={"gc-1": 5000})
    Facts(desk.shop.ledger, desk.shop.snapshots).refunded_elsewhere("two-rates", taken, "fay", NOW)
    with pytest.raises(Refused) as no:
        desk.pay("gc-1", attempt=2)
    assert no.value.code == "plan_withdrawn"
    desk.consent(key, BANK)
    assert desk.pay("gc-1", attempt=2).reason == "by_hand"
    desk.by_hand("refund:R-1:1:gc-1:2")
    assert desk.shop.money("payout:R-1").posted == 4624
    assert desk.done()


def test_both_legs_of_a_mixed_order_are_paid_each_by_its_own(engine: Engine) -> None:
    desk = Desk(engine, tender("gc-1", TenderKind.GIFT_CARD, 2000), card("pi_1", 8850, NOW))
    assert [(leg.tender_id, leg.amount) for leg in desk.plan.legs] == [("gc-1", 2000), ("pi_1", 2624)]
    desk.purses.after = [raising(ConnectionError("the answer is lost"))]
    with pytest.raises(ConnectionError):
        desk.pay("gc-1", 2000)
    assert desk.pay("gc-1", 2000).status is RefundStatus.SUCCEEDED
    assert [entry.key for entry in desk.shop.ledger.entries() if issued_by(entry)] == []
    assert desk.pay("pi_1", 2624).status is RefundStatus.SUCCEEDED
    assert (len(desk.purses.made), len(desk.cards.made)) == (1, 1)
    assert desk.moved("settled:refund:R-1:1:gc-1:1") == [("owed:R-1", "tender:gc-1", 2000)]
    assert desk.moved("settled:refund:R-1:1:pi_1:1") == [("owed:R-1", "tender:pi_1", 2624)]
    (note,) = [note for entry in desk.shop.ledger.entries() if (note := issued_by(entry))]
    assert [(one.kind, one.amount) for one in note.refunds] == [("gift_card", 2000), ("card", 2624)]
    assert desk.done()


# ── By hand ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_person_could_not_pay_is_a_failed_attempt_and_the_next_one_follows(engine: Engine) -> None:
    desk = Desk(engine, tender("p-1", BANK, 10850))
    first, second, third = (f"refund:R-1:1:p-1:{number}" for number in (1, 2, 3))
    desk.pay("p-1")
    with pytest.raises(Refused) as no:
        desk.by_hand_failed(first, by="olga")
    assert no.value.code == "role_may_not"
    for _ in range(2):
        failed = desk.by_hand_failed(first)
        assert (failed.status, failed.reason) == (RefundStatus.FAILED, "not_paid_by_hand")
    assert "wrong account" in failed.message
    assert desk.shop.entry(f"failed:{first}").actor == "flo"
    assert desk.shop.money("owed:R-1").posted == 4624
    with pytest.raises(Refused) as no:
        desk.by_hand(first)  # what failed cannot have been paid
    assert no.value.code == "not_by_hand"
    assert desk.pay("p-1", attempt=2).reason == "by_hand"
    desk.by_hand_failed(second)
    desk.consent(second)
    assert desk.pay("p-1", attempt=3).status is RefundStatus.SUCCEEDED
    assert [one.key for one in desk.purses.sent] == [third]
    with pytest.raises(Refused) as no:
        desk.by_hand_failed(third)
    assert no.value.code == "paid_already"
    assert desk.done()


def test_who_may_say_that_it_is_paid_and_once(engine: Engine) -> None:
    desk = Desk(engine, tender("p-1", BANK, 10850))
    key = "refund:R-1:1:p-1:1"
    with pytest.raises(Refused) as no:
        desk.by_hand(key)
    assert no.value.code == "not_submitted"
    for _ in range(2):
        assert desk.pay("p-1").reason == "by_hand"
    for by, code in (("olga", "role_may_not"), ("flo", "over_own_limit"), ("nobody-here", "person_unknown")):
        with pytest.raises(Refused) as no:
            desk.by_hand(key, by)
        assert no.value.code == code
    for _ in range(2):
        assert desk.by_hand(key).provider_id == "SEPA-7"
    with pytest.raises(Refused) as no:
        desk.by_hand(key, reference="SEPA-8")
    assert no.value.code == "paid_already"
    entry = desk.shop.entry(f"settled:{key}")
    assert (entry.actor, entry.reasons, entry.at) == ("fay", ("paid_by_hand",), LATER)
    assert desk.pay("p-1").provider_id == "SEPA-7"
    (note,) = [note for one in desk.shop.ledger.entries() if (note := issued_by(one))]
    assert [(one.kind, one.reference) for one in note.refunds] == [("bank", "SEPA-7")]
    assert desk.done()


def test_whoever_has_a_key_signs_it(engine: Engine) -> None:
    desk = Desk(engine, tender("p-1", BANK, 10850))
    refund, mine = desk.pay("p-1").key, Ed25519PrivateKey.generate()
    desk.staff.keep(Person(id="kim", role=Role.FINANCE, limits={"EUR": 5000}, public_key=public_key(mine)))
    right = {"case": "R-1", "verb": "paid_by_hand", "payment": "p-1", "reference": "SEPA-7", "update_id": "u-1"}
    for name, wrong in (("case", "R-2"), ("payment", "p-2"), ("reference", "SEPA-8"), ("update_id", "u-2")):
        signature = sign(mine, {**right, name: wrong})
        said = ByHand(refund=refund, by="kim", reference="SEPA-7", update_id="u-1", signature=signature, now=LATER)
        with pytest.raises(Refused) as no:
            desk.ways.record_by_hand(said)
        assert no.value.code == "not_signed", name
    with pytest.raises(Refused) as no:
        desk.by_hand(refund, by="kim")
    assert no.value.code == "not_signed"
    said = ByHand(refund=refund, by="kim", reference="SEPA-7", update_id="u-1", signature=sign(mine, right), now=LATER)
    desk.ways.record_by_hand(said)
    assert desk.shop.entry(f"settled:{refund}").facts["signature"] == said.signature
    assert desk.done()


def test_nobodys_word_counts_for_what_a_provider_pays(engine: Engine) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    desk.cards.status = RefundStatus.PENDING
    desk.pay("pi_1")
    with pytest.raises(Refused) as no:
        desk.by_hand("refund:R-1:1:pi_1:1")
    assert no.value.code == "not_by_hand"
    desk.cards.move("refund:R-1:1:pi_1:1", RefundStatus.FAILED, reason="declined")
    desk.pay("pi_1")
    with pytest.raises(Refused) as no:  # not without the shopper's consent
        desk.by_hand("refund:R-1:1:pi_1:1")
    assert no.value.code == "not_by_hand"


# ── As the shopper agrees ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_failed_becomes_store_credit_with_the_shoppers_consent(engine: Engine) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    failed = desk.fail("pi_1")
    first = desk.consent(failed)
    assert desk.consent(failed, by="olga") == first
    assert (first.by, first.to, first.customer, first.at) == ("shopper", CREDIT, "cust-2041", LATER)
    entry = desk.shop.entry(f"consent:{failed}")
    assert (entry.kind, entry.actor, entry.reasons) == (EntryKind.CONSENT, "shopper", ("expired_or_canceled_card",))
    assert case_so_far(desk.shop.ledger.entries(case="R-1")).consents == (first,)
    paid = desk.pay("pi_1", attempt=2)
    assert (paid.status, [one.customer for one in desk.purses.sent]) == (RefundStatus.SUCCEEDED, ["cust-2041"])
    assert len(desk.cards.sent) == 1
    assert desk.moved("settled:refund:R-1:1:pi_1:2") == [("owed:R-1", "store_credit:cust-2041", 4624)]
    # The card has given nothing back; what the shop owes its customer has risen instead.
    assert (desk.shop.money("tender:pi_1").posted, desk.shop.money("store_credit:cust-2041").posted) == (10850, 4624)
    assert desk.done()


def test_what_failed_is_paid_by_hand_with_the_shoppers_consent(engine: Engine) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    desk.consent(desk.fail("pi_1"), BANK, by="olga")
    waiting = desk.pay("pi_1", attempt=2)
    assert (waiting.reason, waiting.instead) == ("by_hand", BANK)
    desk.by_hand("refund:R-1:1:pi_1:2")
    assert desk.moved("settled:refund:R-1:1:pi_1:2") == [("owed:R-1", "payout:R-1", 4624)]
    (note,) = [note for one in desk.shop.ledger.entries() if (note := issued_by(one))]
    assert [(one.payment, one.kind, one.reference) for one in note.refunds] == [("pi_1", "bank", "SEPA-7")]
    assert desk.done()


def test_the_next_attempt_keeps_to_what_was_agreed(engine: Engine) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    desk.consent(desk.fail("pi_1"))
    desk.purses.before = [raising(Refused("currency_mismatch", "no such purse"))]
    assert desk.pay("pi_1", attempt=2).status is RefundStatus.FAILED
    assert desk.pay("pi_1", attempt=3).status is RefundStatus.SUCCEEDED
    assert [one.instead for one in desk.purses.sent] == [CREDIT, CREDIT]
    desk.purses.move("refund:R-1:1:pi_1:3", RefundStatus.CANCELED)
    assert len(desk.cards.sent) == 1
    assert desk.done()


@pytest.mark.parametrize("reason", ["lost_or_stolen_card", "declined", "unknown", "charge_not_refundable"])
def test_a_failure_of_where_it_goes_opens_another_way(engine: Engine, reason: str) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    assert desk.consent(desk.fail("pi_1", reason)).to == CREDIT


@pytest.mark.parametrize("reason", ["merchant_request", "insufficient_funds", "charge_for_pending_refund_disputed", ""])
def test_no_other_failure_opens_another_way(engine: Engine, reason: str) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    failed = desk.fail("pi_1", reason)
    with pytest.raises(Refused) as no:
        desk.consent(failed)
    assert no.value.code == "way_is_open"
    assert desk.shop.ledger.find(f"consent:{failed}") is None


def test_a_lost_dispute_opens_another_way_and_an_open_one_does_not(engine: Engine) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    desk.cards.before.extend(raising(Refused("charge_disputed", "It has been charged back.")) for _ in range(2))
    disputed = desk.pay("pi_1")
    assert disputed.reason == "charge_disputed"
    with pytest.raises(Refused) as no:
        desk.consent(disputed.key, BANK)
    assert no.value.code == "way_is_open"
    facts = Facts(desk.shop.ledger, desk.shop.snapshots)
    lost = EarlierRefund(id="dp_1", at=NOW, money={"pi_1": 500})
    facts.refunded_elsewhere("two-rates", lost, "provider", NOW, EntryKind.DISPUTE_LOST)
    charged_back = desk.pay("pi_1", attempt=2)
    assert (charged_back.status, charged_back.reason) == (RefundStatus.FAILED, "charged_back")
    desk.consent(charged_back.key, BANK)
    assert desk.pay("pi_1", attempt=3).reason == "by_hand"
    desk.by_hand("refund:R-1:1:pi_1:3")
    assert desk.done()


def test_what_asked_for_an_account_and_got_none_may_go_another_way(engine: Engine) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    desk.cards.status = RefundStatus.REQUIRES_ACTION
    key = desk.pay("pi_1").key
    with pytest.raises(Refused) as no:
        desk.consent(key)
    assert no.value.code == "not_failed"
    desk.cards.move(key, RefundStatus.CANCELED)
    desk.pay("pi_1")
    desk.consent(key)
    assert desk.pay("pi_1", attempt=2).status is RefundStatus.SUCCEEDED
    assert desk.done()


def test_a_consent_that_is_not_taken(engine: Engine) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    with pytest.raises(Refused) as no:
        desk.consent("refund:R-1:1:pi_1:1")
    assert no.value.code == "not_submitted"
    failed = desk.fail("pi_1")
    for by, code in (("dora", "role_may_not"), ("nobody-here", "person_unknown")):
        with pytest.raises(Refused) as no:
            desk.consent(failed, by=by)
        assert no.value.code == code
    desk.cards.status = RefundStatus.PENDING
    desk.pay("pi_1", attempt=2)
    with pytest.raises(Refused) as no:
        desk.consent(failed)
    assert no.value.code == "paid_again"
    desk.cards.move("refund:R-1:1:pi_1:2", RefundStatus.FAILED, reason="declined")
    desk.pay("pi_1", attempt=2)
    desk.consent("refund:R-1:1:pi_1:2")
    with pytest.raises(Refused) as no:
        desk.consent("refund:R-1:1:pi_1:2", BANK)
    assert no.value.code == "agreed_already"


def test_what_a_person_was_asked_to_pay_is_not_sent_once_a_way_for_it_is_configured(engine: Engine) -> None:
    desk = Desk(engine, tender("g-1", TenderKind.GIFT_CARD, 10850))
    desk.configure({TenderKind.CARD: desk.cards})
    assert (made := desk.pay("g-1")).reason == "by_hand"
    desk.configure({TenderKind.CARD: desk.cards, TenderKind.GIFT_CARD: desk.purses})
    assert (desk.pay("g-1").reason, desk.purses.sent) == ("by_hand", [])
    assert desk.by_hand(made.key).status is RefundStatus.SUCCEEDED
    assert desk.done()


def test_what_may_have_been_sent_is_no_persons_to_pay_once_its_way_is_gone(engine: Engine) -> None:
    desk = Desk(engine, tender("g-1", TenderKind.GIFT_CARD, 10850))
    desk.purses.status = RefundStatus.PENDING
    desk.pay("g-1")
    desk.configure({TenderKind.CARD: desk.cards})
    with pytest.raises(Unavailable, match="gift card is not configured"):
        desk.pay("g-1")
    desk.configure({TenderKind.CARD: desk.cards, TenderKind.GIFT_CARD: desk.purses})
    desk.purses.move("refund:R-1:1:g-1:1", RefundStatus.SUCCEEDED)
    assert desk.pay("g-1").status is RefundStatus.SUCCEEDED
    assert desk.done()


def test_a_consent_in_between_sends_nothing_to_the_card(engine: Engine) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    failed = desk.fail("pi_1")
    busy = Interrupted(engine, lambda: desk.consent(failed))
    desk.payments = PaymentActivities(desk.refunds, busy, CreditNotes(busy, desk.shop.snapshots), desk.refunds.sends)
    with pytest.raises(Stale):
        desk.pay("pi_1", attempt=2)
    assert desk.pay("pi_1", attempt=2).status is RefundStatus.SUCCEEDED
    assert (len(desk.cards.sent), len(desk.purses.sent)) == (1, 1)


def test_a_credit_that_fails_late_is_owed_again(engine: Engine) -> None:
    desk = Desk(engine, card("pi_1", 10850, NOW))
    desk.consent(desk.fail("pi_1"))
    paid = desk.pay("pi_1", attempt=2)
    CreditNotes(desk.shop.ledger, desk.shop.snapshots).reverse(paid.model_copy(update={"status": RefundStatus.FAILED}))
    assert desk.moved(f"reversed:{paid.key}") == [("store_credit:cust-2041", "owed:R-1", 4624)]
    assert desk.shop.money("owed:R-1").posted == 4624
    assert desk.shop.money("tender:pi_1").posted == 10850
