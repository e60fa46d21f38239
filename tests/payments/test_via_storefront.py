"""What the storefront answers becomes one of two errors: try again, or a final no. Calls are signed."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from activities.payments.via_storefront import StorefrontPayments
from domain.errors import BackhaulError, InvalidRequest, Refused, StoredFault, Unavailable
from domain.order import TenderKind
from domain.refund import RefundIntention, RefundStatus
from tests.payments.canned import Answer, Call, canned
from tests.payments.providers import Simulator
from tests.shop import NOW

KEY = "refund:R-1:1:gc-1:1"
ASK = RefundIntention(
    key=KEY,
    case="R-1",
    order_id="two-rates",
    plan=1,
    attempt=1,
    payment="gc-1",
    amount=1500,
    currency="EUR",
    kind=TenderKind.GIFT_CARD,
)
CREDIT = ASK.model_copy(update={"kind": TenderKind.CARD, "instead": TenderKind.STORE_CREDIT, "customer": "cust-1"})


def credit(**changed: object) -> dict[str, object]:
    """A credit as the storefront shows it."""
    shown = {"id": "cr_1", "object": "credit", "account": "gc-1", "kind": "credit", "amount": 1500, "currency": "EUR"}
    return {**shown, "balance": 1500, "reference": KEY, "created_at": 1, "voided": False, **changed}


def refusal(code: str) -> str:
    return json.dumps({"error": {"code": code, "message": "Not this one."}})


def asked(answer: Answer, ask: RefundIntention = ASK) -> tuple[BackhaulError, Call]:
    """What a refund raises when the storefront answers so."""
    with canned(lambda _: answer) as there:
        with pytest.raises(BackhaulError) as caught:
            StorefrontPayments(there.url, "s3cret").refund(ask, NOW)
        return caught.value, there.calls[0]


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (Answer(drop=True), Unavailable, ""),
        (Answer(401, refusal("signature_invalid")), Unavailable, ""),
        (Answer(403, refusal("forbidden")), Unavailable, ""),
        (Answer(404, "<h1>no such page</h1>"), Unavailable, ""),
        (Answer(302), Unavailable, ""),
        (Answer(429, refusal("rate_limited"), {"Retry-After": "7"}), Unavailable, ""),
        (Answer(500, refusal("internal_error")), Unavailable, ""),
        (Answer(500, refusal("internal_error"), {"Idempotent-Replayed": "true"}), StoredFault, ""),
        (Answer(200, "{}"), Unavailable, ""),
        (Answer(200, "\xff no JSON"), Unavailable, ""),
        (Answer(404, refusal("not_found")), Refused, "not_found"),
        (Answer(422, refusal("currency_mismatch")), Refused, "currency_mismatch"),
        (Answer(409, refusal("idempotency_key_reused")), Refused, "idempotency_error"),
        (Answer(201, json.dumps(credit(amount=1499))), Refused, "other_refund"),
        (Answer(201, json.dumps(credit(currency="USD"))), Refused, "other_refund"),
    ],
)
def test_every_answer_is_a_try_again_or_a_no(answer: Answer, error: type[BackhaulError], code: str) -> None:
    raised, _ = asked(answer)
    assert type(raised) is error
    assert getattr(raised, "code", "") == code
    assert "s3cret" not in raised.message
    assert getattr(raised, "retry_after", None) == (7 if answer.status == 429 else None)


def test_a_call_is_signed_and_carries_the_key() -> None:
    with canned(lambda _: Answer(201, json.dumps(credit()))) as there:
        made = StorefrontPayments(f"{there.url}/", "s3cret").refund(ASK, NOW)
    (call,) = there.calls
    assert (made.provider_id, made.status, made.instead) == ("cr_1", RefundStatus.SUCCEEDED, "")
    assert (call.method, call.path) == ("POST", "/gift_cards/gc-1/credits")
    assert json.loads(call.body) == {"amount": 1500, "currency": "EUR", "reference": KEY}
    assert call.headers["idempotency-key"] == KEY
    text = f"{call.headers['x-storefront-timestamp']}.POST./gift_cards/gc-1/credits.{KEY}.{call.body}"
    right = hmac.new(b"s3cret", text.encode(), hashlib.sha256).hexdigest()
    assert call.headers["x-storefront-signature"] == f"v1={right}"


def test_what_goes_to_store_credit_instead_goes_to_the_customer() -> None:
    with canned(lambda _: Answer(201, json.dumps(credit()))) as there:
        made = StorefrontPayments(there.url, "s3cret").refund(CREDIT, NOW)
    assert (there.calls[0].path, made.payment, made.instead) == ("/store_credit/cust-1/credits", "gc-1", "store_credit")


def test_store_credit_of_nobody_is_not_asked_for() -> None:
    with canned(lambda _: Answer(201, json.dumps(credit()))) as there:
        for verb in (StorefrontPayments(there.url, "s3cret").refund, StorefrontPayments(there.url, "s3cret").find):
            with pytest.raises(Refused) as no:
                verb(CREDIT.model_copy(update={"customer": ""}), NOW)
            assert no.value.code == "no_customer"
    assert there.calls == []


def test_a_credit_that_was_taken_back_is_none() -> None:
    with canned(lambda _: Answer(200, json.dumps({"data": [credit(voided=True)]}))) as there:
        found = StorefrontPayments(there.url, "s3cret").find(ASK, NOW)
    assert found is not None
    assert (found.status, found.reason) == (RefundStatus.CANCELED, "voided")


def test_a_gift_card_that_is_gone_is_refused_and_certainly_has_no_credit(simulator: Simulator) -> None:
    payments = StorefrontPayments(f"{simulator.url}/storefront", "storefront_embedded")
    with pytest.raises(Refused) as no:
        payments.refund(ASK.model_copy(update={"payment": "gone"}), NOW)
    assert no.value.code == "not_found"
    assert payments.find(ASK.model_copy(update={"payment": "gone"}), NOW) is None


def test_without_a_secret_nothing_is_sent() -> None:
    with pytest.raises(InvalidRequest) as no:
        StorefrontPayments("http://127.0.0.1:1", "")
    assert no.value.field == "BACKHAUL_STOREFRONT_SECRET"
