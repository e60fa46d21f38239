"""Keys are changed as docs/operations.md says, while a return is open and events are signed with either secret."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from temporalio.client import Client

from domain.payload_keys import parse_keys
from embedded.portal import SECRET
from embedded.stack import Ports
from encryption import codec
from tests.portal.vendors import sign_stripe
from tests.proof.site import WORKER, Site, stack, started, until
from tests.proof.walk import Walk
from tests.stack.runbook import commands, run
from tests.workflows.test_encryption import keys_of
from workflows.plugin import Backhaul

NEXT = "whsec_next"


async def one_key(home: Path, name: str) -> str:
    (line,) = [one for one in commands("Rotate keys") if one.startswith("python")]
    return (await run(home, line.replace("k2", name))).strip()


async def step(site: Site, exits: AsyncExitStack, name: str, keys: str, secrets: str) -> str:
    """Worker and portal with these settings; where the portal listens."""
    port = Ports.free().portal
    settings = {"BACKHAUL_PAYLOAD_KEYS": keys, "BACKHAUL_STRIPE_WEBHOOK_SECRET": secrets}
    worker = await exits.enter_async_context(started(site.home, f"worker-{name}", *WORKER, settings=settings))
    words = ("-m", "portal")
    listening = {**settings, "BACKHAUL_PORTAL_PORT": str(port)}
    portal = await exits.enter_async_context(started(site.home, f"portal-{name}", *words, settings=listening))
    await site.serving(worker)
    address = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        assert portal.alive, portal.said()
        try:
            return (await site.http.get(f"{address}/health")).status_code == 200
        except httpx2.TransportError:
            return False

    await until(answers, "the portal answers")
    return address


async def taken(site: Site, portal: str, secret: str) -> bool:
    """Whether an event that is signed with this secret is."""
    now = datetime.now(UTC)
    event = {"id": f"evt_{secret}", "object": "event", "type": "customer.created", "created": int(now.timestamp())}
    body = json.dumps({**event, "data": {"object": {"id": "cus_1", "object": "customer"}}}).encode()
    answer = await site.http.post(f"{portal}/webhooks/stripe", content=body, headers=sign_stripe(body, secret, now))
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


async def test_keys_are_changed_while_a_return_is_open(tmp_path: Path) -> None:
    k1, k2 = await one_key(tmp_path, "k1"), await one_key(tmp_path, "k2")
    async with stack(tmp_path / "home") as site:
        one, later = Walk(site, "rotating"), Walk(site, "later")
        accepted: list[list[bool]] = []
        for keys, secrets, goes_on in (
            (k1, SECRET, (one.start, one.send)),
            (f"{k1} {k2}", f"{NEXT} {SECRET}", (one.receive,)),
            (f"{k2} {k1}", NEXT, (one.inspect, one.closed)),
            (k2, NEXT, (later.start,)),
        ):
            own = Backhaul(codec=codec(parse_keys(keys)))
            site.client = Client(site.client.service_client, plugins=[own])
            async with AsyncExitStack() as exits:
                portal = await step(site, exits, f"{len(accepted)}", keys, secrets)
                for said in goes_on:
                    await said()
                accepted.append([await taken(site, portal, secret) for secret in (SECRET, NEXT)])
        assert accepted == [[True, False], [True, True], [False, True], [False, True]]
        history = await site.client.get_workflow_handle(f"return-{one.case}").fetch_history()
        assert keys_of(history.events) >= {"k1", "k2"}
        site.client = Client(site.client.service_client, plugins=[Backhaul(codec=codec(parse_keys(f"{k2} {k1}")))])
        assert await one.faults() == []
