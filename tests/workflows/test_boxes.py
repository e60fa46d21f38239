"""Boxes that nobody announced, matched to returns that run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands import matching
from commands.matching import Said
from commands.temporal import Returns
from domain.box import Box, BoxRow
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.verbs import Verb
from ledger import EntryKind
from tests.workflows.returns import Return, Shop
from workflows.return_case.stage import Stage
from workflows.return_case.view import CaseView

NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)


class Desk:
    """A dock of the shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.rooms = shop, shop.world.rooms

    def box(self, *items: tuple[str, int], number: str | None = None) -> str:
        """A box comes, with an id of its own."""
        name = f"box-{self.shop.case}"
        lines = [{"sku": sku, "quantity": count} for sku, count in items]
        known = {"id": name, "received_by": "ann", "received_at": NOW, "place": "U3", "tracking_number": number}
        self.rooms.boxes.receive(Box.model_validate(known | {"lines": lines}), NOW)
        return name

    async def match(self, box: str, case: str, *lines: tuple[str, int], by: str = "ann") -> BoxRow:
        """It belongs to a return."""
        return await matching.to_return(self.rooms, Said(box, by, _lines(lines)), case)

    async def open(self, box: str, case: str, order: str = "B-2041", *lines: tuple[str, int]) -> BoxRow:
        """It is of an order."""
        return await matching.to_order(self.rooms, Said(box, "ann", _lines(lines)), order, case, "unwanted")

    def left(self, box: str) -> tuple[int, int]:
        """Units of it that nobody was found for: by the table, and by the journal."""
        return self.rooms.boxes.get(box).left, self.rooms.ledger.balance(f"box:{box}", "UNITS").posted


def _lines(lines: tuple[tuple[str, int], ...]) -> list[dict[str, object]]:
    return [{"line_id": line, "quantity": count} for line, count in lines]


