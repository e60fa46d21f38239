"""How every process of this project ends: with its true exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import NoReturn


def leave(main: Callable[[], int | None]) -> NoReturn:
    """Run `main` and end the process with its answer (None is 0), without the interpreter's shutdown. An error that is
    meant for people ends it with 1, or 2 if what was asked for is wrong, and its message alone.

    A process that used temporalio may abort in that shutdown (SIGABRT or SIGSEGV) after its work is done, because
    threads of the core still call into Python (temporalio/sdk-python issue 300). So everything is flushed here and
    the process leaves by `os._exit`, which runs no atexit hooks.
    """
    try:
        code = main() or 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else _said(stop.code)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:  # whoever read our output has seen enough, as in `list | head -1`
        code = 141
    except BaseException as error:
        code = _told(error)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # the reader of a pipe has gone; nobody is left to tell
            continue
    os._exit(code)


def without_arguments(doc: str | None, work: Callable[[], int]) -> int:
    """The main function of a service: its settings come from the environment alone."""
    if len(sys.argv) > 1:
        sys.stdout.write(f"{doc}\n\nIt takes no arguments; docs/configuration.md names its settings.\n")
        return 0 if sys.argv[1:] == ["--help"] else 2
    return work()


def _told(error: BaseException) -> int:
    """What is said to people stands for itself; of a fault the traceback is shown, as the interpreter would."""
    from domain.errors import BackhaulError, InvalidRequest

    if not isinstance(error, BackhaulError):
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    sys.stderr.write(f"{error.message}\n")
    return 2 if isinstance(error, InvalidRequest) else 1


def _said(message: object) -> int:
    sys.stderr.write(f"{message}\n")
    return 1
