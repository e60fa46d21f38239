"""A worker that kills itself: `python -m tests.proof.killer SECONDS ACTIVITY MOMENT RETURN ORDER [N]`; or one that says
which steps it begins and ends: `python -m tests.proof.killer 0 noted`.

It is the product's worker; from outside, an interceptor, the adapters' methods and the workflow tasks are given a fuse.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import uvloop
from temporalio import activity, workflow
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.exceptions import ApplicationError
from temporalio.plugin import SimplePlugin
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)

import worker
from activities.inventory.embedded import EmbeddedInventory
from activities.inventory.via_storefront import StorefrontFulfilment
from activities.labels.embedded import EmbeddedLabels
from activities.mail.via_sendgrid import SendGridMail
from activities.payments.via_storefront import StorefrontPayments
from activities.payments.via_stripe import StripePayments
from domain import ids
from entry import leave
from workflows import options

Activate = Callable[[WorkflowActivation], WorkflowActivationCompletion]

AROUND = ("before", "after_effect")
"""Before the activity runs; after it has returned and before Temporal hears of it."""

TASK = "workflow_task"
"""In the place of an activity: the return's n-th workflow task, before it is worked on, or after, before Temporal hears
of what was decided."""

CALLS: dict[str, tuple[tuple[type, str], ...]] = {
    "buy_label": ((EmbeddedLabels, "buy"),),
    "void_label": ((EmbeddedLabels, "void"),),
    "pay_leg": ((StripePayments, "refund"), (StorefrontPayments, "refund")),
    "send_notice": ((SendGridMail, "send"),),
    "restock": ((EmbeddedInventory, "restock"),),
    "set_aside": ((EmbeddedInventory, "reserve"),),
    "set_free": ((EmbeddedInventory, "release"),),
    "collect_payment": ((StripePayments, "collect"),),
    "ship": ((StorefrontFulfilment, "ship"),),
}
"""The call to the outside system in an activity; it has two moments more:"""

CALLING = ("before_call", "after_call")
"""When all is ready for the call; when the outside system has answered and nobody here has recorded it."""

NOTED, BEGUN, OVER, OK = "noted", "step begun", "step over", "ok"
"""In the place of an activity; and what is said then."""


def moments(name: str) -> tuple[str, ...]:
    """At which moments of an activity its worker can be killed, in order."""
    return (AROUND[0], *CALLING, AROUND[1]) if name in CALLS else AROUND


class Fuse(Interceptor):
    """Kills this process with SIGKILL when one activity of one return gets to a moment for the n-th time, in the return
    itself or in the aftercare of it or of its order. Workflow tasks are the return's own alone."""

    def __init__(self, name: str, moment: str, case: str, order: str, nth: int) -> None:
        self._point = (name, moment)
        self._return = ids.workflow_id(case)
        self._aftercare = () if name == TASK else (ids.aftercare_id(case, ""), ids.aftercare_id(order, ""))
        self._left = nth
        self._lock = threading.Lock()

    def reached(self, moment: str) -> None:
        """Where an activity has got to."""
        info = activity.info()
        self._burn(info.activity_type, info.workflow_id or "", moment)

    def _burn(self, name: str, workflow_id: str, moment: str) -> None:
        with self._lock:
            ours = workflow_id == self._return or workflow_id.startswith(self._aftercare)
            if not ours or (name, moment) != self._point:
                return
            self._left -= 1
            if self._left == 0:
                sys.stdout.write(f"killed in {name} {moment} of {workflow_id}\n")
                sys.stdout.flush()
                os.kill(os.getpid(), signal.SIGKILL)

    def runner(self, product: WorkflowRunner | None) -> WorkflowRunner:
        """The product's own, whose instances tell of each task."""
        assert product is not None
        return _Telling(product, self)

    def told(self, det: WorkflowInstanceDetails, instance: WorkflowInstance) -> WorkflowInstance:
        """An instance that tells."""
        vars(instance)["activate"] = self._told(det.info.workflow_id, instance.activate)
        return instance

    def _told(self, workflow_id: str, activate: Activate) -> Activate:
        def activated(act: WorkflowActivation) -> WorkflowActivationCompletion:
            if all(job.HasField("query_workflow") for job in act.jobs):  # a question is not the return's own work
                return activate(act)
            self._burn(TASK, workflow_id, AROUND[0])
            done = activate(act)
            self._burn(TASK, workflow_id, AROUND[1])
            return done

        return activated

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Around each activity."""
        return _Around(next, self)

    def lay(self) -> None:
        """Around the calls to outside systems."""
        for calls in CALLS.values():
            for kind, method in calls:
                setattr(kind, method, self._around(getattr(kind, method)))

    def _around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def called(*args: Any, **named: Any) -> Any:
            self.reached("before_call")
            try:
                return call(*args, **named)
            finally:  # a no is an answer, too
                self.reached("after_call")

        return called


class _Telling(WorkflowRunner):
    def __init__(self, product: WorkflowRunner, fuse: Fuse) -> None:
        self._product = product
        self._fuse = fuse

    def prepare_workflow(self, defn: workflow._Definition) -> None:
        self._product.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return self._fuse.told(det, self._product.create_instance(det))

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._product.set_worker_level_failure_exception_types(types)


class _Around(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, fuse: Fuse) -> None:
        super().__init__(next)
        self._fuse = fuse

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # the interceptor's own signature
        self._fuse.reached("before")
        answer = await self.next.execute_activity(input)
        self._fuse.reached("after_effect")
        return answer


class Noted(Interceptor):
    """Says which attempts this process begins and how each ends:
    `step over return-R-1 019a... pay_leg 17 1 Unavailable`: workflow, run, activity, its id, attempt."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Around each activity."""
        return _Noting(next)


class _Noting(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # the interceptor's own signature
        info = activity.info()
        run = f"{info.workflow_id} {info.workflow_run_id}"
        about = f"{run} {info.activity_type} {info.activity_id} {info.attempt}"
        _say(f"{BEGUN} {about}")
        try:
            answer = await self.next.execute_activity(input)
        except BaseException as error:
            _say(f"{OVER} {about} {error.type if isinstance(error, ApplicationError) else type(error).__name__}")
            raise
        _say(f"{OVER} {about} {OK}")
        return answer


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def hasten(seconds: int) -> None:
    """From here on a worker that was killed is noticed after so many seconds."""
    soon = timedelta(seconds=seconds)
    for name in ("STOREFRONT", "CARRIER", "WAREHOUSE", "JOURNAL", "TEMPORAL"):
        setattr(options, name, replace(getattr(options, name), attempt=soon))
    options.PAYMENTS = replace(options.PAYMENTS, heartbeat=soon)


def serve(seconds: str, name: str = "", moment: str = "", case: str = "", order: str = "", nth: str = "1") -> int:
    """The process. `seconds`, if not 0, is how soon its death is noticed; without a point to die at it is an ordinary
    worker, or one that notes what it does."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if int(seconds):
        hasten(int(seconds))
    if not name:
        return asyncio.run(worker.run())
    if name == NOTED:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as workers run
            return runner.run(worker.run([SimplePlugin("noted", interceptors=[Noted()])]))
    fuse = Fuse(name, moment, case, order, int(nth))
    fuse.lay()
    return asyncio.run(worker.run([SimplePlugin("fuse", interceptors=[fuse], workflow_runner=fuse.runner)]))


if __name__ == "__main__":
    leave(lambda: serve(*sys.argv[1:]))
