"""One return, step by step, through the same doors that storefront, carrier and warehouse use."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2

from domain.event import EventType
from domain.inspection import InspectedLine, Inspection, Receipt, ReceivedLine
from domain.order import Order
from domain.parcel import Scan, TrackingStatus
from domain.request import RequestedLine, ReturnReason, ReturnRequest
from embedded.demo.orders import Sample
from embedded.demo.show import Show
from embedded.stack import Stack
from ledger import EntryKind
from workflows.return_case.stage import Stage
from workflows.return_case.view import CaseView
from workflows.start import ReturnHandle, start_return

_PATIENCE = 100
"""Tenths of a second that the demo waits for the last event."""


class Walk:
    """The walk of one return."""

    def __init__(self, here: Stack, show: Show, order: Order, sample: Sample) -> None:
        self._here = here
        self._show = show
        self._order = order
        self._sample = sample
        self._case = f"R-{order.id}"
        self._handle: ReturnHandle | None = None
        self._result: asyncio.Task[CaseView]
        self._seen = 0

    @property
    def handle(self) -> ReturnHandle:
        """The running return."""
        assert self._handle is not None
        return self._handle

    async def tell(self, *, crash: bool) -> int:
        """From request to refund. Returns how often the worker was killed on the way."""
        self._show.order(self._sample, self._order)
        await self._request()
        await self._send()
        await self._receive()
        crashes = await self._crash_in_refund() if crash else await self._inspect()
        await self._until(lambda view: view.stage is Stage.CLOSED, EntryKind.CLOSED)
        await self._result
        return crashes

    async def _request(self) -> None:
        lines = tuple(
            RequestedLine(line_id=line_id, quantity=quantity, reason=ReturnReason.UNWANTED)
            for line_id, quantity in self._sample.returned.items()
        )
        request = ReturnRequest(id=self._case, order_id=self._order.id, lines=lines)
        self._show.step("The shopper asks for a return", self._here.workflow_url(self._case))
        self._handle = await start_return(self._here.client, request)
        self._result = asyncio.create_task(self._handle.result())
        view = await self._until(lambda view: view.label_url != "", EntryKind.LABEL)
        self._show.label(view)

    async def _send(self) -> None:
        self._show.step("The parcel goes back")
        number = (await self._view()).tracking_number
        now = datetime.now(UTC)
        for place, status in (("Fakecity", TrackingStatus.IN_TRANSIT), ("Hamburg", TrackingStatus.DELIVERED)):
            scan = Scan(id=f"{number}-{status}", tracking_number=number, status=status, at=now, location=place)
            async with httpx2.AsyncClient() as http:
                url = f"{self._here.simulators}/carrier/labels/{number}/scans"
                answer = await http.post(url, json=scan.model_dump(mode="json", exclude={"tracking_number"}))
                answer.raise_for_status()
            await self.handle.execute_update("record_scan", scan, id=scan.id)
        await self._until(lambda view: view.stage is Stage.IN_TRANSIT, EntryKind.SCAN, count=2)

    async def _receive(self) -> None:
        self._show.step("The warehouse opens the box")
        counted = tuple(ReceivedLine(line_id=line, quantity=count) for line, count in self._sample.returned.items())
        receipt = Receipt(id=f"{self._case}-box-1", received_by="ann", lines=counted)
        await self.handle.execute_update("receive", receipt, id=receipt.id)
        await self._until(lambda view: view.stage is Stage.INSPECTION, EntryKind.RECEIPT)

    async def _inspect(self) -> int:
        graded = tuple(InspectedLine(line_id=line, quantity=count) for line, count in self._sample.returned.items())
        inspection = Inspection(id=f"{self._case}-inspection-1", inspected_by="ben", lines=graded)
        await self.handle.execute_update("inspect", inspection, id=inspection.id)
        await self._until(lambda view: view.planned != "", EntryKind.PLAN)
        self._show.plan(self._order, self._here.rooms.ledger.entries(case=self._case))
        return 0

    async def _crash_in_refund(self) -> int:
        """Hold back Stripe's answer, and kill the worker when the money has moved but nobody here knows it yet."""
        control = f"{self._here.simulators}/stripe/_control"
        async with httpx2.AsyncClient() as http:
            before = (await http.get(f"{control}/calls")).json()["created"]
            await http.post(f"{control}/hold", json={"hold": True})
            await self._inspect()
            while (await http.get(f"{control}/calls")).json()["created"] == before:
                await asyncio.sleep(0.05)
            assert self._here.worker is not None
            os.kill(self._here.worker.pid, signal.SIGKILL)
            await self._here.worker.ended
            self._show.crashed(self._here.worker.pid)
            await http.post(f"{control}/hold", json={"hold": False})
        worker = await self._here.start_worker()
        self._show.restarted(worker.pid)
        return 1

    async def refunds(self) -> list[tuple[str, int]]:
        """What Stripe has paid back of this order: id and amount of each refund that succeeded."""
        found: list[tuple[str, int]] = []
        async with httpx2.AsyncClient(headers={"Authorization": "Bearer sk_test_embedded"}) as http:
            for tender in self._order.tenders:
                url = f"{self._here.simulators}/stripe/v1/refunds"
                page = (await http.get(url, params={"payment_intent": tender.id})).json()
                found += [(one["id"], int(one["amount"])) for one in page["data"] if one["status"] == "succeeded"]
        return found

    async def receipt(self, refunds: list[tuple[str, int]]) -> bool:
        """Show what provider, journal and plan say of this return; whether they agree."""
        async with httpx2.AsyncClient() as http:
            mails = (await http.get(f"{self._here.simulators}/mails.json", params={"case": self._case})).json()
        agreed = self._show.receipt(self._case, self._order, refunds, self._here.rooms.ledger, mails)
        self._show.told(await self._told())
        return agreed

    async def _told(self) -> list[str]:
        """The types of the events that the storefront has of this return; they follow the journal within seconds."""
        url = f"{self._here.simulators}/storefront/_control/events"
        told: list[str] = []
        async with httpx2.AsyncClient() as http:
            for _ in range(_PATIENCE):
                bodies = [one["body"] for one in (await http.get(url)).json()["data"]]
                told = [one["type"] for one in bodies if one["data"].get("case") == self._case]
                if EventType.RETURN_CLOSED in told:
                    break
                await asyncio.sleep(0.1)
        return told

    async def _view(self) -> CaseView:
        view: CaseView = await self.handle.query("view", result_type=CaseView)
        return view

    async def _until(self, there: Callable[[CaseView], bool], kind: EntryKind, count: int = 1) -> CaseView:
        """Show the journal's entries as they come, until the return is there and the fact is recorded."""
        while True:
            if self._result.done():
                self._result.result()  # raises if the return failed, so that nobody waits for what never comes
            entries = list(self._here.rooms.ledger.entries(case=self._case))
            for entry in entries:
                if entry.seq > self._seen:
                    self._show.entry(entry)
                    self._seen = entry.seq
            if sum(entry.kind is kind for entry in entries) >= count:
                view = await self._view()
                if there(view):
                    return view
            await asyncio.sleep(0.05)
