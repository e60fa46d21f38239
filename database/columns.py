"""Column types that keep one text per value, so that what was hashed reads back the same on any database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

from domain.canonical import JsonFact, canonical_json, iso_utc

Name = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids, keys and account names: compared and sorted by code point everywhere."""

Whole = BigInteger().with_variant(Integer, "sqlite")
"""Whole numbers of 64 bits; SQLite's INTEGER is that already, and only under this name a row number."""


class UtcDatetime(TypeDecorator[datetime]):
    """A moment as ISO 8601 text in UTC to the microsecond; it sorts by time. Raises ValueError for a naive one."""

    impl = Name
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write."""
        return None if value is None else iso_utc(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read."""
        return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


class CanonicalJson(TypeDecorator[JsonFact]):
    """Integers and text, nested, as canonical JSON text. Raises TypeError for anything else."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: JsonFact | None, dialect: Dialect) -> str | None:
        """Write."""
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> JsonFact | None:
        """Read."""
        return None if value is None else json.loads(value)
