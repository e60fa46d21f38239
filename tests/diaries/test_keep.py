"""Goods that are not worth their way back: the shopper keeps them and is paid."""

from __future__ import annotations

from domain.case import Outcome
from ledger import EntryKind
from settings import ROOT
from tests.diaries.diary import Diary
from tests.workflows.returns import TWO_RATES
from tests.workflows.test_overrides import override, staffed

RETURNLESS = "returnless:\n  - {currency: EUR, costs: 600, salvage: 20, at_most: 3000}\n"


async def test_goods_kept_by_policy(diary: Diary) -> None:
    """To bring two mugs back costs more than they are worth: no label, no parcel, and the money goes back at once."""
    diary.shop.policy(RETURNLESS)
    one = await diary.shop.two_rates({"1": 2})
    await one.recorded(EntryKind.CLOSED)
    await diary.follows(one, "asks to send two units back")
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote == "23.53 EUR"
    world = diary.shop.world
    (kept,) = world.entries("R-1", EntryKind.KEPT)
    assert (kept.actor, kept.reasons) == ("backhaul", ("kept_by_policy",))
    assert world.posted("kept:") == {"kept:two-rates": 2}
    assert (world.pending(), await world.labels()) == ([], [])
    (mail,) = [mail for mail in await world.mails("R-1") if "approved" in mail["categories"]]
    assert "please keep these items" in mail["text"]
    assert "packing sheet" not in mail["text"]


async def test_goods_kept_by_a_person(diary: Diary) -> None:
    """A person leaves the goods to the shopper while they wait to be sent: the label is given back, the money goes."""
    staffed(diary.shop.world, (ROOT / "policies" / "default.yaml").read_text())
    order = await diary.shop.world.import_order(TWO_RATES)
    one = await diary.shop.start("R-1", order.id, {"3": 1})
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(2)
    waits = await override(one, "olga", keep="yes")  # it is worth more than she may give
    assert waits.override_to_approve == "o-1"
    await diary.says("finance", "leaves it to the shopper", override(one, "fay", "o-2", keep="yes"))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote
    world = diary.shop.world
    (kept,) = world.entries("R-1", EntryKind.KEPT)
    assert (kept.actor, kept.reasons) == ("fay", ("kept_by_person", "our_mistake"))
    assert world.posted("kept:") == {"kept:two-rates": 1}
    (label,) = await world.labels()
    assert label["voided_at"]
