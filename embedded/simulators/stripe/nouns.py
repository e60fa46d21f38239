"""Everything that can be asked of this Stripe, noun by noun."""

from __future__ import annotations

from embedded.simulators.stripe import balance, disputes, events, hooks, payments, refunds

CALLS = (
    *payments.CALLS,
    *refunds.CALLS,
    *disputes.CALLS,
    *balance.CALLS,
    *events.CALLS,
    *hooks.CALLS,
)
