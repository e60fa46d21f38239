"""Store credit that is taken back, because the money that it stood for went another way. Amounts are minor units."""

from __future__ import annotations

from typing import Literal, NamedTuple

from domain.model import Currency, Id, Minor, Model
from domain.money import half_up


class Given(NamedTuple):
    """What stands of store credit that returns of an order gave: what was paid for it, and the bonus on top."""

    customer: Id | Literal[""] = ""
    credit: int = 0
    bonus: int = 0


class TakingBack(Model):
    """The exact request to the storefront, committed before the call; only this is ever sent under its key.

    `credit` is what stood for money that is gone, `bonus` what came on top of it.
    """

    key: str
    order_id: Id
    customer: Id
    currency: Currency
    credit: Minor
    bonus: Minor

    @property
    def most(self) -> int:
        """All that may be taken; of what is spent, nothing can be."""
        return self.credit + self.bonus


def wanted_back(given: Given, missing: int) -> tuple[int, int]:
    """Credit and bonus to be taken back where so much of the order's money is `missing`: no more than was given, and of
    the bonus the same share as of the credit."""
    credit = min(given.credit, missing)
    return credit, half_up(given.bonus * credit, given.credit) if credit else 0
