"""How a return is started from Python: typed, idempotent by the return's id."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.canonical import canonical_json, sha256
from domain.errors import KeyConflict
from domain.request import ReturnRequest, parse_request
from domain.stores import Notes
from workflows.return_case.state import Stage
from workflows.return_case.view import NEEDS_ACTION, ORDER_ID, STAGE, CaseView

ReturnHandle = WorkflowHandle[Any, CaseView]
"""By name, so that a storefront needs no workflow code to start a return."""


async def start_return(
    client: Client, request: ReturnRequest, *, notes: Notes | None = None, texts: Mapping[str, str] | None = None
) -> ReturnHandle:
    """Start a return, or find the one that was started with this id, running or closed.

    `texts` are the shopper's own words by line id; they are stored in `notes` and only their ids travel.
    Raises KeyConflict if the id stands for a return of other lines.
    """
    content = content_of(request)
    if texts and notes and await _content(client, ids.workflow_id(request.id)) != content:
        request = _with_notes(request, notes, texts)  # once: a start that is repeated stores nothing again
    try:
        handle = await client.start_workflow(
            ids.WORKFLOW_TYPE,
            request,
            result_type=CaseView,
            id=ids.workflow_id(request.id),
            task_queue=ids.RETURNS_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            static_summary=f"Return {request.id} of order {request.order_id}",
            static_details=_details(request),
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(STAGE, Stage.REQUESTED.value),
                    SearchAttributePair(NEEDS_ACTION, "backhaul"),
                    SearchAttributePair(ORDER_ID, request.order_id),
                ]
            ),
        )
    except WorkflowAlreadyStartedError:
        handle = client.get_workflow_handle(ids.workflow_id(request.id), result_type=CaseView)
    if await _content(client, handle.id) != content:
        raise KeyConflict(f"return {request.id} exists already with other lines; choose another id for a new return")
    return handle


def content_of(request: ReturnRequest) -> str:
    """The hash that tells whether two requests ask for the same return."""
    lines: dict[str, object] = {line.line_id: [line.quantity, line.reason.value] for line in request.lines}
    return sha256(canonical_json({"order": request.order_id, "lines": lines}))


async def _content(client: Client, workflow_id: str) -> str | None:
    """What the newest run of this id was started for, by its first event; None if there is none."""
    execution = WorkflowExecution(workflow_id=workflow_id)
    ask = GetWorkflowExecutionHistoryRequest(namespace=client.namespace, execution=execution, maximum_page_size=1)
    try:
        page = await client.workflow_service.get_workflow_execution_history(ask)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    given = page.history.events[0].workflow_execution_started_event_attributes.input.payloads
    try:
        return content_of(parse_request((await client.data_converter.decode(given))[0]))
    except Exception:  # started by another client with an input that is no request: the same as nothing here
        return None


def _with_notes(request: ReturnRequest, notes: Notes, texts: Mapping[str, str]) -> ReturnRequest:
    lines = tuple(
        line.model_copy(update={"note_id": notes.put(texts[line.line_id])}) if line.line_id in texts else line
        for line in request.lines
    )
    return request.model_copy(update={"lines": lines})


def _details(request: ReturnRequest) -> str:
    rows = [f"- {line.quantity} × line `{line.line_id}`, {line.reason.replace('_', ' ')}" for line in request.lines]
    return "\n".join([f"**Return {request.id}** of order {request.order_id}", "", *rows])


def request_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of the input, for storefronts in other languages."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ReturnRequest.model_json_schema()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(request_schema(), indent=2, ensure_ascii=False) + "\n")
