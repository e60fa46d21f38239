"""Temporal's core: its metrics for Prometheus, and its logs among ours."""

from __future__ import annotations

import logging

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from domain.errors import Refused

CORE = "temporal.core"
"""The logger of what the core says."""


def runtime(metrics_address: str = "") -> Runtime:
    """The one core of a process. With an address (`127.0.0.1:9464`) it answers there with metrics, named as Prometheus
    wants them: `_total` behind counters, the unit in the name, seconds. Raises Refused `address_taken`."""
    forwarding = LogForwardingConfig(
        logging.getLogger(CORE),
        append_target_to_name=False,
        prepend_target_on_message=False,
        append_log_fields_to_message=True,
    )
    logs = LoggingConfig(TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
    metrics = _prometheus(metrics_address) if metrics_address else None
    try:
        return Runtime(telemetry=TelemetryConfig(logging=logs, metrics=metrics))
    except (RuntimeError, ValueError) as error:
        text = f"Metrics cannot be given at {metrics_address} ({error}); set BACKHAUL_METRICS_ADDRESS to a free one."
        raise Refused("address_taken", text) from None


def _prometheus(address: str) -> PrometheusConfig:
    return PrometheusConfig(address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True)
