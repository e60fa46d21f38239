"""Whoever may keep the stock: the journal, or a warehouse system over the loopback, each with a hand on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import httpx2
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from activities.inventory import Inventory, InventoryActivities, RecordInspection, Restock
from activities.inventory.embedded import EmbeddedInventory
from activities.inventory.setting_aside import SetAside, SetFree, SettingAside
from activities.inventory.via_webhook import WebhookInventory
from domain.inspection import Inspection
from embedded.simulators.serve import running
from embedded.simulators.shelf import Shelf
from embedded.simulators.warehouse import SECRET, app
from ledger import EntryKind, Ledger, NewEntry
from ledger.moves import transfers
from tests.shop import NOW, Shop

OnHand = dict[tuple[str, str, str], int]
"""Units that nobody waits for, by location, item and disposition."""


class Place(Protocol):
    """One way to keep the stock."""

    @property
    def inventory(self) -> Inventory:
        """The adapter."""

    def give(self, sku: str, quantity: int) -> None:
        """Put so many units that can be sold on the shelf, as no return did."""

    def on_hand(self) -> OnHand:
        """What is there."""


class Journal:
    """The embedded way."""

    def __init__(self, shop: Shop) -> None:
        self.inventory: Inventory = EmbeddedInventory()
        self._shop = shop

    def give(self, sku: str, quantity: int) -> None:
        """By an entry of its own."""
        moved = transfers(f"given:{sku}", "UNITS", [("found", f"stock:main:{sku}:restocked", quantity)])
        entry = NewEntry(key=f"given:{sku}", kind=EntryKind.RESTOCK, actor="ann", at=NOW, transfers=moved)
        self._shop.ledger.append(entry)

    def on_hand(self) -> OnHand:
        """The stock accounts, without what is set aside."""
        found = {one.account: one.available for one in self._shop.ledger.balances("stock:")}
        parts = {tuple(account.split(":")[1:]): count for account, count in found.items() if count}
        return {(location, sku, state): count for (location, sku, state), count in parts.items()}


class System:
    """A warehouse system at an address."""

    def __init__(self, url: str) -> None:
        self.inventory: Inventory = WebhookInventory(f"{url}/inventory", SECRET)
        self._http = httpx2.Client(base_url=url, timeout=10, verify=False)

    def give(self, sku: str, quantity: int) -> None:
        """By its control."""
        self._http.post("/_control/stock", json={"sku": sku, "quantity": quantity}).raise_for_status()

    def on_hand(self) -> OnHand:
        """As it tells it."""
        told = self._http.get("/stock.json").json()
        found = {(one["location"], one["sku"], one["state"]): one["quantity"] for one in told}
        return {where: count for where, count in found.items() if where[2] != "waiting"}

    def calls(self) -> dict[str, int]:
        """How often each key came, in the order in which they first did."""
        return {one["key"]: one["times"] for one in self._http.get("/_control/calls").json()}

    def plan(self, **plan: object) -> None:
        """Have some calls go wrong."""
        self._http.post("/_control/faults", json=plan).raise_for_status()

    def close(self) -> None:
        """Hang up."""
        self._http.close()


class Switch:
    """One server for all tests, and behind it a new warehouse for each."""

    def __init__(self) -> None:
        self._life = Starlette()
        self.app: ASGIApp = self._life

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._life if scope["type"] == "lifespan" else self.app)(scope, receive, send)


@contextmanager
def serving(switch: Switch) -> Iterator[str]:
    """On a free port, in a thread with a loop of its own; gives the address."""
    ready: Future[tuple[str, asyncio.AbstractEventLoop]] = Future()
    stopping = asyncio.Event()

    async def serve() -> None:
        async with running(switch, 0) as url:
            ready.set_result((url, asyncio.get_running_loop()))
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    url, loop = ready.result(20)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(20)


@contextmanager
def system(switch: Switch, url: str, folder: Path) -> Iterator[System]:
    """A warehouse system of its own."""
    shelf = Shelf(folder / "warehouse.db")
    switch.app = app(shelf)
    made = System(url)
    try:
        yield made
    finally:
        made.close()
        shelf.close()


class Story:
    """The goods of one return, by the activities alone, wherever the stock is kept."""

    def __init__(self, shop: Shop, place: Place, ledger: Ledger | None = None, case: str = "R-1") -> None:
        self.shop, self.case = shop, case
        at = ledger or shop.ledger
        self.rooms = InventoryActivities(place.inventory, shop.snapshots, shop.policies, at, shop.people)
        self.aside = SettingAside(place.inventory, at)

    def arrive(self, units: Mapping[str, int]) -> None:
        """From the request to the box on the table."""
        self.shop.begin(self.case, units)
        self.shop.receive(self.case, units)

    def judge(self, seen: Inspection) -> None:
        """Record what was seen, and put it away."""
        about = {"case": self.case, "order_id": "two-rates", "inspection": seen, "now": NOW}
        self.rooms.record_inspection(RecordInspection.model_validate(about))
        self.rooms.restock(Restock.model_validate(about))

    def set_aside(self, sku: str, quantity: int, number: int = 1) -> None:
        """For a line that is to be sent."""
        about = {"case": self.case, "order_id": "two-rates", "number": number, "now": NOW}
        self.aside.set_aside(SetAside.model_validate({**about, "line_id": "new", "sku": sku, "quantity": quantity}))

    def set_free(self, number: int = 1) -> None:
        """It is not sent after all."""
        self.aside.set_free(SetFree(case=self.case, order_id="two-rates", number=number, now=NOW))
