"""What was begun under older code ends the same under this one: every recorded history, value by value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

import worker
from activities.payments import PayLeg
from domain import arithmetic
from tests.diaries import book
from tests.histories import recording
from tests.histories.recomputing import recomputed
from tests.histories.recording import Recording
from tests.histories.replaying import differences
from workflows.plugin import Backhaul
from workflows.return_case import money, notices

FILES = list(recording.files())
PLAIN = recording.FOLDER / "plain_return.json.gz"
WITHDRAWN = recording.FOLDER / "plain_withdrawal_told_in_full.json.gz"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".json.gz"))
async def test_a_recorded_history_happens_again_to_the_value(path: Path) -> None:
    assert await differences(Recording.read(path).histories) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".json.gz"))
def test_what_was_decided_and_planned_is_so_again_from_what_is_stored(path: Path) -> None:
    assert list(recomputed(Recording.read(path))) == []


def test_every_diary_is_recorded() -> None:
    told = {book.test_of(heading) for heading in book.diaries()}
    assert {path.name.removesuffix(".json.gz") for path in FILES if path.parent == recording.FOLDER} == told


async def test_another_amount_than_was_planned_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def otherwise(*, amount: int, **given: Any) -> PayLeg:
        return PayLeg(amount=amount + 1, **given)

    monkeypatch.setattr(money, "PayLeg", otherwise)
    histories, bare = Recording.read(PLAIN).histories, UnsandboxedWorkflowRunner()
    silent = Replayer(workflows=worker.WORKFLOWS, plugins=[Backhaul(sandboxed=False)])
    (history,) = histories
    await silent.replay_workflow(history)  # Temporal's own does not look at amounts
    assert [one.partition(": ")[2] for one in await differences(histories, bare)] == [
        "pay_leg 12[2][0].amount was 18109 and is 18110"
    ]


async def test_a_mail_that_says_more_than_it_did_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_nothing_left", lambda state: True)
    found = await differences(Recording.read(PLAIN).histories, UnsandboxedWorkflowRunner())
    assert found
    assert all(one.endswith(".notice.nothing_left was False and is True") for one in found)


def test_another_way_to_plan_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic, "half_up", lambda amount, base: amount // base)
    assert list(recomputed(Recording.read(WITHDRAWN)))
