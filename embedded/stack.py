"""Everything on one machine: Temporal, the simulators, the database, the portal and a worker, on loopback."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import sample

from temporalio.client import Client

from commands import links
from commands.policy import publish_policy
from database.engine import migrate
from domain import ids
from domain.errors import Refused, Unavailable
from embedded import children, portal, temporal
from embedded.children import Child
from embedded.people import hire
from embedded.simulators import build, sendgrid_events, storefront
from embedded.simulators.serve import listen, running
from settings import ROOT, Settings, home, stack_file
from wiring import Rooms, rooms
from workflows.schedules import create_schedules

POLICY = ROOT / "policies" / "default.yaml"
_START_SECONDS = 60
STRIPE_KEY = "sk_test_embedded"
POLICY_FROM = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Ports:
    """Where the stack listens, on 127.0.0.1."""

    temporal: int = 7233
    ui: int = 8233
    simulators: int = 8240
    portal: int = 8250

    @classmethod
    def free(cls) -> Ports:
        """Four ports that nobody uses now, by chance from below those that systems hand out: what connects anywhere in
        the moment before they are taken gets none of these."""
        return cls(*islice(filter(_unused, sample(range(15_000, 32_000), 200)), 4))


def _unused(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


class Stack:
    """A running stack."""

    def __init__(self, ports: Ports, temporal: Child, client: Client, rooms: Rooms) -> None:
        self.ports = ports
        self.temporal = temporal
        self.client = client
        self.rooms = rooms
        self.worker: Child | None = None
        self.portal: Child | None = None

    @property
    def simulators(self) -> str:
        """Where the simulators are reached."""
        return f"http://127.0.0.1:{self.ports.simulators}"

    @property
    def webhooks(self) -> str:
        """Where vendors send their webhooks."""
        return f"http://127.0.0.1:{self.ports.portal}/webhooks"

    @property
    def ui(self) -> str:
        """The Temporal UI."""
        return f"http://127.0.0.1:{self.ports.ui}"

    def workflow_url(self, case: str) -> str:
        """A return's page in the Temporal UI."""
        return links.ui(self.rooms.settings, self.client.namespace, ids.workflow_id(case))

    async def watch(self, stop: asyncio.Event) -> int:
        """Until `stop`: a worker or portal that dies is started again; without the Temporal server nothing runs."""
        stopping = asyncio.create_task(stop.wait())
        while True:
            ended = {one.ended for one in (self.temporal, self.worker, self.portal) if one}
            await asyncio.wait({stopping, *ended}, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                return 0
            self._check_server()
            if self.worker and not self.worker.alive.is_set():
                await self.start_worker()
            if self.portal and not self.portal.alive.is_set():
                await self.start_portal()

    async def start_worker(self) -> Child:
        """Start a worker process and wait until it takes work from every queue."""
        self.worker = await children.start("worker", [sys.executable, "worker.py"], home() / "logs", _environment())
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._worker_polls(self.worker)
        except TimeoutError:
            raise Unavailable("The worker takes no work; see logs/worker.log in the home folder.") from None
        return self.worker

    async def start_portal(self) -> Child:
        """Start the portal and wait until it takes webhooks."""
        self.portal = await portal.start(home() / "logs", _environment())
        await portal.ready(self.portal, self.ports.portal)
        return self.portal

    async def _worker_polls(self, worker: Child) -> None:
        for queue in (ids.RETURNS_QUEUE, ids.PAYMENTS_QUEUE, ids.MAIL_QUEUE):
            while not await temporal.polled(self.client, queue, worker.pid):
                self._check_server()
                if not worker.alive.is_set():
                    raise Unavailable("The worker ended while it started; see logs/worker.log in the home folder.")
                await asyncio.sleep(0.05)

    def _check_server(self) -> None:
        if not self.temporal.alive.is_set():
            raise Unavailable("The Temporal server ended; see logs/temporal.log in the home folder.")


@asynccontextmanager
async def stack(ports: Ports, *, worker: bool = True, policy: Path = POLICY) -> AsyncIterator[Stack]:
    """Start everything, in order, and stop it in the opposite order when the body ends. A home without a policy gets
    this one."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as exits:
        exits.enter_context(_alone(folder))
        listener = _claim(ports)
        server = await children.start(
            "temporal", temporal.command(ports.temporal, ports.ui, folder), folder / "logs", _environment()
        )
        exits.push_async_callback(server.stop)
        client = await temporal.connected(f"127.0.0.1:{ports.temporal}", server.alive)
        await temporal.prepare(client)
        await create_schedules(client)
        mail_key = sendgrid_events.new_key()
        stack_file().write_text(_profile(ports, sendgrid_events.public_key(mail_key)))
        exits.callback(stack_file().unlink, missing_ok=True)
        here = Stack(ports, server, client, rooms(Settings.load()))
        exits.callback(here.rooms.engine.dispose)
        migrate(here.rooms.engine)
        _publish_first_policy(here.rooms, policy)
        hire(here.rooms, folder / "keys")
        await exits.enter_async_context(running(build(folder, here.simulators), listener))
        await portal.register(f"http://127.0.0.1:{ports.portal}", f"{here.simulators}/stripe", STRIPE_KEY)
        await portal.register_mail(ports.portal, f"{here.simulators}/sendgrid", mail_key)
        exits.push_async_callback(_stop_children, here)
        # Side by side: each takes a second.
        await asyncio.gather(here.start_portal(), *([here.start_worker()] if worker else []))
        yield here


def _environment() -> dict[str, str]:
    """The shell's, without what it says of Temporal: that is about some other server than this stack's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}


