"""Other returns of the same order: they have to plan anew when its money went another way."""

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
    """These returns have to plan anew because of a fact; `fact` makes the id under which each hears of it once."""

    returns: tuple[Id, ...]
    fact: str


class ReturnsActivities:
    """Speaks to running returns through Temporal."""

    @activity.defn
    async def tell_returns(self, ask: TellReturns) -> None:
        """Send `replan` to each. One that has nothing planned, or has ended, needs no telling."""
        for case in ask.returns:
            handle = activity.client().get_workflow_handle(ids.workflow_id(case))
            try:
                await handle.execute_update(
                    Verb.REPLAN.value, {"by": "provider"}, id=f"replan:{ask.fact}", rpc_timeout=_PATIENCE
                )
            except WorkflowUpdateFailedError:
                continue
            except RPCTimeoutOrCancelledError:
                raise Unavailable(f"Return {case} gave no answer; it is told again.") from None
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise Unavailable(f"Return {case} gave no answer; it is told again.") from None
