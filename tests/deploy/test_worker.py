"""The worker as docker-compose.yml runs it: only the image's files, only the settings that are passed, a real
server, and PostgreSQL.

Its health check and its orderly end belong to it.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

from domain.ids import MAIL_QUEUE, PAYMENTS_QUEUE, RETURNS_QUEUE
from tests.database.servers import Databases
from tests.deploy.compose import command, environment
from tests.deploy.image import lay_out
from tests.deploy.running import alone, prepare, run, temporal
from tests.deploy.test_compose import GIVEN

PATIENCE = 60.0


@dataclass(frozen=True)
class Container:
    """What the worker's container sees: the folder it runs in, and its environment."""

    app: Path
    environment: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run(words, self.environment, folder=self.app)

    def healthy(self, identity: str) -> subprocess.CompletedProcess[str]:
        return self.run("python", "healthy.py", identity)


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory, postgresql_databases: Databases) -> Iterator[Container]:
    folder, app = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("app")
    lay_out(app)
    with temporal(folder) as address:
        done = prepare(address, folder)
        assert done.returncode == 0, done.stderr
        passed = {**environment("worker", GIVEN), "TEMPORAL_ADDRESS": address, "BACKHAUL_HOME": str(folder)}
        passed["BACKHAUL_DATABASE_URL"] = postgresql_databases.empty()
        found = Container(app, {**alone(folder), **passed})
        assert found.run(*command("database")).returncode == 0
        yield found


def test_it_starts_is_well_and_ends_in_order(container: Container) -> None:
    log = container.app / "log"
    with log.open("w") as written:
        process = subprocess.Popen(
            command("worker"), cwd=container.app, env=container.environment, stdout=written, stderr=written
        )
    try:
        identity = f"{process.pid}@{run(['hostname'], container.environment).stdout.strip()}"
        end = time.monotonic() + PATIENCE
        while (checked := container.healthy(identity)).returncode != 0:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, checked.stderr + log.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_the_command_line_runs_beside_it(container: Container) -> None:
    assert container.run("python", "starter.py", "list").stdout == "There are no such returns.\n"
    assert container.run("python", "-m", "ledger", "verify").returncode == 0


@workflow.defn(sandboxed=False)
class Idle:
    @workflow.run
    async def run(self) -> None:
        """Nobody starts this one; a worker polls for it all the same."""


@activity.defn
async def idle() -> None:
    """As above."""


async def test_a_queue_that_is_not_served_is_named(container: Container) -> None:
    address, namespace = container.environment["TEMPORAL_ADDRESS"], container.environment["TEMPORAL_NAMESPACE"]
    client = await Client.connect(address, namespace=namespace, identity="1@half")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(Worker(client, task_queue=RETURNS_QUEUE, activities=[idle], workflows=[Idle]))
        await stack.enter_async_context(Worker(client, task_queue=PAYMENTS_QUEUE, activities=[idle]))
        async with asyncio.timeout(PATIENCE):  # until the server has seen the pollers that there are
            said = ""
            while MAIL_QUEUE not in said:
                checked = await asyncio.to_thread(container.healthy, "1@half")
                said = checked.stderr
                assert checked.returncode == 1
    assert said.startswith(f"1@half has not asked for work on {MAIL_QUEUE} (TASK_QUEUE_TYPE_ACTIVITY) for 0:02:00")


def test_without_a_server_it_says_so(container: Container) -> None:
    checked = run(
        ["python", "healthy.py"], {**container.environment, "TEMPORAL_ADDRESS": "127.0.0.1:1"}, folder=container.app
    )
    assert checked.returncode == 1
    assert checked.stderr.startswith("No Temporal server answers at 127.0.0.1:1.")
