"""How errors of the activities reach Temporal, in one place: what is final, what is tried again, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.errors import BackhaulError, InvalidRequest, KeyConflict, Refused, Stale, Unavailable

_FINAL = (InvalidRequest, Refused, KeyConflict)
_AGAIN = timedelta(milliseconds=50)
"""Nobody is in trouble when an order has moved on; the pauses of an outage would only hold the return up."""


class ErrorsForPeople(Interceptor):
    """Turns every BackhaulError into a failure whose type and message an operator can read."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap each activity."""
        return _Translating(next)


class _Translating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # the interceptor's own signature
        try:
            return await self.next.execute_activity(input)
        except BackhaulError as error:
            activity.logger.info("%s: %s", type(error).__name__, error.message)
            raise as_failure(error) from None


def as_failure(error: BackhaulError) -> ApplicationError:
    """The failure that stands in the history: type, message, and the code or field as its detail."""
    code = error.code if isinstance(error, Refused) else error.field if isinstance(error, InvalidRequest) else ""
    asked = error.retry_after if isinstance(error, Unavailable) else None
    wait = _AGAIN if isinstance(error, Stale) else timedelta(seconds=asked) if asked else None
    return ApplicationError(
        error.message,
        code,
        type="Refused" if isinstance(error, Refused) else type(error).__name__,
        non_retryable=isinstance(error, _FINAL),
        next_retry_delay=wait,
        category=ApplicationErrorCategory.BENIGN if isinstance(error, Stale) else ApplicationErrorCategory.UNSPECIFIED,
    )
