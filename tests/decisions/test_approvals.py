"""Approvals: who may agree to what, by which signature; and nothing above the limit is paid without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activities.decisions import OpenReturn, PlanRefund
from activities.decisions.approvals import ApprovalActivities, RecordApproval
from activities.inventory import RecordInspection
from activities.payments import PayLeg, PaymentActivities
from domain.approval import Approval
from domain.errors import KeyConflict, Refused
from domain.people import Person, Role
from domain.refund import RefundStatus
from ledger import EntryKind
from ledger.credit_notes import CreditNotes
from ledger.recall import case_so_far
from ledger.signing import public_key, sign, signed_by
from tests.payments.fake import FakeProvider
from tests.shop import NOW, Shop, inspection, open_shop, request

# Two mugs and the book: 2353 + 2271 = 4624 cents; the policy lets 40.00 EUR pass by itself.
UNITS, TOTAL, LIMIT = {"1": 2, "2": 1}, 4624, 4000
KEYS = {name: Ed25519PrivateKey.generate() for name in ("fay", "amy", "low", "bench", "dock")}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose return R-1 waits for an approval."""
    with open_shop(tmp_path) as shop:
        shop.publish(automatic_limit={"EUR": LIMIT, "USD": 1})
        for name, role, limit in (
            ("fay", Role.FINANCE, TOTAL),
            ("amy", Role.ADMIN, 10**6),
            ("low", Role.FINANCE, TOTAL - 1),
            ("bench", Role.ADMIN, 10**6),
            ("dock", Role.WAREHOUSE, 10**6),
        ):
            key = public_key(KEYS[name])
            shop.people.keep(Person(id=name, role=role, limits={"EUR": limit}, public_key=key))
        wait(shop, "R-1")
        yield shop


def wait(shop: Shop, case: str, units: Mapping[str, int] = UNITS) -> None:
    """Bring a return to the point where its refund waits."""
    shop.begin(case, units)
    shop.receive(case, units)
    seen = inspection(units)
    shop.inventory.record_inspection(RecordInspection(case=case, order_id="two-rates", inspection=seen, now=NOW))
    shop.plan(case, units)


def said(by: str = "fay", key: str = "", **changed: Any) -> RecordApproval:
    """What a person says of R-1; `signed` changes what the signature is over."""
    over: dict[str, object] = {"case": "R-1", "verb": "approve", "amount": TOTAL, "currency": "EUR", "update_id": "u-1"}
    over |= changed.pop("signed", {})
    given = {"case": "R-1", "order_id": "two-rates", "plan": 1, "amount": TOTAL, "update_id": "u-1", "now": NOW}
    given |= {"by": by, "signature": sign(KEYS[key or by], over)}
    return RecordApproval.model_validate({**given, **changed})


def approve(shop: Shop, ask: RecordApproval) -> Approval:
    return ApprovalActivities(shop.people, shop.ledger, signed_by).record_approval(ask)


def pay(shop: Shop, plan: int = 1) -> Any:
    ask = PayLeg(
        case="R-1", order_id="two-rates", plan=plan, payment="pi_demo_two_rates", amount=TOTAL, attempt=1, now=NOW
    )
    return PaymentActivities(FakeProvider(), shop.ledger, CreditNotes(shop.ledger, shop.snapshots)).pay_leg(ask)


def approvals(shop: Shop) -> list[str]:
    return [one.key for one in shop.ledger.entries() if one.kind is EntryKind.APPROVAL]


def test_without_an_approval_nothing_is_submitted_and_with_one_it_is(shop: Shop) -> None:
    before = shop.recorded()
    with pytest.raises(Refused) as no:
        pay(shop)
    assert no.value.code == "approval_missing"
    assert shop.recorded() == before
    approve(shop, said())
    assert pay(shop).status is RefundStatus.SUCCEEDED
    assert shop.sound()


@pytest.mark.parametrize(("limit", "waits"), [({"EUR": TOTAL - 1}, True), ({"EUR": TOTAL}, False), ({"USD": 0}, False)])
def test_the_limit_is_that_of_the_orders_own_policy(tmp_path: Path, limit: dict[str, int], waits: bool) -> None:
    with open_shop(tmp_path) as shop:
        shop.publish(automatic_limit=limit)
        shop.begin("R-1", UNITS)
        shop.publish(automatic_limit={"EUR": 0})  # published later: the order keeps the terms it was opened under
        shop.receive("R-1", UNITS)
        assert (shop.plan("R-1", UNITS).automatic_limit is not None) is waits
        assert case_so_far(shop.ledger.entries(case="R-1")).needs_approval is waits


def test_an_approval_is_recorded_with_all_that_proves_it(shop: Shop) -> None:
    approval = approve(shop, said())
    entry = shop.entry("approval:R-1:u-1")
    assert (entry.actor, entry.order, entry.case, entry.reasons) == (
        *("fay", "two-rates", "R-1"),
        ("over_automatic_limit",),
    )
    over = {"case": "R-1", "verb": "approve", "amount": TOTAL, "currency": "EUR", "update_id": "u-1"}
    kept = entry.facts["approval"]
    assert signed_by(kept["public_key"], over, kept["signature"])
    known = case_so_far(shop.ledger.entries(case="R-1"))
    assert (known.approval, known.needs_approval) == (approval, False)


