"""Decrypts payloads for the Temporal UI: `python -m portal.codec` until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import signal

from entry import leave, without_arguments


async def run() -> int:
    """Serve until asked to stop. Neither Temporal nor the database is needed.

    Raises InvalidRequest naming the setting without which nobody could be answered.
    """
    from portal.codec.wanted import codec_server
    from portal.serve import listen, serving
    from settings import Settings
    from telemetry import logs

    settings = Settings.load()
    logs.set_up(settings.log)
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
    """The process."""
    return without_arguments(__doc__, lambda: asyncio.run(run()))


if __name__ == "__main__":
    leave(main)
