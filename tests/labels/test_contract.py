"""What every carrier's adapter promises, held against each: our own numbers at the carrier simulator, and EasyPost."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from activities.calling import Answer, ask
from activities.labels import Labels
from activities.labels.embedded import EmbeddedLabels
from activities.labels.via_easypost import EasyPostLabels
from domain import ids
from domain.contact import Place
from domain.errors import Refused, Unavailable
from domain.parcel import ParcelSize, ReturnLabel, TrackingStatus
from tests.labels.easypost import ADDRESS, easypost
from tests.labels.requests import NOW, REQUEST
from tests.payments.providers import simulator


@dataclasses.dataclass
class World:
    """A carrier with its adapter, and a hand on the carrier."""

    adapter: Callable[[], Labels]
    """A new one, as another process would have it."""
    key: str
    lose_next_sale: Callable[[], None]
    sold: Callable[[], list[str]]
    """The numbers of all labels that were sold under the key, seen by other means than the adapter's."""
    scan: Callable[[ReturnLabel], None]
    """The parcel is on its way."""


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The carrier simulator's address."""
    with simulator(tmp_path_factory.mktemp("carrier")) as served:
        yield served.url


def embedded(url: str, folder: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """Our own labels at the simulator."""

    def lose() -> None:
        def losing(method: str, address: str, **how: Any) -> Answer:
            ask(method, address, **how)
            monkeypatch.setattr("activities.labels.embedded.ask", ask)
            raise httpx2.ReadTimeout("the answer was lost")

        monkeypatch.setattr("activities.labels.embedded.ask", losing)

    def sold() -> list[str]:
        told = httpx2.get(f"{url}/carrier/labels.json", timeout=10, verify=False).json()
        return [one["number"] for one in told if one["reference"] == key]

    def scan(label: ReturnLabel) -> None:
        seen = {"id": f"scan-{key.replace(':', '-')}", "status": "in_transit", "at": "2026-11-22T08:00:00Z"}
        address = f"{url}/carrier/labels/{label.tracking_number}/scans"
        httpx2.post(address, json=seen, timeout=10, verify=False).raise_for_status()

    return World(lambda: EmbeddedLabels(f"{url}/carrier", "x", folder, url), key, lose, sold, scan)


@pytest.fixture(params=["embedded", "easypost"])
def world(
    request: pytest.FixtureRequest, carrier: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """Each carrier in turn, with a key of the test's own."""
    key = ids.label_key(f"R-{zlib.crc32(request.node.name.encode())}")
    if request.param == "embedded":
        yield embedded(carrier, tmp_path, key, monkeypatch)
        return
    with easypost() as account:
        receiver = Place.model_validate(ADDRESS)

        def adapter() -> Labels:
            return EasyPostLabels("EZTEST", receiver, ParcelSize(), api_base=account.url)

        def lose() -> None:
            account.lose = "POST /shipments/buy"

        yield World(adapter, key, lose, lambda: account.sold, lambda label: account.scanned.add(label.tracking_number))


def test_a_label_is_sold_once_however_often_it_is_asked_for(world: World) -> None:
    first = world.adapter().buy(world.key, REQUEST, NOW)
    again = world.adapter().buy(world.key, REQUEST, NOW + timedelta(days=1))
    assert again.model_copy(update={"bought_at": NOW}) == first
    assert world.sold() == [first.tracking_number]


def test_it_has_a_number_a_file_and_a_price(world: World) -> None:
    label = world.adapter().buy(world.key, REQUEST, NOW)
    assert label.tracking_number
    assert label.url.startswith("http")
    assert label.cost is not None
    assert label.cost.minor > 0
    assert label.bought_at == NOW


def test_a_label_is_found_by_our_key(world: World) -> None:
    assert world.adapter().find(world.key, NOW) is None
    label = world.adapter().buy(world.key, REQUEST, NOW)
    assert world.adapter().find(world.key, NOW) == label


def test_who_dies_after_buying_buys_no_second_label(world: World) -> None:
    world.lose_next_sale()
    with pytest.raises(Unavailable):
        world.adapter().buy(world.key, REQUEST, NOW)
    found = world.adapter().find(world.key, NOW)
    assert found is not None
    bought = world.adapter().buy(world.key, REQUEST, NOW)
    assert (bought.tracking_number, bought.cost) == (found.tracking_number, found.cost)
    assert world.sold() == [bought.tracking_number]


def test_voiding_twice_is_voiding_once(world: World) -> None:
    label = world.adapter().buy(world.key, REQUEST, NOW)
    for _ in range(2):
        world.adapter().void(world.key, label)


def test_a_label_that_was_used_is_not_voided(world: World) -> None:
    label = world.adapter().buy(world.key, REQUEST, NOW)
    world.scan(label)
    with pytest.raises(Refused) as no:
        world.adapter().void(world.key, label)
    assert no.value.code == "already_used"


def test_a_label_that_the_carrier_never_sold_is_not_voided(world: World) -> None:
    foreign = ReturnLabel(tracking_number="BH0", carrier="x", url="", bought_at=NOW)
    with pytest.raises(Refused) as no:
        world.adapter().void(world.key, foreign)
    assert no.value.code == "unknown_label"


def test_another_key_is_another_label(world: World) -> None:
    first = world.adapter().buy(world.key, REQUEST, NOW)
    second = world.adapter().buy(f"{world.key}1", REQUEST, NOW)
    assert first.tracking_number != second.tracking_number


def test_scans_are_told_oldest_first(world: World) -> None:
    label = world.adapter().buy(world.key, REQUEST, NOW)
    world.scan(label)
    scans = world.adapter().track(label.tracking_number, label.carrier)
    assert [scan.at for scan in scans] == sorted(scan.at for scan in scans)
    assert scans[-1].status in (TrackingStatus.IN_TRANSIT, TrackingStatus.PRE_TRANSIT)
