"""Takes webhooks and sends on what they tell: `python -m portal` until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio

from entry import leave, without_arguments
from settings import traced
from telemetry.traces import tracing


def main() -> int:
    """The process."""
    return without_arguments(__doc__, _serve)


def _serve() -> int:
    from portal.serve import run

    with tracing(traced(), "backhaul-portal"):
        return asyncio.run(run())


if __name__ == "__main__":
    leave(main)