def test_the_same_again_is_one_approval_even_when_the_person_has_left(shop: Shop) -> None:
    approval = approve(shop, said())
    shop.people.keep(shop.people.known["fay"].model_copy(update={"active": False}))
    assert approve(shop, said()) == approval
    assert approvals(shop) == ["approval:R-1:u-1"]
    with pytest.raises(Refused):
        approve(shop, said(update_id="u-2", signed={"update_id": "u-2"}))


@pytest.mark.parametrize(
    ("ask", "code", "says"),
    [
        (lambda: said("zoe", "fay"), "person_unknown", "zoe is nobody"),
        (lambda: said("dock"), "role_may_not", "that is for finance, admin"),
        (lambda: said("low"), "over_own_limit", "low may approve up to 46.23 EUR, and this is 46.24 EUR"),
        (lambda: said("low"), "over_own_limit", "Who could: amy, fay."),
        (lambda: said("bench"), "same_person", "bench inspected the goods"),
        (lambda: said("fay", "amy"), "not_signed", "say it with `--key FILE`"),
        (lambda: said(signed={"case": "R-2"}), "not_signed", ""),
        (lambda: said(signed={"amount": 1}), "not_signed", ""),
        (lambda: said(signed={"currency": "USD"}), "not_signed", ""),
        (lambda: said(signed={"verb": "decline"}), "not_signed", ""),
        (lambda: said(update_id="u-2"), "not_signed", ""),
        (lambda: said(amount=1, signed={"amount": 1}), "other_amount", "pays back 46.24 EUR"),
        (lambda: said(case="R-9", signed={"case": "R-9"}), "nothing_to_approve", "R-9"),
        (lambda: said(order_id="other"), "nothing_to_approve", ""),
    ],
)
def test_what_is_refused_leaves_no_trace(shop: Shop, ask: Any, code: str, says: str) -> None:
    before = shop.recorded()
    with pytest.raises(Refused) as no:
        approve(shop, ask())
    assert no.value.code == code
    assert says in no.value.message
    assert shop.recorded() == before


def test_who_has_left_or_has_no_key_is_refused(shop: Shop) -> None:
    for change, code in (({"active": False}, "person_inactive"), ({"public_key": ""}, "no_key")):
        fay = shop.people.known["fay"]
        shop.people.keep(fay.model_copy(update=change))
        with pytest.raises(Refused) as no:
            approve(shop, said())
        assert no.value.code == code
        shop.people.keep(fay)


def test_what_stands_in_one_returns_history_counts_for_no_other(shop: Shop) -> None:
    first = said()
    approve(shop, first)
    wait(shop, "R-2", {"3": 1})  # the kettle: 4555 cents
    for changed, code in (
        ({"case": "R-2"}, "other_amount"),
        ({"case": "R-2", "amount": 4555}, "not_signed"),
        ({"update_id": "u-2"}, "not_signed"),
    ):
        with pytest.raises(Refused) as no:
            approve(shop, first.model_copy(update=changed))
        assert no.value.code == code
    assert approvals(shop) == ["approval:R-1:u-1"]


def test_whoever_asked_for_the_return_does_not_approve_it(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        shop.publish(automatic_limit={"EUR": LIMIT})
        amy = Person(id="amy", role=Role.ADMIN, limits={"EUR": 10**6}, public_key=public_key(KEYS["amy"]))
        shop.people.keep(amy)
        shop.fetch("R-1", UNITS)
        asked = request("R-1", UNITS).model_copy(update={"requested_by": "amy"})
        shop.decisions.open_return(OpenReturn(request=asked, order_id="two-rates", now=NOW))
        shop.receive("R-1", UNITS)
        shop.plan("R-1", UNITS)
        with pytest.raises(Refused) as no:
            approve(shop, said("amy"))
        assert (no.value.code, no.value.message[:27]) == ("same_person", "amy asked for this return, ")


def test_a_plan_below_the_limit_has_nothing_to_approve(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        shop.begin("R-1", UNITS)
        shop.receive("R-1", UNITS)
        shop.plan("R-1", UNITS)
        with pytest.raises(Refused) as no:
            approve(shop, said())
        assert no.value.code == "nothing_to_approve"


def test_an_approval_of_one_plan_is_none_of_the_next(shop: Shop) -> None:
    approve(shop, said())
    seen = inspection(UNITS)
    plan = shop.decisions.plan_refund(PlanRefund(case="R-1", order_id="two-rates", inspection=seen, number=2, now=NOW))
    assert (plan.number, plan.total, plan.automatic_limit) == (2, TOTAL, LIMIT)
    assert case_so_far(shop.ledger.entries(case="R-1")).needs_approval
    with pytest.raises(Refused) as no:
        pay(shop, plan=2)
    assert no.value.code == "approval_missing"
    approve(shop, said(plan=2, update_id="u-2", signed={"update_id": "u-2"}))
    assert not case_so_far(shop.ledger.entries(case="R-1")).needs_approval
    assert pay(shop, plan=2).status is RefundStatus.SUCCEEDED
    assert shop.sound()


def test_an_id_that_was_used_means_one_thing_for_ever(shop: Shop) -> None:
    approve(shop, said())
    for other in (said(plan=2), said("amy"), said(amount=1)):
        with pytest.raises(KeyConflict):
            approve(shop, other)
    assert approvals(shop) == ["approval:R-1:u-1"]
