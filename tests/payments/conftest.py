"""Providers for the contract, and a shop whose order is paid at one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.payments import providers
from tests.payments.providers import Provider, Simulator, elsewhere
from tests.shop import Shop, open_shop


@pytest.fixture(scope="session")
def _simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with providers.simulator(tmp_path_factory.mktemp("simulators")) as made:
        yield made


@pytest.fixture
def simulator(_simulator: Simulator) -> Iterator[Simulator]:
    """The simulator; whatever a test has steered is over with the test."""
    yield _simulator
    _simulator.settle()


@pytest.fixture(params=["simulator", *(["environment"] if elsewhere() else [])])
def provider(request: pytest.FixtureRequest) -> Provider:
    """Every provider that the contract holds for."""
    other = elsewhere()
    if request.param == "environment" and other is not None:
        return other
    made: Simulator = request.getfixturevalue("simulator")
    return made


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop of its own."""
    with open_shop(tmp_path) as shop:
        yield shop
