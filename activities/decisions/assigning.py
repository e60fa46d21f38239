"""Who does what comes next, where staff says otherwise."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from temporalio import activity

from activities.decisions.ends import Ends
from activities.people import check_person
from domain import ids
from domain.case import Assigned
from domain.errors import Refused
from domain.model import Id, Model, UtcDatetime
from domain.people import TEAMS
from domain.verbs import Verb
from ledger import EntryKind, NewEntry


class RecordAssignment(Model):
    """The n-th time that somebody is asked to do what comes next."""

    case: Id
    order_id: Id
    number: Annotated[int, Field(strict=True, ge=1)]
    assigned: Assigned
    now: UtcDatetime


class Assigning(Ends):
    """Records who was asked by whom."""

    @activity.defn(no_thread_cancel_exception=True)
    def record_assignment(self, ask: RecordAssignment) -> Assigned:
        """Record whom staff asked, once per number.

        Raises Refused if whoever says so may not, or there is no such team and no such active person.
        """
        key, said = ids.assigned_key(ask.case, ask.number), ask.assigned
        entry = self._ledger.find(key)
        if entry is None:
            check_person(self._people, said.by, Verb.ASSIGN)
            person = self._people.get(said.to)
            if said.to not in TEAMS and (person is None or not person.active):
                text = f"{said.to} is nobody who may act here; it is {', '.join(TEAMS)} or an active person"
                raise Refused("person_unknown", f"{text}: `python starter.py people`")
        facts = {"assigned": said.model_dump(mode="json")}
        entry = self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.ASSIGNED,
                order=ask.order_id,
                case=ask.case,
                actor=said.by,
                at=ask.now,
                facts=facts,
                asked=facts,
            )
        )
        return Assigned.model_validate(entry.facts["assigned"])
