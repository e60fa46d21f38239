"""Sends on what is in the inbox, again and again until somebody has taken it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from domain.errors import BackhaulError, Unavailable
from domain.inbox import InboxRow, InboxState
from domain.stores import Inbox
from portal.courier import Courier

AT_ONCE = 20
"""Rows that one round takes."""
LEASE = timedelta(minutes=1)
"""For so long a row that was taken is not taken again: after a crash it is."""
POLL_SECONDS = 1.0
"""How often to look for rows whose time has come, or that another process has stored."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)

_log = logging.getLogger(__name__)


def pause(attempts: int, chance: float, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, a fifth more or less by chance (0 to 1), so
    that not all come back at one moment."""
    doublings = min(max(attempts, 1) - 1, 20)
    return min(FIRST_PAUSE * (1 << doublings), longest) * (0.8 + 0.4 * chance)


class Loop:
    """One process's sending. Several may run: a row is taken by one of them."""

    def __init__(
        self,
        inbox: Inbox,
        courier: Courier,
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._inbox = inbox
        self._courier = courier
        self._clock = clock
        self._chance = chance
        self._heard = asyncio.Event()
        self._stopping = False

    def heard(self) -> None:
        """Something new was stored."""
        self._heard.set()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopping = True
        self._heard.set()

    async def run(self) -> None:
        """Until stopped. Nothing that goes wrong ends it; what is lost on the way is taken up when its lease ends."""
        while not self._stopping:
            self._heard.clear()
            try:
                taken = await self.round()
            except BackhaulError as error:
                _log.warning("the inbox cannot be read or written: %s", error.message)
                taken = 0
            except Exception:
                _log.exception("a fault of this program while the inbox was sent on")
                taken = 0
            if taken < AT_ONCE and not self._stopping:
                await self._wait()

    async def round(self) -> int:
        """Send what is due, and return how many rows that were. Events about one thing go in the order they came in."""
        now = self._clock()
        rows = await asyncio.to_thread(self._inbox.take, now, AT_ONCE, now + LEASE)
        about: dict[tuple[str, str], list[InboxRow]] = defaultdict(list)
        for row in rows:
            about[row.vendor, row.subject].append(row)
        ended = await asyncio.gather(*map(self._in_turn, about.values()), return_exceptions=True)
        for fault in filter(None, ended):
            raise fault
        return len(rows)

    async def _in_turn(self, rows: Sequence[InboxRow]) -> None:
        for row in rows:
            await self._send(row)

    async def _send(self, row: InboxRow) -> None:
        try:
            sent = await self._courier.send(row)
        except Unavailable as error:
            await self._put_off(row, error.message)
        except BackhaulError as error:
            await asyncio.to_thread(self._inbox.settle, row, InboxState.REFUSED, "", error.message)
        except Exception as error:
            _log.exception("a fault of this program while %s was sent on", row.id)
            await self._put_off(row, f"This is a fault in the program ({type(error).__name__}); see the portal's log.")
        else:
            if sent.state is not InboxState.DELIVERED:
                _log.warning("%s (%s) is %s: %s", row.id, row.kind, sent.state, sent.error)
            await asyncio.to_thread(self._inbox.settle, row, sent.state, sent.target, sent.error)

    async def _put_off(self, row: InboxRow, error: str) -> None:
        _log.info("%s (%s) waits after attempt %d: %s", row.id, row.kind, row.attempts, error)
        until = self._clock() + pause(row.attempts, self._chance())
        await asyncio.to_thread(self._inbox.put_off, row, until, error)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._heard.wait()
        except TimeoutError:
            return
