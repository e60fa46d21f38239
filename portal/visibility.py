"""How many returns stand where, by Temporal's own counts: cheap questions, asked slowly, because lists share them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import CountWorkflowExecutionsRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain import ids
from domain.errors import BackhaulError, Unavailable
from domain.refund import RefundStatus
from workflows.return_case.stage import Stage
from workflows.return_case.view import DUE_AT, NEEDS_ACTION, REFUND_STATUS, STAGE

OWNERS = ("shopper", "carrier", "warehouse", "ops", "finance", "provider", "backhaul")
PERSON = "person"
"""Everybody who was asked by name counts as one: names are nobody's business, and have no end."""
STAGES = tuple(one for one in Stage if one is not Stage.CLOSED)
STATUSES = tuple(one for one in RefundStatus if one is not RefundStatus.SUCCEEDED)
AGES = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12)) + tuple(
    timedelta(days=days) for days in (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)
)
"""The steps in which the age of the oldest is told: it is at least so old."""
QUEUES = (
    (ids.RETURNS_QUEUE, "workflow"),
    (ids.RETURNS_QUEUE, "activity"),
    (ids.PAYMENTS_QUEUE, "activity"),
    (ids.MAIL_QUEUE, "activity"),
)
PATIENCE = timedelta(seconds=5)
PACE_SECONDS = 0.2
"""Between two counts: a server grants a namespace about ten a second, and people's lists come first."""

_TYPES = {
    "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}
# By the time of the end, not by the status: what somebody has paused is open, too.
_OPEN = "CloseTime IS NULL"
_RETURNS = f"WorkflowType = '{ids.WORKFLOW_TYPE}' AND {_OPEN}"
_ALL = f"WorkflowType IN ('{ids.WORKFLOW_TYPE}', '{ids.AFTERCARE_TYPE}') AND {_OPEN}"
_STUCK = "TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')"

QueueAndKind = tuple[str, str]


@dataclass
class Standing:
    """What was counted."""

    open: dict[str, int] = field(default_factory=dict)
    """Returns by stage."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Returns and aftercare, by whose turn it is."""
    due_soon: dict[str, int] = field(default_factory=dict)
    overdue: dict[str, int] = field(default_factory=dict)
    refunds: dict[str, int] = field(default_factory=dict)
    """Open returns by what the provider said of their refund."""
    stuck: int = 0
    pollers: dict[QueueAndKind, int] = field(default_factory=dict)
    backlog: dict[QueueAndKind, int] = field(default_factory=dict)
    backlog_age: dict[QueueAndKind, float] = field(default_factory=dict)


class Visibility:
    """Counts of one namespace. The connection is made with the first, and made anew if that failed."""

    def __init__(self, connect: Callable[[], Awaitable[Client]], pace: float = PACE_SECONDS) -> None:
        self._connect = connect
        self._pace = pace
        self._client: Client | None = None

    async def standing(self, now: datetime) -> Standing:
        """Everything but ages. Raises Unavailable."""
        found = Standing()
        for stage in STAGES:
            found.open[stage] = await self._count(f"{_RETURNS} AND {STAGE.name} = '{stage}'")
        found.waiting = await self._by_owner(f"{_ALL}")
        due = f"{_ALL} AND {DUE_AT.name}"
        # Who has nothing to do is late with nothing.
        known = {owner for owner, count in found.waiting.items() if count}
        found.overdue = await self._by_owner(f"{due} < '{_moment(now)}'", known)
        soon = f"{due} BETWEEN '{_moment(now)}' AND '{_moment(now + timedelta(days=1))}'"
        found.due_soon = await self._by_owner(soon, known)
        for status in STATUSES:
            found.refunds[status] = await self._count(f"{_RETURNS} AND {REFUND_STATUS.name} = '{status}'")
        found.stuck = await self._count(f"{_OPEN} AND {_STUCK}")
        for queue in QUEUES:
            await self._queue(found, queue)
        return found

    async def ages(self, open_returns: Mapping[str, int], now: datetime) -> dict[str, float]:
        """How old the oldest return in each stage is at least, in seconds since it was asked for."""
        return {stage: await self._age(stage, now) if open_returns.get(stage) else 0.0 for stage in STAGES}

    async def _age(self, stage: str, now: datetime) -> float:
        young, old = 0, len(AGES)
        while young < old:
            middle = (young + old) // 2
            before = _moment(now - AGES[middle])
            if await self._count(f"{_RETURNS} AND {STAGE.name} = '{stage}' AND StartTime <= '{before}'"):
                young = middle + 1
            else:
                old = middle
        return AGES[young - 1].total_seconds() if young else 0.0

    async def _by_owner(self, query: str, known: set[str] | None = None) -> dict[str, int]:
        asked = [one for one in OWNERS if known is None or one in known]
        found = dict.fromkeys((*OWNERS, PERSON), 0)
        for owner in asked:
            found[owner] = await self._count(f"{query} AND {NEEDS_ACTION.name} = '{owner}'")
        if known is None or PERSON in known:
            names = ", ".join(f"'{one}'" for one in (*OWNERS, "nobody"))
            found[PERSON] = await self._count(f"{query} AND {NEEDS_ACTION.name} NOT IN ({names})")
        return found

    async def _count(self, query: str) -> int:
        client = await self._connected()
        await asyncio.sleep(self._pace)
        # The raw call, as everywhere: of a paused workflow the client's own know nothing.
        ask = CountWorkflowExecutionsRequest(namespace=client.namespace, query=query)
        try:
            return (await client.workflow_service.count_workflow_executions(ask, timeout=PATIENCE)).count
        except (RPCError, RuntimeError, OSError) as error:
            raise Unavailable(f"Temporal does not count: {str(error).partition(chr(10))[0]}") from None

    async def _queue(self, found: Standing, queue: QueueAndKind) -> None:
        client = await self._connected()
        name, kind = queue
        ask = DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=name),
            task_queue_type=_TYPES[kind],
            report_stats=True,
        )
        try:
            told = await client.workflow_service.describe_task_queue(ask, timeout=PATIENCE)
        except (RPCError, RuntimeError, OSError) as error:
            raise Unavailable(f"Temporal does not tell of {name}: {str(error).partition(chr(10))[0]}") from None
        found.pollers[queue] = len(told.pollers)
        found.backlog[queue] = told.stats.approximate_backlog_count
        found.backlog_age[queue] = told.stats.approximate_backlog_age.ToTimedelta().total_seconds()

    async def _connected(self) -> Client:
        if self._client is None:
            try:
                self._client = await self._connect()
            except (BackhaulError, RuntimeError, OSError) as error:
                raise Unavailable(f"Temporal cannot be reached: {str(error).partition(chr(10))[0]}") from None
        return self._client


def _moment(at: datetime) -> str:
    return at.isoformat()
