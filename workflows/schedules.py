"""What runs by the clock: made once, and then left as ops have set it."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
)

from domain import ids

RECONCILE = "reconcile"
HOUR, MINUTE = 2, 15
"""When the night's reconciliation starts, in UTC: the day before is over everywhere that counts in it."""

_CATCH_UP = timedelta(hours=12)


async def create_schedules(client: Client) -> bool:
    """Make the nightly reconciliation; False if it was there already, and then nothing is changed."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(ids.RECONCILE_TYPE, id=RECONCILE, task_queue=ids.RETURNS_QUEUE),
        spec=ScheduleSpec(calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(HOUR)], minute=[ScheduleRange(MINUTE)])]),
        # After an outage one night is enough: it looks at all 35 days.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
    )
    try:
        await client.create_schedule(RECONCILE, schedule)
    except ScheduleAlreadyRunningError:
        return False
    return True
