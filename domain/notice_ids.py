"""The keys of mails, made from business ids alone like all others (`domain.ids`)."""

from __future__ import annotations


def notice_key(case: str, kind: str, number: int = 1) -> str:
    """One mail; also our message key at the mail provider."""
    return f"notice:{case}:{kind}:{number}"


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
