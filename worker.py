"""Runs the workers: returns, and apart from them payments and mail, which have queues of their own.

`python worker.py` until SIGTERM or Ctrl-C; then it takes no new work, finishes what is under way, and exits with 0.
One process keeps one processor busy; run several for more (docs/workers.md).
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import uvloop
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import Plugin, PollerBehaviorSimpleMaximum, Worker, WorkerDeploymentConfig

from database.engine import migrate
from domain import ids
from entry import leave, without_arguments
from health import told
from settings import QUEUES, Settings, traced
from telemetry import logs
from telemetry.runtime import runtime
from telemetry.traces import tracing
from wiring import Rooms, check_settings, connect, rooms
from workflows.aftercare import Aftercare
from workflows.mailing import Mailing
from workflows.reconcile import Reconcile
from workflows.return_case.case import ReturnCase

WORKFLOWS = (ReturnCase, Aftercare, Mailing, Reconcile)
_CHECK = timedelta(seconds=3)


def workers(client: Client, rooms: Rooms, plugins: Sequence[Plugin] = ()) -> list[Worker]:
    """One worker per task queue that is served. `plugins` come after the client's."""
    own = rooms.settings
    polls = PollerBehaviorSimpleMaximum(own.worker_pollers)
    rates = {ids.PAYMENTS_QUEUE: own.payments_per_second, ids.MAIL_QUEUE: own.mails_per_second}
    return [
        Worker(
            client,
            task_queue=queue,
            workflows=WORKFLOWS if queue == ids.RETURNS_QUEUE else (),
            activities=activities,
            activity_executor=ThreadPoolExecutor(own.worker_slots, thread_name_prefix=queue),
            max_concurrent_activities=own.worker_slots,
            max_cached_workflows=own.worker_cache,
            workflow_task_poller_behavior=polls,
            activity_task_poller_behavior=polls,
            max_task_queue_activities_per_second=rates.get(queue),
            graceful_shutdown_timeout=timedelta(seconds=own.drain_seconds),
            deployment_config=_deployment(own.worker_build),
            plugins=plugins,
        )
        for queue, activities in by_queue(rooms, own.worker_queues).items()
    ]


def _deployment(build: str) -> WorkerDeploymentConfig | None:
    """A return lives for weeks, so it goes on with the version that is current: nobody keeps old workers for it."""
    if not build:
        return None
    version = WorkerDeploymentVersion(ids.DEPLOYMENT, build)
    return WorkerDeploymentConfig(version, True, VersioningBehavior.AUTO_UPGRADE)


def by_queue(rooms: Rooms, queues: Sequence[str] = QUEUES) -> dict[str, list[Callable[..., Any]]]:
    """Which activities each task queue serves: refunds and mail have their own, everything else shares one."""
    served = {ids.RETURNS_QUEUE: _of_returns, ids.PAYMENTS_QUEUE: _of_payments, ids.MAIL_QUEUE: _of_mail}
    return {queue: served[queue](rooms) for queue in queues}


def _of_returns(rooms: Rooms) -> list[Callable[..., Any]]:
    story = (rooms.storefront, rooms.decisions, rooms.approvals, rooms.overrides, rooms.words)
    goods = (rooms.labels, rooms.parcels, rooms.inventory, *rooms.trade)
    others = _all(*story, *goods, rooms.aftercare, rooms.returns)
    return [*others, rooms.news.hear_dispute, rooms.news.hear_payment]


def _of_payments(rooms: Rooms) -> list[Callable[..., Any]]:
    money = (rooms.payments, rooms.other_ways, rooms.taking_back, rooms.collecting)
    return [*_all(*money, rooms.reconciling), rooms.news.hear_refund]


def _of_mail(rooms: Rooms) -> list[Callable[..., Any]]:
    return _all(rooms.mail)


def _all(*rooms: object) -> list[Callable[..., Any]]:
    """The activities of some rooms."""
    return [
        method
        for room in rooms
        for _, method in inspect.getmembers(room, inspect.ismethod)
        if hasattr(method, "__temporal_activity_definition")
    ]


async def run(plugins: Sequence[Plugin] = ()) -> int:
    """Serve until asked to stop. `plugins` come after the product's own."""
    settings = Settings.load()
    logs.set_up(settings.log)
    check_settings(settings, settings.worker_queues)
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    here = rooms(settings)
    migrate(here.engine)
    client = await connect(runtime=runtime(settings.metrics_address))
    serving = workers(client, here, plugins)
    async with told(settings.worker_port, partial(missing, client, serving, stop)), AsyncExitStack() as stack:
        for worker in serving:
            await stack.enter_async_context(worker)
        logging.info("worker ready: %s", ", ".join(settings.worker_queues))
        await stop.wait()
        logging.info("worker stops: finishing what is under way")
        await asyncio.gather(*(one.shutdown() for one in serving))  # else each queue would wait for the one before
    return 0


async def missing(client: Client, serving: Sequence[Worker], stop: asyncio.Event) -> str:
    """Why this process takes no work; empty if it does."""
    if stop.is_set():
        return "the worker stops"
    if idle := [one.task_queue for one in serving if not one.is_running]:
        return f"not served yet: {', '.join(idle)}"
    try:
        well = await client.service_client.check_health(timeout=_CHECK)
    except (RPCError, RuntimeError) as error:
        return f"Temporal does not answer: {error}"
    return "" if well else "Temporal says that it is not well"


def main() -> int:
    """The process."""
    return without_arguments(__doc__, _serve)


def _serve() -> int:
    with tracing(traced(), "backhaul-worker"), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


if __name__ == "__main__":
    leave(main)
