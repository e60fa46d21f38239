"""Receives the events that Backhaul sends out: signatures checked, each event kept once with how often it came."""

from __future__ import annotations

import json

from pydantic import JsonValue

from domain.model import Model
from embedded.simulators import clock
from embedded.simulators.bodies import Json
from embedded.simulators.shelf import Rows
from embedded.simulators.storefront.errors import StorefrontError

_ONE = "all"


class Received(Model):
    """One event as it first came; `times` counts every delivery, the first too."""

    id: str
    body: JsonValue
    received: int
    times: int = 1


class Answers(Model):
    """The statuses that the next events are answered with; after them 204."""

    statuses: tuple[int, ...] = ()


def take(rows: Rows, id: str, body: bytes) -> int:
    """Take one delivery; gives the status to answer. One that is refused is not remembered.

    Raises StorefrontError 400 for what is no JSON, 409 for another body under the same id.
    """
    try:
        given: JsonValue = json.loads(body)
    except (ValueError, RecursionError):
        raise StorefrontError(400, "invalid", "An event is JSON.") from None
    answers = rows.get(Answers, _ONE) or Answers()
    if answers.statuses:
        rows.put(_ONE, Answers(statuses=answers.statuses[1:]))
        if not 200 <= answers.statuses[0] < 300:
            return answers.statuses[0]
    there = rows.get(Received, id)
    if there is not None and there.body != given:
        raise StorefrontError(409, "other_event", f"Event {id[:100]} came before with another content.")
    seen = there.model_copy(update={"times": there.times + 1}) if there else None
    rows.put(id, seen or Received(id=id, body=given, received=clock.now(rows)))
    return 204


def answer_with(rows: Rows, statuses: tuple[int, ...]) -> None:
    """Say what the next events are answered with."""
    rows.put(_ONE, Answers(statuses=statuses))


def told(rows: Rows) -> Json:
    """All events in the order in which they first came."""
    return {"data": [one.model_dump(mode="json") for one in reversed(rows.all(Received))]}
