"""A process that has done its work says so: Temporal's core, which may abort an exiting process, has no say in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.proof import exits
from tests.proof.site import Site, stack


@pytest_asyncio.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with stack(tmp_path_factory.mktemp("home")) as there:
        yield there


async def test_a_client_ends_with_0_every_time(site: Site) -> None:
    assert await exits.of_lists(site, 5) == {0: 5}


async def test_a_worker_that_is_asked_to_stop_ends_with_0_every_time(site: Site) -> None:
    assert await exits.of_workers(site, 2) == {0: 2}
