"""What ops mend of a return. A mug cost 11.76 EUR, the kettle 45.55."""

from __future__ import annotations

from datetime import timedelta

from domain.case import Outcome
from domain.inspection import Disposition, Grade, InspectedLine, Inspection, ReceivedLine, Rest
from domain.mending import CorrectCount, Deadline, Regrade, RegradedLine
from domain.offer import Answer
from ledger import EntryKind
from tests.diaries.diary import Diary
from tests.diaries.said import ORDER, approve, begun, extend
from tests.diaries.test_offers import answer
from tests.workflows.returns import Return, refusal
from tests.workflows.test_overrides import override
from tests.workflows.test_replay import replayer
from workflows.return_case.view import CaseView

PLAIN = "id: default\ntitle: 30 days\nwindow_days: 3650\n"
WORN = f"{PLAIN}automatic_limit:\n  EUR: 1000\nlost_value:\n  - percent: 50\n    when: {{grade: grade_c}}\n"
FEE = f"{PLAIN}automatic_limit:\n  EUR: 1000\nrestocking:\n  - percent: 10\n"
MUGS, KETTLE = "1", "3"


async def correct(one: Return, *counts: int, by: str = "olga", box: str = "box-1") -> CaseView:
    lines = tuple(ReceivedLine(line_id=MUGS, quantity=count) for count in counts)
    return await one.update("correct_count", CorrectCount(by=by, receipt=box, lines=lines))


async def test_a_count_is_corrected(diary: Diary) -> None:
    """Three mugs were counted, two were in the box; the third is the shopper's again, and comes a week later."""
    one = await begun(diary, PLAIN, {MUGS: 3})
    await one.labelled()
    await diary.follows(one, "asks to send three mugs back")
    await diary.says("warehouse", "counts three mugs", one.receive())
    assert (await refusal(correct(one, 2, by="ann")))[0] == "role_may_not"
    assert (await refusal(correct(one, 4)))[0] == "more_than_approved"
    seen = await diary.says("ops", "corrects it to two", correct(one, 2))
    assert (seen.received, seen.expected) == ({MUGS: 2}, {MUGS: 1})
    assert (await correct(one, 2)).received == {MUGS: 2}  # once more is once
    world = diary.shop.world
    assert world.posted("returning:") == {f"returning:{one.case}:{MUGS}": 2}
    assert world.returnable(ORDER, MUGS) == 0  # it is promised to this return again
    seen = await diary.says("ops", "finds that nothing of it was this return's", correct(one))
    assert (seen.received, seen.stage, seen.receipts) == ({}, "awaiting_parcel", ())
    assert (await correct(one)).receipts == ()  # once more is once, and what was said before is not true again
    assert (await refusal(one.receive()))[0] == "not_ours"
    await diary.says("warehouse", "counts two mugs out of the right box", one.receive({MUGS: 2}, "box-2"))
    await diary.passes(2)
    await diary.says("warehouse", "counts the third", one.receive({MUGS: 1}, "box-3"))
    await diary.says("warehouse", "grades them as new", one.inspect({MUGS: 3}))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "35.29 EUR"
    assert [entry.actor for entry in world.entries(one.case, EntryKind.COUNT_CORRECTED)] == ["olga", "olga"]


async def test_goods_are_graded_anew(diary: Diary) -> None:
    """The kettle was graded as used; ops see that it is as new before anybody agreed: the plan is made anew."""
    one = await begun(diary, WORN, {KETTLE: 1})
    await one.labelled()
    await diary.follows(one, "asks to send the kettle back")
    await diary.says("warehouse", "counts the kettle", one.receive())
    line = InspectedLine(line_id=KETTLE, quantity=1, grade=Grade.C, disposition=Disposition.RESTOCKED)
    used = Inspection(id="look-1", inspected_by="ben", lines=(line,))
    seen = await diary.says("warehouse", "grades it as used", one.update("inspect", used))
    seen = await one.until(lambda view: view.to_approve is not None)
    assert seen.planned == "22.77 EUR"  # half of 45.55 is kept, half up

    async def regrade(*counts: int) -> CaseView:
        lines = tuple(RegradedLine(line_id=KETTLE, quantity=count, grade=Grade.A) for count in counts)
        return await one.update("regrade", Regrade(by="olga", lines=lines))

    assert (await refusal(regrade(2)))[0] == "not_what_was_inspected"
    await diary.says("ops", "grades it as new", regrade(1))
    seen = await one.until(lambda view: view.planned == "45.55 EUR")
    assert (await regrade(1)).planned == "45.55 EUR"  # once more is once
    assert (await refusal(approve(one, 2277)))[0] == "other_amount"
    await diary.says("finance", "agrees to all of it", approve(one, 4555, "a-2"))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "45.55 EUR"
    (entry,) = diary.shop.world.entries(one.case, EntryKind.REGRADED)
    assert (entry.actor, entry.facts["withdrawn"]) == ("olga", [f"plan:{one.case}:1"])
    await replayer().replay_workflow(await one.history())


