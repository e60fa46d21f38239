"""Serves an ASGI app on this machine from within an asyncio program."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

GRACE = 0.5
"""Seconds that running requests get to finish when the server stops."""


def listen(port: int, host: str = "127.0.0.1") -> socket.socket:
    """A listening socket; port 0 is any free one. Raises OSError (EADDRINUSE) if the port is taken."""
    # asyncio turns Nagle's delay of 40 ms off only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A port that was just given up stays in TIME_WAIT; a restart must not wait for it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def address(listener: socket.socket) -> str:
    """The URL at which a listening socket is reached, without a slash at the end."""
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


@asynccontextmanager
async def running(app: ASGIApp, at: int | socket.socket) -> AsyncIterator[str]:
    """Serve `app` on a port of 127.0.0.1, or on a socket that listens already, while the body runs; gives its URL."""
    listener = listen(at) if isinstance(at, int) else at
    config = uvicorn.Config(
        app, http=_Line, ws="none", lifespan="on", log_config=None, log_level="warning", access_log=False
    )
    server = _Server(config)
    url = address(listener)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        yield url
    finally:
        await _stop(server, serving)


async def hang_up(request: Request) -> None:
    """Close the connection of a request, whose body was read already, without an answer.

    Raises ConnectionResetError where there is no connection, because the app is called in the same process.
    """
    transport: asyncio.Transport | None = getattr(request.state, "transport", None)
    if transport is None:
        raise ConnectionResetError("the simulator hung up")
    transport.abort()
    await gone(request)


async def held(request: Request, seconds: float) -> None:
    """Wait so long, or until the caller of a request, whose body was read already, has hung up."""
    try:
        async with asyncio.timeout(seconds):
            await gone(request)
    except TimeoutError:
        pass


async def gone(request: Request) -> None:
    """Wait until the caller of a request, whose body was read already, has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _stop(server: _Server, serving: asyncio.Task[None]) -> None:
    server.should_exit = True
    await asyncio.wait({serving}, timeout=GRACE)
    # Whoever is still connected waits for an answer that is held back: the line is cut, as in a real outage.
    for connection in list(server.server_state.connections):
        if isinstance(connection, _Line):
            connection.transport.abort()
    await serving


class _Server(uvicorn.Server):
    """Leaves the signals to the program that it is part of."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class _Line(H11Protocol):
    """Lets a request reach its own connection (`request.state.transport`), so that it can be cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn names the same transport otherwise
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