def _publish_first_policy(rooms: Rooms, policy: Path) -> None:
    now = datetime.now(UTC)
    if rooms.stores.policies.in_force(now) is None:
        publish_policy(rooms, policy.read_text(), POLICY_FROM, now)


async def _stop_children(here: Stack) -> None:
    await asyncio.gather(*(one.stop() for one in (here.worker, here.portal) if one))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One stack per home: two would share its databases. The lock goes with the process, however it ends."""
    with (folder / "stack.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            text = f"A stack runs already in {folder}; stop it first, or set BACKHAUL_HOME to another folder."
            raise Refused("stack_runs", text) from None
        yield


def _claim(ports: Ports) -> socket.socket:
    """The simulators' socket, when all four ports are free; else nothing is started."""
    for port in (ports.temporal, ports.ui, ports.portal, ports.simulators):
        try:
            listener = listen(port)
        except OSError as error:
            raise Refused("port_taken", _taken(port)) from error
        if port != ports.simulators:
            listener.close()
    return listener


def _taken(port: int) -> str:
    return f"Port {port} is taken, so nothing was started. Stop whoever has it, or choose --free-ports."


def _profile(ports: Ports, mail_key: str) -> str:
    """A Temporal profile, which the `temporal` command reads too, and our own settings beside it."""
    simulators = f"http://127.0.0.1:{ports.simulators}"
    return f"""\
# Written by the embedded stack while it runs (process {os.getpid()}); gone when it stops.
[profile.default]
address = "127.0.0.1:{ports.temporal}"
namespace = "default"

[backhaul]
stripe_api_key = "{STRIPE_KEY}"
stripe_api_base = "{simulators}/stripe"
stripe_webhook_secret = "{portal.SECRET}"
portal_port = {ports.portal}
sendgrid_api_key = "SG.embedded"
sendgrid_host = "{simulators}/sendgrid"
sendgrid_webhook_key = "{mail_key}"
carrier_url = "{simulators}/carrier"
storefront_url = "{simulators}/storefront"
storefront_secret = "{storefront.SECRET}"
event_endpoints = [
    {{ name = "storefront", url = "{simulators}/storefront/events", secret = "{storefront.EVENTS_SECRET}" }},
]
public_url = "{simulators}"
ui_url = "http://127.0.0.1:{ports.ui}"
"""
