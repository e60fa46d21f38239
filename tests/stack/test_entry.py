"""How a process ends: with its true exit code, and with all that it has printed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.house.tree import ROOT

PREAMBLE = "import sys\nfrom entry import leave\n"
QUIET = ""


def ended(program: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", PREAMBLE + program]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("return None", 0, QUIET),
        ("return 0", 0, QUIET),
        ("return 3", 3, QUIET),
        ("sys.exit()", 0, QUIET),
        ("sys.exit(0)", 0, QUIET),
        ("sys.exit(4)", 4, QUIET),
        ("sys.exit('no database')", 1, "no database\n"),
        ("raise KeyboardInterrupt", 130, QUIET),
        ("from domain.errors import Unavailable; raise Unavailable('nobody answers')", 1, "nobody answers\n"),
        ("from domain.errors import InvalidRequest; raise InvalidRequest('id', 'too long')", 2, "id: too long\n"),
    ],
)
def test_the_exit_code_is_what_main_says(body: str, code: int, said: str) -> None:
    found = ended(f"def main():\n    {body}\nleave(main)\n")
    assert (found.returncode, found.stderr) == (code, said)


def test_an_error_that_nobody_expected_is_1_with_its_traceback() -> None:
    found = ended("def main():\n    raise ValueError('broken')\nleave(main)\n")
    assert found.returncode == 1
    assert found.stderr.startswith("Traceback (most recent call last):\n")
    assert found.stderr.endswith("ValueError: broken\n")


def test_nothing_that_was_printed_into_a_pipe_is_lost() -> None:
    found = ended("def main():\n    print('x' * 100_000)\n    print('end', file=sys.stderr)\nleave(main)\n")
    assert (found.returncode, found.stdout, found.stderr) == (0, "x" * 100_000 + "\n", "end\n")


def test_nothing_runs_after_it() -> None:
    program = (
        "import atexit\natexit.register(print, 'late')\ndef main():\n    print('done')\nleave(main)\nprint('after')\n"
    )
    assert ended(program).stdout == "done\n"


def test_what_was_logged_is_written() -> None:
    program = (
        "import logging, logging.handlers\n"
        "target = logging.StreamHandler(sys.stdout)\n"
        "logging.basicConfig(handlers=[logging.handlers.MemoryHandler(100, target=target)], level=logging.INFO)\n"
        "def main():\n    logging.info('said late')\nleave(main)\n"
    )
    assert ended(program).stdout == "said late\n"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("print('x')\n    return 0", 0),
        ("print('x')\n    return 5", 5),
        # More than a buffer holds: the program itself meets the broken pipe, and ends like one that SIGPIPE ended.
        ("print('x' * 100_000)\n    return 0", 141),
    ],
)
def test_a_reader_who_has_gone_is_no_error(body: str, code: int) -> None:
    program = f"{PREAMBLE}def main():\n    sys.stdin.read()\n    {body}\nleave(main)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    assert process.stdout
    process.stdout.close()
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (code, b"")
