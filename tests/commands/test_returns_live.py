"""Whole returns by command line: Temporal's development server, the simulators, and workers."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import sysconfig
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

import starter
from commands import temporal as commands_temporal
from domain import ids
from domain.news import LateFact, RefundNews
from domain.refund import RefundStatus
from embedded.simulators import build
from embedded.simulators.serve import address, listen, running
from settings import ROOT, Settings
from tests.commands.conftest import ORDER, Answer
from tests.loopback import plain_client
from wiring import Rooms, rooms
from worker import workers
from workflows.aftercare_view import AftercareView
from workflows.plugin import Backhaul
from workflows.return_case.view import SEARCH_ATTRIBUTES, CaseView

PATIENCE = 30
# A return is deleted once the server has noted that all about its end is done; by itself it does so every half minute.
FORGETS_AT_ONCE = [
    word
    for queue in ("transfer", "visibility", "timer")
    for word in ("--dynamic-config-value", f'history.{queue}ProcessorUpdateAckInterval="500ms"')
]
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()


@dataclass
class Shop:
    """A running shop."""

    client: Client
    env: dict[str, str]
    simulators: str
    rooms: Rooms
    running: AsyncExitStack = field(default_factory=AsyncExitStack)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, *words: str | Path) -> Answer:
        """One command, in a thread, because it has an event loop of its own. One at a time: they share the output."""
        async with self.turn:
            return await asyncio.to_thread(_answered, [str(word) for word in words])

    async def process(self, *words: str | Path) -> Answer:
        """One command, as a process of its own."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "starter.py", *map(str, words), cwd=ROOT, stdout=-1, stderr=-1
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return Answer(process.returncode, out.decode(), err.decode())

    async def ok(self, *words: str | Path) -> Any:
        """The JSON of a command that must succeed."""
        answer = await self.run(*words, "--json")
        assert answer.code == 0, answer.err
        assert answer.err == ""
        return answer.json

    async def refused(self, *words: str | Path) -> str:
        """Why a command was refused, without anything on standard output."""
        answer = await self.run(*words, "--json")
        assert (answer.code, answer.out) == (1, ""), answer
        assert answer.err.count("\n") == 1
        return answer.err

    async def until(self, words: tuple[str, ...], holds: Callable[[Any], bool]) -> Any:
        """The JSON of a command, as soon as something holds of it."""
        async with asyncio.timeout(PATIENCE):
            while not holds(shown := await self.ok(*words)):
                pass
        return shown

    async def closed(self, case: str) -> CaseView:
        """The return when it has closed."""
        handle = self.client.get_workflow_handle(f"return-{case}", result_type=CaseView)
        return await asyncio.wait_for(handle.result(), PATIENCE)

    async def order(self, number: str, delivered: str = str(YESTERDAY)) -> None:
        """Import a copy of the sample order under another number, paid at the payment provider."""
        document = json.loads(ORDER.read_text())
        payment = f"pi_{number.replace('-', '_')}"
        document["order"] |= {"id": number.lower(), "number": number, "tenders": []}
        for line in document["order"]["lines"]:
            line["deliveries"] = []
        file = Path(self.env["BACKHAUL_HOME"]) / f"{number}.json"
        file.write_text(json.dumps(document))
        await self.control("payment_intents", {"id": payment, "amount": 10850, "currency": "eur"})
        await self.ok("orders", "import", file, "--payment", payment, "--delivered", delivered)

    async def control(self, name: str, body: dict[str, object]) -> None:
        """Steer the payment provider."""
        async with plain_client(self.simulators) as http:
            (await http.post(f"/stripe/_control/{name}", json=body)).raise_for_status()


def _answered(words: list[str]) -> Answer:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = starter.main(words)
    return Answer(code, out.getvalue(), err.getvalue())


@pytest_asyncio.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    home = tmp_path_factory.mktemp("shop")
    async with AsyncExitStack() as stack:
        temporal = await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(Path(sysconfig.get_path("scripts")) / "temporal"),
            plugins=[Backhaul()],
            search_attributes=SEARCH_ATTRIBUTES,
            dev_server_extra_args=FORGETS_AT_ONCE,
        )
        stack.push_async_callback(temporal.shutdown)
        listener = listen(0)
        simulators = await stack.enter_async_context(running(build(home, address(listener)), listener))
        env = _environment(home, temporal.client.service_client.config.target_host, simulators)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in set(os.environ) - set(env):
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        shop = Shop(temporal.client, env, simulators, rooms(Settings.load()))
        await shop.ok("database", "upgrade")
        await shop.ok("policy", "publish", "policies/default.yaml", "--from", "2020-01-01")
        await shop.ok("people", "add", "ada", "--role", "admin")
        await shop.ok("people", "add", "ann", "--role", "warehouse", "--by", "ada")
        serving = workers(shop.client, shop.rooms)
        stack.callback(shop.rooms.engine.dispose)
        await stack.enter_async_context(shop.running)
        for worker in serving:
            await shop.running.enter_async_context(worker)
        yield shop


