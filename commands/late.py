"""Aftercare as Temporal runs it: told, asked and listed by the return, or the order, that it is about."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from temporalio.client import Client, WorkflowFailureError

from commands.temporal import PATIENCE, executions, in_words, refusal, update_id_of
from domain import ids
from domain.errors import Refused, Unavailable
from domain.late import LateGoods
from domain.model import Model
from domain.news import Turn
from domain.verbs import Verb
from workflows.aftercare_start import start_aftercare
from workflows.aftercare_view import AftercareView as AftercareView
from workflows.return_case.view import NEEDS_ACTION

_OPEN = f'WorkflowType = "{ids.AFTERCARE_TYPE}" AND CloseTime IS NULL'  # paused ones, too
_PREFIX = ids.aftercare_id("", "").removesuffix(":")
_OF_GOODS = (Verb.INSPECT, Verb.DECIDE_LATE, Verb.APPROVE)
_OF_REFUNDS = (Verb.PAY_AGAIN, Verb.CONSENT, Verb.PAID_BY_HAND, Verb.BY_HAND_FAILED)


def is_aftercare(name: str) -> bool:
    """Whether it is the id of an aftercare, rather than of a return or an order."""
    return name.startswith(_PREFIX)


class OpenAftercare(Model):
    """One late fact that is looked after; `seen` is None where no worker could say how it stands."""

    id: str
    seen: AftercareView | None


class Aftercares:
    """All aftercare of one Temporal namespace."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def open(self, subject: str = "") -> list[OpenAftercare]:
        """What is not ended, newest first; of one return or order if named."""
        with in_words(""):
            found = [one.execution.workflow_id async for one in executions(self._client, _OPEN)]
        of_subject = [one for one in found if not subject or one.startswith(ids.aftercare_id(subject, ""))]
        return list(await asyncio.gather(*map(self._opened, of_subject)))

    async def count(self, needs: str = "") -> int:
        """How many wait, for one owner if named."""
        query = f'{_OPEN} AND {NEEDS_ACTION.name} = "{needs}"' if needs else _OPEN
        with in_words(""):
            found = await self._client.count_workflows(query, rpc_timeout=PATIENCE)
        return found.count

    async def _opened(self, name: str) -> OpenAftercare:
        try:
            return OpenAftercare(id=name, seen=await self.view(name))
        except Unavailable:
            return OpenAftercare(id=name, seen=None)

    async def view(self, name: str) -> AftercareView:
        """How one stands."""
        try:
            with in_words(name, "aftercare"):
                handle = self._client.get_workflow_handle(name)
                seen: AftercareView = await handle.query("view", result_type=AftercareView, rpc_timeout=PATIENCE)
        except ValueError:  # the client knows no such status
            raise Unavailable(f"Aftercare {name} is paused and answers nobody until it goes on.") from None
        return seen

    async def start(self, late: LateGoods) -> tuple[str, AftercareView]:
        """Have somebody look after goods that came late, once; its id, and how it stands once they are recorded.

        Raises Refused where they are not taken.
        """
        name = ids.aftercare_id(late.case, late.receipt.id)
        with in_words(name, "aftercare"):
            await start_aftercare(self._client, name, late, PATIENCE)
        end = asyncio.create_task(self._client.get_workflow_handle(name, result_type=AftercareView).result())
        try:
            while not end.done():
                seen = await self.view(name)
                if seen.turn is not None or seen.troubles:
                    return name, seen
                await asyncio.wait({end}, timeout=0.2)
            return name, end.result()
        except WorkflowFailureError as error:
            raise refusal(error.cause) from None
        finally:
            end.cancel()

    async def tell(self, name: str, verb: Verb, said: Model) -> AftercareView:
        """Say something and see what came of it. Raises Refused with its reason."""
        with in_words(name, "aftercare"):
            handle = self._client.get_workflow_handle(name)
            await handle.execute_update(
                verb.value, said, id=update_id_of(said), result_type=AftercareView, rpc_timeout=PATIENCE
            )
        return await self.view(name)

    async def named(self, name: str, verb: Verb) -> str | None:
        """The id of the open one that a message is for, named itself or by its return or order; None if there is none.

        Raises Refused where there are several, naming them.
        """
        if is_aftercare(name):
            return name
        found = await self.open(name)
        if verb in _OF_GOODS:
            found = [one for one in found if one.seen is None or one.seen.turn is Turn.GOODS_CAME]
        if verb in _OF_REFUNDS:
            found = [one for one in found if one.seen is None or one.seen.turn is Turn.REFUND_OF_OURS]
        return _the_one(name, [one.id for one in found])


def _the_one(name: str, found: Sequence[str]) -> str | None:
    if len(found) > 1:
        which = ", ".join(found)
        raise Refused("which_aftercare", f"More than one late fact of {name} is open; say it to one of them: {which}")
    return next(iter(found), None)
