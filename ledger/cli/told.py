"""The story of one return, for people."""

from __future__ import annotations

from collections.abc import Iterator

from domain.plan import Component, Fee, RefundPlan, destination
from ledger.cli import say, table
from ledger.readable import amount
from ledger.story import Story


def tell(story: Story) -> None:
    """Print it: the end first, then what was decided, what came back, what was paid, and every entry."""
    known = story.known
    ended = known.outcome.value if known.outcome else "open"
    say(f"Return {story.case} of order {story.order}: {ended}")
    say(f"Requested by {story.requested_by or 'nobody'}, under policy {story.policy or 'none'}")
    if known.cancelled:
        say(f"Called off: {known.cancelled}")
    _decision(story)
    _section("Overrides", bool(story.overrides))
    say(*(f"  {one}" for one in story.overrides))
    _goods(story)
    if known.plan:
        _plan(known.plan, story)
    _refunds(story)
    notes = [one for one in story.steps if one.credit_note]
    _section("Credit notes", bool(notes))
    say(*(f"  {one.credit_note}, {one.at:%Y-%m-%d}, by {one.kind} (entry {one.seq})" for one in notes))
    _section("Approvals", bool(story.approvals))
    for one in story.approvals:
        say(f"  entry {one.seq}, {one.at:%Y-%m-%d %H:%M} by {one.actor}: {one.signed} {' '.join(one.reasons)}".rstrip())
    _section("Who acted", True)
    for person in story.people:
        say(f"  {person.actor}: {', '.join(person.did)}")
    _section("Everything that was recorded", True)
    rows = (
        (one.seq, f"{one.at:%Y-%m-%d %H:%M:%S}", one.kind, one.actor, one.amounts, ", ".join(one.reasons), one.detail)
        for one in story.steps
    )
    table(("Seq", "Time (UTC)", "Kind", "Who", "Amounts", "Reasons", "Details"), rows, "")
    _section("Still open", True)
    say(*(f"  {one}" for one in story.open or ("nothing",)))


def _section(title: str, there: bool) -> None:
    if there:
        say("", title)


def _decision(story: Story) -> None:
    decision = story.known.decision
    if decision is None:
        return
    _section(f"Decision: {decision.verdict.value}, {decision.decided_at:%Y-%m-%d %H:%M}, under {decision.policy}", True)
    for line in decision.lines:
        say(f"  {line.quantity} of line {line.line_id}: {line.verdict.value}")
        say(*(f"    {one.code}: {one.text}" for one in line.reasons))


def _goods(story: Story) -> None:
    known = story.known
    lines = [f"label {known.label.tracking_number} of {known.label.carrier}"] if known.label else []
    lines += [f"{one.at:%Y-%m-%d %H:%M} {one.status.value} {one.location}".rstrip() for one in known.scans]
    for receipt in known.receipts:
        counted = ", ".join(f"{one.quantity} of line {one.line_id}" for one in receipt.lines)
        lines.append(f"receipt {receipt.id} by {receipt.received_by}: {counted}")
    if known.lost:
        lines.append(f"lost by the carrier, said {known.lost}; paid for as if it had come")
    elif seen := known.inspection:
        lines += [
            f"inspected by {seen.inspected_by}: {one.quantity} of line {one.line_id}, {one.grade.value}, "
            f"{one.disposition.value} to {one.location or seen.location}"
            for one in seen.lines
        ]
    lines += [one.told for one in known.discrepancies]
    _section("Goods", bool(lines))
    say(*(f"  {one}" for one in lines))


def _plan(plan: RefundPlan, story: Story) -> None:
    quote = story.known.quote
    of = f" (the newest of {story.plans} plans)" if story.plans > 1 else ""
    of += ", withdrawn" if story.withdrawn else ""
    quoted = f", quoted {amount(quote.total, plan.currency)}" if quote else ""
    _section(f"Plan: {amount(plan.total, plan.currency)}{quoted}{of}", True)
    say(*(f"  {one}" for one in (*_plan_lines(plan), *story.replaced)))


def _plan_lines(plan: RefundPlan) -> Iterator[str]:
    yield from (f"{amount(one.amount, plan.currency)}  {_component(one)}" for one in plan.components)
    yield from (f"{amount(-one.amount, plan.currency)}  {_fee(one, plan.currency)}" for one in plan.fees)
    if plan.exchanged:
        yield f"{amount(-plan.exchanged, plan.currency)}  for new goods"
    yield from (
        f"{amount(leg.amount, plan.currency)}  to {leg.kind.value} {destination(leg.tender_id)}" for leg in plan.legs
    )
    if plan.bonus:
        yield f"{amount(plan.bonus.amount, plan.currency)}  bonus on top, as store credit"
    if plan.later:
        yield f"{amount(plan.later, plan.currency)}  left for a later refund: below what the payment can move"


def _component(one: Component) -> str:
    tax = " ".join(filter(None, (one.name, one.rate)))
    return f"{one.kind.value} of {one.line_id}{f' ({tax})' if tax else ''}"


def _fee(one: Fee, currency: str) -> str:
    base = f", {one.rate} % of {amount(one.base, currency)}" if one.rate else ""
    tax = f", with {amount(one.tax, currency)} tax" if one.tax else ""
    return f"fee {one.kind.value}{base}{tax} {one.reason}".rstrip()


def _refunds(story: Story) -> None:
    _section("Refunds", bool(story.known.refunds))
    for one in story.known.refunds:
        said = " ".join(filter(None, (one.reason, one.message)))
        told = f"{amount(one.amount, one.currency)} to {one.payment}: {one.status.value}"
        say("  " + ", ".join(filter(None, (told, one.provider_id, said, f"{one.updated_at:%Y-%m-%d %H:%M}"))))
