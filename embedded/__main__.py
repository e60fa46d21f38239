"""`python -m embedded`: the whole product on one machine; `python -m embedded demo` walks two returns through it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from domain.errors import BackhaulError
from entry import leave

if TYPE_CHECKING:
    from embedded.stack import Stack

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)
FreePorts = Annotated[
    bool, typer.Option("--free-ports", help="Take any free ports instead of 7233, 8233, 8240 and 8250.")
]
console = Console(highlight=False)


@app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    free_ports: FreePorts = False,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Start everything but the worker.")] = False,
) -> None:
    """Run the stack until Ctrl-C or SIGTERM. Yesterday's returns go on where they stood."""
    if context.invoked_subcommand is None:
        raise SystemExit(_run(_serve(free_ports, worker=not no_worker)))


@app.command()
def demo(
    free_ports: FreePorts = False,
    once: Annotated[
        bool, typer.Option("--once", help="End when the story is told, as where no terminal reads it.")
    ] = False,
    crash: Annotated[bool, typer.Option("--crash", help="Kill the worker in the middle of the refund.")] = False,
    scenario: Annotated[
        str, typer.Option(metavar="NAME", help="Play this one instead, under a policy whose days last a second.")
    ] = "",
) -> None:
    """Walk two returns from request to refund, live; then stay up until Ctrl-C."""
    once = once or not sys.stdout.isatty()
    raise SystemExit(_run(_scenario(free_ports, scenario, once) if scenario else _walks(free_ports, once, crash)))


def _run(story: Coroutine[Any, Any, int]) -> int:
    from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError

    from commands.temporal import innermost

    try:
        return asyncio.run(story)
    except BackhaulError as error:
        said = error.message
    except (WorkflowFailureError, WorkflowUpdateFailedError) as error:
        said = innermost(error)
    Console(stderr=True, highlight=False).print(said, style="red", markup=False, soft_wrap=True)
    return 1


def _stopped() -> asyncio.Event:
    """Set by Ctrl-C, SIGTERM and a terminal that is closed, so that every child is stopped in order."""
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(one) is not signal.SIG_IGN:  # `nohup` wants to outlive its terminal
            asyncio.get_running_loop().add_signal_handler(one, stop.set)
    return stop


async def _serve(free_ports: bool, *, worker: bool) -> int:
    from embedded.stack import Ports, stack

    stop = _stopped()
    async with stack(Ports.free() if free_ports else Ports(), worker=worker) as here:
        console.print(f"Temporal UI  {here.ui}")
        console.print(f"Simulators   {here.simulators}  (Stripe, SendGrid, a carrier, a storefront)")
        console.print(f"Webhooks     {here.webhooks}  (Stripe's and SendGrid's arrive by themselves)")
        console.print("Ready. Ctrl-C stops everything; the returns go on when you start it again.")
        return await here.watch(stop)


async def _walks(free_ports: bool, once: bool, crash: bool) -> int:
    from embedded.demo import tell
    from embedded.stack import POLICY

    return await _demo(free_ports, once, POLICY, lambda here: tell(here, console, crash=crash))


async def _scenario(free_ports: bool, name: str, once: bool) -> int:
    """In a home of its own: orders elsewhere are not judged by a policy that is only tried out."""
    from domain.errors import InvalidRequest
    from embedded.demo import play
    from embedded.demo.scenarios import SCENARIOS
    from settings import ROOT, home

    chosen = [one for one in SCENARIOS.values() if name in (one.name, "all")]
    if not chosen:
        raise InvalidRequest("--scenario", f"{name} is none of them; there are {', '.join(SCENARIOS)}, and all")
    os.environ["BACKHAUL_HOME"] = str(home() / "scenarios")
    trial = ROOT / "policies" / "trial.yaml"
    return await _demo(free_ports, once, trial, lambda here: play(here, console, chosen))


async def _demo(free_ports: bool, once: bool, policy: Path, story: Callable[[Stack], Awaitable[int]]) -> int:
    from embedded.stack import Ports, stack

    stop = _stopped()
    with console.status("Starting Temporal, the simulators and a worker"):
        running = stack(Ports.free() if free_ports else Ports(), policy=policy)
        here = await running.__aenter__()
    try:
        told = asyncio.ensure_future(story(here))
        await asyncio.wait({told, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            told.cancel()
            return 130
        code = await told
        if once or code:
            return code
        console.print("\nEverything stays up; Ctrl-C stops it.")
        return await here.watch(stop)
    finally:
        await running.__aexit__(None, None, None)


if __name__ == "__main__":
    leave(app)
