"""Goods that come after their return has ended: what is known of them, and what a person decides."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from domain.case import CaseSoFar
from domain.inspection import Receipt
from domain.model import Id, Model


class LateGoods(Model):
    """A box of a return that has ended, counted."""

    kind: Literal["goods"] = "goods"
    case: Id
    order_id: Id
    receipt: Receipt


class Late(StrEnum):
    """What becomes of late goods that nobody has paid for."""

    ACCEPT = "accept"
    """They are inspected and refunded by the terms that were decided."""
    SEND_BACK = "send_back"
    """The shopper gets them back."""


class DecideLate(Model):
    """A person decides it."""

    by: Id
    how: Late


class Arrived(Model):
    """What late goods are to the books: `paid` if their money went back before they came. `for_finance` is what a
    person has to see to then, empty if nothing."""

    paid: bool
    for_finance: str = ""


def over(known: CaseSoFar) -> bool:
    """Whether a return takes no goods any more."""
    return bool(
        known.outcome or known.cancelled or known.force_closed or known.expired or known.lost or known.never_came
    )
