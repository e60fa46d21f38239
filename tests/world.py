"""A world for tests: an empty home with a migrated database, the simulators on a free port, and rooms wired to them.

Import the fixtures `template` and `world` where they are needed; `serving` starts workers on any Temporal server.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send
from temporalio import workflow
from temporalio.client import Client
from temporalio.plugin import SimplePlugin
from temporalio.worker import Interceptor, Worker, WorkerConfig, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

import worker as product
from activities.storefront.importers import read_order
from commands.policy import publish_policy
from domain.order import Order, Tender, TenderKind
from domain.people import Person
from embedded.people import hire
from embedded.simulators import build
from embedded.simulators.serve import address, listen, running
from embedded.simulators.storefront import SECRET
from ledger import UNITS, EntryKind, JournalEntry
from ledger.people import change
from settings import ROOT, Settings
from tests.database.servers import with_tables
from tests.loopback import plain_client
from wiring import Rooms, rooms

ORDERS = ROOT / "embedded" / "orders"
POLICY_FROM = datetime(2020, 1, 1, tzinfo=UTC)
PATIENCE = 60.0
"""Seconds after which a condition that did not come is a failed test."""


async def looks() -> AsyncIterator[int]:
    """One after every pause: soon at first, then seldom, because to look takes from those who are waited for."""
    for number in itertools.count(1):
        yield number
        await asyncio.sleep(min(0.01 * number, 0.08))


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; a test never waits for a time."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    async for _ in looks():
        if condition():
            return
        assert asyncio.get_running_loop().time() < deadline, f"this did not come: {what}"


class Doors:
    """The way to the simulators. A door that is shut answers with the given status, as a vendor in trouble does."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._shut: dict[str, int] = {}
        self._carried_out: set[str] = set()
        self._codes: dict[str, str] = {}
        self._methods: dict[str, str] = {}
        self.knocks: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for prefix, status in self._shut.items():
            if (
                scope["type"] == "http"
                and scope["path"].startswith(prefix)
                and self._methods[prefix] in scope["method"]
            ):
                self.knocks[prefix] += 1
                if prefix in self._carried_out:
                    await self._app(scope, receive, _nowhere)
                error = {"message": "not now"} | ({"code": self._codes[prefix]} if self._codes[prefix] else {})
                await JSONResponse({"error": error}, status)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def shut(
        self, prefix: str, status: int = 503, *, carried_out: bool = False, code: str = "", method: str = ""
    ) -> None:
        """Answer calls to this path, by one `method` if named, with `status` from here on, even those that were
        `carried_out` first; a vendor who refuses for good says so with a `code`."""
        self._methods[prefix] = method
        self._codes[prefix] = code
        self._shut[prefix] = status
        self._carried_out = self._carried_out | {prefix} if carried_out else self._carried_out - {prefix}
        self.knocks[prefix] = 0

    def open(self, prefix: str) -> None:
        """Let calls through again."""
        del self._shut[prefix]


async def _nowhere(message: Message) -> None:
    """An answer that is lost."""


@dataclass
class World:
    """One merchant's world."""

    home: Path
    url: str
    doors: Doors
    rooms: Rooms
    http: httpx2.AsyncClient
    delivered_at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=5))

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.home / "backhaul.db"

    async def import_order(
        self, file: str, payment: str | None = None, *, delivered_at: datetime | None = None, paid: bool = True
    ) -> Order:
        """Put an order of `embedded/orders` on the shelf, its person apart from it, and its payment at Stripe."""
        text = (ORDERS / file).read_text()
        imported = read_order(text, payment=payment, delivered_at=delivered_at or self.delivered_at)
        self.rooms.stores.orders.put(imported.order)
        self.rooms.stores.contacts.put(imported.contact)
        for tender in imported.order.tenders if paid else ():
            body = {"id": tender.id, "amount": tender.captured, "currency": imported.order.currency.lower()}
            await self.post("/stripe/_control/payment_intents", body)
        return imported.order

    async def sell(self, file: str, *tenders: Tender) -> Order:
        """Put an order of `embedded/orders` on the shelf that was paid with these instead, each where it is kept."""
        order = await self.import_order(file, paid=False)
        order = Order.model_validate({**order.model_dump(), "tenders": tenders})
        self.rooms.stores.orders.put(order)
        for one in tenders:
            paid = {"id": one.id, "amount": one.captured}
            if one.kind is TenderKind.CARD:
                await self.post("/stripe/_control/payment_intents", {**paid, "currency": order.currency.lower()})
            if one.kind is TenderKind.GIFT_CARD:
                await self.post("/storefront/_control/gift_cards", {**paid, "currency": order.currency})
        return order

    def hire(self, person: Person) -> None:
        """Somebody more who may act."""
        change(self.rooms.ledger, self.rooms.stores.people, person, "ada", datetime.now(UTC))

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Ask a simulator for something it must agree to."""
        answer = await self.http.post(path, json=dict(body))
        answer.raise_for_status()
        return answer.json()

    async def refunds(self, payment: str) -> list[dict[str, Any]]:
        """What the payment provider has refunded of a payment, oldest first."""
        answer = await self.http.get(
            "/stripe/v1/refunds",
            params={"payment_intent": payment, "limit": 100},
            headers={"Authorization": "Bearer sk_test_world"},
        )
        answer.raise_for_status()
        return list(reversed(answer.json()["data"]))

    async def mails(self, case: str) -> list[dict[str, Any]]:
        """The mails that the shopper got about a return, oldest first."""
        return list(reversed((await self.http.get("/mails.json", params={"case": case})).json()))

    async def labels(self) -> list[dict[str, Any]]:
        """The labels that the carrier sold, oldest first."""
        return list(reversed((await self.http.get("/carrier/labels.json")).json()))

    def entries(self, case: str, *kinds: EntryKind) -> list[JournalEntry]:
        """What the journal has of a return, of these kinds if any are named."""
        return [one for one in self.rooms.ledger.entries(case=case) if not kinds or one.kind in kinds]

    def posted(self, prefix: str = "") -> dict[str, int]:
        """Accounts whose posted balance is not zero."""
        return {one.account: one.posted for one in self.rooms.ledger.balances(prefix) if one.posted}

    def pending(self) -> list[str]:
        """Accounts on which something is reserved."""
        return [one.account for one in self.rooms.ledger.balances() if one.pending_in or one.pending_out]

    def returnable(self, order: str, line: str) -> int:
        """Units of a line that the customer holds and has not promised to any return."""
        return self.rooms.ledger.balance(f"with_customer:{order}:{line}", UNITS).available


@dataclass(frozen=True)
class OnceTried(SandboxedWorkflowRunner):
    """Tries before a worker starts whether a workflow loads in the sandbox, as any does, but not for every worker."""

    def prepare_workflow(self, defn: workflow._Definition) -> None:
        """Unless it was tried under the same restrictions."""
        tried = (defn.cls, self.restrictions.passthrough_modules)
        if tried not in _TRIED:
            super().prepare_workflow(defn)
            _TRIED.append(tried)


_TRIED: list[tuple[type, set[str]]] = []


class Strict(SimplePlugin):
    """Workers refuse to start, or fail the workflow task, where a module other than the workflow's own is loaded into
    the sandbox without being passed through."""

    def __init__(self, interceptors: Sequence[Interceptor], max_cached_workflows: int | None) -> None:
        super().__init__("strict", interceptors=interceptors, workflow_runner=_strict)
        self._cached = max_cached_workflows

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Interceptors come after the product's; as many workflows are kept in memory as is said."""
        config = super().configure_worker(config)
        return config if self._cached is None else {**config, "max_cached_workflows": self._cached}


