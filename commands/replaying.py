"""Requests that were made, to be judged again: out of the journal, or out of a file of them. One at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from commands import judging, values
from commands.judging import Here, Subject
from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from domain.order import Order
    from domain.policy import Decision, Policies
    from domain.request import ReturnRequest
    from ledger import JournalEntry
    from wiring import Rooms


@dataclass(frozen=True)
class Judged:
    """A decision, and what was quoted for it in minor units."""

    decision: Decision
    total: int


@dataclass(frozen=True)
class Recorded:
    """A request as it was made: on what was known of its order then. `name` is the return, or the line of a file;
    `before` is what was decided, where that is known."""

    name: str
    subject: Subject
    request: ReturnRequest
    at: datetime
    before: Judged | None = None


@dataclass(frozen=True)
class Unjudged:
    """What cannot be judged again, and why."""

    name: str
    why: str


def from_journal(rooms: Rooms, since: datetime | None) -> Iterator[Recorded | Unjudged]:
    """Every request that was decided since then, oldest first."""
    from ledger import EntryKind

    for entry in rooms.ledger.entries():
        if entry.kind is EntryKind.DECISION and (since is None or entry.at >= since):
            yield _recorded(rooms, entry)


def _recorded(rooms: Rooms, entry: JournalEntry) -> Recorded | Unjudged:
    from domain.kits import in_parts
    from domain.plan import RefundPlan
    from domain.policy import Decision
    from domain.request import ReturnRequest
    from ledger.then import order_then

    earlier = takewhile(lambda one: one.seq < entry.seq, rooms.ledger.entries(order=entry.order))
    try:
        then = order_then(rooms.stores.snapshots, list(earlier))
    except KeyError:
        then = None
    if then is None or "request" not in entry.facts:
        return Unjudged(entry.case, f"the journal does not have what order {entry.order} was then")
    request = in_parts(then.order, ReturnRequest.model_validate(entry.facts["request"]))
    quote = RefundPlan.model_validate(entry.facts["quote"]).total if "quote" in entry.facts else 0
    before = Judged(Decision.model_validate(entry.facts["decision"]), quote)
    return Recorded(entry.case, Subject(then.order, then.history, then.returnable), request, entry.at, before)


def from_file(path: Path, here: Here, since: datetime | None) -> Iterator[Recorded]:
    """The requests of a file, each a line of JSON: order, request and at. Raises InvalidRequest naming the line."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                if text.strip():
                    found = _of_line(f"{path}:{number}", text, here)
                    if since is None or found.at >= since:
                        yield found
    except UnicodeDecodeError:
        raise InvalidRequest(str(path), "this is no text in UTF-8") from None
    except OSError as error:
        raise InvalidRequest(str(path), f"it cannot be read: {error.strerror}") from None


def _of_line(name: str, text: str, here: Here) -> Recorded:
    from domain.kits import in_parts
    from domain.request import check_against, parse_request

    try:
        fields = _fields(text)
        at = values.moment("at", str(fields["at"]))
        subject = _subject(fields["order"], here)
        wanted = fields["request"]
        if not isinstance(wanted, Mapping) or at is None:
            raise InvalidRequest("request", "it has lines, and may have a basis")
        order = subject.order
        request = in_parts(order, parse_request({"id": "asked", **wanted, "order_id": order.id}))
        check_against(request, order)
    except InvalidRequest as error:
        raise InvalidRequest(name, error.message) from None
    return Recorded(name, subject, request, at)


def _fields(text: str) -> Mapping[str, object]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequest("line", "this is no JSON") from None
    missing = [one for one in ("order", "request", "at") if one not in fields] if isinstance(fields, dict) else []
    if not isinstance(fields, dict) or missing:
        raise InvalidRequest("line", f'it is {{"order": ..., "request": ..., "at": ...}}, without {", ".join(missing)}')
    return fields


def _subject(order: object, here: Here) -> Subject:
    """An order: its id or number here, a snapshot as `orders show --json` prints it, or a shop's own."""
    from activities.storefront.importers import read_order
    from domain.order import Order

    if isinstance(order, str):
        return here.order(order)
    found: Order
    if isinstance(order, Mapping) and {"placed_at", "tenders"} <= set(order):
        found = values.make(Order, order)
    else:
        found = read_order(json.dumps(order)).order
    return judging.subject_of(found)


def judge(one: Recorded, judges: Policies) -> Judged:
    """The same request under a policy. Raises Refused where the order cannot give what it would be quoted."""
    from domain.policy import decide
    from domain.quoted import quoted

    subject, calendar = one.subject, judges.policy.policy.calendar
    decision = decide(subject.order, one.request, judges, subject.returnable, calendar, one.at)
    found = quoted(subject.order, subject.history, decision)
    return Judged(decision, found.plan.total if found else 0)
