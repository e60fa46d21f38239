"""EasyPost's webhook events as scans of parcels. Purely; all but a tracker's updates are left out.

Every update carries the whole way of the parcel so far; its newest step is the scan.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ValidationError

from domain.inbox import EventId, InboxEvent, ScanNews, Vendor
from domain.model import Id, Model, UtcDatetime
from domain.parcel import Scan, TrackingStatus
from domain.request import first_fault

KINDS = ("tracker.created", "tracker.updated")
_LONGEST_PLACE = 100
_NUMBER_END = 20


def _status(value: object) -> object:
    known = isinstance(value, str) and value in list(TrackingStatus)
    return value if known else TrackingStatus.UNKNOWN


def _place(value: object) -> object:
    """Town and country of a depot."""
    if not isinstance(value, dict):
        return ""
    named = [one for one in (value.get("city"), value.get("country")) if isinstance(one, str) and one]
    return "".join(one for one in ", ".join(named) if one.isprintable())[:_LONGEST_PLACE]


Status = Annotated[TrackingStatus, BeforeValidator(_status)]


class _Step(Model):
    status: Status = TrackingStatus.UNKNOWN
    datetime: UtcDatetime
    tracking_location: Annotated[str, BeforeValidator(_place)] = ""


class _Tracker(Model):
    tracking_code: Id
    status: Status = TrackingStatus.UNKNOWN
    updated_at: UtcDatetime
    tracking_details: tuple[_Step, ...] = ()


class _Head(Model):
    id: EventId
    description: str


class _Event(Model):
    result: _Tracker


def read(body: object) -> list[InboxEvent]:
    """The event in a webhook's decoded body, if it is one that we act on. Raises nothing."""
    try:
        head = _Head.model_validate(body)
    except ValidationError:
        return []
    if head.description not in KINDS:
        return []
    try:
        told, fault = ScanNews(scan=scan(body)), ""
    except ValidationError as error:
        told, fault = None, ": ".join(first_fault(error))
    return [InboxEvent(vendor=Vendor.EASYPOST, event=head.id, kind=head.description, told=told, fault=fault)]


def scan(body: object) -> Scan:
    """The newest step of a tracker's event. Raises ValidationError if it cannot be read."""
    return _newest(_Event.model_validate(body).result)


def scans(tracker: object) -> tuple[Scan, ...]:
    """All steps of a tracker, as its events would have told them, oldest first. Raises ValidationError likewise."""
    told = _Tracker.model_validate(tracker)
    # A tracker that has seen nothing is no scan; its events speak only of changes.
    return tuple(_scan(told, step) for step in sorted(told.tracking_details, key=lambda one: one.datetime))


def _newest(tracker: _Tracker) -> Scan:
    # Of two at the same moment the later one in the list is the newer one.
    newest = max(reversed(tracker.tracking_details), key=lambda one: one.datetime, default=None)
    return _scan(tracker, newest or _Step(status=tracker.status, datetime=tracker.updated_at))


def _scan(tracker: _Tracker, step: _Step) -> Scan:
    """Its id is made of what it says, so that updates about other things (a new day of arrival) tell of no new scan.
    The end of the number is part of it, because one return may have two parcels that are seen at once."""
    return Scan(
        id=f"{step.status}-{step.datetime:%Y%m%dT%H%M%SZ}-{tracker.tracking_code[-_NUMBER_END:]}",
        tracking_number=tracker.tracking_code,
        status=step.status,
        at=step.datetime,
        location=step.tracking_location,
    )
