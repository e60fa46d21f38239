"""The worker's health check: `python healthy.py PORT` exits with 0 if it is ready for work, else 1 and what is missing.

PORT is its BACKHAUL_WORKER_PORT. Nothing else of the program is loaded, because this is asked all day long.
"""

from __future__ import annotations

import sys
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

_SECONDS = 10


def main() -> int:
    """The check of the worker on this machine."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    port = sys.argv[1]
    try:
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/ready", timeout=_SECONDS):
            return 0
    except HTTPError as error:
        sys.exit(error.read().decode().strip())
    except (HTTPException, OSError) as error:
        sys.exit(f"no worker answers at port {port}: {error}")


if __name__ == "__main__":
    sys.exit(main())
