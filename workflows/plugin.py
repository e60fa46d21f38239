"""The plugin that has every side of Temporal speak alike: clients, workers and replays of histories.

Whoever connects gives it to the client; the workers of that client take it from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from temporalio.client import Interceptor as ClientInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec
from temporalio.plugin import SimplePlugin
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.errors import ErrorsForPeople

# The nouns, the activity classes and the pure half of a return are deterministic; to load them anew for every workflow
# run would only cost time, three quarters of what the start of a run costs.
_RULES = ("claims", "early", "finding", "goods", "label", "offer", "staff", "trade", "words")
_ALLOWED = ("allowed", *(f"allowed_{name}" for name in _RULES))
_PARTS = (
    "deciders",
    "facts",
    "legs",
    "notices",
    "offer_mail",
    "panel",
    "refund_mail",
    "remedies",
    "said",
    "stage",
    "state",
)
_CASE = tuple(f"workflows.return_case.{name}" for name in (*_ALLOWED, *_PARTS))
_VIEWS = (
    "workflows.aftercare_view",
    "workflows.return_case.turn",
    "workflows.return_case.view",
    "workflows.return_case.panel",
)
PASSED_THROUGH = ("domain", "activities", "ledger", "workflows.options", "workflows.patches", *_CASE, *_VIEWS)


class Backhaul(SimplePlugin):
    """Pydantic's data converter, errors in words for people, and the sandbox with all that may pass through it.

    A `codec` encrypts payloads, and with them what failures say. Without the sandbox (`sandboxed`) workflows cost less
    and nobody notices what is not deterministic. Interceptors come inside of those that are the product's own.
    """

    def __init__(
        self,
        *,
        codec: PayloadCodec | None = None,
        interceptors: Sequence[ClientInterceptor | Interceptor] = (),
        sandboxed: bool = True,
    ) -> None:
        super().__init__(
            "backhaul",
            data_converter=converted(codec),
            interceptors=[ErrorsForPeople(), *interceptors],
            workflow_runner=sandbox() if sandboxed else UnsandboxedWorkflowRunner(),
        )


def sandbox() -> SandboxedWorkflowRunner:
    """What workflows run in, here and wherever their histories are replayed."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


def converted(codec: PayloadCodec | None) -> DataConverter:
    """How values travel: as pydantic's JSON, and with a codec encrypted, messages and stacks of failures included."""
    if codec is None:
        return pydantic_data_converter
    encoded = DefaultFailureConverterWithEncodedAttributes
    return replace(pydantic_data_converter, payload_codec=codec, failure_converter_class=encoded)
