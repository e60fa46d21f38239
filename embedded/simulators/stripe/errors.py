"""Refusals in Stripe's shape."""

from __future__ import annotations

from typing import Literal

from embedded.simulators.bodies import Json

ErrorType = Literal["invalid_request_error", "idempotency_error", "api_error"]


class StripeError(Exception):
    """An answer other than 200. `settled`: the call was carried out and this is its outcome, kept under its key."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        type: ErrorType = "invalid_request_error",
        settled: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.settled = settled
        doc = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}" if code else None
        known = {"message": message, "type": type, "code": code, "doc_url": doc, "param": param}
        self.body: Json = {"error": {name: text for name, text in known.items() if text is not None}}


def broken() -> StripeError:
    """Stripe has a fault of its own."""
    return StripeError("An unknown error occurred", status=500, type="api_error")


def rate_limited() -> StripeError:
    """Too many calls."""
    text = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
    return StripeError(text, status=429, code="rate_limit")


def unavailable() -> StripeError:
    """Nobody is there to answer."""
    return StripeError("Stripe is temporarily unavailable. Please try again.", status=503, type="api_error")


def missing(noun: str, id: str, param: str) -> StripeError:
    """There is no such object."""
    return StripeError(f"No such {noun}: '{id[:100]}'", status=404, code="resource_missing", param=param)
