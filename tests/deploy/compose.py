"""docker-compose.yml as data, with Compose's own way of filling in variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tests.house.tree import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<sign>[?-])(?P<rest>[^}]*))?\}")


def seconds(text: str) -> int:
    """A duration such as `90s` or `2m`."""
    return int(text[:-1]) * {"s": 1, "m": 60}[text[-1]]


def fill_in(text: str, given: Mapping[str, str]) -> str:
    """A value as Compose would pass it on. Raises KeyError with the message of a `:?` that is missing or empty."""

    def value(match: re.Match[str]) -> str:
        found = given.get(match["name"], "")
        if not found and match["sign"] == "?":
            raise KeyError(match["rest"])
        return found or (match["rest"] if match["sign"] == "-" else "")

    return _VARIABLE.sub(value, text)


def environment(service: str, given: Mapping[str, str]) -> dict[str, str]:
    """A service's environment."""
    return {name: fill_in(value, given) for name, value in SERVICES[service].get("environment", {}).items()}


def command(service: str) -> list[str]:
    """A service's command; Compose turns `$$` into `$` before it hands it over."""
    return [word.replace("$$", "$") for word in SERVICES[service]["command"]]


def variables() -> set[str]:
    """Every variable that the file takes from outside."""
    return {match["name"] for match in _VARIABLE.finditer(TEXT)}


def env_file(name: str) -> dict[str, str]:
    """What a file in deploy/ gives the variables; what stands in single quotes is taken as it is."""
    lines = (ROOT / "deploy" / name).read_text().splitlines()
    given = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value.removeprefix("'").removesuffix("'") for name, value in given}


def settings_passed() -> Iterator[tuple[str, str, str]]:
    """Service, name and raw value of every environment variable."""
    for service, about in SERVICES.items():
        for name, value in about.get("environment", {}).items():
            yield service, name, value
