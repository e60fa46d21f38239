"""A stand-in for SendGrid's `POST /v3/mail/send`: takes what SendGrid would take, and delivers it to the inbox."""

from __future__ import annotations

import json
import re
import secrets
import time
from datetime import UTC, datetime
from typing import Literal

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from embedded.simulators.bodies import Body, bearer, json_body, media_type
from embedded.simulators.inbox import Attachment, Mail
from embedded.simulators.sendgrid_events import EventWebhook, Teller
from embedded.simulators.sendgrid_rules import LARGEST, Envelope, MailError, MailSend, read
from embedded.simulators.serve import hang_up
from embedded.simulators.shelf import Shelf

_KEY = re.compile(r"SG\.[A-Za-z0-9_.-]+")

_REFUSALS = {429: "too many requests", 503: "service unavailable"}


class Next(Body):
    """What happens to the next call: an outage, or the mail is taken and the connection dropped without an answer."""

    status: Literal[429, 503, "drop_after"]


class Scopes(Body):
    """What keys may do."""

    scopes: list[str]


def app(shelf: Shelf, teller: Teller) -> Starlette:
    """SendGrid on a shelf; mount it anywhere. `teller` has its event webhook."""
    sendgrid = _SendGrid(shelf, teller)
    routes = [
        Route("/v3/mail/send", sendgrid.send, methods=["POST"]),
        Route("/v3/scopes", sendgrid.told_scopes, methods=["GET"]),
        Route("/_control/scopes", sendgrid.control_scopes, methods=["POST"]),
        Route("/_control/next", sendgrid.control_next, methods=["POST"]),
        Route("/_control/event_webhook", sendgrid.control_webhook, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={MailError: _refused, HTTPException: _unrouted})


class _SendGrid:
    def __init__(self, shelf: Shelf, teller: Teller) -> None:
        self._shelf = shelf
        self._teller = teller
        self._next: Literal[429, 503, "drop_after"] | None = None
        self._scopes = ["mail.batch.create", "mail.send"]

    async def control_next(self, request: Request) -> Response:
        self._next = (await json_body(request, Next)).status
        return JSONResponse({"next": self._next})

    async def control_webhook(self, request: Request) -> Response:
        self._teller.webhook = await json_body(request, EventWebhook)
        return JSONResponse({"url": self._teller.webhook.url})

    async def control_scopes(self, request: Request) -> Response:
        self._scopes = (await json_body(request, Scopes)).scopes
        return JSONResponse({"scopes": self._scopes})

    async def told_scopes(self, request: Request) -> Response:
        self._let_in(request)
        return JSONResponse({"scopes": self._scopes})

    def _let_in(self, request: Request) -> None:
        if _KEY.fullmatch(bearer(request)) is None:
            raise MailError("The provided authorization grant is invalid, expired, or revoked", status=401)
        if self._next == 429 or self._next == 503:
            status, self._next = self._next, None
            raise MailError(_REFUSALS[status], status=status)

    async def send(self, request: Request) -> Response:
        self._let_in(request)
        if "mail.send" not in self._scopes:
            raise MailError("access forbidden", status=403)
        mail = read(await _body(request))
        if mail.sandboxed:
            return Response(status_code=200)
        message_id = secrets.token_urlsafe(16)
        self._deliver(mail, message_id)
        if self._next == "drop_after":
            self._next = None
            await hang_up(request)
        return Response(status_code=202, headers={"X-Message-Id": message_id})

    def _deliver(self, mail: MailSend, message_id: str) -> None:
        """One mail per personalization; the first has the message's own id."""
        now = datetime.now(UTC)
        with self._shelf.transaction() as rows:
            for position, envelope in enumerate(mail.personalizations):
                id = message_id if position == 0 else f"{message_id}.{position}"
                delivered = _delivered(mail, envelope, id, now)
                rows.put(id, delivered, owner=delivered.case)
                self._teller.tell(delivered)


def _delivered(mail: MailSend, envelope: Envelope, id: str, now: datetime) -> Mail:
    parts = {part.type: part.value for part in mail.content}
    subject = envelope.subject or mail.subject or ""
    if mail.template_id:  # which stands at SendGrid; what it would be filled with is shown instead
        subject = f"Template {mail.template_id}"
        parts = {"text/plain": json.dumps(envelope.dynamic_template_data, indent=2, ensure_ascii=False)}
    return Mail(
        id=id,
        to=tuple(person.email for person in envelope.recipients),
        sender=str(envelope.sender or mail.sender),
        reply_to=str(mail.reply_to or ""),
        subject=subject,
        text=parts.get("text/plain", ""),
        html=parts.get("text/html", ""),
        headers={**mail.headers, **envelope.headers},
        custom_args={**mail.custom_args, **envelope.custom_args},
        categories=mail.categories,
        attachments=tuple(Attachment(filename=file.filename, type=file.type) for file in mail.attachments),
        received_at=now,
    )


async def _body(request: Request) -> bytes:
    if media_type(request) != "application/json":
        raise MailError("Content-Type should be application/json.", status=415)
    body = await request.body()
    if len(body) > LARGEST:
        raise MailError("content too large", status=413)
    return body


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, MailError):
        raise error
    headers = {}
    if error.status == 429:
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1)}
    return JSONResponse({"errors": error.errors}, error.status, headers)


async def _unrouted(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return await _refused(request, MailError(error.detail.lower(), status=error.status_code))
