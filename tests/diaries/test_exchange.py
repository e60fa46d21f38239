"""Returns whose shopper gets goods: exchanged, replaced, or the same repaired."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from commands.policy import publish_policy
from domain.case import Outcome
from domain.parcel import TrackingStatus
from domain.repair import Repair, ShippedByHand, WorkshopSaid
from domain.resolution import Resolution
from ledger import UNITS, EntryKind, NewEntry
from ledger.moves import transfers
from settings import ROOT
from tests.diaries.diary import Diary
from tests.workflows.returns import TWO_RATES, Return, refusal
from tests.world import POLICY_FROM, until

OFFERED = """
resolutions:
  - allowed: [refund, exchange, repair, replacement, store_credit]
"""
MUG = {"1": 1}
"""One of three mugs that cost 35.29 EUR: 11.76 EUR."""
VAT = [{"name": "VAT", "rate": "0.19"}]
SOLD: dict[str, tuple[str, int]] = {
    "MUG-BLUE": ("mug", 1290),
    "MUG-RED": ("mug", 1290),
    "MUG-GREEN": ("mug", 1290),
    "POT": ("pot", 1676),
    "CUP": ("cup", 976),
}
"""By SKU the product and its price today; a pot is 5.00 EUR more than the mug was, a cup 2.00 EUR less."""


@pytest.fixture
async def shelf(diary: Diary) -> Diary:
    """The shop offers everything, sells mugs, pots and cups, and has three of each."""
    world = diary.shop.world
    text = (ROOT / "policies" / "default.yaml").read_text() + OFFERED
    publish_policy(world.rooms, text, POLICY_FROM, datetime.now(UTC))
    for sku, (product, price) in SOLD.items():
        told = {"sku": sku, "product": product, "title": f"The {sku}", "price": price, "currency": "EUR"}
        await world.post("/storefront/_control/variants", {**told, "taxes": VAT})
        if sku != "MUG-GREEN":
            moved = transfers(f"given:{sku}", UNITS, [("found", f"stock:main:{sku}:restocked", 3)])
            entry = NewEntry(key=f"given:{sku}", kind=EntryKind.RESTOCK, actor="ann", at=POLICY_FROM, transfers=moved)
            world.rooms.ledger.append(entry)
    return diary


async def asks(diary: Diary, said: str, **wanted: Any) -> Return:
    """The shopper asks for it, and has the label."""
    one = await diary.shop.two_rates(MUG, **wanted)
    await one.labelled()
    return await diary.follows(one, said)


def exchange(sku: str) -> dict[str, Any]:
    return {"resolution": Resolution.EXCHANGE, "exchange_for": sku}


def again(resolution: Resolution) -> dict[str, Any]:
    return {"resolution": resolution, "reason": "defective"}


async def comes(diary: Diary, one: Return) -> None:
    """The parcel comes, and the mug is as it should be."""
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(1)
    await diary.says("warehouse", "counts the mug", one.receive())
    await diary.says("warehouse", "grades it", one.inspect())


def books(diary: Diary, *prefixes: str) -> dict[str, int]:
    """What stands on these accounts."""
    return {name: amount for prefix in prefixes for name, amount in diary.shop.world.posted(prefix).items()}


async def test_exchange_for_another_size(shelf: Diary, diary: Diary) -> None:
    """The shopper wants the red mug for the blue one: what was paid for the one is paid for the other."""
    one = await asks(diary, "asks for the red mug instead of the blue one", **exchange("MUG-RED"))
    assert (await one.view()).goods_out == ("1 x MUG-RED",)
    await comes(diary, one)
    view = await diary.ends(Outcome.EXCHANGED)
    assert view.sent == ("OUT00000001",)
    new = f"paid:two-rates:{one_line(one)}"
    assert books(diary, new) == {f"{new}:net": 988, f"{new}:tax:1": 188}
    assert books(diary, "tender:") == {"tender:pi_demo_two_rates": 10850}
    assert diary.shop.world.returnable("two-rates", one_line(one)) == 1
    mail = (await diary.shop.world.mails(one.case))[-1]
    assert "The MUG-RED" in str(mail)
    assert "OUT00000001" in str(mail)


def one_line(one: Return) -> str:
    """The line of the order that an exchange added."""
    from domain import ids

    return ids.new_line(one.case, "1")
