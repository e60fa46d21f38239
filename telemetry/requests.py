"""A span for each request that a server of ours answers: method, the first word of the path, and status."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TracedRequests:
    """An app around an app. A trace that the caller has begun goes on in it (`traceparent`)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        from opentelemetry import propagate, trace
        from opentelemetry.trace import SpanKind, Status, StatusCode

        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        # What follows the first word may be an id, or somebody's secret link.
        named = f"{scope['method']} /{scope['path'].strip('/').partition('/')[0]}"
        about = {"http.request.method": scope["method"]}
        before = propagate.extract(given)
        tracer = trace.get_tracer("backhaul.requests")
        with tracer.start_as_current_span(named, before, SpanKind.SERVER, about, record_exception=False) as span:

            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            await self._app(scope, receive, answer)
