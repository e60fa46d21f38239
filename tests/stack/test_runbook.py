"""docs/operations.md, done: its commands, as they stand there, on a running stack.

A drained worker is in test_running, a backup of the journal with its restoring in tests/proof/test_restored, changed
keys in test_rotating, the schema job of an upgrade in tests/deploy/test_temporal_jobs,
and the histories that are to be replayed in tests/histories.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import yaml

from settings import ROOT
from tests.proof.site import Program, Site, stack, until
from tests.proof.walk import Walk
from tests.stack import runbook
from tests.stack.runbook import PAGE, commands


async def run(site: Site, line: str, case: str) -> str:
    return await runbook.run(site.home, line, case)


async def status(site: Site, case: str) -> str:
    return await run(site, "temporal workflow describe --workflow-id return-R-1", case)


@pytest_asyncio.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with stack(tmp_path_factory.mktemp("runbook")) as here:
        yield here


@pytest_asyncio.fixture(scope="module")
async def worker(site: Site) -> AsyncIterator[Program]:
    async with site.worker() as here:
        await site.serving(here)
        yield here


async def test_one_refund_is_paused_and_goes_on(site: Site, worker: Program) -> None:
    one = Walk(site, "paused")
    await one.start()
    await one.send()
    await one.receive()
    pause, show, unpause = commands("Pause one refund")
    await run(site, pause, one.case)
    assert "Paused" in await status(site, one.case)
    assert f"Return {one.case} is paused" in await run(site, show, one.case)
    would = f"python starter.py bulk retry --query \"OrderId='{one.order}'\" --by olga --dry-run"

    async def passed_over() -> bool:
        return " paused" in await run(site, would, one.case)

    await until(passed_over, "the list follows")
    (table,) = re.findall(r"^\| the warehouse's table \| `(.+)` \|$", PAGE, re.MULTILINE)
    assert one.case in await run(site, f'temporal workflow list --query "{table}"', one.case)
    await run(site, unpause, one.case)
    await one.inspect()
    await one.closed()
    assert await one.faults() == []


async def test_payments_are_throttled_for_a_while(site: Site, worker: Program) -> None:
    limit, shown, back = commands("Throttle what goes to Stripe")
    await run(site, limit, "")
    assert "Stripe asks for less" in await run(site, shown, "")
    one = Walk(site, "slow")
    await one.to_the_end()
    assert await one.faults() == []
    await run(site, back, "")
    assert "Stripe asks for less" not in await run(site, shown, "")
    assert "SERVING" in await run(site, commands("Upgrade Temporal")[-1], "")


async def test_many_returns_get_more_time_and_steps_another_try(site: Site, worker: Program) -> None:
    one = Walk(site, "longer")
    await one.start()
    await one.send()
    await one.receive()
    would, does = commands("Give many returns more time")

    async def listed() -> bool:
        return one.case in await run(site, would, one.case)

    await until(listed, "the list follows")
    assert "done" in await run(site, does, one.case)
    assert "2027-01-31" in await run(site, "python starter.py show R-1 --json", one.case)
    stuck, described, _ = commands("A step that stands still")
    assert one.case not in await run(site, stuck, one.case)
    assert one.case in await run(site, described, one.case)
    for line in commands("A provider is away"):
        await run(site, line, one.case)
    await one.inspect()
    await one.closed()
    assert await one.faults() == []


async def test_a_return_is_reset_and_begun_anew(site: Site, worker: Program) -> None:
    one, ended = Walk(site, "reset"), Walk(site, "terminated")
    await one.start()
    await one.send()
    reset, anew = commands("Reset a return")
    await run(site, reset, one.case)
    await one.receive()
    await run(site, anew, one.case)
    await one.inspect()
    await one.closed()
    await ended.start()
    await site.client.get_workflow_handle(f"return-{ended.case}").terminate("by mistake")
    await run(site, anew, ended.case)
    await ended.send()
    await ended.receive()
    await ended.inspect()
    await ended.closed()
    assert await one.faults() == []
    assert await ended.faults() == []


def test_every_container_that_the_runbook_names_is_one_of_docker_compose() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    lines = re.findall(r"^docker compose (.*)$", PAGE, re.MULTILINE)
    verbs = {"stop": 0, "pull": 0, "build": 0, "up": 0, "ps": 0, "logs": 0, "exec": 1, "run": 1}
    for line in lines:
        verb, *words = shlex.split(re.sub(r"^--profile \w+ ", "", re.split(r"[|<>]", line)[0]))
        named = [word for word in words if word in services]
        assert verb in verbs, line
        assert named or verb in ("up", "ps"), line
        if verbs[verb]:  # what follows is the container's own
            assert re.sub(r"^(-T|--rm) ", "", " ".join(words)).split()[0] in services, line
        else:
            values = {word for word in words if "=" in word or word.isdigit()}
            options = {word for word in words if word.startswith("-")}
            assert set(words) == {*named, *values, *options}, line
