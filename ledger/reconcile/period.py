"""The days that a reconciliation covers, and what of the provider has to be read for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.model import Model, UtcDatetime

REACH = timedelta(days=35)
"""So much older or newer than the days themselves is read: refunds fail up to 30 days late."""

JUST_NOW = timedelta(minutes=1)
"""What is newer may have happened while journal and provider were read one after the other, by two clocks."""
CALL_TAKES = timedelta(hours=1)
"""Until then a refund that was submitted may not be at the provider yet, nor its movement on the balance."""
NEWS_TAKES = timedelta(hours=6)
"""By then the journal has the provider's word, because an open refund is looked at that often."""
PENDING_AT_MOST = timedelta(days=5)
ARN_AFTER = timedelta(days=7)


class Period(Model):
    """From `since` to before `until`, as everything stands at `now`."""

    since: UtcDatetime
    until: UtcDatetime
    now: UtcDatetime

    @property
    def read_since(self) -> datetime:
        """What is read of the provider begins here."""
        return self.since - REACH

    @property
    def read_until(self) -> datetime:
        """What is read of the provider ends before this. A bit more than now: clocks differ."""
        return min(self.until + REACH, self.now + JUST_NOW)

    def has(self, at: datetime | None) -> bool:
        """Whether a moment is in these days."""
        return at is not None and self.since <= at < self.until

    def age(self, at: datetime) -> timedelta:
        """How long ago a moment is."""
        return self.now - at
