"""Two Temporal servers: one per test whose time flies, and one for the session with lists and true histories."""

from __future__ import annotations

import itertools
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner

from tests.workflows.harsh import TREATMENTS, Harsh
from tests.workflows.returns import Shop
from tests.world import OnceTried, World, serving
from tests.world import template as template
from tests.world import world as world
from workflows.plugin import Backhaul
from workflows.return_case.view import SEARCH_ATTRIBUTES

_numbers = itertools.count(1001)  # the session's server knows the returns of all tests
SCRIPTS = Path(sysconfig.get_path("scripts"))


async def _register(env: WorkflowEnvironment) -> None:
    attributes = {key.name: IndexedValueType.ValueType(int(key.indexed_value_type)) for key in SEARCH_ATTRIBUTES}
    await env.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=env.client.namespace, search_attributes=attributes)
    )


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Workflows outside of the sandbox, as workers run them: it loads their modules anew for every run, which is two
    fifths of a story's time. tests/histories replays within it what every diary leaves, `--forgetful` tells all
    stories within it, and so does a file that has a `bare` of its own."""
    if not request.config.getoption("--forgetful"):
        monkeypatch.setattr(
            OnceTried, "create_instance", lambda _, told: UnsandboxedWorkflowRunner().create_instance(told)
        )


@pytest_asyncio.fixture
async def flying() -> AsyncIterator[WorkflowEnvironment]:
    """A server that skips time while a result is awaited or the test sleeps on it."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SCRIPTS / "temporal-test-server"), plugins=[Backhaul()]
    ) as env:
        await _register(env)
        yield env


@asynccontextmanager
async def development(*arguments: str) -> AsyncIterator[WorkflowEnvironment]:
    """A development server of one's own."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(SCRIPTS / "temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=arguments,
        search_attributes=list(SEARCH_ATTRIBUTES),
        plugins=[Backhaul()],
    ) as env:
        yield env


@pytest_asyncio.fixture(scope="session")
async def server() -> AsyncIterator[WorkflowEnvironment]:
    """The development server that tests share."""
    async with development() as env:
        yield env


@pytest_asyncio.fixture
async def shop(flying: WorkflowEnvironment, world: World, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """A world whose time flies, with workers."""
    cached = 0 if request.config.getoption("--forgetful") else None
    treated = request.config.getoption("--harsh")
    harsh = [Harsh(TREATMENTS[treated])] if treated else []
    async with serving(flying.client, world, harsh, max_cached_workflows=cached):
        yield Shop(world, flying.client, flying.sleep)


@pytest_asyncio.fixture
async def real_shop(server: WorkflowEnvironment, world: World) -> AsyncIterator[Shop]:
    """A world on the development server, with workers."""

    async def wait(_: timedelta) -> None:
        raise NotImplementedError("time does not fly on this server")

    async with serving(server.client, world):
        made = Shop(world, server.client, wait, f"R-{next(_numbers)}")
        yield made
        await made.end()
