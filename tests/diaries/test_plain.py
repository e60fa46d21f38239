"""Returns in which nothing goes wrong."""

from __future__ import annotations

import pytest

from activities.decisions.policy_file import load_statutes
from domain.case import Outcome
from domain.parcel import TrackingStatus
from tests.diaries.diary import Diary
from tests.workflows.returns import TWO_RATES
from wiring import STATUTES


async def test_plain_return(diary: Diary) -> None:
    """One unit comes back as new, and its money goes back to the card."""
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(1)
    await diary.scanned("delivers it", TrackingStatus.DELIVERED)
    await diary.passes(1)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote


async def test_plain_withdrawal_told_in_full(diary: Diary, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit comes back by right of withdrawal, after a reminder, and the carrier sees it three times."""
    world = diary.shop.world
    monkeypatch.setattr(world.rooms.decisions, "_statutes", load_statutes(STATUTES))
    order = await world.import_order(TWO_RATES)
    one = await diary.shop.start("R-1", order.id, {"1": 1})
    await diary.follows(one, "withdraws from the purchase of a unit")
    await diary.passes(9, "the shopper is reminded")
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(1)
    await diary.scanned("has it on the van", TrackingStatus.OUT_FOR_DELIVERY)
    await diary.scanned("delivers it", TrackingStatus.DELIVERED)
    await diary.passes(1)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote
    assert len(one.notices()) == 6
