"""What comes from outside, kept in its place: one line each, no longer than people read, links that are links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from domain.notice import Notice, NoticeExtra, NoticeLine, NoticePart, NoticeReason

_Row = TypeVar("_Row", NoticeExtra, NoticePart)

# Controls, line and paragraph separators, marks that are not seen or turn the direction of writing, lone surrogates.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_WEB = re.compile(r"https?://[^\s\"'<>\\]{1,2000}")
_ADDRESS = re.compile(r"://|www\.", re.IGNORECASE)

SUBJECT, NAME, ADDRESS, TITLE, SENTENCE, WORD = 150, 80, 320, 160, 400, 120
"""The most characters of each."""
_REASONS, _ROWS = 3, 20
"""The most reasons for one item, and the most rows of anything that is no item."""


def one_line(text: str) -> str:
    """The text on one line, without what is not seen."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def cut(text: str, most: int) -> str:
    """One line of at most so many characters; where something was left out, it ends in an ellipsis."""
    line = one_line(text[: 4 * most])  # the rest of a text of megabytes is not worth a look
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def link(url: str) -> str:
    """The address if a browser may open it; empty otherwise. A part of one would lead elsewhere, so none is cut."""
    return url if _WEB.fullmatch(url) else ""


def greeted(name: str) -> str:
    """The name to greet with. One with an address in it is none: who signs up under it wants us to send their mails."""
    return "" if _ADDRESS.search(name) else cut(name, NAME)


def bounded(notice: Notice, lines: int) -> Notice:
    """The notice with at most so many items, and every text of it within bounds."""
    texts: Mapping[str, object] = {
        name: link(value) if name.endswith("_url") else cut(value, WORD)
        for name, value in notice
        if isinstance(value, str)
        and not isinstance(value, StrEnum)
        and name not in ("key", "case", "order_id", "customer_id")
    }
    return notice.model_copy(
        update={
            **texts,
            "lines": tuple(_line(one) for one in notice.lines[:lines]),
            "extras": tuple(_amount_cut(one) for one in notice.extras[:_ROWS]),
            "parts": tuple(_amount_cut(one) for one in notice.parts[:_ROWS]),
        }
    )


def _amount_cut(row: _Row) -> _Row:
    return row.model_copy(update={"amount": cut(row.amount, WORD)})


def _line(line: NoticeLine) -> NoticeLine:
    return line.model_copy(
        update={
            "title": cut(line.title, TITLE),
            "amount": cut(line.amount, WORD),
            "quoted": cut(line.quoted, WORD),
            "reason": cut(line.reason, SENTENCE),
            "reasons": tuple(_reason(one) for one in line.reasons[:_REASONS]),
        }
    )


def _reason(reason: NoticeReason) -> NoticeReason:
    return reason.model_copy(update={"text": cut(reason.text, SENTENCE), "day": cut(reason.day, WORD)})
