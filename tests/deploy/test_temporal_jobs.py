"""The scripts of the two jobs are run: one against a real Temporal server, the other against a stand-in of its tool."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.checkup import Finding, Level
from commands.checkup import temporal as doctor
from domain import ids
from tests.deploy.running import BIN, INIT, alone, prepare, run, temporal
from tests.house.tree import ROOT
from workflows.return_case.view import SEARCH_ATTRIBUTES
from workflows.schedules import RECONCILE

TYPES = {"KEYWORD": "Keyword", "INT": "Int", "DATETIME": "Datetime"}
WANTED = {key.name: TYPES[key.indexed_value_type.name] for key in SEARCH_ATTRIBUTES}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with temporal(tmp_path_factory.mktemp("server")) as address:
        yield address


def ask(server: str, folder: Path, *words: str) -> dict[str, object]:
    command = [str(BIN / "temporal"), *words, "--namespace", "returns", "--address", server, "--output", "json"]
    found: dict[str, object] = json.loads(run(command, alone(folder)).stdout)
    return found


def test_the_script_names_every_search_attribute_with_its_type() -> None:
    named = re.findall(r"--name (\w+) --type (\w+)", INIT.read_text())
    assert dict(named) == WANTED
    assert len(named) == len(WANTED)


def test_it_prepares_a_server_and_may_run_again(server: str, tmp_path: Path) -> None:
    for _ in range(2):
        done = prepare(server, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.endswith("Temporal is ready for Backhaul\n")
    known = ask(server, tmp_path, "operator", "search-attribute", "list")["customAttributes"]
    assert known == {name: f"INDEXED_VALUE_TYPE_{kind.upper()}" for name, kind in WANTED.items()}
    schedule = ask(server, tmp_path, "schedule", "describe", "--schedule-id", RECONCILE)["schedule"]
    assert isinstance(schedule, dict)
    started = schedule["action"]["startWorkflow"]
    assert (started["workflowType"]["name"], started["taskQueue"]["name"]) == (ids.RECONCILE_TYPE, ids.RETURNS_QUEUE)
    config = ask(server, tmp_path, "operator", "namespace", "describe")["config"]
    assert isinstance(config, dict)
    assert config["workflowExecutionRetentionTtl"] == f"{90 * 24 * 60 * 60}s"


@pytest.fixture
def trial(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Finding]]:
    """What the doctor says of a namespace that nobody prepared, each after its command was carried out."""
    for name in [name for name in os.environ if name.startswith(("BACKHAUL_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    told = {"TEMPORAL_ADDRESS": server, "TEMPORAL_NAMESPACE": "doctored", "BACKHAUL_HOME": str(tmp_path)}
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    def look(mended: Finding | None = None) -> dict[str, Finding]:
        if mended:
            done = run(["sh", "-ec", mended.mend], alone(tmp_path, **told))
            assert done.returncode == 0, done.stdout + done.stderr
        return {one.about: one for one in asyncio.run(doctor.look())}

    return look


def becomes(look: Callable[..., dict[str, Finding]], about: str, level: Level, says: str = "") -> dict[str, Finding]:
    """What is said once the server knows of a change; it may take seconds."""
    until = time.monotonic() + 60
    while True:
        found = look()
        if about in found and found[about].level is level and says in found[about].found:
            return found
        assert time.monotonic() < until, found


def test_the_doctor_finds_what_is_missing_and_each_of_its_commands_mends_it(
    trial: Callable[..., dict[str, Finding]], server: str, tmp_path: Path
) -> None:
    found = becomes(trial, "namespace", Level.FAILED)
    assert set(found) == {"temporal", "namespace"}
    trial(found["namespace"])
    found = becomes(trial, "search attributes", Level.FAILED, "workers cannot start a return without")
    assert found["namespace"].level is Level.OK
    assert [name for name in WANTED if name not in found["search attributes"].found] == []
    trial(found["search attributes"])
    becomes(trial, "search attributes", Level.OK)
    on = ["--address", server, "--namespace", "doctored"]
    change = [str(BIN / "temporal"), "operator", "namespace", "update", *on, "--retention", "3d"]
    assert run(change, alone(tmp_path)).returncode == 0
    found = becomes(trial, "namespace", Level.WARNING)
    assert "after 3 days" in found["namespace"].found
    trial(found["namespace"])
    found = becomes(trial, "namespace", Level.OK)
    assert (found["schedule"].level, found["workers"].level) == (Level.WARNING, Level.WARNING)
    assert found["workers"].mend == "python worker.py"
    trial(found["schedule"])
    becomes(trial, "schedule", Level.OK)


def test_the_doctor_finds_a_search_attribute_of_another_type(
    trial: Callable[..., dict[str, Finding]], server: str, tmp_path: Path
) -> None:
    on = ["--address", server, "--namespace", "doctored"]
    operator = [str(BIN / "temporal"), "operator"]
    becomes(trial, "temporal", Level.OK)
    run([*operator, "namespace", "create", *on, "--retention", "90d"], alone(tmp_path))  # it may be there already
    becomes(trial, "namespace", Level.OK)
    run([*operator, "search-attribute", "remove", "--yes", *on, "--name", "DueAt"], alone(tmp_path))
    make = [*operator, "search-attribute", "create", *on, "--name", "DueAt", "--type", "Keyword"]
    until = time.monotonic() + 60
    while (made := run(make, alone(tmp_path))).returncode:  # a new namespace is not known everywhere at once
        assert time.monotonic() < until, made.stderr
    found = becomes(trial, "search attributes", Level.FAILED, "DueAt is Keyword and not Datetime")
    trial(found["search attributes"])
    becomes(trial, "search attributes", Level.OK)


def stand_in(folder: Path, name: str, script: str) -> dict[str, str]:
    """An environment that finds this script under a program's name."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_it_gives_up_with_the_last_words_it_heard(tmp_path: Path) -> None:
    quick = tmp_path / "quick.sh"
    quick.write_text(INIT.read_text().replace("ATTEMPTS=60", "ATTEMPTS=1"))
    environment = stand_in(tmp_path, "temporal", "echo nobody is there >&2; exit 1")
    done = run(["sh", str(quick)], {**environment, "TEMPORAL_ADDRESS": "127.0.0.1:1"})
    assert done.returncode == 1
    assert done.stderr == "Gave up after 1 attempts: nobody is there\n"
    assert "Namespace" not in done.stdout


