"""A report by period as one page of HTML: nothing is loaded and nothing runs, so it can be mailed and kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.model import Model
from ledger.readable import amount
from ledger.reports.period import TITLES, Line, PeriodReport

_HEIGHT = 160
"""Of a chart's tallest bar, in the chart's own units; an amount stands above it and the period below."""
_STEP = 84


class Bar(Model):
    """One period in a chart: where its bar stands, and the amount in words."""

    label: str
    text: str
    x: int
    y: int
    height: int


class Chart(Model):
    """What went back in one currency, a bar per period. Amounts below zero (refunds that failed late) have no bar."""

    currency: str
    width: int
    bars: tuple[Bar, ...]


def page(report: PeriodReport) -> str:
    """The page."""
    # Names come from plans, policies and payments; all of them are escaped.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections = [(TITLES[name], [(line, _told(line)) for line in report.of(name)]) for name in TITLES]
    return environment.get_template("page.html").render(report=report, sections=sections, charts=list(charts(report)))


def charts(report: PeriodReport) -> Iterator[Chart]:
    """One chart per currency, its tallest bar as high as the chart."""
    lines = report.of("tender")
    periods = sorted({line.period for line in report.lines})
    for currency in sorted({line.commodity for line in lines}):
        sums = [sum(one.amount for one in lines if (one.period, one.commodity) == (at, currency)) for at in periods]
        yield Chart(currency=currency, width=_STEP * len(sums), bars=tuple(_bars(periods, sums, currency)))


def _bars(periods: Sequence[str], sums: Sequence[int], currency: str) -> Iterator[Bar]:
    most = max([*sums, 1])
    for number, (label, total) in enumerate(zip(periods, sums, strict=True)):
        height = _HEIGHT * max(total, 0) // most
        yield Bar(label=label, text=amount(total, currency), x=_STEP * number, y=_HEIGHT - height, height=height)


def _told(line: Line) -> str:
    return amount(line.amount, line.commodity) if line.commodity else ""
