"""All that is known of one return: how its workflow sees it, else how the journal does, and what was recorded when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from commands import links
from commands.late import Aftercares, OpenAftercare
from commands.temporal import CaseView, Returns
from domain import ids
from domain.case import OrderBrief
from domain.errors import Refused, Unavailable
from domain.model import Model, UtcDatetime
from domain.override import Overridden
from domain.policy import Decision
from domain.request import ReturnRequest
from domain.stores import OutboxRow
from ledger import EntryKind, JournalEntry
from ledger.frozen import frozen_order
from ledger.readable import amounts, reference
from ledger.recall import case_so_far
from wiring import Rooms
from workflows.return_case.stage import Stage
from workflows.return_case.state import CaseState
from workflows.return_case.view import view as seen_of

_ENDED_BADLY = ("failed", "terminated", "canceled", "timed_out")


class Step(Model):
    """One entry of the journal, shortened for people; `detail` is which scan, notice or end it was."""

    seq: int
    at: UtcDatetime
    kind: str
    detail: str
    actor: str
    reasons: tuple[str, ...]
    amounts: str
    reference: str


class Dossier(Model):
    """`late` is what came after its end and waits.

    `mails` are those of the outbox, oldest first; `decision` is the one in force, `first_decision` the policy's own
    where a person decided otherwise. `note` says what is missing, if `view` was put together from the journal or
    could not be had at all; `failure` why a return that ended badly did so, unless the journal had brought it to
    its end before."""

    id: str
    view: CaseView | None
    source: Literal["workflow", "journal"]
    status: str
    note: str = ""
    failure: str = ""
    decision: Decision | None
    first_decision: Decision | None = None
    timeline: tuple[Step, ...]
    mails: tuple[OutboxRow, ...] = ()
    late: tuple[OpenAftercare, ...] = ()
    ui: str = ""
    command: str = ""


async def dossier(case: str, rooms: Rooms) -> Dossier:
    """Put it together. Raises Refused `not_found` or Unavailable if nobody knows the return."""
    entries = tuple(rooms.ledger.entries(case=case))
    seen, status, note, why, ui, command = None, "", "", "", "", ""
    late: list[OpenAftercare] = []
    try:
        returns = await Returns.connect()
        status = await returns.status(case)
        ui, command = _links(rooms, returns, case)
        late = await Aftercares(returns.client).open(case) if status != "running" else []
        # A run that ended badly knows less than the journal, which an earlier run may have brought to its end.
        why = await returns.failure(case) or status if status in _ENDED_BADLY else ""
        seen = None if entries and why else await returns.view(case)
    except (Refused, Unavailable) as error:
        if not (entries or status):
            raise
        gone = isinstance(error, Refused)
        note = "Temporal does not keep this return any more." if gone else error.message
    view = seen or _from_journal(rooms, entries)
    failure, known = "" if view and view.outcome else why, case_so_far(entries)
    return Dossier(
        id=case,
        view=_told(view, failure) if view and failure else view,
        source="workflow" if seen else "journal",
        status=status,
        note=note,
        failure=failure,
        decision=known.decision,
        first_decision=_first(entries) if known.overrides else None,
        timeline=tuple(map(_step, entries)),
        late=tuple(late),
        mails=tuple(rooms.stores.outbox.of_case(case)),
        ui=ui,
        command=command,
    )


def _links(rooms: Rooms, returns: Returns, case: str) -> tuple[str, str]:
    name = ids.workflow_id(case)
    return links.ui(rooms.settings, returns.namespace, name), links.history(returns, name)


def _first(entries: Sequence[JournalEntry]) -> Decision | None:
    return case_so_far(one for one in entries if one.kind is EntryKind.DECISION).decision


def _told(view: CaseView, failure: str) -> CaseView:
    """A workflow that ended badly waits for nobody it names; somebody has to look at the reason."""
    action = f"It failed; start it again once this is mended: {failure}"
    return view if view.stage is Stage.CLOSED else view.model_copy(update={"next_owner": "ops", "next_action": action})


def _from_journal(rooms: Rooms, entries: Sequence[JournalEntry]) -> CaseView | None:
    decided = next((one for one in entries if one.kind is EntryKind.DECISION), None)
    if decided is None:
        return None
    order = frozen_order(rooms.ledger, rooms.stores.snapshots, decided.order)
    known = case_so_far(entries).model_copy(update={"order": OrderBrief.of(order) if order else None})
    return seen_of(CaseState(**dict(known), request=ReturnRequest.model_validate(decided.facts["request"])))


def _step(entry: JournalEntry) -> Step:
    return Step(
        seq=entry.seq,
        at=entry.at,
        kind=entry.kind.value,
        detail=_detail(entry.facts),
        actor=entry.actor,
        reasons=entry.reasons,
        amounts=amounts(entry.transfers),
        reference=reference(entry),
    )


def _detail(facts: Mapping[str, object]) -> str:
    scan, override = facts.get("scan"), facts.get("override")
    if isinstance(override, Mapping):
        return str(Overridden.model_validate(override).change)
    if isinstance(scan, Mapping):
        return str(scan.get("status") or "")
    if "notice" in facts:
        return f"{facts['notice']} {facts['state']}"
    return str(facts.get("outcome") or facts.get("box") or "")
