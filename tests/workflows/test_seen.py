"""One return with everything switched on: what logs, metrics and traces say of it, and what they must not say."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.contact import Contact
from domain.notice import NoticeState
from portal.metrics import Figures, build
from portal.tally import Tally
from portal.visibility import Visibility
from telemetry import logs
from telemetry.requests import TracedRequests
from telemetry.runtime import runtime
from telemetry.traces import plugins, tracing
from tests.deploy.seeing import Query, documented, everything, expressions
from tests.workflows.conftest import development
from tests.workflows.returns import SHOPIFY, SHOPIFY_LINE, SHOPIFY_PAYMENT, Return, request
from tests.world import World, new_world, serving, until
from workflows.plugin import Backhaul
from workflows.return_case.stage import Stage
from workflows.start import start_return

PERSON = Contact(
    customer_id="1073339475",
    name="Zyxwina Quibblethorpe",
    email="zyxwina@quibble.example",
    phone="+49 151 7777777",
    address=("Kranichgasse 77", "10115 Berlin"),
    street=("Kranichgasse 77",),
    city="Berlin",
    postal_code="10115",
    country="DE",
)
PERSONAL = ("Zyxwina", "Quibblethorpe", "quibble.example", "Kranichgasse", "7777777")
SECRETS = ("sk_test_world", "SG.world", "whsec_")


@dataclass
class Seen:
    """What was left behind."""

    spans: list[Span] = field(default_factory=list)
    log: str = ""
    core: str = ""
    """The metrics of the worker's core."""
    server: str = ""
    """Those of Temporal's server."""
    ours: str = ""
    """The portal's, when the return was done."""
    early: str = ""
    """While it stood on the warehouse's table."""
    first: str = ""
    """While its first mail was not taken."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log."""
        return [json.loads(line) for line in self.log.splitlines()]


@contextmanager
def captured() -> Iterator[io.StringIO]:
    """All logs of the process, as JSON."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    text = io.StringIO()
    logs.set_up("json", logging.INFO, text)
    try:
        yield text
    finally:
        root.handlers[:] = before
        root.setLevel(level)


@contextmanager
def collector(spans: list[Span]) -> Iterator[str]:
    """Takes spans by OTLP over HTTP, as any collector does; in a thread, so that whoever flushes may wait for it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            spans.extend(span for one in told.resource_spans for scope in one.scope_spans for span in scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seen]:
    """One return from the request to its end, on a server that knows no other."""
    found, metrics, server_metrics = Seen(), _free(), _free()
    with pytest.MonkeyPatch.context() as patch, collector(found.spans) as otlp:
        folder, port = tmp_path_factory.mktemp("seen"), server_metrics.rpartition(":")[2]
        async with development("--metrics-port", port) as server, new_world(template, folder, patch) as world:
            patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp)
            patch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
            patch.setattr(trace, "_TRACER_PROVIDER", None)
            with captured() as text, tracing(True, "backhaul"):
                client = await Client.connect(
                    server.client.service_client.config.target_host,
                    namespace=server.client.namespace,
                    runtime=runtime(metrics),
                    plugins=[Backhaul(), *plugins()],
                )
                await _one_return(client, world, found)
                async with httpx2.AsyncClient() as http:
                    found.core = (await http.get(f"http://{metrics}/metrics")).text
                    found.server = (await http.get(f"http://{server_metrics}/metrics")).text
            found.log = text.getvalue()
    yield found


def _free() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


