"""`python -m embedded` from start to stop, as whoever tries the product meets it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sysconfig
import tomllib
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest

from domain import ids
from embedded.stack import Ports
from ledger import EntryKind
from tests.portal.vendors import refund_event, sign_stripe
from tests.proof.site import STACK, Program, Site, children, running, started, until
from tests.proof.walk import Walk
from workflows.return_case.view import SEARCH_ATTRIBUTES


async def the_workers_pid(site: Site, program: Program, other_than: int = 0) -> int:
    """The worker that the stack has started, as soon as it takes work."""

    async def found() -> int | None:
        assert program.alive, program.said()
        for pid in await children(program.pid):
            if pid != other_than and await site.polled_by(pid):
                return pid
        return None

    return await until(found, "the stack's worker takes work")


def command(pid: int) -> str:
    """How a process was called."""
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


async def the_portals_pid(program: Program) -> int:
    """The portal that the stack has started."""
    (pid,) = [pid for pid in await children(program.pid) if "-m portal" in command(pid)]
    return pid


async def takes_webhooks(home: Path, event: str) -> bool:
    """Whether a signed event is stored, by the settings in the stack's file."""
    own = tomllib.loads((home / "stack.toml").read_text())["backhaul"]
    body = json.dumps(refund_event(event)).encode()
    headers = sign_stripe(body, own["stripe_webhook_secret"], datetime.now(UTC))
    url = f"http://127.0.0.1:{own['portal_port']}/webhooks/stripe"
    async with httpx2.AsyncClient(verify=False) as http:
        try:
            answer = await http.post(url, content=body, headers=headers)
        except httpx2.TransportError:
            return False
    stored: int = answer.json()["stored"]
    return stored == 1


async def stopped(program: Program, one: signal.Signals) -> None:
    """It ends with 0, and nothing that it started lives on."""
    started_by_it = await children(program.pid)
    assert len(started_by_it) == 3  # server, worker and portal
    assert await program.stop(one) == 0, program.said()
    assert [pid for pid in started_by_it if running(pid)] == []


async def test_it_serves_mends_itself_stops_and_goes_on_the_next_day(tmp_path: Path) -> None:
    async with started(tmp_path, "stack", *STACK) as program:
        site = await Site.at(tmp_path, program)
        first = await the_workers_pid(site, program)
        assert await takes_webhooks(tmp_path, "evt_1")
        os.kill(await the_portals_pid(program), signal.SIGKILL)
        os.kill(first, signal.SIGKILL)
        await the_workers_pid(site, program, other_than=first)
        await until(lambda: takes_webhooks(tmp_path, "evt_2"), "the stack has a portal again")
        walk = Walk(site, "yesterday")
        await walk.start()
        assert [one["type"]["name"] for one in await listed(tmp_path)] == [ids.WORKFLOW_TYPE]
        await walk.send()
        await stopped(program, signal.SIGTERM)
        await site.close()
        assert not (tmp_path / "stack.toml").exists()
    async with started(tmp_path, "stack", *STACK) as program:
        walk.site = await Site.at(tmp_path, program)
        await walk.receive()
        await walk.inspect()
        await walk.closed()
        assert await walk.faults() == []
        await stopped(program, signal.SIGINT)
        await walk.site.close()


async def listed(home: Path) -> list[dict[str, dict[str, str]]]:
    """What Temporal's own command finds with the stack's file alone."""

    async def found() -> list[dict[str, dict[str, str]]]:
        program = Path(sysconfig.get_path("scripts")) / "temporal"
        words = ["--config-file", str(home / "stack.toml"), "workflow", "list", "--output", "json"]
        listing = await create_subprocess_exec(str(program), *words, stdout=PIPE, stderr=PIPE, env={"HOME": str(home)})
        out, error = await listing.communicate()
        assert listing.returncode == 0, error.decode()
        answer: list[dict[str, dict[str, str]]] = json.loads(out)
        return answer

    return await until(found, "the return is listed")


async def test_it_prepares_all_keeps_a_second_one_out_and_ends_with_its_terminal(tmp_path: Path) -> None:
    async with started(tmp_path, "stack", *STACK) as program:
        site = await Site.at(tmp_path, program)
        await the_workers_pid(site, program)
        await is_prepared(site)
        before = (tmp_path / "stack.toml").read_text()
        async with started(tmp_path, "second", *STACK) as second:
            assert await second.end() == 1
        words = f"A stack runs already in {tmp_path}; stop it first, or set BACKHAUL_HOME to another folder."
        assert "".join(words.split()) == "".join(second.said().split())
        assert (tmp_path / "stack.toml").read_text() == before
        assert await site.client.service_client.check_health()
        await site.close()
        await stopped(program, signal.SIGHUP)


async def is_prepared(site: Site) -> None:
    """Namespace, search attributes and a policy are there: a worker without them fails every task."""
    service, namespace = site.client.workflow_service, site.client.namespace
    described = await service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    kept = described.config.workflow_execution_retention_ttl.ToTimedelta()
    assert kept == timedelta(days=90)
    asked = ListSearchAttributesRequest(namespace=namespace)
    registered = (await site.client.operator_service.list_search_attributes(asked)).custom_attributes
    wanted = {key.name: int(key.indexed_value_type) for key in SEARCH_ATTRIBUTES}
    assert {name: registered.get(name) for name in wanted} == wanted
    assert EntryKind.POLICY_PUBLISHED in [entry.kind for entry in site.ledger.entries()]
    profile = tomllib.loads((site.home / "stack.toml").read_text())
    assert profile["profile"]["default"]["namespace"] == namespace


async def test_a_port_that_is_taken_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as other, suppress(OSError):  # somebody else may have it already
        other.bind(("127.0.0.1", Ports.temporal))
        other.listen()
        async with started(tmp_path, "stack", "-m", "embedded") as program:
            assert await program.end() == 1
        words = "Port 7233 is taken, so nothing was started. Stop whoever has it, or choose --free-ports."
        assert " ".join(program.said().split()) == words
        assert sorted(one.name for one in tmp_path.iterdir()) == ["stack.lock", "stack.out"]


async def test_without_its_server_it_ends_with_a_sentence_and_leaves_nobody_behind(tmp_path: Path) -> None:
    async with started(tmp_path, "stack", *STACK) as program:
        site = await Site.at(tmp_path, program)
        worker = await the_workers_pid(site, program)
        (server,) = [pid for pid in await children(program.pid) if "server start-dev" in command(pid)]
        await site.close()
        os.kill(server, signal.SIGKILL)
        assert await program.end() == 1
        assert "The Temporal server ended; see logs/temporal.log in the home folder." in program.said()
        assert not running(worker)
