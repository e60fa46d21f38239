"""Anything said at any time: a return comes to a defined end, its books are right, and nothing is stuck."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from tests.proof.wandering import Wander, updates
from tests.workflows.conftest import flying as flying
from tests.workflows.conftest import real_shop as real_shop
from tests.workflows.conftest import server as server
from tests.workflows.conftest import shop as shop
from tests.workflows.returns import SHOPIFY_LINE, Shop, refusal
from tests.world import template as template
from tests.world import world as world

WRONG: tuple[object, ...] = (None, [], {"by": 7}, {"id": "\n"})
TOO_EARLY: Mapping[str, Mapping[str, object]] = {
    "inspect": {"id": "x", "inspected_by": "ben", "lines": [{"line_id": SHOPIFY_LINE, "quantity": 1}]},
    "answer_offer": {"by": "shopper", "plan": 1, "answer": "accept"},
    "consent": {"by": "shopper", "to": "store_credit"},
    "repair": {"by": "ann", "result": "repaired"},
    "retry_now": {"by": "olga"},
    "sent_back": {"by": "ann", "tracking_number": "OUT-1"},
    "settle": {"by": "fay", "how": "waived"},
}
"""Well said, and of nothing that has happened yet."""
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
    for name, said in TOO_EARLY.items():
        code, _ = await refusal(one.handle.execute_update(name, said, id=f"early-{name}"))
        assert code not in said, f"{name} is not well said"
    assert await one.at_rest() == before
