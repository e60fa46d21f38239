"""Who may have payloads decrypted: names and tokens, as people write them."""

from __future__ import annotations

import re

SHORTEST = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,200}")


def parse_tokens(text: str) -> dict[str, str]:
    """Tokens by the names of their owners: `name:token`, with spaces between them.

    Raises ValueError telling which of them is wrong, without repeating a token.
    """
    found: dict[str, str] = {}
    for number, one in enumerate(text.split(), start=1):
        name, _, token = one.partition(":")
        if _NAME.fullmatch(name) is None or not token:
            raise ValueError(f"entry {number} is not name:token")
        if name in found:
            raise ValueError(f"{name} stands there twice")
        if _TOKEN.fullmatch(token) is None:
            raise ValueError(f"the token of {name} is not {SHORTEST} to 200 letters, digits, - and _")
        if token in found.values():
            raise ValueError(f"the token of {name} is somebody else's, too")
        found[name] = token
    return found
