"""The command line: `python starter.py --help`. Exit codes: 0 done; 1 refused or no answer; 2 the input is wrong."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from commands import (
    aftercare,
    boxes,
    bulk,
    claims,
    doctor,
    erase,
    events,
    finance,
    findings,
    inbox,
    keys,
    late_goods,
    mails,
    mending,
    offers,
    ops,
    orders,
    outbox,
    output,
    overrides,
    parcels,
    people,
    policy,
    quote,
    refunds,
    releases,
    restored,
    returns,
    schedules,
    setup,
    shopper,
    warehouse,
)
from entry import leave
from settings import json_logs, traced
from telemetry import logs
from telemetry.traces import tracing

app = output.group("Returns for online shops: start them, move them along, look at them.")
everyday = (
    returns,
    quote,
    parcels,
    warehouse,
    shopper,
    ops,
    bulk,
    finance,
    overrides,
    offers,
    refunds,
    aftercare,
    erase,
    restored,
)
for one in everyday:
    app.add_typer(one.app)
app.add_typer(doctor.app)
app.add_typer(mending.app)
app.add_typer(keys.app)
app.add_typer(mending.evidence, name="evidence")
app.add_typer(inbox.app, name="inbox")
app.add_typer(boxes.app)
app.add_typer(boxes.report, name="boxes")
app.add_typer(parcels.parcel, name="parcel")
app.add_typer(offers.offer, name="offer")
app.add_typer(findings.finding, name="finding")
app.add_typer(claims.app, name="claim")
app.add_typer(late_goods.app, name="late")
outbox.app.add_typer(mails.app)
app.add_typer(outbox.app, name="mails")
app.add_typer(orders.app, name="orders")
app.add_typer(people.app, name="people")
app.add_typer(events.app, name="events")
app.add_typer(policy.app, name="policy")
app.add_typer(setup.database, name="database")
app.add_typer(schedules.app, name="schedules")
app.add_typer(releases.app, name="release")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    return output.run(app, arguments)


def process() -> int:
    """The command that was typed, with its logs and its trace."""
    logs.set_up("json" if json_logs() else "text", logging.WARNING)
    with tracing(traced(), "backhaul-command"):
        return main()


if __name__ == "__main__":
    leave(process)
