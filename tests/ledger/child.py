"""What runs in processes of its own: `python -m tests.ledger.child migrate|refund|die URL`, a line in, a line out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from random import Random
from threading import Barrier, Timer

from sqlalchemy import event

from database.engine import connect, migrate
from domain.errors import BackhaulError, OverLimit
from ledger import NewEntry, Verification
from ledger.store import SqlLedger
from tests.ledger.entries import PENDING, fact, move

MOMENTS = 16
"""More than an append has statements."""

ORDERS = 5
"""What a writer writes that is killed by the clock."""


def sale(order: str, cents: int) -> NewEntry:
    """An order with one line, paid with one payment."""
    paid = (move(f"{order}:t", f"tender:{order}", f"order:{order}", cents),)
    return fact(f"order:{order}", *paid, move(f"{order}:p", f"order:{order}", f"paid:{order}", cents), order=order)


def refund(order: str, name: str, cents: int) -> NewEntry:
    """A refund of it, reserved as one linked set."""
    moved = (
        move(f"{order}:{name}:net", f"paid:{order}", f"owed:{name}", cents, PENDING),
        move(f"{order}:{name}:leg", f"owed:{name}", f"tender:{order}", cents, PENDING),
    )
    return fact(f"refund:{order}:{name}", *moved, order=order, asked={"cents": cents})


class Children:
    """Processes that wait for a line from us."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def go(self, *lines: str) -> list[str]:
        """One line for each child, all at once; their answers."""
        for child, line in zip(self._processes, lines, strict=True):
            assert child.stdin is not None
            child.stdin.write(line + "\n")
            child.stdin.flush()
        return self.answers()

    def answers(self) -> list[str]:
        """The next line of each; empty from one that is gone."""
        return [child.stdout.readline().rstrip("\n") for child in self._processes if child.stdout]


@contextmanager
def started(verb: str, url: str, count: int) -> Iterator[Children]:
    """So many children, all of them ready."""
    command = [sys.executable, "-m", "tests.ledger.child", verb, url]
    with ExitStack() as stack:
        processes = []
        for _ in range(count):
            child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            processes.append(stack.enter_context(child))
            stack.callback(child.kill)
        children = Children(processes)
        assert children.answers() == ["ready"] * count
        yield children


def _migrate(url: str, _: str) -> str:
    engine = connect(url)
    migrate(engine)
    engine.dispose()
    return "done"


class _Refunds:
    """Refunds of one order by so many threads at once: how many were done, refused and neither."""

    def __init__(self, url: str) -> None:
        self.ledger = SqlLedger(connect(url))

    def __call__(self, line: str) -> str:
        order, name, cents, threads = line.split()
        together = Barrier(int(threads))

        def one(number: int) -> str:
            together.wait()
            try:
                self.ledger.append(refund(order, f"{name}-{number}", int(cents)))
            except OverLimit:
                return "refused"
            except BackhaulError as error:
                return f"{type(error).__name__}: {error}".replace(" ", "_")
            return "done"

        with ThreadPoolExecutor(int(threads)) as pool:
            return " ".join(pool.map(one, range(int(threads))))


def _die(url: str, line: str) -> str:
    """Kill so many writers, each at another moment of its transaction; what is wrong afterwards."""
    times, chance, before = int(line), Random(1), _verified(url, "before")
    killed = number = 0
    while killed < times:
        number += 1
        seconds = chance.uniform(0, 0.02) if number % 3 == 0 else None
        victim = os.fork()
        if not victim:
            _live_and_die(url, f"v{number}", number % MOMENTS, seconds)
        _, status = os.waitpid(victim, 0)
        after = _verified(url, f"after{number}")  # writes too: nobody holds the lock any more
        left, died = after.entries - before.entries - 1, os.WIFSIGNALED(status)
        whole = range(ORDERS + 1) if seconds else [0 if died else 1]
        if status not in (0, signal.SIGKILL) or left not in whole or after.faults:
            return f"victim {number} ended as {status} and left {left} entries and {after.faults}"
        killed += died
        before = after
    return "right"


def _verified(url: str, name: str) -> Verification:
    """The ledger as it stands after one more order."""
    engine = connect(url)
    ledger = SqlLedger(engine)
    ledger.append(sale(name, 100))
    found = ledger.verify()
    engine.dispose()
    return found


def _live_and_die(url: str, name: str, moment: int, seconds: float | None) -> None:
    """Write orders until killed: at once after a statement of the first, right before its end (0), or by the clock."""
    try:
        engine, done = connect(url), 0

        def die(*_: object) -> None:
            nonlocal done
            done += 1
            if done == moment or not moment:
                os.kill(os.getpid(), signal.SIGKILL)

        if seconds is None:
            event.listen(engine, "after_cursor_execute" if moment else "commit", die)
        else:
            Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
        for number in range(ORDERS if seconds else 1):
            SqlLedger(engine).append(sale(f"{name}-{number}", 100))
        os._exit(0)
    finally:
        os._exit(1)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(verb: str, url: str) -> None:
    """Answer line by line."""
    if verb == "refund":
        answer: Callable[[str], str] = _Refunds(url)
    else:
        does = {"migrate": _migrate, "die": _die}[verb]
        answer = lambda line: does(url, line)  # noqa: E731
    _say("ready")
    for line in sys.stdin:
        _say(answer(line))


if __name__ == "__main__":
    main(*sys.argv[1:])
