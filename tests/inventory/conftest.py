"""A shop whose one order nobody has returned yet, and those who may keep its stock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inventory import places
from tests.inventory.places import Journal, Place, Switch, System
from tests.shop import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop of its own."""
    with open_shop(tmp_path) as shop:
        yield shop


@pytest.fixture(scope="session")
def _server() -> Iterator[tuple[Switch, str]]:
    switch = Switch()
    with places.serving(switch) as url:
        yield switch, url


@pytest.fixture
def system(_server: tuple[Switch, str], tmp_path: Path) -> Iterator[System]:
    """A warehouse system of its own."""
    with places.system(*_server, tmp_path) as made:
        yield made


@pytest.fixture(params=["embedded", "via_webhook"])
def place(request: pytest.FixtureRequest, shop: Shop) -> Place:
    """Everybody that the contract holds for."""
    if request.param == "embedded":
        return Journal(shop)
    made: System = request.getfixturevalue("system")
    return made
