"""Returns as Temporal runs them: told, asked and listed, with every fault of the connection in words for people."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, ListWorkflowExecutionsRequest
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.errors import BackhaulError, InvalidRequest, Refused, Unavailable
from domain.model import Model, UtcDatetime
from domain.override import Override
from domain.request import ReturnRequest
from domain.stores import Notes
from domain.verbs import Verb
from wiring import connect
from workflows.return_case.said import Approve, PaidByHand
from workflows.return_case.view import CUSTOMER_ID, DUE_AT, NEEDS_ACTION, ORDER_ID, OUTCOME, REFUND_STATUS, STAGE
from workflows.return_case.view import CaseView as CaseView
from workflows.start import start_return

PATIENCE = timedelta(seconds=5)
"""How long one call waits for an answer; workers answer in milliseconds."""

_PAGE = 200
_NO_WORKER = (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED, RPCStatusCode.FAILED_PRECONDITION)


class ListedReturn(Model):
    """One return as the list shows it; what does not apply yet is empty."""

    id: str
    workflow_id: str
    status: str
    stage: str = ""
    needs_action: str = ""
    order_id: str = ""
    customer_id: str = ""
    outcome: str = ""
    refund_status: str = ""
    due_at: UtcDatetime | None = None
    started_at: UtcDatetime
    closed_at: UtcDatetime | None = None


class Returns:
    """All returns of one Temporal namespace."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    async def connect(cls, **options: Any) -> Returns:  # Client.connect's own options
        """Raises Unavailable with what to do if Temporal cannot be reached."""
        try:
            return cls(await connect(**options))
        except (RuntimeError, OSError, ValueError) as error:  # a profile or certificate that is wrong or missing
            raise Unavailable(f"Temporal's own configuration does not work: {error}") from None

    @property
    def client(self) -> Client:
        """The connection."""
        return self._client

    @property
    def namespace(self) -> str:
        """The namespace they live in."""
        return self._client.namespace

    @property
    def address(self) -> str:
        """Where the server is."""
        return self._client.service_client.config.target_host

    async def start(self, request: ReturnRequest, notes: Notes, texts: dict[str, str]) -> None:
        """Start a return, or find the one with this id. Raises KeyConflict if that asks for something else."""
        with in_words(request.id):
            await start_return(self._client, request, notes=notes, texts=texts)

    async def tell(self, case: str, verb: Verb, said: Model, own_id: str | None = None) -> CaseView:
        """Say something to a return, under an id of its own if given, and see what it made of it.

        Raises Refused with its reason.
        """
        try:
            with in_words(case):
                await self._handle(case).execute_update(
                    verb.value, said, id=update_id_of(said) or own_id, result_type=CaseView, rpc_timeout=PATIENCE
                )
        except Unavailable:
            if await self.status(case) == "paused":
                raise _paused(case) from None
            raise
        # Asked anew: a message that was sent before is answered with the return as it was then.
        return await self.view(case)

    async def view(self, case: str) -> CaseView:
        """The return as it stands."""
        try:
            with in_words(case):
                seen: CaseView = await self._handle(case).query("view", result_type=CaseView, rpc_timeout=PATIENCE)
        except ValueError:  # the client knows no such status: a paused workflow answers no question
            raise _paused(case) from None
        return seen

    async def status(self, case: str) -> str:
        """Temporal's own word for it: running, completed, failed, terminated, ..."""
        execution = WorkflowExecution(workflow_id=ids.workflow_id(case))
        request = DescribeWorkflowExecutionRequest(namespace=self.namespace, execution=execution)
        with in_words(case):
            # The raw call: the client's own `describe` raises on a paused workflow.
            described = await self._client.workflow_service.describe_workflow_execution(request, timeout=PATIENCE)
        return _status(described.workflow_execution_info.status)

    async def failure(self, case: str) -> str:
        """Why a return that ended badly did so: what was said where it happened. Only to be asked of one that ended."""
        with in_words(case):
            try:
                await self._handle(case).result(rpc_timeout=PATIENCE)
            except WorkflowFailureError as error:
                return innermost(error)
        return ""

    async def find(self, query: str, limit: int) -> list[ListedReturn]:
        """The newest returns that a filter in Temporal's own language finds."""
        query = " AND ".join(filter(None, [f'WorkflowType = "{ids.WORKFLOW_TYPE}"', query]))
        with in_words(""), _query_in_words():
            return [_listed(one) async for one in executions(self._client, query, limit)]

    async def list(self, stage: str, needs: str, limit: int) -> list[ListedReturn]:
        """The newest returns, in one stage and waiting for one owner if named."""
        wanted = {STAGE.name: stage, NEEDS_ACTION.name: needs}
        return await self.find(" AND ".join(f'{name} = "{value}"' for name, value in wanted.items() if value), limit)

    def _handle(self, case: str) -> WorkflowHandle[Any, CaseView]:
        return self._client.get_workflow_handle(ids.workflow_id(case), result_type=CaseView)