def test_it_asks_for_the_servers_address(tmp_path: Path) -> None:
    done = run(["sh", str(INIT)], alone(tmp_path))
    assert done.returncode != 0
    assert "TEMPORAL_ADDRESS: say where the Temporal server is" in done.stderr


def schema(folder: Path, tool: str) -> tuple[int, list[str]]:
    """Run the schema job with this in place of Temporal's tool; the exit code, and how the tool was called."""
    environment = stand_in(folder, "temporal-sql-tool", f'echo "$*" >> {folder}/calls\n{tool}')
    environment |= {"DB": "postgres12", "DB_PORT": "5432", "POSTGRES_SEEDS": "postgres", "POSTGRES_USER": "temporal"}
    environment |= {"DBNAME": "temporal", "VISIBILITY_DBNAME": "temporal_visibility"}
    done = run(["sh", str(ROOT / "deploy" / "temporal-schema.sh")], environment)
    return done.returncode, (folder / "calls").read_text().splitlines()


def test_the_schema_job_brings_both_databases_up_to_date(tmp_path: Path) -> None:
    code, calls = schema(tmp_path, "")
    where = "--plugin postgres12 --ep postgres -p 5432 -u temporal --db"
    folders = "/etc/temporal/schema/postgresql/v12"
    assert code == 0
    assert calls == [
        f"{where} {database} {step}"
        for database, name in (("temporal", "temporal"), ("temporal_visibility", "visibility"))
        for step in ("create", "setup-schema -v 0.0", f"update-schema -d {folders}/{name}/versioned")
    ]


def test_the_schema_job_stops_at_the_first_failure(tmp_path: Path) -> None:
    code, calls = schema(tmp_path, "exit 3")
    assert code == 3
    assert len(calls) == 1
