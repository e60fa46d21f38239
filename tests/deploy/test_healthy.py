"""The worker's health check, against a Temporal server and workers that serve all queues, some, or none."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.ids import MAIL_QUEUE, PAYMENTS_QUEUE, RETURNS_QUEUE
from tests.house.tree import ROOT


@workflow.defn(sandboxed=False)
class Idle:
    @workflow.run
    async def run(self) -> None:
        """Nobody starts this one; a worker polls for it all the same."""


@activity.defn
async def idle() -> None:
    """As above."""


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[WorkflowEnvironment]:
    path = str(Path(sys.executable).parent / "temporal")
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=path) as environment:
        yield environment


async def checked(server: WorkflowEnvironment, identity: str, folder: Path) -> tuple[int, str]:
    """How the check ends, and what it says."""
    address = server.client.service_client.config.target_host
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BACKHAUL_HOME": str(folder), "HOME": str(folder)}
    environment |= {"TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": "default"}
    command = [sys.executable, str(ROOT / "deploy" / "healthy.py"), identity]
    done = await asyncio.to_thread(run, command, environment)
    return done.returncode, done.stderr


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def worker(client: Client, queue: str) -> Worker:
    return Worker(client, task_queue=queue, activities=[idle], workflows=[Idle] if queue == RETURNS_QUEUE else [])


async def serve(server: WorkflowEnvironment, identity: str, *queues: str) -> AsyncExitStack:
    address = server.client.service_client.config.target_host
    client = await Client.connect(address, identity=identity)
    stack = AsyncExitStack()
    for queue in queues:
        await stack.enter_async_context(worker(client, queue))
    return stack


async def test_a_worker_that_serves_every_queue_is_well(server: WorkflowEnvironment, tmp_path: Path) -> None:
    async with await serve(server, "1@whole", RETURNS_QUEUE, PAYMENTS_QUEUE, MAIL_QUEUE):
        async with asyncio.timeout(60):  # until the server has seen every poller
            while (await checked(server, "1@whole", tmp_path))[0] != 0:
                pass
        code, said = await checked(server, "1@other", tmp_path)
    assert code == 1
    assert said.startswith("1@other has not asked for work on returns (TASK_QUEUE_TYPE_WORKFLOW)")


async def test_a_queue_that_is_not_served_is_named(server: WorkflowEnvironment, tmp_path: Path) -> None:
    async with await serve(server, "1@half", RETURNS_QUEUE, PAYMENTS_QUEUE):
        async with asyncio.timeout(60):
            while PAYMENTS_QUEUE in (said := await checked(server, "1@half", tmp_path))[1] or "returns (" in said[1]:
                pass
    assert said[0] == 1
    assert f"on {MAIL_QUEUE} (TASK_QUEUE_TYPE_ACTIVITY)" in said[1]


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BACKHAUL_HOME": str(tmp_path), "HOME": str(tmp_path)}
    environment |= {"TEMPORAL_ADDRESS": "127.0.0.1:1"}
    command = [sys.executable, str(ROOT / "deploy" / "healthy.py")]
    done = run(command, environment)
    assert done.returncode == 1
    assert done.stderr.startswith("No Temporal server answers at 127.0.0.1:1.")
