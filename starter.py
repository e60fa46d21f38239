"""The command line: `python starter.py --help`. Exit codes: 0 done; 1 refused or no answer; 2 the input is wrong."""

from __future__ import annotations

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
    returns,
    schedules,
    setup,
    shopper,
    warehouse,
)
from entry import leave

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    return output.run(app, arguments)


if __name__ == "__main__":
    leave(main)