async def _one_return(client: Client, world: World, found: Seen) -> None:
    order = await world.import_order(SHOPIFY, SHOPIFY_PAYMENT)
    world.rooms.stores.contacts.put(PERSON)

    async def start(asked: Request) -> Response:
        await start_return(client, request("R-seen", order.id, {SHOPIFY_LINE: 1}))
        return JSONResponse({})

    async def connected() -> Client:
        return client

    kept = world.rooms.stores
    tally = Tally(world.rooms.ledger, kept.outgoing.newest)
    now = [datetime.now(UTC) + timedelta(hours=3)]
    figures = Figures(tally, (kept.inbox, kept.outbox, kept.outgoing), Visibility(connected, 0), lambda: now[0])

    async def scraped() -> str:
        now[0] += timedelta(hours=1)
        await figures.refresh(None)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=build(figures)), base_url="http://p") as http:
            return (await http.get("/metrics")).text

    await scraped()
    api = TracedRequests(Starlette(routes=[Route("/returns", start, methods=["POST"])]))
    world.doors.shut("/sendgrid")
    async with serving(client, world):
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://portal") as http:
            (await http.post("/returns")).raise_for_status()
        one = Return(world, client, client.get_workflow_handle("return-R-seen"), {SHOPIFY_LINE: 1})
        await until(lambda: world.doors.knocks["/sendgrid"] > 0, "a mail that is not taken")
        await until(lambda: NoticeState.OWED in kept.outbox.backlog(), "a mail that is owed")
        found.first = await scraped()
        world.doors.open("/sendgrid")
        await one.arrive()
        await one.listed(f"ReturnStage = '{Stage.INSPECTION}' AND WorkflowId = 'return-R-seen'")
        found.early = await scraped()
        await one.inspect()
        await one.result()
    found.ours = await scraped()


def samples(text: str) -> dict[str, float]:
    """Series as they stand, and their values."""
    rows = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {series: float(value) for series, _, value in rows}


def attributes(span: Span) -> Mapping[str, object]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_one_trace_goes_from_the_request_to_stripe(seen: Seen) -> None:
    (asked,) = [one for one in seen.spans if one.name == "POST /returns"]
    ours = [one for one in seen.spans if one.trace_id == asked.trace_id]
    assert {"StartWorkflow:ReturnCase", "RunActivity:buy_label", "RunActivity:pay_leg"} <= {one.name for one in ours}
    paying = {one.span_id for one in ours if one.name == "RunActivity:pay_leg"}
    posted = [one for one in ours if one.parent_span_id in paying and one.name == "POST 127.0.0.1"]
    assert [attributes(one)["http.response.status_code"] for one in posted] == [200]
    assert attributes(asked)["http.response.status_code"] == 200


def test_spans_of_calls_tell_method_host_and_status_and_no_more(seen: Seen) -> None:
    calls = [one for one in seen.spans if one.kind == Span.SPAN_KIND_CLIENT and "server.address" in attributes(one)]
    allowed = {"http.request.method", "server.address", "http.response.status_code", "error.type"}
    assert {key for one in calls for key in attributes(one)} <= allowed
    # The mail provider was away at first.
    assert {200, 201, 202, 503} <= {attributes(one).get("http.response.status_code") for one in calls}


def test_every_line_about_a_step_names_return_run_activity_attempt_and_queue(seen: Seen) -> None:
    about = [one for one in seen.lines if one.get("activity") == "send_notice"]
    assert about
    for one in about:
        assert (one["case"], one["workflow_id"], one["queue"]) == ("R-seen", "return-R-seen", "returns-mail")
        assert one["attempt"] >= 1
        assert one["run_id"]
        assert set(one) <= set(logs.FIELDS)


def test_what_is_written_in_a_step_names_its_trace(seen: Seen) -> None:
    traces = {one.trace_id.hex() for one in seen.spans}
    assert {one["trace_id"] for one in seen.lines if "trace_id" in one} <= traces


@pytest.mark.parametrize("word", [*PERSONAL, *SECRETS])
def test_nobody_and_no_secret_is_in_logs_traces_or_metrics(seen: Seen, word: str) -> None:
    told = [seen.log, seen.core, seen.ours, seen.early, seen.first, *map(str, seen.spans)]
    assert not [one for one in told if word in one]


@workflow.defn(sandboxed=False)
class Speaker:
    """Says something, waits, and says something else."""

    @workflow.run
    async def run(self) -> None:
        """Two tasks; without a cache the second one begins with a replay of the first."""
        workflow.logger.warning("first")
        await workflow.sleep(0.01)
        workflow.logger.warning("second")


