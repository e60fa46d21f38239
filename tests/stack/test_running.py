"""All that is told of a stack that runs: its workers stop when asked to, its webhooks arrive, the README's blocks work.

It is one stack for all. The order counts: the first tests bring workers of their own, the others share one.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from database.stores import SqlInbox
from domain import ids
from domain.inbox import InboxRow, InboxState
from ledger import EntryKind
from settings import ROOT
from tests.proof import exits
from tests.proof.site import Site, environment, stack, until
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


@pytest_asyncio.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Without a worker."""
    async with stack(tmp_path_factory.mktemp("home")) as there:
        yield there


@pytest_asyncio.fixture(scope="module")
async def served(site: Site) -> AsyncIterator[Site]:
    """With one."""
    async with site.worker() as worker:
        await site.serving(worker)
        yield site


async def test_a_client_ends_with_0_every_time(site: Site) -> None:
    assert await exits.of_lists(site, 5) == {0: 5}


async def test_a_worker_that_is_asked_to_stop_ends_with_0_every_time(site: Site) -> None:
    assert await exits.of_workers(site, 2) == {0: 2}


async def test_a_worker_that_is_asked_to_stop_finishes_what_is_under_way(site: Site) -> None:
    async with site.worker() as worker:
        walk = Walk(site, "drain")
        await walk.start()
        await walk.send()
        await walk.receive()
        control = "/stripe/_control"
        (await site.http.post(f"{control}/hold", json={"hold": True})).raise_for_status()
        await walk.inspect()

        async def paying() -> bool:
            return bool((await site.http.get(f"{control}/calls")).json()["created"])

        await until(paying, "the provider has paid")
        worker.send(signal.SIGTERM)

        async def stopping() -> bool:
            return "worker stops: finishing what is under way" in worker.said()

        await until(stopping, "the worker stops")
        assert worker.alive
        (await site.http.post(f"{control}/hold", json={"hold": False})).raise_for_status()
        assert await worker.end() == 0, worker.said()
        settled = [entry for entry in site.ledger.entries(case=walk.case) if entry.kind is EntryKind.REFUND_SETTLED]
        assert len(settled) == 1
        assert not re.search("Traceback|ERROR", worker.said().partition("worker stops")[2])


async def test_what_the_provider_says_arrives_in_time_and_late(served: Site) -> None:
    provider, walk, inbox = Provider(served), Walk(served, "news"), SqlInbox(served.engine)
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


README = (ROOT / "README.md").read_text()
TRIES = 40


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def shell(served: Site) -> dict[str, str]:
    """The environment of a newcomer's second terminal beside the stack, which has sold the README's order."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    here = {**environment(served.home), "PYTHONPATH": str(ROOT), "PATH": path}
    run(["starter.py", "orders", "import", "embedded/orders/two_rates.json"], here)
    return {**here, "TEMPORAL_CONFIG_FILE": str(served.home / "stack.toml")}


def run(arguments: list[str], environment: dict[str, str]) -> str:
    """The output of a Python command that must succeed."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def shown(case: str, environment: dict[str, str]) -> dict[str, str]:
    """The return as `show` sees it, as soon as it has been decided."""
    for _ in range(TRIES):
        found: dict[str, dict[str, str] | None] = json.loads(run(["starter.py", "show", case, "--json"], environment))
        view = found["return"]
        if view and view["tracking_number"]:
            return view
    raise AssertionError(f"{case} was not decided")


def test_the_python_block_starts_a_return(shell: dict[str, str]) -> None:
    (block,) = blocks("python")
    assert run(["-c", block], shell).startswith("return-R-1001 ")
    assert shown("R-1001", shell)["order_number"] == "B-2041"


def test_the_temporal_command_starts_a_return(shell: dict[str, str]) -> None:
    (block,) = [one for one in blocks("sh") if one.startswith("temporal workflow start")]
    subprocess.run(["bash", "-ec", block], cwd=ROOT, env=shell, check=True, capture_output=True)
    assert shown("R-1002", shell)["tracking_number"].startswith("BH")


def test_the_commands_of_the_second_terminal_work(shell: dict[str, str]) -> None:
    (block,) = [one for one in blocks("sh") if "starter.py list" in one]
    lines = [line.split("#")[0].strip() for line in block.splitlines() if line.startswith("python ")]
    assert len(lines) == 4
    for line in lines:
        case_it_shows = line.replace("R-two-rates", "R-1001")
        run(case_it_shows.split()[1:], shell)
