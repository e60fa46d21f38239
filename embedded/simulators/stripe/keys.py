"""Who may call: every secret test key, and restricted ones as far as their rights go."""

from __future__ import annotations

import re

from starlette.requests import Request

from domain.model import Model
from embedded.simulators.bodies import bearer, user
from embedded.simulators.shelf import Rows
from embedded.simulators.stripe.calls import Call
from embedded.simulators.stripe.errors import StripeError


class RestrictedKey(Model):
    """A key that was made at the dashboard. `may` names calls: `GET /v1/refunds`."""

    key: str
    may: tuple[str, ...]


def given(request: Request) -> str:
    """The key of a call. Raises StripeError 401 without one, and for one that is no test key."""
    key = bearer(request) or user(request)
    if not key:
        raise StripeError(
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). "
            "See https://stripe.com/docs/api#authentication for details, "
            "or we can help at https://support.stripe.com/.",
            status=401,
        )
    # A live key must never get as far as a simulator.
    if re.fullmatch(r"(sk|rk)_test_[A-Za-z0-9_]+", key) is None:
        raise StripeError("Invalid API Key provided: only test keys (sk_test_...) are taken here.", status=401)
    return key


def check_rights(rows: Rows, key: str, call: Call) -> None:
    """Raises StripeError 403 for what a restricted key may not do, and 401 for one that nobody made."""
    if key.startswith("sk_"):
        return
    shown = f"{key[:8]}{'*' * 10}{key[-4:]}"
    made = rows.get(RestrictedKey, key)
    if made is None:
        raise StripeError(f"Invalid API Key provided: {shown}", status=401)
    if call.name not in made.may:
        text = f"The provided key '{shown}' does not have the required permissions for this endpoint"
        raise StripeError(f"{text} on account 'acct_embedded'.", status=403)
