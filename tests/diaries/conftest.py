"""A diary per test, told on a server whose time flies, and held against its section of docs/lifecycle.md."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.diaries import book
from tests.diaries.diary import Diary
from tests.histories import recording
from tests.workflows.conftest import bare as bare
from tests.workflows.conftest import flying as flying
from tests.workflows.conftest import shop as shop
from tests.workflows.returns import Shop
from tests.world import template as template
from tests.world import world as world


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The ids of all workflows that anybody starts in the diary; the server has no list of them."""
    found: set[str] = set()
    start = Client.start_workflow

    async def noted(self: Client, *args: Any, **given: Any) -> Any:
        found.add(given["id"])
        return await start(self, *args, **given)

    monkeypatch.setattr(Client, "start_workflow", noted)
    return found


@pytest_asyncio.fixture
async def diary(
    shop: Shop, flying: WorkflowEnvironment, started: set[str], request: pytest.FixtureRequest
) -> AsyncIterator[Diary]:
    """An empty diary. What the test writes is the section, or is written to it with `--write-lifecycle`."""
    name = book.heading(request.function.__name__)
    made = await Diary.begin(name, (request.function.__doc__ or "").strip(), shop, flying)
    failed = request.session.testsfailed
    yield made
    if request.session.testsfailed > failed:
        return  # it broke off in the middle
    if request.config.getoption("--write-lifecycle"):
        book.write({name: made.page()})
    elif request.config.getoption("--write-histories"):
        left = await recording.record(flying.client, started, shop.world)
        left.write(recording.FOLDER / f"{request.function.__name__.removeprefix('test_')}.json.gz")
    elif made.lines:
        assert book.sections().get(name) == made.page(), "docs/lifecycle.md tells it otherwise: `make lifecycle`"
