"""Stripe's webhook events as news: refunds, disputes, and payments that we had asked for. Purely; all others are None.

The shapes are those of docs.stripe.com/api/events; what is not named here is not read, and so it is never kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from activities.payments.stripe_units import KEY_IN_METADATA, from_stripe
from domain import ids
from domain.errors import Refused
from domain.inbox import EventId, InboxEvent, Vendor
from domain.model import Currency, Id, Minor, Model, UtcDatetime
from domain.news import DisputeNews, News, PaymentNews, RefundNews
from domain.refund import FINAL_NO, RefundStatus
from domain.request import first_fault


def _id_of(value: object) -> object:
    """An object's id, where Stripe was asked to write the object itself in its place."""
    return value.get("id") if isinstance(value, dict) else value


_ASKED = re.compile(r"[a-z_]{1,32}(:[A-Za-z0-9_.-]{1,64}){2,4}")
"""What we ask money for is named like this: its kind, the return, and a number."""


def _ours(value: object) -> object:
    """Metadata is anybody's; what is no key of ours may be personal, and is not kept."""
    printed = isinstance(value, str) and len(value) <= 200 and value.isascii() and value.isprintable()
    return value if printed and (ids.refund_of(str(value)) or _ASKED.fullmatch(str(value))) else ""


def _or_nothing(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """What the news can do without must not lose them: a refund is read again anyway."""
    try:
        return read(value)
    except ValidationError:
        return None


Lenient = WrapValidator(_or_nothing)
Reference = Annotated[Id | None, BeforeValidator(_id_of)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,64}$")]
Capitals = Annotated[Currency, BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)]
Key = Annotated[str, BeforeValidator(_ours)]


class _Metadata(Model):
    key: Key = Field(default="", alias=KEY_IN_METADATA)


Metadata = Annotated[_Metadata, BeforeValidator(lambda value: value if isinstance(value, dict) else {})]


def _status(value: object) -> object:
    known = isinstance(value, str) and value in list(RefundStatus)
    return value if known else RefundStatus.UNKNOWN


def _references(value: object) -> object:
    """The reference within the details of whatever kind of destination it is."""
    if not isinstance(value, dict):
        return ""
    details = value.get(value.get("type")) if isinstance(value.get("type"), str) else None
    if not isinstance(details, dict) or details.get("reference_status", "available") != "available":
        return ""
    found = details.get("reference")
    return found if isinstance(found, str) else ""


class _Charged(Model):
    """What names the payment that it is about: the intent, or for old payments the charge."""

    id: Id
    payment_intent: Reference = None
    charge: Annotated[Reference, Lenient] = None
    amount: Minor
    currency: Capitals

    @property
    def payment(self) -> str:
        return self.payment_intent or self.charge or ""

    @property
    def other_id(self) -> str:
        """The charge, where the intent names the payment."""
        return self.charge or "" if self.payment_intent else ""

    @property
    def minor(self) -> int:
        return from_stripe(self.amount, self.currency)


class _Refund(_Charged):
    status: Annotated[RefundStatus, BeforeValidator(_status)] = RefundStatus.UNKNOWN
    metadata: Metadata = _Metadata()
    created: UtcDatetime
    failure_reason: Annotated[Code | None, Lenient] = None
    pending_reason: Annotated[Code | None, Lenient] = None
    destination_details: Annotated[Code | None, BeforeValidator(_references), Lenient] = None

    def news(self, event: str, at: datetime) -> RefundNews:
        reason = self.failure_reason if self.status in FINAL_NO else self.pending_reason
        return RefundNews(
            event=event,
            refund=self.id,
            key=self.metadata.key,
            payment=self.payment,
            charge=self.other_id,
            amount=self.minor,
            currency=self.currency,
            status=self.status,
            reason=reason or "",
            arn=self.destination_details or "",
            created_at=self.created,
            at=at,
        )


class _Evidence(Model):
    due_by: UtcDatetime | None = None


class _Dispute(_Charged):
    status: Code
    reason: Annotated[Code | None, Lenient] = None
    evidence_details: Annotated[_Evidence | None, Lenient] = None

    def news(self, event: str, at: datetime) -> DisputeNews:
        return DisputeNews(
            event=event,
            dispute=self.id,
            payment=self.payment,
            charge=self.other_id,
            amount=self.minor,
            currency=self.currency,
            status=self.status,
            reason=self.reason or "",
            due=self.evidence_details.due_by if self.evidence_details else None,
            at=at,
        )


class _Payment(Model):
    id: Id
    amount_received: Minor
    currency: Capitals
    metadata: Metadata = _Metadata()

    def news(self, event: str, at: datetime) -> PaymentNews | None:
        """The shop's own sales carry no key of ours."""
        if not self.metadata.key:
            return None
        minor = from_stripe(self.amount_received, self.currency)
        key = self.metadata.key
        return PaymentNews(event=event, payment=self.id, collection=key, amount=minor, currency=self.currency, at=at)


class _Session(Model):
    payment_intent: Reference = None
    payment_status: str = ""
    amount_total: Minor | None = None
    currency: Capitals | None = None
    metadata: Metadata = _Metadata()

    def news(self, event: str, at: datetime) -> PaymentNews | None:
        """What was paid at a link of ours; a session may be complete before its money has come."""
        key, payment = self.metadata.key, self.payment_intent
        if not key or not payment or self.payment_status != "paid" or self.currency is None or not self.amount_total:
            return None
        minor = from_stripe(self.amount_total, self.currency)
        return PaymentNews(event=event, payment=payment, collection=key, amount=minor, currency=self.currency, at=at)


_SHAPES: Mapping[str, type[_Refund | _Dispute | _Payment | _Session]] = MappingProxyType(
    {
        "refund.created": _Refund,
        "refund.updated": _Refund,
        "refund.failed": _Refund,
        "charge.refund.updated": _Refund,
        "charge.dispute.created": _Dispute,
        "charge.dispute.updated": _Dispute,
        "charge.dispute.closed": _Dispute,
        "charge.dispute.funds_withdrawn": _Dispute,
        "charge.dispute.funds_reinstated": _Dispute,
        "payment_intent.succeeded": _Payment,
        "checkout.session.completed": _Session,
        "checkout.session.async_payment_succeeded": _Session,
    }
)

EVENTS = tuple(_SHAPES)
"""The events to ask Stripe for."""


class _Head(Model):
    id: EventId
    type: str


class _Data(Model):
    object: Mapping[str, JsonValue]


class _Event(Model):
    id: Id
    created: UtcDatetime
    data: _Data


def read(body: object) -> list[InboxEvent]:
    """The event in a webhook's decoded body, if it is one that we act on. Raises nothing."""
    try:
        head = _Head.model_validate(body)
    except ValidationError:
        return []
    if head.type not in _SHAPES:
        return []
    return _told(head, lambda: news(body))


def news(body: object) -> News | None:
    """What an event says; None if it is nothing to us. Raises ValidationError or Refused for a broken one."""
    event = _Event.model_validate(body)
    shape = _SHAPES.get(_Head.model_validate(body).type)
    return None if shape is None else shape.model_validate(event.data.object).news(event.id, event.created)


def _told(head: _Head, told: Callable[[], News | None]) -> list[InboxEvent]:
    try:
        found, fault = told(), ""
    except ValidationError as error:
        found, fault = None, ": ".join(first_fault(error))
    except Refused as error:
        found, fault = None, error.message
    if found is None and not fault:
        return []
    return [InboxEvent(vendor=Vendor.STRIPE, event=head.id, kind=head.type, told=found, fault=fault)]
