"""The long proofs: `python -m tests.proof [--part PART] [--returns N] [--kills N] [--seed S]`, all without PART.

kill    the worker of every activity and every workflow task killed at every moment, of a return paid with card and gift
        card and of those on other ways; then N returns while worker and server are killed at random
hostile N returns while payment provider, storefront, webhooks, workers, portal and server all fail, refunds fail late
        and payments are disputed; a run that was ended goes on where it stopped, in .backhaul/proof
rolling N returns while the workers are restarted in turn, the first in the middle of a refund: nothing is lost or
        doubled, no step that a worker began is cut off, and every worker ends with exit code 0
exits   clients and workers, many times: every exit code is 0
ledger  on SQLite and PostgreSQL: N times two refunds at once of which one fits, 64 writers, writers killed

Exit code 0 if everything ended right, else 1.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from entry import leave
from settings import ROOT
from tests.proof import exits, ledger
from tests.proof.hostile import Hostile
from tests.proof.kills import Verdict, every_kill, every_task, ground, survive
from tests.proof.rolling import rolling
from tests.proof.site import stack
from tests.proof.storm import storm

LISTS, WORKERS = 100, 30

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)
console = Console(highlight=False, width=140)


class Part(StrEnum):
    """What can be proved alone."""

    KILL = "kill"
    HOSTILE = "hostile"
    ROLLING = "rolling"
    EXITS = "exits"
    LEDGER = "ledger"


RETURNS = {Part.KILL: 20, Part.HOSTILE: 1000, Part.ROLLING: 60, Part.LEDGER: 1000}
KILLS = {Part.KILL: 12, Part.HOSTILE: 100, Part.LEDGER: 200}


@app.command()
def main(
    part: Annotated[Part | None, typer.Option(help="Only this part.")] = None,
    returns: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Returns: storm (20), rolling (60), hostile and at once (1000)."),
    ] = None,
    kills: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Kills in the storm (12), the hostile one (100) or of writers (200)."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The storm's dice.")] = 1,
) -> None:
    """Prove it."""
    raise SystemExit(asyncio.run(_prove(list(Part) if part is None else [part], returns, kills, seed)))


async def _prove(parts: Sequence[Part], returns: int | None, kills: int | None, seed: int) -> int:
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="backhaul-proof-") as folder:
        for part in parts:
            begun, home = time.monotonic(), Path(folder) / part
            count, deaths = returns or RETURNS.get(part, 0), kills or KILLS.get(part, 0)
            match part:
                case Part.KILL:
                    about = f", {count} returns, {deaths} kills, seed {seed}"
                    found = await _kill(home, count, deaths, seed)
                case Part.HOSTILE:
                    about, found = (
                        f", {count} returns, {deaths} kills, seed {seed}",
                        await _hostile(count, deaths, seed),
                    )
                case Part.ROLLING:
                    about, found = f", {count} returns", await rolling(home, count)
                case Part.EXITS:
                    about, found = "", await _exits(home)
                case Part.LEDGER:
                    about, found = f", {count} pairs, {deaths} kills", ledger.ledger(home, count, deaths)
            _show(f"{part}: {time.monotonic() - begun:.0f} s{about}", found)
            verdicts += found
    wrong = sum(1 for one in verdicts if one.faults)
    console.print(f"{len(verdicts) - wrong} right, {wrong} wrong")
    return 1 if wrong else 0


async def _kill(home: Path, returns: int, kills: int, seed: int) -> list[Verdict]:
    async with ground(home / "matrix") as site:
        verdicts = [*await survive(site, every_kill()), *await survive(site, every_task())]
    return [*verdicts, *await storm(home / "storm", returns, kills, seed)]


async def _hostile(returns: int, kills: int, seed: int) -> list[Verdict]:
    """In a home that stays until everything in it is right; SIGTERM ends it in order."""
    home = ROOT / ".backhaul" / "proof" / f"hostile-{returns}-{kills}-{seed}"
    running = asyncio.create_task(Hostile(home, returns, kills, seed).run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    verdicts = await running
    if any(one.faults for one in verdicts):
        console.print(f"What is wrong can be looked at in {home}; remove it to begin anew.")
    else:
        shutil.rmtree(home)
    return verdicts


async def _exits(home: Path) -> list[Verdict]:
    async with stack(home) as site:
        begun = time.monotonic()
        lists = await exits.of_lists(site, LISTS)
        between = time.monotonic()
        workers = await exits.of_workers(site, WORKERS)
    seconds = (between - begun, time.monotonic() - between)
    return [
        Verdict(
            what=f"{what}, {sum(codes.values())} times",
            case="",
            seconds=took,
            faults=[f"exit code {code}, {times} times" for code, times in codes.items() if code],
        )
        for what, codes, took in (("starter.py list", lists, seconds[0]), ("worker.py, SIGTERM", workers, seconds[1]))
    ]


def _show(title: str, verdicts: Sequence[Verdict]) -> None:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2))
    for column in ("Killed, or done", "Return", "Seconds to the end", "Mails unknown", "Verdict"):
        table.add_column(column, justify="right" if column.startswith(("Seconds", "Mails")) else "left")
    for one in verdicts:
        verdict = "\n".join(one.faults) or "right"
        table.add_row(one.what, one.case, f"{one.seconds:.1f}", str(one.mails_unknown or ""), verdict)
    console.print(table)


if __name__ == "__main__":
    leave(app)
