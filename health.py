"""What a worker says of itself over HTTP, on loopback: `/live` and `/ready`, for whoever restarts processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from domain.errors import Refused

_SECONDS = 5


@asynccontextmanager
async def told(port: int | None, missing: Callable[[], Awaitable[str]]) -> AsyncIterator[None]:
    """Answer on this port while the block lasts; without a port nobody asks.

    `/live` is 200 whenever the process answers at all. `/ready` is 200 while nothing is `missing`, else 503 with what
    is. Raises Refused `port_taken`.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                writer.write(_response(*await _answer((await reader.readline()).decode("latin-1"), missing)))
                await writer.drain()
        except (TimeoutError, OSError, ValueError):  # who asks is gone, or never asked
            pass
        finally:
            writer.close()

    if port is None:
        yield
        return
    try:
        server = await asyncio.start_server(answer, "127.0.0.1", port)
    except OSError as error:
        text = f"The worker cannot listen at port {port} ({error.strerror}); give it a BACKHAUL_WORKER_PORT of its own."
        raise Refused("port_taken", text) from None
    async with server:
        yield


async def _answer(line: str, missing: Callable[[], Awaitable[str]]) -> tuple[HTTPStatus, str]:
    match line.split():
        case ["GET", "/live", _]:
            return HTTPStatus.OK, "live"
        case ["GET", "/ready", _]:
            words = await missing()
            return (HTTPStatus.SERVICE_UNAVAILABLE, words) if words else (HTTPStatus.OK, "ready")
    return HTTPStatus.NOT_FOUND, "ask for /live or /ready"


def _response(status: HTTPStatus, words: str) -> bytes:
    body = f"{words}\n".encode()
    head = f"HTTP/1.1 {status.value} {status.phrase}", "Content-Type: text/plain; charset=utf-8"
    return "\r\n".join((*head, f"Content-Length: {len(body)}", "Connection: close", "", "")).encode() + body
