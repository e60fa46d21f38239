"""One return in a test: what people say to it, and what can be seen of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from domain.inspection import Disposition, Grade, InspectedLine, Inspection, Receipt, ReceivedLine
from domain.parcel import Scan, TrackingStatus
from domain.request import RequestedLine, ReturnReason, ReturnRequest
from ledger import EntryKind
from tests.world import PATIENCE, World, until
from workflows.return_case.said import Cancel, RetryNow
from workflows.return_case.state import Stage
from workflows.return_case.view import CaseView
from workflows.start import ReturnHandle, start_return

Lines = Mapping[str, int]
SHOPIFY = "shopify_order_discount_code.json"
SHOPIFY_ORDER, SHOPIFY_LINE, SHOPIFY_PAYMENT = "1073459981", "1071823193", "pi_demo_shopify"
TWO_RATES, TWO_RATES_PAYMENT = "two_rates.json", "pi_demo_two_rates"


def request(case: str, order: str, lines: Lines) -> ReturnRequest:
    """What a storefront sends."""
    wanted = tuple(
        RequestedLine(line_id=line, quantity=count, reason=ReturnReason.UNWANTED) for line, count in lines.items()
    )
    return ReturnRequest(id=case, order_id=order, lines=wanted)


async def refusal(said: Awaitable[object]) -> tuple[str, str]:
    """Code and message with which an Update is refused."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await said
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "Refused", cause
    return str(cause.details[0]), cause.message


@dataclass
class Return:
    """A return that was started."""

    world: World
    handle: ReturnHandle
    lines: Lines
    said: int = field(default=0)

    @property
    def case(self) -> str:
        """Its id."""
        return self.handle.id.removeprefix("return-")

    async def view(self) -> CaseView:
        """How it stands."""
        seen: CaseView = await self.handle.query("view", result_type=CaseView)
        return seen

    async def until(self, there: Callable[[CaseView], bool]) -> CaseView:
        """Wait until the view shows it."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not there(seen := await self.view()):
            assert asyncio.get_running_loop().time() < deadline, f"this did not come; it stands so: {seen!r}"
            await asyncio.sleep(0.02)
        return seen

    async def stage(self, stage: Stage) -> CaseView:
        """Wait until it has come to a stage."""
        return await self.until(lambda view: view.stage is stage)

    async def recorded(self, kind: EntryKind, count: int = 1) -> None:
        """Wait until the journal has so many entries of a kind."""
        await until(lambda: len(self.world.entries(self.case, kind)) >= count, f"{count} × {kind} in the journal")

    async def told(self, *kinds: str) -> None:
        """Wait until these notices are in the journal, among others."""
        await until(lambda: set(kinds) <= set(self.notices()), f"notices {kinds}")

    def notices(self) -> dict[str, str]:
        """The notices that were recorded and what became of them."""
        entries = self.world.entries(self.case, EntryKind.NOTICE)
        return {one.facts["notice"]: one.facts["state"] for one in entries}

    async def update(self, name: str, said: object, id: str | None = None) -> CaseView:
        """Say something."""
        self.said += 1
        view: CaseView = await asyncio.wait_for(
            self.handle.execute_update(name, said, id=id or f"said-{self.said}", result_type=CaseView), PATIENCE
        )
        return view

    async def scan(
        self,
        id: str = "scan-1",
        status: TrackingStatus = TrackingStatus.IN_TRANSIT,
        number: str | None = None,
        at: datetime | None = None,
    ) -> CaseView:
        """The carrier reports a scan."""
        number = number or (await self.view()).tracking_number
        return await self.update(
            "record_scan", Scan(id=id, tracking_number=number, status=status, at=at or datetime.now(UTC))
        )

    async def receive(self, lines: Lines | None = None, id: str = "box-1") -> CaseView:
        """The warehouse counts a box."""
        counted = tuple(ReceivedLine(line_id=line, quantity=count) for line, count in (lines or self.lines).items())
        return await self.update("receive", Receipt(id=id, received_by="ann", lines=counted))

    async def inspect(self, lines: Lines | None = None, id: str = "look-1") -> CaseView:
        """The warehouse grades what came."""
        graded = tuple(
            InspectedLine(line_id=line, quantity=count, grade=Grade.A, disposition=Disposition.RESTOCKED)
            for line, count in (lines or self.lines).items()
        )
        return await self.update("inspect", Inspection(id=id, inspected_by="ben", lines=graded))

    async def cancel(self, by: str = "shopper") -> CaseView:
        """The shopper calls it off."""
        return await self.update("cancel", Cancel(by=by))

    async def retry_now(self) -> CaseView:
        """Ops ask for another try."""
        return await self.update("retry_now", RetryNow(by="olga"))

    async def labelled(self) -> CaseView:
        """Wait for the label."""
        return await self.stage(Stage.AWAITING_PARCEL)

    async def arrive(self) -> None:
        """From request to the goods on the warehouse's table."""
        await self.labelled()
        await self.scan()
        await self.receive()
        await self.recorded(EntryKind.RECEIPT)

    async def result(self) -> CaseView:
        """Wait for its end; on a time-skipping server, time flies meanwhile."""
        return await asyncio.wait_for(self.handle.result(), PATIENCE)

    async def history(self) -> WorkflowHistory:
        """Everything that Temporal keeps of it."""
        return await self.handle.fetch_history()

    async def details(self) -> str:
        """The Markdown that ops read beside the timeline."""
        found: WorkflowMetadata = await self.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return found.current_details

    async def attributes(self) -> dict[str, Any]:
        """Its search attributes by name."""
        described = await self.handle.describe()
        return {pair.key.name: pair.value for pair in described.typed_search_attributes}


@dataclass
class Shop:
    """A world with a Temporal server; it remembers its returns, so that they can be ended."""

    world: World
    client: Client
    skip: Callable[[timedelta], Awaitable[None]]
    started: list[Return] = field(default_factory=list)

    async def start(self, case: str, order: str, lines: Lines) -> Return:
        """Start a return, as a storefront does."""
        handle = await start_return(self.client, request(case, order, lines))
        one = Return(self.world, handle, lines)
        self.started.append(one)
        return one

    async def shopify(self, case: str = "R-1") -> Return:
        """Import the Shopify order and return its one unit."""
        order = await self.world.import_order(SHOPIFY, SHOPIFY_PAYMENT)
        return await self.start(case, order.id, {SHOPIFY_LINE: 1})

    async def two_rates(self, case: str = "R-1", lines: Lines | None = None) -> Return:
        """Import the order with two tax rates and return two mugs and the book."""
        order = await self.world.import_order(TWO_RATES)
        return await self.start(case, order.id, lines or {"1": 2, "2": 1})

    async def end(self) -> None:
        """End what still runs, so that no later worker meets it."""
        for one in self.started:
            try:
                await self.client.get_workflow_handle(one.handle.id).terminate("the test is over")
            except RPCError:  # it ended by itself
                continue
