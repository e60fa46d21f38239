"""Every error that Stripe's SDK can raise becomes one of two: tried again, or a final no about this refund."""

from __future__ import annotations

import inspect
import json
import logging
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from stripe import oauth_error

from activities.payments.via_stripe import StripePayments, translate
from domain.errors import BackhaulError, Refused, StoredFault, Unavailable
from domain.refund import Refund, RefundStatus
from tests.loopback import closed_port
from tests.payments.canned import Answer, Call, canned, fault, refund
from tests.payments.test_contract import intention
from tests.shop import NOW

KEY = "sk_test_51Hnotforothers"
ASK = intention("pi_1")

# Every class by hand, with the status that it comes with: which of the two it is. Only three speak about the refund.
# Those below the line belong to Stripe's API v2 and to OAuth, which are never called here: what one of them means for
# a refund nobody knows, so it is no final no.
DECIDED: dict[type[stripe.StripeError], tuple[int | None, type[BackhaulError]]] = {
    stripe.InvalidRequestError: (400, Refused),
    stripe.CardError: (402, Refused),
    stripe.IdempotencyError: (400, Refused),
    stripe.APIError: (500, Unavailable),
    stripe.APIConnectionError: (None, Unavailable),
    stripe.AuthenticationError: (401, Unavailable),
    stripe.PermissionError: (403, Unavailable),
    stripe.RateLimitError: (429, Unavailable),
    stripe.SignatureVerificationError: (None, Unavailable),
    # ----
    oauth_error.OAuthError: (400, Unavailable),
    oauth_error.InvalidClientError: (401, Unavailable),
    oauth_error.InvalidGrantError: (400, Unavailable),
    oauth_error.InvalidRequestError: (400, Unavailable),
    oauth_error.InvalidScopeError: (400, Unavailable),
    oauth_error.UnsupportedGrantTypeError: (400, Unavailable),
    oauth_error.UnsupportedResponseTypeError: (400, Unavailable),
    **dict.fromkeys(
        (
            stripe._error.StripeErrorWithParamCode,
            stripe.AlreadyCanceledError,
            stripe.BlockedByStripeError,
            stripe.CannotProceedError,
            stripe.CapabilityNotEnabledError,
            stripe.ControlledByAlternateResourceError,
            stripe.FeatureNotEnabledError,
            stripe.FinancialAccountNotOpenError,
            stripe.FxQuoteNeedsRefreshError,
            stripe.InsufficientFundsError,
            stripe.InvalidPaymentMethodError,
            stripe.InvalidPayoutMethodError,
            stripe.InvalidVaultedCredentialError,
            stripe.NotCancelableError,
            stripe.QuotaExceededError,
            stripe.RecipientNotNotifiableError,
            stripe.TemporarySessionExpiredError,
            stripe.VerificationAttemptFailedError,
            stripe.VerificationExpiredError,
            stripe.VerificationNotInitiatedError,
        ),
        (400, Unavailable),
    ),
}


def below(root: type[stripe.StripeError]) -> Iterator[type[stripe.StripeError]]:
    """Every class of the SDK's errors but the root."""
    for one in root.__subclasses__():
        yield one
        yield from below(one)


def raised(kind: type[stripe.StripeError], status: int | None, code: str = "some_code") -> stripe.StripeError:
    """An error as the SDK would make it."""
    words = f"Invalid API Key provided: {KEY}"
    known: dict[str, Any] = {
        "message": words,
        "description": words,
        "http_status": status,
        "http_body": words,
        "json_body": {"error": {"message": words, "code": code, "type": "invalid_request_error"}},
        "headers": {"retry-after": "7"},
        "code": code,
        "param": None,
        "sig_header": "",
    }
    taken = inspect.signature(kind).parameters
    return kind(**{name: value for name, value in known.items() if name in taken})


def test_every_class_has_been_decided_on() -> None:
    assert set(below(stripe.StripeError)) == set(DECIDED)


