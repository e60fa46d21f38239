"""Every step executed twice, broken off before and after it has recorded, and every undo twice: right at the end."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.case import Outcome
from domain.choice import Choice
from domain.mending import Deadline
from domain.resolution import Resolution
from ledger import UNITS, EntryKind, NewEntry
from ledger.moves import transfers
from settings import ROOT
from tests.diaries.diary import Diary
from tests.diaries.said import ask, begun, edit, extend, show
from tests.diaries.test_mending import correct
from tests.proof.kills import activities
from tests.workflows.harsh import Harsh, Treat, broken_off, twice
from tests.workflows.returns import Return, Shop
from tests.workflows.test_overrides import agree, override
from tests.world import POLICY_FROM, World, serving
from workflows.return_case.case import STAYS, UNDO, ReturnCase

REVIEW = """
id: default
title: Looked at
window_days: 3650
judgement:
  - verdict: review
resolutions:
  - allowed: [refund, replacement]
"""
ELSEWHERE = {
    # Each is on a way of its own; `make proof PART=harsh` executes every step of all diaries twice, and breaks it off.
    "force_close": "tests/workflows/test_ops.py",
    "record_assignment": "tests/workflows/test_ops.py",
    "record_resend": "tests/workflows/test_ops.py",
    "collect_payment": "tests/diaries/test_exchange.py",
    "give_back": "tests/diaries/test_exchange.py",
    "end_payment": "tests/diaries/test_exchange.py",
    "fall_back": "tests/diaries/test_exchange.py",
    "price_exchange": "tests/diaries/test_exchange.py",
    "record_repair": "tests/diaries/test_exchange.py",
    "record_shipped": "tests/diaries/test_exchange.py",
    "ship": "tests/diaries/test_exchange.py",
    "record_loss": "tests/workflows/test_lost.py",
    "expire_return": "tests/workflows/test_parcels.py",
    "add_parcel": "tests/workflows/test_goods.py",
    "follow_parcel": "tests/labels/test_activities.py",
    "record_approval": "tests/workflows/test_people.py",
    "record_consent": "tests/workflows/test_other_ways.py",
    "record_by_hand": "tests/workflows/test_other_ways.py",
    "record_not_by_hand": "tests/workflows/test_other_ways.py",
    "hear_refund": "tests/workflows/test_news.py",
    "hear_dispute": "tests/workflows/test_news.py",
    "hear_payment": "tests/workflows/test_news.py",
    "tell_returns": "tests/workflows/test_news.py",
    "record_not_undone": "tests/workflows/test_cancel.py",
    "regrade": "tests/diaries/test_mending.py",
    "lapse_override": "tests/diaries/test_review.py",
    "miss_evidence": "tests/diaries/test_review.py",
    "answer_offer": "tests/diaries/test_offers.py",
    "record_sent_back": "tests/diaries/test_offers.py",
    "record_finding": "tests/diaries/test_inspections.py",
    "settle_finding": "tests/diaries/test_inspections.py",
    "pay_uninspected": "tests/diaries/test_inspections.py",
    "plan_early": "tests/decisions/test_early.py",
    "end_early": "tests/decisions/test_early.py",
    "record_settled": "tests/decisions/test_early.py",
    "record_claim": "tests/diaries/test_lost.py",
    "record_answer": "tests/diaries/test_lost.py",
    "ask_label": "tests/diaries/test_label.py",
    "record_handed_over": "tests/diaries/test_withdrawal.py",
    "record_overdue": "tests/diaries/test_withdrawal.py",
    "keep_goods": "tests/diaries/test_keep.py",
}
"""Steps that no way here comes by."""

SHELF = "stock:main:MUG-BLUE:restocked"


async def through(one: Return) -> Outcome:
    """Changed, looked at by two with evidence, counted wrongly, and refunded."""
    await one.until(lambda view: view.stage == "review")
    await edit(one, {"2": 1, "1": 1})
    await ask(one, "2")
    await show(one)
    await override(one, "olga", line="2", verdict="approve")
    await agree(one, "fay", 2271)
    await override(one, "fay", "o-2", "1", verdict="approve")
    due = (await one.labelled()).due_at
    assert due is not None
    await extend(one, Deadline.SEND_BACK, due.date() + timedelta(days=9))
    await one.scan()
    await one.receive({"2": 1, "1": 1})
    await correct(one, 1)
    await one.receive({"2": 1}, "box-2")
    await one.inspect({"2": 1, "1": 1})
    return Outcome.REFUNDED


async def called_off(one: Return) -> Outcome:
    """Called off with a label in hand, which is voided, and with goods set aside, which are set free."""
    await on_the_shelf(one)
    await one.until(lambda view: view.stage == "review")
    await override(one, "fay", line="2", verdict="decline")
    await one.update("choose", Choice(by="shopper", resolution=Resolution.REPLACEMENT))
    await override(one, "fay", "o-2", "1", verdict="approve")
    await one.labelled()
    await one.told("approved")
    assert (await one.view()).goods_out == ("2 x MUG-BLUE",)
    await one.cancel()
    await one.result()
    assert one.world.rooms.ledger.balance(SHELF, UNITS).available == 2
    return Outcome.CANCELLED


async def on_the_shelf(one: Return) -> None:
    """Two more of the mugs, to send them instead of those that come back."""
    told = {"sku": "MUG-BLUE", "product": "mug", "title": "A mug", "price": 1290, "currency": "EUR"}
    await one.world.post("/storefront/_control/variants", {**told, "taxes": [{"name": "VAT", "rate": "0.19"}]})
    moved = transfers("given", UNITS, [("found", SHELF, 2)])
    given = NewEntry(key="given", kind=EntryKind.RESTOCK, actor="ann", at=POLICY_FROM, transfers=moved)
    one.world.rooms.ledger.append(given)


COMMON = {"fetch_order", "open_return", "record_override", "buy_label", "send_notice", "close_return"}
WAYS: Mapping[Callable[[Return], Awaitable[Outcome]], set[str]] = {
    through: COMMON
    | {"edit_return", "ask_evidence", "give_evidence", "agree_override", "extend", "record_scan", "record_receipt"}
    | {"correct_count", "record_inspection", "plan_refund", "pay_leg", "restock"},
    called_off: COMMON | {"record_choice", "promise_goods", "set_aside", "cancel_return", "void_label", "set_free"},
}
"""How a return goes, and by which steps."""


@pytest.fixture
def bare() -> None:
    """These run in the sandbox: they call every activity there is, and let many of them fail."""


@asynccontextmanager
async def treated(env: WorkflowEnvironment, world: World, treat: Treat) -> AsyncIterator[tuple[Diary, Harsh]]:
    """Workers whose activities are treated like this."""
    harsh = Harsh(treat)
    async with serving(env.client, world, interceptors=[harsh]):
        yield await Diary.begin("", "", Shop(world, env.client, env.sleep), env), harsh


@pytest.mark.parametrize("treat", [twice, broken_off])
@pytest.mark.parametrize("way", WAYS)
async def test_every_step_and_every_undo_twice_or_broken_off_ends_right(
    way: Callable[[Return], Awaitable[Outcome]],
    treat: Treat,
    flying: WorkflowEnvironment,
    world: World,
) -> None:
    async with treated(flying, world, treat) as (diary, harsh):
        diary.one = await begun(diary, REVIEW, {"2": 1, "1": 2})
        await diary.ends(await way(diary.one))
        assert set(harsh.seen) == WAYS[way]


def steps() -> set[str]:
    """The activities that a return may ask for, as its workflow names them."""
    files = [*(ROOT / "workflows" / "return_case").glob("*.py")]
    files += [ROOT / "workflows" / f"{name}.py" for name in ("stepping", "instead", "listening", "paying")]
    named = {name for file in files for name in re.findall(r"\b[A-Z]\w+\.([a-z_]+)\b", file.read_text())}
    return named & activities()


def test_every_step_has_an_undo_or_says_why_not() -> None:
    assert sorted([*UNDO, *STAYS]) == sorted(steps())
    assert all(callable(getattr(ReturnCase, verb)) for verb in UNDO.values())
    assert {*UNDO, *UNDO.values()} <= WAYS[called_off]


def test_every_step_is_told_twice_somewhere() -> None:
    assert set().union(*WAYS.values()) | set(ELSEWHERE) == steps()
    assert all((ROOT / file).exists() for file in ELSEWHERE.values())
