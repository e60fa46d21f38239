"""How a box that nobody announced gets to a return: noted, told to the return, recorded; each once, whatever dies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from commands import values
from commands.temporal import CaseView, Returns
from domain.box import BoxMatch, BoxRow, lines_of, told
from domain.case import Outcome
from domain.errors import Refused
from domain.inspection import Receipt
from domain.parcel import OtherParcel
from domain.policy import Verdict
from domain.verbs import Verb
from ledger.frozen import frozen_order
from workflows.return_case.stage import Stage

if TYPE_CHECKING:
    from domain.order import Order
    from wiring import Rooms

PATIENCE_SECONDS = 10.0
"""How long a new return may take to be decided, until whoever waits is sent away to say it again."""


class Said(NamedTuple):
    """What somebody says of a box: its lines where the SKUs do not tell them."""

    box: str
    by: str
    lines: list[dict[str, object]]


async def to_return(rooms: Rooms, said: Said, case: str) -> BoxRow:
    """Give a box to an open return. Raises Refused with what to do instead, and Unavailable if nobody answers."""
    row = rooms.boxes.get(said.box)
    known = row.of(case)
    if known is not None and known.done and not said.lines:
        return row
    returns = await Returns.connect()
    seen = await returns.view(case)
    match = known if known is not None and not said.lines else _match(rooms, row, said, seen)
    match = rooms.boxes.ask(match)
    if not match.done and not rooms.boxes.counted(match):
        try:
            await _tell(returns, row, seen, match)
        except Refused as no:
            rooms.boxes.give_up(match)
            raise Refused(no.code, f"{no.message} {_instead(row)}") from None
    return rooms.boxes.finish(match, seen.order_id, values.now())


async def to_order(rooms: Rooms, said: Said, order: str, case: str, reason: str) -> BoxRow:
    """Start a return of an order for a box, and give it the box. Raises what `to_return` raises."""
    from commands.returns import request_of

    row = rooms.boxes.get(said.box)
    if row.of(case) is None:
        bought = rooms.stores.orders.get(order)
        if bought is None:
            raise Refused("not_found", f"There is no order {order}; import it: `python starter.py orders import`")
        lines = said.lines or _by_sku(row, bought, {line.id: line.quantity for line in bought.lines}, f"order {order}")
        if not lines:
            raise Refused("nothing_to_return", f"Box {row.box.id} was empty, so no return is opened for it.")
        if sum(int(str(line["quantity"])) for line in lines) > row.left:
            raise Refused("matched_already", f"Box {row.box.id} has only {row.left} left to match.")
        asked = [{**line, "reason": reason} for line in lines]
        request = request_of(rooms, case, bought.id, asked, {"requested_by": said.by, "box": row.box.id})
        returns = await Returns.connect()
        await returns.start(request, rooms.stores.notes, {})
        seen = await _decided(returns, case)
        if seen.verdict is Verdict.DECLINE or seen.outcome is not None:
            how = seen.outcome or Outcome.DECLINED
            text = (
                f"Return {case} for box {row.box.id} is {how} ({', '.join(seen.reasons)}); the box is still unmatched."
            )
            raise Refused("closed", f"{text} A person may look again: `python starter.py start --appeal {case}`")
        said = said._replace(lines=lines)
    return await to_return(rooms, said, case)


def _match(rooms: Rooms, row: BoxRow, said: Said, seen: CaseView) -> BoxMatch:
    given = said.lines
    if not given and row.box.units:
        if seen.outcome is not None:
            raise Refused("closed", f"Return {seen.id} is closed ({seen.outcome}). {_instead(row)}")
        order = frozen_order(rooms.ledger, rooms.stores.snapshots, seen.order_id)
        if order is None:
            raise Refused("not_decided", f"Return {seen.id} has not been decided yet; try again in a moment.")
        given = _by_sku(row, order, seen.expected, f"return {seen.id}")
    lines = [{"line_id": one["line_id"], "quantity": one["quantity"]} for one in given]
    about = {"box": row.box.id, "case": seen.id, "by": said.by, "at": values.now()}
    return values.make(BoxMatch, {**about, "lines": lines})


def _by_sku(row: BoxRow, order: Order, wanted: Mapping[str, int], whose: str) -> list[dict[str, object]]:
    """All of the box as lines of the order. Raises Refused for what is not clear, with how to say it."""
    if row.matches:
        text = f"Some of box {row.box.id} is matched already; say what of the rest belongs to {whose} with --line."
        raise Refused("say_which", text)
    found, others = lines_of(row.box, order, wanted)
    if others:
        fits = ", ".join(f"{count} of line {line_id}" for line_id, count in wanted.items()) or "nothing"
        text = f"Box {row.box.id} holds {told(others)}, which {whose} does not expect (it expects {fits})."
        more = "Say with --line what belongs there; the rest stays in the box until it is matched to something else."
        raise Refused("more_than_expected", f"{text} {more}")
    return [{"line_id": line_id, "quantity": count} for line_id, count in found.items()]


async def _tell(returns: Returns, row: BoxRow, seen: CaseView, match: BoxMatch) -> None:
    """The return's receipt has the box's id, so that it counts once; its scans are taken from here on."""
    if seen.outcome is not None:
        raise Refused("closed", f"Return {seen.id} is closed ({seen.outcome}); it takes no goods any more.")
    number = row.box.tracking_number
    if number and number not in (seen.tracking_number, *seen.other_parcels):
        await returns.tell(match.case, Verb.ADD_PARCEL, OtherParcel(tracking_number=number, by=match.by))
    if match.lines:
        said = Receipt(id=match.box, received_by=match.by, lines=match.lines)
        await returns.tell(match.case, Verb.RECEIVE, said)


async def _decided(returns: Returns, case: str) -> CaseView:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (seen := await returns.view(case)).stage is Stage.REQUESTED and not seen.troubles:
                await asyncio.sleep(0.1)
    except TimeoutError:
        text = f"Return {case} has not been decided yet; say the same again: it goes on from there."
        raise Refused("not_decided", text) from None
    return seen


def _instead(row: BoxRow) -> str:
    """What to do with a box that a return does not take."""
    return (
        f"Box {row.box.id} stays unmatched: see whose it may be (`python starter.py boxes show {row.box.id}`), or open "
        f"a return for it: `python starter.py match {row.box.id} --order ORDER`"
    )
