"""How fast the ledger is: python -m benchmarks.ledger [ENTRIES]

First appends beside bare inserts, then verification and exports of so many entries.
"""

from __future__ import annotations

import sys

from benchmarks import appends, proofs

ENTRIES = 20_000
ROUNDS = 10


def main(entries: int) -> None:
    """Print both tables."""
    appends.main(ROUNDS)
    sys.stdout.write("\n")
    proofs.main(entries)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES)
