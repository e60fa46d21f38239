"""A return under encryption, as the Temporal server sees it: turned on, and keys changed, while the return is open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.client import Client, WorkflowFailureError, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

import worker
from domain import ids
from domain.case import Outcome
from encryption import converter
from tests.workflows.returns import TWO_RATES, Return, request
from tests.world import World, serving
from workflows.return_case.stage import Stage
from workflows.return_case.view import CaseView
from workflows.start import start_return

K1, K2 = b"1" * 32, b"2" * 32
TELLING = (b"two-rates", b"B-2041", b"cust-2041", b"unwanted", b"pi_demo", b"line_id", b"EUR", b"mug")
"""What the return is about."""


def client(server: WorkflowEnvironment, keys: dict[str, bytes]) -> Client:
    """A client of the session's server, with these keys."""
    given: dict[str, Any] = {**server.client.config(), "data_converter": converter(keys)}
    return Client(**given)


async def begun(own: Client, world: World, case: str) -> Return:
    """A return of two mugs, with its label."""
    order = await world.import_order(TWO_RATES)
    handle = await start_return(own, request(case, order.id, {"1": 2}))
    one = Return(world, own, handle, {"1": 2})
    await one.labelled()
    return one


def payloads(message: Message) -> Iterable[Payload]:
    """Every payload in a message, but for search attributes."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE and field.name != "search_attributes":
            for one in _members(field, value):
                yield from payloads(one)


def _members(field: FieldDescriptor, value: Any) -> Iterable[Message]:
    if not field.is_repeated:
        return [value]
    found = value.values() if hasattr(value, "values") else value
    return [one for one in found if isinstance(one, Message)]


def keys_of(events: Iterable[Message]) -> set[str]:
    """With which keys payloads are encrypted; empty for those that are not."""
    return {one.metadata.get("backhaul-key", b"").decode() for event in events for one in payloads(event)}


def without_search_attributes(events: Iterable[HistoryEvent]) -> bytes:
    """All else that stands in a history."""
    kept = History(events=events)
    for event in kept.events:
        match event.WhichOneof("attributes"):
            case "workflow_execution_started_event_attributes":
                event.workflow_execution_started_event_attributes.ClearField("search_attributes")
            case "upsert_workflow_search_attributes_event_attributes":
                event.upsert_workflow_search_attributes_event_attributes.ClearField("search_attributes")
    return kept.SerializeToString()


async def test_the_server_sees_nothing_of_a_return_but_ids_and_search_attributes(
    server: WorkflowEnvironment, world: World
) -> None:
    own = client(server, {"k1": K1})
    async with serving(own, world):
        one = await begun(own, world, "R-sealed-1")
        await one.scan()
        tracking = (await one.view()).tracking_number
        await one.receive()
        await one.inspect()
        assert (await one.result()).outcome is Outcome.REFUNDED
        (refund,) = await world.refunds("pi_demo_two_rates")
        events = (await one.history()).events
        described = await one.described()
    told = (*TELLING, tracking.encode(), str(refund["amount"]).encode(), refund["id"].encode())
    assert keys_of(events) == {"k1"}
    raw = without_search_attributes(events)
    assert not [each for each in told if each in raw]
    assert keys_of([described]) == {"k1"}  # the summary and the details of the Temporal UI
    # All of it is there for whoever has the key.
    sealed = [payload for event in events for payload in payloads(event)]
    read = b"".join(each.data for each in await own.data_converter.payload_codec.decode(sealed))  # type: ignore[union-attr]
    assert not [each for each in told if each not in read]


async def test_why_a_return_failed_is_not_seen_either(server: WorkflowEnvironment, world: World) -> None:
    own = client(server, {"k1": K1})
    async with serving(own, world):
        asked = {"id": "R-sealed-2", "order_id": "B-2041", "lines": "MUG-BLUE"}
        handle = await own.start_workflow(
            ids.WORKFLOW_TYPE, asked, id=ids.workflow_id("R-sealed-2"), task_queue=ids.RETURNS_QUEUE
        )
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
        events = (await handle.fetch_history()).events
    assert "lines" in str(failed.value.cause)
    raw = History(events=events).SerializeToString()
    assert not [each for each in (b"B-2041", b"MUG-BLUE", b"lines") if each in raw]


async def test_encryption_begins_and_keys_change_while_a_return_is_open(
    server: WorkflowEnvironment, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    plain, first, second = (client(server, keys) for keys in ({}, {"k1": K1}, {"k2": K2, "k1": K1}))
    # Without a cache no task waits for the worker that has left.
    async with serving(plain, world, max_cached_workflows=0):
        one = await begun(plain, world, "R-sealed-3")
        await one.at_rest()
    assert keys_of((await one.history()).events) == {""}
    async with serving(first, world, max_cached_workflows=0):
        one.handle = first.get_workflow_handle(one.handle.id, result_type=CaseView)
        assert (await one.view()).stage is Stage.AWAITING_PARCEL
        await one.scan()
        await one.receive()
        await one.at_rest()
    assert keys_of((await one.history()).events) == {"", "k1"}
    async with serving(second, world, max_cached_workflows=0):
        one.handle = second.get_workflow_handle(one.handle.id, result_type=CaseView)
        await one.inspect()
        assert (await one.result()).outcome is Outcome.REFUNDED
    assert len(await world.refunds("pi_demo_two_rates")) == 1
    history = await one.history()
    assert keys_of(history.events) == {"", "k1", "k2"}
    await replayed(history, {"k2": K2, "k1": K1})
    # What fails is encrypted, too, with a key that is known here; the worker's own log has the words.
    with pytest.raises(RuntimeError, match="Encoded failure"):
        await replayed(history, {"k2": K2})
    assert "encrypted with key 'k1', which is not among BACKHAUL_PAYLOAD_KEYS" in caplog.text


async def replayed(history: WorkflowHistory, keys: dict[str, bytes]) -> None:
    replayer = Replayer(workflows=worker.WORKFLOWS, workflow_runner=worker.sandbox(), data_converter=converter(keys))
    await replayer.replay_workflow(WorkflowHistory.from_json(history.workflow_id, history.to_json()))
