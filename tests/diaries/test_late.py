"""What comes after the end: boxes of returns that expired, were called off, or were paid for without them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain import ids
from domain.approval import statement
from domain.carrier_claim import Answer, AnswerClaim, OpenClaim
from domain.case import Outcome
from domain.inspection import Disposition, Grade, InspectedLine, Inspection, Receipt, ReceivedLine
from domain.late import DecideLate, Late, LateGoods
from domain.parcel import TrackingStatus
from domain.people import Person, Role
from ledger import EntryKind
from ledger.signing import public_key, sign
from tests.diaries.diary import Diary
from tests.diaries.policies import in_force
from tests.workflows.returns import SHOPIFY_LINE, SHOPIFY_ORDER, SHOPIFY_PAYMENT, Return, refusal
from tests.world import PATIENCE
from workflows.aftercare_desk import Said
from workflows.aftercare_view import AftercareView

Handle = WorkflowHandle[object, AftercareView]


@dataclass
class Box:
    """A box that came after the end, and what looks after it."""

    handle: Handle
    env: WorkflowEnvironment

    async def ended(self) -> AftercareView:
        """Wait for its end while the clock stands: no deadline of the return that it belongs to may pass meanwhile."""
        with self.env.auto_time_skipping_disabled():
            return await asyncio.wait_for(self.handle.result(), PATIENCE)

    async def until(self, there: Callable[[AftercareView], bool]) -> AftercareView:
        async with asyncio.timeout(PATIENCE):
            while not there(seen := await self.handle.query("view", result_type=AftercareView)):
                await asyncio.sleep(0.02)
        found: AftercareView = seen
        return found

    async def waits_for(self, owner: str) -> AftercareView:
        return await self.until(lambda seen: seen.turn is not None and seen.owner == owner)

    async def say(self, verb: str, said: object, id: str | None = None) -> AftercareView:
        view: AftercareView = await self.handle.execute_update(verb, said, id=id, result_type=AftercareView)
        return view

    async def inspect(self, line_id: str = SHOPIFY_LINE, count: int = 1, id: str = "late-look") -> None:
        line = InspectedLine(line_id=line_id, quantity=count, grade=Grade.A, disposition=Disposition.RESTOCKED)
        await self.say("inspect", Inspection(id=id, inspected_by="ben", lines=(line,)))


async def box(
    told: Diary,
    receipt: str = "box-9",
    by: str = "ann",
    count: int = 1,
    line_id: str = SHOPIFY_LINE,
    order: str = SHOPIFY_ORDER,
) -> Box:
    line = ReceivedLine(line_id=line_id, quantity=count)
    late = LateGoods(case="R-1", order_id=order, receipt=Receipt(id=receipt, received_by=by, lines=(line,)))
    handle = await told.shop.client.start_workflow(
        ids.AFTERCARE_TYPE,
        late,
        id=ids.aftercare_id("R-1", receipt),
        task_queue=ids.RETURNS_QUEUE,
        result_type=AftercareView,
    )
    return Box(handle, told.env)


async def expired(told: Diary) -> Return:
    """A return of which nothing came in time."""
    one = await told.shop.shopify()
    await one.labelled()
    await told.follows(one, "asks to send one unit back")
    await told.passes(29)
    await told.ends(Outcome.EXPIRED)
    await told.note("time", "nothing was sent in time")
    assert told.shop.world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 1
    return one


async def test_late_goods_after_expiry_that_are_accepted(diary: Diary) -> None:
    """The box comes after the return has expired; a person accepts it, and it is refunded like any other."""
    await in_force(diary.shop, "automatic_limit:\n  USD: 10000\n")
    key = Ed25519PrivateKey.generate()
    diary.shop.world.hire(Person(id="fay", role=Role.FINANCE, limits={"USD": 20000}, public_key=public_key(key)))
    await expired(diary)
    late = await box(diary)
    seen = await late.waits_for("ops")
    assert seen.due_at is not None
    await diary.note("warehouse", "counts one unit of the return that has expired")
    assert (await refusal(late.inspect()))[0] == "nothing_waits"
    await late.say("decide_late", DecideLate(by="ann", how=Late.ACCEPT))
    seen = await late.until(lambda seen: "may not decide on goods" in seen.next_action)
    assert seen.owner == "ops"
    await late.say("decide_late", DecideLate(by="olga", how=Late.ACCEPT))
    await late.waits_for("warehouse")
    await diary.note("ops", "accepts it")
    await late.inspect()
    seen = await late.waits_for("finance")
    assert seen.to_approve is not None
    await diary.note("warehouse", "grades it as new")
    signature = sign(key, statement("R-1", 18109, "USD", "u-1"))
    said = {"by": "fay", "amount": 18109, "update_id": "u-1", "signature": signature}
    assert (await refusal(late.say("approve", said, "u-2")))[0] == "other_update_id"
    await late.say("approve", said, "u-1")
    assert (await late.ended()).outcome == "goods_came"
    await diary.note("finance", "agrees to the refund, which is above the automatic limit")
    world = diary.shop.world
    assert [one["amount"] for one in await world.refunds(SHOPIFY_PAYMENT)] == [18109]
    assert (world.posted("returning:"), world.posted("owed:"), world.pending()) == ({}, {}, [])
    assert sum(world.posted("stock:").values()) == 1
    assert world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 0
    assert world.rooms.ledger.verify().faults == ()


async def test_late_goods_after_a_cancel_that_are_sent_back(diary: Diary) -> None:
    """The shopper called the return off and sent the box all the same; a person has it sent back."""
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.says("shopper", "calls it off", one.cancel())
    await diary.ends(Outcome.CANCELLED)
    await diary.passes(6)
    late = await box(diary)
    await late.waits_for("ops")
    await diary.note("warehouse", "counts one unit of the return that was called off")
    assert diary.shop.world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 0
    await late.say("decide_late", DecideLate(by="olga", how=Late.SEND_BACK))
    assert (await late.ended()).outcome == "send_back"
    await diary.note("ops", "has it sent back")
    assert diary.shop.world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 1
    assert diary.shop.world.posted("returning:") == {}
    assert diary.shop.world.rooms.ledger.verify().faults == ()


async def test_late_goods_of_a_lost_parcel(diary: Diary) -> None:
    """What was paid for as lost comes after all: it is put away, nothing is paid again, and the carrier is told."""
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(14.1, "nothing is heard of the parcel")
    opened = one.update("open_claim", OpenClaim(by="olga", reference="CL-1", amount=5000))
    await diary.says("ops", "claims it at the carrier", opened)
    lost = AnswerClaim(by="olga", reference="CL-1", answer=Answer.LOST, paid=5000)
    await diary.says("ops", "has the carrier's word: lost", one.update("answer_claim", lost))
    await diary.ends(Outcome.REFUNDED)
    late = await box(diary)
    await late.waits_for("warehouse")
    await diary.note("warehouse", "counts one unit of the parcel that was lost")
    await late.inspect()
    seen = await late.waits_for("finance")
    assert "CL-1 (50.00 USD paid)" in seen.next_action
    await diary.note("warehouse", "grades it as new")
    await late.say("noted", Said(by="fay"))
    await late.ended()
    world = diary.shop.world
    assert len(await world.refunds(SHOPIFY_PAYMENT)) == 1
    assert (world.posted("kept:"), world.posted("returning:")) == ({}, {})
    assert sum(world.posted("stock:").values()) == 1
    assert world.rooms.ledger.verify().faults == ()


async def test_late_goods_that_were_paid_for_before_they_came(diary: Diary) -> None:
    """The shopper owed for goods that never came; they come in the end, and the shopper owes nothing."""
    await in_force(diary.shop, "refund_trigger:\n  - event: first_scan\n")
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await one.scan("scan-0", TrackingStatus.IN_TRANSIT, at=await diary.now)
    await one.until(lambda view: view.refund_status == "succeeded")
    await one.told("refund_done")
    await diary.note("carrier", "has the parcel, which is when the policy pays")
    await diary.passes(1)
    await diary.scanned("takes it back to its sender", TrackingStatus.RETURN_TO_SENDER)
    await diary.passes(60)
    await diary.ends(Outcome.REFUNDED)
    await diary.note("time", "nobody sends it again or settles it")
    assert list(diary.shop.world.posted("receivable:").values()) == [18109]
    late = await box(diary)
    await late.waits_for("warehouse")
    await late.inspect()
    await late.ended()
    await diary.note("warehouse", "counts it after all, and grades it as new")
    assert diary.shop.world.posted("receivable:") == {}
    assert diary.shop.world.rooms.ledger.verify().faults == ()


async def test_late_goods_in_two_boxes(diary: Diary) -> None:
    """The shopper owed for two mugs of three that never came; they come one by one, and each is owed no more."""
    await in_force(diary.shop, "refund_trigger:\n  - event: first_scan\n")
    one = await diary.shop.two_rates({"1": 3})
    await one.labelled()
    await diary.follows(one, "asks to send three mugs back")
    await one.scan("scan-0", TrackingStatus.IN_TRANSIT, at=await diary.now)
    await one.until(lambda view: view.refund_status == "succeeded")
    await one.told("refund_done")
    await diary.note("carrier", "has the parcel, which is when the policy pays")
    await one.receive({"1": 1})
    await one.inspect({"1": 1})
    await one.told("payment_due")
    await diary.note("warehouse", "counts and grades one mug")
    await diary.passes(40)
    await diary.ends(Outcome.REFUNDED)
    await diary.note("time", "nobody settles it")
    owed: list[int] = []
    for number in (1, 2):
        owed += diary.shop.world.posted("receivable:").values()
        late = await box(diary, f"box-{number}-late", line_id="1", order="two-rates")
        await late.waits_for("warehouse")
        await late.inspect("1", id=f"late-look-{number}")
        await late.ended()
        await diary.note("warehouse", f"counts and grades late mug {number}")
    assert owed == [2353, 1176]  # one mug cost 11.76, two 23.53, three 35.29
    assert diary.shop.world.posted("receivable:") == {}
    assert [one.facts["amount"] for one in diary.shop.world.entries("R-1", EntryKind.LATE_CREDIT)] == [1177, 1176]
    assert sum(diary.shop.world.posted("stock:").values()) == 3
    assert diary.shop.world.rooms.ledger.verify().faults == ()


async def test_late_goods_that_no_return_takes(diary: Diary) -> None:
    """A box is refused in words where its return is open, or was never about so many units; it may be told anew."""
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    assert await _failure(await box(diary)) == "open"
    await diary.says("shopper", "calls it off", one.cancel())
    await diary.ends(Outcome.CANCELLED)
    assert await _failure(await box(diary, count=2)) == "more_than_expected"
    assert await _failure(await box(diary, by="fay")) == "role_may_not"
    assert diary.shop.world.entries("R-1", EntryKind.LATE_RECEIPT) == []


async def _failure(late: Box) -> str:
    with pytest.raises(WorkflowFailureError) as failed:
        await late.ended()
    assert isinstance(failed.value.cause, ApplicationError)
    return str(failed.value.cause.details[0])
