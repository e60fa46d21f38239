"""One return, walked from outside through the doors of storefront, shopper, carrier and warehouse, with their patience:

whoever gets no answer says the same again. What is under way here may be killed at any moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import httpx2
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from domain import ids
from domain.case import Outcome
from domain.inspection import InspectedLine, Inspection, Receipt, ReceivedLine
from domain.model import Model
from domain.order import TenderKind
from domain.parcel import Scan, TrackingStatus
from domain.request import RequestedLine, ReturnReason, ReturnRequest
from domain.resolution import Resolution
from domain.verbs import Verb
from ledger import EntryKind, JournalEntry
from tests.proof import right
from tests.proof.orders import LONG_AGO, RETURNED, bought, payments
from tests.proof.site import Site, until
from workflows.return_case.said import Cancel, CancelReason
from workflows.start import start_return

T = TypeVar("T")

WHOLE = 150.0
"""Seconds within which a return has to be through, whatever happens to it."""

_DELIVERED_AGO = timedelta(days=5)
_NO_ANSWER = timedelta(seconds=5)
_NOT_YET = (
    "not_decided",
    "other_parcel",
    "nothing_received",
    "not_what_was_received",
    "more_than_expected",
    "nothing_to_approve",
    "nothing_by_hand",
)
"""Refusals of a return that has not learned yet what it will know in a moment."""


class Walk:
    """A return of an order of its own, which was paid with a card and something `newer`. `patience` and `pause`: how
    many seconds each step may take, and how many lie between two looks."""

    patience, pause = WHOLE, 0.05
    returned: Mapping[str, int] = RETURNED
    refundable = True
    """Whether the card takes money back."""
    reason = ReturnReason.UNWANTED
    resolution, exchange_for = Resolution.REFUND, ""
    """What the shopper wants, and for what an exchange is."""

    def __init__(
        self, site: Site, name: str, outcome: Outcome = Outcome.REFUNDED, newer: TenderKind = TenderKind.CARD
    ) -> None:
        self.site = site
        self.name = name
        self.case = f"R-{name}"
        self.outcome = outcome
        delivered = datetime.now(UTC) - (LONG_AGO if outcome is Outcome.DECLINED else _DELIVERED_AGO)
        self.bought = bought(name, delivered, newer)

    @property
    def order(self) -> str:
        """The order's id."""
        return self.bought.order.id

    @property
    def card(self) -> str:
        """The payment by card."""
        return self.bought.order.tenders[0].id

    @property
    def newer(self) -> str:
        """The other payment."""
        return self.bought.order.tenders[1].id

    async def to_the_end(self) -> None:
        """All of it."""
        await self.start()
        if self.outcome in (Outcome.REFUNDED, Outcome.EXCHANGED):
            await self.send()
            await self.receive()
            await self.inspect()
        elif self.outcome is Outcome.CANCELLED:
            await self.cancel()
        await self.closed()

    async def start(self) -> None:
        """Buy, and ask for the return; until it is decided and has its label."""
        await self.buy()
        await self.ask(self.case)
        if self.outcome is not Outcome.DECLINED:
            await self.recorded(ids.label_key(self.case))

    async def buy(self) -> None:
        """The order is there, and was paid."""
        if self.site.orders.get(self.order) is not None:  # an earlier walk got this far
            return
        await asyncio.to_thread(self.site.contacts.put, self.bought.contact)
        for path, paid in payments(self.bought.order, self.refundable):
            await self.control(path, **paid)
        await asyncio.to_thread(self.site.orders.put, self.bought.order)

    async def ask(self, case: str, appeals: str | None = None) -> None:
        """Ask for a return of it."""
        lines = tuple(
            RequestedLine(line_id=line, quantity=count, reason=self.reason, exchange_for=self.exchange_for or None)
            for line, count in self.returned.items()
        )
        request = ReturnRequest(id=case, order_id=self.order, lines=lines, appeals=appeals, resolution=self.resolution)

        async def taken() -> bool:
            try:
                await start_return(self.site.client, request)
            except (RPCError, RuntimeError):
                return False
            return True

        await self._until(taken, "starts")

    async def control(self, path: str, **body: object) -> dict[str, Any]:
        """Have something happen at a simulator; its answer."""
        answer = (await self.site.http.post(path, json=body)).raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    async def send(self) -> None:
        """The parcel goes back."""
        entry = await self.recorded(ids.label_key(self.case))
        number = str(entry.facts["label"]["tracking_number"])
        for place, status in (("Fakecity", TrackingStatus.IN_TRANSIT), ("Hamburg", TrackingStatus.DELIVERED)):
            now = datetime.now(UTC)
            scan = Scan(id=f"{number}-{status}", tracking_number=number, status=status, at=now, location=place)
            if self.site.ledger.find(ids.scan_key(self.case, scan.id)) is not None:
                continue
            await self._scanned(scan)
            await self.say(Verb.RECORD_SCAN, scan, ids.scan_key(self.case, scan.id))

    async def receive(self) -> None:
        """The warehouse counts it."""
        counted = tuple(ReceivedLine(line_id=line, quantity=count) for line, count in self.returned.items())
        box = Receipt(id=f"{self.case}-box", received_by="ann", lines=counted)
        await self.say(Verb.RECEIVE, box, ids.receipt_key(self.case, box.id))

    async def inspect(self) -> None:
        """The warehouse grades it."""
        graded = tuple(InspectedLine(line_id=line, quantity=count) for line, count in self.returned.items())
        seen = Inspection(id=f"{self.case}-seen", inspected_by="ben", lines=graded)
        await self.say(Verb.INSPECT, seen, ids.inspection_key(self.case, seen.id))

    async def cancel(self) -> None:
        """The shopper calls it off."""
        said = Cancel(by="shopper", reason=CancelReason.CHANGED_MIND)
        await self.say(Verb.CANCEL, said, ids.cancel_key(self.case))

    async def closed(self) -> None:
        """The last entry; and the workflow has ended by itself."""
        await self.recorded(ids.close_key(self.case))
        await self.ended(ids.workflow_id(self.case))

    async def ended(self, workflow_id: str) -> None:
        """A workflow has ended by itself."""
        await self._until(partial(self.has_ended, workflow_id), f"sees {workflow_id} complete")

    async def has_ended(self, workflow_id: str) -> bool:
        """Whether it has, as far as can be told. Raises AssertionError if it ended otherwise."""
        try:
            described = await self.site.client.get_workflow_handle(workflow_id).describe()
        except RPCError:
            return False
        assert described.status is not None
        assert described.status.name in ("RUNNING", "COMPLETED"), described.status.name
        return described.status.name == "COMPLETED"

    async def recorded(self, key: str) -> JournalEntry:
        """Until a fact stands in the journal."""

        async def found() -> JournalEntry | None:
            return self.site.ledger.find(key)

        return await self._until(found, f"has {key} recorded")

    async def say(self, verb: Verb, said: Model, key: str, id: str = "", not_yet: Collection[str] = ()) -> None:
        """Say it until it is taken, and wait until it is recorded under `key`; `id` is the Update's own where that
        matters."""

        async def taken() -> bool:
            done = self.site.ledger.find(key) is not None
            return done or await self.said(verb, said, id or key.replace(":", "-"), not_yet=not_yet)

        await self._until(taken, f"takes {verb}")
        await self.recorded(key)

    async def said(self, verb: Verb, said: Model, id: str, to: str = "", not_yet: Collection[str] = ()) -> bool:
        """Whether it was taken. Raises if it will never be: refused with a code that is not among those of a return
        that has not got so far, or in `not_yet`."""
        handle = self.site.client.get_workflow_handle(to or ids.workflow_id(self.case))
        try:
            await handle.execute_update(verb.value, said, id=id, rpc_timeout=_NO_ANSWER)
        except WorkflowUpdateFailedError as no:
            cause = no.cause
            if isinstance(cause, ApplicationError) and cause.details and cause.details[0] in (*_NOT_YET, *not_yet):
                return False
            raise
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError):
            return False
        return True

    async def _until(self, found: Callable[[], Awaitable[T | None]], what: str) -> T:
        return await until(found, f"{self.case} {what}", self.patience, self.pause)

    async def _scanned(self, scan: Scan) -> None:
        body: dict[str, Any] = scan.model_dump(mode="json", exclude={"tracking_number"})

        async def taken() -> bool:
            try:
                answer = await self.site.http.post(f"/carrier/labels/{scan.tracking_number}/scans", json=body)
            except httpx2.TransportError:
                return False
            return answer.status_code in (200, 201, 409)  # 409: scanned before, by a walk that was ended

        await self._until(taken, f"has {scan.id}")

    async def faults(self, *, killed: bool = True) -> list[str]:
        """What is wrong with it."""
        return await asyncio.to_thread(right.wrong_return, self.case, self.outcome, self.site.books, killed=killed)

    def mails_unknown(self) -> int:
        """How many of its mails may or may not have been sent."""
        entries = self.site.ledger.entries(case=self.case)
        return sum(1 for one in entries if one.kind is EntryKind.NOTICE and one.facts["state"] == "unknown")