@pytest.mark.parametrize("kind", DECIDED, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_class_becomes_what_was_decided(kind: type[stripe.StripeError]) -> None:
    status, ours = DECIDED[kind]
    found = translate(raised(kind, status))
    assert type(found) is ours
    assert KEY not in found.message
    if isinstance(found, Refused) and kind is not stripe.IdempotencyError:
        assert found.code == "some_code"


def outcome(answer: Answer, find: bool = False) -> Refund | BackhaulError | None:
    """What the adapter makes of an answer that came over the wire."""
    with canned(lambda _: answer) as server:
        payments = StripePayments(KEY, server.url)
        try:
            return payments.find(ASK, NOW) if find else payments.refund(ASK, NOW)
        except BackhaulError as error:
            return error
        finally:
            # Whatever it was, it was asked once: trying again is Temporal's.
            assert len(server.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        fault(401, "Expired API Key provided"),
        fault(403),
        fault(409, code="idempotency_key_in_use", type="idempotency_error"),
        fault(429, code="lock_timeout"),
        fault(400, code="rate_limit"),
        fault(400, code="idempotency_key_in_use"),
        fault(404, code="livemode_mismatch"),
        fault(500),
        fault(502),
        fault(503),
        Answer(503, "<html>Service Unavailable</html>"),
        # Somebody else's answers: a proxy's, or those of a wrong address.
        Answer(200, "<html>Welcome to the hotel's network</html>"),
        Answer(200, "{}"),
        Answer(400, "<html>Bad Request</html>"),
        Answer(404, "<html>Not Found</html>"),
        Answer(404, '{"error": "not_found"}'),
        Answer(400, '{"error": "invalid_request", "error_description": "no"}'),
        fault(404, "Unrecognized request URL (POST: /refunds)."),
        fault(407),
        fault(418, code="teapot"),
    ],
    ids=lambda one: f"{one.status} {one.body[:60]}",
)
@pytest.mark.parametrize("find", [False, True], ids=["refund", "find"])
def test_what_may_still_become_a_yes_is_tried_again(answer: Answer, find: bool) -> None:
    assert isinstance(outcome(answer, find), Unavailable)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (fault(400, code="charge_already_refunded"), "charge_already_refunded"),
        (fault(400, code="charge_disputed"), "charge_disputed"),
        (fault(400, param="amount"), "stripe_400"),
        (fault(404, code="resource_missing"), "resource_missing"),
        (fault(402, code="card_declined", type="card_error"), "card_declined"),
        (fault(400, type="idempotency_error"), "idempotency_error"),
    ],
)
def test_a_code_about_this_refund_is_a_final_no(answer: Answer, code: str) -> None:
    found = outcome(answer)
    assert isinstance(found, Refused)
    assert found.code == code


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("17", 17),
        ("0", 0),
        ("999999999", 3600),
        ("9" * 5000, None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("²", None),
    ],
)
@pytest.mark.parametrize("status", [403, 409, 429, 503])
def test_when_to_come_back_is_kept(status: int, said: str, seconds: int | None) -> None:
    found = outcome(fault(status, headers={"Retry-After": said}))
    assert isinstance(found, Unavailable)
    assert found.retry_after == seconds


def test_a_line_that_is_cut_may_still_become_a_yes() -> None:
    assert isinstance(outcome(Answer(drop=True)), Unavailable)


def test_an_address_where_nobody_is() -> None:
    for verb in (StripePayments(KEY, closed_port()).refund, StripePayments(KEY, closed_port()).find):
        with pytest.raises(Unavailable):
            verb(ASK, NOW)


