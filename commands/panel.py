"""A return as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from commands import output
from domain.notice import WELL

if TYPE_CHECKING:
    from commands.dossier import Dossier, Step
    from commands.late import AftercareView
    from commands.temporal import CaseView
    from domain.policy import Decision

Row = tuple[str, object]

_ENDED = {
    "failed": "failed",
    "terminated": "been terminated",
    "canceled": "been cancelled in Temporal",
    "timed_out": "timed out",
}


def show_view(view: CaseView, decision: Decision | None, ui: str, command: str) -> None:
    """One return."""
    output.card(_title(view), _rows(view, decision))
    _show_links(ui, command)


def show_aftercare(name: str, seen: AftercareView, ui: str, command: str) -> None:
    """One late fact."""
    what = (seen.turn.value if seen.turn else "late_fact").replace("_", " ")
    until = f" (until {seen.due_at:%d %B %Y %H:%M} UTC)" if seen.due_at else ""
    rows: list[Row] = [
        ("Return", seen.case),
        ("Order", seen.order_id),
        ("What", f"{what}: {seen.about}"),
        ("Next", "" if seen.outcome else f"{seen.next_owner}: {seen.next_action}{until}"),
        *((f"Needs {one.owner}", f"{one.step}: {one.message}") for one in seen.troubles),
        ("Ended", seen.outcome.replace("_", " ")),
    ]
    output.card(f"Aftercare {name}", rows)
    _show_links(ui, command)


def show_dossier(found: Dossier) -> None:
    """One return with its timeline."""
    if found.view:
        show_view(found.view, found.decision, found.ui, found.command)
    else:
        output.say(f"Return {found.id}")
        _show_links(found.ui, found.command)
    if found.failure:
        output.say("", output.sentence(f"This return has {_ENDED.get(found.status, 'ended badly')}: {found.failure}"))
    elif found.status not in ("", "running", "completed", "paused"):
        output.say("", f"Temporal says {found.status.replace('_', ' ')} of it; see its history for the reason.")
    if found.note:
        knows = "This is what the journal knows." if found.timeline else "Nothing is recorded of it yet."
        output.say("", f"{output.sentence(found.note)} {knows}")
    for one in found.late:
        upcoming = f"{one.seen.owner}: {one.seen.next_action}" if one.seen else "no worker says how it stands"
        output.say("", f"Late: {one.id}; {upcoming}")
    for mail in found.mails:
        if mail.state not in WELL:
            words = f"The mail {mail.kind.replace('_', ' ')} is {mail.state or 'reserved'}"
            output.say("", output.sentence(f"{words}: {mail.why.replace('_', ' ')}" if mail.why else words))
    if found.timeline:
        output.say("")
        output.table(
            ("Seq", "Time (UTC)", "What", "Who", "Amounts", "Why", "Reference"), map(_step, found.timeline), ""
        )


def _show_links(ui: str, command: str) -> None:
    # Not in the card: a command line is long, and is copied whole.
    rows = [f"{name}: {value}" for name, value in (("In the Temporal UI", ui), ("By Temporal's own command", command))]
    output.say("", *(row for row in rows if not row.endswith(": ")))


def _step(one: Step) -> tuple[object, ...]:
    what = ": ".join(filter(None, (one.kind, one.detail))).replace("_", " ")
    return one.seq, f"{one.at:%Y-%m-%d %H:%M:%S}", what, one.actor, one.amounts, ", ".join(one.reasons), one.reference


def _title(view: CaseView) -> str:
    stage = view.stage.replace("_", " ")
    return f"Return {view.id}: {stage}" + (f", {view.outcome}" if view.outcome else "")


def _rows(view: CaseView, decision: Decision | None) -> Iterator[Row]:
    yield "Order", view.order_number
    yield "Asked for", _units(view.lines)
    yield "Verdict", view.verdict or ""
    for line in decision.lines if decision else ():
        yield f"  line {line.line_id}", f"{line.quantity} {line.verdict}: " + " ".join(one.text for one in line.reasons)
    until = f" (until {view.due_at:%d %B %Y %H:%M} UTC)" if view.due_at else ""
    yield "Next", "" if view.outcome else f"{view.next_owner}: {view.next_action}{until}"
    yield "Appeals", view.appeals
    for one in view.overrides:
        yield "Overridden by", one
    yield "Quoted", view.quote + (f" and {view.bonus} on top" if view.bonus else "")
    yield "Chosen", "" if view.resolution == "refund" else view.resolution.replace("_", " ")
    yield from (("Evidence", one) for one in view.evidence)
    yield from _way(view)
    yield "Received", _units(view.received)
    for one in (*view.discrepancies, *view.findings):
        yield "Look at", one
    yield "Carrier claim", "to be made" if view.carrier_claim else ""
    yield "To refund", f"{view.planned} ({view.refund_status})" if view.planned else ""
    yield "Due by", f"{view.refund_due:%d %B %Y %H:%M} UTC" if view.refund_due and not view.refunded else ""
    yield "Offered", view.offer
    yield "Goes out", ", ".join(view.goods_out)
    yield "On top", " ".join(filter(None, ("" if view.sent else view.to_pay, view.pay_url)))
    yield "On its way", ", ".join(view.sent)
    yield "Paid early", view.paid_early
    yield "Owed", f"{view.owed_by_shopper} by the shopper" if view.owed_by_shopper else ""
    yield "Sent back", view.sent_back
    yield "Approved by", view.approved_by
    yield "Refunded", " ".join([view.refunded, *(f"({one})" for one in view.provider_references)])
    for trouble in view.troubles:
        again = f"; tried again {trouble.retry_at:%d %B %Y %H:%M} UTC" if trouble.retry_at else ""
        yield f"Needs {trouble.owner}", f"{trouble.step}: {trouble.message}{again}, or at once on `retry`"


def _way(view: CaseView) -> Iterator[Row]:
    """How the goods come back."""
    yield "Tracking", view.tracking_number
    yield "Other parcels", ", ".join(view.other_parcels)
    yield "Way back", (view.method or "").replace("_", " ")
    yield "Label", view.label_url
    yield "Packing sheet", view.sheet_url
    yield "Handed over", ", ".join(view.proofs)


def _units(lines: Mapping[str, int]) -> str:
    return ", ".join(f"{quantity} of line {line_id}" for line_id, quantity in lines.items())
