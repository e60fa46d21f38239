"""The vendors as they sign: by their published descriptions and apart from the product's own code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.inbox import Vendor
from portal import signatures
from settings import ROOT

VECTORS = ROOT / "tests" / "vectors"
NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
SENDGRID = "x-twilio-email-event-webhook-"
Headers = dict[str, str]


@dataclass(frozen=True)
class Signer:
    """One vendor: how it signs with a secret at a time, how that is checked, and two secrets for it."""

    vendor: Vendor
    sign: Callable[[bytes, str, datetime], Headers]
    check: Callable[..., str]
    secrets: tuple[str, str]
    """What signs: for SendGrid two private numbers."""
    known: tuple[str, str]
    """What we are given to check with: for SendGrid the public keys."""
    header: str
    timed: bool = True


def sign_stripe(body: bytes, secret: str, at: datetime) -> Headers:
    """`t=`, and the HMAC over time, a point and the body."""
    time = int(at.timestamp())
    return {"stripe-signature": f"t={time},v1={mac(secret, f'{time}.'.encode() + body)}"}


def sign_sendgrid(body: bytes, secret: str, at: datetime) -> Headers:
    """ECDSA over the time and the body."""
    time = str(int(at.timestamp()))
    signature = private(secret).sign(time.encode() + body, ec.ECDSA(SHA256()))
    return {f"{SENDGRID}timestamp": time, f"{SENDGRID}signature": base64.b64encode(signature).decode()}


def sign_easypost(body: bytes, secret: str, at: datetime) -> Headers:
    """The HMAC over the body, with the secret decomposed."""
    return {"x-hmac-signature": f"hmac-sha256-hex={mac(unicodedata.normalize('NFKD', secret), body)}"}


def mac(secret: str, message: bytes) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def private(number: str) -> ec.EllipticCurvePrivateKey:
    """A key of P-256."""
    return ec.derive_private_key(int(number), ec.SECP256R1())


def public(number: str) -> str:
    """Its public half, as SendGrid shows it."""
    der = private(number).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


STRIPE = Signer(
    Vendor.STRIPE, sign_stripe, signatures.stripe, ("whsec_new", "whsec_old"), ("whsec_new", "whsec_old"),
    "stripe-signature",
)  # fmt: skip
MAIL = Signer(
    Vendor.SENDGRID, sign_sendgrid, signatures.sendgrid, ("4711", "815"), (public("4711"), public("815")),
    f"{SENDGRID}signature",
)  # fmt: skip
CARRIER = Signer(
    Vendor.EASYPOST, sign_easypost, signatures.easypost, ("s\u00e9cret", "older"), ("s\u00e9cret", "older"),
    "x-hmac-signature", timed=False,
)  # fmt: skip
SIGNERS = (STRIPE, MAIL, CARRIER)


def stripe_object(kind: str, **changed: object) -> dict[str, object]:
    """One of Stripe's sample objects."""
    found: dict[str, object] = json.loads((VECTORS / "stripe_resources.json").read_text())[kind]
    return {**found, **changed}


def stripe_event(kind: str, of: dict[str, object], event: str = "evt_1") -> dict[str, object]:
    """An event around an object."""
    return {"id": event, "object": "event", "type": kind, "created": 1_795_000_000, "data": {"object": of}}


def refund_event(event: str = "evt_1", kind: str = "refund.updated", **changed: Any) -> dict[str, object]:
    """An event about a refund of 12.00 EUR out of `pi_1`."""
    about = {"id": "re_1", "payment_intent": "pi_1", "amount": 1200, "currency": "eur", "status": "succeeded"}
    return stripe_event(kind, stripe_object("refund", **{**about, **changed}), event)


def mail_event(event: str = "sg_1", kind: str = "delivered", **changed: object) -> dict[str, object]:
    """What became of one mail."""
    body = {
        "email": "erin@example.com",
        "event": kind,
        "sg_event_id": event,
        "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
        "timestamp": 1_795_000_000,
        "message_key": "notice:R-1:approved:1",
        "case": "R-1",
    }
    return {**body, **changed}


def tracker_event() -> dict[str, object]:
    """EasyPost's sample."""
    found: dict[str, object] = json.loads((VECTORS / "easypost_tracker_updated_event.json").read_bytes())
    return found
