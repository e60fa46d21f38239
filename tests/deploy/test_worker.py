"""The worker as docker-compose.yml runs it: only the image's files, only the settings that are passed, a real
server, and PostgreSQL.

Its health check and its orderly end belong to it.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from embedded.stack import Ports
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

    def healthy(self) -> subprocess.CompletedProcess[str]:
        return self.run("python", "healthy.py", self.environment["BACKHAUL_WORKER_PORT"])


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory, postgresql_databases: Databases) -> Iterator[Container]:
    folder, app = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("app")
    lay_out(app)
    with temporal(folder) as address:
        done = prepare(address, folder)
        assert done.returncode == 0, done.stderr
        passed = {**environment("worker", GIVEN), "TEMPORAL_ADDRESS": address, "BACKHAUL_HOME": str(folder)}
        passed["BACKHAUL_WORKER_PORT"] = str(Ports.free().portal)  # a container has all ports to itself
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
        end = time.monotonic() + PATIENCE
        while (checked := container.healthy()).returncode != 0:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, checked.stderr + log.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0, log.read_text()
        assert container.healthy().returncode == 1
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_the_command_line_runs_beside_it(container: Container) -> None:
    assert container.run("python", "starter.py", "list").stdout == "There are no such returns.\n"
    assert container.run("python", "-m", "ledger", "verify").returncode == 0
