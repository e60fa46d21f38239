"""The codec server's routes, as the Temporal UI and command line ask them: proto-JSON payloads in, payloads out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from urllib.parse import parse_qs

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payloads
from temporalio.converter import PayloadCodec

from domain.errors import BackhaulError
from portal.body import bounded
from portal.codec.people import COOKIE, SESSION, Readers

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes: as much as one message of Temporal's may have."""
LARGEST_FORM = 1024

_SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Codec server</title>
<h1>Decrypt for the Temporal UI</h1><p>{words}</p>
<form method="post"><label>Token <input name="token" type="password" autocomplete="off" required></label>
<button>Sign in</button></form></html>"""
_SIGN_IN = "With your token this browser may show what is encrypted, for 12 hours."

_log = logging.getLogger(__name__)


class CodecServer:
    """Answers people with a token, from the UI's own pages, about one namespace."""

    def __init__(
        self,
        codec: PayloadCodec,
        readers: Readers,
        origins: Collection[str],
        namespace: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._codec = codec
        self._readers = readers
        self._origins = frozenset(origins)
        self._namespace = namespace
        self._clock = clock

    def app(self) -> Starlette:
        """The routes."""
        both = [Route(f"/{verb}", self._route(verb), methods=["POST", "OPTIONS"]) for verb in ("decode", "encode")]
        page = Route("/", self._page, methods=["GET", "POST"])
        return Starlette(routes=[*both, page, Route("/health", self._health)])

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"ready": True}, headers=_SAFE)

    def _route(self, verb: str) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            origin = request.headers.get("origin", "")
            if origin and origin not in self._origins:
                return _refuse(403, "Pages of this origin may not ask; see BACKHAUL_CODEC_ORIGINS.")
            done = _preflight() if request.method == "OPTIONS" else await self._convert(request, verb)
            if origin:
                done.headers["Access-Control-Allow-Origin"] = origin
                done.headers["Access-Control-Allow-Credentials"] = "true"
            done.headers["Vary"] = "Origin"
            return done

        return answer

    async def _convert(self, request: Request, verb: str) -> Response:
        who = self._asks(request)
        if not who:
            return _refuse(401, "Sign in at this server's own page, or send a token: Authorization: Bearer ...")
        if request.headers.get("x-namespace", "") != self._namespace:
            return _refuse(403, f"The header X-Namespace has to name {self._namespace}.")
        try:
            body = await bounded(request, LARGEST_BODY)
        except ClientDisconnect:
            return _refuse(400, "The body is not whole.")
        if body is None:
            return _refuse(413, f"At most {LARGEST_BODY} bytes are taken.")
        try:
            given = Parse(body, Payloads(), max_recursion_depth=10)
        except (ParseError, UnicodeDecodeError, RecursionError):
            return _refuse(400, 'The body is no {"payloads": [...]} in Temporal\'s JSON.')
        try:
            made = await (self._codec.decode if verb == "decode" else self._codec.encode)(given.payloads)
        except BackhaulError as error:
            return _refuse(422, error.message)
        _log.info("%s: %s, %d payloads of %s", verb, who, len(made), self._namespace)
        return Response(MessageToJson(Payloads(payloads=made)), media_type="application/json", headers=_SAFE)

    def _asks(self, request: Request) -> str:
        if header := request.headers.get("authorization", ""):
            return self._readers.by_header(header)
        # A cookie comes along with whatever a browser sends, so it counts only where a page of the UI asks.
        cookie = request.cookies.get(COOKIE, "") if request.headers.get("origin") else ""
        return self._readers.by_session(cookie, self._clock())

    async def _page(self, request: Request) -> Response:
        if request.method == "GET":
            signed_in = self._readers.by_session(request.cookies.get(COOKIE, ""), self._clock())
            words = "This browser may show what is encrypted." if signed_in else _SIGN_IN
            return HTMLResponse(_PAGE.format(words=words), headers=_SAFE)
        body = await bounded(request, LARGEST_FORM)
        (token,) = parse_qs((body or b"").decode(errors="replace")).get("token", [""])[:1]
        who = self._readers.by_token(token)
        if not who:
            _log.warning("a sign-in with a token that is nobody's")
            return HTMLResponse(_PAGE.format(words="This token is nobody's."), 401, headers=_SAFE)
        _log.info("sign-in: %s", who)
        done = RedirectResponse("/", 303, headers=_SAFE)
        secure = any(origin.startswith("https:") for origin in self._origins)
        session = self._readers.session(who, self._clock())
        done.set_cookie(COOKIE, session, int(SESSION.total_seconds()), httponly=True, samesite="strict", secure=secure)
        return done


def _preflight() -> Response:
    allowed = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "authorization, content-type, x-namespace",
        "Access-Control-Max-Age": "600",
    }
    return Response(status_code=204, headers=allowed)


def _refuse(status: int, why: str) -> Response:
    _log.warning("answered with %d: %s", status, why)
    return JSONResponse({"error": {"message": why}}, status, headers=_SAFE)
