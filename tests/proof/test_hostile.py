"""A payment provider that does three calls in ten wrongly, killed processes, and a run that is ended and goes on."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from pathlib import Path
from typing import cast, get_args

import pytest

from database.engine import connect
from domain.case import Outcome
from embedded.simulators.faults import CallFault, FaultPlan, HookFault
from ledger import EntryKind
from ledger.store import SqlLedger
from tests.proof.hostile import SHOP, Hostile, end_left_over, plan
from tests.proof.site import Site, started, until
from tests.proof.ways import Disputed, FailedLate

RETURNS, KILLS, CREW = 3, 3, 2


async def test_whatever_fails_nothing_is_paid_twice_lost_or_stuck(tmp_path: Path) -> None:
    first = asyncio.create_task(Hostile(tmp_path, RETURNS, KILLS, 1, CREW).run())

    async def paid() -> bool:
        assert not first.done(), first.result()
        return (tmp_path / "progress.json").exists() and EntryKind.REFUND_SUBMITTED in kinds(tmp_path)

    await until(paid, "a refund is submitted", 120)
    first.cancel()
    # A worker that has only just been started ends by its signal, which the run calls a fault: here it is none.
    await asyncio.gather(first, return_exceptions=True)
    assert first.done()
    second = Hostile(tmp_path, RETURNS, KILLS, 1, CREW)
    verdicts = await second.run()
    found = [f"{one.what} {one.case}: {sentence}" for one in verdicts for sentence in one.faults]
    assert not found, "\n".join(found)
    assert len(verdicts) == RETURNS + 2
    assert second.progress.faults
    assert second.progress.kills["server"] >= 1


def kinds(home: Path) -> set[EntryKind]:
    engine = connect(f"sqlite:///{home / 'backhaul.db'}")
    try:
        return {one.kind for one in SqlLedger(engine).entries()}
    finally:
        engine.dispose()


def test_three_calls_and_three_webhooks_in_ten_go_wrong_in_every_way() -> None:
    made = FaultPlan.model_validate(plan(7))
    assert set(made.faults) == {"*", "webhooks"}
    for endpoint, every in (("*", get_args(CallFault)), ("webhooks", get_args(HookFault))):
        assert set(made.faults[endpoint]) == set(every)
        assert sum(made.faults[endpoint].values()) == pytest.approx(0.3)


def test_calls_of_the_storefront_go_wrong_as_often() -> None:
    provider, shop = FaultPlan.model_validate(plan(7)), FaultPlan.model_validate(plan(7, SHOP))
    assert shop.faults == {"*": provider.faults["*"]}


def test_of_some_returns_the_refund_fails_late_or_the_payment_is_disputed(tmp_path: Path) -> None:
    found = Counter((type(one), one.outcome) for one in Hostile(tmp_path, 200, 1, 1).walks(cast(Site, None)))
    refunded = sum(times for (_, outcome), times in found.items() if outcome is Outcome.REFUNDED)
    assert refunded > 100
    for kind in (FailedLate, Disputed):
        assert refunded // 10 <= found[kind, Outcome.REFUNDED] <= refunded // 5
        assert {outcome for one, outcome in found if one is kind} == {Outcome.REFUNDED}


async def test_what_a_killed_run_left_behind_is_ended_and_nothing_else(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    words = ("-c", "import signal; print('here', flush=True); signal.pause()")
    async with started(mine, "sleeper", *words) as left, started(other, "sleeper", *words) as stranger:

        async def here() -> bool:
            return "here" in left.said() and "here" in stranger.said()

        await until(here, "both run")
        end_left_over([left.pid, stranger.pid], mine)
        assert await left.end() == -signal.SIGKILL
        assert stranger.alive
