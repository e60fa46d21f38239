"""How long finance's commands take on a long journal, and their peak memory: python -m benchmarks.proofs [ENTRIES]

Each runs as a process of its own, as finance runs it, on a tenth of the entries and on all of them: what grows with
them, and what does not, is seen from both. A second is of the wall's clock; the processor's are beside it, because
others may use the machine at the same time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.database.servers import Databases, postgres, sqlite

COMMANDS = {
    "verify": ("verify",),
    "export csv": ("export", "--format", "csv", "--out", "{folder}/export"),
    "export jsonl": ("export", "--format", "jsonl", "--out", "{folder}/export"),
    "export beancount": ("export", "--format", "beancount", "--out", "{folder}/export"),
}


def ran(url: str, words: tuple[str, ...]) -> tuple[float, float, float]:
    """Run a module on a database; seconds, seconds of the processor, and MiB at the most. Raises if it fails."""
    start = time.perf_counter()
    environment = {**os.environ, "BACKHAUL_DATABASE_URL": url}
    child = subprocess.Popen([sys.executable, "-m", *words], env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, words)
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def measure(kind: str, made: Databases, entries: int, folder: str) -> None:
    """Print a row for each command on one database."""
    url = made.migrated()
    ran(url, ("benchmarks.bulk", url, str(entries)))
    for name, words in COMMANDS.items():
        seconds, processor, most = ran(url, ("ledger", *(word.format(folder=folder) for word in words)))
        sys.stdout.write(
            f"{kind:<10}  {name:<16}  {entries:>9}  {seconds:>7.1f}  {processor:>9.1f}"
            f"  {entries / seconds:>9.0f}  {most:>8.0f}\n"
        )
        sys.stdout.flush()
    made.drop(url)


def main(entries: int) -> None:
    """Print the rows of both databases."""
    sys.stdout.write("database    command             entries  seconds  processor  entries/s  peak MiB\n")
    with tempfile.TemporaryDirectory() as folder:
        with sqlite(Path(folder)) as made:
            for count in (entries // 10, entries):
                measure("sqlite", made, count, folder)
        with postgres() as made:
            for count in (entries // 10, entries):
                measure("postgresql", made, count, folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
