"""Every error that this project raises on purpose.

    BackhaulError
    ├── InvalidRequest    the input is wrong; names the field to mend
    ├── Refused           a final no, with a code; trying again does not help
    │   └── OverLimit     a guarded account of the ledger does not hold that much
    ├── Unavailable       an outside system gave no answer; the same call may be tried again
    │   └── StoredFault   it repeats a fault that it keeps under our key; the same call will not help
    ├── Stale             the order has moved on since it was read; read and decide again
    └── KeyConflict       this key already stands for something else; a fault in the caller

Messages are for people: what happened, what is allowed, what to do. They never carry personal data or secrets,
because they end up in workflow histories.
"""

from __future__ import annotations


class BackhaulError(Exception):
    """The root; carries a message for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequest(BackhaulError):
    """The input is wrong: `field` (a path such as `lines.0.quantity`) says where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class Refused(BackhaulError):
    """A final no with a stable `code` (`charge_disputed`, `over_limit`, ...)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OverLimit(Refused):
    """A guarded account would fall below zero; `available` says what it still gives."""

    def __init__(self, account: str, asked: int, available: int) -> None:
        super().__init__("over_limit", f"{account} can give {available}, {asked} was asked for")
        self.account = account
        self.asked = asked
        self.available = available


class Unavailable(BackhaulError):
    """An outside system gave no usable answer; `retry_after` seconds if it said when to come back."""

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoredFault(Unavailable):
    """The provider repeats the fault that it keeps under our key: the same call gets the same answer for a day."""


class Stale(BackhaulError):
    """The order has new journal entries since it was read: read and decide again."""


class KeyConflict(BackhaulError):
    """The key is in the journal already, for other content."""
