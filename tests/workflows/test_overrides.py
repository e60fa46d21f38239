"""A person decides otherwise than the policy: the return goes on by that, ends by that, or waits for a second one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commands.policy import publish_policy
from domain.approval import statement_of_override
from domain.case import Outcome
from domain.override import Change, override_statement
from domain.people import Person, Role
from domain.policy import Verdict
from ledger import EntryKind
from ledger.people import change
from ledger.signing import public_key, sign
from tests.workflows.returns import TWO_RATES, Return, Shop, refusal, request
from tests.workflows.test_replay import replayer
from tests.world import POLICY_FROM, World
from workflows.return_case.view import CaseView
from workflows.start import start_return

KEYS = {name: Ed25519PrivateKey.generate() for name in ("olga", "fay")}
KETTLE = 4555
TOO_LATE = "id: default\ntitle: No returns\nwindow_days: 0\ndeadlines:\n  - review_days: 3\n"
REVIEW = "id: default\ntitle: Looked at\nwindow_days: 3650\njudgement:\n  - verdict: review\n"


def staffed(world: World, policy: str) -> None:
    """Under this policy, olga of ops may give 10.00 EUR by herself, fay of finance what the kettle was paid with."""
    publish_policy(world.rooms, policy, POLICY_FROM, datetime.now(UTC))
    for name, role, limit in (("olga", Role.OPS, 1000), ("fay", Role.FINANCE, KETTLE)):
        person = Person(id=name, role=role, limits={"EUR": limit}, public_key=public_key(KEYS[name]))
        change(world.rooms.ledger, world.rooms.stores.people, person, "ada", datetime.now(UTC))


async def override(one: Return, by: str, id: str = "o-1", line: str = "3", **asked: Any) -> CaseView:
    """Sign and send an override."""
    wanted = Change.model_validate({"lines": (line,), **asked})
    signature = sign(KEYS[by], override_statement(one.case, wanted, "our_mistake", id))
    said = {"by": by, "reason": "our_mistake", "change": wanted.model_dump(mode="json", exclude_none=True)}
    said |= {"remark": "The parcel was sent twice.", "update_id": id, "signature": signature}
    return await one.update("override", said, id)


async def agree(one: Return, by: str, amount: int, of: str = "o-1", id: str = "a-1") -> CaseView:
    signature = sign(KEYS[by], statement_of_override(one.case, of, amount, "EUR", id))
    said = {"by": by, "amount": amount, "override": of, "update_id": id, "signature": signature}
    return await one.update("approve", said, id)


async def appealed(shop: Shop) -> Return:
    """A return that was declined, and one that appeals it."""
    staffed(shop.world, TOO_LATE)
    first = await shop.two_rates({"3": 1})
    assert (await first.result()).outcome is Outcome.DECLINED
    asked = request("R-2", "two-rates", {"3": 1}).model_copy(update={"appeals": first.case})
    return Return(shop.world, shop.client, await start_return(shop.client, asked), {"3": 1})


async def test_an_appeal_is_granted_by_two_and_refunded(shop: Shop) -> None:
    one = await appealed(shop)
    seen = await one.until(lambda view: view.next_owner == "ops")
    assert (seen.verdict, seen.appeals, "appeal of R-1" in seen.next_action) == (Verdict.DECLINE, "R-1", True)
    assert seen.stage == "appeal"
    await one.told("request_received")
    (mail,) = await shop.world.mails("R-2")
    assert ("1 x Enamel kettle, 1 litre" in mail["text"], "it reached us on" in mail["text"]) == (True, True)
    code, _ = await refusal(override(one, "olga", line="9", verdict="approve"))
    assert code == "unknown_line"
    seen = await override(one, "olga", "o-2", verdict="approve", refund_percent=50)
    assert (seen.next_owner, seen.to_approve and seen.to_approve.minor) == ("finance", 2278)  # half of 45.55
    assert "Overridden by olga: line 3: approve, 50 % paid back" in await one.details()
    assert (await refusal(agree(one, "olga", 2278, "o-2")))[0] == "role_may_not"
    assert (await agree(one, "fay", 2278, "o-2", "a-2")).verdict is Verdict.APPROVE
    await one.arrive()
    await one.inspect()
    ended = await one.result()
    assert (ended.outcome, ended.refunded, ended.quote) == (Outcome.REFUNDED, "22.78 EUR", "22.78 EUR")
    (entry,) = shop.world.entries("R-2", EntryKind.OVERRIDE)
    assert "sent twice" not in entry.model_dump_json()
    await replayer().replay_workflow(await one.history())


async def test_an_appeal_that_nobody_grants_ends_when_its_days_have_passed(shop: Shop) -> None:
    one = await appealed(shop)
    seen = await one.until(lambda view: view.due_at is not None)
    opened = shop.world.entries("R-2", EntryKind.DECISION)[0].at
    assert seen.due_at is not None
    assert (seen.due_at - opened).days == 3
    assert (await one.result()).outcome is Outcome.DECLINED
    closed = shop.world.entries("R-2", EntryKind.CLOSED)[0].at
    assert (closed - opened).days == 3


async def test_a_review_that_ends_in_a_no_ends_the_return_without_a_label(shop: Shop) -> None:
    staffed(shop.world, REVIEW)
    await shop.world.import_order(TWO_RATES)
    one = await shop.two_rates({"3": 1})
    seen = await one.until(lambda view: view.stage == "review")
    assert (seen.next_owner, "line 3" in seen.next_action) == ("ops", True)
    await override(one, "olga", verdict="decline")
    ended = await one.result()
    assert (ended.outcome, ended.verdict) == (Outcome.DECLINED, Verdict.DECLINE)
    assert await shop.world.labels() == []
    assert set(one.notices()) == {"in_review", "declined"}
    assert shop.world.pending() == []
    await replayer().replay_workflow(await one.history())


async def test_goods_that_come_while_it_is_reviewed_need_no_label(shop: Shop) -> None:
    staffed(shop.world, REVIEW)
    one = await shop.two_rates({"3": 1})
    await one.until(lambda view: view.stage == "review")
    await one.receive({"3": 1})
    await one.until(lambda view: view.stage == "inspection")
    await override(one, "fay", verdict="approve")
    await one.inspect()
    assert (await one.result()).refunded == "45.55 EUR"
    assert await shop.world.labels() == []


async def test_a_review_that_ends_in_a_yes_waits_for_nobody(shop: Shop) -> None:
    staffed(shop.world, REVIEW)
    one = await shop.two_rates({"3": 1})
    await one.until(lambda view: view.stage == "review")
    assert (await override(one, "fay", verdict="approve")).verdict is Verdict.APPROVE
    await one.labelled()
    again = await override(one, "fay", verdict="approve")  # the same id again
    assert len(again.overrides) == 1
    await one.arrive()
    await one.inspect()
    ended = await one.result()
    assert (ended.outcome, ended.refunded, ended.approved_by) == (Outcome.REFUNDED, "45.55 EUR", "")
    told = [entry.facts["notice"] for entry in shop.world.entries("R-1", EntryKind.NOTICE)]
    assert (told.count("in_review"), told.count("approved")) == (1, 1)
    [asked, *_] = await shop.world.mails("R-1")
    assert "EUR" not in str(asked)  # no amount is promised
