"""Shoppers who want something else than they asked for. A mug cost 11.76 EUR, the book 22.71, the kettle 45.55."""

from __future__ import annotations

from domain.case import Outcome
from domain.editing import Edit
from domain.method import Method
from domain.parcel import TrackingStatus
from domain.request import ReturnReason
from ledger import EntryKind
from tests.diaries.diary import Diary
from tests.diaries.said import ORDER, begun, edit
from tests.workflows.returns import Return, refusal
from tests.workflows.test_overrides import REVIEW
from tests.workflows.test_replay import replayer
from workflows.return_case.said import Cancel, CancelReason
from workflows.return_case.stage import Stage
from workflows.return_case.view import CaseView

PLAIN = "id: default\ntitle: 30 days\nwindow_days: 3650\n"
FEE = (
    f"{PLAIN}return_shipping:\n  - payer: shopper\n    fee:\n      EUR: 450\n"
    "  - payer: shop\n    when: {fault: merchant}\n"
)
MUGS, BOOK, KETTLE = "1", "2", "3"


async def test_the_shopper_sends_less(diary: Diary) -> None:
    """Three mugs and the book were to come back; the shopper keeps a mug and the book, and the quote follows."""
    one = await begun(diary, PLAIN, {MUGS: 3, BOOK: 1})
    assert (await one.labelled()).quote == "58.00 EUR"
    await diary.follows(one, "asks to send three mugs and the book back")
    await diary.passes(2)
    seen = await diary.says("shopper", "keeps a mug and the book", edit(one, {MUGS: 2}))
    assert (seen.lines, seen.quote, seen.expected) == ({MUGS: 2}, "23.53 EUR", {MUGS: 2})
    world = diary.shop.world
    assert (world.returnable(ORDER, MUGS), world.returnable(ORDER, BOOK)) == (1, 1)
    assert (await edit(one, {MUGS: 2})).quote == seen.quote  # once more is once
    assert (await refusal(edit(one, {MUGS: 1})))[0] == "recorded_differently"
    assert (await refusal(edit(one, {MUGS: 2}, "edit-2")))[0] == "nothing_changes"
    await one.update("receive", {"id": "box-1", "received_by": "ann", "lines": [{"line_id": MUGS, "quantity": 2}]})
    assert (await refusal(edit(one, {MUGS: 1}, "edit-2")))[0] == "already_received"
    await diary.note("warehouse", "counts two mugs")
    await diary.says("warehouse", "grades them as new", one.inspect({MUGS: 2}))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "23.53 EUR"
    assert len(await world.labels()) == 1  # it stays right
    approved = [mail for mail in await world.mails(one.case) if "approved" in mail["subject"]]
    assert ["58.00" in approved[0]["text"], "23.53" in approved[1]["text"], len(approved)] == [True, True, 2]
    await replayer().replay_workflow(await one.history())


async def test_the_shopper_sends_more(diary: Diary) -> None:
    """A second mug and the kettle come back, too; they are judged now, and their units are reserved besides."""
    one = await begun(diary, PLAIN, {MUGS: 1})
    await one.labelled()
    await diary.follows(one, "asks to send a mug back")
    await diary.passes(1)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    code, words = await refusal(edit(one, {MUGS: 4}))
    assert (code, "only 3 of line 1 were bought" in words) == ("not_possible", True)
    seen = await diary.says("shopper", "adds a mug and the kettle", edit(one, {MUGS: 2, KETTLE: 1}))
    assert (seen.quote, seen.expected) == ("69.08 EUR", {MUGS: 2, KETTLE: 1})
    assert diary.shop.world.returnable(ORDER, MUGS) == 1
    await diary.says("warehouse", "counts a mug out of the first box", one.receive({MUGS: 1}))
    await diary.says("warehouse", "counts the rest out of the second", one.receive({MUGS: 1, KETTLE: 1}, "box-2"))
    await diary.says("warehouse", "grades all as new", one.inspect({MUGS: 2, KETTLE: 1}))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "69.08 EUR"


