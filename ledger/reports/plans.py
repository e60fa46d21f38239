"""The plan behind a refund: its tax rates and what its tenders were."""

from __future__ import annotations

from collections import OrderedDict

from domain import ids
from domain.plan import ComponentKind, RefundPlan
from ledger import EntryKind, JournalEntry, Ledger

KEPT = 10_000
"""Plans in memory; a refund mostly follows its plan closely, and an older one is looked up."""


class Plans:
    """The plans of the entries that went by."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: OrderedDict[str, RefundPlan | None] = OrderedDict()

    def behind(self, entry: JournalEntry) -> RefundPlan | None:
        """The plan that an entry makes, or carries out; None if it has none."""
        key = entry.key if entry.kind is EntryKind.PLAN else _plan_key(entry)
        if not key:
            return None
        if key not in self._known:
            found = entry if entry.key == key else self._ledger.find(key)
            self._known[key] = RefundPlan.model_validate(found.facts["plan"]) if found else None
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return self._known[key]


def _plan_key(entry: JournalEntry) -> str:
    """A refund's key says which plan it carries out: `refund:{case}:{plan}:{tender}:{attempt}`."""
    told = entry.facts.get("intention") or entry.facts.get("refund")
    parts = str(told["key"]).split(":") if isinstance(told, dict) and "key" in told else []
    if len(parts) != 5 or not parts[2].isdecimal():
        return ""
    return ids.plan_key(parts[1], int(parts[2]))


def tax_of(account: str, plan: RefundPlan | None) -> str:
    """What a part of what was paid is to the tax office: `tax at 0.19`, `net at 0.19`, `net without tax`.

    Without a plan that names the line nothing is known of its taxes. A net that bears several taxes names them all.
    Duties and tips are named as such.
    """
    _, _, line_id, kind, *position = [*account.split(":"), "", "", ""][:5]
    if kind not in (ComponentKind.NET, ComponentKind.TAX):
        return kind or "not told apart"
    of_line = [one for one in plan.components if one.line_id == line_id] if plan else []
    if not of_line:
        return f"{kind} at an unknown rate"
    taxes = [one for one in of_line if one.kind is ComponentKind.TAX]
    if kind == ComponentKind.TAX:
        taxes = [one for one in taxes if str(one.tax) == position[0]]
    if not taxes:
        return "net without tax" if kind == ComponentKind.NET else "tax at an unknown rate"
    return f"{kind} at {' and '.join(sorted({one.rate or one.name for one in taxes}, reverse=True))}"


def tender_of(account: str, plan: RefundPlan | None) -> str:
    """What kind of tender an account is, by the plan's legs."""
    kind, _, name = account.partition(":")
    if kind != "tender":
        return kind
    return next((leg.kind.value for leg in plan.legs if leg.tender_id == name), "tender") if plan else "tender"
