"""The world's hand on the stand-in: imported payments, outcomes, outages. Not part of Stripe's API."""

from __future__ import annotations

from starlette.routing import Route

from embedded.simulators.stripe.account import Account
from embedded.simulators.stripe.controls import calls, hooks, money, paying, refunds
from embedded.simulators.stripe.controls.calls import REFUND, count_call

__all__ = ["REFUND", "count_call", "routes"]


def routes(account: Account) -> list[Route]:
    """All controls, under `/_control`."""
    return [
        *money.routes(account),
        *refunds.routes(account),
        *paying.routes(account),
        *calls.routes(account),
        *hooks.routes(account),
    ]
