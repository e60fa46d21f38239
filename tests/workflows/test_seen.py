"""One return with everything switched on: what logs, metrics and traces say of it, and what they must not say."""

from __future__ import annotations

import io
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.util._once import Once
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from embedded.simulators.serve import address, listen, running
from telemetry import logs
from telemetry.requests import TracedRequests
from telemetry.runtime import runtime
from telemetry.traces import plugins, tracing
from tests.workflows.returns import SHOPIFY, SHOPIFY_LINE, SHOPIFY_PAYMENT, Return, request
from tests.world import World, new_world, serving
from workflows.start import start_return

PERSONAL = ("Zyxwina", "Quibblethorpe", "zyxwina@quibble.example", "Kranichgasse 77", "+49 151 7777777")
SECRETS = ("sk_test_world", "SG.world", "whsec_")


@dataclass
class Seen:
    """What was left behind."""

    lines: list[dict[str, Any]]
    spans: list[Span]
    metrics: str
    log: str
    case: str


@contextmanager
def captured() -> Iterator[io.StringIO]:
    """All logs of the process, as JSON."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    text = io.StringIO()
    logs.set_up("json", logging.DEBUG, text)
    try:
        yield text
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return f"127.0.0.1:{one.getsockname()[1]}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(
    server: WorkflowEnvironment, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Seen]:
    """One return from the request to its end."""
    spans: list[Span] = []

    async def collect(request: Request) -> Response:
        told = ExportTraceServiceRequest.FromString(await request.body())
        spans.extend(span for one in told.resource_spans for scope in one.scope_spans for span in scope.spans)
        return Response(b"", media_type="application/x-protobuf")

    listener, where = listen(0), free_address()
    folder = tmp_path_factory.mktemp("seen")
    with pytest.MonkeyPatch.context() as patch:
        async with (
            new_world(template, folder, patch) as world,
            running(Starlette(routes=[Route("/v1/traces", collect, methods=["POST"])]), listener),
        ):
            patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address(listener))
            patch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
            patch.setattr(trace, "_TRACER_PROVIDER", None)
            with captured() as text, tracing(True, "backhaul"):
                client = await Client.connect(
                    server.client.service_client.config.target_host,
                    namespace=server.client.namespace,
                    data_converter=pydantic_data_converter,
                    runtime=runtime(where),
                    plugins=plugins(),
                )
                case = await _one_return(client, world)
                async with httpx2.AsyncClient() as http:
                    metrics = (await http.get(f"http://{where}/metrics")).text
            log = text.getvalue()
            yield Seen([json.loads(line) for line in log.splitlines()], spans, metrics, log, case)


async def _one_return(client: Client, world: World) -> str:
    order = await world.import_order(SHOPIFY, SHOPIFY_PAYMENT)
    contact = world.rooms.stores.contacts.get(order.customer_id)
    print(contact)

    async def start(asked: Request) -> Response:
        await start_return(client, request("R-seen", order.id, {SHOPIFY_LINE: 1}))
        return JSONResponse({})

    app = TracedRequests(Starlette(routes=[Route("/returns", start, methods=["POST"])]))
    async with serving(client, world):
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://portal") as http:
            (await http.post("/returns")).raise_for_status()
        one = Return(world, client, client.get_workflow_handle("return-R-seen"), {SHOPIFY_LINE: 1})
        await one.arrive()
        await one.inspect()
        await one.result()
    return "R-seen"


def test_x(seen: Seen) -> None:
    print(seen.log[:6000])
    for one in seen.spans:
        print(one.trace_id.hex(), one.name, {a.key: a.value.string_value or a.value.int_value for a in one.attributes})
    print("\n".join(sorted({l.split("{")[0] for l in seen.metrics.splitlines() if not l.startswith("#")})))
    assert 0
