"""Bodies of requests, as far as they are wanted."""

from __future__ import annotations

from starlette.requests import Request


async def bounded(request: Request, largest: int) -> bytes | None:
    """The body, or None as soon as it has more bytes than that. Raises ClientDisconnect if it is not whole."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > largest:
            return None
    return bytes(body)
