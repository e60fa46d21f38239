"""Who asks the codec server: by a bearer token, or by the cookie that its sign-in page gave for one."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

SESSION = timedelta(hours=12)
COOKIE = "backhaul_codec"


class Readers:
    """People by their tokens. A session ends with its time, or when its owner's token is taken away."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = dict(tokens)

    def by_token(self, token: str) -> str:
        """Whose token this is; empty if nobody's. All are compared, whichever it is."""
        given = token.encode(errors="replace")
        found = [name for name, known in self._tokens.items() if hmac.compare_digest(given, known.encode())]
        return "".join(found)

    def by_header(self, header: str) -> str:
        """Whose `Authorization` this is; empty if nobody's."""
        scheme, _, token = header.partition(" ")
        return self.by_token(token.strip()) if scheme.lower() == "bearer" else ""

    def session(self, name: str, now: datetime) -> str:
        """What is put into the cookie: not the token, because a browser shows cookies to every port of a host."""
        until = str(int((now + SESSION).timestamp()))
        return f"{name}.{until}.{self._signed(name, until)}"

    def by_session(self, cookie: str, now: datetime) -> str:
        """Whose session this is; empty if it is nobody's, or over."""
        name, _, rest = cookie.partition(".")
        until, _, signature = rest.partition(".")
        if name not in self._tokens:
            return ""
        if not hmac.compare_digest(signature.encode(errors="replace"), self._signed(name, until).encode()):
            return ""
        return name if int(until) > now.timestamp() else ""

    def _signed(self, name: str, until: str) -> str:
        told = f"backhaul codec session {name} {until}"
        return hmac.new(self._tokens[name].encode(), told.encode(errors="replace"), hashlib.sha256).hexdigest()
