"""A step that is refused while somebody asks for a retry."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.payments import PayLeg, PaymentActivities
from workflows import options
from workflows.return_case.clerk import Clerk
from workflows.stepping import NotWanted, Stepper, not_if_refused


class Step(Stepper):
    """Keeps what it was told to wait for."""

    def __init__(self) -> None:
        self.retries = 0
        self.waited: list[str] = []

    async def wait_for_help(self, step: str, owner: str, message: str, pause: timedelta | None) -> None:
        self.waited.append(message)


def refused(kind: str = "Refused") -> ActivityError:
    error = ActivityError(
        "refused",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="pay_leg",
        activity_id="1",
        retry_state=None,
    )
    error.__cause__ = ApplicationError("pi_1 is disputed", "disputed", type=kind, non_retryable=True)
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


@pytest.mark.parametrize(
    ("kind", "handed_on"),
    [("Refused", "Refused"), ("KeyConflict", "Refused"), ("InvalidRequest", "InvalidRequest")],
)
async def test_whoever_said_what_is_refused_for_good_hears_why(
    monkeypatch: pytest.MonkeyPatch, kind: str, handed_on: str
) -> None:
    async def execute(*_: object, **__: object) -> Any:
        raise refused(kind)

    monkeypatch.setattr(workflow, "execute_activity_method", execute)
    monkeypatch.setattr(workflow, "now", lambda: datetime.now(UTC))
    leg = PayLeg(case="R-1", order_id="o", plan=1, payment="pi_1", amount=1, attempt=1, now=datetime.now(UTC))
    with pytest.raises(NotWanted) as no:
        await Step().step("Say it", PaymentActivities.pay_leg, lambda now: leg, options.PAYMENTS, not_if_refused)
    assert (no.value.refusal.type, no.value.refusal.details) == (handed_on, ("disputed",))


def test_everything_that_is_said_is_answered_when_it_is_refused() -> None:
    """What the clerk writes down for somebody never waits for help instead of answering them."""
    writes = {
        name: told
        for name, method in inspect.getmembers(Clerk, inspect.isfunction)
        if name.startswith("record_") and "self.note(" not in (told := inspect.getsource(method))
    }
    assert len(writes) > 25
    waiting = [name for name, told in writes.items() if "not_if_refused" not in told and "record_answer(" not in told]
    assert waiting == []
