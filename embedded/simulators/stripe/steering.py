"""What the controls have set for the calls to come; a restart forgets it."""

from __future__ import annotations

import asyncio
from typing import Literal

from starlette.requests import Request

from embedded.simulators.serve import gone
from embedded.simulators.stripe.idempotency import InFlight

Moment = Literal["before", "after"]
"""Where a POST of a refund is held: before it is carried out, or after, with only its answer kept back."""


class Steering:
    """The hold, and the keys in use."""

    def __init__(self) -> None:
        self.in_flight = InFlight()
        self._held_at: Moment | None = None
        self._released = asyncio.Event()

    def hold(self, moment: Moment | None) -> None:
        """Hold the calls to come at a moment, or none; those held until now go on."""
        self._released.set()
        self._released = asyncio.Event()
        self._held_at = moment

    async def wait_at(self, moment: Moment, request: Request) -> None:
        """Wait here while this moment is held; a caller who hangs up ends the wait, and the call goes on."""
        if self._held_at != moment:
            return
        waits = {asyncio.ensure_future(self._released.wait()), asyncio.ensure_future(gone(request))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
