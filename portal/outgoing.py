"""Tells one endpoint what the journal says of returns, in order per return, again and again until it was taken."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from activities.storefront.outgoing import Receivers
from domain.errors import BackhaulError, Unavailable
from domain.event import Endpoint, OutgoingRow
from domain.stores import Outgoing
from ledger import Ledger
from ledger.events import events_of, waiting
from portal.loop import pause

AT_ONCE = 20
"""Returns whose events are under way at a time."""
ENTRIES = 200
"""Entries of the journal that one round reads."""
LEASE = timedelta(minutes=1)
"""For so long what was taken is not taken again: after a crash it is."""
LAST_START = timedelta(seconds=30)
"""After so much of it nothing more is begun; one delivery takes less than the rest."""
POLL_SECONDS = 1.0
"""How often to look for new entries, and for events whose time has come."""
LONGEST_PAUSE = timedelta(hours=1)
"""Between two attempts for one event; nothing is ever given up."""

_log = logging.getLogger(__name__)

Failed = tuple[OutgoingRow, datetime, str]


class Outbound:
    """One process's sending to one endpoint, so that a slow one holds nobody else up. Several processes may run."""

    def __init__(
        self,
        endpoint: Endpoint,
        outgoing: Outgoing,
        ledger: Ledger,
        receivers: Receivers,
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._endpoint = endpoint
        self._outgoing = outgoing
        self._ledger = ledger
        self._receivers = receivers
        self._clock = clock
        self._chance = chance
        self._stopping = asyncio.Event()
        self._failed_rounds = 0

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopping.set()

    async def run(self) -> None:
        """Until stopped. Nothing that goes wrong ends it; what is lost on the way is taken up when its lease ends."""
        while not self._stopping.is_set():
            try:
                done = await self.round()
            except BackhaulError as error:
                _log.warning("events for %s cannot be read or written: %s", self._endpoint.name, error.message)
                done = 0
            except Exception:
                _log.exception("a fault of this program while events for %s were sent", self._endpoint.name)
                done = 0
            if not done:
                await self._wait()

    async def round(self) -> int:
        """Read on in the journal, send what is due, and return how many entries and deliveries that were."""
        read = await asyncio.to_thread(self.read)
        now = self._clock()
        rows = await asyncio.to_thread(self._outgoing.take, self._endpoint.name, now, AT_ONCE, now + LEASE)
        if not rows:
            return read
        about: dict[str, list[OutgoingRow]] = defaultdict(list)
        for row in rows:
            about[row.subject].append(row)
        ended = await asyncio.gather(*(self._in_turn(those, now + LAST_START) for those in about.values()))
        delivered = [row for taken, _ in ended for row in taken]
        failed = [failure for _, failure in ended if failure]
        await asyncio.to_thread(self._outgoing.record, self._endpoint.name, delivered, failed, self._clock())
        # Where a whole round was in vain nobody is at home, and knocking at once for all others would not help.
        self._failed_rounds = self._failed_rounds + 1 if len(failed) == AT_ONCE and not delivered else 0
        return read + len(delivered)

    def read(self) -> int:
        """Have the events of the journal's next entries wait, and return how many entries those were."""
        seen = self._outgoing.place(self._endpoint.name)
        if self._outgoing.newest() <= seen:
            return 0
        entries = list(islice(self._ledger.entries(after=seen), ENTRIES))
        rows = [row for entry in entries for row in waiting(entry, self._endpoint)]
        self._outgoing.queue(self._endpoint.name, seen, entries[-1].seq, rows, self._clock())
        return len(entries)

    async def _in_turn(self, rows: Sequence[OutgoingRow], until: datetime) -> tuple[list[OutgoingRow], Failed | None]:
        """Send the events of one return, until one is not taken: those that were, and that one."""
        taken: list[OutgoingRow] = []
        for row in rows:
            if taken and self._clock() >= until:
                break
            if failure := await self._send(row):
                return taken, failure
            taken.append(row)
        return taken, None

    async def _send(self, row: OutgoingRow) -> Failed | None:
        try:
            for one in [row] if row.body else await asyncio.to_thread(self._read_again, row):
                await self._receivers.deliver(self._endpoint, one, self._clock())
        except Unavailable as error:
            return self._put_off(row, error.message, timedelta(seconds=error.retry_after or 0))
        except Exception as error:
            _log.exception("a fault of this program while %s was sent to %s", row.id, self._endpoint.name)
            return self._put_off(row, f"This is a fault in the program ({type(error).__name__}); see the portal's log.")
        return None

    def _read_again(self, row: OutgoingRow) -> list[OutgoingRow]:
        """What could not be read when its turn came."""
        entry = next(self._ledger.entries(after=row.seq - 1))
        return OutgoingRow.of(events_of(entry), self._endpoint)

    def _put_off(self, row: OutgoingRow, error: str, asked: timedelta = timedelta()) -> Failed:
        _log.info("%s (%s) waits after attempt %d: %s", row.id, row.subject, row.attempts, error)
        wait = max(pause(row.attempts, self._chance(), LONGEST_PAUSE), asked)
        return row, self._clock() + wait, error

    async def _wait(self) -> None:
        seconds = max(POLL_SECONDS, min(2.0**self._failed_rounds, 60.0) if self._failed_rounds else 0.0)
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
