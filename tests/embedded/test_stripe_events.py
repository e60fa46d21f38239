"""The Stripe simulator's events, and how they are delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx2
import pytest

from embedded.simulators.serve import running
from embedded.simulators.stripe.courier import PAUSES
from tests.embedded.here import AUTH, SECRET, Here, Listener

Start = Callable[[], AbstractAsyncContextManager[str]]


async def test_every_change_is_told(world: Here) -> None:
    payment = await world.pay()
    await world.control("next_refund", status="pending")
    made = await world.refund(1_000, key="refund:R-1:1")
    await world.control(f"refunds/{made['id']}", status="succeeded")
    await world.control(f"refunds/{made['id']}", status="failed", failure_reason="declined")
    dispute = await world.control("disputes", payment_intent=payment)
    await world.control(f"disputes/{dispute['id']}", status="won")
    assert await world.told() == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]
    events = (await world.get("events", types=["refund.created", "refund.failed"]))["data"]
    failed, created = events
    assert created["request"]["idempotency_key"] == "refund:R-1:1"
    assert failed["request"] == {"id": None, "idempotency_key": None}
    assert (created["data"]["object"]["status"], failed["data"]["object"]["status"]) == ("pending", "failed")
    updated = (await world.get("events", type="refund.updated", limit=1))["data"][0]
    assert updated["data"]["previous_attributes"]["status"] == "succeeded"
    assert (await world.get(f"events/{failed['id']}"))["type"] == "refund.failed"


async def test_a_call_that_changes_nothing_tells_nothing(world: Here) -> None:
    await world.pay()
    await world.refund(1_000, key="k")
    before = await world.told()
    await world.refund(1_000, key="k")
    await world.refused("refunds", payment_intent="pi_1", amount=9_000)
    assert await world.told() == before


async def test_webhooks_are_signed_and_go_where_they_are_wanted(world: Here) -> None:
    await world.listen("refund.*")
    await world.pay()
    made = await world.refund(1_000)
    event = (await world.get("events", type="refund.created"))["data"][0]
    assert event["pending_webhooks"] == 1
    assert await world.deliver() == [200]
    assert await world.deliver() == []
    (heard,) = world.listener.heard
    assert (heard["id"], heard["data"]["object"]["id"]) == (event["id"], made["id"])
    assert (await world.get(f"events/{event['id']}"))["pending_webhooks"] == 0


async def test_what_is_not_taken_is_tried_again_with_growing_pauses(world: Here) -> None:
    await world.listen("refund.created")
    await world.pay()
    await world.refund(1_000)
    world.listener.answers = [500, 301, 404]
    assert await world.deliver() == [500]
    for pause, status in zip(PAUSES, [301, 404, 200], strict=False):
        await world.control("clock", advance=pause - 1)
        assert await world.deliver() == []
        await world.control("clock", advance=1)
        assert await world.deliver() == [status]
    assert list(PAUSES) == sorted(PAUSES)


async def test_after_three_days_an_event_is_given_up_but_can_be_sent_again(world: Here) -> None:
    await world.listen("refund.created")
    await world.pay()
    await world.refund(1_000)
    world.listener.answers = [500] * 20
    tries = 0
    while await world.deliver(early=True):
        tries += 1
    assert tries == len(PAUSES) + 1
    world.listener.answers = []
    event = (await world.get("events", type="refund.created", delivery_success=True))["data"][0]
    await world.control(f"events/{event['id']}/resend")
    assert await world.deliver() == [200]


async def test_endpoints_are_made_changed_and_taken_away(world: Here) -> None:
    made = await world.post("webhook_endpoints", url="http://127.0.0.1/webhooks", enabled_events=["refund.failed"])
    assert made["secret"].startswith("whsec_")
    assert "secret" not in await world.get(f"webhook_endpoints/{made['id']}")
    changed = await world.post(f"webhook_endpoints/{made['id']}", enabled_events=["*"], disabled=True)
    assert (changed["enabled_events"], changed["status"]) == (["*"], "disabled")
    await world.pay()
    assert await world.deliver() == []
    assert (await world.ask("DELETE", f"webhook_endpoints/{made['id']}")).json()["deleted"] is True
    assert (await world.get("webhook_endpoints"))["data"] == []
    for wrong in (
        {"url": "https://shop.example/hook", "enabled_events": ["*"]},
        {"url": "http://127.0.0.1/hook"},
        {"url": "http://127.0.0.1/hook", "enabled_events": ["Not An Event"]},
    ):
        assert (await world.refused("webhook_endpoints", **wrong))[0] == 400


async def test_an_endpoint_of_ours_keeps_its_place(world: Here) -> None:
    first = await world.listen("refund.created")
    again = await world.listen("refund.failed")
    assert (again["id"], again["enabled_events"]) == (first["id"], ["refund.failed"])


@pytest.mark.parametrize(
    ("fault", "first", "heard"),
    [
        ("drop", [0, 200], ["charge.refunded", "refund.created"]),
        ("duplicate", [200, 200], ["refund.created", "refund.created", "charge.refunded"]),
        ("reorder", [200], ["charge.refunded", "refund.created"]),
    ],
)
async def test_webhooks_go_wrong_on_purpose(world: Here, fault: str, first: list[int], heard: list[str]) -> None:
    await world.pay()
    await world.listen("refund.created", "charge.refunded")
    await world.control("faults", at={"webhooks": {1: fault}})
    await world.refund(1_000)
    assert await world.deliver() == first
    await world.deliver(early=True)
    assert world.listener.types == heard
    assert (await world.http.get("/stripe/_control/faults")).json()["injected"] == {"webhooks": {fault: 1}}


async def test_in_the_background_they_are_delivered_at_once(start: Start) -> None:
    listener = Listener()
    async with (
        start() as url,
        running(listener.app, 0) as there,
        httpx2.AsyncClient(base_url=url, verify=False) as http,
    ):
        endpoint: dict[str, Any] = {"url": f"{there}/webhooks", "secret": SECRET, "enabled_events": ["refund.created"]}
        await http.post("/stripe/_control/webhook_endpoints", json=endpoint)
        await http.post("/stripe/_control/payment_intents", json={"id": "pi_1", "amount": 500, "currency": "eur"})
        await http.post("/stripe/v1/refunds", data={"payment_intent": "pi_1"}, headers=AUTH)
        async with asyncio.timeout(10):
            while not listener.heard:
                await asyncio.sleep(0.01)
    assert listener.types == ["refund.created"]
