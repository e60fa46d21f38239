"""Somebody who is told of returns: checks every signature by the library's own rules, and answers as scripted."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from domain.errors import Unavailable
from domain.event import Endpoint, Event, OutgoingRow

SECRET = "whsec_" + "QmFja2hhdWwgdGVzdHMga2V5IQ=="


def endpoint(name: str = "crm", *types: str) -> Endpoint:
    """An endpoint that wants these types, or all."""
    told = {"name": name, "url": "https://crm.example/events", "secret": SECRET, "types": types}
    return Endpoint.model_validate(told)


class FakeReceivers:
    """Takes what it is given, unless `refuses` has a no for its return: how often, and when to come back."""

    def __init__(self) -> None:
        self.refuses: Counter[str] = Counter()
        self.retry_after: int | None = None
        self.came: list[str] = []
        self.taken: dict[str, list[Event]] = defaultdict(list)

    async def deliver(self, endpoint: Endpoint, row: OutgoingRow, now: datetime) -> None:
        """As scripted."""
        self.came.append(row.id)
        if self.refuses[row.subject] > 0:
            self.refuses[row.subject] -= 1
            raise Unavailable(f"{endpoint.name} did not take it (HTTP 503).", self.retry_after)
        self.taken[row.subject].append(Event.model_validate_json(row.body))

    async def close(self) -> None:
        """Nothing to let go."""

    def types(self, subject: str) -> list[str]:
        """What was taken of a return, in the order in which it was taken."""
        return [one.type.value for one in self.taken[subject]]
