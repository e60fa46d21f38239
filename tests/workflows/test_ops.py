"""What ops may say to a return besides its own story: each is recorded, or refused with what to do instead."""

from __future__ import annotations

from datetime import timedelta

from domain.case import Outcome
from ledger import EntryKind
from tests.workflows.returns import SHOPIFY_LINE, SHOPIFY_ORDER, Return, Shop, refusal
from tests.workflows.test_overrides import appealed
from tests.world import until
from workflows.return_case.said import Assign, CloseReason, ForceClose, Resend
from workflows.return_case.stage import Stage
from workflows.return_case.view import CaseView


async def close(one: Return, by: str = "olga") -> CaseView:
    return await one.update("force_close", ForceClose(by=by, reason=CloseReason.DUPLICATE))


async def test_staff_closes_a_return_and_label_and_units_go_back(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.scan()
    assert (await refusal(close(one, "ann")))[0] == "role_may_not"
    assert (await one.view()).stage is Stage.IN_TRANSIT
    shop.world.doors.shut("/carrier")  # so that it stays open for a second word
    await close(one)
    assert (await close(one)).stage is Stage.CLOSING
    assert (await refusal(one.receive()))[0] == "cancelled"
    shop.world.doors.open("/carrier")
    assert (await one.result()).outcome is Outcome.CLOSED_BY_STAFF
    (entry,) = shop.world.entries("R-1", EntryKind.FORCE_CLOSED)
    assert (entry.actor, entry.reasons) == ("olga", ("duplicate",))
    (voided,) = shop.world.entries("R-1", EntryKind.LABEL_VOIDED)
    assert voided.actor == "olga"
    assert shop.world.returnable(SHOPIFY_ORDER, SHOPIFY_LINE) == 1
    assert shop.world.pending() == []
    assert "cancelled" in one.notices()


async def test_a_new_run_of_a_closed_return_undoes_the_rest(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    shop.world.doors.shut("/carrier")
    await close(one)
    await one.handle.terminate("somebody in the Temporal UI")
    shop.world.doors.open("/carrier")
    again = await shop.start("R-1", SHOPIFY_ORDER, {SHOPIFY_LINE: 1})
    assert (await again.result()).outcome is Outcome.CLOSED_BY_STAFF
    assert [label["status"] for label in await shop.world.labels()] == ["cancelled"]


async def test_an_appeal_that_waits_for_a_person_is_closed_at_once(shop: Shop) -> None:
    one = await appealed(shop)
    await one.stage(Stage.APPEAL)
    await close(one)
    await one.recorded(EntryKind.CLOSED)  # at once: no time was skipped
    assert (await one.result()).outcome is Outcome.CLOSED_BY_STAFF


async def test_once_goods_are_here_closing_is_refused_with_what_to_do(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    code, message = await refusal(close(one))
    assert (code, "`inspect`" in message) == ("already_received", True)
    shop.world.doors.shut("/stripe/v1")
    await one.inspect()
    code, message = await refusal(close(one))
    assert (code, "`paid-by-hand`" in message) == ("money_is_owed", True)
    shop.world.doors.open("/stripe/v1")
    assert (await one.result()).outcome is Outcome.REFUNDED


async def test_what_is_overdue_stays_so_when_it_is_assigned(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.scan()
    await shop.skip(timedelta(days=60))
    before = await one.until(lambda view: view.next_action.startswith("Overdue"))
    seen = await one.update("assign", Assign(by="olga", to="fay"))
    assert (before.next_owner, seen.next_owner, seen.next_action) == ("ops", "fay", before.next_action)
    assert (await one.view()).next_action == before.next_action


async def test_a_return_that_was_assigned_waits_for_that_person_until_the_next_step(real_shop: Shop) -> None:
    one = await real_shop.shopify()
    await one.labelled()
    before = await one.scan()
    assert (await refusal(one.update("assign", Assign(by="olga", to="zoe"))))[0] == "person_unknown"
    assert (await refusal(one.update("assign", Assign(by="ann", to="ops"))))[0] == "role_may_not"
    for _ in range(2):
        seen = await one.update("assign", Assign(by="olga", to="fay"))
    assert (before.next_owner, seen.next_owner, seen.assigned_by) == ("carrier", "fay", "olga")
    assert (seen.next_action, seen.due_at) == (before.next_action, before.due_at)
    assert (await one.attributes())["NeedsAction"] == "fay"
    assert "**fay** — Deliver the parcel" in await one.details()
    (entry,) = real_shop.world.entries(one.case, EntryKind.ASSIGNED)
    assert entry.actor == "olga"
    assert (await one.receive()).next_owner == "warehouse"
    seen = await one.update("assign", Assign(by="olga", to="ops"))
    assert (seen.next_owner, len(real_shop.world.entries(one.case, EntryKind.ASSIGNED))) == ("ops", 2)


async def test_a_mail_is_sent_once_more_under_a_number_of_its_own(shop: Shop) -> None:
    one = await shop.shopify()
    await one.labelled()
    await one.told("approved")
    key = "notice:R-1:approved:1"
    assert (await refusal(one.update("resend", Resend(by="ann", notice=key))))[0] == "role_may_not"
    assert (await refusal(one.update("resend", Resend(by="olga", notice="notice:R-1:received:1"))))[0] == "not_out"
    assert (await refusal(one.update("resend", Resend(by="olga", notice="notice:R-2:approved:1"))))[0] == "no_mail"
    for _ in range(2):
        await one.update("resend", Resend(by="olga", notice=key))
    await until(lambda: len(shop.world.entries("R-1", EntryKind.NOTICE)) == 3, "three mails")
    assert {entry.key for entry in shop.world.entries("R-1", EntryKind.NOTICE)} == {key, f"{key}:2", f"{key}:3"}
    asked = shop.world.entries("R-1", EntryKind.NOTICE_AGAIN)
    assert [(entry.actor, entry.facts["notice"]) for entry in asked] == [("olga", f"{key}:2"), ("olga", f"{key}:3")]
    assert len({mail["text"] for mail in await shop.world.mails("R-1")}) == 1
    await one.cancel()
    assert (await one.result()).outcome is Outcome.CANCELLED
