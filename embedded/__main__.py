"""`python -m embedded`: the whole product on one machine; `python -m embedded demo` walks two returns through it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Annotated, Any

import typer
from rich.console import Console

from domain.errors import BackhaulError
from entry import leave

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
    once: Annotated[bool, typer.Option("--once", help="End when the story is told.")] = False,
    crash: Annotated[bool, typer.Option("--crash", help="Kill the worker in the middle of the refund.")] = False,
) -> None:
    """Walk two returns from request to refund, live; then stay up until Ctrl-C."""
    raise SystemExit(_run(_demo(free_ports, once=once or not sys.stdout.isatty(), crash=crash)))


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


async def _demo(free_ports: bool, *, once: bool, crash: bool) -> int:
    from embedded.demo import tell
    from embedded.stack import Ports, stack

    stop = _stopped()
    with console.status("Starting Temporal, the simulators and a worker"):
        running = stack(Ports.free() if free_ports else Ports())
        here = await running.__aenter__()
    try:
        told = asyncio.create_task(tell(here, console, crash=crash))
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
