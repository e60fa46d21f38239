"""What an attempt at an activity knows of itself: when it began, and that it lives."""

from __future__ import annotations

from datetime import datetime

from temporalio import activity


def attempt_time(now: datetime) -> datetime:
    """When Temporal began this attempt, in UTC; `now` (the time of the burst) outside of an activity.

    Between the two may lie an outage, and the journal says when money moved, not when it should have.
    """
    return activity.info().started_time if activity.in_activity() else now


def beat() -> None:
    """Tell Temporal that this worker lives; a killed one is noticed after the heartbeat timeout."""
    if activity.in_activity():
        activity.heartbeat()
