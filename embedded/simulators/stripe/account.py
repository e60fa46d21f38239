"""One Stripe account on a shelf: its transactions, its faults, and what goes on in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx2

from embedded.simulators import clock
from embedded.simulators.faults import Faults
from embedded.simulators.shelf import Shelf
from embedded.simulators.stripe import world
from embedded.simulators.stripe.courier import Courier
from embedded.simulators.stripe.nouns import CALLS
from embedded.simulators.stripe.settling import Due
from embedded.simulators.stripe.steering import Steering
from embedded.simulators.stripe.turn import Turn


class Account:
    """What the API, the controls and the background share.

    `site` is where it is reached; `transport` is how webhooks travel, if not by network; `neighbours` are the machines
    that they may go to beside this one.
    """

    def __init__(
        self,
        shelf: Shelf,
        site: str,
        transport: httpx2.AsyncBaseTransport | None = None,
        neighbours: tuple[str, ...] = (),
    ) -> None:
        self.shelf = shelf
        self.site = site
        self.neighbours = neighbours
        self.steering = Steering()
        self.faults = Faults("stripe", [call.name for call in CALLS])
        self.courier = Courier(shelf, self.faults, transport)
        self._woken = asyncio.Event()

    @contextmanager
    def turn(self, request: str | None = None, key: str | None = None) -> Iterator[Turn]:
        """One transaction, after everything that has become due; an exception undoes both."""
        with self.shelf.transaction() as rows:
            now = clock.now(rows)
            world.catch_up(Turn(rows, now, site=self.site))
            yield Turn(rows, now, request, key, self.site, self.neighbours)

    def wake(self) -> None:
        """Something may have to be delivered or settled."""
        self._woken.set()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliver and settle in the background while the body runs."""
        work = asyncio.create_task(self._work())
        try:
            yield
        finally:
            work.cancel()
            await asyncio.wait({work})
            if not work.cancelled():
                work.result()  # whatever ended it before is not kept quiet

    async def _work(self) -> None:
        while True:
            self._woken.clear()
            with self.turn():
                pass
            if self.courier.automatic:
                await self.courier.step()
            try:
                async with asyncio.timeout(self._pause()):
                    await self._woken.wait()
            except TimeoutError:
                pass

    def _pause(self) -> float | None:
        """Seconds until there is something to do by itself; None if only a call can bring work."""
        with self.shelf.transaction() as rows:
            now = clock.now(rows)
            waits = [max(0, due.at - now) for due in rows.all(Due)]
        delivery = self.courier.next_due() if self.courier.automatic else None
        waits += [] if delivery is None else [delivery]
        # The clock has whole seconds: what is due in one may need a little longer.
        return min(waits) + 0.05 if waits else None
