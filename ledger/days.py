"""The days that an export or a report covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Self

from pydantic import model_validator

from domain.model import Model
from ledger import JournalEntry


class Days(Model):
    """From `first` to `last`, both included, in UTC; None is open."""

    first: date | None = None
    last: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last and self.last < self.first:
            raise ValueError("the last day is before the first")
        return self

    def has(self, at: date) -> bool:
        """Whether a day, or a moment, is one of these days."""
        day = at.date() if isinstance(at, datetime) else at
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def of(self, entries: Iterable[JournalEntry]) -> Iterator[JournalEntry]:
        """The entries of these days. All must be read: a provider's word is recorded after its own time."""
        return (entry for entry in entries if self.has(entry.at))

    def __str__(self) -> str:
        """For people."""
        match self.first, self.last:
            case None, None:
                return "all days"
            case _, None:
                return f"since {self.first}"
            case None, _:
                return f"until {self.last}"
            case _:
                return f"{self.first} to {self.last}"
