"""The simulators alone, for a stack in containers: `python -m embedded.simulators` until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated
from urllib.parse import urlsplit

import typer

from entry import leave

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Where they listen, on every address of this machine.")] = 8240,
    public_url: Annotated[str, typer.Option(help="Where browsers reach them, for links.")] = "http://127.0.0.1:8240",
    name: Annotated[str, typer.Option(help="By what name other machines call them.")] = "localhost",
    portal: Annotated[str, typer.Option(help="Who is told what happens at Stripe; empty is nobody.")] = "",
) -> None:
    """Serve them on the state in the home folder."""
    raise SystemExit(asyncio.run(_serve(port, public_url, name, portal)))


async def _serve(port: int, public_url: str, name: str, portal: str) -> int:
    from embedded.portal import register
    from embedded.simulators import build
    from embedded.simulators.serve import listen, running
    from embedded.stack import STRIPE_KEY
    from settings import home

    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    listener = listen(port, "0.0.0.0")
    here = f"http://127.0.0.1:{listener.getsockname()[1]}"
    neighbours = (urlsplit(portal).hostname or "",) if portal else ()
    async with running(build(home(), public_url, name=name, neighbours=neighbours), listener):
        if portal:
            await register(portal, f"{here}/stripe", STRIPE_KEY)
        typer.echo(f"Simulators ready: {here}")
        await stop.wait()
    return 0


if __name__ == "__main__":
    leave(app)
