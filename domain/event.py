"""What a storefront, a CRM or a data warehouse is told of returns: one event per fact, without personal data."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, field_validator, model_validator

from domain.model import Currency, Id, Minor, Model, UtcDatetime

FAILING_AFTER = timedelta(days=3)
"""After so long without being taken an event says that its endpoint is failing."""


class EventType(StrEnum):
    """What happened: the thing, a point, and what became of it."""

    RETURN_OPENED = "return.opened"
    RETURN_APPROVED = "return.approved"
    RETURN_IN_REVIEW = "return.in_review"
    RETURN_DECLINED = "return.declined"
    RETURN_RECEIVED = "return.received"
    RETURN_INSPECTED = "return.inspected"
    RETURN_RESTOCKED = "return.restocked"
    RETURN_FINDING = "return.finding"
    RETURN_FINDING_SETTLED = "return.finding_settled"
    RETURN_OFFER_ANSWERED = "return.offer_answered"
    RETURN_SENT_BACK = "return.sent_back"
    RETURN_CANCELLED = "return.cancelled"
    RETURN_EXPIRED = "return.expired"
    RETURN_CLOSED = "return.closed"
    LABEL_ISSUED = "label.issued"
    LABEL_VOIDED = "label.voided"
    PARCEL_SCANNED = "parcel.scanned"
    REFUND_PLANNED = "refund.planned"
    REFUND_APPROVED = "refund.approved"
    REFUND_SUBMITTED = "refund.submitted"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    REFUND_REVERSED = "refund.reversed"
    REFUND_TRACED = "refund.traced"
    REFUND_ELSEWHERE = "refund.elsewhere"
    DISPUTE_OPENED = "dispute.opened"
    DISPUTE_WON = "dispute.won"
    DISPUTE_LOST = "dispute.lost"
    CUSTOMER_ERASED = "customer.erased"


class EventLine(Model):
    """Units of one order line. `verdict` and `reason` stand in decisions, `grade` and `disposition` in inspections."""

    line_id: Id
    quantity: Annotated[int, Field(strict=True, ge=1)]
    verdict: str | None = None
    reason: str | None = None
    grade: str | None = None
    disposition: str | None = None


class EventData(Model):
    """What is told; fields that say nothing of this event are left out. `amount` is in minor units of `currency`.

    `case` is the return, left out where a fact belongs to the order alone. `refund` is our id of one payment back,
    `payment` what it goes back to, `provider_id` the provider's id of it, `arn` the bank's.
    """

    case: Id | None = None
    order: Id | None = None
    customer: Id | None = None
    lines: tuple[EventLine, ...] | None = None
    outcome: str | None = None
    reason: str | None = None
    tracking_number: str | None = None
    carrier: str | None = None
    status: str | None = None
    plan: int | None = None
    refund: str | None = None
    payment: str | None = None
    to: str | None = None
    provider_id: str | None = None
    arn: str | None = None
    dispute: str | None = None
    amount: Minor | None = None
    currency: Currency | None = None


class Event(Model):
    """One event. Its `id` is the same at every delivery; `sequence` rises with every fact in the journal."""

    id: Annotated[str, StringConstraints(pattern=r"^evt_[0-9]+_[0-9a-f]{12}(_[0-9])?$")]
    type: EventType
    timestamp: UtcDatetime
    sequence: Annotated[int, Field(strict=True, ge=1)]
    data: EventData

    @property
    def subject(self) -> str:
        """Events with the same subject are delivered in order: the return, else the order, else the customer."""
        about = self.data
        return about.case or (f"order:{about.order}" if about.order else f"customer:{about.customer}")

    def body(self) -> str:
        """What is sent."""
        return self.model_dump_json(exclude_none=True)


class Endpoint(Model):
    """Somebody who is told. `types` are those that they want, such as `refund.*`; all if none are named. `secret` is
    what events are signed with: one, or two with a space between them while one takes the other's place."""

    name: Id
    # Not shown: it may hold a secret of the receiver's.
    url: str = Field(repr=False)
    secret: SecretStr
    types: tuple[str, ...] = ()

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[!-~]{1,2000}", url):
            raise ValueError("write an address that begins with https:// (or http:// within your own network)")
        return url

    @field_validator("secret")
    @classmethod
    def _can_sign(cls, secret: SecretStr) -> SecretStr:
        for text in secret.get_secret_value().split() or [""]:
            try:
                key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
            except ValueError:
                key = b""
            if not text.startswith("whsec_") or not 16 <= len(key) <= 64:
                words = "a secret is whsec_ and the base64 of 16 to 64 bytes; docs/events.md shows how to make one"
                raise ValueError(words)
        return secret

    @model_validator(mode="after")
    def _wants_what_there_is(self) -> Self:
        for pattern in self.types:
            if not any(fnmatchcase(one, pattern) for one in EventType):
                raise ValueError(f"there is no event {pattern!r}; docs/events.md lists them")
        return self

    def wants(self, type: EventType) -> bool:
        """Whether events of this type go there."""
        return not self.types or any(fnmatchcase(type, pattern) for pattern in self.types)


class OutgoingRow(Model):
    """An event that waits to be delivered, by its place in the journal; an entry may tell two, `part` 1 and 2. One
    without a `body` is an entry that is still to be read."""

    subject: str
    seq: int
    part: int
    id: str
    body: str
    attempts: int = 0

    @classmethod
    def of(cls, events: Sequence[Event], endpoint: Endpoint) -> list[Self]:
        """Those of one entry's events that an endpoint wants."""
        return [
            cls(subject=one.subject, seq=one.sequence, part=part, id=one.id, body=one.body())
            for part, one in enumerate(events, 1)
            if endpoint.wants(one.type)
        ]


class Condition(StrEnum):
    """How it stands with an endpoint."""

    UP_TO_DATE = "up_to_date"
    UNDER_WAY = "under_way"
    RETRYING = "retrying"
    """Something was not taken; it is tried again with growing pauses."""
    FAILING = "failing"
    """Something has not been taken for days; a person has to look."""


class EndpointState(Model):
    """How far an endpoint is: `seq` is the last entry of the journal that was looked at for it; `oldest` is since when
    the one that waits longest of its `waiting` events waits, `error` why an attempt of late did not end it."""

    name: Id
    seq: int
    delivered: int
    delivered_at: UtcDatetime | None
    waiting: int = 0
    oldest: UtcDatetime | None = None
    error: str = ""

    def condition(self, newest: int, now: datetime) -> Condition:
        """How it stands, where the journal's newest entry has this seq."""
        if self.oldest is None:
            return Condition.UP_TO_DATE if self.seq >= newest else Condition.UNDER_WAY
        if not self.error:
            return Condition.UNDER_WAY
        return Condition.FAILING if now - self.oldest >= FAILING_AFTER else Condition.RETRYING


def checked_names(endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """Raises ValueError if two have the same name: each has its own place in the journal."""
    names = [one.name for one in endpoints]
    if twice := {one for one in names if names.count(one) > 1}:
        raise ValueError(f"two endpoints are called {sorted(twice)[0]}; give each a name of its own")
    return endpoints


def event_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of an event, for those who receive it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Event.model_json_schema()}
