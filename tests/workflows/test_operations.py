"""What docs/operations.md tells ops: its queries find the returns they are for, and the timeline is in chapters."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType

from domain.parcel import TrackingStatus
from settings import ROOT
from tests.workflows.returns import SHOPIFY_LINE, TWO_RATES, Return, Shop
from workflows.return_case.stage import Stage

PAGE = ROOT / "docs" / "operations.md"
QUERIES = dict(re.findall(r"^\| ([^|`]+?) \| `(.+?)` \|$", PAGE.read_text(), re.MULTILINE))
MOMENT = re.compile(r"([<>]) '\d{4}-[0-9T:-]+Z'")

EXPECTED = {
    "waiting for the shopper": "sent",
    "parcels on their way": "moving",
    "the warehouse's table": "here",
    "overdue inspections": "here",
    "anything overdue": "sent moving here",
    "what needs ops": "unlabelled",
    "refund failing": "failing",
    "what waits for finance": "failing",
    "refunds above an amount": "failing",
    "returns of an order": "failing",
    "returns of a customer": "failing",
    "called off": "cancelled",
    "refunded": "refunded",
    "stopped by a fault in our code": "",
}


def moved(query: str) -> str:
    """A moment that lies behind what the test did, or before it."""
    now = datetime.now(UTC)
    times = {"<": now + timedelta(days=100), ">": now - timedelta(days=1)}
    return MOMENT.sub(lambda found: f"{found[1]} '{times[found[1]]:%Y-%m-%dT%H:%M:%SZ}'", query)


async def returns(shop: Shop) -> dict[str, Return]:
    """One in each state. The order that all but one are of has two units of one line and one of another."""
    world = shop.world
    order = await world.import_order(TWO_RATES)
    one = {}
    for name in ("sent", "moving", "here", "cancelled", "refunded"):
        if name == "cancelled":
            order = order.model_copy(update={"id": f"{order.id}-2"})
            world.rooms.stores.orders.put(order)
        line = "2" if name == "here" else "1"
        one[name] = await shop.start(f"{shop.case}-{name}", order.id, {line: 1})
        await one[name].labelled()
    await one["moving"].scan(status=TrackingStatus.IN_TRANSIT)
    await one["here"].receive()
    await one["cancelled"].cancel()
    for name in ("refunded",):
        await one[name].receive()
        await one[name].inspect()
        await one[name].result()
    shopify = await world.import_order("shopify_order_discount_code.json", "pi_demo_shopify")
    one["failing"] = await shop.start(f"{shop.case}-failing", shopify.id, {SHOPIFY_LINE: 1})
    await one["failing"].labelled()
    await one["failing"].receive()
    await world.post("/stripe/_control/next_refund", {"status": "failed", "failure_reason": "declined"})
    await one["failing"].inspect()
    world.doors.shut("/carrier", 422)
    third = order.model_copy(update={"id": f"{order.id}-3"})
    world.rooms.stores.orders.put(third)
    one["unlabelled"] = await shop.start(f"{shop.case}-unlabelled", third.id, {"1": 1})
    await one["unlabelled"].until(lambda view: bool(view.troubles))
    await one["failing"].until(lambda view: bool(view.troubles))
    return one


async def test_every_query_for_ops_finds_what_it_is_for(real_shop: Shop) -> None:
    assert set(QUERIES) == set(EXPECTED)
    mine = {one.handle.id: name for name, one in (await returns(real_shop)).items()}

    async def finds(name: str) -> None:
        query, wanted = moved(QUERIES[name]), set(EXPECTED[name].split())
        async with asyncio.timeout(20):
            while True:
                found = {mine[one.id] async for one in real_shop.client.list_workflows(query) if one.id in mine}
                if wanted <= found and (name == "anything overdue" or found == wanted):
                    return
                await asyncio.sleep(0.1)

    for name in QUERIES:
        await finds(name)


async def test_the_timeline_is_in_chapters(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.arrive()
    chapters: dict[str, str] = {}
    for event in (await one.history()).events:
        activity = event.activity_task_scheduled_event_attributes.activity_type.name
        if activity or event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            (chapter,) = [mark.label.id for mark in event.event_group_markers if mark.label.id in set(Stage)]
            chapters.setdefault(activity or "timer", chapter)
    told = {
        "fetch_order": "requested",
        "buy_label": "label",
        "timer": "awaiting_parcel",
        "record_receipt": "in_transit",
    }
    assert {name: chapters[name] for name in told} == told
