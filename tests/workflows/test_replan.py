"""Money of the order goes another way while a return waits: its plan is made anew, and nobody is paid twice."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.case import Outcome
from domain.order import EarlierRefund, RefundedLine
from ledger import EntryKind
from ledger.facts import Facts
from tests.workflows.returns import SHOPIFY_LINE, SHOPIFY_PAYMENT, TWO_RATES_PAYMENT, Return, Shop, refusal
from tests.workflows.test_people import approve, waiting
from tests.workflows.test_replay import replayer
from workflows.return_case.said import Replan


async def elsewhere(one: Return, payment: str, amount: int, **units: int) -> None:
    """Somebody refunds in the provider's dashboard, and the fact is entered."""
    answer = await one.world.http.post(
        "/stripe/v1/refunds",
        data={"payment_intent": payment, "amount": str(amount)},
        headers={"Authorization": "Bearer sk_test_embedded"},
    )
    answer.raise_for_status()
    made = answer.json()
    facts = Facts(one.world.rooms.ledger, one.world.rooms.stores.snapshots)
    lines = tuple(RefundedLine(line_id=line, quantity=count, gross=0) for line, count in units.items())
    refund = EarlierRefund(id=made["id"], at=datetime.now(UTC), lines=lines, money={payment: amount})
    order = one.world.entries("R-1", EntryKind.DECISION)[0].order
    facts.refunded_elsewhere(order, refund, "provider", datetime.now(UTC))


def plans(one: Return) -> list[tuple[str, int]]:
    return [(entry.key, entry.facts["plan"]["total"]) for entry in one.world.entries("R-1", EntryKind.PLAN)]


def at_rest(one: Return) -> bool:
    """Nothing reserved, owed or in suspense, and the journal holds."""
    open_accounts = {**one.world.posted("owed:"), **one.world.posted("suspense:")}
    return not open_accounts and not one.world.pending() and one.world.rooms.ledger.verify().faults == ()


async def test_a_plan_that_waits_for_its_approval_is_made_anew(shop: Shop) -> None:
    # 108.50 were paid, 46.24 wait for an approval, 85.00 go elsewhere: of 23.50 left, two mugs and the book bring less
    # than the 40.00 that need one
    one, _ = await waiting(shop)
    await elsewhere(one, TWO_RATES_PAYMENT, 8500)
    await one.update("replan", Replan(by="fay"))
    view = await one.result()
    assert view.outcome is Outcome.REFUNDED
    (first, second) = plans(one)
    assert (first[0], second[0]) == ("plan:R-1:1", "plan:R-1:2")
    assert second[1] < 2350
    paid = [refund["amount"] for refund in await shop.world.refunds(TWO_RATES_PAYMENT)]
    assert sorted(paid) == sorted([8500, second[1]])
    assert at_rest(one)
    await replayer().replay_workflow(await one.history())


async def test_an_approval_of_a_plan_that_was_overtaken_is_refused_and_the_plan_made_anew(shop: Shop) -> None:
    # nobody tells the return of it: whoever wants to approve finds out
    one, _ = await waiting(shop)
    await elsewhere(one, TWO_RATES_PAYMENT, 8500)
    code, _ = await refusal(approve(one))
    assert code == "plan_withdrawn"
    assert (await one.result()).outcome is Outcome.REFUNDED
    assert len(plans(one)) == 2
    assert one.world.entries("R-1", EntryKind.APPROVAL) == []
    assert len(await shop.world.refunds(TWO_RATES_PAYMENT)) == 2
    assert at_rest(one)


async def test_units_that_went_back_elsewhere_meanwhile_are_not_paid_again(shop: Shop) -> None:
    # two mugs and the book are under way when one mug is refunded in the shop: one mug and the book are left
    one = await shop.two_rates({"1": 2, "2": 1})
    await one.arrive()
    await elsewhere(one, TWO_RATES_PAYMENT, 1176, **{"1": 3})
    await one.inspect()
    assert (await one.result()).outcome is Outcome.REFUNDED
    ((_, total),) = plans(one)
    assert total == 2271
    assert at_rest(one)


async def test_a_leg_that_was_refused_before_its_payment_went_elsewhere(shop: Shop) -> None:
    # all of 181.09 is refused, then 100.00 go elsewhere: 81.09 are left, and are paid by a plan of their own
    one = await shop.shopify()
    await one.arrive()
    failed = {"status": "failed", "failure_reason": "declined"}
    await shop.world.post("/stripe/_control/next_refund", failed)
    await one.inspect()
    await one.until(lambda view: view.next_owner == "finance")
    await elsewhere(one, SHOPIFY_PAYMENT, 10000)
    await one.update("replan", Replan(by="fay"))
    assert (await one.result()).refunded == "81.09 USD"
    assert [total for _, total in plans(one)] == [18109, 8109]
    assert at_rest(one)


async def test_a_refund_of_which_nothing_is_left_is_told_as_that(shop: Shop) -> None:
    one, _ = await waiting(shop)
    await elsewhere(one, TWO_RATES_PAYMENT, 10850)
    await one.update("replan", Replan(by="fay"))
    await one.result()
    assert [total for _, total in plans(one)][-1] == 0
    (told,) = [mail for mail in await shop.world.mails("R-1") if "is complete" in mail["subject"]]
    assert "Nothing was left to pay back" in told["text"]
    assert "0.00" not in told["text"]


async def test_what_is_left_of_a_submitted_refund_is_planned_anew(shop: Shop) -> None:
    # 181.09 pending at the provider when 100.00 go back elsewhere; it fails, 100.00 cover suspense, 81.09 are paid
    one = await shop.shopify()
    await one.arrive()
    await shop.world.post("/stripe/_control/next_refund", {"status": "pending"})
    await one.inspect()
    await one.told("refund_submitted")
    (pending,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    failed = {"status": "failed", "failure_reason": "declined"}
    await shop.world.post(f"/stripe/_control/refunds/{pending['id']}", failed)
    await elsewhere(one, SHOPIFY_PAYMENT, 10000)
    assert one.world.posted("suspense:") != {}
    await one.update("replan", Replan(by="fay"))
    await one.until(lambda view: view.next_owner == "finance")
    await one.update("replan", Replan(by="fay"), "again")
    view = await one.result()
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, "81.09 USD")
    assert [total for _, total in plans(one)] == [18109, 8109]
    assert at_rest(one)
    mails = await shop.world.mails("R-1")
    done = next(mail for mail in mails if "confirmed" in mail["subject"])
    assert "81.09 USD" in done["text"]


async def test_nothing_is_planned_anew_before_it_was_planned(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    code, _ = await refusal(one.update("replan", Replan(by="fay")))
    assert code == "no_plan"
    assert SHOPIFY_LINE in (await one.view()).expected
