"""Refusals of the storefront."""

from __future__ import annotations

from embedded.simulators.bodies import Json


class StorefrontError(Exception):
    """An answer other than 2xx. `settled`: the call was carried out and this is its outcome, kept under its key."""

    def __init__(self, status: int, code: str, message: str, *, settled: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.settled = settled
        self.body: Json = {"error": {"code": code, "message": message}}


def missing(noun: str, id: str) -> StorefrontError:
    """There is no such thing."""
    return StorefrontError(404, "not_found", f"There is no {noun} {id[:100]}.")
