"""A worker killed with SIGKILL in the middle of any step: the return ends right, as if nothing had happened."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest

from tests.proof import killer
from tests.proof.kills import BESIDE, Kill, Verdict, activities, every_kill, every_task, survive
from tests.proof.site import stack

# Two stacks share the work. The carrier's and the warehouse's attempts are the longest, so their workers die first:
# their returns recover while the others are killed.
KILLS = (
    (
        Kill("buy_label", "after_call"),
        Kill("open_return", "after_effect"),
        Kill("pay_leg", "before"),
        Kill("plan_refund", "after_effect"),
        Kill("pay_leg", "after_call"),
    ),
    (
        Kill("restock", "after_effect"),
        Kill(killer.TASK, "after_effect", 9),
        Kill("record_receipt", "after_effect"),
        Kill("pay_leg", "after_effect"),
        Kill("record_inspection", "after_effect"),
    ),
)


async def survived(home: Path, kills: tuple[Kill, ...]) -> list[Verdict]:
    async with stack(home) as site:
        return await survive(site, kills)


@pytest.mark.timeout(240)
async def test_a_return_survives_a_kill_in_every_step(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        both = [group.create_task(survived(tmp_path / str(number), kills)) for number, kills in enumerate(KILLS)]
    verdicts = [one for found in both for one in found.result()]
    found = [f"{one.what}: {sentence}" for one in verdicts for sentence in one.faults]
    assert not found, "\n".join(found)
    assert len(verdicts) == len([*KILLS[0], *KILLS[1]]) + 2


def test_the_long_proof_kills_in_every_activity_at_every_moment() -> None:
    kills = every_kill()
    assert {one.activity for one in kills} == activities() - set(BESIDE) >= set(killer.CALLS)
    assert activities() > set(BESIDE)
    assert {one.moment for one in kills if one.activity == "pay_leg"} == {*killer.AROUND, *killer.CALLING}
    assert {*KILLS[0], *KILLS[1]} <= {*kills, *itertools.islice(every_task(), 20)}
    assert len(set(kills)) == len(kills) == 2 * (len(activities() - set(BESIDE)) + len(killer.CALLS))
