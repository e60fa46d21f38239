"""Which version of the workers gets the work, where workers are versioned."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output
from commands.output import AsJson, example
from domain import ids
from domain.errors import InvalidRequest, Refused, Unavailable

if TYPE_CHECKING:
    from temporalio.api.deployment.v1 import WorkerDeploymentInfo
    from temporalio.client import Client
    from temporalio.service import RPCError

app = output.group("Versions of the workers, where they have any.")

UNVERSIONED = "unversioned"
"""Workers without BACKHAUL_WORKER_BUILD."""

_WHOLE = 100.0

Build = Annotated[
    str, typer.Argument(metavar="BUILD", help=f"The workers' BACKHAUL_WORKER_BUILD; {UNVERSIONED}: those without one.")
]
Percent = Annotated[
    float, typer.Option(min=0, max=_WHOLE, help="So much of the work for now; the rest stays where it is.")
]


@app.command("list", epilog=example("release list"))
def listed(as_json: AsJson = False) -> None:
    """Which versions there are, which gets the work, and which of them nobody needs any more."""
    versions = asyncio.run(_versions())
    if as_json:
        output.print_json(versions)
    else:
        rows = [(one["build"], one["status"], f"{one['percent']:g} %" if one["percent"] else "") for one in versions]
        output.table(("Build", "Status", "Work"), rows, "No worker has a version.")


@app.command(epilog=example("release promote 1.4.0 --percent 10"))
def promote(build: Build, percent: Percent = _WHOLE, as_json: AsJson = False) -> None:
    """Give all work, or a part of it, to the workers of a version; open returns go on there, too."""
    if not build.strip():
        raise InvalidRequest("BUILD", "it is empty; see which there are: `python starter.py release list`")
    asyncio.run(_promote("" if build == UNVERSIONED else build, percent))
    if as_json:
        output.print_json({"build": build, "percent": percent})
    else:
        output.say(f"{build} gets {'all' if percent == _WHOLE else f'{percent:g} % of the'} work.")


async def _versions() -> list[dict[str, str | float]]:
    from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus

    info = await _deployment(await _connected())
    if info is None:
        return []
    now = info.routing_config
    percents = {
        now.current_deployment_version.build_id: _WHOLE - now.ramping_version_percentage,
        now.ramping_deployment_version.build_id: now.ramping_version_percentage,
    }
    kind = WorkerDeploymentVersionStatus.Name
    return [
        {
            "build": (build := one.deployment_version.build_id),
            "status": kind(one.status).removeprefix("WORKER_DEPLOYMENT_VERSION_STATUS_").lower(),
            "percent": percents.get(build, 0.0),
        }
        for one in info.version_summaries
    ]


async def _promote(build: str, percent: float) -> None:
    from temporalio.api.workflowservice.v1 import (
        SetWorkerDeploymentCurrentVersionRequest,
        SetWorkerDeploymentRampingVersionRequest,
    )
    from temporalio.service import RPCError

    client = await _connected()
    service, place = client.workflow_service, client.namespace
    try:
        if percent == _WHOLE:
            await service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(
                    namespace=place, deployment_name=ids.DEPLOYMENT, build_id=build
                )
            )
        else:
            await service.set_worker_deployment_ramping_version(
                SetWorkerDeploymentRampingVersionRequest(
                    namespace=place, deployment_name=ids.DEPLOYMENT, build_id=build, percentage=percent
                )
            )
    except RPCError as error:
        raise _refused(error) from None


async def _deployment(client: Client) -> WorkerDeploymentInfo | None:
    """What Temporal knows of it; nothing before the first worker with a version came."""
    from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentRequest
    from temporalio.service import RPCError, RPCStatusCode

    asked = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=ids.DEPLOYMENT)
    try:
        return (await client.workflow_service.describe_worker_deployment(asked)).worker_deployment_info
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise _refused(error) from None


def _refused(error: RPCError) -> Refused | Unavailable:
    from temporalio.service import RPCStatusCode

    words = f"Temporal does not take the call ({error.status.name.lower()}): {error.message}"
    final = error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.INVALID_ARGUMENT)
    return Refused("release", words) if final else Unavailable(words)


async def _connected() -> Client:
    from wiring import connect

    return await connect()
