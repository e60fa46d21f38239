"""Our own figures for Prometheus. They are not public: they have an address of their own, for within the house."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import BackhaulError
from domain.stores import Inbox, Outbox, Outgoing
from portal.figures import Samples, families, of_ages, of_journal, of_tables, of_temporal
from portal.tally import Tally
from portal.visibility import Visibility

_log = logging.getLogger(__name__)

FRESH = {
    "journal": timedelta(seconds=10),
    "tables": timedelta(seconds=10),
    "temporal": timedelta(minutes=1),
    "ages": timedelta(minutes=10),
}
"""For so long what was read counts; whoever scrapes more often gets the same again."""
FIRST_SECONDS = 5.0
"""How long the first answer waits. Every other one tells what is known, and what is old is read anew behind it."""


class Figures(Collector):
    """What is known of every source; a source without an answer keeps what it said last, and says that it is down."""

    def __init__(
        self,
        tally: Tally,
        stores: tuple[Inbox, Outbox, Outgoing],
        visibility: Visibility,
        clock: Callable[[], datetime],
        certificates: Callable[[], dict[str, datetime]] = dict,
    ) -> None:
        self._tally = tally
        self._inbox, self._outbox, self._outgoing = stores
        self._visibility = visibility
        self._clock = clock
        self._certificates = certificates
        self._known: Samples = {}
        self._up: dict[str, bool] = {}
        self._tried: dict[str, datetime] = {}
        self._read: dict[str, datetime] = {}
        self._open: dict[str, int] = {}
        self._reading: dict[str, asyncio.Task[None]] = {}

    async def refresh(self, patience: float | None = FIRST_SECONDS) -> None:
        """Begin to read what is old, and wait so many seconds for what was never read; None waits for everything."""
        sources: dict[str, Callable[[], Awaitable[Samples]]] = {
            "journal": lambda: asyncio.to_thread(self._journal),
            "tables": lambda: asyncio.to_thread(self._tables),
            "temporal": self._temporal,
            "ages": self._ages,
        }
        now = self._clock()
        for source, read in sources.items():
            if source not in self._reading and (
                source not in self._tried or now - self._tried[source] >= FRESH[source]
            ):
                self._tried[source] = now
                self._reading[source] = asyncio.create_task(self._look(source, read))
        waited_for = [task for source, task in self._reading.items() if patience is None or source not in self._read]
        if waited_for:
            await asyncio.wait(waited_for, timeout=patience)

    def collect(self) -> Iterator[Metric]:
        """All that is known."""
        own: Samples = {
            "backhaul_source_up": [((source,), up) for source, up in self._up.items()],
            "backhaul_source_read_timestamp_seconds": [((name,), at.timestamp()) for name, at in self._read.items()],
        }
        yield from families({**self._known, **own})

    async def close(self) -> None:
        """Read no more."""
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    async def _look(self, source: str, read: Callable[[], Awaitable[Samples]]) -> None:
        try:
            found = await read()
        except BackhaulError as error:
            _log.warning("%s cannot be counted: %s", source, error.message)
            self._up[source] = False
        except Exception:  # a figure that fails must not take the portal with it
            _log.exception("a fault of this program while %s was counted", source)
            self._up[source] = False
        else:
            self._known.update(found)
            self._up[source], self._read[source] = True, self._clock()
        finally:
            self._reading.pop(source, None)

    def _journal(self) -> Samples:
        self._tally.read(self._clock())
        return of_journal(self._tally)

    def _tables(self) -> Samples:
        told = (self._inbox.backlog(), self._outbox.backlog(), self._outgoing.states(), self._outgoing.newest())
        ends: Samples = {
            "backhaul_certificate_expiry_timestamp_seconds": [
                ((name,), at.timestamp()) for name, at in self._certificates().items()
            ]
        }
        return {**of_tables(*told, self._clock()), **ends}

    async def _temporal(self) -> Samples:
        standing = await self._visibility.standing(self._clock())
        self._open = dict(standing.open)
        return of_temporal(standing)

    async def _ages(self) -> Samples:
        if counting := self._reading.get("temporal"):
            await asyncio.wait([counting])
        return of_ages(await self._visibility.ages(self._open, self._clock()))


def build(figures: Figures) -> Starlette:
    """The app of the metrics' own address."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(figures)

    async def metrics(request: Request) -> Response:
        await figures.refresh()
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return Starlette(routes=[Route("/metrics", metrics)])
