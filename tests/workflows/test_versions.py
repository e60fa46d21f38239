"""Workers with versions: nothing runs before one is promoted, a part of the work can be, and open returns go along."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

import starter
from domain.case import Outcome
from tests.workflows.conftest import SCRIPTS
from tests.workflows.returns import Shop
from tests.world import World, serving
from wiring import rooms
from workflows.plugin import Backhaul
from workflows.return_case.view import SEARCH_ATTRIBUTES


@pytest_asyncio.fixture
async def own(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkflowEnvironment]:
    """A server of its own, which commands find: what version is current is a matter of the whole namespace."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(SCRIPTS / "temporal"),
        dev_server_log_level="error",
        search_attributes=list(SEARCH_ATTRIBUTES),
        plugins=[Backhaul()],
    ) as env:
        monkeypatch.setenv("TEMPORAL_ADDRESS", env.client.service_client.config.target_host)
        yield env


async def release(*words: str) -> tuple[int, Any, str]:
    """One command: its code, its JSON, and what it complains of."""

    def said() -> tuple[int, Any, str]:
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            code = starter.main(["release", *words, "--json"])
        return code, json.loads(out.getvalue() or "null"), err.getvalue()

    return await asyncio.to_thread(said)


async def listed() -> dict[str, tuple[str, float]]:
    """Status and share of each version."""
    return {one["build"]: (one["status"], one["percent"]) for one in (await release("list"))[1]}


async def known(*builds: str) -> None:
    """Until the server knows these versions on all queues, so that they can be promoted."""
    async with asyncio.timeout(30):
        while not set(builds) <= set(await listed()):
            await asyncio.sleep(0.05)


async def promoted(build: str, *more: str) -> None:
    """Until it is: the server learns of one queue after the other."""
    async with asyncio.timeout(30):
        while (answer := await release("promote", build, *more))[0]:
            assert "release" in answer[2] or "Temporal" in answer[2]
            await asyncio.sleep(0.05)


def of(world: World, build: str) -> World:
    """The same world, seen by workers of a version."""
    settings = world.rooms.settings.model_copy(update={"worker_build": build})
    seen = rooms(settings)
    seen.statutes = ()
    return dataclasses.replace(world, rooms=seen)


def builds(history: WorkflowHistory) -> set[str]:
    """Whose workers worked on it."""
    done = [one.workflow_task_completed_event_attributes for one in history.events]
    return {one.deployment_version.build_id for one in done if one.HasField("deployment_version")}


async def test_open_returns_go_on_with_the_version_that_is_promoted(own: WorkflowEnvironment, world: World) -> None:
    async def wait(_: object) -> None:
        raise NotImplementedError("time does not fly on this server")

    assert await release("list") == (0, [], "")
    code, said, why = await release("promote", "1.0")
    assert (code, said) == (1, None)
    assert "Temporal does not take the call" in why
    async with serving(own.client, of(world, "1.0")):
        await known("1.0")
        await promoted("1.0")
        one = await Shop(world, own.client, wait).shopify()
        await one.labelled()
        async with serving(own.client, of(world, "1.1")):
            await known("1.0", "1.1")
            assert (await listed())["1.1"] == ("inactive", 0)
            await promoted("1.1", "--percent", "25")
            assert await listed() == {"1.0": ("current", 75), "1.1": ("ramping", 25)}
            await promoted("1.1")
            assert (await listed())["1.1"] == ("current", 100)
            await one.arrive()
            await one.inspect()
            assert (await one.result()).outcome is Outcome.REFUNDED
    assert builds(await one.history()) == {"1.0", "1.1"}
