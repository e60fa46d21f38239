"""The portal as a process: the routes on one port, and the loop that sends on what they store."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import uvicorn
from starlette.types import ASGIApp

from database.engine import migrate
from domain.errors import Refused
from portal.app import build
from portal.courier import Courier
from portal.labels import labels
from portal.loop import Loop
from portal.outgoing import Outbound
from portal.sources import sources
from portal.temporal import TemporalDelivery
from settings import Settings
from wiring import Rooms, connect, rooms

_DRAIN_SECONDS = 10


def now() -> datetime:
    """The portal's clock."""
    return datetime.now(UTC)


async def run() -> int:
    """Serve until asked to stop. Neither Temporal nor a worker has to be there; what comes in waits for them."""
    settings = Settings.load()
    doors = sources(settings)
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    here = rooms(settings)
    listener = listen(settings.portal_host, settings.portal_port, "portal", "BACKHAUL_PORTAL_PORT")
    migrate(here.engine)
    loop = Loop(
        here.stores.inbox, Courier(TemporalDelivery(connect), here.ledger, here.stores.parcels, here.stores.outbox), now
    )
    loops: list[Loop | Outbound] = [loop, *_outbound(here)]
    sending = [asyncio.create_task(one.run()) for one in loops]
    files = labels(settings.labels_folder)
    app = build(here.stores.inbox, doors, now, loop.heard, lambda: not any(one.done() for one in sending), [files])
    async with serving(app, listener):
        for door in doors:
            if not door.secrets:
                logging.warning("webhooks of %s are not taken: %s is not set", door.vendor, door.setting)
        logging.info("portal ready: http://%s:%d", settings.portal_host, listener.getsockname()[1])
        await stop.wait()
        logging.info("portal stops: finishing what is under way")
    for each in loops:
        each.stop()
    await asyncio.wait(sending, timeout=_DRAIN_SECONDS)
    await here.receivers.close()
    return 0


def _outbound(here: Rooms) -> list[Outbound]:
    """One loop for each endpoint that is told of returns."""
    told = (here.stores.outgoing, here.ledger, here.receivers, now)
    return [Outbound(one, *told) for one in here.settings.event_endpoints]


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Answer there; at the end what is under way is finished."""
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def listen(host: str, port: int, name: str, setting: str) -> socket.socket:
    """A listening socket. Raises Refused `port_taken`."""
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as error:
        text = f"The {name} cannot listen at {host}:{port} ({error.strerror}); set {setting} to another one."
        raise Refused("port_taken", text) from None


class _Server(uvicorn.Server):
    """Leaves the signals to the process that it is part of."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
