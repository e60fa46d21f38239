"""A notice is sent at most once, whatever breaks, and its fate is in the journal."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from temporalio.testing import ActivityEnvironment

from activities.mail import Letter, MailActivities, NoticeSent, OutcomeUnknown, Render, SendNotice
from domain.errors import Refused, Unavailable
from domain.notice import Notice, NoticeKind, NoticeState
from domain.order import Contact
from ledger import EntryKind, Ledger, NewEntry
from tests.mail.fakes import FakeContacts, FakeLedger, FakeMail, FakeOutbox, Fuse, Killed
from tests.mail.notices import NAME, TO, notice

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASK = SendNotice(notice=notice(NoticeKind.APPROVED), now=NOW)
KEY = ASK.notice.key
ADA = Contact(customer_id="c-1", name=NAME, email=TO)


def plain(notice: Notice, to: str, name: str) -> Letter:
    return Letter(key=notice.key, kind=notice.kind, case=notice.case, to=to, name=name, subject="s", text="t", html="h")


class Room:
    """The mail room with its neighbours."""

    def __init__(self, *outcomes: Exception, contact: Contact | None = ADA, die_at: int | None = None) -> None:
        self.fuse = Fuse(die_at)
        self.outbox = FakeOutbox(self.fuse)
        self.ledger = FakeLedger(self.fuse)
        self.mail = FakeMail(self.fuse, *outcomes)
        self.contacts = FakeContacts(*([contact] if contact else []))
        self.render: Render = plain

    @property
    def activities(self) -> MailActivities:
        return MailActivities(self.mail, self.render, self.contacts, self.outbox, cast(Ledger, self.ledger))

    def send(self, ask: SendNotice = ASK) -> NoticeSent:
        return self.activities.send_notice(ask)

    def send_late(self, late: timedelta, *since: EntryKind) -> NoticeSent:
        """So long after it was due, when these facts had been recorded in the meantime."""
        for number, kind in enumerate(since):
            at = NOW + timedelta(seconds=1)
            self.ledger.append(NewEntry(key=f"fact-{number}", kind=kind, case="R-1001", actor="a", at=at))
        there = ActivityEnvironment()
        there.info = replace(there.info, started_time=NOW + late)
        return there.run(self.activities.send_notice, ASK)

    def resend(self) -> NoticeSent:
        return self.activities.resend_notice(ASK)

    def agrees(self, sent: NoticeSent) -> bool:
        """Whether outbox and journal both say what was answered."""
        row, facts = self.outbox.rows[KEY], self.ledger.recorded[KEY][1].facts
        told = {"notice": "approved", "state": sent.state.value, "message_id": sent.message_id}
        told |= {"why": sent.why} if sent.why else {}
        return (row.state, row.message_id, row.why) == (sent.state, sent.message_id, sent.why) and facts == told


def test_a_mail_is_sent_and_recorded_without_personal_data() -> None:
    room = Room()
    sent = room.send()
    assert sent == NoticeSent(state=NoticeState.SENT, message_id="message-1")
    assert room.agrees(sent)
    asked, entry = room.ledger.recorded[KEY]
    assert (entry.kind, entry.actor, entry.order, entry.case, entry.at) == (
        EntryKind.NOTICE,
        "mail",
        "o-1",
        "R-1001",
        NOW,
    )
    assert asked.asked == {"key": KEY, "kind": "approved"}
    assert TO not in str(asked)
    assert NAME not in str(asked)
    assert (room.mail.taken[0].to, room.mail.taken[0].name) == (TO, NAME)


def test_asked_again_it_answers_from_the_journal() -> None:
    room = Room()
    first = room.send()
    room.contacts.contacts.clear()
    assert room.send() == first
    assert room.mail.calls == 1


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Refused("mail_refused", "no such address"), NoticeState.REFUSED),
        (OutcomeUnknown("the line broke"), NoticeState.UNKNOWN),
    ],
)
def test_an_answer_that_ends_it_is_recorded_and_logged(
    outcome: Exception, state: NoticeState, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(outcome)
    with caplog.at_level(logging.WARNING):
        sent = room.send()
    assert sent == NoticeSent(state=state, why=str(outcome))
    assert room.agrees(sent)
    assert KEY in caplog.text
    assert str(outcome) in caplog.text
    assert room.send() == sent
    assert room.mail.calls == 1


def test_a_mail_that_was_not_taken_is_sent_by_the_next_attempt() -> None:
    room = Room(Unavailable("busy", retry_after=7))
    with pytest.raises(Unavailable) as busy:
        room.send()
    assert busy.value.retry_after == 7
    owed = room.outbox.rows[KEY]
    assert (owed.state, owed.why, owed.reserved_at) == (NoticeState.OWED, "busy", NOW)
    assert not room.ledger.recorded
    sent = room.send()
    assert sent.state is NoticeState.SENT
    assert room.agrees(sent)
    assert len(room.mail.taken) == 1


@pytest.mark.parametrize("contact", [None, ADA.model_copy(update={"email": ""})])
def test_nobody_to_write_to_is_skipped(contact: Contact | None) -> None:
    room = Room(contact=contact)
    sent = room.send()
    assert sent == NoticeSent(state=NoticeState.SKIPPED)
    assert room.agrees(sent)
    assert room.mail.calls == 0


@pytest.mark.parametrize("state", [state for state in NoticeState if state is not NoticeState.OWED])
def test_a_finished_row_without_its_journal_entry_is_recorded_and_not_sent(state: NoticeState) -> None:
    room = Room()
    room.outbox.reserve(KEY, "R-1001", "approved", NOW)
    room.outbox.finish(KEY, state, "message-9")
    sent = room.send()
    assert sent == NoticeSent(state=state, message_id="message-9")
    assert room.agrees(sent)
    assert room.mail.calls == 0


@pytest.mark.parametrize("contact", [None, ADA])
def test_a_reservation_whose_outcome_was_lost_is_never_sent_again(contact: Contact | None) -> None:
    room = Room(contact=contact)
    room.outbox.reserve(KEY, "R-1001", "approved", NOW)
    sent = room.send()
    assert sent == NoticeSent(state=NoticeState.UNKNOWN)
    assert room.agrees(sent)
    assert room.mail.calls == 0


def test_a_fault_in_a_template_shows_and_is_no_mail_on_its_way(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()

    def broken(notice: Notice, to: str, name: str) -> Letter:
        raise KeyError(name)

    room.render = broken
    for _ in range(2):
        with pytest.raises(Unavailable, match="KeyError") as error:
            room.send()
        owed = room.outbox.rows[KEY]
        assert (owed.state, owed.why) == (NoticeState.OWED, error.value.message)
        assert NAME not in "".join(traceback.format_exception(error.value)) + caplog.text
    assert not room.ledger.recorded
    room.render = plain
    assert room.send().state is NoticeState.SENT


def test_a_mail_that_is_not_in_the_merchants_words_says_so() -> None:
    room = Room()
    room.render = lambda *asked: plain(*asked).model_copy(update={"fault": "the template has a fault"})
    sent = room.send()
    assert (sent.state, sent.why) == (NoticeState.SENT, "the template has a fault")
    assert room.agrees(sent)


def _steps(*outcomes: Exception) -> int:
    room = Room(*outcomes)
    for _ in range(2):
        try:
            room.send()
        except Unavailable:
            continue
    return room.fuse.steps


@pytest.mark.parametrize("outcomes", [(), (Unavailable("busy"),), (Refused("no", "no"),), (OutcomeUnknown("lost"),)])
def test_killed_anywhere_it_is_sent_at_most_once_and_recorded_once(outcomes: tuple[Exception, ...]) -> None:
    for step in range(1, _steps(*outcomes) + 1):
        room = Room(*outcomes, die_at=step)
        sent = None
        for _ in range(4):
            try:
                sent = room.send()
            except (Killed, Unavailable):
                continue
        assert sent is not None, f"killed at {step}"
        assert room.agrees(sent), f"killed at {step}"
        assert len(room.mail.taken) <= 1, f"killed at {step}"
        assert room.send() == sent
        if sent.state is NoticeState.SENT:
            assert len(room.mail.taken) == 1


@pytest.mark.parametrize(
    ("late", "since", "why"),
    [
        (timedelta(minutes=59), (EntryKind.RECEIPT,), ""),
        (timedelta(hours=1), (EntryKind.RECEIPT,), "receipt"),
        (timedelta(days=7), (EntryKind.LABEL, EntryKind.SCAN), "scan"),
        (timedelta(days=7), (EntryKind.LABEL,), ""),
        (timedelta(days=31), (), "too_old"),
    ],
)
def test_a_mail_that_came_too_late_to_be_true_is_dropped_and_recorded(
    late: timedelta, since: tuple[EntryKind, ...], why: str
) -> None:
    room = Room()
    sent = room.send_late(late, *since)
    assert (sent.state, sent.why) == ((NoticeState.DROPPED, why) if why else (NoticeState.SENT, ""))
    assert room.agrees(sent)
    assert len(room.mail.taken) == (0 if why else 1)


def test_what_was_recorded_before_a_mail_was_due_does_not_overtake_it() -> None:
    room = Room()
    room.ledger.append(NewEntry(key="before", kind=EntryKind.RECEIPT, case="R-1001", actor="a", at=NOW))
    assert room.send_late(timedelta(days=2)).state is NoticeState.SENT


def test_a_mail_of_unknown_outcome_is_sent_once_more_at_most_and_that_is_recorded() -> None:
    room = Room(OutcomeUnknown("lost"), OutcomeUnknown("lost again"))
    room.send()
    sent = room.resend()
    assert (sent.state, sent.why, room.mail.calls) == (NoticeState.UNKNOWN, "lost again", 2)
    assert room.resend() == sent
    assert room.mail.calls == 2
    entry = room.ledger.recorded[f"notice_resent:{KEY}"][1]
    assert (entry.kind, entry.facts["state"]) == (EntryKind.NOTICE_RESENT, "unknown")
    assert room.ledger.recorded[KEY][1].facts["state"] == "unknown"


@pytest.mark.parametrize("told", [NoticeState.SENT, NoticeState.DELIVERED, NoticeState.BOUNCED])
def test_once_the_providers_word_is_there_nothing_is_sent_again(told: NoticeState) -> None:
    room = Room(OutcomeUnknown("lost"))
    room.send()
    room.outbox.finish(KEY, told, "m-1")
    assert room.resend().state is told
    assert room.mail.calls == 1


def test_a_resending_that_was_not_taken_is_tried_again() -> None:
    room = Room(OutcomeUnknown("lost"), Unavailable("busy"))
    room.send()
    with pytest.raises(Unavailable):
        room.resend()
    assert room.resend() == NoticeSent(state=NoticeState.SENT, message_id="message-1")
    assert room.outbox.rows[KEY].state is NoticeState.SENT


def test_nobody_to_write_to_any_more_gets_nothing_again() -> None:
    room = Room(OutcomeUnknown("lost"))
    room.send()
    room.contacts.contacts.clear()
    assert room.resend().state is NoticeState.UNKNOWN
    assert room.mail.calls == 1


def test_killed_anywhere_while_sending_again_it_goes_out_once_more_at_most() -> None:
    def unknown(die_at: int | None = None) -> Room:
        room = Room(OutcomeUnknown("lost"))
        room.send()
        room.fuse.restart(die_at)
        return room

    whole = unknown()
    whole.resend()
    for step in range(1, whole.fuse.steps + 1):
        room = unknown(step)
        with pytest.raises(Killed):
            room.resend()
        room.resend()
        assert len(room.mail.taken) <= 1, f"killed at {step}"
        assert f"notice_resent:{KEY}" in room.ledger.recorded or room.outbox.rows[KEY].state is NoticeState.SENT
