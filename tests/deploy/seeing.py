"""What dashboards, alerts and docs/observability.md ask for, and every figure that the portal can give."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from portal.figures import TOLD, Samples, families
from portal.tally import LATENCY
from tests.house.tree import ROOT

DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())["groups"]
    for rule in group["rules"]
]
PAGE = (ROOT / "docs" / "observability.md").read_text()

_WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset"}


@dataclass(frozen=True)
class Query:
    """An expression for Prometheus: the series it names, their labels that it asks about, and by which it groups."""

    text: str
    names: frozenset[str]
    matched: tuple[tuple[str, frozenset[str]], ...]
    grouped: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Query:
        """Taken apart."""
        bare = re.sub(r'"[^"]*"', '""', text)
        matched = tuple(
            (name, frozenset(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels)))
            for name, labels in re.findall(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}", bare)
        )
        groups = re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", bare)
        rest = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)", " ", bare)
        words = re.findall(r"(?<![\w.])([a-zA-Z_:][\w:]*)(?!\s*\(|[\w:])", rest)
        grouped = frozenset(one.strip() for group in groups for one in group.split(","))
        return cls(text, frozenset(words) - _WORDS, matched, grouped)


def expressions() -> Iterator[str]:
    """All of dashboards and alerts."""
    yield from (rule["expr"] for rule in RULES)
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            yield from (target["expr"] for target in panel.get("targets", ()))


class _Everything(Collector):
    def collect(self) -> Iterator[Metric]:
        some: Samples = {one.name: [(tuple("x" for _ in one.labels), 1.0)] for one in TOLD}
        some["backhaul_refund_latency_seconds"] = [((), 1.0)] * (len(LATENCY) + 2)
        yield from families(some)


def everything() -> str:
    """The portal's answer where there is a value for every figure."""
    registry = CollectorRegistry()
    registry.register(_Everything())
    return generate_latest(registry).decode()


def documented() -> dict[str, set[str]]:
    """Our figures and their labels, as the page has them."""
    rows = re.findall(r"^\| `(backhaul_\w+)` \| ([^|]*) \|", PAGE, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
