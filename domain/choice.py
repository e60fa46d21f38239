"""The shopper, or staff for them, chooses what a return ends with."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from domain.model import Id, Model, ShortText, UtcDatetime
from domain.people import SHOPPER
from domain.resolution import Resolution

BACKHAUL = "backhaul"
"""Who chooses where what was chosen cannot be had: the next remedy follows by itself."""


class Choice(Model):
    """Another resolution from here on. `by` is the shopper, or who heard it: they say how in `remark`, which stays out
    of the journal and names no people."""

    by: Id
    resolution: Resolution
    remark: ShortText = ""

    @model_validator(mode="after")
    def _says_how(self) -> Self:
        if self.by != SHOPPER and not self.remark:
            raise ValueError("remark: say how the shopper chose, such as `by phone, 14:20`")
        return self


class Chosen(Model):
    """A recorded choice."""

    by: Id
    resolution: Resolution
    at: UtcDatetime
