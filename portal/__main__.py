"""Takes webhooks and sends on what they tell: `python -m portal` until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import sys

from domain.errors import BackhaulError, InvalidRequest
from entry import leave
from settings import traced
from telemetry.traces import tracing


def main() -> int:
    """The process. It takes no arguments: its settings come from the environment."""
    if len(sys.argv) > 1:
        sys.stdout.write(f"{__doc__}\n\nIt takes no arguments; docs/configuration.md names its settings.\n")
        return 0 if sys.argv[1:] == ["--help"] else 2
    from portal.serve import run

    try:
        with tracing(traced(), "backhaul-portal"):
            return asyncio.run(run())
    except BackhaulError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2 if isinstance(error, InvalidRequest) else 1


if __name__ == "__main__":
    leave(main)