async def test_the_shopper_has_another_reason(diary: Diary) -> None:
    """The kettle is defective, as the shopper finds out: now the shop pays the way, and the quote follows."""
    one = await begun(diary, FEE, {KETTLE: 1})
    assert (await one.labelled()).quote == "41.05 EUR"
    await diary.follows(one, "asks to send the kettle back, unwanted")
    changed = edit(one, {KETTLE: 1}, reason=ReturnReason.DEFECTIVE)
    assert (await diary.says("shopper", "says that it is defective", changed)).quote == "45.55 EUR"
    await diary.says("warehouse", "counts the kettle", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "45.55 EUR"


async def test_another_way_back_before_the_label(diary: Diary) -> None:
    """While a person looks at the kettle, the shopper chooses to bring it; once that is settled, it stays."""
    one = await begun(diary, f"{REVIEW}methods:\n  - allowed: [label, in_store]\n", {KETTLE: 1})
    await one.until(lambda view: view.stage == "review")
    await diary.follows(one, "asks to send the kettle back")
    wanted = Edit.model_validate({"id": "e-1", "by": "shopper", "lines": [{"line_id": KETTLE, "quantity": 1}]})

    async def by(method: Method, id: str) -> CaseView:
        line = wanted.lines[0].model_copy(update={"reason": ReturnReason.UNWANTED})
        return await one.update("edit", wanted.model_copy(update={"id": id, "lines": (line,), "method": method}))

    assert "cannot go back by qr_code" in (await refusal(by(Method.QR_CODE, "e-0")))[1]
    await diary.says("shopper", "brings it to the shop instead", by(Method.IN_STORE, "e-1"))
    await diary.passes(4.1, "nobody has looked, so it may come")
    seen = await one.stage(Stage.AWAITING_PARCEL)
    assert (seen.method, seen.next_action, seen.label_url) == (Method.IN_STORE, "Bring the items to the shop", "")
    code, text = await refusal(by(Method.LABEL, "e-2"))
    assert (code, "python starter.py new-label R-1 --method label --by shopper" in text) == ("way_is_settled", True)
    await diary.says("shopper", "calls it off", one.cancel())
    await diary.ends(Outcome.CANCELLED, judged=False)
    assert await diary.shop.world.labels() == []


async def test_called_off_in_review(diary: Diary) -> None:
    """The shopper calls the return off while a person looks at it; there is no label to void."""
    one = await begun(diary, REVIEW, {KETTLE: 1})
    await one.until(lambda view: view.stage == "review")
    await diary.follows(one, "asks to send the kettle back")
    await diary.says("shopper", "calls it off", one.cancel())
    await diary.ends(Outcome.CANCELLED)
    assert diary.shop.world.returnable(ORDER, KETTLE) == 1


async def test_called_off_before_it_is_sent(diary: Diary) -> None:
    """The shopper calls the return off with the label in hand; it is voided."""
    one = await _labelled(diary)
    await diary.says("shopper", "calls it off", one.cancel())
    await diary.ends(Outcome.CANCELLED)
    (label,) = await diary.shop.world.labels()
    assert (label["status"], diary.shop.world.returnable(ORDER, KETTLE)) == ("cancelled", 1)


async def test_called_off_too_late(diary: Diary) -> None:
    """Once the goods are here, nothing can be called off or changed; the return goes its way."""
    one = await _labelled(diary)
    await diary.says("warehouse", "counts the kettle", one.receive())
    code, words = await refusal(one.cancel())
    assert (code, "arrived" in words) == ("already_received", True)
    assert (await refusal(edit(one, {BOOK: 1})))[0] == "already_received"
    assert (await refusal(one.update("cancel", Cancel(by="olga", reason=CancelReason.STAFF))))[0] == "already_received"
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)


async def test_the_merchant_calls_it_off(diary: Diary) -> None:
    """Staff agrees with the shopper that nothing comes back: for them it is called off like any other."""
    one = await _labelled(diary)
    said = Cancel(by="olga", reason=CancelReason.STAFF, remark="They keep it, as told by phone.")
    assert (await refusal(one.update("cancel", said.model_copy(update={"by": "ann"}))))[0] == "role_may_not"
    await diary.says("ops", "calls it off, with a reason", one.update("cancel", said))
    await diary.ends(Outcome.CANCELLED)
    (cancelled,) = diary.shop.world.entries(one.case, EntryKind.CANCELLED)
    assert (cancelled.actor, cancelled.reasons, "phone" in cancelled.model_dump_json()) == ("olga", ("staff",), False)


async def _labelled(told: Diary) -> Return:
    one = await begun(told, PLAIN, {KETTLE: 1})
    await one.labelled()
    return await told.follows(one, "asks to send the kettle back")
