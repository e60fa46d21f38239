"""Events to the simulated storefront: signatures that it checks, and what comes twice is kept once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.decisions import CancelReturn, OpenReturn
from activities.storefront import FetchOrder
from domain.event import Endpoint
from domain.request import RequestedLine, ReturnRequest
from embedded.simulators.storefront import EVENTS_SECRET
from portal.outgoing import Outbound
from tests.world import World
from tests.world import template as template
from tests.world import world as world


@pytest.fixture
def shop(world: World) -> Endpoint:
    """The storefront, told of what happens from now on."""
    told = {"name": "shop", "url": f"{world.url}/storefront/events", "secret": EVENTS_SECRET}
    world.rooms.stores.outgoing.place("shop")
    return Endpoint.model_validate(told)


async def received(world: World) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = (await world.http.get("/storefront/_control/events")).json()["data"]
    return events


async def test_a_return_that_is_called_off(world: World, shop: Endpoint) -> None:
    now = datetime.now(UTC)
    order = await world.import_order("two_rates.json")
    request = ReturnRequest(id="R-1", order_id=order.id, lines=(RequestedLine(line_id="1", quantity=1),))
    world.rooms.storefront.fetch_order(FetchOrder(request=request, now=now))
    world.rooms.decisions.open_return(OpenReturn(request=request, order_id=order.id, now=now))
    call_off = CancelReturn(case="R-1", order_id=order.id, actor="shopper", reason="changed_mind", now=now)
    world.rooms.decisions.cancel_return(call_off)
    await world.post("/storefront/_control/events", {"statuses": [503]})
    # A portal that died after the first delivery had been taken, and before it was recorded.
    clock = [now]
    sending = Outbound(
        shop, world.rooms.stores.outgoing, world.rooms.ledger, world.rooms.receivers, lambda: clock[0], lambda: 0.5
    )
    assert await sending.round() > 0
    assert await received(world) == []
    clock[0] += timedelta(seconds=1)
    first, *_ = world.rooms.stores.outgoing.take("shop", clock[0], 1, clock[0] + timedelta(minutes=1))
    await world.rooms.receivers.deliver(shop, first, clock[0])
    clock[0] += timedelta(minutes=1)
    while await sending.round():
        pass
    await world.rooms.receivers.close()
    told = await received(world)
    assert [(one["body"]["type"], one["times"]) for one in told] == [
        ("return.opened", 2),
        ("return.approved", 1),
        ("return.cancelled", 1),
    ]
    assert [one["id"] for one in told] == [one["body"]["id"] for one in told]
    contact = world.rooms.stores.contacts.get(order.customer_id)
    assert contact is not None
    for personal in (contact.name, contact.email, contact.address[0]):
        assert personal
        assert personal not in str(told)
