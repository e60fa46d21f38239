"""A span for each call to a vendor by HTTP: method, host and status. Neither path nor payload: they may tell of people.

Wrapped are the libraries that the vendors' SDKs and our adapters call with, so that no adapter has to know of traces.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import httpx2
import requests
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

# What the libraries take and give is theirs to say; it is handed through unread but for method, address and status.
Call = Callable[..., Any]


@contextmanager
def traced_calls() -> Iterator[None]:
    """While this lasts, calls that are made within a trace have their span. Others have none: nobody could find it,
    and the exporter's own calls would never end."""
    wrapped: list[tuple[type, str, Call]] = [
        (requests.Session, "send", _wrapped(requests.Session.send)),
        (httpx2.Client, "send", _wrapped(httpx2.Client.send)),
        (httpx2.AsyncClient, "send", _awaited(httpx2.AsyncClient.send)),
        (urllib.request.OpenerDirector, "open", _wrapped(urllib.request.OpenerDirector.open)),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in wrapped]
    for owner, name, call in wrapped:
        setattr(owner, name, call)
    try:
        yield
    finally:
        for owner, name, call in before:
            setattr(owner, name, call)


def _wrapped(call: Call) -> Call:
    @wraps(call)
    def traced(self: object, request: Any, *args: Any, **options: Any) -> Any:
        if not trace.get_current_span().get_span_context().is_valid:
            return call(self, request, *args, **options)
        with _span(request) as span:
            return _answered(span, call(self, request, *args, **options))

    return traced


def _awaited(call: Call) -> Call:
    @wraps(call)
    async def traced(self: object, request: Any, *args: Any, **options: Any) -> Any:
        if not trace.get_current_span().get_span_context().is_valid:
            return await call(self, request, *args, **options)
        with _span(request) as span:
            return _answered(span, await call(self, request, *args, **options))

    return traced


@contextmanager
def _span(request: Any) -> Iterator[Span]:
    method = getattr(request, "method", None) or (request.get_method() if hasattr(request, "get_method") else "GET")
    address = getattr(request, "url", None) or getattr(request, "full_url", request)
    where = urlsplit(str(address))
    about = {"http.request.method": str(method), "server.address": where.hostname or ""}
    named = f"{method} {where.hostname}"
    # What an error says may quote the address, and an address may hold a key.
    tracer = trace.get_tracer("backhaul.calls")
    with tracer.start_as_current_span(
        named, kind=SpanKind.CLIENT, attributes=about, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            if isinstance(status := getattr(error, "code", None), int):  # urllib raises what others return
                _told(span, status)
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


def _answered(span: Span, answer: Any) -> Any:
    status = getattr(answer, "status_code", None) or getattr(answer, "status", None)
    if isinstance(status, int):
        _told(span, status)
    return answer


def _told(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 400:
        span.set_status(Status(StatusCode.ERROR))
