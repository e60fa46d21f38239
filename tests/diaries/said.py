"""What people say in diaries, with as few words as a diary needs."""

from __future__ import annotations

from datetime import UTC, date, datetime

from commands.policy import publish_policy
from domain.approval import statement
from domain.editing import Edit
from domain.evidence import AskEvidence, GiveEvidence, WantedProof
from domain.mending import Deadline, Extend
from domain.policy.goods import Proof
from domain.request import RequestedLine, ReturnReason
from ledger.signing import sign
from tests.diaries.diary import Diary
from tests.workflows.returns import TWO_RATES, Lines, Return, request
from tests.workflows.test_overrides import KEYS, staffed
from tests.world import POLICY_FROM
from workflows.return_case.view import CaseView
from workflows.start import start_return

ORDER = "two-rates"


async def begun(diary: Diary, policy: str, lines: Lines, reason: ReturnReason = ReturnReason.UNWANTED) -> Return:
    """A return of some of the order with two tax rates, under this policy; olga and fay have keys."""
    shop = diary.shop
    staffed(shop.world, policy)
    await shop.world.import_order(TWO_RATES)
    asked = request(shop.case, ORDER, lines)
    asked = asked.model_copy(update={"lines": tuple(one.model_copy(update={"reason": reason}) for one in asked.lines)})
    one = Return(shop.world, shop.client, await start_return(shop.client, asked), lines)
    shop.started.append(one)
    return one


def publish(diary: Diary, policy: str) -> None:
    """Only the policy, without anybody new."""
    publish_policy(diary.shop.world.rooms, policy, POLICY_FROM, datetime.now(UTC))


async def ask(one: Return, line: str = "3", proof: Proof = Proof.PHOTO) -> CaseView:
    """Olga of ops asks the shopper to show something."""
    return await one.update("ask_evidence", AskEvidence(by="olga", wanted=(WantedProof(line_id=line, proof=proof),)))


async def show(one: Return, id: str = "shown-1") -> CaseView:
    """The shopper sends a photo, whose address is kept with the notes."""
    note = one.world.rooms.stores.notes.put("https://photos.example/kettle.jpg")
    return await one.update("give_evidence", GiveEvidence(id=id, by="shopper", photos=(note,)))


async def edit(
    one: Return, lines: Lines, id: str = "edit-1", by: str = "shopper", reason: ReturnReason = ReturnReason.UNWANTED
) -> CaseView:
    """The shopper wants these to come back instead."""
    wanted = tuple(RequestedLine(line_id=line, quantity=count, reason=reason) for line, count in lines.items())
    return await one.update("edit", Edit(id=id, by=by, lines=wanted))


async def extend(one: Return, deadline: Deadline, until: date, by: str = "olga") -> CaseView:
    """Ops give more time."""
    return await one.update("extend", Extend(by=by, deadline=deadline, until=until))


async def approve(one: Return, amount: int, id: str = "a-1") -> CaseView:
    """Fay of finance agrees to the refund."""
    signature = sign(KEYS["fay"], statement(one.case, amount, "EUR", id))
    return await one.update("approve", {"by": "fay", "amount": amount, "update_id": id, "signature": signature}, id)
