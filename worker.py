"""Runs the workers: returns, and apart from them payments and mail, which have queues of their own.

`python worker.py` until SIGTERM or Ctrl-C; then it takes no new work, finishes what is under way, and exits with 0.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.errors import ErrorsForPeople
from database.engine import migrate
from domain import ids
from domain.errors import BackhaulError, InvalidRequest
from entry import leave
from settings import Settings
from wiring import Rooms, check_settings, connect, rooms
from workflows.aftercare import Aftercare
from workflows.mailing import Mailing
from workflows.reconcile import Reconcile
from workflows.return_case.case import ReturnCase

# The nouns, the activity classes and the pure half of a return are deterministic; to load them anew for every workflow
# run would only cost time, three quarters of what the start of a run costs.
_RULES = ("claims", "early", "finding", "goods", "label", "offer", "staff", "trade", "words")
_ALLOWED = ("allowed", *(f"allowed_{name}" for name in _RULES))
_PARTS = (
    "deciders",
    "facts",
    "legs",
    "notices",
    "offer_mail",
    "panel",
    "refund_mail",
    "remedies",
    "said",
    "stage",
    "state",
)
_CASE = tuple(f"workflows.return_case.{name}" for name in (*_ALLOWED, *_PARTS))
_VIEWS = (
    "workflows.aftercare_view",
    "workflows.return_case.turn",
    "workflows.return_case.view",
    "workflows.return_case.panel",
)
PASSED_THROUGH = ("domain", "activities", "ledger", "workflows.options", "workflows.patches", *_CASE, *_VIEWS)
WORKFLOWS = (ReturnCase, Aftercare, Mailing, Reconcile)
THREADS = 20


def sandbox() -> SandboxedWorkflowRunner:
    """What workflows run in, here and wherever their histories are replayed."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


def workers(client: Client, rooms: Rooms, drain: timedelta, extra: Sequence[Interceptor] = ()) -> list[Worker]:
    """One worker per task queue; together they do everything a return needs."""
    runner = sandbox()
    return [
        Worker(
            client,
            task_queue=queue,
            workflows=WORKFLOWS if queue == ids.RETURNS_QUEUE else (),
            activities=activities,
            activity_executor=ThreadPoolExecutor(THREADS, thread_name_prefix=queue),
            max_concurrent_activities=THREADS,
            workflow_runner=runner,
            interceptors=[ErrorsForPeople(), *extra],
            graceful_shutdown_timeout=drain,
        )
        for queue, activities in by_queue(rooms).items()
    ]


def by_queue(rooms: Rooms) -> dict[str, list[Callable[..., Any]]]:
    """Which activities each task queue serves: refunds and mail have their own, everything else shares one."""
    money = (rooms.payments, rooms.other_ways, rooms.taking_back, rooms.collecting)
    mine = {
        ids.PAYMENTS_QUEUE: [*_all(*money, rooms.reconciling), rooms.news.hear_refund],
        ids.MAIL_QUEUE: _all(rooms.mail),
    }
    story = (rooms.storefront, rooms.decisions, rooms.approvals, rooms.overrides, rooms.words)
    goods = (rooms.labels, rooms.parcels, rooms.inventory, *rooms.trade)
    others = _all(*story, *goods, rooms.aftercare, rooms.returns)
    return {ids.RETURNS_QUEUE: [*others, rooms.news.hear_dispute, rooms.news.hear_payment], **mine}


def _all(*rooms: object) -> list[Callable[..., Any]]:
    """The activities of some rooms."""
    return [
        method
        for room in rooms
        for _, method in inspect.getmembers(room, inspect.ismethod)
        if hasattr(method, "__temporal_activity_definition")
    ]


async def run(extra: Sequence[Interceptor] = ()) -> int:
    """Serve until asked to stop."""
    settings = Settings.load()
    check_settings(settings)
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    here = rooms(settings)
    migrate(here.engine)
    async with AsyncExitStack() as stack:
        for worker in workers(await connect(), here, timedelta(seconds=settings.drain_seconds), extra):
            await stack.enter_async_context(worker)
        logging.info("worker ready: %s", ", ".join(by_queue(here)))
        await stop.wait()
        logging.info("worker stops: finishing what is under way")
    return 0


def main() -> int:
    """The process. It takes no arguments: its settings come from the environment."""
    if len(sys.argv) > 1:
        print(f"{__doc__}\n\nIt takes no arguments; docs/configuration.md names its settings.")
        return 0 if sys.argv[1:] == ["--help"] else 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        return asyncio.run(run())
    except BackhaulError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2 if isinstance(error, InvalidRequest) else 1


if __name__ == "__main__":
    leave(main)