def _environment(home: Path, temporal: str, simulators: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("BACKHAUL_", "TEMPORAL_"))}
    return plain | {
        "BACKHAUL_HOME": str(home),
        "BACKHAUL_STRIPE_API_KEY": "sk_test_commands",
        "BACKHAUL_STRIPE_API_BASE": f"{simulators}/stripe",
        "BACKHAUL_SENDGRID_API_KEY": "SG.commands",
        "BACKHAUL_SENDGRID_HOST": f"{simulators}/sendgrid",
        "BACKHAUL_CARRIER_URL": f"{simulators}/carrier",
        "BACKHAUL_PUBLIC_URL": simulators,
        "BACKHAUL_UI_URL": "http://ui.test",
        "TEMPORAL_ADDRESS": temporal,
        "TEMPORAL_CONFIG_FILE": str(home / "none.toml"),
    }


async def test_a_whole_return(shop: Shop) -> None:
    await shop.order("B-1")
    note = "1=The handle came loose."
    started = await shop.ok("start", "--id", "R-1", "--order", "B-1", "--line", "1:2:defective", "--note", note)
    assert set(started) == {
        "id", "return", "decision", "first_decision", "source", "status", "note", "failure", "timeline", "mails",
        "late", "workflow_id", "ui",
    }  # fmt: skip
    assert (started["source"], started["status"], started["note"]) == ("workflow", "running", "")
    assert started["ui"] == "http://ui.test/namespaces/default/workflows/return-R-1"
    seen = started["return"]
    assert (seen["stage"], seen["verdict"], seen["quote"]) == ("awaiting_parcel", "approve", "24.65 EUR")
    assert re.fullmatch(
        rf"{shop.simulators}/labels/{seen['tracking_number']}-[A-Za-z0-9_-]{{22}}\.pdf", seen["label_url"]
    )
    assert "handle" not in json.dumps(started)

    shown = await shop.process("show", "R-1")
    # The last moment of that day in UTC, which a day without a time means, is the next day where the order went.
    assert f"It can be returned until {YESTERDAY + timedelta(days=31):%d %B %Y}" in shown.out
    assert "temporal workflow show -w return-R-1 --address" in shown.out
    assert "http://ui.test/namespaces/default/workflows/return-R-1" in shown.out

    scanned = await shop.ok("scan", "R-1", "--status", "in_transit", "--location", "Hamburg")
    assert set(scanned) == {"return", "workflow_id", "ui"}
    assert scanned["return"]["stage"] == "in_transit"
    assert (await shop.ok("scan", "R-1", "--status", "in_transit"))["return"]["stage"] == "in_transit"

    assert (await shop.ok("receive", "R-1", "--by", "ann"))["return"]["received"] == {"1": 2}
    assert (await shop.ok("receive", "R-1", "--by", "ann"))["return"]["received"] == {"1": 2}

    inspected = await shop.run("inspect", "R-1", "--by", "ann", "--line", "1:1", "--line", "1:1:grade_d:not_restocked")
    assert inspected.code == 0, inspected.err
    assert "temporal workflow update execute -w return-R-1 --name inspect --input" in inspected.out
    closed = await shop.closed("R-1")
    assert (closed.outcome, closed.refund_status, closed.refunded) == ("refunded", "succeeded", "24.65 EUR")

    shown = await shop.run("show", "R-1")
    assert shown.code == 0
    for text in (
        "closed, refunded",
        "24.65 EUR (re_",
        "refund settled",
        "scan: in transit",
        "notice: approved",
        "2 units",
        "within_window",
    ):
        assert text in shown.out
    kinds = [one["kind"] for one in (await shop.ok("show", "R-1"))["timeline"]]
    assert kinds.count("scan") == kinds.count("receipt") == kinds.count("refund_settled") == 1
    assert "is closed (refunded)" in await shop.refused("inspect", "R-1", "--by", "ann")
    assert shop.rooms.ledger.verify().faults == ()