async def executions(client: Client, query: str, limit: int | None = None) -> AsyncIterator[WorkflowExecutionInfo]:
    """The newest workflows that a filter finds, page by page; at most so many."""
    token, left = b"", limit
    while left is None or left > 0:
        request = ListWorkflowExecutionsRequest(
            namespace=client.namespace,
            page_size=_PAGE if left is None else min(_PAGE, left),
            query=query,
            next_page_token=token,
        )
        # The raw call: the client's own `list_workflows` raises on a paused workflow.
        page = await client.workflow_service.list_workflow_executions(request, timeout=PATIENCE)
        for one in page.executions:
            yield one
        left = None if left is None else left - len(page.executions)
        token = page.next_page_token
        if not token:
            return


def update_id_of(said: Model) -> str | None:
    """The id under which a message is sent; None for a new one.

    What is signed is signed with its id. Every other message is a new one each time: Temporal would answer for ever
    with the first refusal to an id, and facts have ids of their own by which they count once.
    """
    return said.update_id if isinstance(said, (Approve, Override, PaidByHand)) else None


def innermost(error: BaseException) -> str:
    """The message at the bottom of the envelopes that Temporal puts around a failure."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(getattr(error, "message", "") or error)


@contextmanager
def in_words(name: str, what: str = "return") -> Iterator[None]:
    """Every fault of a call about one return, or something else, as a refusal or an outage in words for people."""
    try:
        yield
    except WorkflowUpdateFailedError as error:
        raise refusal(error.cause) from None
    except WorkflowQueryFailedError as error:
        raise Unavailable(f"{what.capitalize()} {name} cannot be read: {error}") from None
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise _silent(name, what) from None
    except RPCError as error:
        raise _translated(name, what, error) from None


@contextmanager
def _query_in_words() -> Iterator[None]:
    """A filter that Temporal cannot read. Where it stopped is left out: that counts what we put before it, too."""
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        why = re.sub(r" at position \d+", "", error.message)
        raise InvalidRequest("--query", f"Temporal does not understand it ({why})") from None


def refusal(cause: BaseException) -> BackhaulError:
    """What a return answers to a message that it does not take."""
    if isinstance(cause, ApplicationError):
        code = str(cause.details[0]) if cause.details else "refused"
        return Refused(code if cause.type == "Refused" else "refused", cause.message)
    return Refused("refused", str(cause))


def _translated(name: str, what: str, error: RPCError) -> BackhaulError:
    if error.status is RPCStatusCode.NOT_FOUND:
        listed = "list" if what == "return" else what
        if "already completed" in error.message:
            how = f" See how: `python starter.py show {name}`" if what == "return" else ""
            return Refused("closed", f"{what.capitalize()} {name} has ended; nothing can change it any more.{how}")
        if "namespace" in error.message.lower():
            return Unavailable(f"Temporal does not know the namespace: {error.message}")
        return Refused("not_found", f"There is no {what} {name}. See which there are: `python starter.py {listed}`")
    if name and error.status in _NO_WORKER:
        return _silent(name, what)
    return Unavailable(f"Temporal does not take the call ({error.status.name.lower()}): {error.message}")


def _silent(name: str, what: str) -> Unavailable:
    return Unavailable(
        f"{what.capitalize()} {name} gave no answer: it seems that no worker runs, or its database does not answer. "
        "Start one with `python worker.py` and say it again; what was taken already counts once."
    )


def _paused(case: str) -> Unavailable:
    command = f"temporal workflow unpause --workflow-id {ids.workflow_id(case)} --reason ..."
    return Unavailable(f"Return {case} is paused and answers nobody until it goes on (`{command}`).")


def _status(status: WorkflowExecutionStatus.ValueType) -> str:
    try:
        return WorkflowExecutionStatus.Name(status).removeprefix("WORKFLOW_EXECUTION_STATUS_").lower()
    except ValueError:  # a server newer than this client
        return f"status {status}"


def _listed(info: WorkflowExecutionInfo) -> ListedReturn:
    fields = info.search_attributes.indexed_fields
    known = {name: json.loads(payload.data) for name, payload in fields.items()}
    workflow_id = info.execution.workflow_id
    return ListedReturn(
        id=workflow_id.removeprefix(ids.workflow_id("")),
        workflow_id=workflow_id,
        status=_status(info.status),
        stage=known.get(STAGE.name, ""),
        needs_action=known.get(NEEDS_ACTION.name, ""),
        order_id=known.get(ORDER_ID.name, ""),
        customer_id=known.get(CUSTOMER_ID.name, ""),
        outcome=known.get(OUTCOME.name, ""),
        refund_status=known.get(REFUND_STATUS.name, ""),
        due_at=known.get(DUE_AT.name),
        started_at=_moment(info.start_time),
        closed_at=_moment(info.close_time) if info.HasField("close_time") else None,
    )


def _moment(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)
