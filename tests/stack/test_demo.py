"""`python -m embedded demo`: what it prints is true, by the journal that it leaves behind."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.proof.site import started

LONGEST = 550
"""Seconds; a busy machine takes five times as long as an idle one."""

DEMO = ("-m", "embedded", "demo", "--once", "--free-ports")
CASES = ("R-1073459981", "R-two-rates")


@dataclass(frozen=True)
class Told:
    """A demo that has ended."""

    code: int
    said: str
    home: Path

    def row(self, case: str, who: str) -> tuple[str, str | None]:
        """The amount, and what follows in its row, of the table at a return's end."""
        table = self.said.split(f"Return {case}: ")[1]
        found = re.search(rf"^ *{re.escape(who)} +([\d.]+ [A-Z]{{3}})(?: +(\S+))?", table, re.MULTILINE)
        assert found, table
        return found.group(1), found.group(2)


async def demo(home: Path, name: str, *words: str) -> Told:
    async with started(home, name, *DEMO, *words) as program:
        return Told(await program.end(LONGEST), program.said(), home)


async def journal(home: Path, case: str) -> list[dict[str, Any]]:
    """The journal as `python -m ledger` prints it."""
    async with started(home, f"journal-{case}", "-m", "ledger", "list", "--case", case, "--json") as program:
        assert await program.end() == 0, program.said()
        found: list[dict[str, Any]] = json.loads(program.said())
        return found


@pytest_asyncio.fixture(scope="module")
async def demos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Told]:
    """Two runs in one home, the second with a crash."""
    home = tmp_path_factory.mktemp("twice")
    return await demo(home, "first"), await demo(home, "second", "--crash")


def refunds(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Amount for people and provider's id of each refund that the journal confirms."""
    found = [one["facts"]["refund"] for one in entries if one["kind"] == "refund_settled"]
    return [(f"{one['amount'] / 100:.2f} {one['currency']}", one["provider_id"]) for one in found]


async def agrees(told: Told, case: str) -> None:
    """Plan, provider and journal, as printed, are what the journal has."""
    ((amount, reference),) = refunds(await journal(told.home, case))
    assert told.row(case, "Stripe (simulated)") == (amount, reference)
    assert told.row(case, "The plan")[0] == told.row(case, "The journal")[0] == amount


@pytest.mark.parametrize("case", CASES)
async def test_the_refund_is_the_journals(demos: tuple[Told, Told], case: str) -> None:
    told = demos[0]
    assert told.code == 0, told.said
    assert told.said.count("All three agree.") == 2
    assert "They do not agree." not in told.said
    assert f"/workflows/return-{case}" in told.said
    kinds = "return.opened, return.approved, label.issued, parcel.scanned, return.received, return.inspected"
    paid = "refund.planned, refund.submitted, refund.succeeded, return.restocked, return.closed"
    (events,) = re.findall(
        r"Events +(\d+) to the storefront: (.+)", told.said.split(f"Return {case}: ")[1].split("Return ")[0]
    )
    assert (events[0], set(events[1].split(", "))) == ("12", {*kinds.split(", "), *paid.split(", ")})
    await agrees(told, case)


async def test_it_can_be_told_again(demos: tuple[Told, Told]) -> None:
    first, second = demos
    assert second.code == 0, second.said
    for case in CASES:
        await agrees(second, f"{case}-2")
        assert len(refunds(await journal(second.home, case))) == 1
    assert "Journal verified:" in second.said
    assert first.said.count("All three agree.") == second.said.count("All three agree.")


async def test_a_crash_in_the_refund_makes_no_second_one(demos: tuple[Told, Told]) -> None:
    told = demos[1]
    assert told.code == 0, told.said
    assert re.search(r"kill -9 \d+: the worker is gone", told.said)
    assert "\nCrashes: 1. Refunds at the provider for that return: 1.\n" in told.said
    submitted = [one for one in await journal(told.home, f"{CASES[0]}-2") if one["kind"] == "refund_submitted"]
    assert len(submitted) == 1
