"""What a policy may ask about a sale besides its goods: who bought, in the shop's own words, and where it was sold."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from domain.model import Model, UtcDatetime

Word = Annotated[str, StringConstraints(max_length=100)]
"""A short word of the shop's own: a category, a tag, a channel."""

IN_STORE = "in_store"
"""The channel of what was sold face to face; every other one sells at a distance."""


class CustomerFacts(Model):
    """What a policy may ask of a customer, without saying who it is: the shop's groups, since when there is an account,
    and how many orders and returns there were before this one. What is not known matches no rule."""

    groups: Annotated[tuple[Word, ...], Field(max_length=100)] = ()
    since: UtcDatetime | None = None
    orders: Annotated[int, Field(strict=True, ge=0)] | None = None
    returns: Annotated[int, Field(strict=True, ge=0)] | None = None