async def test_the_same_return_and_another_one(shop: Shop) -> None:
    await shop.order("B-2")
    words = ("start", "--id", "R-2", "--order", "B-2", "--line", "2:1")
    first, second = await shop.ok(*words), await shop.ok(*words)
    assert second["return"] == first["return"]
    assert len(second["timeline"]) >= len(first["timeline"])
    assert [one["kind"] for one in second["timeline"]].count("decision") == 1
    said = await shop.refused("start", "--id", "R-2", "--order", "B-2", "--line", "1:1")
    assert "R-2 exists already with other lines" in said


async def test_a_box_that_nobody_announced_and_a_parcel_of_two_returns(shop: Shop) -> None:
    await shop.order("B-41")
    await shop.ok("start", "--id", "R-41", "--order", "B-41", "--line", "2:1")
    added = await shop.ok("parcel", "add", "R-41", "--tracking", "1Z41", "--by", "ann")
    assert added["return"]["other_parcels"] == ["1Z41"]
    scan = ("scan", "R-41", "--status", "in_transit")
    await shop.ok(*scan)
    await shop.ok(*scan, "--tracking", "1Z41")
    assert "parcel add" in await shop.refused(*scan, "--tracking", "1Z42")
    kinds = [one["kind"] for one in (await shop.ok("show", "R-41"))["timeline"]]
    assert (kinds.count("scan"), kinds.count("parcel")) == (2, 1)

    box = ("receive", "--unknown", "--by", "ann", "--receipt-id", "box-41", "--place", "U3", "--tracking", "1Z41")
    told = await shop.ok(*box, "--item", "BOOK-TEA:1", "--item", "MUG-BLUE:2")
    assert (told["likely"][0]["id"], told["likely"][0]["because"]) == ("R-41", "same tracking number")
    to_return = ("match", "box-41", "--by", "ann", "--return", "R-41")
    assert "holds 2 × MUG-BLUE" in await shop.refused(*to_return)
    assert (await shop.ok(*to_return, "--line", "2:1"))["left"] == 2
    to_order = ("match", "box-41", "--by", "ann", "--order", "B-41", "--line", "1:2", "--reason", "unwanted")
    assert (await shop.ok(*to_order))["matches"][1]["case"] == "R-box-41"
    shown = await shop.run(*to_order)
    assert "R-box-41 by ann: 2 of line 1" in shown.out
    assert [one["id"] for one in await shop.ok("boxes")] == []
    for case, units in (("R-41", {"2": 1}), ("R-box-41", {"1": 2})):
        assert (await shop.ok("show", case))["return"]["received"] == units
        await shop.ok("inspect", case, "--by", "ann")
        assert (await shop.closed(case)).outcome == "refunded"
    assert shop.rooms.ledger.verify().faults == ()


async def test_called_off(shop: Shop) -> None:
    await shop.order("B-3")
    await shop.ok("start", "--id", "R-3", "--order", "B-3", "--line", "3:1")
    await shop.ok("cancel", "R-3", "--by", "shopper", "--reason", "sent_by_mistake")
    assert (await shop.closed("R-3")).outcome == "cancelled"
    assert "is closed (cancelled)" in await shop.refused("cancel", "R-3", "--by", "shopper")
    kinds = [one["kind"] for one in (await shop.ok("show", "R-3"))["timeline"]]
    assert {"cancelled", "label_voided", "closed"} <= set(kinds)


async def test_goods_that_come_after_their_return_was_called_off(shop: Shop) -> None:
    await shop.order("B-33")
    await shop.ok("start", "--id", "R-33", "--order", "B-33", "--line", "3:1")
    claim = ("claim", "open", "R-33", "--reference", "CL-1", "--amount", "20.00", "--by", "ada")
    assert "No carrier has seen this parcel" in await shop.refused(*claim)
    assert "owes nothing" in await shop.refused("settle", "R-33", "--how", "waived", "--by", "ada")
    receive = ("late", "receive", "R-33", "--by", "ann", "--receipt-id", "box-33")
    assert "still takes goods" in await shop.refused(*receive)
    await shop.ok("cancel", "R-33", "--by", "shopper")
    await shop.closed("R-33")
    assert "late receive R-33" in await shop.refused("receive", "R-33", "--by", "ann")
    late = (await shop.ok(*receive))["aftercare"]
    assert (late["turn"], late["received"]) == ("goods_came", {"3": 1})
    await shop.until(("aftercare", "--of", "R-33"), lambda found: found[0]["seen"]["next_owner"] == "ops")
    assert (await shop.ok(*receive))["aftercare"]["next_action"].endswith("`late accept` them, or `late send-back`")
    await shop.ok("late", "accept", "R-33", "--by", "ada")
    await shop.until(("aftercare", "--of", "R-33"), lambda found: found[0]["seen"]["next_owner"] == "warehouse")
    assert "waits for an approval" in await shop.refused(
        "late", "approve", "R-33", "--by", "ada", "--key", await _key(shop)
    )
    await shop.ok("late", "inspect", "R-33", "--by", "ann")
    handle = shop.client.get_workflow_handle("aftercare:R-33:box-33", result_type=AftercareView)
    assert (await asyncio.wait_for(handle.result(), PATIENCE)).outcome == "goods_came"
    assert "No late goods" in await shop.refused("late", "send-back", "R-33", "--by", "ada")
    assert shop.rooms.ledger.verify().faults == ()


