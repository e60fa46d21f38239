"""Mail to the shopper: what is sent, once, and what became of it."""

from __future__ import annotations

from typing import Protocol

from temporalio import activity

from activities.moment import attempt_time
from domain.errors import Refused, Unavailable
from domain.model import Model, UtcDatetime
from domain.notice import Notice, NoticeState
from domain.stores import Contacts, Outbox
from ledger import EntryKind, JournalEntry, Ledger, NewEntry


class Letter(Model):
    """A rendered mail. Personal data: never leaves this room."""

    key: str
    kind: str
    case: str
    to: str
    name: str
    subject: str
    text: str
    html: str


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
    """One notice to the shopper of a return."""

    notice: Notice
    now: UtcDatetime


class NoticeSent(Model):
    """What became of a notice."""

    state: NoticeState
    message_id: str = ""


class MailActivities:
    """Sends notices. The provider knows no keys, so the outbox row comes before the call and a reservation whose
    outcome was lost is never sent a second time: a mail too few is the smaller harm."""

    def __init__(self, mail: Mail, render: Render, contacts: Contacts, outbox: Outbox, ledger: Ledger) -> None:
        self._mail = mail
        self._render = render
        self._contacts = contacts
        self._outbox = outbox
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def send_notice(self, ask: SendNotice) -> NoticeSent:
        """Send one notice at most once and record it."""
        ask = ask.model_copy(update={"now": attempt_time(ask.now)})
        recorded = self._ledger.find(ask.notice.key)
        if recorded is None:
            recorded = self._record(ask, self._send_once(ask))
        return NoticeSent.model_validate(recorded.facts)

    def _send_once(self, ask: SendNotice) -> NoticeSent:
        notice = ask.notice
        # Before the reservation: a fault in a template must not look like a mail that may be on its way.
        letter = self._letter(notice)
        standing = self._outbox.reserve(notice.key, notice.case, notice.kind, ask.now)
        if standing is not None and standing.state is not None:
            return NoticeSent(state=standing.state, message_id=standing.message_id)
        if standing is not None:
            sent = NoticeSent(state=NoticeState.UNKNOWN)
        else:
            sent = self._hand_over(letter) if letter else NoticeSent(state=NoticeState.SKIPPED)
        self._outbox.finish(notice.key, sent.state, sent.message_id)
        return sent

    def _letter(self, notice: Notice) -> Letter | None:
        contact = self._contacts.get(notice.customer_id)
        if contact is None or not contact.email:
            return None
        return self._render(notice, contact.email, contact.name)

    def _hand_over(self, letter: Letter) -> NoticeSent:
        try:
            return NoticeSent(state=NoticeState.SENT, message_id=self._mail.send(letter))
        except Unavailable:
            self._outbox.release(letter.key)
            raise
        except Refused as refusal:
            # Nobody is stopped by a mail that cannot be delivered, so the log is where it is found.
            activity.logger.warning("%s was refused (%s): %s", letter.key, refusal.code, refusal.message)
            return NoticeSent(state=NoticeState.REFUSED)
        except OutcomeUnknown as lost:
            activity.logger.warning("%s may or may not be on its way: %s", letter.key, lost)
            return NoticeSent(state=NoticeState.UNKNOWN)

    def _record(self, ask: SendNotice, sent: NoticeSent) -> JournalEntry:
        notice = ask.notice
        return self._ledger.append(
            NewEntry(
                key=notice.key,
                kind=EntryKind.NOTICE,
                order=notice.order_id,
                case=notice.case,
                actor="mail",
                at=ask.now,
                facts={"notice": notice.kind.value, "state": sent.state.value, "message_id": sent.message_id},
                asked={"key": notice.key, "kind": notice.kind.value},
            )
        )
