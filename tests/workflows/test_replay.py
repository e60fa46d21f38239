"""The same story again from its history alone: at every task, and by a worker that never saw it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

import worker
from domain.case import Outcome
from tests.workflows.returns import SHOPIFY_PAYMENT, Shop
from tests.world import World, serving
from workflows.plugin import Backhaul


@pytest.fixture
def bare() -> None:
    """These run in the sandbox: a replay begins where nothing is loaded."""


@pytest_asyncio.fixture
async def forgetful(flying: WorkflowEnvironment, world: World) -> AsyncIterator[Shop]:
    """Workers that keep no workflow in memory, so that every task begins with a replay."""
    async with serving(flying.client, world, max_cached_workflows=0):
        yield Shop(world, flying.client, flying.sleep)


def replayer() -> Replayer:
    """A worker's view of a finished history."""
    return Replayer(workflows=worker.WORKFLOWS, plugins=[Backhaul()])


async def test_replayed_at_every_task_it_ends_the_same(forgetful: Shop) -> None:
    one = await forgetful.shopify()
    await one.arrive()
    await one.inspect()
    view = await one.result()
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, "181.09 USD")
    assert [refund["amount"] for refund in await forgetful.world.refunds(SHOPIFY_PAYMENT)] == [18109]
    assert len(await forgetful.world.mails("R-1")) == 4
    assert len(await forgetful.world.labels()) == 1
    assert forgetful.world.rooms.ledger.verify().faults == ()


async def test_recorded_histories_replay(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.result()
    refunded = await one.history()
    await replayer().replay_workflow(WorkflowHistory.from_json(one.handle.id, refunded.to_json()))
    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(otherwise(refunded))


async def test_the_history_of_a_cancelled_return_replays(real_shop: Shop) -> None:
    one = await real_shop.two_rates({"1": 2, "2": 1})
    await one.labelled()
    await one.cancel()
    await one.result()
    cancelled = await one.history()
    await replayer().replay_workflow(WorkflowHistory.from_json(one.handle.id, cancelled.to_json()))


def otherwise(history: WorkflowHistory) -> WorkflowHistory:
    """The same history as if another activity had been called."""
    text = history.to_json().replace('"buy_label"', '"void_label"')
    return dataclasses.replace(WorkflowHistory.from_json(history.workflow_id, text))
