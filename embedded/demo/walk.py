"""One return, step by step, through the same doors that storefront, carrier and warehouse use."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import httpx2

from activities.tls import trusted
from domain.errors import Refused
from domain.event import EventType
from domain.inspection import Disposition, Grade, InspectedLine, Inspection, Receipt, ReceivedLine
from domain.order import Order, TenderKind
from domain.override import Change, Override, OverrideReason, override_statement
from domain.parcel import Scan, TrackingStatus
from domain.request import RequestedLine, ReturnReason, ReturnRequest
from embedded.demo.show import Show
from embedded.simulators.storefront import SECRET
from embedded.simulators.storefront.signing import call_signature
from embedded.stack import Stack
from ledger import EntryKind, JournalEntry
from ledger.signing import load_key, sign
from settings import home
from workflows.return_case.stage import Stage
from workflows.return_case.view import CaseView
from workflows.start import ReturnHandle, start_return

Units = Mapping[str, int]
"""Line id to quantity."""

_PATIENCE = 100
"""Tenths of a second that the demo waits for the last event."""


class Walk:
    """The walk of one return."""

    def __init__(self, here: Stack, show: Show, order: Order) -> None:
        self.here = here
        self.show = show
        self.order = order
        self.case = f"R-{order.id}"
        self._handle: ReturnHandle | None = None
        self._result: asyncio.Task[CaseView]
        self._seen = 0
        self._said = 0

    @property
    def handle(self) -> ReturnHandle:
        """The running return."""
        assert self._handle is not None
        return self._handle

    async def asks(
        self,
        units: Units,
        reason: ReturnReason = ReturnReason.UNWANTED,
        words: str = "",
        swap: str | None = None,
        **more: object,
    ) -> None:
        """The shopper asks for a return, or for `swap` instead; `more` are other fields of the request."""
        lines = tuple(
            RequestedLine(line_id=line, quantity=count, reason=reason, exchange_for=swap)
            for line, count in units.items()
        )
        fields = {"id": self.case, "order_id": self.order.id, "lines": lines, **more}
        request = ReturnRequest.model_validate(fields)
        self.show.step(words or "The shopper asks for a return", self.here.workflow_url(self.case))
        self._handle = await start_return(self.here.client, request)
        self._result = asyncio.create_task(self._handle.result())
        await self.until(lambda view: view.verdict is not None, EntryKind.DECISION)

    async def is_labelled(self) -> None:
        """The label is there."""
        self.show.label(await self.until(lambda view: view.label_url != "", EntryKind.LABEL))

    async def sends(self, *places: tuple[str, TrackingStatus]) -> None:
        """The carrier sees the parcel: on its way and delivered, or as told."""
        await self.is_labelled()
        self.show.step("The parcel goes back")
        number = (await self.view()).tracking_number
        now = datetime.now(UTC)
        scans = places or (("Fakecity", TrackingStatus.IN_TRANSIT), ("Hamburg", TrackingStatus.DELIVERED))
        for place, status in scans:
            scan = Scan(id=f"{number}-{status}", tracking_number=number, status=status, at=now, location=place)
            async with httpx2.AsyncClient(verify=trusted()) as http:
                url = f"{self.here.simulators}/carrier/labels/{number}/scans"
                answer = await http.post(url, json=scan.model_dump(mode="json", exclude={"tracking_number"}))
                answer.raise_for_status()
            await self.says("record_scan", scan, id=scan.id)
        await self.until(lambda view: view.stage is Stage.IN_TRANSIT, EntryKind.SCAN, count=len(scans))

    async def arrives(self, units: Units) -> None:
        """The warehouse counts."""
        self.show.step("The warehouse opens the box")
        counted = tuple(ReceivedLine(line_id=line, quantity=count) for line, count in units.items())
        await self.says("receive", Receipt(id=f"{self.case}-box-1", received_by="ann", lines=counted))
        await self.until(lambda view: view.stage is Stage.INSPECTION, EntryKind.RECEIPT)

    async def is_graded(
        self, units: Units, grade: Grade = Grade.A, disposition: Disposition = Disposition.RESTOCKED
    ) -> None:
        """The warehouse grades; what is owed follows."""
        await self.grades(units, grade, disposition)
        await self.until(lambda view: view.planned != "", EntryKind.PLAN)
        self.show.plan(self.order, self.here.rooms.ledger.entries(case=self.case))

    async def grades(
        self, units: Units, grade: Grade = Grade.A, disposition: Disposition = Disposition.RESTOCKED
    ) -> None:
        """The warehouse grades."""
        graded = tuple(
            InspectedLine(line_id=line, quantity=count, grade=grade, disposition=disposition)
            for line, count in units.items()
        )
        await self.says("inspect", Inspection(id=f"{self.case}-inspection-1", inspected_by="ben", lines=graded))

    async def pays(self) -> None:
        """The shopper pays on the provider's page what an exchange costs more."""
        view = await self.until(lambda view: view.pay_url != "", EntryKind.PAYMENT_ASKED)
        self.show.step(f"The shopper pays {view.to_pay} on the page", view.pay_url)
        headers = {"Authorization": "Bearer sk_test_embedded"}
        async with httpx2.AsyncClient(
            base_url=f"{self.here.simulators}/stripe", headers=headers, verify=trusted()
        ) as http:
            pages = (await http.get("/v1/payment_links")).json()["data"]
            (page,) = (one["id"] for one in pages if one["url"] == view.pay_url)
            (await http.post(f"/_control/payment_links/{page}/pay", json={})).raise_for_status()

    async def says(self, verb: str, said: object, id: str = "") -> None:
        """An Update of the return."""
        self._said += 1
        await self.handle.execute_update(verb, said, id=id or f"demo-{self._said}")

    def signed_by(self, who: str, change: Change) -> Override:
        """An override, signed with that person's key."""
        reason, name = OverrideReason.PROOF_SEEN, f"{self.case}-{who}"
        signature = sign(load_key(home() / "keys" / f"{who}.pem"), override_statement(self.case, change, reason, name))
        return Override(by=who, reason=reason, change=change, update_id=name, signature=signature)

    async def records(self, kind: EntryKind, count: int = 1) -> None:
        """Wait until the journal has it, after the return has ended."""
        while True:
            entries = list(self.here.rooms.ledger.entries(case=self.case))
            self._tell(entries)
            if sum(entry.kind is kind for entry in entries) >= count:
                return
            await asyncio.sleep(0.05)

    async def ends(self) -> CaseView:
        """Its end."""
        await self.until(lambda view: view.stage is Stage.CLOSED, EntryKind.CLOSED)
        return await self._result

    async def crash_in_refund(self, units: Units) -> None:
        """Hold back Stripe's answer, and kill the worker when the money has moved but nobody here knows it yet."""
        control = f"{self.here.simulators}/stripe/_control"
        async with httpx2.AsyncClient(verify=trusted()) as http:
            before = (await http.get(f"{control}/calls")).json()["created"]
            await http.post(f"{control}/hold", json={"hold": True})
            await self.is_graded(units)
            while (await http.get(f"{control}/calls")).json()["created"] == before:
                await asyncio.sleep(0.05)
            assert self.here.worker is not None
            os.kill(self.here.worker.pid, signal.SIGKILL)
            await self.here.worker.ended
            self.show.crashed(self.here.worker.pid)
            await http.post(f"{control}/hold", json={"hold": False})
        worker = await self.here.start_worker()
        self.show.restarted(worker.pid)

    async def refunds(self) -> list[tuple[str, int]]:
        """What went back of this order where it was paid: id and amount of each refund or credit that stands."""
        found: list[tuple[str, int]] = []
        async with httpx2.AsyncClient(base_url=self.here.simulators, verify=trusted()) as http:
            for tender in self.order.tenders:
                if tender.kind is TenderKind.CARD:
                    headers = {"Authorization": "Bearer sk_test_embedded"}
                    page = await http.get("/stripe/v1/refunds", params={"payment_intent": tender.id}, headers=headers)
                    back = [one for one in page.json()["data"] if one["status"] == "succeeded"]
                else:
                    page = await _signed(http, f"/gift_cards/{tender.id}/history")
                    back = [one for one in page.json()["data"] if one["kind"] == "credit" and not one["voided"]]
                found += [(one["id"], int(one["amount"])) for one in back]
            page = await _signed(http, f"/store_credit/{self.order.customer_id}/history")
            ours = {entry.key for entry in self.here.rooms.ledger.entries(case=self.case)}
            credits = [one for one in page.json()["data"] if one["reference"] in ours]
        return [*found, *((one["id"], int(one["amount"])) for one in credits)]

    async def receipt(self, refunds: list[tuple[str, int]]) -> bool:
        """Show what provider, journal and plan say of this return; whether they agree."""
        async with httpx2.AsyncClient(verify=trusted()) as http:
            mails = (await http.get(f"{self.here.simulators}/mails.json", params={"case": self.case})).json()
        agreed = self.show.receipt(self.case, self.order, refunds, self.here.rooms.ledger, mails)
        self.show.told(await self._told())
        return agreed

    async def _told(self) -> list[str]:
        """The types of the events that the storefront has of this return; they follow the journal within seconds."""
        url = f"{self.here.simulators}/storefront/_control/events"
        told: list[str] = []
        async with httpx2.AsyncClient(verify=trusted()) as http:
            for _ in range(_PATIENCE):
                bodies = [one["body"] for one in (await http.get(url)).json()["data"]]
                told = [one["type"] for one in bodies if one["data"].get("case") == self.case]
                if EventType.RETURN_CLOSED in told:
                    break
                await asyncio.sleep(0.1)
        return told

    async def view(self) -> CaseView:
        """How it stands."""
        view: CaseView = await self.handle.query("view", result_type=CaseView)
        return view

    def _tell(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:
            if entry.seq > self._seen:
                self.show.entry(entry)
                self._seen = entry.seq

    async def until(self, there: Callable[[CaseView], bool], kind: EntryKind, count: int = 1) -> CaseView:
        """Show the journal's entries as they come, until the return is there and the fact is recorded."""
        while True:
            ended = self._result.done()
            entries = list(self.here.rooms.ledger.entries(case=self.case))
            self._tell(entries)
            if sum(entry.kind is kind for entry in entries) >= count:
                view = await self.view()
                if there(view):
                    return view
            if ended:  # nobody waits for what never comes
                outcome = self._result.result().outcome
                raise Refused("went_otherwise", f"{self.case} has ended as {outcome}, before {kind} was there.")
            await asyncio.sleep(0.05)


async def _signed(http: httpx2.AsyncClient, target: str) -> httpx2.Response:
    """The storefront answers only to whoever signs."""
    at = int(time.time())
    signature = call_signature(SECRET, at, "GET", target, "", b"")
    headers = {"X-Storefront-Timestamp": str(at), "X-Storefront-Signature": signature}
    return (await http.get(f"/storefront{target}", headers=headers)).raise_for_status()
