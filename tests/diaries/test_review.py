"""Returns that a person looks at before a label goes out. The kettle cost 45.55 EUR, the book 22.71."""

from __future__ import annotations

from datetime import timedelta

from domain.case import Outcome
from domain.policy import Verdict
from domain.policy.goods import Proof
from ledger import EntryKind
from tests.diaries.diary import Diary
from tests.diaries.said import ask, begun, show
from tests.workflows.returns import refusal
from tests.workflows.test_overrides import agree, override
from tests.workflows.test_replay import replayer

REVIEW = "id: default\ntitle: Looked at\nwindow_days: 3650\njudgement:\n  - verdict: review\n"
STRICT = f"{REVIEW}deadlines:\n  - no_evidence: decline\n    evidence_days: 5\n"


async def test_evidence_is_given(diary: Diary) -> None:
    """Ops ask for a photo before they decide; the shopper sends one, and the review goes on where it stood."""
    one = await begun(diary, REVIEW, {"3": 1})
    await one.until(lambda view: view.stage == "review")
    first = (await one.view()).due_at
    await diary.follows(one, "asks to send the kettle back")
    await diary.passes(1)
    assert (await refusal(ask(one, "9")))[0] == "not_in_review"
    seen = await diary.says("ops", "asks for a photo of the kettle", ask(one))
    assert (seen.next_owner, seen.next_action) == ("shopper", "Show photo of line 3: `evidence give`")
    assert (await ask(one)).evidence == seen.evidence  # once more is once
    assert (await refusal(ask(one, proof=Proof.RECEIPT)))[0] == "asked_already"
    asked = (await diary.now, seen.due_at)
    assert first is not None
    assert asked[1] is not None
    assert round((asked[1] - asked[0]) / timedelta(days=1)) == 7
    await diary.passes(5.1, "two days are left, and the shopper is reminded")
    seen = await diary.says("shopper", "sends a photo", show(one))
    assert seen.evidence[0].endswith(": given")
    assert (await refusal(show(one)))[0] == "recorded_differently"  # the same id with another text
    assert (seen.next_owner, seen.stage) == ("ops", "review")
    assert seen.due_at is not None
    waited = await diary.now - asked[0]
    assert abs(seen.due_at - (first + waited)) < timedelta(minutes=1)  # the clock has stood
    await diary.says("ops", "approves the kettle", override(one, "fay", verdict="approve"))
    await one.labelled()
    await diary.says("warehouse", "counts the kettle", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "45.55 EUR"
    (given,) = diary.shop.world.entries(one.case, EntryKind.EVIDENCE_GIVEN)
    assert (given.actor, "kettle.jpg" in given.model_dump_json()) == ("shopper", False)
    (mail, *_) = [one for one in await diary.shop.world.mails(one.case) if "need something" in one["subject"]]
    assert "a photo" in mail["text"]
    await replayer().replay_workflow(await one.history())


async def test_evidence_never_comes(diary: Diary) -> None:
    """The shopper sends nothing of what was asked for, and this policy declines what is not shown."""
    one = await begun(diary, STRICT, {"3": 1})
    await one.until(lambda view: view.stage == "review")
    await diary.follows(one, "asks to send the kettle back")
    await diary.says("ops", "asks for a photo of the kettle", ask(one))
    await diary.passes(3.1, "two days are left, and the shopper is reminded")
    await diary.passes(1.8)
    assert (await one.view()).next_owner == "shopper"
    await diary.passes(0.2, "the time to show something ends")
    ended = await diary.ends(Outcome.DECLINED)
    assert (ended.verdict, "not_shown" in ended.reasons) == (Verdict.DECLINE, True)
    assert await diary.shop.world.labels() == []


async def test_nobody_looks_at_a_review(diary: Diary) -> None:
    """The policy leaves the kettle to a person, and nobody looks: ops are asked, then it may come; its money waits."""
    one = await begun(diary, REVIEW, {"3": 1})
    await one.until(lambda view: view.stage == "review")
    await diary.follows(one, "asks to send the kettle back")
    await diary.passes(1.95)
    assert (await one.view()).next_owner == "ops"
    await diary.passes(0.1, "the time to look has passed, so ops are asked again")
    await diary.passes(2, "as long again has passed, so the label goes out")
    await diary.says("warehouse", "counts the kettle", one.receive())
    seen = await diary.says("warehouse", "grades it as new", one.inspect())
    seen = await one.until(lambda view: view.to_approve is not None)
    assert (seen.to_approve and seen.to_approve.minor, seen.next_owner, seen.refunded) == (4555, "finance", "")
    told = [entry.facts["notice"] for entry in diary.shop.world.entries(one.case, EntryKind.NOTICE)]
    assert (told.count("in_review"), told.count("approved")) == (2, 0)  # the second with the label


async def test_the_second_person_is_late(diary: Diary) -> None:
    """An override above its maker's limit waits for a second person; nobody agrees, so it lapses."""
    one = await begun(diary, REVIEW + "deadlines:\n  - review_days: 9\n", {"3": 1})
    await one.until(lambda view: view.stage == "review")
    await diary.follows(one, "asks to send the kettle back")
    seen = await diary.says("ops", "approve it above their limit", override(one, "olga", verdict="approve"))
    assert (seen.next_owner, seen.to_approve and seen.to_approve.minor) == ("finance", 4555)
    await diary.passes(1.9)
    assert (await one.view()).next_owner == "finance"
    await diary.passes(0.2, "two days have passed, so ops are asked to find somebody")
    seen = await one.view()
    assert (seen.next_owner, "or it lapses" in seen.next_action) == ("ops", True)
    await diary.passes(2, "as long again has passed, so it lapses")
    seen = await one.view()
    assert (seen.override_to_approve, seen.stage) == ("", "review")
    assert "lapsed" in seen.overrides[0]
    assert (await refusal(agree(one, "fay", 4555)))[0] == "nothing_to_approve"
    await diary.says("finance", "approves it by herself", override(one, "fay", "o-2", verdict="approve"))
    await one.labelled()
    await diary.says("warehouse", "counts the kettle", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
    (lapsed,) = diary.shop.world.entries(one.case, EntryKind.OVERRIDE_LAPSED)
    assert lapsed.facts == {"override": "o-1"}
    await replayer().replay_workflow(await one.history())


async def test_approved_in_part(diary: Diary) -> None:
    """A person approves one of three mugs and declines the book, with a reason; only that mug comes back."""
    one = await begun(diary, REVIEW, {"1": 3, "2": 1})
    await one.until(lambda view: view.stage == "review")
    await diary.follows(one, "asks to send three mugs and the book back")
    assert (await refusal(override(one, "fay", line="1", verdict="approve", units=4)))[0] == "more_than_asked"
    one_mug = override(one, "fay", "o-2", "1", verdict="approve", units=1)
    seen = await diary.says("finance", "approves one mug", one_mug)
    assert (seen.expected, diary.shop.world.returnable("two-rates", "1")) == ({"1": 1, "2": 1}, 2)
    seen = await diary.says("finance", "declines the book", override(one, "fay", "o-3", "2", verdict="decline"))
    assert (seen.verdict, seen.quote) == (Verdict.APPROVE, "11.76 EUR")
    await one.labelled()
    assert (await refusal(override(one, "fay", "o-4", "1", verdict="approve", units=1)))[0] == "nothing_changes"
    assert diary.shop.world.returnable("two-rates", "2") == 1
    await diary.says("warehouse", "counts the mug", one.receive({"1": 1}))
    await diary.says("warehouse", "grades it as new", one.inspect({"1": 1}))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "11.76 EUR"
    mail = next(one for one in await diary.shop.world.mails(one.case) if "approved" in one["subject"])
    assert "does not take it back" in mail["text"]
