"""What ops read of a return in the Temporal UI, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.policy.outcome import DueFrom
from domain.resolution import Resolution
from workflows.return_case.stage import Trouble
from workflows.return_case.state import CaseState
from workflows.return_case.view import CaseView, view

_WAITS = {
    DueFrom.SENT_OR_RECEIVED.value: "the goods are here, or the shopper has shown that they were sent",
    DueFrom.RECEIPT.value: "the goods are here",
}
"""For what a refund may be withheld."""


def plain(text: str) -> str:
    """Words from outside as the Markdown that shows them: neither a link nor a picture nor HTML."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("<", "\\<")


def panel(state: CaseState) -> str:
    """The Markdown that ops read beside the timeline: where it stands, who is next, until when, and the amounts."""
    seen = view(state)
    rows = [
        f"Next: **{seen.next_owner}** — {seen.next_action}",
        f"Assigned by {seen.assigned_by} instead of {state.turn.owner}" if seen.assigned_by else "",
        f"Due: {moment(seen.due_at)}" if seen.due_at else "",
        f"Order {plain(seen.order_number)}: {_items(state)}" if state.order else "",
        f"Appeals return {seen.appeals}" if seen.appeals else "",
        *(f"Overridden by {plain(one)}" for one in seen.overrides),
        f"Quoted: {seen.quote}" if seen.quote else "",
        f"Chosen: {seen.resolution.replace('_', ' ')}" if seen.resolution is not Resolution.REFUND else "",
        f"Bonus on top: {seen.bonus}" if seen.bonus else "",
        f"Goes out: {plain(', '.join(seen.goods_out))}" if seen.goods_out else "",
        f"To be paid on top: {seen.to_pay}" if seen.to_pay else "",
        f"Sent: {plain(', '.join(seen.sent))}" if seen.sent else "",
        f"To refund: {seen.planned} ({seen.refund_status})" if seen.planned else "",
        f"The refund is due by {moment(seen.refund_due)}" if seen.refund_due and not state.refund_settled else "",
        f"The refund may wait until: {_WAITS[seen.refund_withheld]}" if seen.refund_withheld else "",
        f"It was not made by {moment(state.refund_overdue)}, when it was due" if state.refund_overdue else "",
        "The shopper keeps the goods" if state.kept else "",
        f"Offered: {seen.offer}" if seen.offer else "",
        f"Sent back to the shopper: {seen.sent_back}" if seen.sent_back else "",
        f"Before the goods: {seen.paid_early}, on {state.early.trigger.replace('_', ' ')}" if state.early else "",
        f"Not paid before the goods: {state.not_early.replace('_', ' ')}" if state.not_early else "",
        f"The shopper owes: {seen.owed_by_shopper}" if seen.owed_by_shopper else "",
        f"Approved by {seen.approved_by}" if seen.approved_by else "",
        f"Refunded: {seen.refunded} ({', '.join(seen.provider_references)})" if seen.provider_references else "",
        f"Lost on the way, said {state.lost}" if state.lost else "",
        *(f"Disputed: {one.payment} ({one.dispute}); refunds of it wait" for one in state.disputes),
        f"Parcel {seen.tracking_number}, [label]({seen.label_url})" if seen.label_url else "",
        f"Way back: {seen.method.replace('_', ' ')}" if seen.method and not seen.label_url else "",
        f"[Packing sheet]({seen.sheet_url})" if seen.sheet_url else "",
        f"Label given back: {seen.label_void.replace('_', ' ')}" if seen.label_void else "",
        f"Sent, as shown by {', '.join(seen.proofs)}" if seen.proofs else "",
        f"Other parcels: {', '.join(seen.other_parcels)}" if seen.other_parcels else "",
        *(f"⚠ {plain(one)}" for one in (*seen.discrepancies, *seen.findings)),
        "To be claimed from the carrier" if seen.carrier_claim else "",
    ]
    return "\n\n".join(filter(None, [_stage(seen), *map(help_wanted, state.troubles), _list(rows), _decided(state)]))


def _stage(seen: CaseView) -> str:
    return f"### {seen.stage.replace('_', ' ').capitalize()}" + (f": {seen.outcome}" if seen.outcome else "")


def help_wanted(trouble: Trouble) -> str:
    """A trouble in a line."""
    again = f" It is tried again {moment(trouble.retry_at)}, or at once" if trouble.retry_at else " It is tried again"
    return f"⚠ **{trouble.step}** needs {trouble.owner}: {plain(trouble.message)}{again} on `retry_now`."


def _decided(state: CaseState) -> str:
    if state.decision is None:
        return ""
    rows = []
    for line in state.decision.lines:
        why = plain(" ".join(one.text for one in line.reasons))
        rows.append(f"{_item(state, line.line_id, line.quantity)}: **{line.verdict}**. {why}")
    return f"Decided under policy `{state.decision.policy}`:\n\n{_list(rows)}"


def _items(state: CaseState) -> str:
    lines = state.request.lines if state.request else ()
    return ", ".join(_item(state, line.line_id, line.quantity) for line in lines)


def _item(state: CaseState, line_id: str, quantity: int) -> str:
    titles = state.order.titles if state.order else {}
    return f"{quantity} × {plain(titles.get(line_id, line_id))}"


def _list(rows: Sequence[str]) -> str:
    return "\n".join(f"- {row}" for row in rows if row)


def moment(when: datetime) -> str:
    """A moment for people."""
    return f"{when:%d %B %Y %H:%M} UTC"
