"""Everybody outside whom the settings name: whether they would serve us, and what time it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from activities.checking import Checkable, Checked
from commands.checkup import Finding, failed, ok, warning
from domain.errors import BackhaulError, InvalidRequest

if TYPE_CHECKING:
    from settings import Settings

SLOW = timedelta(seconds=5)
TOO_FAR = timedelta(minutes=5)
"""From here on signatures with a time in them are refused, ours and those of webhooks."""

_STRIPE_KEYS = "https://dashboard.stripe.com/apikeys"
_KEYS = {
    "stripe": "BACKHAUL_STRIPE_API_KEY",
    "mail": "BACKHAUL_SENDGRID_API_KEY",
    "carrier": "BACKHAUL_EASYPOST_API_KEY",
    "storefront": "BACKHAUL_STOREFRONT_SECRET",
}


def look(own: Settings, named: Mapping[str, Callable[[], object]]) -> list[Finding]:
    """One harmless call to each at once, then what their clocks say."""
    with ThreadPoolExecutor(len(named)) as threads:
        seen = list(threads.map(lambda one: _asked(own, *one), named.items()))
    findings = [finding for found, _ in seen for finding in found]
    return [*findings, *_clock([late for _, late in seen if late is not None])]


def _asked(own: Settings, about: str, make: Callable[[], object]) -> tuple[list[Finding], timedelta | None]:
    """What one of them says, and how far our clock is before theirs."""
    if about == "stripe" and (fault := _stripe_key(own)):
        return [fault], None
    try:
        made = make()
        if not isinstance(made, Checkable):
            return [ok(about, "takes what it is told, and can be asked nothing")], None
        told = made.check()
    except InvalidRequest as error:
        return [failed(about, error.message, f"export {error.field}=...")], None
    except BackhaulError as error:
        return [failed(about, error.message, f"export {_setting(own, about)}=...")], None
    late = datetime.now(UTC) - told.clock if told.clock else None
    return _weighed(own, about, told), late


def _weighed(own: Settings, about: str, told: Checked) -> list[Finding]:
    if told.lacks:
        where = _STRIPE_KEYS if about == "stripe" else "https://app.sendgrid.com/settings/api_keys"
        text = f"the key may not: {', '.join(told.lacks)}; give it that right at {where}, or take another key"
        return [failed(about, text, f"export {_setting(own, about)}=...")]
    notes = [*told.notes]
    if about == "stripe" and _is_test(own) and not own.stripe_api_base:
        notes.append("a test key: refunds move no money")
    if about == "carrier" and notes and _is_test(own):
        notes = []  # all of it is a trial
    return [warning(about, note) for note in notes] or [ok(about, "would serve us")]


def _stripe_key(own: Settings) -> Finding | None:
    key, name = own.stripe_api_key.get_secret_value(), _KEYS["stripe"]
    if key.startswith(("sk_", "rk_")):
        return None
    found = "is no secret key (they begin with sk_ or rk_)" if key else "is empty"
    return failed("stripe", f"{name} {found}; copy one from {_STRIPE_KEYS}", f"export {name}=sk_live_...")


def _is_test(own: Settings) -> bool:
    return own.stripe_api_key.get_secret_value()[2:].startswith("_test_")


def _setting(own: Settings, about: str) -> str:
    if about == "mail" and own.mail == "smtp":
        return "BACKHAUL_SMTP_URL"
    if about == "carrier" and own.carrier == "embedded":
        return "BACKHAUL_CARRIER_TOKEN"
    return _KEYS[about]


def _clock(late: list[timedelta]) -> list[Finding]:
    """The nearest of them counts: the others may be wrong themselves."""
    if not late:
        return []
    least = min(late, key=abs)
    text = f"this machine is {abs(least).total_seconds():.0f} seconds {'ahead' if least > timedelta() else 'behind'}"
    if abs(least) >= TOO_FAR:
        text += "; signatures of webhooks and calls are refused"
        return [failed("clock", text, "sudo timedatectl set-ntp true")]
    if abs(least) >= SLOW:
        return [warning("clock", text, "sudo timedatectl set-ntp true")]
    return [ok("clock", "it agrees with those outside")]
