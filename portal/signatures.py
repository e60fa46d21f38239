"""Whether a webhook is from the vendor that it claims to be from. Every check answers with why not, and never raises.

Each works on the bytes as they came: decoding and encoding a body again may change it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

STRIPE_TOLERANCE = timedelta(minutes=5)
"""Stripe signs every attempt anew."""
SENDGRID_TOLERANCE = timedelta(days=1)
"""For so long SendGrid tries again, and does not say whether it signs each attempt anew. An event that was recorded and
is sent again changes nothing: it is stored once."""

MISSING, FORGED = "The signature is missing.", "The signature does not go with this body."
UNTIMED, OUT_OF_TIME = "The signature's time cannot be read.", "The signature's time is too far from now."

Headers = Mapping[str, str]
"""By name, in small letters."""


def stripe(body: bytes, headers: Headers, secrets: Sequence[str], now: datetime) -> str:
    """Why a body is not Stripe's: empty if it is. `Stripe-Signature: t=<seconds>,v1=<hex>`, perhaps several v1."""
    parts = [part.strip().partition("=") for part in headers.get("stripe-signature", "").split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1"]
    if not times or not signatures:
        return MISSING
    if fault := _time_fault(times[0], now, STRIPE_TOLERANCE):
        return fault
    signed = times[0].encode() + b"." + body
    expected = [_hmac_sha256(secret.encode(), signed) for secret in secrets]
    return _one_of(signatures, expected)


def sendgrid(body: bytes, headers: Headers, keys: Sequence[str], now: datetime) -> str:
    """Why a body is not SendGrid's: empty if it is. ECDSA with SHA-256 over time and body; `keys` are public."""
    prefix = "x-twilio-email-event-webhook-"
    time, signature = headers.get(f"{prefix}timestamp", ""), headers.get(f"{prefix}signature", "")
    if not time or not signature:
        return MISSING
    if fault := _time_fault(time, now, SENDGRID_TOLERANCE):
        return fault
    good = any(_signed_by(key, signature, time.encode() + body) for key in keys)
    return "" if good else FORGED


def easypost(body: bytes, headers: Headers, secrets: Sequence[str], now: datetime) -> str:
    """Why a body is not EasyPost's: empty if it is. `X-Hmac-Signature: hmac-sha256-hex=<hex>`; it tells no time."""
    scheme, _, signature = headers.get("x-hmac-signature", "").partition("=")
    if scheme != "hmac-sha256-hex" or not signature:
        return MISSING
    expected = [_hmac_sha256(unicodedata.normalize("NFKD", secret).encode(), body) for secret in secrets]
    return _one_of([signature], expected)


def readable_key(key: str) -> bool:
    """Whether this is a public key that SendGrid's signatures can be checked with."""
    return _public_key(key) is not None


def _time_fault(text: str, now: datetime, tolerance: timedelta) -> str:
    # Longer figures are no time of this millennium, and int() takes other scripts' digits too.
    if not (text.isascii() and text.isdecimal() and len(text) <= 11):
        return UNTIMED
    return OUT_OF_TIME if abs(int(text) - now.timestamp()) > tolerance.total_seconds() else ""


def _hmac_sha256(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def _one_of(given: Sequence[str], expected: Sequence[str]) -> str:
    # As bytes: of texts, compare_digest takes ASCII only. All are compared, whichever goes with which.
    pairs = [hmac.compare_digest(one.encode(errors="replace"), good.encode()) for one in given for good in expected]
    return "" if any(pairs) else FORGED


def _signed_by(key: str, signature: str, message: bytes) -> bool:
    public = _public_key(key)
    if public is None:
        return False
    try:
        public.verify(base64.b64decode(signature, validate=True), message, ec.ECDSA(SHA256()))
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def _public_key(key: str) -> ec.EllipticCurvePublicKey | None:
    try:
        public = load_der_public_key(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return public if isinstance(public, ec.EllipticCurvePublicKey) else None
