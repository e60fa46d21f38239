"""The keys of mails, made from business ids alone like all others (`domain.ids`)."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"notice:([^:\s]{1,64}):([a-z_]{1,40}):([0-9]{1,9})")


def notice_key(case: str, kind: str, number: int = 1) -> str:
    """One mail; also our message key at the mail provider."""
    return f"notice:{case}:{kind}:{number}"


def again_key(notice: str, number: int) -> str:
    """The n-th sending of a mail that staff has made anew; the first sending has the notice's own key."""
    return f"{notice}:{number}"


def asked_again_key(again: str) -> str:
    """The word of staff by which a mail is made anew."""
    return f"notice_again:{again}"


def plain_notice(key: str) -> tuple[str, str, int] | None:
    """Return, kind and number of a mail's own key; None if it is another's, as of a mail about one refund."""
    found = _PLAIN.fullmatch(key)
    return (found[1], found[2], int(found[3])) if found else None


def resent_key(notice: str) -> str:
    """The one resending of a mail of which nobody knew whether it had gone out."""
    return f"notice_resent:{notice}"


def notice_failed_key(notice: str, state: str) -> str:
    """The provider's later word that a mail did not come in, or was not wanted."""
    return f"notice_failed:{notice}:{state}"


def mailing_id(notice: str) -> str:
    """The Temporal workflow of a mail that its return does not wait for any more."""
    return f"mail:{notice}"


def refund_notice_key(kind: str, refund: str) -> str:
    """The mail of a kind about one intention."""
    _, case, leg = refund.split(":", 2)
    return f"notice:{case}:{kind}:{leg}"