@pytest.fixture
def desk(real_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Whose commands speak to the test's server."""

    async def connect() -> Returns:
        return Returns(real_shop.client)

    monkeypatch.setattr(Returns, "connect", connect)
    return Desk(real_shop)


def receipts(one: Return) -> list[tuple[str, str]]:
    """What the journal has of a return's arrivals: the box, and who said so."""
    return [(entry.facts["receipt"]["id"], entry.actor) for entry in one.world.entries(one.case, EntryKind.RECEIPT)]


async def test_a_box_is_given_to_its_return_once_and_the_refund_follows(desk: Desk) -> None:
    one = await desk.shop.two_rates({"1": 2, "2": 1})
    await one.labelled()
    box = desk.box(("BOOK-TEA", 1), ("MUG-BLUE", 2), number="1Z999")
    for _ in range(2):
        assert not (await desk.match(box, one.case)).open
    with pytest.raises(Refused, match="a match is not changed"):
        await desk.match(box, one.case, ("1", 1))
    view = await one.view()
    assert (view.received, view.stage, view.other_parcels) == ({"1": 2, "2": 1}, Stage.INSPECTION, ("1Z999",))
    assert receipts(one) == [(box, "ann")]
    assert desk.left(box) == (0, 0)
    (matched,) = one.world.entries(one.case, EntryKind.BOX_MATCHED)
    assert (matched.order, dict(matched.facts)) == ("two-rates", {"box": box, "units": {"1": 2, "2": 1}})
    await one.inspect()
    assert (await one.result()).refunded == "46.24 EUR"
    assert one.world.posted("found") == {}
    assert desk.rooms.ledger.verify().faults == ()


async def test_what_the_return_does_not_expect_stays_in_the_box_for_another(desk: Desk) -> None:
    one = await desk.shop.two_rates({"1": 1})
    other = await desk.shop.start(f"{one.case}-other", "two-rates", {"2": 1})
    await one.labelled()
    await other.labelled()
    box = desk.box(("MUG-BLUE", 1), ("BOOK-TEA", 1), ("PEN", 1))
    with pytest.raises(
        Refused, match=r"holds 1 × BOOK-TEA, 1 × PEN, which return .* expects 1 of line 1.*--line"
    ) as no:
        await desk.match(box, one.case)
    assert no.value.code == "more_than_expected"
    assert desk.left(box) == (3, 3)
    await desk.match(box, one.case, ("1", 1))
    with pytest.raises(Refused, match="say what of the rest"):
        await desk.match(box, other.case)
    # The workflow has the last word, and what it refuses is left again.
    with pytest.raises(Refused, match=r"2 of line 2 counted.*stays unmatched.*match .* --order"):
        await desk.match(box, other.case, ("2", 2))
    assert desk.left(box) == (2, 2)
    assert (await desk.match(box, other.case, ("2", 1))).open
    assert [(await each.view()).received for each in (one, other)] == [{"1": 1}, {"2": 1}]
    assert desk.left(box) == (1, 1)
    assert desk.rooms.ledger.verify().faults == ()


async def test_a_return_that_has_ended_takes_no_box_and_says_what_to_do(desk: Desk) -> None:
    one = await desk.shop.two_rates({"1": 1})
    await one.labelled()
    await one.cancel()
    await one.result()
    box = desk.box(("MUG-BLUE", 1))
    for lines in ((), (("1", 1),)):
        with pytest.raises(
            Refused, match=r"is closed \(cancelled\).*stays unmatched.*starter.py match .* --order"
        ) as no:
            await desk.match(box, one.case, *lines)
        assert no.value.code == "closed"
    assert desk.left(box) == (1, 1)
    # And what it says can be done.
    assert not (await desk.open(box, f"{one.case}-late")).open


async def test_a_return_is_opened_for_a_box_without_a_label_and_only_once(desk: Desk) -> None:
    await desk.shop.world.import_order("two_rates.json")
    box, case = desk.box(("MUG-BLUE", 2)), f"{desk.shop.case}-found"
    for _ in range(2):
        assert not (await desk.open(box, case)).open
    handle = desk.shop.client.get_workflow_handle(f"return-{case}", result_type=CaseView)
    one = Return(desk.shop.world, desk.shop.client, handle, {"1": 2})
    desk.shop.started.append(one)
    view = await one.view()
    assert (view.received, view.label_url, view.next_owner) == ({"1": 2}, "", "warehouse")
    assert await desk.shop.world.labels() == []
    assert receipts(one) == [(box, "ann")]
    await one.inspect()
    assert (await one.result()).refunded == "23.53 EUR"
    assert "approved" not in one.notices()  # there is nothing to send any more
    assert desk.rooms.ledger.verify().faults == ()


async def test_what_the_policy_declines_leaves_the_box_unmatched(desk: Desk) -> None:
    world = desk.shop.world
    await world.import_order("two_rates.json", delivered_at=NOW - timedelta(days=400))
    box = desk.box(("MUG-BLUE", 2))
    with pytest.raises(Refused, match=r"is declined \(.*\); the box is still unmatched.*--appeal"):
        await desk.open(box, f"{desk.shop.case}-late")
    assert desk.left(box) == (2, 2)
    with pytest.raises(Refused, match="There is no order B-0"):
        await desk.open(box, f"{desk.shop.case}-x", "B-0", ("9", 1))
    with pytest.raises(InvalidRequest, match="has no line 9"):
        await desk.open(box, f"{desk.shop.case}-x", "B-2041", ("9", 1))
    with pytest.raises(Refused, match="has only 2 left to match"):
        await desk.open(box, f"{desk.shop.case}-x", "B-2041", ("1", 3))


async def test_an_answer_that_was_lost_is_no_second_receipt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await desk.shop.two_rates({"1": 2})
    other = await desk.shop.start(f"{one.case}-other", "two-rates", {"1": 1})
    await one.labelled()
    await other.labelled()
    box = desk.box(("MUG-BLUE", 2))
    tell = Returns.tell

    async def lost(returns: Returns, case: str, verb: Verb, said: Any) -> Any:
        await tell(returns, case, verb, said)
        raise Unavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(Returns, "tell", lost)
        with pytest.raises(Unavailable):
            await desk.match(box, one.case)
    assert desk.left(box) == (0, 2)
    with pytest.raises(Refused, match="has not answered yet"):
        await desk.match(box, other.case, ("1", 1))
    # Meanwhile the return goes on to its end with what it has counted.
    await one.inspect()
    await one.result()
    assert not (await desk.match(box, one.case)).open
    assert (desk.left(box), receipts(one)) == ((0, 0), [(box, "ann")])
    assert desk.rooms.ledger.verify().faults == ()


async def test_an_empty_box_belongs_to_a_return_and_brings_nothing(desk: Desk) -> None:
    one = await desk.shop.two_rates({"1": 2})
    await one.labelled()
    box = desk.box()
    with pytest.raises(Refused, match="was empty"):
        await desk.open(box, f"{one.case}-x")
    assert not (await desk.match(box, one.case)).open
    assert (await one.view()).received == {}
    assert receipts(one) == []


async def test_who_may_not_receive_matches_nothing(desk: Desk) -> None:
    one = await desk.shop.two_rates({"1": 2})
    await one.labelled()
    box = desk.box(("MUG-BLUE", 2))
    with pytest.raises(Refused) as no:
        await desk.match(box, one.case, by="fay")
    assert no.value.code == "role_may_not"
    assert desk.left(box) == (2, 2)
