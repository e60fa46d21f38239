"""What a worker process serves, how much at once, and when it says that it takes no work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.common import VersioningBehavior
from temporalio.worker import PollerBehaviorSimpleMaximum

import wiring
import worker
from domain.errors import InvalidRequest
from settings import Settings
from tests.loopback import closed_port

KEYS: dict[str, Any] = {
    "stripe_api_key": SecretStr("sk_test_x"),
    "sendgrid_api_key": SecretStr("SG.x"),
    "carrier_url": "http://127.0.0.1:1",
}


Made = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_HOME", str(tmp_path))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """What the workers of a process with these settings are made with, by queue; none is made."""

    def given(client: None, **options: Any) -> dict[str, Any]:
        return options

    monkeypatch.setattr(worker, "Worker", given)

    def by_queue(**said: Any) -> dict[str, dict[str, Any]]:
        rooms = wiring.rooms(Settings(**{**KEYS, **said}))
        nobody: Any = None
        found: Any = worker.workers(nobody, rooms)
        return {one["task_queue"]: one for one in found}

    return by_queue


def test_it_serves_all_queues_or_those_that_are_named(made: Made) -> None:
    assert set(made()) == {"returns", "returns-payments", "returns-mail"}
    # Who only sends mail needs none of the others' keys.
    alone = made(stripe_api_key=SecretStr(""), carrier_url="", worker_queues=("returns-mail",))
    assert {queue: one["workflows"] for queue, one in alone.items()} == {"returns-mail": ()}


def test_slots_and_rates_are_as_they_were_set(made: Made) -> None:
    said = {"worker_slots": 7, "worker_cache": 50, "worker_pollers": 3, "drain_seconds": 9}
    rates = {"returns": None, "returns-payments": 8.0, "returns-mail": 2.5}
    for queue, one in made(**said, payments_per_second=8.0, mails_per_second=2.5).items():
        assert one["max_concurrent_activities"] == one["activity_executor"]._max_workers == 7
        assert one["max_cached_workflows"] == 50
        assert one["graceful_shutdown_timeout"] == timedelta(seconds=9)
        assert one["workflow_task_poller_behavior"] == one["activity_task_poller_behavior"]
        assert one["activity_task_poller_behavior"] == PollerBehaviorSimpleMaximum(3)
        assert one["max_task_queue_activities_per_second"] == rates[queue]


def test_a_build_makes_it_part_of_the_deployment(made: Made) -> None:
    assert {one["deployment_config"] for one in made().values()} == {None}
    for one in made(worker_build="1.4.0").values():
        version = one["deployment_config"]
        assert (version.version.deployment_name, version.version.build_id) == ("returns", "1.4.0")
        assert version.default_versioning_behavior is VersioningBehavior.AUTO_UPGRADE
        assert version.use_worker_versioning


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKHAUL_WORKER_QUEUES", '["payments"]'),
        ("BACKHAUL_WORKER_QUEUES", "[]"),
        ("BACKHAUL_WORKER_BUILD", "a build"),
        ("BACKHAUL_WORKER_SLOTS", "0"),
        ("BACKHAUL_PAYMENTS_PER_SECOND", "0"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidRequest, match=name):
        Settings.load()


async def test_it_says_why_it_takes_no_work() -> None:
    stop, idle = asyncio.Event(), mock.Mock(task_queue="returns", is_running=False)
    deaf = await Client.connect(closed_port().removeprefix("http://"), lazy=True)
    assert await worker.missing(deaf, [idle], stop) == "not served yet: returns"
    assert (await worker.missing(deaf, [], stop)).startswith("Temporal does not answer: ")
    stop.set()
    assert await worker.missing(deaf, [idle], stop) == "the worker stops"
