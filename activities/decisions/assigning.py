"""What staff asks for that moves no goods and no money: who does what comes next, and a mail once more."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from temporalio import activity

from activities.decisions.ends import Ends
from activities.people import check_person
from domain import ids, notice_ids
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


class RecordResend(Model):
    """A mail (`notice` is its key) is to be made anew under the key `again`."""

    case: Id
    order_id: Id
    by: Id
    notice: str
    again: str
    now: UtcDatetime


class Assigning(Ends):
    """Records who asked for it."""

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
                raise Refused("person_unknown", f"{text}: `python starter.py people list`")
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

    @activity.defn(no_thread_cancel_exception=True)
    def record_resend(self, ask: RecordResend) -> str:
        """Record that a mail is made anew, and return its new key.

        Raises Refused if whoever says so may not, or the journal knows no such mail of the return.
        """
        key = notice_ids.asked_again_key(ask.again)
        if self._ledger.find(key) is None:
            check_person(self._people, ask.by, Verb.RESEND)
            first = self._ledger.find(ask.notice)
            if first is None or first.kind is not EntryKind.NOTICE or first.case != ask.case:
                text = f"no mail {ask.notice} of return {ask.case} is out; see `python starter.py mails`"
                raise Refused("not_out", f"{text} --return {ask.case}; one that is owed is tried again by itself")
        entry = self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.NOTICE_AGAIN,
                order=ask.order_id,
                case=ask.case,
                actor=ask.by,
                at=ask.now,
                facts={"notice": ask.again},
                asked={"notice": ask.again, "by": ask.by},
            )
        )
        return str(entry.facts["notice"])
