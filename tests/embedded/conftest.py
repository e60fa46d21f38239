"""The simulators, served on a free port with an empty state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from embedded.simulators import build
from embedded.simulators.serve import address, listen, running
from tests.embedded.here import Here, here
from tests.loopback import plain_client

Start = Callable[[], AbstractAsyncContextManager[str]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts the simulators on one state; a second start finds what the first one kept."""

    @asynccontextmanager
    async def started() -> AsyncIterator[str]:
        listener = listen(0)
        async with running(build(tmp_path, address(listener)), listener) as url:
            yield url

    return started


@pytest_asyncio.fixture
async def url(start: Start) -> AsyncIterator[str]:
    """The simulators' address."""
    async with start() as address_:
        yield address_


@pytest_asyncio.fixture
async def http(url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A plain HTTP client of the simulators."""
    async with plain_client(url) as client:
        yield client


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[Here]:
    """The simulators in this process: nothing listens, nothing goes on by itself."""
    async with here(tmp_path) as made:
        yield made
