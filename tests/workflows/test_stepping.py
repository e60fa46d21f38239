"""A step that is refused while somebody asks for a retry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.payments import PayLeg, PaymentActivities
from workflows import options
from workflows.stepping import Stepper


class Step(Stepper):
    """Keeps what it was told to wait for."""

    def __init__(self) -> None:
        self.retries = 0
        self.waited: list[str] = []

    async def wait_for_help(self, step: str, owner: str, message: str, pause: timedelta | None) -> None:
        self.waited.append(message)


def refused() -> ActivityError:
    error = ActivityError(
        "refused",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="pay_leg",
        activity_id="1",
        retry_state=None,
    )
    error.__cause__ = ApplicationError("pi_1 is disputed", "disputed", type="Refused", non_retryable=True)
    return error


@pytest.mark.parametrize(("meanwhile", "waited"), [(True, []), (False, ["pi_1 is disputed"])])
async def test_a_retry_that_was_asked_for_before_the_refusal_came_in_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, meanwhile: bool, waited: list[str]
) -> None:
    step, asked = Step(), [0]

    async def execute(*_: object, **__: object) -> Any:
        asked[0] += 1
        if asked[0] == 1:
            step.retries += meanwhile  # the news that the dispute is won, heard after the leg was refused
            raise refused()
        return "paid"

    monkeypatch.setattr(workflow, "execute_activity_method", execute)
    monkeypatch.setattr(workflow, "now", lambda: datetime.now(UTC))
    leg = PayLeg(case="R-1", order_id="o", plan=1, payment="pi_1", amount=1, attempt=1, now=datetime.now(UTC))
    paid: object = await step.step("Refund", PaymentActivities.pay_leg, lambda now: leg, options.PAYMENTS)
    assert (paid, asked, step.waited) == ("paid", [2], waited)
