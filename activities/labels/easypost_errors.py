"""What an error of EasyPost's SDK means: try again, or a final no about this label."""

from __future__ import annotations

from collections.abc import Mapping

from easypost.errors import (
    ApiError,
    BadRequestError,
    EasyPostError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PaymentError,
    RateLimitError,
    UnauthorizedError,
)

from domain.errors import BackhaulError, Refused, Unavailable

_UNDECIDED = (
    "SHIPMENT.POSTAGE.EXISTS",
    "SHIPMENT.POSTAGE.NO_RESPONSE",
    "SHIPMENT.POSTAGE.TIMED_OUT",
    "SHIPMENT.PURCHASE.IN_PROGRESS",
    "REFUND.NO_RESPONSE",
)
"""The label may have been bought, or be void by now: the next attempt looks for it first."""

_MEANINGS = {"SHIPMENT.REFUND.UNAVAILABLE": "already_used"}
"""Codes of EasyPost that have one of ours; by their beginnings the others."""

_WORDS = {
    "already_used": "the parcel was scanned already, so the label cannot be given back",
    "address_refused": "it cannot use the shopper's address; have it corrected in the order",
    "unknown_parcel": "it does not know this parcel; check the tracking number and the carrier",
    "unknown_label": "it does not know this label",
}


def translate(error: EasyPostError, families: Mapping[str, str] | None = None) -> BackhaulError:
    """Unavailable for what may still become a yes, Refused for a final no about this label.

    `families` names our code for EasyPost's by their beginnings, where a call has any. EasyPost's own sentences are not
    passed on: they may quote an address.
    """
    status, code = _status(error), _code(error)
    if isinstance(error, UnauthorizedError | ForbiddenError):
        return Unavailable("EasyPost does not accept our API key; is BACKHAUL_EASYPOST_API_KEY right?")
    if isinstance(error, PaymentError):
        return Unavailable("The EasyPost account cannot pay: add money or a payment method to it.")
    if isinstance(error, RateLimitError):
        return Unavailable("EasyPost asks us to slow down; the call is sent again.")
    about_label = isinstance(error, BadRequestError | InvalidRequestError | NotFoundError) and code
    if not about_label:
        told = f" (HTTP {status})" if status else ""
        return Unavailable(f"EasyPost could not be reached, or gave no usable answer{told}.")
    if code in _UNDECIDED:
        return Unavailable(f"EasyPost does not say yet what became of the label ({code}).")
    ours = _ours(error, code, families or {})
    words = _WORDS.get(ours, "it takes the request for wrong" + _fields(error))
    return Refused(ours, f"EasyPost refuses: {words} ({code})")


def _ours(error: EasyPostError, code: str, families: Mapping[str, str]) -> str:
    if code in _MEANINGS:
        return _MEANINGS[code]
    if isinstance(error, NotFoundError):
        return "unknown_label"
    found = (ours for start, ours in families.items() if code.startswith(start))
    return next(found, code.lower().replace(".", "_"))


def _status(error: EasyPostError) -> int | None:
    return error.http_status if isinstance(error, ApiError) else None


def _code(error: EasyPostError) -> str:
    """EasyPost's own code. Anybody may have answered without one: a proxy, a wrong address."""
    code = error.code if isinstance(error, ApiError) else None
    return code if isinstance(code, str) and code.replace(".", "").replace("_", "").isalnum() else ""


def _fields(error: EasyPostError) -> str:
    """The names of the fields that it finds wrong, without their values."""
    told: object = error.errors if isinstance(error, ApiError) else None
    named = [one.get("field") for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    fields = [one for one in named if isinstance(one, str) and one.replace("_", "").isalnum() and len(one) < 40]
    return f" in {', '.join(fields)}" if fields else ""
