"""Mail to the shopper: what is sent, once, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue, field_serializer
from temporalio import activity

from activities.moment import attempt_time
from domain import notice_ids
from domain.errors import Refused, Unavailable
from domain.model import Model, UtcDatetime
from domain.notice import Notice, NoticeState
from domain.staleness import GRACE, stale
from domain.stores import Contacts, Outbox
from ledger import EntryKind, JournalEntry, Ledger, NewEntry


class Letter(Model):
    """A rendered mail, and what it was rendered from (`data`) for a provider with templates of its own. Personal data:
    never leaves this room. `fault` says why it is not in the merchant's words, where it should be."""

    key: str
    kind: str
    case: str
    to: str
    name: str
    subject: str
    text: str
    html: str
    data: Mapping[str, JsonValue] = {}
    fault: str = ""


class Mail(Protocol):
    """A mail provider."""

    def send(self, letter: Letter) -> str:
        """Hand one mail over and return the provider's message id.

        Raises Refused for a no that will stay a no, Unavailable if it was certainly not taken, and OutcomeUnknown if
        the provider may have taken it.
        """


class Render(Protocol):
    """Makes the letter of a notice."""

    def __call__(self, notice: Notice, to: str, name: str) -> Letter:
        """Render subject, text and HTML; an undefined template variable is an error."""


class OutcomeUnknown(Exception):
    """The connection broke after the mail was handed over: it may be on its way. Never a reason to send it again."""


class SendNotice(Model):
    """One notice to the shopper of a return; `now` is when it was due, however late it is sent."""

    notice: Notice
    now: UtcDatetime

    @field_serializer("notice", when_used="json")
    def _filled(self, notice: Notice) -> dict[str, JsonValue]:
        """What it says alone: mails are a third of a history, and most fields of a notice are for others."""
        told: dict[str, JsonValue] = notice.model_dump(mode="json", exclude_defaults=True)
        return told


class NoticeSent(Model):
    """What became of a notice, and why, where it did not go out."""

    state: NoticeState
    message_id: str = ""
    why: str = ""


class MailActivities:
    """Sends notices. The provider knows no keys, so the outbox row comes before the call. A reservation whose outcome
    was lost is sent once more at most, and only after the provider has had the time to say that it has the mail."""

    def __init__(self, mail: Mail, render: Render, contacts: Contacts, outbox: Outbox, ledger: Ledger) -> None:
        self._mail = mail
        self._render = render
        self._contacts = contacts
        self._outbox = outbox
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def send_notice(self, ask: SendNotice) -> NoticeSent:
        """Send one notice at most once, unless it makes no sense any more, and record it."""
        notice, now = ask.notice, attempt_time(ask.now)
        recorded = self._ledger.find(notice.key)
        if recorded is None:
            recorded = self._record(notice, notice.key, EntryKind.NOTICE, self._send_once(ask, now), now)
        return NoticeSent.model_validate(recorded.facts)

    @activity.defn(no_thread_cancel_exception=True)
    def resend_notice(self, ask: SendNotice) -> NoticeSent:
        """Send a mail of unknown outcome once more and record it, unless its outcome has become known, it makes no
        sense any more, or there is nobody to write to."""
        notice, now = ask.notice, attempt_time(ask.now)
        key = notice_ids.resent_key(notice.key)
        recorded = self._ledger.find(key)
        if recorded is None:
            row = self._outbox.get(notice.key)
            if row is None or row.state is not NoticeState.UNKNOWN:
                return NoticeSent(state=(row and row.state) or NoticeState.UNKNOWN)
            letter = None if self._stale(ask, now) else self._letter(notice)
            if letter is None:
                return NoticeSent(state=NoticeState.UNKNOWN)
            recorded = self._record(notice, key, EntryKind.NOTICE_RESENT, self._send_again(letter, now), now)
        return NoticeSent.model_validate(recorded.facts)

    def _send_again(self, letter: Letter, now: datetime) -> NoticeSent:
        sent = NoticeSent(state=NoticeState.UNKNOWN)
        if self._outbox.take_again(letter.key, now):
            sent = self._hand_over(letter, self._outbox.give_back)
        self._outbox.finish(letter.key, sent.state, sent.message_id, sent.why)
        return sent

    def _send_once(self, ask: SendNotice, now: datetime) -> NoticeSent:
        notice, why = ask.notice, self._stale(ask, now)
        # Before the reservation: a fault in a template must not look like a mail that may be on its way.
        letter = None if why else self._letter_or_owed(notice, now)
        standing = self._outbox.reserve(notice.key, notice.case, notice.kind, now)
        if standing is not None and standing.state is not None:
            return NoticeSent(state=standing.state, message_id=standing.message_id, why=standing.why)
        if standing is not None:
            sent = NoticeSent(state=NoticeState.UNKNOWN)
        elif letter is None:
            sent = NoticeSent(state=NoticeState.DROPPED if why else NoticeState.SKIPPED, why=why)
        else:
            sent = self._hand_over(letter, self._outbox.release)
        self._outbox.finish(notice.key, sent.state, sent.message_id, sent.why)
        return sent

    def _stale(self, ask: SendNotice, now: datetime) -> str:
        late = now - ask.now
        if late < GRACE:
            return ""
        recorded = {one.kind.value for one in self._ledger.entries(case=ask.notice.case) if one.at > ask.now}
        return stale(ask.notice.kind, late, recorded)

    def _letter(self, notice: Notice) -> Letter | None:
        contact = self._contacts.get(notice.customer_id)
        if contact is None or not contact.email:
            return None
        try:
            return self._render(notice, contact.email, contact.name)
        except Exception as error:  # templates can fail in any way
            # From None, and without its words: they may quote what was to be inserted, and would stand in the history.
            activity.logger.error("%s cannot be made (%s)", notice.key, type(error).__name__)
            raise Unavailable(
                f"The mail cannot be made ({type(error).__name__}): a template has a fault, which `mails preview` shows"
            ) from None

    def _letter_or_owed(self, notice: Notice, now: datetime) -> Letter | None:
        """The letter; where it cannot be made, the outbox shows that it is owed, and why."""
        try:
            return self._letter(notice)
        except Unavailable as fault:
            if self._outbox.reserve(notice.key, notice.case, notice.kind, now) is None:
                self._outbox.release(notice.key, fault.message)
            raise

    def _hand_over(self, letter: Letter, undo: Callable[[str, str], None]) -> NoticeSent:
        try:
            return NoticeSent(state=NoticeState.SENT, message_id=self._mail.send(letter), why=letter.fault)
        except Unavailable as busy:
            undo(letter.key, busy.message)
            raise
        except Refused as refusal:
            # Nobody is stopped by a mail that cannot be delivered, so the log is where it is found.
            activity.logger.warning("%s was refused (%s): %s", letter.key, refusal.code, refusal.message)
            return NoticeSent(state=NoticeState.REFUSED, why=refusal.message)
        except OutcomeUnknown as lost:
            activity.logger.warning("%s may or may not be on its way: %s", letter.key, lost)
            return NoticeSent(state=NoticeState.UNKNOWN, why=str(lost))

    def _record(self, notice: Notice, key: str, kind: EntryKind, sent: NoticeSent, now: datetime) -> JournalEntry:
        facts = {"notice": notice.kind.value, "state": sent.state.value, "message_id": sent.message_id}
        return self._ledger.append(
            NewEntry(
                key=key,
                kind=kind,
                order=notice.order_id,
                case=notice.case,
                actor="mail",
                at=now,
                facts={**facts, "why": sent.why} if sent.why else facts,
                asked={"key": key, "kind": notice.kind.value},
            )
        )
