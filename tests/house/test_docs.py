"""What the pages in docs/ must name: dependencies, settings, terms and commands. The code says which there are."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shlex
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
import typer

from domain.errors import BackhaulError
from domain.policy import Policy
from domain.policy.reasons import fault_of, from_shopify, group_of, to_shopify
from domain.policy.rule import When
from domain.request import ReturnReason
from settings import Settings
from tests.house.tree import ROOT, project

NOUNS = (
    "Order",
    "ReturnRequest",
    "Decision",
    "ReturnLabel",
    "Parcel",
    "Inspection",
    "RefundPlan",
    "Refund",
    "JournalEntry",
    "Notice",
)
ENUMS = (
    "domain.carrier_claim",
    "domain.case",
    "domain.event",
    "domain.finding",
    "domain.inbox",
    "domain.inspection",
    "domain.mending",
    "domain.repair",
    "domain.method",
    "domain.early",
    "domain.late",
    "domain.resolution",
    "domain.news",
    "domain.notice",
    "domain.offer",
    "domain.order",
    "domain.parcel",
    "domain.override",
    "domain.policy.deadlines",
    "domain.people",
    "domain.plan",
    "domain.policy.goods",
    "domain.policy.judgement",
    "domain.policy.money",
    "domain.policy.outcome",
    "domain.policy.reasons",
    "domain.policy.rule",
    "domain.policy.window",
    "domain.refund",
    "domain.request",
    "domain.serials",
    "domain.terms",
    "domain.verbs",
    "ledger",
    "workflows.return_case.said",
    "workflows.return_case.stage",
)


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def dependencies() -> list[str]:
    about = project()
    groups = [about["project"]["dependencies"], *about["project"]["optional-dependencies"].values()]
    return [line for group in [*groups, *about["dependency-groups"].values()] for line in group]


@pytest.mark.parametrize("line", dependencies())
def test_every_dependency_has_a_line_with_its_bounds(line: str) -> None:
    name, lowest, below = re.fullmatch(r"([\w-]+)(?:\[\w+\])?>=([\d.]+),<([\d.]+)", line).groups()  # type: ignore[union-attr]
    rows = [row.split(" | ") for row in page("dependencies.md").splitlines() if row.startswith(f"| `{name}` | ")]
    assert [len(row) for row in rows] == [4]
    assert rows[0][3] == f"{lowest} to below {below} |"


def test_no_line_stands_for_a_dependency_that_is_gone() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| ", page("dependencies.md"), re.MULTILINE)
    assert sorted(rows) == sorted(re.split(r"\[|>=", line)[0] for line in dependencies())


@pytest.mark.parametrize("name", [*Settings.model_fields, "home"])
def test_every_setting_has_a_line(name: str) -> None:
    assert f"\n| `BACKHAUL_{name.upper()}` | " in page("configuration.md")


@pytest.mark.parametrize(
    "name", [name for name, one in Settings.model_fields.items() if "Secret" in str(one.annotation)]
)
def test_every_secret_is_called_one(name: str) -> None:
    assert f"\n| `BACKHAUL_{name.upper()}` | secret: " in page("configuration.md")


def test_defaults_are_told_as_they_are() -> None:
    lines = {
        row.split("`")[1]: row.rsplit(" | ", 1)[1] for row in page("configuration.md").splitlines() if "| `BACK" in row
    }
    for name, one in Settings.model_fields.items():
        told = re.fullmatch(r"`(.*)` \|", lines[f"BACKHAUL_{name.upper()}"])
        if told and name != "database_url" and isinstance(one.default, str | int):
            assert told[1] == str(one.default), name


def test_no_setting_is_told_that_does_not_exist() -> None:
    told = set(re.findall(r"BACKHAUL_([A-Z_]+)", page("configuration.md")))
    # DB_PASSWORD is docker compose's, and no process of ours reads it.
    assert told - {"HOME", "DB_PASSWORD", ""} <= {name.upper() for name in Settings.model_fields}


def test_every_field_of_a_policy_has_a_line_and_every_condition_too() -> None:
    facets = [row.split(" | ")[0] for row in page("policy.md").splitlines() if row.count(" | ") == 3]
    conditions = [row.split(" | ")[0] for row in page("policy.md").splitlines() if row.count(" | ") == 1]
    assert not [name for name in Policy.model_fields if not any(f"`{name}`" in one for one in facets)]
    assert not [name for name in When.model_fields if not any(f"`{name}`" in one for one in conditions)]


def test_every_reason_has_a_line_with_its_group_its_fault_and_its_names_at_shopify() -> None:
    rows = [row.strip("| ").split(" | ") for row in page("policy.md").splitlines() if row.count(" | ") == 4]
    told = {row[0].strip("`"): row[1:] for row in rows if row[0] != "reason"}
    for reason in ReturnReason:
        name = to_shopify(reason)
        back = f"`{name}`" if from_shopify(name) is reason else "none"
        group, fault = group_of(reason), fault_of(reason)
        assert told.pop(reason.value) == [f"`{group}`", fault.value, f"`{name}`", back], reason
    assert not told


def test_every_statute_is_told() -> None:
    names = [one.stem for one in (ROOT / "policies" / "statutes").glob("*.yaml")]
    told = page("policy.md")
    assert not [one for one in names if f"`{one}`" not in told and not one.endswith("_no_posted_policy")]


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_is_explained(noun: str) -> None:
    assert f"\n| **{noun}** | " in page("terminology.md")


def enums() -> Iterator[type[StrEnum]]:
    for name in ENUMS:
        for one in vars(importlib.import_module(name)).values():
            if isinstance(one, type) and issubclass(one, StrEnum) and one.__module__ == name:
                yield one


@pytest.mark.parametrize("enum", list(enums()), ids=lambda one: one.__name__)
def test_every_value_is_explained(enum: type[StrEnum]) -> None:
    text = page("terminology.md")
    assert not [one.value for one in enum if f"`{one.value}`" not in text]


def test_no_module_with_values_is_forgotten() -> None:
    modules = [one.name for one in pkgutil.walk_packages([str(ROOT / "domain")], "domain.")]
    modules += [
        f"workflows.return_case.{one.name}" for one in pkgutil.iter_modules([str(ROOT / "workflows/return_case")])
    ]
    found = [
        name for name in modules if any(_own_enum(one, name) for one in vars(importlib.import_module(name)).values())
    ]
    assert set(found) <= set(ENUMS)


def _own_enum(thing: object, module: str) -> bool:
    return isinstance(thing, type) and issubclass(thing, StrEnum) and thing.__module__ == module


def errors(root: type[BackhaulError]) -> list[type[BackhaulError]]:
    return [found for one in root.__subclasses__() for found in (one, *errors(one))]


def test_every_error_is_explained() -> None:
    text = page("terminology.md")
    ours = [one for one in errors(BackhaulError) if one.__module__ == "domain.errors"]
    assert not [one.__name__ for one in ours if f"\n- **{one.__name__}**: " not in text]


def test_every_kind_of_account_is_explained() -> None:
    text = (ROOT / "ledger" / "accounts.py").read_text()
    kinds = set(re.findall(r'return f"(\w+):', text))
    assert kinds
    assert not [kind for kind in kinds if f"\n| `{kind}` | " not in page("terminology.md")]


def commands(command: Any, program: str) -> Iterator[tuple[str, Any]]:
    """Everything that can be called below a program, and groups that do something themselves, with how it is called."""
    below = getattr(command, "commands", {})
    if not below or getattr(command, "invoke_without_command", False):
        yield program, command
    for name, one in below.items():
        yield from commands(one, f"{program} {name}")


def command_lines() -> dict[str, Any]:
    """Our three command lines, by how they are called. Imported here: nothing else of the house needs them."""
    import embedded.__main__
    import ledger.__main__
    import starter

    apps = {"starter.py": starter.app, "-m ledger": ledger.__main__.app, "-m embedded": embedded.__main__.app}
    return {f"python {name}": typer.main.get_command(app) for name, app in apps.items()}


def test_every_command_is_told_with_every_option() -> None:
    sections = {part.partition("\n")[0]: part for part in page("commands.md").split("\n### ")[1:]}
    called = {f"`{words}`": one for name, group in command_lines().items() for words, one in commands(group, name)}
    assert set(sections) == set(called)
    for words, command in called.items():
        options = {option for one in command.params for option in one.opts if option.startswith("--")}
        assert not {one for one in options - {"--help", "--json"} if f"\n- `{one}" not in sections[words]}, words
        told = set(re.findall(r"^- `(--[a-z-]+)", sections[words], re.MULTILINE))
        assert told <= options, words


def test_every_command_is_shown_and_takes_what_is_shown() -> None:
    shown = re.findall(r"^```sh\n(python .+)\n```$", page("commands.md"), re.MULTILINE)
    called = {words: one for name, group in command_lines().items() for words, one in commands(group, name)}
    found = set()
    for line in shown:
        words = max((one for one in called if f"{line} ".startswith(f"{one} ")), key=len)
        # Reads the arguments as a call would, and raises if one is unknown, missing or of the wrong kind.
        called[words].make_context(words, shlex.split(line.removeprefix(words)))
        found.add(words)
    assert found == set(called)
