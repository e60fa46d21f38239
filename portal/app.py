"""The routes. A webhook is checked, read and stored, and only then answered; nothing is sent on before that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from pydantic_core import from_json
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.errors import BackhaulError
from domain.inbox import InboxState
from domain.stores import Inbox
from portal.body import bounded
from portal.sources import Source

LARGEST_BODY = 1024 * 1024
"""Bytes; a vendor's largest batches have some hundred thousand."""

_log = logging.getLogger(__name__)


def build(
    inbox: Inbox,
    sources: Sequence[Source],
    clock: Callable[[], datetime],
    heard: Callable[[], None],
    delivers: Callable[[], bool],
    more: Sequence[Route] = (),
) -> Starlette:
    """The app. `heard` is called when something new was stored; `delivers` says whether it is being sent on. `more` is
    what else it serves."""

    async def health(request: Request) -> Response:
        try:
            counts = await asyncio.to_thread(inbox.counts)
        except BackhaulError as error:
            return _say(503, error.message)
        known = {state.value: counts.get(state, 0) for state in InboxState}
        ready = {source.vendor.value: bool(source.secrets) for source in sources}
        status = 200 if delivers() else 503
        return JSONResponse({"delivers": delivers(), "inbox": known, "secrets": ready}, status)

    webhooks = [
        Route(f"/webhooks/{one.vendor}", _Door(inbox, one, clock, heard).receive, methods=["POST"]) for one in sources
    ]
    return Starlette(routes=[*webhooks, Route("/health", health), *more])


class _Door:
    """One vendor's way in."""

    def __init__(self, inbox: Inbox, source: Source, clock: Callable[[], datetime], heard: Callable[[], None]) -> None:
        self._inbox = inbox
        self._source = source
        self._clock = clock
        self._heard = heard

    async def receive(self, request: Request) -> Response:
        """200 once everything in it is stored; 400, 401 or 413 if it is not the vendor's; 503 if it may come again."""
        source = self._source
        if not source.secrets:
            # Vendors come again for hours or days: whoever sets the secret meanwhile loses nothing.
            return self._refuse(503, f"Nothing is taken before {source.setting} is set; see docs/webhooks.md.")
        try:
            body = await bounded(request, LARGEST_BODY)
        except ClientDisconnect:
            return _say(400, "The body is not whole.")
        if body is None:
            return self._refuse(413, f"At most {LARGEST_BODY} bytes are taken.")
        if fault := source.check(body, dict(request.headers), source.secrets, self._clock()):
            return self._refuse(401, fault)
        try:
            said = from_json(body)
        except ValueError:
            return self._refuse(400, "The body is no JSON.")
        return await self._keep(said)

    async def _keep(self, said: object) -> Response:
        events = self._source.read(said)
        try:
            new = await asyncio.to_thread(self._inbox.keep, events, self._clock()) if events else 0
        except BackhaulError as error:
            return self._refuse(503, error.message)
        for one in events:
            if one.fault:
                _log.warning("%s event %s (%s) cannot be read: %s", one.vendor, one.event, one.kind, one.fault)
        if new:
            self._heard()
        return JSONResponse({"stored": new})

    def _refuse(self, status: int, why: str) -> Response:
        _log.warning("webhook of %s answered with %d: %s", self._source.vendor, status, why)
        return _say(status, why)


def _say(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message}}, status)
