"""The Temporal development server: started on a file, waited for, and prepared before any worker comes."""

from __future__ import annotations

import asyncio
import sysconfig
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from commands.checkup.temporal import RETENTION
from domain.errors import Unavailable
from workflows.return_case.view import SEARCH_ATTRIBUTES

_START_SECONDS = 30


def command(port: int, ui_port: int, folder: Path) -> list[str]:
    """The server's command line. WAL with synchronous=1 is three to four times faster than the default."""
    program = Path(sysconfig.get_path("scripts")) / "temporal"
    return [
        str(program), "server", "start-dev",
        "--ip", "127.0.0.1", "--port", str(port), "--ui-ip", "127.0.0.1", "--ui-port", str(ui_port),
        "--db-filename", str(folder / "temporal.db"),
        "--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=1",
        "--log-level", "error",
    ]  # fmt: skip


async def connected(address: str, alive: asyncio.Event) -> Client:
    """A client as soon as the server serves. Raises Unavailable if it ends (`alive` is cleared) or takes too long."""
    for _ in range(_START_SECONDS * 10):
        try:
            client = await Client.connect(address, data_converter=pydantic_data_converter)
            await client.count_workflows()
        except (RuntimeError, RPCError):
            if not alive.is_set():
                break
            await asyncio.sleep(0.1)
        else:
            return client
    raise Unavailable("The Temporal server did not start; see logs/temporal.log in the home folder.")


async def prepare(client: Client) -> None:
    """Register retention and search attributes. A worker that met an unknown attribute would hang every return."""
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace,
            config=NamespaceConfig(workflow_execution_retention_ttl=Duration(seconds=int(RETENTION.total_seconds()))),
        )
    )
    listing = ListSearchAttributesRequest(namespace=client.namespace)
    known = (await client.operator_service.list_search_attributes(listing)).custom_attributes
    missing: dict[str, IndexedValueType.ValueType] = {
        key.name: IndexedValueType.ValueType(int(key.indexed_value_type))
        for key in SEARCH_ATTRIBUTES
        if key.name not in known
    }
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )


async def polled(client: Client, queue: str, pid: int) -> bool:
    """Whether the worker process with this pid takes tasks from a queue; no while the server does not answer."""
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    try:
        described = await client.workflow_service.describe_task_queue(asked)
    except RPCError:
        return False
    return any(poller.identity.startswith(f"{pid}@") for poller in described.pollers)
