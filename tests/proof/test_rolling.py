"""A deployment under load: both workers are restarted, the first in the middle of a refund."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.rolling import rolling

RETURNS = 6


@pytest.mark.timeout(240)
async def test_workers_that_are_restarted_in_turn_lose_and_double_nothing(tmp_path: Path) -> None:
    verdicts = await rolling(tmp_path, RETURNS, forks=True)
    found = [f"{one.what} {one.case}: {sentence}" for one in verdicts for sentence in one.faults]
    assert not found, "\n".join(found)
    assert len(verdicts) == RETURNS + 2
