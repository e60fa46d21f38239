"""The ledger under many writers and killed ones, on both kinds of database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.database import servers
from tests.database.servers import Databases
from tests.ledger.crowds import refunds_at_once, writers_killed
from tests.proof.kills import Verdict

CROWDS = 10
"""How often 64 writers meet at one order, in each of the ways to be 64."""


def ledger(folder: Path, pairs: int, kills: int) -> list[Verdict]:
    """Two 60s against 100, `pairs` times by threads and by processes; 64 writers; `kills` writers killed."""
    return [verdict for kind in servers.KINDS for verdict in _on(kind, folder, pairs, kills)]


def _on(kind: str, folder: Path, pairs: int, kills: int) -> Iterator[Verdict]:
    sixties = partial(refunds_at_once, times=pairs, cents=60, captured=100)
    crowd = partial(refunds_at_once, times=CROWDS, cents=70, captured=1000)
    proofs: dict[str, Callable[[str], list[str]]] = {
        f"two 60s of 100, 2 threads, {pairs} times": partial(sixties, processes=1, threads=2),
        f"two 60s of 100, 2 processes, {pairs} times": partial(sixties, processes=2, threads=1),
        f"64 threads at one order, {CROWDS} times": partial(crowd, processes=1, threads=64),
        f"8 processes of 8 threads at one order, {CROWDS} times": partial(crowd, processes=8, threads=8),
        f"kill -9 inside a transaction, {kills} times": partial(writers_killed, times=kills),
    }
    with _databases(kind, folder) as databases:
        for what, proof in proofs.items():
            url, begun = databases.migrated(), time.monotonic()
            faults = proof(url)
            yield Verdict(what=f"{kind}: {what}", case="", seconds=time.monotonic() - begun, faults=faults)


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[Databases]:
    folder.mkdir(parents=True, exist_ok=True)
    with servers.postgres() if kind == "postgresql" else servers.sqlite(folder) as made:
        yield made
