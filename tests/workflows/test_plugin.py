"""The plugin: what client, worker and replay share is the same, and what a codec takes reaches all of them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.api.workflowservice.v1 import PollActivityExecutionRequest
from temporalio.client import ActivityFailureError, Client
from temporalio.converter import PayloadCodec
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Replayer,
    Worker,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

import worker
from domain.errors import Refused
from domain.model import Model
from workflows.plugin import PASSED_THROUGH, Backhaul


class Letters(Model):
    """Something to say."""

    words: str


class Hidden(PayloadCodec):
    """Nobody reads along who does not know base 64."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            Payload(metadata={"encoding": b"64"}, data=base64.b64encode(one.SerializeToString())) for one in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload.FromString(base64.b64decode(one.data)) for one in payloads]


class Listening(Interceptor):
    """Keeps what activities end with."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        listening = self

        class Inbound(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:
                try:
                    return await self.next.execute_activity(input)
                except Exception as error:
                    listening.heard.append(type(error).__name__)
                    raise

        return Inbound(next)


@activity.defn
async def refuse(given: Letters) -> Letters:
    """It."""
    raise Refused("no", f"{given.words} is not wanted")


def test_worker_and_replay_have_what_the_client_has(server: WorkflowEnvironment) -> None:
    client = Client(server.client.service_client, plugins=[plugin := Backhaul()])
    made = Worker(client, task_queue="same", activities=[refuse])
    replayer = Replayer(workflows=worker.WORKFLOWS, plugins=[plugin])
    for config in (made.config(active_config=True), replayer.config(active_config=True)):
        runner = config["workflow_runner"]
        assert isinstance(runner, SandboxedWorkflowRunner)
        assert set(PASSED_THROUGH) <= runner.restrictions.passthrough_modules
        assert [type(one).__name__ for one in config["interceptors"]] == ["ErrorsForPeople"]
    assert replayer.config(active_config=True)["data_converter"] is client.data_converter


async def test_a_codec_hides_what_is_said_and_what_went_wrong(server: WorkflowEnvironment) -> None:
    heard = Listening()
    hiding = Backhaul(codec=Hidden(), interceptors=[heard])
    client = Client(server.client.service_client, namespace=server.client.namespace, plugins=[hiding])
    async with Worker(client, task_queue="hidden", activities=[refuse]):
        handle = await client.start_activity(
            refuse, Letters(words="jam"), id="hidden", task_queue="hidden", start_to_close_timeout=timedelta(seconds=9)
        )
        with pytest.raises(ActivityFailureError) as no:
            await handle.result()
    assert isinstance(no.value.cause, ApplicationError)
    assert (no.value.cause.message, no.value.cause.type) == ("jam is not wanted", "Refused")
    assert heard.heard == ["Refused"]
    asked = PollActivityExecutionRequest(namespace=client.namespace, activity_id="hidden", run_id=handle.run_id or "")
    seen = await client.workflow_service.poll_activity_execution(asked)
    assert seen.outcome.failure.message == "Encoded failure"
    assert "jam" not in str(seen)
