"""SendGrid's webhook events as what became of our mails. Purely; mails without our key and other events are left out.

A body is a list of events. Addresses and the reasons for which mails come back (which quote them) are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, ValidationError

from domain.inbox import EventId, InboxEvent, MailNews, Vendor
from domain.model import Model, UtcDatetime
from domain.notice import NoticeState
from domain.request import first_fault

STATES: Mapping[str, NoticeState] = MappingProxyType(
    {
        "processed": NoticeState.SENT,
        "delivered": NoticeState.DELIVERED,
        "bounce": NoticeState.BOUNCED,
        # SendGrid did not even try: an address that bounced before, or unsubscribed.
        "dropped": NoticeState.REFUSED,
        "spamreport": NoticeState.COMPLAINED,
    }
)


class _Event(Model):
    sg_event_id: EventId
    event: str
    message_key: str


def _given(value: object) -> object:
    """`{the id that we were given on sending}.{where in their house it went}`."""
    return value.partition(".")[0] if isinstance(value, str) else ""


class _Details(Model):
    sg_message_id: Annotated[str, BeforeValidator(_given)] = ""
    timestamp: UtcDatetime


def read(body: object) -> list[InboxEvent]:
    """The events in a webhook's decoded body that we act on. Raises nothing."""
    return [found for one in body if (found := _told(one))] if isinstance(body, list) else []


def news(body: object) -> MailNews | None:
    """What one event says of a mail of ours; None if it is nothing to us. Raises ValidationError for a broken one."""
    try:
        event = _Event.model_validate(body)
    except ValidationError:
        return None
    if event.event not in STATES:
        return None
    details = _Details.model_validate(body)
    message_id = details.sg_message_id
    return MailNews(key=event.message_key, state=STATES[event.event], message_id=message_id, at=details.timestamp)


def _told(body: object) -> InboxEvent | None:
    try:
        found, fault = news(body), ""
    except ValidationError as error:
        found, fault = None, ": ".join(first_fault(error))
    if found is None and not fault:
        return None
    head = _Event.model_validate(body)
    return InboxEvent(vendor=Vendor.SENDGRID, event=head.sg_event_id, kind=head.event, told=found, fault=fault)
