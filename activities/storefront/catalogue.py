"""What the shop sells now, read at the storefront when somebody wants it for something else."""

from __future__ import annotations

from urllib.parse import urlencode

from activities.calling import StorefrontCalls
from domain.errors import Refused
from domain.exchange import Variant

_MISSING = "not_found"


class HttpCatalogue:
    """The storefront's own: GET /variants?sku=...."""

    def __init__(self, calls: StorefrontCalls) -> None:
        self._calls = calls

    def variant(self, sku: str) -> Variant | None:
        """As it is sold now."""
        try:
            return self._calls.get(Variant, f"/variants?{urlencode({'sku': sku})}")
        except Refused as no:
            if no.code == _MISSING:
                return None
            raise


class NoCatalogue:
    """A shop of which nobody knows what it sells: it gives the same again, and nothing else."""

    def variant(self, sku: str) -> Variant | None:
        """None."""
        return None
