"""What is given before the goods are judged: how they are taken to be, what that is worth, and how it went."""

from __future__ import annotations

from domain.case import CaseSoFar
from domain.early import as_new
from domain.errors import Refused
from domain.exchange import Exchange, swapped
from domain.history import History
from domain.inspection import Disposition, InspectedLine, units
from domain.plan import RefundPlan
from domain.policy import graded, terms_of
from domain.terms import Terms
from ledger.order_books import OrderBooks


def on_trust(books: OrderBooks, known: CaseSoFar) -> Exchange:
    """The exchange that was promised, by the goods as they came, or as new where nobody has judged them."""
    approved = known.decision.approved if known.decision else ()
    lines, history = (known.inspection or as_new(approved)).lines, books.history()
    found = terms_of(known.decision, graded(books.order, lines)) if known.decision else None
    came = {one: min(count, history.lines[one].open) for one, count in units(lines).items()}
    left = {one: count for one, count in came.items() if count}
    return swapped(books.order, history, left, found or Terms(), known.promised)


def given(plan: RefundPlan) -> int:
    """What a shopper gets for what comes back, in money and in goods, in minor units."""
    return plan.total + plan.exchanged


def check_automatic(plan: RefundPlan, limit_below: int | None) -> None:
    """Raises Refused where a person would have to agree first: with goods on the table that is a better question."""
    if limit_below is not None:
        raise Refused("needs_approval", "above the automatic limit nothing is paid before the goods are judged")
    if not given(plan):
        raise Refused("nothing_to_pay", "nothing goes back with these goods")


def absent(known: CaseSoFar, with_them: History, without: History) -> dict[str, int]:
    """Units whose money this return paid back, and which did not come; what was lost is kept already."""
    if known.lost:
        return {}
    paid = {line: one.open - with_them.lines[line].open for line, one in without.lines.items()}
    left = {line: count - known.received.get(line, 0) for line, count in paid.items()}
    return {line: count for line, count in left.items() if count > 0}


def lost_of_several(known: CaseSoFar) -> tuple[InspectedLine, ...]:
    """What was in a parcel that the carrier has lost, where another one came: the shop bears it."""
    if not (known.claims_rest and any(one.counts_as_lost for one in known.claims)):
        return ()
    missing = known.expected.items()
    return tuple(InspectedLine(line_id=one, quantity=n, disposition=Disposition.MISSING) for one, n in missing)


def why(known: CaseSoFar, gone: dict[str, int], short: int) -> tuple[str, ...]:
    """How it ended, as codes."""
    if known.lost or (lost_of_several(known) and not short):
        return ("lost_by_carrier",)
    if known.inspection is None:
        return ("never_came",)
    reasons = {"goods_missing": bool(gone), "goods_worse": bool(short) and not gone}
    return tuple(code for code, holds in reasons.items() if holds) or ("as_expected",)
