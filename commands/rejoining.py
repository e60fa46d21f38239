"""Journal and workflows brought together again, after backups of different moments took their places."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import WorkflowHandle

from commands.bulk import AT_ONCE
from commands.temporal import PATIENCE, CaseView, Returns, executions, in_words
from domain import ids
from domain.errors import Refused
from domain.model import Model, UtcDatetime
from domain.request import ReturnRequest, parse_request
from domain.verbs import Verb
from ledger.recall import case_so_far
from wiring import Rooms
from workflows.start import start_return

_OPEN = ("running", "paused")
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_LEARNS_SECONDS = 15.0
"""A return that begins anew has not learned yet what it was told after: so long what it does not take is said again."""


_UNDER_WAY = timedelta(hours=1)
"""What a journal that was not restored lacks of a return was said since its last entry, less what takes us a while."""


class Said(Model):
    """One Update that a run took, as it was sent."""

    id: str
    verb: str
    word: Any  # as JSON: whatever the verb takes


class Apart(Model):
    """A return of which journal and workflow may know different things; `request` begins it anew, and what was said
    before `since` the journal has for sure."""

    id: str
    journal: str
    workflow: str
    request: ReturnRequest
    since: UtcDatetime


class Rejoined(Model):
    """What became of it: where it stands, how much it was told again, and what it did not take, in words."""

    id: str
    stage: str
    told: int
    refused: tuple[str, ...] = ()


class Rejoining:
    """Everything here may be done twice: what was recorded counts once, and no refund is sent that was sent before."""

    def __init__(self, rooms: Rooms, returns: Returns) -> None:
        self._rooms, self._returns, self._client = rooms, returns, returns.client

    @classmethod
    async def connect(cls, rooms: Rooms) -> Rejoining:
        """Raises Unavailable with what to do if Temporal cannot be reached."""
        return cls(rooms, await Returns.connect())

    async def one(self, case: str) -> list[Apart]:
        """One return, unless both have ended it. Raises Refused where nobody knows it."""
        status, entries = await self._status(case), list(self._rooms.ledger.entries(case=case))
        since = entries[-1].at - _UNDER_WAY if entries else _ALWAYS
        found = await self._apart(case, {case} if status in _OPEN else set(), set(), since)
        if found is None and status == "unknown" and not entries:
            raise Refused("not_found", f"Nobody knows a return {case}. See which there are: `python starter.py list`")
        return [found] if found else []

    async def moved(self, since: datetime) -> list[Apart]:
        """The returns that moved since, in the journal or in Temporal, unless both have ended them."""
        running, ended = await self._moved(since)
        journal = {one.case for one in self._rooms.ledger.entries() if one.case and one.at >= since}
        found = [await self._apart(case, running, ended, since) for case in sorted({*journal, *running, *ended})]
        return [one for one in found if one is not None]

    async def rejoin(self, apart: Sequence[Apart]) -> list[Rejoined]:
        """Begin each anew, and tell it what its workflow was told before, in the same order."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(found: Apart) -> Rejoined:
            async with turn:
                return await self._rejoin(found)

        return list(await asyncio.gather(*map(one, apart)))

    async def _moved(self, since: datetime) -> tuple[set[str], set[str]]:
        of_returns, moment = f"WorkflowType = '{ids.WORKFLOW_TYPE}'", f"'{since.astimezone(UTC).isoformat()}'"
        running, ended = set(), set()
        with in_words(""):
            # Not by their status, else those that are paused would be left out.
            async for one in executions(self._client, f"{of_returns} AND CloseTime IS NULL"):
                if await self._last_event(one) >= since:
                    running.add(_case(one))
            async for one in executions(self._client, f"{of_returns} AND CloseTime >= {moment}"):
                if one.status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED:
                    ended.add(_case(one))
        return running, ended - running

    async def _last_event(self, one: WorkflowExecutionInfo) -> datetime:
        ask = GetWorkflowExecutionHistoryReverseRequest(
            namespace=self._client.namespace, execution=one.execution, maximum_page_size=1
        )
        page = await self._client.workflow_service.get_workflow_execution_history_reverse(ask)
        return page.history.events[0].event_time.ToDatetime(tzinfo=UTC)

    async def _apart(self, case: str, running: set[str], ended: set[str], since: datetime) -> Apart | None:
        entries = list(self._rooms.ledger.entries(case=case))
        known = case_so_far(entries)
        status = "running" if case in running else "ended" if case in ended else await self._status(case)
        journal = "unknown" if known.asked is None else "ended" if known.outcome else "open"
        if journal == "ended" and status != "running":
            return None
        # As it was asked for at first: by that a storefront that asks again finds it.
        request = case_so_far(entries[:1]).asked or await self._asked(case)
        if request is None:
            return None
        return Apart(id=case, journal=journal, workflow=status, request=request, since=since)

    async def _status(self, case: str) -> str:
        try:
            return await self._returns.status(case)
        except Refused:
            return "unknown"

    async def _asked(self, case: str) -> ReturnRequest | None:
        """As its workflow was started, where the journal has never heard of it."""
        async for event in self._events(case):
            given = event.workflow_execution_started_event_attributes.input
            return parse_request((await self._decoded(given))[0])
        return None

    async def _rejoin(self, apart: Apart) -> Rejoined:
        said = [one async for one in self._said(apart)]
        await start_return(self._client, apart.request, anew=True)
        handle = self._client.get_workflow_handle(ids.workflow_id(apart.id), result_type=CaseView)
        refused = [f"{one.verb}: {no}" for one in said if (no := await _told(handle, one))]
        seen = await self._returns.view(apart.id)
        return Rejoined(id=apart.id, stage=seen.stage, told=len(said) - len(refused), refused=tuple(refused))

    async def _said(self, apart: Apart) -> AsyncIterator[Said]:
        """What its runs took since then, in order, each once. Of all runs: where this was broken off before, the newest
        was told only a part; and one that began by a reset has what was taken over into it."""
        seen = set()
        async for event in self._events(apart.id):
            admitted = event.workflow_execution_update_admitted_event_attributes.request
            request = event.workflow_execution_update_accepted_event_attributes.accepted_request
            request = request if request.input.name else admitted
            late = event.event_time.ToDatetime(tzinfo=UTC) >= apart.since
            if request.input.name and late and request.meta.update_id not in seen:
                seen.add(request.meta.update_id)
                given = await self._decoded(request.input.args)
                said = Said(id=request.meta.update_id, verb=request.input.name, word=given[0] if given else None)
                if not _is_passing(said):
                    yield said

    async def _events(self, case: str) -> AsyncIterator[HistoryEvent]:
        """Those of all runs that Temporal keeps, the oldest first."""
        name = ids.workflow_id(case)
        with in_words(case):
            runs = [one async for one in executions(self._client, f"WorkflowId = '{name}'")]
            for run in sorted(runs, key=lambda one: one.start_time.ToNanoseconds()):
                handle = self._client.get_workflow_handle(name, run_id=run.execution.run_id)
                async for event in handle.fetch_history_events():
                    yield event

    async def _decoded(self, given: Payloads) -> list[Any]:
        return await self._client.data_converter.decode(given.payloads)


def _case(one: WorkflowExecutionInfo) -> str:
    return str(one.execution.workflow_id).removeprefix(ids.workflow_id(""))


def _is_passing(said: Said) -> bool:
    """Whether it was about a moment that is gone. News of a refund are: each leg is looked up at the provider anyway,
    and news that come before that would be of a refund that nobody knows."""
    if said.verb == Verb.RECORD_NEWS:
        return isinstance(said.word, dict) and said.word.get("kind", "refund") == "refund"
    return said.verb in (Verb.RETRY_NOW, Verb.REPLAN)


async def _told(handle: WorkflowHandle[Any, CaseView], said: Said) -> str:
    """Say it again, until it is taken; why it was not, else nothing."""
    until = asyncio.get_running_loop().time() + _LEARNS_SECONDS
    while True:
        try:
            with in_words(handle.id):
                await handle.execute_update(said.verb, said.word, id=said.id, rpc_timeout=PATIENCE)
            return ""
        except Refused as no:
            if no.code == "closed" or asyncio.get_running_loop().time() > until:
                return no.message
        await asyncio.sleep(0.2)
