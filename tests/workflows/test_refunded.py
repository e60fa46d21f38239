"""The main job: both sample orders from request to refund, to the cent."""

from __future__ import annotations

from collections import Counter

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from domain.case import Outcome
from domain.inspection import Disposition, Grade, InspectedLine, Inspection
from ledger import EntryKind
from tests.workflows.returns import SHOPIFY_PAYMENT, TWO_RATES_PAYMENT, Return, Shop
from tests.world import World, serving
from workflows import plugin
from workflows.return_case.stage import Stage

EVERY_FACT_ONCE = Counter(
    {
        EntryKind.DECISION: 1,
        EntryKind.LABEL: 1,
        EntryKind.SCAN: 1,
        EntryKind.RECEIPT: 1,
        EntryKind.INSPECTION: 1,
        EntryKind.PLAN: 1,
        EntryKind.REFUND_SUBMITTED: 1,
        EntryKind.REFUND_SETTLED: 1,
        EntryKind.RESTOCK: 1,
        EntryKind.NOTICE: 4,
        EntryKind.CLOSED: 1,
    }
)


@pytest.fixture
def bare() -> None:
    """These run in the sandbox: the plain story, to its end."""


async def check(one: Return, payment: str, amount: int) -> None:
    """One refund of that amount, everything told, recorded and shipped once, nothing left over."""
    world = one.world
    (refund,) = await world.refunds(payment)
    assert (refund["amount"], refund["status"]) == (amount, "succeeded")
    assert refund["metadata"]["backhaul_key"] == f"refund:{one.case}:1:{payment}:1"
    assert Counter(entry.kind for entry in world.entries(one.case)) == EVERY_FACT_ONCE
    assert one.notices() == dict.fromkeys(("approved", "in_transit", "received", "refund_done"), "sent")
    assert len(await world.mails(one.case)) == 4
    (label,) = await world.labels()
    assert (label["reference"], label["number"]) == (f"label:{one.case}:1", (await one.view()).tracking_number)
    assert world.pending() == []
    assert world.rooms.ledger.balance(f"owed:{one.case}", "USD").posted == 0
    assert world.rooms.ledger.balance(f"owed:{one.case}", "EUR").posted == 0
    verified = world.rooms.ledger.verify()
    assert (verified.faults, verified.open_accounts) == ((), ())
    assert await one.status() is WorkflowExecutionStatus.COMPLETED


async def test_the_shopify_order_comes_back_whole(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    view = await one.result()
    assert (view.stage, view.outcome) == (Stage.CLOSED, Outcome.REFUNDED)
    # 199.00 less 17.91 of discount
    assert (view.quote, view.planned, view.refunded) == ("181.09 USD", "181.09 USD", "181.09 USD")
    assert (view.next_owner, view.due_at, view.troubles) == ("nobody", None, ())
    await check(one, SHOPIFY_PAYMENT, 18109)
    assert shop.world.posted() == {
        "carrier": 490,
        "postage": -490,
        "sold:1073459981": -1,
        "stock:main:IPOD2009BLACK:restocked": 1,
    }


async def test_two_mugs_of_three_and_the_book_come_back(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2, "2": 1})
    await one.arrive()
    await one.inspect()
    view = await one.result()
    # Mugs: B = 3 * 1290 - 341 = 3529, n = 3, G(2) = (2 * 3529 * 2 + 3) // 6 = 14119 // 6 = 2353.
    # Book: B = 2490 - 219 = 2271, n = 1, all of it. Shipping only when all is returned. 2353 + 2271 = 4624.
    assert (view.quote, view.planned, view.refunded) == ("46.24 EUR", "46.24 EUR", "46.24 EUR")
    await check(one, TWO_RATES_PAYMENT, 4624)
    # Mugs: tax back = half up of 563 * 2353 / 3529 = 375.39, so 375 and net 2353 - 375 = 1978;
    # left are net 3529 - 563 - 1978 = 988 and tax 563 - 375 = 188. The kettle and shipping are as they were paid.
    assert shop.world.posted() == {
        "paid:two-rates:1:net": 988,
        "paid:two-rates:1:tax:1": 188,
        "paid:two-rates:3:net": 3828,  # 4995 - 440 - 727
        "paid:two-rates:3:tax:1": 727,
        "paid:two-rates:shipping:net": 416,  # 495 - 79
        "paid:two-rates:shipping:tax:1": 79,
        "tender:pi_demo_two_rates": 6226,  # 10850 - 4624
        "carrier": 490,
        "postage": -490,
        "sold:two-rates": -5,
        "with_customer:two-rates:1": 1,
        "with_customer:two-rates:3": 1,
        "stock:main:MUG-BLUE:restocked": 2,
        "stock:main:BOOK-TEA:restocked": 1,
    }


async def test_every_unit_goes_where_the_warehouse_says(shop: Shop) -> None:
    one = await shop.two_rates({"1": 2})
    await one.arrive()
    lines = (
        InspectedLine(line_id="1", quantity=1, grade=Grade.A, disposition=Disposition.RESTOCKED),
        InspectedLine(line_id="1", quantity=1, grade=Grade.D, disposition=Disposition.NOT_RESTOCKED),
    )
    await one.update("inspect", Inspection(id="look-1", inspected_by="ben", location="hamburg", lines=lines))
    await one.result()
    assert shop.world.posted("stock:") == {
        "stock:hamburg:MUG-BLUE:restocked": 1,
        "stock:hamburg:MUG-BLUE:not_restocked": 1,
    }


async def test_a_forgotten_pass_through_is_noticed(
    real_shop: Shop, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = tuple(name for name in plugin.PASSED_THROUGH if name != "domain")
    monkeypatch.setattr(plugin, "PASSED_THROUGH", without)
    forgetful = Client(real_shop.client.service_client, plugins=[plugin.Backhaul()])
    with pytest.raises(RuntimeError) as caught:
        async with serving(forgetful, world):
            pass
    assert "Module domain" in str(caught.value.__cause__)
