"""What holds for every command: help with an example, quick, and errors in one paragraph with true exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import starter
from commands import output
from domain.errors import InvalidRequest, KeyConflict, Refused, Unavailable
from settings import ROOT
from tests.commands.conftest import Run


def _commands(app: typer.Typer, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for command in app.registered_commands:
        assert command.callback is not None
        yield (*before, command.name or command.callback.__name__)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        own = group.typer_instance.registered_callback
        if own is not None and own.invoke_without_command is True and isinstance(group.name, str):
            yield (*before, group.name)
        yield from _commands(group.typer_instance, (*before, group.name) if isinstance(group.name, str) else before)


COMMANDS = sorted(_commands(starter.app))


def test_all_commands_are_there() -> None:
    names = [" ".join(words) for words in COMMANDS]
    assert names == [
        "aftercare",
        "approve",
        "assign",
        "boxes end",
        "boxes show",
        "bulk",
        "by-hand-failed",
        "cancel",
        "choose",
        "claim answer",
        "claim open",
        "close",
        "consent",
        "correct-count",
        "database upgrade",
        "doctor",
        "edit",
        "erase",
        "events",
        "events replay",
        "evidence ask",
        "evidence give",
        "evidence show",
        "extend",
        "finding add",
        "finding settle",
        "handed-over",
        "inbox",
        "inbox prune",
        "inspect",
        "late accept",
        "late approve",
        "late inspect",
        "late receive",
        "late send-back",
        "list",
        "lost",
        "mails",
        "mails preview",
        "mails resend",
        "mails skip",
        "match",
        "new-label",
        "noted",
        "offer accept",
        "offer appeal",
        "offer send-back",
        "offer uphold",
        "orders delivered",
        "orders import",
        "orders list",
        "orders show",
        "override",
        "paid-by-hand",
        "parcel add",
        "pay-again",
        "payload-key",
        "people add",
        "people change",
        "people deactivate",
        "people key",
        "people list",
        "policy answer",
        "policy check",
        "policy explain",
        "policy list",
        "policy publish",
        "policy replay",
        "policy show",
        "quote",
        "receive",
        "refunds",
        "regrade",
        "release list",
        "release promote",
        "repair",
        "replan",
        "restored",
        "retry",
        "scan",
        "schedules create",
        "sent-back",
        "settle",
        "shipped",
        "show",
        "start",
        "take-back",
    ]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_shows_an_example_and_json(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert starter.main([*words, "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert f"Example: python starter.py {' '.join(words)}" in text
    assert "--json" in text


@pytest.mark.parametrize("words", [(), ("orders",), ("start",)], ids=lambda words: " ".join(words) or "all")
def test_help_does_not_wait_for_heavy_imports(words: tuple[str, ...]) -> None:
    before = os.times()
    done = subprocess.run([sys.executable, "starter.py", *words, "--help"], cwd=ROOT, capture_output=True, check=False)
    after = os.times()
    assert done.returncode == 0
    # Seconds of work, not of waiting for a busy machine.
    assert after.children_user + after.children_system - before.children_user - before.children_system < 1


def test_heavy_libraries_are_imported_late() -> None:
    code = (
        "import sys, starter; print([n for n in ('temporalio', 'sqlalchemy', 'stripe', 'alembic') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "words", [("nope",), ("orders",), ("start", "--id", "R-1"), ("list", "--limit", "0"), ("orders", "show")]
)
def test_wrong_usage_is_2(run: Run, words: tuple[str, ...]) -> None:
    answer = run(*words)
    assert answer.code == 2
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("words", [("show", ""), ("cancel", " "), ("noted", "", "--by", "fay")])
def test_an_empty_id_is_none(run: Run, words: tuple[str, ...]) -> None:
    answer = run(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("RETURN: the id is empty")


def test_the_process_ends_with_the_same_codes(home: Path) -> None:
    for words, code in ((["--help"], 0), (["orders", "show", "x"], 1), (["orders", "import", "no-such-file"], 2)):
        done = subprocess.run([sys.executable, "starter.py", *words], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == code, words


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidRequest("lines.0.quantity", "5 asked for"), 2),
        (Refused("closed", "This return is closed"), 1),
        (Unavailable("Nobody\nanswers\x1b[31m"), 1),
        (KeyConflict("Taken"), 1),
        (ZeroDivisionError("division\nby zero"), 1),
    ],
)
def test_errors_are_one_paragraph(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    app = output.group("One.")

    @app.command()
    def fails() -> None:
        raise error

    @app.command()
    def other() -> None: ...

    assert output.run(app, ["fails"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith(".\n")
    assert "\x1b" not in err


def test_texts_from_outside_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.card("Order \x1b[2J", [("Title", "[red]mug[/red] \x1b]0;owned\x07"), ("Empty", "")])
    output.table(("A",), [("\x1b[1m",)], "")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[red]mug[/red]" in out
    assert "Empty" not in out
