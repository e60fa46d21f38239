"""A mail that nobody takes: staff leaves it out."""

from __future__ import annotations

from datetime import datetime

from activities.people import check_person
from domain.errors import Refused
from domain.notice import NoticeState
from domain.stores import Outbox, OutboxRow, People
from domain.verbs import Verb
from ledger import EntryKind, Ledger, NewEntry


class Skipping:
    """Leaves out mails that are owed, for good."""

    def __init__(self, outbox: Outbox, ledger: Ledger, people: People) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self._people = people

    def skip(self, key: str, by: str, now: datetime) -> OutboxRow:
        """Leave a mail out and record who said so. Raises Refused if they may not, there is no such mail, or it is not
        owed: it is out, or somebody is sending it."""
        check_person(self._people, by, Verb.RESEND)
        row = self._outbox.get(key)
        if row is None:
            raise Refused("not_found", f"there is no mail {key}; `python starter.py mails` shows their keys")
        if row.state is not NoticeState.OWED or self._outbox.reserve(key, row.case, row.kind, now) is not None:
            state = row.state or "being sent"
            raise Refused("not_owed", f"the mail {key} is {state}; only one that is owed can be left out")
        why = f"left out by {by}"
        self._outbox.finish(key, NoticeState.SKIPPED, why=why)
        facts = {"notice": row.kind, "state": NoticeState.SKIPPED.value, "message_id": "", "why": why}
        self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.NOTICE,
                order=next((one.order for one in self._ledger.entries(case=row.case)), ""),
                case=row.case,
                actor=by,
                at=now,
                facts=facts,
                asked={"key": key, "kind": row.kind},
            )
        )
        return row.model_copy(update={"state": NoticeState.SKIPPED, "why": why})