@pytest.mark.parametrize("find", [False, True], ids=["refund", "find"])
def test_silence_ends_after_the_timeout_and_is_not_asked_again(find: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hole:
        url = f"http://127.0.0.1:{hole.getsockname()[1]}"
        payments = StripePayments(KEY, url, timeout=0.2)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            _ = payments.find(ASK, NOW) if find else payments.refund(ASK, NOW)
        assert 0.2 <= time.monotonic() - began < 5
        hole.setblocking(False)
        lines = []
        while True:
            try:
                lines.append(hole.accept()[0])
            except BlockingIOError:
                break
        for line in lines:
            line.close()
    assert len(lines) == 1


def test_the_timeout_is_ten_seconds_where_nobody_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    bare = stripe.RequestsClient

    def seen(*, timeout: float) -> stripe.RequestsClient:
        made.append(timeout)
        return bare(timeout=timeout)

    monkeypatch.setattr(stripe, "RequestsClient", seen)
    StripePayments(KEY)
    assert made == [10]


@pytest.mark.parametrize(
    "answer",
    [
        fault(401, f"Invalid API Key provided: {KEY}"),
        fault(401, "Invalid API Key provided: my-own-nonsense"),
        fault(403, f"The provided key '{KEY}' does not have access to account 'acct_1'."),
        fault(400, f"Do not use rk_live_123456 or {KEY} here.", code="parameter_unknown"),
        fault(429, f"Too many calls with {KEY}."),
        Answer(502, f"<html>Authorization: Bearer {KEY}</html>"),
        Answer(418, f"<html>Authorization: Bearer {KEY}</html>"),
    ],
)
def test_no_message_names_a_key(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    found = outcome(answer)
    assert isinstance(found, BackhaulError)
    for secret in (KEY, "rk_live", "nonsense"):
        assert secret not in found.message


def test_a_key_that_is_none_is_not_named_either() -> None:
    broken = "sk_test_with\nbreak"
    with canned(lambda _: refund()) as server, pytest.raises(Unavailable) as error:
        StripePayments(broken, server.url).refund(ASK, NOW)
    assert "with" not in error.value.message.replace("without", "")


def test_a_wrong_key_is_told_as_what_it_is() -> None:
    found = outcome(fault(401))
    assert isinstance(found, Unavailable)
    assert "BACKHAUL_STRIPE_API_KEY" in found.message


def test_exactly_the_intention_is_sent() -> None:
    def answer(call: Call) -> Answer:
        return refund()

    with canned(answer) as server:
        for _ in range(2):
            StripePayments(KEY, server.url).refund(ASK, NOW)
    first, second = server.calls
    assert (first.method, first.path) == ("POST", "/v1/refunds")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "refund:R-1:1:pi_1:1"
    assert first.headers["stripe-version"] == "2026-10-28.endive"
    # Stripe compares the whole body under a key, so it must be the same to the letter.
    assert first.body == second.body
    assert sorted(first.body.split("&")) == [
        "amount=1000",
        "metadata[backhaul_key]=refund%3AR-1%3A1%3Api_1%3A1",
        "metadata[case]=R-1",
        "metadata[order]=two-rates",
        "metadata[plan]=1",
        "payment_intent=pi_1",
        "reason=requested_by_customer",
    ]


@pytest.mark.parametrize(
    ("payment", "name"), [("ch_1", "charge"), ("py_1", "charge"), ("pi_1", "payment_intent"), ("x_1", "payment_intent")]
)
def test_a_charge_is_named_as_one(payment: str, name: str) -> None:
    with canned(lambda call: listed() if call.method == "GET" else refund()) as server:
        StripePayments(KEY, server.url).refund(intention(payment), NOW)
        StripePayments(KEY, server.url).find(intention(payment), NOW)
    sent, looked = server.calls
    fields = dict(one.split("=") for one in (*sent.body.split("&"), *looked.path.partition("?")[2].split("&")))
    assert {one: fields.get(one) for one in ("charge", "payment_intent")} == {
        "charge": None,
        "payment_intent": None,
        name: payment,
    }


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"status": "on_hold"}, RefundStatus.UNKNOWN, ""),
        ({"status": None}, RefundStatus.UNKNOWN, ""),
        ({"status": ""}, RefundStatus.UNKNOWN, ""),
        ({"status": "failed"}, RefundStatus.FAILED, ""),
        ({"status": "failed", "failure_reason": "new_reason"}, RefundStatus.FAILED, "new_reason"),
        ({"status": "pending", "pending_reason": "new_reason"}, RefundStatus.PENDING, "new_reason"),
    ],
)
def test_words_that_we_do_not_know(fields: dict[str, str | None], status: RefundStatus, reason: str) -> None:
    found = outcome(refund(**fields))
    assert isinstance(found, Refund)
    assert (found.status, found.reason) == (status, reason)


@pytest.mark.parametrize("fields", [{"amount": 999}, {"currency": "usd"}, {"amount": None}])
def test_an_answer_over_other_money_is_no_success(fields: dict[str, object]) -> None:
    found = outcome(refund(**fields))
    assert isinstance(found, Refused)
    assert found.code == "other_refund"


def test_a_fault_that_is_kept_under_our_key_is_told_from_one_that_may_pass() -> None:
    kept = outcome(fault(500, headers={"Idempotent-Replayed": "true"}))
    assert type(kept) is StoredFault
    for headers in ({}, {"Idempotent-Replayed": "false"}):
        assert type(outcome(fault(500, headers=headers))) is Unavailable


