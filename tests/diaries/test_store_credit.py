"""Returns whose money stays in the shop, as store credit."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from activities.answers import signed
from commands.policy import publish_policy
from domain import ids
from domain.case import Outcome
from domain.news import DisputeNews, LateFact, RefundNews, Turn
from domain.parcel import TrackingStatus
from domain.refund import Refund, RefundStatus
from embedded.simulators.storefront import SECRET
from ledger import EntryKind
from settings import ROOT
from tests.diaries.diary import Diary
from tests.workflows.returns import TWO_RATES_PAYMENT, Return, refusal
from tests.world import PATIENCE, POLICY_FROM
from workflows.aftercare_view import AftercareView

OFFERED = """
resolutions:
  - allowed: [refund, store_credit]
bonus:
  - percent: 10
"""
MUGS = {"1": 2}
"""Two of three mugs: 23.53 EUR, and a tenth of it is 2.35 EUR."""


@pytest.fixture
def offering(diary: Diary) -> Diary:
    """The shop gives store credit instead of money, and a tenth on top."""
    text = (ROOT / "policies" / "default.yaml").read_text() + OFFERED
    publish_policy(diary.shop.world.rooms, text, POLICY_FROM, datetime.now(UTC))
    return diary


async def sent(told: Diary, one: Return) -> None:
    """The parcel goes and comes."""
    await told.passes(2)
    await told.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await told.passes(1)
    await told.says("warehouse", "counts two units", one.receive())


def balance(told: Diary) -> dict[str, int]:
    """What the shop owes as store credit, and what it gave for it, by its own books."""
    return {**told.shop.world.posted("store_credit"), **told.shop.world.posted("promotion")}


async def test_store_credit(offering: Diary, diary: Diary) -> None:
    """The shopper wants store credit instead of money: its worth and a bonus on top, in one sum."""
    one = await diary.shop.two_rates(MUGS, resolution="store_credit")
    view = await one.labelled()
    assert (view.quote, view.bonus) == ("23.53 EUR", "2.35 EUR")
    await diary.follows(one, "asks to send two mugs back for store credit")
    await sent(diary, one)
    await diary.says("warehouse", "grades them as new", one.inspect())
    await diary.ends(Outcome.CREDITED)
    assert balance(diary) == {"store_credit:cust-2041": 2588, "promotion": -235}
    mail = next(one for one in await diary.shop.world.mails(one.case) if "store credit" in one["subject"])
    assert "23.53" in str(mail)
    assert "2.35" in str(mail)


async def test_another_choice_before_the_goods_are_looked_at(offering: Diary, diary: Diary) -> None:
    """The shopper asked for money, then takes store credit: the quote and the mail follow, and it is credited."""
    one = await diary.shop.two_rates(MUGS)
    view = await one.labelled()
    assert view.bonus == ""
    await diary.follows(one, "asks to send two mugs back")
    said = {"by": "shopper", "resolution": "store_credit"}
    view = await diary.says("shopper", "takes store credit instead", one.update("choose", said))
    assert (view.resolution, view.quote, view.bonus) == ("store_credit", "23.53 EUR", "2.35 EUR")
    said = {"by": "shopper", "resolution": "exchange"}
    assert (await refusal(one.update("choose", said)))[0] == "not_offered"
    await sent(diary, one)
    await diary.says("warehouse", "grades them as new", one.inspect())
    await diary.ends(Outcome.CREDITED)
    assert balance(diary)["promotion"] == -235


async def test_store_credit_is_not_offered(diary: Diary) -> None:
    """The shop gives no store credit: whoever asks for it hears what there is, and gets their money."""
    one = await diary.shop.two_rates(MUGS)
    await one.labelled()
    await diary.follows(one, "asks to send two mugs back, and hears that there is no store credit for them")
    code, told = await refusal(one.update("choose", {"by": "shopper", "resolution": "store_credit"}))
    assert (code, "what is offered is refund" in told) == ("not_offered", True)
    await sent(diary, one)
    await diary.says("warehouse", "grades them as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
    assert balance(diary) == {}


async def test_store_credit_fails_and_goes_to_the_card(offering: Diary, diary: Diary) -> None:
    """The storefront will not give the credit: the shopper, who hears it from staff, chooses the card instead."""
    one = await diary.shop.two_rates(MUGS, resolution="store_credit")
    await one.labelled()
    await diary.follows(one, "asks to send two mugs back for store credit")
    await sent(diary, one)
    diary.shop.world.doors.shut("/storefront/store_credit/cust-2041/credits", 422, code="customer_closed")
    await diary.says("warehouse", "grades them as new", one.inspect())
    await one.until(lambda view: view.next_owner == "finance")
    assert "as a refund, if the shopper chooses that" in (await one.view()).next_action
    said = {"by": "olga", "resolution": "refund"}
    assert (await refusal(one.update("choose", said)))[0] == "remark"
    view = await diary.says(
        "ops", "says that the shopper takes the money", one.update("choose", {**said, "remark": "by phone, 14:20"})
    )
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == "23.53 EUR"
    assert balance(diary) == {}


async def test_store_credit_is_taken_back(offering: Diary, diary: Diary) -> None:
    """The shopper has store credit, spends some, and has the bank take the payment back, too: finance takes back what
    is left of it, and the rest is a claim against the customer."""
    one, world = await diary.shop.two_rates(MUGS, resolution="store_credit"), diary.shop.world
    await one.labelled()
    await diary.follows(one, "asks to send two mugs back for store credit")
    await sent(diary, one)
    await diary.says("warehouse", "grades them as new", one.inspect())
    await diary.ends(Outcome.CREDITED)
    await world.post("/storefront/_control/spend", {"account": "sc_cust-2041_eur", "amount": 2000})
    order = world.entries(one.case)[0].order
    lost = DisputeNews(
        event="evt_1",
        dispute="dp_1",
        payment=TWO_RATES_PAYMENT,
        amount=10850,
        currency="EUR",
        status="lost",
        at=datetime.now(UTC),
    )
    late = await diary.shop.client.start_workflow(
        ids.AFTERCARE_TYPE,
        LateFact(case="", order_id=order, news=lost),
        id=ids.aftercare_id(order, "dp_1"),
        task_queue=ids.RETURNS_QUEUE,
        result_type=AftercareView,
    )
    async with asyncio.timeout(PATIENCE):
        while "take it back" not in (view := await late.query("view", result_type=AftercareView)).next_action:
            await asyncio.sleep(0.02)
    assert (view.turn, world.posted("suspense")) == (Turn.DISPUTE_LOST, {f"suspense:{order}": -2353})
    assert (await refusal(late.execute_update("take_back", {"by": "olga"}, id="no")))[0] == "role_may_not"
    await late.execute_update("take_back", {"by": "fay"}, id="yes")
    await late.result()
    # 5.88 of 25.88 were left: 2.35 of bonus, and 3.53 of what stood for money.
    assert world.posted("receivable") == {"receivable:cust-2041": 2000}
    assert balance(diary) == {"store_credit:cust-2041": 2000}
    assert world.posted("suspense") == {}
    assert world.rooms.ledger.verify().faults == ()


async def test_store_credit_is_void_after_the_end(offering: Diary, diary: Diary) -> None:
    """Somebody takes the credit back in the shop after the return has closed: it is owed again, the shopper is told,
    and finance gives it once more, with its bonus."""
    one, world = await diary.shop.two_rates(MUGS, resolution="store_credit"), diary.shop.world
    await one.labelled()
    await diary.follows(one, "asks to send two mugs back for store credit")
    await sent(diary, one)
    await diary.says("warehouse", "grades them as new", one.inspect())
    await diary.ends(Outcome.CREDITED)
    (settled,) = world.entries(one.case, EntryKind.REFUND_SETTLED)
    refund = Refund.model_validate(settled.facts["refund"])
    target = f"/credits/{refund.provider_id}/void"
    headers = signed(SECRET.encode(), "POST", target, "void-1", b"{}")
    (await world.http.post(f"/storefront{target}", content=b"{}", headers=headers)).raise_for_status()
    news = RefundNews(
        event="evt_1",
        refund=refund.provider_id,
        key=refund.key,
        payment=refund.payment,
        amount=refund.amount,
        currency="EUR",
        status=RefundStatus.CANCELED,
        created_at=datetime.now(UTC),
        at=datetime.now(UTC),
    )
    late = await diary.shop.client.start_workflow(
        ids.AFTERCARE_TYPE,
        LateFact(case=one.case, order_id=settled.order, news=news),
        id=ids.aftercare_id(one.case, refund.provider_id),
        task_queue=ids.RETURNS_QUEUE,
        result_type=AftercareView,
    )
    async with asyncio.timeout(PATIENCE):
        while "pay-again" not in (await late.query("view", result_type=AftercareView)).next_action:
            await asyncio.sleep(0.02)
    assert (balance(diary), world.posted("owed")) == ({}, {f"owed:{one.case}": 2353})
    await late.execute_update("pay_again", {"by": "fay"}, id="again")
    await late.result()
    assert balance(diary) == {"store_credit:cust-2041": 2588, "promotion": -235}
    await diary.ends(Outcome.CREDITED)