async def test_goods_are_graded_worse_before_anybody_agreed(diary: Diary) -> None:
    """The kettle waits on the shelf for its approval; ops see that it is used: less is offered before it is paid."""
    one = await begun(diary, WORN, {KETTLE: 1})
    await one.labelled()
    await diary.follows(one, "asks to send the kettle back")
    await diary.says("warehouse", "counts the kettle", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    assert str((await one.view()).to_approve) == "45.55 EUR"
    line = RegradedLine(line_id=KETTLE, quantity=1, grade=Grade.C)
    await diary.says("ops", "grades it as used", one.update("regrade", Regrade(by="olga", lines=(line,))))
    seen = await one.view()
    assert (seen.stage, seen.next_owner, seen.offer) == ("offer", "shopper", "22.77 EUR instead of 45.55 EUR")
    assert (await refusal(answer(one, Answer.SEND_BACK, plan=2)))[0] == "not_here"  # it is put away
    await diary.says("shopper", "accepts", answer(one, Answer.ACCEPT, plan=2))
    await diary.says("finance", "agrees to that", approve(one, 2277))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "22.77 EUR"


async def test_a_later_box_is_mended(diary: Diary) -> None:
    """One mug is paid already; the count of the box with the others is corrected, and then their grade."""
    one = await begun(diary, WORN.replace("1000", "1500"), {MUGS: 3})
    await one.labelled()
    await diary.follows(one, "asks to send three mugs back")
    await one.receive({MUGS: 1})
    seen = Inspection(
        id="look-1", inspected_by="ben", rest=Rest.EXPECTED, lines=(InspectedLine(line_id=MUGS, quantity=1),)
    )
    await one.update("inspect", seen)
    await one.until(lambda view: view.refunded == "11.76 EUR" and view.stage == "awaiting_parcel")
    await diary.note("warehouse", "counts and grades one mug, and waits for the others")
    await diary.says("warehouse", "counts one mug more", one.receive({MUGS: 1}, "box-2"))
    assert (await refusal(correct(one, 2)))[0] == "already_inspected"  # the first box is paid
    await diary.says("ops", "corrects it to two", correct(one, 2, box="box-2"))
    worn = InspectedLine(line_id=MUGS, quantity=2, grade=Grade.C)
    await one.update("inspect", Inspection(id="look-2", inspected_by="ben", lines=(worn,)))
    view = await one.until(lambda view: view.stage == "offer")
    await diary.note("warehouse", "grades them as used")
    assert view.offer == "11.76 EUR instead of 23.53 EUR"  # half is kept, half up
    anew = RegradedLine(line_id=MUGS, quantity=2, grade=Grade.A)
    await diary.says("ops", "grades them as new", one.update("regrade", Regrade(by="olga", lines=(anew,))))
    await one.until(lambda view: view.to_approve is not None)
    await diary.says("finance", "agrees to the rest", approve(one, 2353))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "35.29 EUR"


async def test_a_fee_is_waived(diary: Diary) -> None:
    """Ten percent would be kept; a person waives that, signed and within their limit, before the money is sent."""
    one = await begun(diary, FEE, {KETTLE: 1})
    await one.labelled()
    await diary.follows(one, "asks to send the kettle back")
    await diary.says("warehouse", "counts the kettle", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    seen = await one.until(lambda view: view.to_approve is not None)
    assert seen.planned == "40.99 EUR"  # 4.56 are kept
    assert (await refusal(override(one, "olga", refund_percent=100)))[0] == "already_planned"
    await diary.says("ops", "waives it", override(one, "olga", waive=("restocking",)))
    await one.until(lambda view: view.planned == "45.55 EUR")
    await diary.says("finance", "agrees to all of it", approve(one, 4555))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "45.55 EUR"


async def test_a_deadline_is_extended(diary: Diary) -> None:
    """The shopper is in hospital: ops give two more weeks to send, and nothing expires meanwhile."""
    one = await begun(diary, f"{PLAIN}deadlines:\n  - label_days: 15\n", {KETTLE: 1})
    due = (await one.labelled()).due_at
    assert due is not None
    await diary.follows(one, "asks to send the kettle back")
    assert (await refusal(extend(one, Deadline.INSPECTION, due.date())))[0] == "nobody_waits"
    assert (await refusal(extend(one, Deadline.SEND_BACK, due.date())))[0] == "no_later_day"
    later = (due + timedelta(days=14)).date()
    seen = await diary.says("ops", "give two more weeks", extend(one, Deadline.SEND_BACK, later))
    assert seen.due_at == due + timedelta(days=14)
    assert (await extend(one, Deadline.SEND_BACK, later)).due_at == seen.due_at  # once more is once
    await diary.passes(20, "the first day to send by is over")
    assert (await one.view()).next_owner == "shopper"
    await diary.says("warehouse", "counts the kettle", one.receive())
    seen = await one.view()
    assert seen.due_at is not None
    more = (seen.due_at + timedelta(days=3)).date()
    await diary.says("ops", "give the warehouse three more days", extend(one, Deadline.INSPECTION, more))
    assert (await one.view()).due_at != seen.due_at
    await diary.passes(4)
    assert (await one.view()).next_owner == "warehouse"
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED, judged=False)
    assert len([one for one in await diary.shop.world.mails(one.case) if "approved" in one["subject"]]) == 2
