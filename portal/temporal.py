"""Temporal's side of delivery: Updates to returns, and the start of aftercare. Only `visibility` knows of it, too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.errors import BackhaulError, Refused, Unavailable
from domain.model import Model
from domain.news import LateFact
from portal.courier import CLOSED, NOT_FOUND
from workflows.aftercare_start import start_aftercare

PATIENCE = timedelta(seconds=5)
"""How long one call waits for an answer; workers answer in milliseconds."""

_FINAL = ("Refused", "InvalidRequest")
"""The types of failure by which a return says no."""
_ENDED_MEANWHILE = "AcceptedUpdateCompletedWorkflow"
"""Temporal's type of failure for an update that was taken and not finished when its workflow ended."""


class TemporalDelivery:
    """The returns of one namespace. The connection is made with the first call, and made anew if that failed."""

    def __init__(self, connect: Callable[[], Awaitable[Client]]) -> None:
        self._connect = connect
        self._client: Client | None = None

    async def tell(self, case: str, verb: str, said: Model, update_id: str) -> None:
        """Say something to a return by Update and wait until it has recorded it."""
        handle = (await self._connected()).get_workflow_handle(ids.workflow_id(case))
        with _in_words(case):
            await handle.execute_update(verb, said, id=update_id, rpc_timeout=PATIENCE)

    async def start_aftercare(self, workflow_id: str, fact: LateFact) -> None:
        """Start the workflow of a late fact, once."""
        client = await self._connected()
        with _in_words(fact.case):
            await start_aftercare(client, workflow_id, fact, PATIENCE)

    async def _connected(self) -> Client:
        if self._client is None:
            self._client = await self._connect()
        return self._client


@contextmanager
def _in_words(case: str) -> Iterator[None]:
    try:
        yield
    except WorkflowUpdateFailedError as error:
        raise _refusal(case, error.cause) from None
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise Unavailable(f"Return {case} gave no answer: does a worker run, and does its database answer?") from None
    except RPCError as error:
        raise _translated(case, error) from None
    except (RuntimeError, OSError) as error:  # a connection that is made late, and cannot be
        raise Unavailable(f"Temporal cannot be reached: {str(error).partition(chr(10))[0]}") from None


def _refusal(case: str, cause: BaseException) -> BackhaulError:
    kind = cause.type if isinstance(cause, ApplicationError) else None
    if kind == _ENDED_MEANWHILE:
        return Refused(CLOSED, f"Return {case} ended before it had recorded this.")
    words = str(getattr(cause, "message", cause))
    if isinstance(cause, ApplicationError) and kind in _FINAL:
        return Refused(str(cause.details[0]) if cause.details else "refused", words)
    # Such as a worker older than this portal, which does not know the message yet.
    return Unavailable(f"Return {case} cannot take this now: {words.partition(chr(10))[0]}")


def _translated(case: str, error: RPCError) -> BackhaulError:
    if error.status is RPCStatusCode.NOT_FOUND and "namespace" not in error.message.lower():
        if "already completed" in error.message:
            return Refused(CLOSED, f"Return {case} has ended.")
        return Refused(NOT_FOUND, f"Temporal knows no return {case}.")
    return Unavailable(f"Temporal does not take the call ({error.status.name.lower()}): {error.message}")
