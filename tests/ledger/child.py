"""What the tests run in processes of their own: `python -m tests.ledger.child migrate|spend|die URL ARGUMENT`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import event

from database.engine import connect, migrate
from domain.errors import OverLimit
from ledger.store import SqlLedger
from tests.ledger.entries import plan

Child = subprocess.Popen[str]


@contextmanager
def started(verb: str, url: str, *arguments: str) -> Iterator[list[Child]]:
    """One child per argument, all of them ready and waiting for a line from us."""
    with ExitStack() as stack:
        children = []
        for argument in arguments:
            command = [sys.executable, "-m", "tests.ledger.child", verb, url, argument]
            child = stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            stack.callback(child.kill)
            children.append(child)
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        yield children


def race(verb: str, url: str, *arguments: str) -> list[str]:
    """Let all children go at once; the last line of each."""
    with started(verb, url, *arguments) as children:
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        return [child.communicate()[0].strip() for child in children]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _spend(url: str, name: str) -> str:
    engine = connect(url)
    ledger = SqlLedger(engine)
    try:
        ledger.append(plan(name, 60))
    except OverLimit:
        return "refused"
    finally:
        engine.dispose()
    return "done"


def _migrate(url: str, _: str) -> str:
    engine = connect(url)
    migrate(engine)
    engine.dispose()
    return "done"


def _die(url: str, statement: str) -> str:
    """Stop for ever after so many statements of one append, inside its transaction."""
    engine = connect(url)
    done = 0

    def stop(*_: object) -> None:
        nonlocal done
        done += 1
        if done == int(statement):
            _say("inside")
            sys.stdin.read()

    event.listen(engine, "after_cursor_execute", stop)
    SqlLedger(engine).append(plan("victim", 60))
    return "done"


if __name__ == "__main__":
    verb, url, argument = sys.argv[1:]
    _say("ready")
    sys.stdin.readline()
    _say({"migrate": _migrate, "spend": _spend, "die": _die}[verb](url, argument))
