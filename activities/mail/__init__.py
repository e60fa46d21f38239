"""Mail to the shopper: what is sent, once, and what became of it."""

from __future__ import annotations

from typing import Protocol

from temporalio import activity

from domain.model import Model, UtcDatetime
from domain.notice import Notice, NoticeState
from domain.stores import Contacts, Outbox
from ledger import EntryKind, Ledger, NewEntry


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
        raise NotImplementedError
