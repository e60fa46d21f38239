"""A worker in a hurry: `python -m tests.proof.hasty`.

It is the product's worker. From outside, what waits for minutes because a provider may need them waits for seconds,
so that a short run comes by every wait; and where one attempt may take a minute before it is given up, a killed one is
noticed sooner. Workers that share a queue must all be of this kind.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from dataclasses import replace
from datetime import timedelta

import worker
from activities import payments
from activities.payments import via_storefront, via_stripe
from entry import leave
from workflows import options

ANSWER = 3
"""Seconds until an answer of payment provider or storefront counts as lost."""

_STORED_FAULT = timedelta(seconds=3)
_POLL = timedelta(seconds=2)
_LONGEST_RETRY = timedelta(seconds=4)
_ATTEMPT = timedelta(seconds=12)


def hurry() -> None:
    """Shorten the waits of this process."""
    vars(payments)["STORED_FAULT_PATIENCE"] = _STORED_FAULT
    options.POLL_FIRST = _POLL
    brisk = {"attempt": _ATTEMPT, "longest_retry": _LONGEST_RETRY}
    for name in ("STOREFRONT", "CARRIER", "WAREHOUSE", "JOURNAL", "TEMPORAL", "MAIL"):
        setattr(options, name, replace(getattr(options, name), **brisk))
    options.PAYMENTS = replace(options.PAYMENTS, longest_retry=_LONGEST_RETRY, heartbeat=_ATTEMPT)
    for room, kind in ((via_stripe, via_stripe.StripePayments), (via_storefront, via_storefront.StorefrontPayments)):
        setattr(room, kind.__name__, functools.partial(kind, timeout=ANSWER))


def main() -> int:
    """The process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    hurry()
    return asyncio.run(worker.run())


if __name__ == "__main__":
    leave(main)
