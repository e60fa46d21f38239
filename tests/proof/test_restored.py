"""Journal and Temporal restored from backups of different moments: found, and mended without a second refund."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.request import RequestedLine, ReturnReason, ReturnRequest
from tests.proof.site import Site, stack, started
from tests.proof.walk import Walk
from workflows.start import start_return


def copied(home: Path, to: Path) -> None:
    """A backup of journal and Temporal while both run, as docs/operations.md makes them."""
    to.mkdir()
    for name in ("backhaul.db", "temporal.db"):
        with closing(sqlite3.connect(home / name)) as source, closing(sqlite3.connect(to / name)) as target:
            source.backup(target)


def put_back(backup: Path, name: str, home: Path) -> None:
    """It takes the place of what is there, which nobody has open."""
    for rest in home.glob(f"{name}-*"):  # what SQLite has not folded in yet
        rest.unlink()
    shutil.copy(backup / name, home / name)


async def restored(site: Site, since: datetime, *words: str) -> list[dict[str, Any]]:
    """What `starter.py restored` says it did."""
    asked = ("starter.py", "restored", "--since", since.isoformat(), "--by", "olga", "--json", *words)
    async with started(site.home, "restored", *asked) as program:
        code = await program.end()
        assert code == 0, program.said()
        found: list[dict[str, Any]] = json.loads(program.said())
        return sorted(found, key=lambda one: str(one["id"]))


async def wrong(walk: Walk) -> list[str]:
    """What is, but for mails that went out again: what was sent in the lost part nobody knows."""
    return [one for one in await walk.faults() if not re.search(r"the mail provider has \S+ 2 times", one)]


@pytest.mark.timeout(240)
async def test_what_was_restored_from_two_moments_is_brought_together_again(tmp_path: Path) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    async with stack(home) as site, site.worker() as worker:
        await site.serving(worker)
        paid, counted, quiet = Walk(site, "paid"), Walk(site, "counted"), Walk(site, "quiet")
        await quiet.start()
        await paid.start()
        await counted.start()
        since = datetime.now(UTC)
        copied(home, backup)
        await paid.send()
        await paid.receive()
        await paid.inspect()
        await paid.closed()
        await counted.send()
        await counted.receive()

    # The journal is the older one: it has forgotten a refund, and a count.
    put_back(backup, "backhaul.db", home)
    async with stack(home) as site, site.worker() as worker:
        await site.serving(worker)
        assert [one.split(" ")[:2] for one in site.breaks()] == [["R-paid:", "lost"], ["R-paid:", "lost"]]
        asked = [(one["id"], one["journal"], one["workflow"]) for one in await restored(site, since, "--dry-run")]
        assert asked == [("R-counted", "open", "running"), ("R-paid", "open", "ended")]
        # As if it had been broken off before anything was told again: the newest run knows nothing.
        lines = tuple(
            RequestedLine(line_id=line, quantity=count, reason=ReturnReason.UNWANTED)
            for line, count in counted.returned.items()
        )
        request = ReturnRequest(id=counted.case, order_id=counted.order, lines=lines)
        await start_return(site.client, request, anew=True)
        told = [(one["id"], one["told"]) for one in await restored(site, since)]
        assert told == [("R-counted", 3), ("R-paid", 4)]  # two scans and a count; and grades
        paid, counted, quiet = (Walk(site, one.name) for one in (paid, counted, quiet))
        await paid.closed()
        assert site.breaks() == []
        assert await wrong(paid) == []

    # Temporal is the older one: it has forgotten how one return ended, and what the other one was told.
    put_back(backup, "temporal.db", home)
    async with stack(home) as site, site.worker() as worker:
        await site.serving(worker)
        found = [(one["id"], one["told"]) for one in await restored(site, since)]
        assert found == [("R-counted", 0), ("R-paid", 0)]
        paid, counted, quiet = (Walk(site, one.name) for one in (paid, counted, quiet))
        await paid.closed()
        await counted.inspect()
        await counted.closed()
        await quiet.to_the_end()
        assert site.breaks() == []
        assert [await wrong(one) for one in (paid, counted, quiet)] == [[], [], []]
