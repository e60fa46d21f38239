"""The list of what is in the product: nothing of the production lock is missing, and no licence binds its users."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from deploy.sbom import sbom
from tests.house.tree import ROOT

COPYLEFT = re.compile(r"\b(A?GPL|SSPL|Affero|General Public)", re.IGNORECASE)
LESSER = re.compile(r"\bLGPL|Lesser General Public", re.IGNORECASE)


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    """What `make sbom` writes."""
    made: dict[str, Any] = json.loads(json.dumps(sbom()))
    return made


def locked() -> dict[str, tuple[str, set[str], bool]]:
    """Version, hashes, and whether it is for some platforms only, by name; read from the lock line by line."""
    found: dict[str, tuple[str, set[str], bool]] = {}
    name = ""
    for line in (ROOT / "deploy" / "requirements.lock").read_text().splitlines():
        if package := re.match(r"([a-z0-9._-]+)==([^ ;]+)( ;)?", line):
            name = package[1]
            found[name] = package[2], set(), bool(package[3])
        elif digest := re.match(r"    --hash=sha256:([0-9a-f]{64})", line):
            found[name][1].add(digest[1])
    return found


def licence(component: dict[str, Any]) -> str:
    return " ".join(one.get("expression") or one["license"]["name"] for one in component.get("licenses", ()))


def test_every_locked_package_is_listed_with_version_hashes_and_licence(listed: dict[str, Any]) -> None:
    components = {one["name"]: one for one in listed["components"]}
    wanted = locked()
    assert set(components) == set(wanted)
    for name, (version, hashes, only_some) in wanted.items():
        one = components[name]
        told = {each["content"] for ref in one["externalReferences"] for each in ref.get("hashes", ())}
        assert (one["version"], told) == (version, hashes), name
        assert licence(one) or only_some, name


def test_it_is_the_same_every_time(listed: dict[str, Any]) -> None:
    assert listed["bomFormat"] == "CycloneDX"
    assert "serialNumber" not in listed
    assert "timestamp" not in listed["metadata"]
    assert str(ROOT) not in json.dumps(listed)


def test_no_licence_binds_whoever_uses_the_product(listed: dict[str, Any]) -> None:
    told = {one["name"]: licence(one) for one in listed["components"]}
    lesser = {name for name, words in told.items() if LESSER.search(words)}
    strict = {name for name, words in told.items() if COPYLEFT.search(LESSER.sub("", words))}
    assert not strict
    page = (ROOT / "docs" / "dependencies.md").read_text()
    # What a package brings along under its own extra has no line of its own.
    named = {
        name for name in lesser if re.search(rf"^\| `{name.removesuffix('-binary')}` \|.*LGPL", page, re.MULTILINE)
    }
    assert lesser == named
    assert lesser


@pytest.mark.parametrize("words", ["GPL-3.0-only", "AGPL-3.0", "GNU General Public License v3 (GPLv3)", "GPLv2"])
def test_a_strict_licence_would_be_seen(words: str) -> None:
    assert COPYLEFT.search(LESSER.sub("", words))
    assert not COPYLEFT.search(LESSER.sub("", "LGPL-3.0-only"))
