"""Goods that came, and are looked at late, in parts, or are not what was announced."""

from __future__ import annotations

from datetime import UTC, datetime

from commands.policy import publish_policy
from domain.case import Outcome
from domain.inspection import Disposition, Grade, InspectedLine, Inspection
from ledger import EntryKind
from tests.diaries.diary import Diary
from tests.workflows.returns import Return
from tests.world import POLICY_FROM

POLICY = "id: default\ntitle: Looked at in time\nwindow_days: 3650\n"
WORTH_LESS = "lost_value:\n  - {percent: 50, reason: It is worn out., when: {grade: grade_d}}\n"
IN_TIME = f"{POLICY}{WORTH_LESS}deadlines:\n  - {{inspection_days: 4, inspection_default: as_quoted}}\n"


async def begun(diary: Diary, policy: str, **lines: int) -> Return:
    """A return whose label is out."""
    publish_policy(diary.shop.world.rooms, policy, POLICY_FROM, datetime.now(UTC))
    one = await diary.shop.two_rates({line.removeprefix("line_"): count for line, count in lines.items()})
    await one.labelled()
    return await diary.follows(one, f"asks to send {sum(lines.values())} unit(s) back")


async def test_inspection_that_nobody_does(diary: Diary) -> None:
    """Nobody inspects in time: ops are asked and the shopper is told, after as long again the money goes as quoted, and
    a bad grade that comes later only says where the goods go."""
    one = await begun(diary, IN_TIME, line_3=1)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.passes(3.9)
    assert (await one.view()).next_owner == "warehouse"
    await diary.passes(0.2, "4 days without an inspection")
    assert (await one.view()).next_owner == "ops"
    await diary.passes(3.7)
    assert await diary.shop.world.refunds("pi_demo_two_rates") == []
    await diary.passes(0.4, "4 days more")
    seen = await one.view()
    assert (seen.refunded, seen.stage, seen.next_owner) == (seen.quote, "inspection", "ops")
    (said,) = diary.shop.world.entries(one.case, EntryKind.UNINSPECTED)
    assert said.reasons == ("not_inspected_in_time",)
    worn = (InspectedLine(line_id="3", quantity=1, grade=Grade.D, disposition=Disposition.RECYCLE),)
    late = Inspection(id="look-1", inspected_by="ben", lines=worn)
    await diary.passes(10)
    await diary.says("warehouse", "grades it as damaged", one.update("inspect", late))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == view.quote == "45.55 EUR"
    assert [one for one in diary.shop.world.posted("stock:") if one.endswith("recycle")]
