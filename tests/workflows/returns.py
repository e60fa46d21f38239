"""One return in a test: what people say to it, and what can be seen of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    ResetWorkflowExecutionRequest,
)
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowHistory,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from commands.policy import publish_policy
from domain.inspection import Disposition, Grade, InspectedLine, Inspection, Receipt, ReceivedLine
from domain.method import Method
from domain.parcel import HandedOver, NewLabel, Scan, TrackingStatus
from domain.request import RequestedLine, ReturnReason, ReturnRequest
from ledger import EntryKind
from settings import ROOT
from tests.world import PATIENCE, POLICY_FROM, World, looks, until
from workflows.return_case.said import Cancel, RetryNow
from workflows.return_case.stage import Stage
from workflows.return_case.view import SEARCH_ATTRIBUTES, CaseView
from workflows.start import ReturnHandle, start_return

Lines = Mapping[str, int]
SHOPIFY = "shopify_order_discount_code.json"
SHOPIFY_ORDER, SHOPIFY_LINE, SHOPIFY_PAYMENT = "1073459981", "1071823193", "pi_demo_shopify"
TWO_RATES, TWO_RATES_PAYMENT = "two_rates.json", "pi_demo_two_rates"


def request(
    case: str, order: str, lines: Lines, exchange_for: str | None = None, reason: str = "unwanted", **more: Any
) -> ReturnRequest:
    """What a storefront sends; `exchange_for` is what the shopper wants instead of each line."""
    wanted = tuple(
        RequestedLine(line_id=line, quantity=count, reason=ReturnReason(reason), exchange_for=exchange_for)
        for line, count in lines.items()
    )
    return ReturnRequest(id=case, order_id=order, lines=wanted, **more)


async def refusal(said: Awaitable[object]) -> tuple[str, str]:
    """Code and message with which an Update is refused."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await said
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type in ("Refused", "InvalidRequest"), cause
    return str(cause.details[0]), cause.message


def _rests(events: Sequence[HistoryEvent]) -> bool:
    names = [EventType.Name(one.event_type).removeprefix("EVENT_TYPE_") for one in events]
    begun = sum(name == "ACTIVITY_TASK_SCHEDULED" for name in names)
    ended = sum(name in _ACTIVITY_ENDS for name in names)
    last = max((at for at, name in enumerate(names) if name == "WORKFLOW_TASK_COMPLETED"), default=-1)
    return begun == ended and last >= 0 and not any(name in _WAKES for name in names[last:])


