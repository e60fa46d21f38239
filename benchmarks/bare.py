"""A return without any of what makes it one: the same activities, timers, Updates and search attributes, in the same
order and with payloads of the same sizes, as plain JSON."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

    from benchmarks.recorded import TAPE
    from benchmarks.tape import plain
    from domain.ids import MAIL_QUEUE, PAYMENTS_QUEUE, WORKFLOW_TYPE
    from workflows.return_case.view import SEARCH_ATTRIBUTES

Json = Any
_QUEUES = {"send_notice": MAIL_QUEUE, "pay_leg": PAYMENTS_QUEUE}
_KEYS: dict[str, SearchAttributeKey[Any]] = {key.name: key for key in SEARCH_ATTRIBUTES}
_MINUTE = timedelta(minutes=1)


@workflow.defn(name=WORKFLOW_TYPE)
class Bare:
    """It."""

    def __init__(self) -> None:
        self.heard = self.done = self.upserts = 0
        self.asked: dict[str, int] = {}
        self.beside: set[asyncio.Task[Any]] = set()

    @workflow.run
    async def run(self, request: Json) -> Json:
        """The story of the recorded return."""
        for name in ("fetch_order", "open_return", "buy_label"):
            await self.call(name)
        self.upsert()
        self.start(self.call("send_notice"), workflow.sleep(timedelta(days=7)))
        await self.said(2)
        self.start(workflow.sleep(timedelta(days=1)))
        await self.said(4)
        await self.call("plan_refund")
        await asyncio.gather(self.call("pay_leg"), self.call("restock"))
        await self.call("send_notice")
        await self.call("close_return")
        self.upsert()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return plain(TAPE.result)

    @workflow.update
    async def record_scan(self, said: Json) -> Json:
        """The carrier."""
        return await self.hear("record_scan", notice=self.heard == 0)

    @workflow.update
    async def receive(self, said: Json) -> Json:
        """The warehouse counts."""
        return await self.hear("record_receipt", notice=True)

    @workflow.update
    async def inspect(self, said: Json) -> Json:
        """The warehouse looks."""
        return await self.hear("record_inspection", notice=False, upsert=False)

    @record_scan.validator
    @receive.validator
    @inspect.validator
    def check(self, said: Json) -> None:
        """Nothing is refused."""

    async def hear(self, name: str, notice: bool, upsert: bool = True) -> Json:
        """Record what is said, and answer."""
        number = self.heard
        self.heard += 1
        await self.call(name)
        if upsert:
            self.upsert()
        if notice:
            self.start(self.call("send_notice"))
        self.done += 1
        return plain(TAPE.updates[number][3])

    async def said(self, times: int) -> None:
        """Wait until so much was said."""
        await workflow.wait_condition(lambda: self.done >= times)

    async def call(self, name: str) -> Json:
        """One activity."""
        number = self.asked[name] = self.asked.get(name, -1) + 1
        given = plain(TAPE.asked[name][number])
        return await workflow.execute_activity(
            name, given, task_queue=_QUEUES.get(name), start_to_close_timeout=_MINUTE, summary=name
        )

    def start(self, *what: Any) -> None:
        """Beside the story."""
        self.beside |= {asyncio.create_task(one) for one in what}

    def upsert(self) -> None:
        """The next search attributes."""
        fields = TAPE.upserts[self.upserts]
        self.upserts += 1
        workflow.upsert_search_attributes([_set(name, value) for name, value in fields.items()])


def _set(name: str, value: Any) -> SearchAttributeUpdate[Any]:
    key = _KEYS[name]
    if value is None:
        return key.value_unset()
    return key.value_set(workflow.now() if name == "DueAt" else value)