async def test_a_replay_logs_nothing_again(server: WorkflowEnvironment) -> None:
    with captured() as text:
        async with Worker(server.client, task_queue="speaker", workflows=[Speaker], max_cached_workflows=0):
            await server.client.execute_workflow(Speaker.run, id="return-speaks", task_queue="speaker")
    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    told = [one for one in lines if one["logger"] == "temporalio.workflow"]
    assert [one["message"] for one in told] == ["first", "second"]
    assert {(one["case"], one["workflow_type"], one["queue"]) for one in told} == {("speaks", "Speaker", "speaker")}


def test_figures_follow_the_return(seen: Seen) -> None:
    early, late = samples(seen.early), samples(seen.ours)
    assert early['backhaul_returns_open{stage="inspection"}'] == 1
    assert early['backhaul_returns_waiting{owner="warehouse"}'] == 1
    # Their clock goes six hours before Temporal's.
    assert early['backhaul_returns_oldest_age_seconds{stage="inspection"}'] == 4 * 3600
    assert early['backhaul_queue_pollers{kind="workflow",queue="returns"}'] >= 1
    assert samples(seen.first)['backhaul_outbox_mails{state="owed"}'] == 1
    assert late['backhaul_outbox_mails{state="owed"}'] == 0
    assert late['backhaul_returns_open{stage="inspection"}'] == 0
    assert (late["backhaul_returns_decided_total"], late['backhaul_returns_closed_total{outcome="refunded"}']) == (1, 1)
    assert late['backhaul_refunds_total{currency="USD",said="submitted"}'] == 1
    assert late['backhaul_refunds_total{currency="USD",said="settled"}'] == 1
    assert late['backhaul_refunded_minor_total{currency="USD"}'] == 18109
    assert (
        late["backhaul_refund_latency_seconds_count"] == late['backhaul_refund_latency_seconds_bucket{le="60.0"}'] == 1
    )
    assert late['backhaul_mails_total{kind="refund_done",outcome="sent"}'] == 1
    assert (late["backhaul_journal_faults"], late["backhaul_journal_unread"]) == (0, 0)
    assert {late[f'backhaul_source_up{{source="{one}"}}'] for one in ("journal", "tables", "temporal", "ages")} == {1}
    assert not [series for series in late if series.startswith(("backhaul_suspense_minor{", "backhaul_owed_minor{"))]


LATE = {
    # A workflow task fails where code and history do not agree, which no sound return does.
    "temporal_workflow_task_execution_failed_total": {"workflow_type", "failure_reason", "task_queue", "namespace"},
    # Calls fail where the server is away or refuses.
    "temporal_request_failure_total": {"operation", "status_code", "namespace"},
}
"""What appears after a fault only, which is too dear to bring about here."""
SCRAPED = {"job", "instance"}
"""What Prometheus itself adds to every series."""


def emitted(*texts: str) -> dict[str, set[str]]:
    """The names of series and their labels."""
    found: dict[str, set[str]] = {}
    for series in (series for text in texts for series in samples(text)):
        name, _, told = series.partition("{")
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', told))
    return found


def test_dashboards_and_alerts_ask_for_what_there_is(seen: Seen) -> None:
    known = emitted(seen.core, seen.server, seen.ours, everything()) | LATE | {"up": set()}
    asked = [Query.of(text) for text in expressions()]
    assert len(asked) > 80
    assert {name for one in asked for name in one.names} <= set(known)
    for one in asked:
        for name, labels in one.matched:
            assert labels <= known[name] | SCRAPED, one.text
        for name in one.names:
            assert one.grouped <= known[name] | SCRAPED, one.text


def test_what_appears_late_is_not_among_what_is_there(seen: Seen) -> None:
    assert not set(LATE) & set(emitted(seen.core))


def test_every_figure_of_the_page_is_emitted_and_no_other(seen: Seen) -> None:
    ours = {name for name in emitted(seen.ours, everything()) if name.startswith("backhaul_")}
    plain = {re.sub(r"_(bucket|sum|count)$", "", name) if "latency" in name else name for name in ours}
    assert plain == set(documented())
    assert {name: labels - {"le"} for name, labels in emitted(everything()).items() if name in plain} == {
        name: labels for name, labels in documented().items() if name in emitted(everything())
    }
