"""Timeouts, retries and queues of every outside system, in one table.

A step is a burst of attempts of about 15 minutes. If it ends without an answer, `owner` is asked to look, and the same
step runs again after a growing pause or at once on `retry_now`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from temporalio.common import RetryPolicy

from domain import ids


@dataclass(frozen=True)
class Options:
    """How one outside system is called. `owner` is who looks after it when it does not answer."""

    owner: str
    queue: str = ids.RETURNS_QUEUE
    attempt: timedelta = timedelta(seconds=15)
    heartbeat: timedelta | None = None
    burst: timedelta = timedelta(minutes=15)
    first_retry: timedelta = timedelta(seconds=1)
    longest_retry: timedelta = timedelta(minutes=2)

    @property
    def retry(self) -> RetryPolicy:
        """Doubling pauses; the burst, not a count, ends them."""
        return RetryPolicy(
            initial_interval=self.first_retry, backoff_coefficient=2.0, maximum_interval=self.longest_retry
        )


# One call of at most 10 s and the writes around it. An attempt has no other sign of life than its answer, so this is
# also how long a killed worker goes unnoticed. One that is only slow does no harm: its keys make what it does happen
# once, however often it is tried.
STOREFRONT = Options(owner="ops")

# Three or four calls of at most 10 s each (what came, and each of restock, quarantine and scrap that is needed), with a
# heartbeat before each: a worker that was killed is noticed after 15 s.
WAREHOUSE = Options(owner="warehouse", attempt=timedelta(seconds=60), heartbeat=timedelta(seconds=15))

# Up to four calls of at most 14 s each (look up, make, buy, a code to print from), with a heartbeat before each.
CARRIER = Options(owner="ops", attempt=timedelta(seconds=75), heartbeat=timedelta(seconds=15))

# Writes of a few milliseconds, no call.
JOURNAL = Options(owner="ops", attempt=timedelta(seconds=10))

# An Update to another return, which answers within seconds.
TEMPORAL = Options(owner="ops", attempt=timedelta(seconds=30))

# Three calls of at most 10 s each (look up, send, look up), with a heartbeat before each: a worker that was killed is
# noticed after 15 s instead of 60.
PAYMENTS = Options(
    owner="finance",
    queue=ids.PAYMENTS_QUEUE,
    attempt=timedelta(seconds=60),
    heartbeat=timedelta(seconds=15),
    first_retry=timedelta(seconds=2),
    longest_retry=timedelta(minutes=5),
)

# Many calls, a heartbeat before each day that is read and each refund that is looked up: a busy day may take minutes.
RECONCILE = Options(
    owner="finance",
    queue=ids.PAYMENTS_QUEUE,
    attempt=timedelta(hours=2),
    heartbeat=timedelta(minutes=5),
    # Until the next one is due.
    burst=timedelta(hours=22),
    first_retry=timedelta(minutes=1),
    longest_retry=timedelta(minutes=30),
)

# A mail may be late by days but never holds anything up. Its return tries for so long and waits no longer with its end;
# then the mail goes on by itself, until it is out or makes no sense any more.
MAIL = Options(
    owner="ops",
    queue=ids.MAIL_QUEUE,
    # Well above what the SDK may take: a second attempt beside the first could not tell whether the mail went out.
    attempt=timedelta(seconds=60),
    burst=timedelta(days=3),
    longest_retry=timedelta(hours=2),
)
# Longer than any mail makes sense.
MAIL_LATER = replace(
    MAIL, burst=timedelta(days=120), first_retry=timedelta(minutes=5), longest_retry=timedelta(hours=6)
)

PAUSE_FIRST = timedelta(minutes=15)
PAUSE_LONGEST = timedelta(hours=6)
"""Between two bursts of the same step: 15 minutes, then twice as long each time."""

POLL_FIRST = timedelta(minutes=1)
"""Between two looks at a refund that the provider has not decided: 1 minute, then twice as long up to PAUSE_LONGEST."""

HELP_PATIENCE = timedelta(days=1)
"""How soon somebody should look at what is not tried again by itself."""

UNDO_PATIENCE = timedelta(days=7)
"""How long a return that ends waits for help with what cannot be undone; then it ends without."""

BY_HAND_PATIENCE = timedelta(days=2)
"""How soon finance should have paid what a person has to pay."""

SEND_PATIENCE = timedelta(days=2)
"""How soon what goes out for goods should be on its way."""

APPROVAL_PATIENCE = timedelta(days=2)
"""How soon finance should have approved a refund above the automatic limit."""

OWED_PATIENCE = timedelta(days=14)
"""How long ops are asked to look after what a shopper owes and nobody settled, before it is left in the books."""

PARCEL_PATIENCE = timedelta(days=7)
"""How long a parcel that was overdue is left alone after a sign of life."""

INSPECTION_PATIENCE = timedelta(days=7)
"""What the shopper is asked for when the time to look at the goods has passed."""

WORD_PATIENCE = timedelta(days=1)
"""How long the provider may take to say by webhook that it has a mail of which it gave no answer; within a day its own
repetitions of a webhook end. By SMTP no word ever comes, and the day only passes."""

REFUND_WARNING_DAYS = 3
"""How many days before the day on which a refund is due by law finance is asked to see to it."""