async def _key(shop: Shop) -> Path:
    """The private key of somebody."""
    file = Path(shop.env["BACKHAUL_HOME"]) / "late.pem"
    await shop.ok("people", "key", "--out", file)
    return file


async def test_declined_with_its_reason(shop: Shop) -> None:
    await shop.order("B-4", delivered="2026-01-02")
    answer = await shop.run("start", "--id", "R-4", "--order", "B-4", "--line", "1:1")
    assert answer.code == 0
    assert "could be returned ended on 02 February 2026" in answer.out
    assert (await shop.closed("R-4")).outcome == "declined"


async def test_a_return_that_ended_badly_says_why(shop: Shop) -> None:
    await shop.order("B-20")
    words = ("start", "--id", "R-20", "--order", "B-20", "--line", "3:1")
    await shop.ok(*words)
    await shop.client.get_workflow_handle("return-R-20").terminate(reason="the shop was closed")
    told = await shop.run("show", "R-20")
    assert told.code == 1
    assert "This return has been terminated: the shop was closed." in told.out
    assert "Next" in told.out
    assert "ops: It failed; start it again once this is mended: the shop was closed" in told.out
    shown = await shop.run("show", "R-20", "--json")
    assert (shown.code, shown.json["status"], shown.json["failure"]) == (1, "terminated", "the shop was closed")
    assert shown.json["return"]["next_owner"] == "ops"
    # started again it goes on, and nothing of it is a failure any more
    again = await shop.ok(*words)
    assert (again["status"], again["failure"], again["return"]["stage"]) == ("running", "", "awaiting_parcel")


async def test_a_return_that_failed_says_why_and_can_be_started_anew(shop: Shop) -> None:
    await shop.order("B-21")
    words = ("start", "--id", "R-21", "--order", "B-21", "--line", "1:1")
    raw = {"id": "R-21", "order_id": "nowhere", "lines": [{"line_id": "1", "quantity": 1}]}
    await shop.client.start_workflow("ReturnCase", raw, id="return-R-21", task_queue="returns")
    with pytest.raises(WorkflowFailureError):
        await shop.closed("R-21")
    told = await shop.run("show", "R-21")
    assert (told.code, "This return has failed: order_id: there is no order nowhere" in told.out) == (1, True)
    assert (await shop.ok(*words))["return"]["stage"] == "awaiting_parcel"


async def test_a_request_that_cannot_be_read_has_the_workflows_id(shop: Shop) -> None:
    await shop.client.start_workflow("ReturnCase", {"lines": "none"}, id="return-R-22", task_queue="returns")
    with pytest.raises(WorkflowFailureError):
        await shop.closed("R-22")
    told = await shop.run("show", "R-22", "--json")
    shown = told.json
    assert (told.code, shown["status"]) == (1, "failed")
    assert (shown["id"], shown["return"]["id"], shown["return"]["stage"]) == ("R-22", "R-22", "closed")
    assert shown["failure"].startswith("id: ")
    assert "Return R-22: closed" in (await shop.run("show", "R-22")).out


