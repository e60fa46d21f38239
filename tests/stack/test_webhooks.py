"""From the provider's word to the journal: its signed webhook, our portal, the return or its aftercare."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from database.stores import SqlInbox
from domain import ids
from domain.inbox import InboxRow, InboxState
from tests.proof.site import STACK, Site, started, until
from tests.proof.walk import Walk

API, CONTROL = "/stripe/v1", "/stripe/_control"


class Provider:
    """Stripe's stand-in, as its dashboard and the banks behind it."""

    def __init__(self, site: Site) -> None:
        key = tomllib.loads((site.home / "stack.toml").read_text())["backhaul"]["stripe_api_key"]
        self._http, self._headers = site.http, {"Authorization": f"Bearer {key}"}

    async def refunds(self, payment: str) -> list[dict[str, Any]]:
        """Those of a payment."""
        found = await self._http.get(f"{API}/refunds", params={"payment_intent": payment}, headers=self._headers)
        refunds: list[dict[str, Any]] = found.raise_for_status().json()["data"]
        return refunds

    async def refund(self, payment: str, amount: int) -> str:
        """By hand, in the dashboard."""
        given = {"payment_intent": payment, "amount": str(amount)}
        made = await self._http.post(f"{API}/refunds", data=given, headers=self._headers)
        return str(made.raise_for_status().json()["id"])

    async def control(self, path: str, **given: object) -> None:
        """Be the world."""
        (await self._http.post(f"{CONTROL}/{path}", json=given)).raise_for_status()


async def test_what_the_provider_says_arrives_in_time_and_late(tmp_path: Path) -> None:
    async with started(tmp_path, "stack", *STACK) as program:
        site = await Site.at(tmp_path, program)
        provider, walk, inbox = Provider(site), Walk(site, "news"), SqlInbox(site.engine)
        old, new = "pi_news_old", "pi_news_new"
        await provider.control("pace", after=3600)
        await walk.start()
        await walk.send()
        await walk.receive()
        await walk.inspect()

        async def pending() -> str:
            made = [*await provider.refunds(old), *await provider.refunds(new)]
            return next((one["id"] for one in made if one["status"] == "pending"), "")

        for _ in (old, new):  # the second leg follows when the first is through
            refund = await until(pending, "a refund is under way")
            await provider.control(f"refunds/{refund}", status="succeeded")
        await walk.closed()

        (late,) = await provider.refunds(new)
        await provider.control(f"refunds/{late['id']}", status="failed", failure_reason="declined")
        await walk.recorded(ids.reversed_key(ids.refund_key(walk.case, 1, new, 1)))

        await provider.control("pace")
        elsewhere = await provider.refund(old, 100)
        await walk.recorded(ids.elsewhere_key(elsewhere))

        await provider.control("payment_intents", id="pi_of_nobody", amount=500, currency="eur")
        await provider.refund("pi_of_nobody", 500)

        async def settled() -> list[InboxRow]:
            rows = inbox.listed(list(InboxState), 99)
            return [] if any(row.state is InboxState.WAITING for row in rows) else rows

        async def outside() -> list[InboxRow]:
            return inbox.listed([InboxState.OUTSIDE], 9)

        (nobodys,) = await until(outside, "a refund of nobody's order is outside")
        assert nobodys.error == "No known order was paid with pi_of_nobody."
        states = {row.state for row in await until(settled, "nothing waits")}
        assert states == {InboxState.DELIVERED, InboxState.OUTSIDE}, inbox.listed([InboxState.REFUSED], 9)
        await site.close()
        assert await program.stop() == 0, program.said()
