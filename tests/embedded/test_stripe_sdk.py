"""The Stripe simulator through Stripe's own SDK, noun by noun, as finance and the payments room use it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
import stripe

KEY = "sk_test_backhaul"


async def test_every_noun_through_the_sdk(url: str, http: httpx2.AsyncClient) -> None:
    async def control(path: str, **body: object) -> None:
        answer = await http.post(f"/stripe/_control/{path}", json=body)
        assert answer.is_success, answer.text

    client = stripe.StripeClient(KEY, base_addresses={"api": f"{url}/stripe"}, max_network_retries=0)
    start = (await http.get("/stripe/_control/clock")).json()["now"]
    await control("payment_intents", id="pi_1", amount=7_000, currency="eur")
    await control("next_refund", status="requires_action")
    waiting = await asyncio.to_thread(
        client.v1.refunds.create,
        {"payment_intent": "pi_1", "amount": 500, "instructions_email": "shopper@shop.example"},
    )
    await asyncio.to_thread(client.v1.refunds.update, waiting.id, {"metadata": {"case": "R-1"}})
    canceled = await asyncio.to_thread(client.v1.refunds.cancel, waiting.id)
    assert (canceled.status, canceled.metadata and canceled.metadata.to_dict()) == ("canceled", {"case": "R-1"})
    made = await asyncio.to_thread(client.v1.refunds.create, {"payment_intent": "pi_1", "amount": 1_000})
    await control("disputes", payment_intent="pi_1")
    disputes = await asyncio.to_thread(client.v1.disputes.list, {"payment_intent": "pi_1"})
    assert [(one.amount, one.status) for one in disputes.data] == [(6_000, "needs_response")]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await asyncio.to_thread(client.v1.refunds.create, {"payment_intent": "pi_1"})
    assert refused.value.code == "charge_disputed"
    await asyncio.to_thread(client.v1.disputes.close, disputes.data[0].id)
    await control("payment_intents", id="pi_2", amount=50_000, currency="eur")
    await control("payouts", currency="eur")
    (payout,) = (await asyncio.to_thread(client.v1.payouts.list)).data
    moved = await asyncio.to_thread(
        lambda: [
            (one.reporting_category, one.source.id if isinstance(one.source, stripe.Refund) else "")
            for one in client.v1.balance_transactions.list(
                {"payout": payout.id, "created": {"gte": start}, "expand": ["data.source"], "limit": 2}
            ).auto_paging_iter()
        ]
    )
    assert moved == [("charge", ""), ("dispute", ""), ("refund", made.id), ("charge", "")]
    told = await asyncio.to_thread(
        lambda: [
            one.type
            for one in client.v1.events.list(
                {"types": ["refund.created", "refund.updated", "payout.paid"], "limit": 1}
            ).auto_paging_iter()
        ]
    )
    assert told == ["payout.paid", "refund.created", "refund.updated", "refund.updated", "refund.created"]


async def test_a_page_to_pay_and_an_endpoint_through_the_sdk(url: str) -> None:
    client = stripe.StripeClient(KEY, base_addresses={"api": f"{url}/stripe"}, max_network_retries=0)
    items: Any = [{"price_data": {"currency": "eur", "unit_amount": 990, "product_data": {"name": "x"}}, "quantity": 1}]
    session = await asyncio.to_thread(
        client.v1.checkout.sessions.create,
        {"mode": "payment", "success_url": "https://shop.example", "line_items": items},
    )
    assert (session.amount_total, session.status) == (990, "open")
    assert (await asyncio.to_thread(client.v1.checkout.sessions.expire, session.id)).status == "expired"
    link = await asyncio.to_thread(client.v1.payment_links.create, {"line_items": items})
    assert (await asyncio.to_thread(client.v1.payment_links.update, link.id, {"active": False})).active is False
    endpoint = await asyncio.to_thread(
        client.v1.webhook_endpoints.create,
        {"url": "http://127.0.0.1:9/hooks", "enabled_events": ["refund.failed"], "metadata": {"a": "b"}},
    )
    assert endpoint.secret
    assert endpoint.secret.startswith("whsec_")
    assert (await asyncio.to_thread(client.v1.webhook_endpoints.delete, endpoint.id)).deleted