def _strict(product: WorkflowRunner | None) -> WorkflowRunner:
    assert isinstance(product, SandboxedWorkflowRunner)
    policy = workflow.SandboxImportNotificationPolicy
    notice = policy.WARN_ON_DYNAMIC_IMPORT | policy.WARN_ON_UNINTENTIONAL_PASSTHROUGH
    return OnceTried(product.restrictions.with_import_notification_policy(notice), product.runner_class)


@asynccontextmanager
async def serving(
    client: Client, world: World, interceptors: Sequence[Interceptor] = (), max_cached_workflows: int | None = None
) -> AsyncIterator[list[Worker]]:
    """The product's workers, `Strict`."""
    async with AsyncExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        # The workflow's own modules belong into the sandbox; for all others the warning stays an error.
        warnings.filterwarnings("ignore", message=r"Module workflows(\.return_case)?(\.[a-z_]+)? was not")
        made = product.workers(client, world.rooms, [Strict(interceptors, max_cached_workflows)])
        for one in made:
            await stack.enter_async_context(one)
        yield made
        await asyncio.gather(*(one.shutdown() for one in made))  # in turn they would take three times as long


@contextmanager
def at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the developer's own settings; everything is written below `folder`."""
    for name in [name for name in os.environ if name.startswith(("BACKHAUL_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BACKHAUL_HOME", str(folder))
    yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and the shop's first policy, to be copied."""
    path = tmp_path_factory.mktemp("template") / "backhaul.db"
    path.write_bytes(with_tables())
    with pytest.MonkeyPatch.context() as monkeypatch, at_home(path.parent, monkeypatch):
        made = rooms(Settings(database_url=f"sqlite:///{path}"))
        text = (ROOT / "policies" / "default.yaml").read_text()
        publish_policy(made, text, POLICY_FROM, datetime.now(UTC))
        hire(made, path.parent / "keys")
        made.engine.dispose()
    return path


@pytest_asyncio.fixture
async def world(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world without orders."""
    async with new_world(template, tmp_path, monkeypatch) as made:
        yield made


@asynccontextmanager
async def new_world(template: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world without orders, in an empty folder."""
    shutil.copy(template, folder / "backhaul.db")
    listener = listen(0)
    url = address(listener)
    doors = Doors(build(folder, url))
    with at_home(folder, monkeypatch):
        settings = Settings(
            stripe_api_key=SecretStr("sk_test_world"),
            stripe_api_base=f"{url}/stripe",
            sendgrid_api_key=SecretStr("SG.world"),
            sendgrid_host=f"{url}/sendgrid",
            carrier_url=f"{url}/carrier",
            storefront_url=f"{url}/storefront",
            storefront_secret=SecretStr(SECRET),
            public_url=url,
            drain_seconds=5,
        )
        made = rooms(settings)
        # These stories are about the policy alone; what the law adds to it is told in tests/policy.
        made.statutes = ()
        async with running(doors, listener), plain_client(url) as http:
            yield World(folder, url, doors, made, http)
        made.engine.dispose()
