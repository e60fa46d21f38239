"""Who is let in: each vendor's signature, good and in every way wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from portal import signatures
from portal.signatures import FORGED, MISSING, OUT_OF_TIME, UNTIMED
from tests.portal.vendors import MAIL, NOW, SENDGRID, SIGNERS, STRIPE, VECTORS, Signer, sign_stripe

BODY = b'{"id": "evt_1", "name": "Gr\xc3\xb6\xc3\x9fe"}\r\n'
every_vendor = pytest.mark.parametrize("vendor", SIGNERS, ids=lambda one: one.vendor.value)
every_timed = pytest.mark.parametrize("vendor", [one for one in SIGNERS if one.timed], ids=lambda one: one.vendor.value)


def fault(vendor: Signer, headers: dict[str, str], body: bytes = BODY, known: tuple[str, ...] = ()) -> str:
    return vendor.check(body, headers, known or vendor.known[:1], NOW)


@every_vendor
def test_a_good_one_is_let_in(vendor: Signer) -> None:
    assert fault(vendor, vendor.sign(BODY, vendor.secrets[0], NOW)) == ""


@every_vendor
def test_while_a_secret_is_changed_both_are_good(vendor: Signer) -> None:
    for secret in vendor.secrets:
        assert fault(vendor, vendor.sign(BODY, secret, NOW), known=vendor.known) == ""


@every_vendor
def test_another_secret_is_not_let_in(vendor: Signer) -> None:
    assert fault(vendor, vendor.sign(BODY, vendor.secrets[1], NOW)) == FORGED


@every_vendor
def test_no_secret_lets_nobody_in(vendor: Signer) -> None:
    assert vendor.check(BODY, vendor.sign(BODY, vendor.secrets[0], NOW), (), NOW) == FORGED


@every_vendor
def test_a_body_with_one_bit_changed_is_not_let_in(vendor: Signer) -> None:
    headers = vendor.sign(BODY, vendor.secrets[0], NOW)
    for place in range(len(BODY)):
        changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert fault(vendor, headers, changed) == FORGED


@every_vendor
@pytest.mark.parametrize("body", [b"", BODY[:-1], BODY[:-2], BODY + b"\n", BODY * 2], ids=len)
def test_a_body_cut_or_lengthened_is_not_let_in(vendor: Signer, body: bytes) -> None:
    assert fault(vendor, vendor.sign(BODY, vendor.secrets[0], NOW), body) == FORGED


@every_vendor
def test_a_signature_cut_anywhere_or_changed_is_not_let_in(vendor: Signer) -> None:
    headers = vendor.sign(BODY, vendor.secrets[0], NOW)
    whole = headers[vendor.header]
    for place in range(len(whole)):
        assert fault(vendor, {**headers, vendor.header: whole[:place]}) in (FORGED, MISSING)
    for place in range(len(whole) - 8, len(whole) - 4):
        other = "0" if whole[place] != "0" else "1"
        assert fault(vendor, {**headers, vendor.header: whole[:place] + other + whole[place + 1 :]}) == FORGED


@every_vendor
def test_without_its_header_nobody_is_let_in(vendor: Signer) -> None:
    assert fault(vendor, {}) == MISSING


@every_timed
@pytest.mark.parametrize("sign", [-1, 1], ids=["old", "future"])
def test_the_time_is_held_to_a_second(vendor: Signer, sign: int) -> None:
    limit = {"stripe": timedelta(seconds=300), "sendgrid": timedelta(hours=24)}[vendor.vendor.value]
    for off, expected in ((limit, ""), (limit + timedelta(seconds=1), OUT_OF_TIME), (timedelta(days=400), OUT_OF_TIME)):
        assert fault(vendor, vendor.sign(BODY, vendor.secrets[0], NOW + sign * off)) == expected


@pytest.mark.parametrize("time", ["now", "-1", "1e9", "\u0661\u0662", "9" * 400, "1795000000.0", " 1795000000"])
def test_a_time_that_is_none_is_told(time: str) -> None:
    good = STRIPE.sign(BODY, "whsec_new", NOW)["stripe-signature"].partition("v1=")[2]
    assert fault(STRIPE, {"stripe-signature": f"t={time},v1={good}"}) in (UNTIMED, OUT_OF_TIME)
    headers = MAIL.sign(BODY, MAIL.secrets[0], NOW)
    assert fault(MAIL, {**headers, f"{SENDGRID}timestamp": time}) in (UNTIMED, OUT_OF_TIME)


@every_timed
def test_an_old_signature_does_not_become_new_by_another_time(vendor: Signer) -> None:
    old, new = (vendor.sign(BODY, vendor.secrets[0], NOW - age) for age in (timedelta(days=2), timedelta()))
    if vendor is STRIPE:
        time, signature = new[vendor.header].partition(",")[0], old[vendor.header].partition(",")[2]
        mixed = {vendor.header: f"{time},{signature}"}
    else:
        mixed = {**new, vendor.header: old[vendor.header]}
    assert fault(vendor, mixed) == FORGED


def test_stripe_may_send_several_signatures_and_one_has_to_be_good() -> None:
    time, _, good = sign_stripe(BODY, "whsec_new", NOW)["stripe-signature"].partition(",v1=")
    for header, expected in (
        (f"{time},v1={'0' * 64},v1={good},v0=x", ""),
        (f"{time},v1={'0' * 64},v1={'1' * 64}", FORGED),
        (f"{time},v0={good}", MISSING),
        (f"v1={good}", MISSING),
        (f"{time}, v1={good}", ""),
    ):
        assert fault(STRIPE, {"stripe-signature": header}) == expected


def test_stripes_own_library_agrees() -> None:
    now = datetime.now(UTC)  # the library takes no other
    headers = sign_stripe(BODY, "whsec_new", now)
    assert stripe.WebhookSignature.verify_header(BODY.decode(), headers["stripe-signature"], "whsec_new", tolerance=300)
    assert signatures.stripe(BODY, headers, ["whsec_new"], now) == ""


def test_sendgrids_published_sample_is_let_in() -> None:
    sample = json.loads((VECTORS / "sendgrid_event_webhook_vector.json").read_text())
    headers = {name.lower(): value for name, value in sample.items() if name.startswith("X-")}
    at = datetime.fromtimestamp(1600112502, UTC)
    body, key = sample["payload"].encode(), [sample["public_key"]]
    assert signatures.sendgrid(body, headers, key, at) == ""
    assert signatures.sendgrid(body.rstrip(), headers, key, at) == FORGED
    bad = {**headers, f"{SENDGRID}signature": sample["bad_signature"]}
    assert signatures.sendgrid(body, bad, key, at) == FORGED
    assert signatures.sendgrid(body, headers, key, NOW) == OUT_OF_TIME


def test_easyposts_published_sample_is_let_in() -> None:
    sample = json.loads((VECTORS / "easypost_webhook_vector.json").read_text())
    body = (VECTORS / "easypost_tracker_updated_event.json").read_bytes().rstrip(b"\n")
    headers = {"x-hmac-signature": sample["x_hmac_signature"]}
    for secret in ("s\u00e9cret", "se\u0301cret"):  # one letter, or a letter and its accent
        assert signatures.easypost(body, headers, [secret], NOW) == ""
    assert signatures.easypost(body, headers, ["secret"], NOW) == FORGED
    assert signatures.easypost(body + b"\n", headers, [sample["secret"]], NOW) == FORGED


@given(
    body=st.binary(max_size=50),
    text=st.text(st.characters(max_codepoint=255), max_size=80),
    time=st.sampled_from(["", "1795000000", "t=1795000000", str(int(NOW.timestamp()))]) | st.text(max_size=20),
    key=st.text(max_size=20) | st.just(MAIL.known[0]),
)
def test_garbage_is_refused_and_never_raises(body: bytes, text: str, time: str, key: str) -> None:
    for headers in (
        {"stripe-signature": text},
        {"stripe-signature": f"t={time},v1={text}"},
        {f"{SENDGRID}timestamp": time, f"{SENDGRID}signature": text},
        {"x-hmac-signature": text},
        {"x-hmac-signature": f"hmac-sha256-hex={text}"},
    ):
        for vendor in SIGNERS:
            assert vendor.check(body, headers, [key], NOW) != ""


@pytest.mark.parametrize(
    "key", ["", "AAAA", MAIL.known[0][:-4], "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=", "\u00e9"]
)
def test_what_is_no_public_key_for_it_lets_nobody_in(key: str) -> None:
    assert not signatures.readable_key(key)
    assert fault(MAIL, MAIL.sign(BODY, MAIL.secrets[0], NOW), known=(key,)) == FORGED
