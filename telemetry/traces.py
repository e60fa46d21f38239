"""OpenTelemetry traces, from the request to the last call to a vendor. Off, and not even loaded, unless switched on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from temporalio.contrib.opentelemetry import OpenTelemetryPlugin

_FLUSH_MS = 5000
"""What is left is sent before a process ends, for so long; it ends without the interpreter's own last steps."""

_on: list[str] = []
"""The name that this process gives itself, once it traces."""


@contextmanager
def tracing(wanted: bool, service: str, exporter: SpanExporter | None = None) -> Iterator[None]:
    """Trace whatever this process does meanwhile, if wanted. Spans go to `exporter`, else by OTLP over HTTP to where
    OpenTelemetry's own variables say (`OTEL_EXPORTER_OTLP_ENDPOINT`)."""
    if not wanted:
        yield
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from temporalio.contrib.opentelemetry import create_tracer_provider

    from telemetry.calls import traced_calls

    told = Resource.create()
    # Who wants another name says so by OTEL_SERVICE_NAME.
    unnamed = str(told.attributes.get(SERVICE_NAME, "")).startswith("unknown_service")
    resource = told.merge(Resource({SERVICE_NAME: service})) if unnamed else told
    provider = create_tracer_provider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    _on.append(service)
    try:
        with traced_calls():
            yield
    finally:
        _on.pop()
        provider.force_flush(_FLUSH_MS)


def plugins() -> list[OpenTelemetryPlugin]:
    """What a Temporal client needs so that traces go through workflows and activities; nothing where none are made."""
    if not _on:
        return []
    from temporalio.contrib.opentelemetry import OpenTelemetryPlugin

    return [OpenTelemetryPlugin(add_temporal_spans=True)]
