"""Dashboards, alerts and what they lead to, as files."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import typer
import yaml

import ledger.__main__
import starter
from portal.figures import TOLD
from tests.deploy.seeing import DASHBOARDS, RULES, Query, documented
from tests.house.tree import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def section(name: str) -> str:
    """What the runbook says below a heading."""
    found = re.search(rf"^### {name}\n(.*?)(?=^#|\Z)", OPERATIONS, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_alert_leads_to_what_happened_and_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    name = str(rule["alert"])
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"]
    assert len(section(name).split()) >= 25
    assert re.search(r"`[^`]+`|```", section(name)), "no exact command"


def test_the_commands_that_the_runbook_gives_are_there() -> None:
    trees = {
        "starter.py": typer.main.get_command(starter.app),
        "-m ledger": typer.main.get_command(ledger.__main__.app),
    }
    given = [(which, words) for rule in RULES for which, words in _COMMAND.findall(section(rule["alert"]))]
    assert len(given) > 15
    for which, words in given:
        at: Any = trees[which]
        for word in words.split():
            if commands := getattr(at, "commands", {}):
                if word.startswith("--"):
                    break
                assert word in commands, words
                at = commands[word]
        known = {option for one in at.params for option in one.opts} | {"--help"}
        assert {word for word in words.split() if word.startswith("--")} <= known, words


_COMMAND = re.compile(r"python (starter\.py|-m ledger) ([^`\n|]+)")


def test_no_section_is_about_an_alert_that_is_gone() -> None:
    assert set(re.findall(r"^### (Backhaul\w+)$", OPERATIONS, re.MULTILINE)) == {rule["alert"] for rule in RULES}


def test_what_a_summary_names_is_left_after_grouping() -> None:
    for rule in RULES:
        named = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        query = Query.of(rule["expr"])
        assert named <= query.grouped | {"job", "instance"}, rule["alert"]


def test_dashboards_are_whole() -> None:
    boards = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert [one["uid"] for one in boards] == ["backhaul-returns", "backhaul-workers"]
    for board in boards:
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
        places = [panel["gridPos"] for panel in board["panels"]]
        taken = [
            (x, y)
            for at in places
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        ]
        assert len(set(taken)) == len(taken)
        assert max(x for x, _ in taken) == 23


def test_every_figure_is_on_a_dashboard_or_in_an_alert() -> None:
    shown = " ".join([*(path.read_text() for path in DASHBOARDS), *(rule["expr"] for rule in RULES)])
    assert not [one.name for one in TOLD if one.name not in shown]


def test_provisioning_finds_dashboards_and_rules() -> None:
    grafana = ROOT / "deploy" / "grafana" / "provisioning"
    (source,) = yaml.safe_load((grafana / "datasources" / "prometheus.yml").read_text())["datasources"]
    panels = [panel for path in DASHBOARDS for panel in json.loads(path.read_text())["panels"]]
    assert {panel["datasource"]["uid"] for panel in panels if "datasource" in panel} == {source["uid"]}
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    assert [one["job_name"] for one in scraped["scrape_configs"]] == ["worker", "portal", "temporal"]
    assert scraped["rule_files"] == ["/etc/prometheus/rules.yml"]


@pytest.mark.parametrize(
    ("text", "names", "grouped"),
    [
        ("sum by (a, b) (rate(x_total[5m])) / y > 0.05", {"x_total", "y"}, {"a", "b"}),
        ('up{job=~"a|b"} == 0 or absent(up{job="c"})', {"up"}, set()),
        ("time() - max(z) < 14 * 86400", {"z"}, set()),
    ],
)
def test_queries_are_taken_apart(text: str, names: set[str], grouped: set[str]) -> None:
    query = Query.of(text)
    assert (set(query.names), set(query.grouped)) == (names, grouped)


def test_the_page_lists_every_figure_with_its_labels() -> None:
    suffix = {"counter": "_total", "gauge": "", "histogram": ""}
    assert documented() == {f"{one.name}{suffix[one.kind]}": set(one.labels) for one in TOLD}
