"""A worker killed with SIGKILL in the middle of any step: the return ends right, as if nothing had happened."""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.proof import killer
from tests.proof.kills import BESIDE, Kill, activities, every_kill, every_task, ground, survive

NOTICED = 5
"""Seconds after which a death is noticed here."""

KILLS = (
    Kill("pay_leg", "after_call", 3, "failed late"),
    Kill("buy_label", "after_call"),
    Kill("restock", "after_effect"),
    Kill("open_return", "after_effect"),
    Kill("plan_refund", "after_effect"),
    Kill("pay_leg", "before"),
    Kill("pay_leg", "after_call"),
    Kill("pay_leg", "after_call", 2),
    Kill("pay_leg", "after_effect"),
    Kill("record_receipt", "after_effect"),
    Kill(killer.TASK, "after_effect", 9),
)


async def test_a_return_survives_a_kill_in_every_step(tmp_path: Path) -> None:
    async with ground(tmp_path) as site:
        verdicts = await survive(site, KILLS, NOTICED)
    found = [f"{one.what}: {sentence}" for one in verdicts for sentence in one.faults]
    assert not found, "\n".join(found)
    assert len(verdicts) == len(KILLS) + 1


def test_the_long_proof_kills_in_every_activity_at_every_moment() -> None:
    kills = every_kill()
    assert {one.activity for one in kills} == activities() - set(BESIDE) >= set(killer.CALLS)
    assert activities() > set(BESIDE)
    of_legs = {(one.nth, one.way, one.moment) for one in kills if one.activity == "pay_leg"}
    every = (*killer.AROUND, *killer.CALLING)
    assert of_legs >= {(nth, way, moment) for moment in every for nth, way in ((1, ""), (2, ""), (3, "failed late"))}
    assert {*KILLS} <= {*kills, *itertools.islice(every_task(), 20)}
    assert len(set(kills)) == len(kills)
