"""The vendors that may knock: how each signs, and who reads what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.labels import easypost_events
from activities.mail import sendgrid_events
from activities.payments import stripe_events
from domain.errors import InvalidRequest
from domain.inbox import InboxEvent, Vendor
from portal import signatures
from settings import Settings


@dataclass(frozen=True)
class Source:
    """One vendor. `secrets` are what its signatures are checked with; without any, nobody is let in."""

    vendor: Vendor
    setting: str
    secrets: tuple[str, ...]
    check: Callable[[bytes, signatures.Headers, Sequence[str], datetime], str]
    read: Callable[[object], list[InboxEvent]]


def sources(settings: Settings) -> tuple[Source, ...]:
    """All vendors with their secrets. Raises InvalidRequest for a public key that is none."""
    stripe = settings.stripe_webhook_secret.get_secret_value().split()
    sendgrid = settings.sendgrid_webhook_key.split()
    easypost = settings.easypost_webhook_secret.get_secret_value().split()
    if not all(map(signatures.readable_key, sendgrid)):
        text = "this is no public key of an event webhook; copy it from SendGrid's settings as it is"
        raise InvalidRequest("BACKHAUL_SENDGRID_WEBHOOK_KEY", text)
    return (
        _source(Vendor.STRIPE, "STRIPE_WEBHOOK_SECRET", stripe, signatures.stripe, stripe_events.read),
        _source(Vendor.SENDGRID, "SENDGRID_WEBHOOK_KEY", sendgrid, signatures.sendgrid, sendgrid_events.read),
        _source(Vendor.EASYPOST, "EASYPOST_WEBHOOK_SECRET", easypost, signatures.easypost, easypost_events.read),
    )


def _source(
    vendor: Vendor,
    setting: str,
    secrets: Sequence[str],
    check: Callable[[bytes, signatures.Headers, Sequence[str], datetime], str],
    read: Callable[[object], list[InboxEvent]],
) -> Source:
    return Source(vendor, f"BACKHAUL_{setting}", tuple(secrets), check, read)