async def test_refusals_say_what_is_allowed(shop: Shop) -> None:
    await shop.order("B-5")
    await shop.ok("start", "--id", "R-5", "--order", "B-5", "--line", "1:2")
    assert "receive it first" in await shop.refused("inspect", "R-5", "--by", "ann")
    too_many = await shop.refused("receive", "R-5", "--by", "ann", "--receipt-id", "box-1", "--line", "1:3")
    assert "3 of line 1 counted, but this return expects 2 of it. What it expects: 2 of line 1." in too_many
    await shop.ok("receive", "R-5", "--by", "ann", "--receipt-id", "box-1", "--line", "1:1")
    other = await shop.refused("receive", "R-5", "--by", "ann", "--receipt-id", "box-1", "--line", "1:2")
    assert "box-1 is recorded with other content" in other
    assert "no less: that is 1 of line 1." in await shop.refused("inspect", "R-5", "--by", "ann", "--line", "1:2")
    assert "have arrived" in await shop.refused("cancel", "R-5", "--by", "shopper")
    assert "No step of this return waits" in await shop.refused("retry", "R-5", "--by", "ops")
    for words in (["show"], ["scan", "--status", "delivered"], ["receive", "--by", "ann"], ["cancel", "--by", "ann"]):
        assert "There is no return R-99" in await shop.refused(words[0], "R-99", *words[1:])


async def test_a_refund_that_fails_is_tried_again_by_finance(shop: Shop) -> None:
    await shop.order("B-6")
    await shop.ok("start", "--id", "R-6", "--order", "B-6", "--line", "1:1")
    await shop.ok("receive", "R-6", "--by", "ann")
    await shop.control("next_refund", {"status": "failed", "failure_reason": "expired_or_canceled_card"})
    await shop.ok("inspect", "R-6", "--by", "ann")
    shown = await shop.until(("show", "R-6"), lambda shown: bool(shown["return"]["troubles"]))
    assert shown["return"]["next_owner"] == "finance"
    assert "Needs finance" in (await shop.run("show", "R-6")).out
    listed = await shop.until(("list", "--needs", "finance"), bool)
    assert [one["id"] for one in listed] == ["R-6"]
    await shop.ok("retry", "R-6", "--by", "finance")
    assert (await shop.closed("R-6")).refunded == "12.32 EUR"


