"""Whether Stripe would serve us: the two lists that are read every night, one row of each."""

from __future__ import annotations

from collections.abc import Callable

import stripe

from activities.checking import Checked, told_time
from activities.payments.stripe_errors import translating


def check(client: stripe.StripeClient) -> Checked:
    """GET /v1/refunds and /v1/balance_transactions. A restricted key may lack the right to either.

    What may be written cannot be tried without writing.
    """
    asked: dict[str, Callable[[], stripe.StripeObject]] = {
        "refunds": lambda: client.v1.refunds.list({"limit": 1}),
        "balance transactions": lambda: client.v1.balance_transactions.list({"limit": 1}),
    }
    lacks, clock = [], None
    for what, ask in asked.items():
        with translating():
            try:
                page = ask()
            except stripe.PermissionError:
                lacks.append(f"read {what}")
                continue
            if page.to_dict().get("object") != "list":
                raise TypeError("this is no list of Stripe's")
            clock = told_time(page.last_response.headers) if page.last_response else None
    return Checked(lacks=tuple(lacks), clock=clock)
