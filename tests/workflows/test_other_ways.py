"""Orders that were not paid with a card alone, and money that does not go back the way it came."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError

from domain.case import Outcome
from domain.order import Tender, TenderKind
from domain.people import Person, Role
from ledger import EntryKind
from tests.proof.right import Books, wrong
from tests.workflows.returns import SHOPIFY_LINE, SHOPIFY_ORDER, SHOPIFY_PAYMENT, TWO_RATES, Return, Shop, refusal
from tests.workflows.test_replay import replayer
from tests.world import until
from workflows.return_case.view import CaseView

NOW = datetime.now(UTC)
TWO_RATES_ORDER, MUGS = "two-rates", {"1": 2}


async def ended(one: Return, refunded: str) -> CaseView:
    """Its end, at which everything is right on all sides."""
    view = await one.result()
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, refunded)
    with httpx2.Client(base_url=one.world.url, timeout=10, verify=False) as http:
        books = Books(one.world.rooms.ledger, one.world.rooms.stores.outbox, http)
        assert await asyncio.to_thread(wrong, one.case, Outcome.REFUNDED, books) == []
    await replayer().replay_workflow(await one.history())
    return view


async def two_tenders(shop: Shop) -> Return:
    """A return whose 23.53, more than the gift card gave, go to both; the goods are there."""
    gift = Tender(id="gc-1", kind=TenderKind.GIFT_CARD, captured=2000)
    order = await shop.world.sell(TWO_RATES, gift, Tender(id="pi_1", kind=TenderKind.CARD, captured=8850, paid_at=NOW))
    one = await shop.start(shop.case, order.id, MUGS)
    await one.arrive()
    await one.told("approved", "in_transit", "received")
    return one


async def paid_once(one: Return) -> CaseView:
    """Each tender has its part, however many runs it took."""
    view = await ended(one, "23.53 EUR")
    assert len(view.provider_references) == 2
    assert one.world.posted("tender:") == {"tender:pi_1": 8850 - 353}
    assert [refund["amount"] for refund in await one.world.refunds("pi_1")] == [353]
    assert len(one.world.entries(one.case, EntryKind.REFUND_SUBMITTED)) == 2
    assert len(await one.world.mails(one.case)) == 4
    return view


async def test_two_tenders_reset_to_before_the_refund_are_paid_once(real_shop: Shop) -> None:
    one = await two_tenders(real_shop)
    await one.inspect()
    undisturbed = await paid_once(one)
    run = await one.reset("pay_leg")
    again = await real_shop.start(one.case, TWO_RATES_ORDER, MUGS)
    assert await again.run_id() == run
    assert await paid_once(again) == undisturbed


@pytest.mark.parametrize("door", ["/storefront/gift_cards", "/stripe/v1/refunds"])
async def test_two_tenders_terminated_at_either_leg_and_started_again_are_paid_once(shop: Shop, door: str) -> None:
    """The money has moved and nobody here has heard of it; the provider has forgotten our key by the next run."""
    one = await two_tenders(shop)
    shop.world.doors.shut(door, carried_out=True)
    await one.inspect()
    await until(lambda: shop.world.doors.knocks[door] > 0, "an answer that is lost")
    await one.recorded(EntryKind.RESTOCK)
    await one.handle.terminate("somebody in the Temporal UI")
    await shop.world.post("/stripe/_control/forget_keys", {})
    shop.world.doors.open(door)
    await paid_once(await shop.start("R-1", TWO_RATES_ORDER, MUGS))


async def test_two_tenders_with_a_cancel_by_temporal_between_them_are_paid_once(shop: Shop) -> None:
    one = await two_tenders(shop)
    await one.inspect()
    await one.recorded(EntryKind.REFUND_SETTLED)
    with suppress(RPCError):  # it has ended already
        await one.handle.cancel()
    with suppress(WorkflowFailureError):
        await one.result()
    await paid_once(await shop.start("R-1", TWO_RATES_ORDER, MUGS))


async def test_a_gift_card_and_a_card_each_get_their_part_back(shop: Shop) -> None:
    one = await two_tenders(shop)
    shop.world.doors.shut("/storefront/gift_cards", carried_out=True)
    await one.inspect()
    await until(lambda: shop.world.doors.knocks["/storefront/gift_cards"] > 0, "a credit whose answer is lost")
    await one.recorded(EntryKind.RESTOCK)
    assert one.world.entries("R-1", EntryKind.REFUND_SETTLED) == []
    shop.world.doors.open("/storefront/gift_cards")
    await paid_once(one)


async def test_what_a_person_has_to_pay_waits_for_finance(shop: Shop) -> None:
    shop.world.hire(Person(id="flo", role=Role.FINANCE, limits={"EUR": 2353}))
    order = await shop.world.sell(TWO_RATES, Tender(id="bacs-7", kind=TenderKind.BANK, captured=10850))
    one = await shop.start("R-1", order.id, {"1": 2})
    await one.arrive()
    code, _ = await refusal(one.update("paid_by_hand", {"by": "flo", "reference": "SEPA-7"}))
    assert code == "nothing_by_hand"
    await one.inspect()
    view = await one.until(lambda view: view.refund_reason == "by_hand")
    assert "refund_submitted" not in one.notices()
    assert view.next_owner == "finance"
    assert view.next_action.startswith("Pay 23.53 EUR to bacs-7 by hand")
    assert view.due_at is not None
    assert view.due_at - datetime.now(UTC) < timedelta(days=2, hours=1)
    assert (await one.attributes())["NeedsAction"] == "finance"
    due = view.due_at
    await shop.skip(timedelta(days=5))  # a task does not become younger by being looked at
    assert (await one.view()).due_at == due
    code, _ = await refusal(one.update("paid_by_hand", {"by": "olga", "reference": "SEPA-7"}))
    assert code == "role_may_not"
    code, text = await refusal(one.update("paid_by_hand", {"by": "flo", "reference": "SEPA-7", "payment": "pi_other"}))
    assert code == "nothing_by_hand"
    assert "what waits is bacs-7" in text
    said = {"by": "flo", "reference": "SEPA-7", "payment": "bacs-7"}
    code, _ = await refusal(one.update("paid_by_hand", {**said, "by": "fay"}))  # who has a key
    assert code == "not_signed"
    code, _ = await refusal(one.update("paid_by_hand", {**said, "update_id": "u-1"}, id="u-2"))
    assert code == "other_update_id"
    await one.update("by_hand_failed", {"by": "flo", "payment": "bacs-7", "reason": "wrong_account"})
    view = await one.until(lambda view: bool(view.troubles))
    assert "wrong account" in view.next_action
    code, _ = await refusal(one.update("paid_by_hand", said))
    assert code == "nothing_by_hand"
    await one.retry_now()
    await one.until(lambda view: view.refund_reason == "by_hand")
    await one.update("paid_by_hand", said, id="paid-at-last")
    view = await ended(one, "23.53 EUR")
    assert view.provider_references == ("SEPA-7",)
    assert shop.world.posted("payout:") == {"payout:R-1": 2353}


async def test_a_card_that_is_gone_becomes_store_credit_if_the_shopper_agrees(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    failed = {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    await shop.world.post("/stripe/_control/next_refund", failed)
    await one.inspect()
    view = await one.until(lambda view: bool(view.troubles))
    assert "consent" in view.next_action
    await shop.skip(timedelta(days=3))
    assert shop.world.posted("store_credit:") == {}
    _, text = await refusal(one.update("consent", {"by": "olga", "to": "store_credit"}))
    assert "remark: say how the shopper agreed" in text
    code, _ = await refusal(one.update("consent", {"by": "ann", "to": "store_credit", "remark": "by phone"}))
    assert code == "role_may_not"
    await one.recorded(EntryKind.RESTOCK)
    said = {"by": "shopper", "to": "store_credit", "payment": SHOPIFY_PAYMENT}
    await one.update("consent", said)
    await ended(one, "181.09 USD")
    (entry,) = shop.world.entries("R-1", EntryKind.CONSENT)
    assert (entry.actor, entry.facts["consent"]["to"]) == ("shopper", "store_credit")
    customer = entry.facts["consent"]["customer"]
    assert shop.world.posted("store_credit:") == {f"store_credit:{customer}": 18109}
    assert [refund["status"] for refund in await shop.world.refunds(SHOPIFY_PAYMENT)] == ["failed"]


async def test_a_new_run_goes_on_with_what_the_shopper_agreed_to(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "failed", "failure_reason": "declined"})
    await one.inspect()
    await one.until(lambda view: bool(view.troubles))
    await one.recorded(EntryKind.RESTOCK)
    shop.world.doors.shut("/storefront/")
    await one.update("consent", {"by": "olga", "to": "store_credit", "remark": "by mail"})
    await one.handle.terminate("somebody in the Temporal UI")
    shop.world.doors.open("/storefront/")
    again = await shop.start("R-1", SHOPIFY_ORDER, {SHOPIFY_LINE: 1})
    await ended(again, "181.09 USD")
    assert [refund["status"] for refund in await shop.world.refunds(SHOPIFY_PAYMENT)] == ["failed"]
