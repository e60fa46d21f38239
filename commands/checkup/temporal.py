"""Temporal: the server, its namespace and search attributes, who takes work, and what runs by the clock."""

from __future__ import annotations

import asyncio
import shlex
from datetime import timedelta

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from commands.checkup import Finding, failed, ok, warning
from commands.temporal import Returns
from domain.errors import Unavailable
from settings import QUEUES, profiles
from workflows.connection import configured, remedy
from workflows.return_case.view import SEARCH_ATTRIBUTES
from workflows.schedules import RECONCILE

RETENTION = timedelta(days=90)
"""How long closed returns stay in the Temporal UI; the journal keeps them for ever."""

ATTRIBUTE_TYPES = {key.name: key.indexed_value_type.name.capitalize() for key in SEARCH_ATTRIBUTES}
"""The type of each search attribute by its name, in the words of Temporal's command line."""

_PATIENCE = timedelta(seconds=5)
_DAYS = f"{RETENTION.days}d"


async def look(*, plain: bool = False) -> list[Finding]:
    """Everything about Temporal; `plain` where our own settings cannot be read."""
    try:
        address = str(configured(profiles())["target_host"])
    except Unavailable as error:
        return [failed("temporal", error.message)]
    try:
        returns = await Returns.connect(**({"plugins": []} if plain else {}))
    except Unavailable as error:
        return [failed("temporal", error.message, remedy(address))]
    client = returns.client
    there = ok("temporal", f"a server answers at {returns.address}")
    where = shlex.join(["--address", returns.address, "--namespace", client.namespace])
    space = await _namespace(client, where)
    if space.level == "failed":  # without it there is nothing else
        return [there, space]
    others = await asyncio.gather(_attributes(client, where), _workers(client), _schedule(client))
    return [there, space, *others]


async def _namespace(client: Client, where: str) -> Finding:
    name = client.namespace
    try:
        told = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=name), timeout=_PATIENCE
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            mend = f"temporal operator namespace create {where} --retention {_DAYS}"
            return failed("namespace", f"the server has no namespace {name}", mend)
        return failed("namespace", _said(error))
    kept = told.config.workflow_execution_retention_ttl.ToTimedelta()
    if kept < RETENTION:
        text = f"{name} forgets closed returns after {kept.days} days; finance looks back {RETENTION.days}"
        return warning("namespace", text, f"temporal operator namespace update {where} --retention {_DAYS}")
    return ok("namespace", f"{name} keeps closed returns for {kept.days} days")


async def _attributes(client: Client, where: str) -> Finding:
    about = "search attributes"
    try:
        known = await _registered(client)
    except RPCError as error:
        return failed(about, _said(error))
    wrong = [name for name, kind in ATTRIBUTE_TYPES.items() if known.get(name, kind) not in (kind, "")]
    missing = [name for name in ATTRIBUTE_TYPES if name not in known]
    if not wrong and not missing:
        return ok(about, f"all {len(ATTRIBUTE_TYPES)} are registered")
    named = " ".join(f"--name {name} --type {ATTRIBUTE_TYPES[name]}" for name in (*wrong, *missing))
    create = f"temporal operator search-attribute create {where} {named}"
    if not wrong:
        return failed(about, f"workers cannot start a return without {', '.join(missing)}", create)
    gone = " ".join(f"--name {name}" for name in wrong)
    told = ", ".join(f"{name} is {known[name]} and not {ATTRIBUTE_TYPES[name]}" for name in wrong)
    return failed(about, told, f"temporal operator search-attribute remove --yes {where} {gone} && {create}")


async def _registered(client: Client) -> dict[str, str]:
    """The type of each attribute by its name; empty where the server does not tell types, as Temporal Cloud's."""
    try:
        asked = ListSearchAttributesRequest(namespace=client.namespace)
        told = await client.operator_service.list_search_attributes(asked, timeout=_PATIENCE)
    except RPCError as error:
        if error.status not in (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED):
            raise
        return {name: "" for name in ATTRIBUTE_TYPES if await _may_be_asked_for(client, name)}
    return {name: _type(kind) for name, kind in told.custom_attributes.items()}


def _type(kind: IndexedValueType.ValueType) -> str:
    return IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_").replace("_", "").capitalize()


async def _may_be_asked_for(client: Client, name: str) -> bool:
    try:
        await client.count_workflows(f"{name} IS NULL", rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            return False
        raise
    return True


async def _workers(client: Client) -> Finding:
    kinds = [(queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY) for queue in QUEUES]
    try:
        seen = await asyncio.gather(
            *(
                client.workflow_service.describe_task_queue(
                    DescribeTaskQueueRequest(
                        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
                    ),
                    timeout=_PATIENCE,
                )
                for queue, kind in kinds
            )
        )
    except RPCError as error:
        return failed("workers", _said(error))
    idle = [queue for (queue, _), told in zip(kinds, seen, strict=True) if not told.pollers]
    if idle:
        return warning("workers", f"nobody takes work from {', '.join(idle)}; returns wait", "python worker.py")
    return ok("workers", f"work is taken from {', '.join(QUEUES)}")


async def _schedule(client: Client) -> Finding:
    try:
        told = await client.get_schedule_handle(RECONCILE).describe(rpc_timeout=_PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            return failed("schedule", _said(error))
        text = "nobody compares journal and payment provider at night"
        return warning("schedule", text, "python starter.py schedules create")
    if told.schedule.state.paused:
        return warning("schedule", f"{RECONCILE} is paused", f"temporal schedule toggle --unpause -s {RECONCILE}")
    return ok("schedule", f"{RECONCILE} runs every night")


def _said(error: RPCError) -> str:
    return f"Temporal does not take the call ({error.status.name.lower()}): {error.message}"
