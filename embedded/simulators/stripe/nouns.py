"""Everything that can be asked of this Stripe, noun by noun."""

from __future__ import annotations

from embedded.simulators.stripe import (
    balance,
    disputes,
    events,
    hooks,
    payment_links,
    payments,
    payouts,
    refunds,
    sessions,
)

CALLS = (
    *payments.CALLS,
    *refunds.CALLS,
    *disputes.CALLS,
    *balance.CALLS,
    *payouts.CALLS,
    *sessions.CALLS,
    *payment_links.CALLS,
    *events.CALLS,
    *hooks.CALLS,
)
