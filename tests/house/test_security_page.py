"""docs/security.md against the code: its tables name what there is, and nothing else."""

from __future__ import annotations

import re

import yaml
from pydantic import SecretStr

from database.tables import metadata
from domain.people import MAY, Role
from domain.verbs import Verb
from portal.codec.app import LARGEST_BODY
from settings import Settings
from tests.house.tree import ROOT
from workflows.return_case.view import SEARCH_ATTRIBUTES

PAGE = (ROOT / "docs" / "security.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables below a heading, but for their heads."""
    part = re.split(r"^#+ ", PAGE.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")
    ]
    assert cells, heading
    return cells[2:]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_secret_says_how_it_is_changed() -> None:
    secret = {name for name, one in Settings.model_fields.items() if one.annotation is SecretStr or not one.repr}
    # Each endpoint has one of its own.
    wanted = {f"BACKHAUL_{name.upper()}" for name in secret | {"event_endpoints"}}
    assert {name for row in rows("Secrets") for name in named(row[0]) if name.startswith("BACKHAUL_")} == wanted
    assert all(row[2] for row in rows("Secrets"))


def test_every_table_says_what_is_in_it() -> None:
    told = [name for row in rows("What is stored where") if not row[0].startswith("folder") for name in named(row[0])]
    assert sorted(told) == sorted(metadata.tables)


def test_every_port_is_told() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    published = [port for one in services.values() for port in one.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)
    told = {row[0] for row in rows("Network")}
    assert {port.split(":")[1] for port in published} == told
    ours = Settings.model_fields
    assert {str(ours["portal_port"].default), str(ours["codec_port"].default)} <= told
    assert {ours["portal_host"].default, ours["codec_host"].default} == {"127.0.0.1"}


def test_every_role_is_told_with_what_it_cannot_do() -> None:
    told = {named(row[0])[0]: row for row in rows("Who can do what") if named(row[0])}
    assert set(told) == set(Role)
    for role in Role:
        words = told[role][3]
        assert ("approve" in re.split(r"[,;] ", words)) == (Verb.APPROVE not in MAY[role]), role
        assert ("override" in re.split(r"[,;] ", words)) == (Verb.OVERRIDE not in MAY[role]), role


def test_what_stays_in_the_clear_is_told() -> None:
    (line,) = (one for one in PAGE.splitlines() if one.startswith("- the search attributes"))
    assert sorted(named(line)) == sorted(key.name for key in SEARCH_ATTRIBUTES)


def test_what_the_codec_server_takes_is_told() -> None:
    assert f"at most {LARGEST_BODY // 1024 // 1024} MiB" in PAGE
