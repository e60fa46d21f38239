"""Providers for the contract, and a shop whose order is paid at one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.order import TenderKind
from tests.payments import providers
from tests.payments.providers import Provider, Purses, Simulator, Way, elsewhere
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


STRIPE_LIKE = ["simulator", *(["environment"] if elsewhere() else [])]
PURSES = {"gift_card": TenderKind.GIFT_CARD, "store_credit": TenderKind.STORE_CREDIT}


@pytest.fixture(params=[*STRIPE_LIKE, *PURSES])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Way:
    """Every way that the contract holds for."""
    if request.param in PURSES:
        simulator: Simulator = request.getfixturevalue("simulator")
        return Purses(simulator.url, PURSES[request.param], tmp_path.name)
    return stripe_like(request)


@pytest.fixture(params=STRIPE_LIKE)
def provider(request: pytest.FixtureRequest) -> Provider:
    """Every payment provider."""
    return stripe_like(request)


def stripe_like(request: pytest.FixtureRequest) -> Provider:
    """The one that a test is asked for with."""
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
