"""One JSON text per value, so that equal values have equal hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

JsonFact = int | str | list["JsonFact"] | dict[str, "JsonFact"]
"""What may be recorded: integers and text, nested. No floats, no booleans, no null."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical_json(value: object) -> str:
    """Sorted keys, no white space, UTF-8 kept as it is. Raises TypeError for what is no JsonFact."""
    if not _plain(value):
        _check(value, "value")
    return _encode(value)


def sha256(text: str) -> str:
    """64 hex characters over the UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def iso_utc(moment: datetime) -> str:
    """`2026-11-21T20:15:00.000000Z`: UTC to the microsecond, always as long. Raises ValueError for a naive moment."""
    if moment.utcoffset() is None:
        raise ValueError("a moment without its time zone cannot be kept; say which zone it is in")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _plain(value: object) -> bool:
    """A quick look that lets most values pass; what it does not know, `_check` judges and names."""
    kind = type(value)
    if kind is str or kind is int:
        return True
    if isinstance(value, dict):
        return set(map(type, value)) <= {str} and all(map(_plain, value.values()))
    return isinstance(value, list | tuple) and all(map(_plain, value))


def _check(value: object, path: str) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{path} has a key that is not text")
            _check(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            _check(inner, f"{path}.{position}")
    elif isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"{path} is a {type(value).__name__}; only integers and text are recorded")
