"""What the portal sends on, by a real Temporal server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain import ids
from domain.errors import Refused, Unavailable
from domain.inbox import InboxEvent, InboxState, ScanNews, Vendor
from domain.news import LateFact, RefundNews
from domain.parcel import Scan, TrackingStatus
from domain.refund import RefundStatus
from ledger import EntryKind
from portal import temporal
from portal.courier import CLOSED, NOT_FOUND, Courier
from portal.loop import Loop
from portal.temporal import TemporalDelivery
from tests.loopback import closed_port
from tests.workflows.returns import Shop
from workflows.plugin import Backhaul

NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)


def delivery(client: Client) -> TemporalDelivery:
    async def connect() -> Client:
        return client

    return TemporalDelivery(connect)


def scan(number: str, status: TrackingStatus = TrackingStatus.IN_TRANSIT) -> Scan:
    return Scan(id=f"{status}-1", tracking_number=number, status=status, at=NOW)


async def test_a_scan_finds_its_return_and_counts_once(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    number = (await one.labelled()).tracking_number
    here, news = real_shop.world.rooms, ScanNews(scan=scan(number))
    loop = Loop(
        here.stores.inbox,
        Courier(delivery(real_shop.client), here.ledger, here.stores.parcels, here.stores.outbox),
        lambda: NOW,
    )
    events = [
        InboxEvent(vendor=Vendor.EASYPOST, event=f"evt_{number}_{n}", kind="tracker.updated", told=news) for n in (1, 2)
    ]
    assert here.stores.inbox.keep(events, NOW) == 2
    assert await loop.round() == 2
    listed = here.stores.inbox.listed(list(InboxState), 9)
    assert {(row.state, row.target, row.error) for row in listed} == {
        (InboxState.DELIVERED, ids.workflow_id(one.case), "")
    }
    await one.recorded(EntryKind.SCAN)
    assert len(one.world.entries(one.case, EntryKind.SCAN)) == 1


async def test_the_same_update_is_taken_once_and_a_refusal_keeps_its_words(real_shop: Shop) -> None:
    one, say = await real_shop.shopify(), delivery(real_shop.client)
    number = (await one.labelled()).tracking_number
    for _ in range(2):
        await say.tell(one.case, "record_scan", scan(number), "evt_1")
    with pytest.raises(Refused, match=number) as no:
        await say.tell(one.case, "record_scan", scan("BH000000000000000", TrackingStatus.DELIVERED), "evt_2")
    assert no.value.code == "other_parcel"
    with pytest.raises(Unavailable, match="record_nothing"):  # what only a newer worker knows
        await say.tell(one.case, "record_nothing", scan(number), "evt_3")
    await one.recorded(EntryKind.SCAN)
    assert len(one.world.entries(one.case, EntryKind.SCAN)) == 1


async def test_a_return_that_has_ended_or_never_was_is_told_apart(real_shop: Shop) -> None:
    one, say = await real_shop.shopify(), delivery(real_shop.client)
    number = (await one.labelled()).tracking_number
    await one.cancel()
    await one.handle.result()
    for case, code in ((one.case, CLOSED), ("nobody", NOT_FOUND)):
        with pytest.raises(Refused) as no:
            await say.tell(case, "record_scan", scan(number), "evt_1")
        assert no.value.code == code


@workflow.defn(name=ids.AFTERCARE_TYPE, sandboxed=False)
class Seen:
    """Ends at once with what it was started for."""

    @workflow.run
    async def run(self, fact: Any) -> Any:
        """It."""
        return fact


def late(status: RefundStatus) -> LateFact:
    news = RefundNews(
        event="evt_1", refund="re_1", payment="pi_1", amount=1200, currency="EUR", status=status, created_at=NOW, at=NOW
    )
    return LateFact(case="R-1", order_id="o1", news=news)


async def test_aftercare_is_started_once_for_a_fact(server: WorkflowEnvironment) -> None:
    client, fact = server.client, late(RefundStatus.FAILED)
    say, workflow_id = delivery(client), ids.aftercare_id("R-1", "re_1:failed")
    await asyncio.gather(*(say.start_aftercare(workflow_id, fact) for _ in range(3)))
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=ids.RETURNS_QUEUE, workflows=[Seen], workflow_runner=runner):
        handle: Any = client.get_workflow_handle(workflow_id)
        assert LateFact.model_validate(await handle.result()) == fact
        first = (await handle.describe()).run_id
        await say.start_aftercare(workflow_id, fact)
        assert (await handle.describe()).run_id == first


async def test_without_a_worker_it_waits(server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporal, "PATIENCE", timedelta(milliseconds=300))
    handle = await server.client.start_workflow("Nobody", id=ids.workflow_id("deaf"), task_queue="deaf")
    with pytest.raises(Unavailable, match="does a worker run"):
        await delivery(server.client).tell("deaf", "record_scan", scan("BH1"), "evt_1")
    await handle.terminate()


async def test_without_a_server_it_waits() -> None:
    address = closed_port().removeprefix("http://")
    lazy = await Client.connect(address, lazy=True, plugins=[Backhaul()])
    with pytest.raises(Unavailable, match="Temporal"):
        await delivery(lazy).tell("R-1", "record_scan", scan("BH1"), "evt_1")
    with pytest.raises(Unavailable, match="Temporal"):
        await delivery(lazy).start_aftercare("aftercare:R-1:re_1", late(RefundStatus.FAILED))
