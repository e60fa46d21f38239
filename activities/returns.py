"""Others that a fact concerns: returns of the same order have to plan anew when its money went another way."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity
from temporalio.client import RPCTimeoutOrCancelledError, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.errors import Unavailable
from domain.model import Id, Model
from domain.verbs import Verb

_PATIENCE = timedelta(seconds=5)


class TellReturns(Model):
    """These returns have to plan anew because of a fact, and aftercare of these workflow ids to look again.

    `fact` makes the id under which each hears of it once.
    """

    returns: tuple[Id, ...]
    aftercare: tuple[str, ...] = ()
    fact: str


class ReturnsActivities:
    """Speaks to running returns through Temporal."""

    @activity.defn
    async def tell_returns(self, ask: TellReturns) -> None:
        """Tell each. One that has nothing planned, does not wait, or has ended, needs no telling."""
        for case in ask.returns:
            await _tell(ids.workflow_id(case), Verb.REPLAN, ask.fact)
        for name in ask.aftercare:
            await _tell(name, Verb.RETRY_NOW, ask.fact)


async def _tell(workflow_id: str, verb: Verb, fact: str) -> None:
    handle = activity.client().get_workflow_handle(workflow_id)
    try:
        await handle.execute_update(verb.value, {"by": "provider"}, id=f"{verb}:{fact}", rpc_timeout=_PATIENCE)
    except WorkflowUpdateFailedError:
        return
    except RPCTimeoutOrCancelledError:
        raise Unavailable(f"{workflow_id} gave no answer; it is told again.") from None
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise Unavailable(f"{workflow_id} gave no answer; it is told again.") from None