_ACTIVITY_ENDS = tuple(f"ACTIVITY_TASK_{end}" for end in ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED"))
_WAKES = (*_ACTIVITY_ENDS, "TIMER_FIRED", "WORKFLOW_TASK_SCHEDULED")
"""What asks for a task of the workflow."""


@dataclass
class Return:
    """A return that was started."""

    world: World
    client: Client
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
        async for _ in looks():
            if there(seen := await self.view()):
                break
            assert asyncio.get_running_loop().time() < deadline, f"this did not come; it stands so: {seen!r}"
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

    async def new_label(self, number: int = 2, method: Method | None = None, by: str = "shopper") -> CaseView:
        """Somebody wants another label."""
        return await self.update("new_label", NewLabel(by=by, number=number, method=method))

    async def handed_over(
        self, tracking: str | None = None, receipt: str | None = None, by: str = "shopper"
    ) -> CaseView:
        """Somebody shows that the goods were handed over."""
        return await self.update("handed_over", HandedOver(by=by, tracking_number=tracking, receipt=receipt))

    async def retry_now(self) -> CaseView:
        """Ops ask for another try."""
        return await self.update("retry_now", RetryNow(by="olga"))

    async def labelled(self) -> CaseView:
        """Wait for the label."""
        return await self.stage(Stage.AWAITING_PARCEL)

    async def at_rest(self) -> int:
        """Wait until no task of it is under way, and say how many events its history has then. The history alone
        knows: the test server tells of an answer and of the task that it asks for one after the other."""
        while not _rests(events := (await self.history()).events):
            await asyncio.sleep(0.02)
        return len(events)

    async def arrive(self) -> None:
        """From request to the goods on the warehouse's table."""
        await self.labelled()
        await self.scan()
        await self.receive()
        await self.recorded(EntryKind.RECEIPT)

    async def result(self) -> CaseView:
        """Wait for its end; on a time-skipping server, time flies meanwhile."""
        return await asyncio.wait_for(self.handle.result(), PATIENCE)

    async def ended(self) -> CaseView:
        """Wait for its end while the clock stands: else it flies over the deadlines of all others, and of what was
        terminated."""
        view: CaseView = await asyncio.wait_for(WorkflowHandle.result(self.handle), PATIENCE)
        return view

    async def history(self) -> WorkflowHistory:
        """Everything that Temporal keeps of it."""
        return await self.handle.fetch_history()

    async def metadata(self) -> WorkflowMetadata:
        """What the Temporal UI asks it for."""
        found: WorkflowMetadata = await self.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        return found

    async def timeline(self, kind: EventType.ValueType) -> list[str]:
        """The summaries of its events of a kind, as the Temporal UI shows them."""
        events = (await self.history()).events
        return [json.loads(one.user_metadata.summary.data or '""') for one in events if one.event_type == kind]

    async def details(self) -> str:
        """The Markdown that ops read beside the timeline."""
        return (await self.metadata()).current_details

    async def listed(self, query: str) -> None:
        """Wait until the list of this query has it."""
        async with asyncio.timeout(PATIENCE):
            while self.handle.id not in [one.id async for one in self.client.list_workflows(query)]:
                await asyncio.sleep(0.05)

    async def under_way(self, activity: str) -> None:
        """Wait until an activity of it has been handed to a worker."""
        async with asyncio.timeout(PATIENCE):
            while activity not in [one.activity_type.name for one in (await self.described()).pending_activities]:
                await asyncio.sleep(0.005)

    async def run_id(self) -> str:
        """Temporal's id of the newest run."""
        return (await self.described()).workflow_execution_info.execution.run_id

    async def reset(self, activity: str) -> str:
        """Reset it in the Temporal UI to before an activity was first asked for; the new run's id."""
        scheduled = (
            event.activity_task_scheduled_event_attributes
            for event in (await self.history()).events
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        )
        before = next(one for one in scheduled if one.activity_type.name == activity)
        ask = ResetWorkflowExecutionRequest(
            namespace=self.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=self.handle.id, run_id=await self.run_id()),
            reason="ops wanted to see it again",
            workflow_task_finish_event_id=before.workflow_task_completed_event_id,
            request_id="reset-1",
        )
        return (await self.client.workflow_service.reset_workflow_execution(ask)).run_id

    async def described(self) -> DescribeWorkflowExecutionResponse:
        """Temporal's own account of it. The raw call, because the test server lists what was unset as null, at which
        the client's `describe` gives up."""
        ask = DescribeWorkflowExecutionRequest(
            namespace=self.client.namespace, execution=WorkflowExecution(workflow_id=self.handle.id)
        )
        return await self.client.workflow_service.describe_workflow_execution(ask)

    async def status(self) -> WorkflowExecutionStatus:
        """How Temporal sees it."""
        return WorkflowExecutionStatus((await self.described()).workflow_execution_info.status)

    async def attributes(self) -> dict[str, Any]:
        """Its search attributes by name, as JSON; Temporal's own are left out."""
        fields = (await self.described()).workflow_execution_info.search_attributes.indexed_fields
        ours = {key.name for key in SEARCH_ATTRIBUTES}
        found = {name: json.loads(payload.data or b"null") for name, payload in fields.items() if name in ours}
        return {name: value for name, value in found.items() if value not in (None, [])}


@dataclass
class Shop:
    """A world with a Temporal server; it remembers its returns, so that they can be ended."""

    world: World
    client: Client
    skip: Callable[[timedelta], Awaitable[None]]
    case: str = "R-1"
    started: list[Return] = field(default_factory=list)

    def policy(self, more: str) -> None:
        """From now on returns are judged by the shop's first policy with this besides."""
        text = (ROOT / "policies" / "default.yaml").read_text() + "\n" + more
        publish_policy(self.world.rooms, text, POLICY_FROM, datetime.now(UTC))

    async def start(self, case: str, order: str, lines: Lines, **more: Any) -> Return:
        """Start a return, as a storefront does; or find it."""
        handle = await start_return(self.client, request(case, order, lines, **more))
        one = Return(self.world, self.client, handle, lines)
        self.started.append(one)
        return one

    async def shopify(self) -> Return:
        """Import the Shopify order and return its one unit."""
        order = await self.world.import_order(SHOPIFY, SHOPIFY_PAYMENT)
        return await self.start(self.case, order.id, {SHOPIFY_LINE: 1})

    async def two_rates(self, lines: Lines, **more: Any) -> Return:
        """Import the order with two tax rates and return some of it."""
        order = await self.world.import_order(TWO_RATES)
        return await self.start(self.case, order.id, lines, **more)

    async def end(self) -> None:
        """End what still runs, so that no later worker meets it."""
        for one in self.started:
            try:
                await self.client.get_workflow_handle(one.handle.id).terminate("the test is over")
            except RPCError:  # it ended by itself
                continue
