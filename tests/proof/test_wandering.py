"""Anything said at any time: a return comes to a defined end, its books are right, and nothing is stuck."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from tests.proof.wandering import Wander, updates
from tests.workflows.conftest import flying as flying
from tests.workflows.conftest import real_shop as real_shop
from tests.workflows.conftest import server as server
from tests.workflows.conftest import shop as shop
from tests.workflows.returns import Shop
from tests.world import template as template
from tests.world import world as world

WRONG: tuple[object, ...] = (None, [], {"by": 7}, {"id": "\n"})
TOGETHER = 5
"""Walks in one world, one after the other: two at once would move each other's clock."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """As many walks as are asked for."""
    if "first" in metafunc.fixturenames:
        walks, seed = metafunc.config.getoption("--walks"), metafunc.config.getoption("--walks-seed")
        metafunc.parametrize("first", range(seed, seed + walks, TOGETHER))


async def test_whatever_is_said_it_ends_right(
    shop: Shop, flying: WorkflowEnvironment, template: Path, first: int
) -> None:
    for seed in range(first, first + TOGETHER):
        one = Wander(seed, shop, flying, template.parent / "keys")
        found = await one.walk()
        with open("/tmp/walks_said.txt", "a") as log:
            log.write("\n".join([f"walk {seed}:", *one.said, *found, ""]))
        assert not found, "\n".join([f"walk {seed}:", *one.said, *found])


async def test_a_message_that_is_refused_leaves_nothing_behind(real_shop: Shop) -> None:
    """On the true server; the one whose time flies keeps a task of every message."""
    one = await real_shop.shopify()
    await one.labelled()
    await one.told("approved")
    before = await one.at_rest()
    for number, name in enumerate(updates()):
        for content in WRONG:
            with pytest.raises(WorkflowUpdateFailedError):
                await one.handle.execute_update(name, content, id=f"wrong-{number}")
    assert await one.at_rest() == before
