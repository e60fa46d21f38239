"""Decrypts payloads for the Temporal UI: `python -m portal.codec` until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from domain.errors import BackhaulError, InvalidRequest
from entry import leave


async def run() -> int:
    """Serve until asked to stop. Neither Temporal nor the database is needed.

    Raises InvalidRequest naming the setting without which nobody could be answered.
    """
    from portal.codec.wanted import codec_server
    from portal.serve import listen, serving
    from settings import Settings

    settings = Settings.load()
    app = codec_server(settings).app()
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    listener = listen(settings.codec_host, settings.codec_port, "codec server", "BACKHAUL_CODEC_PORT")
    async with serving(app, listener):
        logging.info("codec server ready: http://%s:%d", settings.codec_host, listener.getsockname()[1])
        await stop.wait()
    return 0


def main() -> int:
    """The process. It takes no arguments: its settings come from the environment."""
    if len(sys.argv) > 1:
        sys.stdout.write(f"{__doc__}\n\nIt takes no arguments; docs/configuration.md names its settings.\n")
        return 0 if sys.argv[1:] == ["--help"] else 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        return asyncio.run(run())
    except BackhaulError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2 if isinstance(error, InvalidRequest) else 1


if __name__ == "__main__":
    leave(main)