@pytest.mark.parametrize(
    ("card", "arn", "shows_as"),
    [
        ({"type": "refund", "reference_status": "pending"}, "", "refund"),
        ({"type": "refund", "reference_status": "available", "reference": "7420"}, "7420", "refund"),
        ({"type": "refund", "reference_status": "unavailable", "reference": None}, "", "refund"),
        ({"type": "reversal"}, "", "reversal"),
        ({"type": "pending"}, "", ""),
    ],
)
def test_the_reference_by_which_the_bank_finds_it(card: dict[str, str], arn: str, shows_as: str) -> None:
    found = outcome(refund(destination_details={"type": "card", "card": card}))
    assert isinstance(found, Refund)
    assert (found.arn, found.shows_as) == (arn, shows_as)


def listed(*objects: dict[str, object], more: bool = False) -> Answer:
    """One page of Stripe's."""
    return Answer(body=json.dumps({"object": "list", "data": objects, "has_more": more, "url": "/v1/x"}))


def test_refunds_of_a_time_are_read_page_by_page() -> None:
    def one(id: str, **fields: object) -> dict[str, object]:
        known = {"object": "refund", "amount": 1000, "currency": "eur", "status": "succeeded", "created": 1_790_000_000}
        return {"id": id, "payment_intent": "pi_1", **known, **fields}

    mine = one("re_1", metadata={"backhaul_key": "refund:R-1:1:pi_1:1", "case": "R-1"})
    old = one("re_2", payment_intent=None, charge="ch_2", status="on_hold")

    def answer(call: Call) -> Answer:
        return listed(old) if "starting_after=re_1" in call.path else listed(mine, more=True)

    with canned(answer) as server:
        found = list(StripePayments(KEY, server.url).refunds(NOW - timedelta(days=1), NOW))
    assert [(one.id, one.key, one.payment, one.status) for one in found] == [
        ("re_1", "refund:R-1:1:pi_1:1", "pi_1", RefundStatus.SUCCEEDED),
        ("re_2", "", "ch_2", RefundStatus.UNKNOWN),
    ]
    assert found[0].created_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    # 21 November 2026, noon, in seconds since 1970; the day before; the end itself does not count.
    assert "gte%5D=1795176000&created%5Blt%5D=1795262400" in server.calls[0].path


@pytest.mark.parametrize(
    "metadata",
    [
        {"backhaul_key": "ours? no"},
        {"backhaul_key": "refund:R-1:x:pi_1:1"},
        {"backhaul_key": ""},
        {"case": "R-1"},
        None,
    ],
)
def test_what_others_write_under_our_name_is_no_key_of_ours(metadata: dict[str, str] | None) -> None:
    said = refund(payment_intent="pi_1", created=1_790_000_000, metadata=metadata)
    with canned(lambda _: said) as server:
        assert StripePayments(KEY, server.url).refresh("re_1", NOW).key == ""


def test_movements_of_the_balance_are_plain_values() -> None:
    shown = {
        "id": "txn_1",
        "object": "balance_transaction",
        "reporting_category": "refund",
        "source": "re_1",
        "amount": -123400,
        "fee": 233,
        "net": -123633,
        "currency": "isk",
        "created": 1_790_000_000,
    }
    payout = {**shown, "id": "txn_2", "reporting_category": "payout", "source": None, "amount": 500, "net": 500}
    with canned(lambda _: listed(shown, {**payout, "currency": "eur"})) as server:
        found = list(StripePayments(KEY, server.url).balance_transactions(NOW - timedelta(days=1), NOW))
    # A fee of 2.33 krónur, which have no smaller unit: the whole part is told, towards zero.
    assert [(one.id, one.category, one.source, one.amount, one.fee, one.net, one.currency) for one in found] == [
        ("txn_1", "refund", "re_1", -1234, 2, -1236, "ISK"),
        ("txn_2", "payout", "", 500, 233, 500, "EUR"),
    ]


@pytest.mark.parametrize("body", ["[]", "{}", '{"object": "refund", "id": "re_1"}', "<html></html>"])
def test_what_is_no_refund_is_no_answer(body: str) -> None:
    with canned(lambda _: Answer(body=body)) as server, pytest.raises(Unavailable):
        StripePayments(KEY, server.url).refresh("re_1", NOW)
