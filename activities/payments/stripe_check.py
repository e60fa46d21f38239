"""Whether Stripe would serve us: the two lists that are read every night, one row of each."""

from __future__ import annotations

import stripe

from activities.checking import Checked, told_time
from activities.payments.stripe_errors import translating


def check(client: stripe.StripeClient) -> Checked:
    """GET /v1/refunds and /v1/balance_transactions. A restricted key may lack the right to either.

    What may be written cannot be tried without writing.
    """
    asked = {
        "refunds (Charges and Refunds: write)": client.v1.refunds.list,
        "balance transactions (Balance transaction sources: read)": client.v1.balance_transactions.list,
    }
    lacks, clock = [], None
    for what, ask in asked.items():
        with translating():
            try:
                page = ask({"limit": 1})
            except stripe.PermissionError:
                lacks.append(what)
                continue
            if page.to_dict().get("object") != "list":
                raise TypeError("no list")
            answer = page.last_response
            clock = told_time(dict(answer.headers)) if answer else None
    return Checked(lacks=tuple(lacks), clock=clock)
