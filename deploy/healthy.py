"""The worker's health check: it is well if Temporal has seen it ask for work on each of its queues lately.

`python healthy.py [identity]` exits with 0 if so, else with 1 and the queue that is not served.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from socket import gethostname

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from domain.errors import Unavailable
from domain.ids import MAIL_QUEUE, PAYMENTS_QUEUE, RETURNS_QUEUE
from entry import leave
from wiring import connect

LATELY = timedelta(minutes=2)
"""A worker that waits for work asks again at least once a minute."""

SERVED = (
    (RETURNS_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
    (RETURNS_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
    (PAYMENTS_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
    (MAIL_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
)


async def fault(identity: str) -> str:
    """Which queue the worker with this identity does not serve; empty if it serves all."""
    try:
        client = await connect()
    except Unavailable as error:
        return error.message
    for queue, kind in SERVED:
        if datetime.now(UTC) - await last_seen(client, identity, queue, kind) > LATELY:
            return f"{identity} has not asked for work on {queue} ({TaskQueueType.Name(kind)}) for {LATELY}"
    return ""


async def last_seen(client: Client, identity: str, queue: str, kind: TaskQueueType.ValueType) -> datetime:
    """When the worker last asked for work on a queue; long ago if never."""
    ask = DescribeTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind)
    answer = await client.workflow_service.describe_task_queue(ask)
    seen = [one.last_access_time.ToDatetime(UTC) for one in answer.pollers if one.identity == identity]
    return max(seen, default=datetime.min.replace(tzinfo=UTC))


def main() -> int:
    """The check of the container it runs in, whose process 1 is the worker."""
    identity = sys.argv[1] if len(sys.argv) > 1 else f"1@{gethostname()}"
    found = asyncio.run(fault(identity))
    if found:
        raise SystemExit(found)
    return 0


if __name__ == "__main__":
    leave(main)
