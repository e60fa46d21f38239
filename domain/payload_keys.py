"""The keys that payloads are encrypted with, as people write them: `id:base64`, the first for what is new."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NoBase64

KEY_BYTES = 32
"""AES-256."""
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_HOW = "write id:base64 with 32 bytes in base64; `python starter.py payload-key` makes one"


def parse_keys(text: str) -> dict[str, bytes]:
    """Keys by their ids, in their order; lines that begin with # are remarks.

    Raises ValueError telling which of them is wrong, without repeating a key.
    """
    found: dict[str, bytes] = {}
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for number, one in enumerate(" ".join(lines).split(), start=1):
        name, colon, written = one.partition(":")
        # What is no id may be a key without one, and is not repeated.
        if not colon or _ID.fullmatch(name) is None:
            raise ValueError(f"key {number} has no id of small letters, digits, - and _; {_HOW}")
        if name in found:
            raise ValueError(f"the id {name} stands there twice; choose another id for the newer key")
        found[name] = _bytes(name, written)
    if len(set(found.values())) < len(found):
        raise ValueError("one key stands there under two ids; make a new one for the newer id")
    return found


def checked_id(text: str) -> str:
    """An id for a key. Raises ValueError for what is none."""
    if _ID.fullmatch(text) is None:
        raise ValueError("an id has 1 to 32 small letters, digits, - and _, and begins with a letter or digit")
    return text


def _bytes(name: str, written: str) -> bytes:
    try:
        key = b64decode(written, validate=True)
    except (NoBase64, ValueError):
        raise ValueError(f"key {name} is no base64; {_HOW}") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"key {name} has {len(key)} bytes; {_HOW}")
    return key
