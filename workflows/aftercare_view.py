"""How aftercare shows itself: to queries and Updates as a model, to ops in the Temporal UI as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporalio.common import SearchAttributeUpdate

from domain.model import Id, Model, UtcDatetime
from domain.money import Money
from domain.news import Turn
from workflows.return_case.panel import help_wanted, moment
from workflows.return_case.stage import Trouble
from workflows.return_case.view import DUE_AT, NEEDS_ACTION, ORDER_ID


class AftercareView(Model):
    """A late fact as its users see it; personal data is not here. `about` is the provider's id of what it is about."""

    case: str = ""
    order_id: Id | None = None
    about: str = ""
    turn: Turn | None = None
    refund_status: str = ""
    received: Mapping[str, int] = {}
    """Units that came late, by line."""
    to_approve: Money | None = None
    next_owner: str = "backhaul"
    next_action: str = "Read the fact again at the provider and record it"
    due_at: UtcDatetime | None = None
    troubles: tuple[Trouble, ...] = ()
    outcome: str = ""

    @property
    def owner(self) -> str:
        """Who has to act now."""
        if self.outcome:
            return "nobody"
        return self.troubles[0].owner if self.troubles else self.next_owner


def panel(seen: AftercareView) -> str:
    """The Markdown that ops read beside the timeline."""
    what = (seen.turn.value if seen.turn else "late_fact").replace("_", " ").capitalize()
    whose = f"Return {seen.case} of order {seen.order_id}" if seen.case else f"Order {seen.order_id}"
    rows = [f"### {what}: {seen.about}", whose]
    if seen.outcome:
        rows.append(f"Nothing is left to do: {seen.outcome.replace('_', ' ')}.")
    else:
        rows += map(help_wanted, seen.troubles)
        rows.append(f"Next: **{seen.next_owner}** — {seen.next_action}")
        rows.append(f"Due: {moment(seen.due_at)}" if seen.due_at else "")
    return "\n\n".join(filter(None, rows))


def attributes(seen: AftercareView) -> list[SearchAttributeUpdate[Any]]:
    """The same names as those of returns, so that one list shows everything that waits for somebody."""
    due = seen.troubles[0].due_at if seen.troubles else seen.due_at
    found: list[SearchAttributeUpdate[Any]] = [NEEDS_ACTION.value_set(seen.owner)]
    if seen.order_id:
        found.append(ORDER_ID.value_set(seen.order_id))
    found.append(DUE_AT.value_set(due) if due and not seen.outcome else DUE_AT.value_unset())
    return found