async def test_what_comes_after_the_end_is_listed_and_answered_by_command(shop: Shop) -> None:
    await shop.order("B-30")
    await shop.ok("start", "--id", "R-30", "--order", "B-30", "--line", "1:1")
    await shop.ok("receive", "R-30", "--by", "ann")
    await shop.ok("inspect", "R-30", "--by", "ann")
    await shop.closed("R-30")
    for words in (("pay-again", "R-30"), ("retry", "R-30")):
        assert "othing late of" in await shop.refused(*words, "--by", "fin")
    (refund,) = await shop.ok("refunds", "--return", "R-30")
    gone = {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    await shop.control(f"refunds/{refund['refund']}", {**gone})
    news = RefundNews(
        event="evt_1",
        refund=refund["refund"],
        key=refund["key"],
        payment="pi_B_30",
        amount=0,
        currency="EUR",
        status=RefundStatus.FAILED,
        created_at=datetime.now(UTC),
        at=datetime.now(UTC),
    )
    name = ids.aftercare_id("R-30", "re_7:failed")
    fact = LateFact(case="R-30", order_id="b-30", news=news)
    await shop.client.start_workflow(ids.AFTERCARE_TYPE, fact, id=name, task_queue=ids.RETURNS_QUEUE)
    found = await shop.until(("aftercare", "--of", "R-30"), lambda all: bool(all and all[0]["seen"]["due_at"]))
    assert [(one["id"], one["seen"]["next_owner"]) for one in found] == [(name, "finance")]
    assert f"{name}  refund of ours  b-30" in (await shop.run("aftercare")).out
    assert await shop.ok("aftercare", "--of", "R-3") == []
    assert "no return R-nope" in await shop.refused("aftercare", "--of", "R-nope")
    assert name in (await shop.run("show", "R-30")).out
    assert "1 late fact of what has closed" in (await shop.run("list", "--needs", "finance")).out
    assert "Money is owed here" in await shop.refused("noted", "R-30", "--by", "fin")
    agreed = await shop.ok("consent", "R-30", "--to", "bank", "--by", "shopper")
    assert agreed["workflow_id"] == name
    await shop.ok("people", "add", "fin", "--role", "finance", "--limit", "EUR:100.00", "--by", "ada")
    await shop.until(("aftercare", "--of", "R-30"), lambda all: "by hand" in all[0]["seen"]["next_action"])
    paid = ("paid-by-hand", name, "--payment", "pi_B_30", "--reference", "SEPA-7", "--by", "fin")
    told = await shop.run(*paid)
    assert (told.code, told.err) == (0, "")
    assert f"Aftercare {name}" in told.out
    assert await shop.until(("aftercare", "--of", "R-30"), lambda all: not all) == []
    assert shop.rooms.ledger.balance("owed:R-30", "EUR").posted == 0
    await shop.ok("people", "deactivate", "fin", "--by", "ada")


async def test_list(shop: Shop) -> None:
    listed = await shop.until(("list", "--stage", "closed"), lambda found: len(found) >= 4)
    first = next(one for one in listed if one["id"] == "R-1")
    assert first | {"started_at": "", "closed_at": "", "due_at": ""} == {
        "id": "R-1",
        "workflow_id": "return-R-1",
        "status": "completed",
        "stage": "closed",
        "needs_action": "nobody",
        "order_id": "b-1",
        "customer_id": "cust-2041",
        "outcome": "refunded",
        "refund_status": "succeeded",
        "due_at": "",
        "started_at": "",
        "closed_at": "",
    }
    assert [one["id"] for one in await shop.ok("list", "--stage", "inspection")] == ["R-5"]
    assert len(await shop.ok("list", "--limit", "2")) == 2
    table = await shop.run("list")
    assert table.code == 0
    assert "R-1" in table.out
    assert "There are no such returns." in (await shop.run("list", "--needs", "provider")).out


async def test_a_return_that_temporal_has_forgotten(shop: Shop) -> None:
    execution = WorkflowExecution(workflow_id="return-R-1")
    request = DeleteWorkflowExecutionRequest(namespace="default", workflow_execution=execution)
    await shop.client.workflow_service.delete_workflow_execution(request)
    shown = await shop.until(("show", "R-1"), lambda shown: shown["status"] == "")
    assert (shown["source"], shown["return"]["outcome"]) == ("journal", "refunded")
    assert (shown["return"]["order_number"], shown["return"]["refunded"]) == ("B-1", "24.65 EUR")
    assert "does not keep this return any more" in (await shop.run("show", "R-1")).out


async def test_what_a_bank_has_to_pay_is_said_to_be_paid(shop: Shop) -> None:
    home = Path(shop.env["BACKHAUL_HOME"])
    await shop.ok("people", "add", "flo", "--role", "finance", "--limit", "EUR:12.32", "--by", "ada")
    document = json.loads(ORDER.read_text())
    document["order"] |= {"id": "b-31", "number": "B-31"}
    document["order"]["tenders"] = [{"id": "bacs-7", "kind": "bank", "captured": 10850}]
    (home / "B-31.json").write_text(json.dumps(document))
    await shop.ok("orders", "import", home / "B-31.json", "--delivered", str(YESTERDAY))
    await shop.ok("start", "--id", "R-31", "--order", "B-31", "--line", "1:1")
    words = ("paid-by-hand", "R-31", "--payment", "bacs-7", "--by", "flo", "--reference")
    assert "nothing waits" in (await shop.refused(*words, "SEPA-1")).lower()
    await shop.ok("receive", "R-31", "--by", "ann")
    await shop.ok("inspect", "R-31", "--by", "ann")
    await shop.until(("show", "R-31"), lambda shown: shown["return"]["refund_reason"] == "by_hand")
    agreed = await shop.refused("consent", "R-31", "--to", "store_credit", "--by", "shopper")
    assert "No refund that failed waits here" in agreed
    await shop.ok(*words, "SEPA-1")
    assert (await shop.closed("R-31")).provider_references == ("SEPA-1",)
    shown = await shop.ok("show", "R-31")
    assert [step["actor"] for step in shown["timeline"] if step["kind"] == "refund_settled"] == ["flo"]
    await shop.ok("people", "deactivate", "flo", "--by", "ada")


async def test_a_refund_above_the_automatic_limit_is_approved_by_its_own_key(shop: Shop) -> None:
    home = Path(shop.env["BACKHAUL_HOME"])
    (home / "limited.yaml").write_text("id: limited\ntitle: x\nwindow_days: 30\nautomatic_limit:\n  EUR: 1175\n")
    await shop.ok("policy", "publish", home / "limited.yaml", "--from", "2020-01-02", "--backdate")
    keys = {name: (await shop.ok("people", "key", "--out", home / name))["public_key"] for name in ("fay", "eve")}
    for name, limit in (("fay", "EUR:12.32"), ("eve", "EUR:12.31")):
        who = ("--role", "finance", "--limit", limit, "--key", keys[name], "--by", "ada")
        await shop.ok("people", "add", name, *who)
    await shop.order("B-8")
    await shop.ok("start", "--id", "R-8", "--order", "B-8", "--line", "1:1")
    assert "zoe is nobody who may act here" in await shop.refused("receive", "R-8", "--by", "zoe")
    await shop.ok("receive", "R-8", "--by", "ann")
    assert "waits for an approval" in await shop.refused("approve", "R-8", "--by", "fay", "--key", home / "fay")
    await shop.ok("inspect", "R-8", "--by", "ann")
    shown = await shop.until(("show", "R-8"), lambda shown: shown["return"]["next_owner"] == "finance")
    assert shown["return"]["next_action"] == "Approve the refund of 12.32 EUR"
    assert shown["return"]["to_approve"] == {"minor": 1232, "currency": "EUR"}
    over = await shop.refused("approve", "R-8", "--by", "eve", "--key", home / "eve")
    assert "eve may approve up to 12.31 EUR, and this is 12.32 EUR. Who could: fay." in over
    assert "not signed with the key" in await shop.refused("approve", "R-8", "--by", "fay", "--key", home / "eve")
    # What was refused may be said again in the same words once it is mended.
    await shop.ok("people", "change", "eve", "--limit", "EUR:20.00", "--by", "ada")
    await shop.ok("approve", "R-8", "--by", "eve", "--key", home / "eve")
    assert (await shop.closed("R-8")).refunded == "12.32 EUR"
    shown = await shop.ok("show", "R-8")
    assert [step["actor"] for step in shown["timeline"] if step["kind"] == "approval"] == ["eve"]
    assert "Approved by" in (await shop.run("show", "R-8")).out


async def test_a_declined_return_is_appealed_and_overridden_by_two(shop: Shop) -> None:
    home = Path(shop.env["BACKHAUL_HOME"])
    for name, role, limit in (("olga", "ops", "EUR:1.00"), ("gil", "finance", "EUR:50.00")):
        key = (await shop.ok("people", "key", "--out", home / name))["public_key"]
        await shop.ok("people", "add", name, "--role", role, "--limit", limit, "--key", key, "--by", "ada")
    await shop.order("B-9", delivered=str(YESTERDAY - timedelta(days=60)))
    await shop.ok("start", "--id", "R-9", "--order", "B-9", "--line", "1:1")
    assert (await shop.closed("R-9")).outcome == "declined"
    words = ("--line", "1", "--verdict", "approve", "--reason", "our_mistake", "--by", "olga", "--key", home / "olga")
    assert "--appeal R-9" in await shop.refused("override", "R-9", *words)
    started = await shop.ok("start", "--id", "R-10", "--order", "B-9", "--line", "1:1", "--appeal", "R-9")
    assert (started["return"]["verdict"], started["return"]["next_owner"]) == ("decline", "ops")
    more = ("--label-fee", "EUR:0.50", "--remark", "Sent to the wrong door")
    shown = (await shop.ok("override", "R-10", *words, *more))["return"]
    # 11.76 less the label
    assert (shown["next_owner"], shown["to_approve"]) == ("finance", {"minor": 1126, "currency": "EUR"})
    await shop.ok("approve", "R-10", "--by", "gil", "--key", home / "gil")
    shown = await shop.until(("show", "R-10"), lambda shown: shown["return"]["label_url"])
    assert [shown[one]["verdict"] for one in ("first_decision", "decision")] == ["decline", "approve"]
    told = " ".join((await shop.run("show", "R-10")).out.split())
    assert "olga: line 1: approve, the shopper pays for the label (our mistake), 11.26 EUR beyond the policy" in told
    assert "agreed by gil" in told


async def test_one_word_to_many_returns(shop: Shop) -> None:
    await shop.order("B-3001")
    await shop.order("B-3002")
    for number in (1, 2):
        await shop.ok("start", "--id", f"bulk-{number}", "--order", f"B-300{number}", "--line", "1:1")
        await shop.until(("show", f"bulk-{number}"), lambda shown: shown["return"]["label_url"])
    words = ("bulk", "cancel", "--query", 'OrderId IN ("b-3001", "b-3002")', "--by", "shopper", "--id", "all")
    seen = await shop.until((*words, "--dry-run"), lambda told: len(told["returns"]) == 2)
    assert {(one["id"], one["result"]) for one in seen["returns"]} == {("bulk-1", "would"), ("bulk-2", "would")}
    told = await shop.ok(*words)
    assert {(one["id"], one["result"]) for one in told["returns"]} == {("bulk-1", "done"), ("bulk-2", "done")}
    for case in ("bulk-1", "bulk-2"):
        assert (await shop.closed(case)).outcome == "cancelled"
    for query in ("Nonsense ((", 'Foo = "x"', " "):
        wrong = await shop.run("bulk", "retry", "--query", query, "--by", "ops")
        assert (wrong.code, wrong.err[:9], "position" in wrong.err) == (2, "--query: ", False)
    nobody = await shop.refused(*words[:-3], "nobody", "--dry-run")
    assert "nobody is nobody who may act here" in nobody
    assert (await shop.run("bulk", "approve", "--query", "", "--by", "ops")).code == 2


async def test_each_return_has_its_own_answer(shop: Shop) -> None:
    await shop.order("B-3003")
    await shop.ok("start", "--id", "bulk-3", "--order", "B-3003", "--line", "1:1")
    await shop.until(("show", "bulk-3"), lambda shown: shown["return"]["label_url"])
    words = ("bulk", "retry", "--query", 'OrderId = "b-3003"', "--by", "ops")
    await shop.until((*words, "--dry-run"), lambda told: len(told["returns"]) == 1)
    answer = await shop.run(*words, "--json")
    (one,) = json.loads(answer.out)["returns"]
    assert (answer.code, one["id"], one["result"]) == (1, "bulk-3", "nothing_waits")
    assert "did not take it" in answer.err


async def test_worn_goods_with_a_photo_are_offered_for_and_come_in_parts(shop: Shop) -> None:
    home = Path(shop.env["BACKHAUL_HOME"])
    worn = "lost_value:\n  - {percent: 50, reason: Worn, when: {grade: [grade_c, grade_d]}}\n"
    (home / "worn.yaml").write_text(f"id: worn\ntitle: x\nwindow_days: 30\n{worn}")
    await shop.ok("policy", "publish", home / "worn.yaml", "--from", "2020-01-03", "--backdate")
    await shop.order("B-91")
    await shop.ok("start", "--id", "R-91", "--order", "B-91", "--line", "1:2")
    await shop.ok("receive", "R-91", "--by", "ann", "--receipt-id", "box-1", "--line", "1:1")
    photo = "https://photos.shop.example/mara-musterfrau.jpg"
    add = ("finding", "add", "R-91", "--id", "f-1", "--what", "used", "--line", "1", "--quantity", "1", "--by", "ann")
    assert (await shop.run(*add, "--photo", "http://photos.shop.example/a.jpg")).code == 2
    for _ in range(2):
        shown = await shop.ok(*add, "--photo", photo)
    assert shown["return"]["findings"] == ["1 of line 1: used (ann)"]
    (entry,) = [one for one in shop.rooms.ledger.entries(case="R-91") if one.kind.value == "finding"]
    assert "photos.shop" not in entry.model_dump_json()
    assert shop.rooms.stores.notes.get(entry.facts["found"]["finding"]["note_id"]) == photo
    assert "no offer that waits" in await shop.refused("offer", "accept", "R-91", "--by", "shopper")
    await shop.ok("inspect", "R-91", "--by", "ann", "--inspection-id", "look-1", "--more", "--line", "1:1:grade_c")
    shown = await shop.until(("show", "R-91"), lambda shown: shown["return"]["stage"] == "offer")
    assert shown["return"]["offer"] == "6.44 EUR instead of 12.32 EUR"
    assert "nobody objects" in (await shop.refused("offer", "uphold", "R-91", "--by", "ada")).lower()
    await shop.ok("offer", "accept", "R-91", "--by", "shopper")
    await shop.until(("show", "R-91"), lambda shown: "Send the rest" in shown["return"]["next_action"])
    await shop.ok("receive", "R-91", "--by", "ann", "--receipt-id", "box-2")
    await shop.ok("inspect", "R-91", "--by", "ann", "--inspection-id", "look-2")
    assert (await shop.closed("R-91")).refunded == "18.77 EUR"


async def test_without_a_worker(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.order("B-7")
    await shop.running.aclose()
    monkeypatch.setattr(commands_temporal, "PATIENCE", timedelta(seconds=1))
    shown = await shop.ok("show", "R-5")
    refused = await shop.refused("inspect", "R-5", "--by", "ann")
    started = await shop.ok("start", "--id", "R-7", "--order", "B-7", "--line", "1:1")
    assert (shown["source"], shown["status"], shown["return"]["stage"]) == ("journal", "running", "inspection")
    assert (started["return"], started["status"], started["timeline"]) == (None, "running", [])
    for text in (shown["note"], refused, started["note"]):
        assert "no worker runs" in text
