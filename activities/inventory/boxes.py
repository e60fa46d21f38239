"""Boxes that nobody announced: recorded, and given to the returns that they belong to.

The table is written first, because what staff wrote is in it alone; the journal follows with the units. Whatever
dies in between, the same call again completes it.
"""

from __future__ import annotations

from datetime import datetime

from activities.people import check_person
from domain import box_ids, ids
from domain.box import Box, BoxEnd, BoxMatch, BoxRow, due
from domain.errors import Refused
from domain.inspection import Receipt, units
from domain.people import Role, may_record
from domain.stores import Boxes, People
from domain.verbs import Verb
from ledger import EntryKind, Ledger, NewEntry
from ledger.moves import goods


class BoxDesk:
    """Where such boxes are written down. `days` is how many working days there are to find out whose one is."""

    def __init__(self, boxes: Boxes, people: People, ledger: Ledger, days: int) -> None:
        self._boxes = boxes
        self._people = people
        self._ledger = ledger
        self._days = days

    def get(self, box_id: str) -> BoxRow:
        """A box. Raises Refused if there is none of this id."""
        found = self._boxes.get(box_id)
        if found is None:
            text = f"There is no box {box_id}. See which there are: `python starter.py boxes`"
            raise Refused("not_found", text)
        return found

    def receive(self, box: Box, now: datetime) -> BoxRow:
        """Record a box; the same one again changes nothing. Raises Refused if the id stands for another one."""
        stands = self._boxes.get(box.id)
        if stands is None:
            check_person(self._people, box.received_by, Verb.RECEIVE)
            stands = self._boxes.keep(box, due(box.received_at, self._days))
        if stands.box.content != box.content:
            text = f"Box {box.id} is recorded with other content; see it: `python starter.py boxes show {box.id}`"
            raise Refused("recorded_differently", f"{text} Another box needs another id.")
        self._record(stands.box, now)
        return stands

    def ask(self, match: BoxMatch) -> BoxMatch:
        """Note that a return will be told of a box, before it is: what is noted cannot be given to another one.

        Returns what stands noted. Raises Refused if that is something else, or the box does not hold so much any more.
        """
        before = self.get(match.box)
        if before.of(match.case) is None:
            check_person(self._people, match.by, Verb.RECEIVE)
            if match.units == 0 and before.box.units:
                raise Refused("nothing_matched", f"None of box {match.box} would go to return {match.case}.")
        stands = self._boxes.reserve(match).of(match.case)
        if stands is None:
            raise Refused("matched_already", _taken(before))
        if units(stands.lines) != units(match.lines):
            lines = ", ".join(f"{one.quantity} of line {one.line_id}" for one in stands.lines)
            text = f"Box {match.box} is matched to return {match.case} with {lines}; a match is not changed."
            raise Refused("recorded_differently", text)
        return stands

    def counted(self, match: BoxMatch) -> bool:
        """Whether the return has counted exactly this: what died after that need not, and may not, be told again."""
        told = self._ledger.find(ids.receipt_key(match.case, match.box))
        return told is not None and units(Receipt.model_validate(told.facts["receipt"]).lines) == units(match.lines)

    def give_up(self, match: BoxMatch) -> None:
        """The return does not take it; what somebody else has recorded meanwhile stays."""
        if self._ledger.find(box_ids.box_match_key(match.box, match.case)) is None and not self.counted(match):
            self._boxes.release(match.box, match.case)

    def finish(self, match: BoxMatch, order: str, now: datetime) -> BoxRow:
        """The return has counted it: in the journal the units were not found, but came from the customer."""
        self._record(self.get(match.box).box, now)
        key = box_ids.box_match_key(match.box, match.case)
        lines = units(match.lines)
        self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.BOX_MATCHED,
                order=order,
                case=match.case,
                actor=match.by,
                at=now,
                facts={"box": match.box, "units": lines},
                asked={"box": match.box, "units": lines},
                transfers=goods.matched(key, match.box, match.units),
            )
        )
        return self._boxes.finish(match.box, match.case)

    def end(self, end: BoxEnd, now: datetime) -> BoxRow:
        """Put away what nobody claims of a box, once. Raises Refused if whoever says so may not, if not exactly so much
        is left, or if something else became of it."""
        before = self.get(end.box)
        if before.ended is None:
            refusal = may_record(self._people.get(end.by), end.by, (Role.OPS, Role.ADMIN))
            if refusal is not None:
                raise Refused(refusal.code, refusal.message)
        for sku, count in end.units.items():
            if count > (came := before.box.by_sku.get(sku, 0)):
                raise Refused("not_left", f"{count} of {sku} are to be put away, but box {end.box} held {came} of it.")
        stands = self._boxes.end(end)
        if stands.ended is None:
            raise Refused("not_left", f"{_taken(stands)} Exactly what is left can be ended.")
        if not stands.ended.same(end):
            raise Refused("recorded_differently", _taken(stands))
        self._record(stands.box, now)
        ended, key = stands.ended, box_ids.box_end_key(end.box)
        told = ended.model_dump(mode="json", include={"box", "units", "disposition", "location"})
        self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.BOX_ENDED,
                actor=ended.by,
                at=now,
                facts=told,
                asked=told,
                transfers=goods.unclaimed(key, end.box, ended.location, ended.units, ended.disposition),
            )
        )
        return self._boxes.finish_end(end.box)

    def _record(self, box: Box, now: datetime) -> None:
        key = box_ids.box_key(box.id)
        if self._ledger.find(key) is not None:
            return  # its words may have been erased since
        self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.BOX_FOUND,
                actor=box.received_by,
                at=now,
                facts={"box": box.id, "units": box.units},
                asked={"content": box.content},
                transfers=goods.unannounced(key, box.id, box.units),
            )
        )


def _taken(row: BoxRow) -> str:
    cases = ", ".join(one.case for one in row.matches)
    if (ended := row.ended) is not None:
        text = f"What was left of box {row.box.id} is {ended.disposition.replace('_', ' ')} at {ended.location}"
        return f"{text}, said {ended.by}; that is not changed any more."
    if row.left <= 0:
        text = f"All of box {row.box.id} is matched already, to {cases}."
    else:
        text = f"Box {row.box.id} has {row.left} of {row.box.units} unit(s) left"
        text += f"; the others are matched to {cases}." if cases else "."
    asked = [one.case for one in row.matches if not one.done]
    again = (
        f" {asked[0]} has not answered yet: `python starter.py match {row.box.id} --return {asked[0]}`" if asked else ""
    )
    return text + again
