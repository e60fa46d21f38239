"""How aftercare is started: by name, so that whoever takes news needs no workflow code."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain import ids
from domain.late import LateGoods
from domain.news import LateFact


async def start_aftercare(client: Client, workflow_id: str, fact: LateFact | LateGoods, patience: timedelta) -> None:
    """Have somebody look after what came late, once; `patience` is for the server's answer."""
    try:
        await client.start_workflow(
            ids.AFTERCARE_TYPE,
            fact,
            id=workflow_id,
            task_queue=ids.RETURNS_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            rpc_timeout=patience,
        )
    except WorkflowAlreadyStartedError:
        return
