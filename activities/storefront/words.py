"""Words of a shop's own that its policy asks about: tags, channels, regions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.customer import IN_STORE

_LONGEST, _MOST = 100, 100
_REGION = re.compile(r"[A-Z0-9]{1,3}")


def tags_of(*values: object) -> tuple[str, ...]:
    """The tags in texts with commas or in lists of texts, each once. What is no tag, or longer than 100 characters,
    would match no rule and is left out, for an order must not fail for it; so is what comes after the first 100."""
    listed: list[object] = []
    for value in values:
        listed += value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    words = (" ".join(one.split()) for one in listed if isinstance(one, str))
    return tuple(dict.fromkeys(one for one in words if one and len(one) <= _LONGEST))[:_MOST]


def channel_of(name: str, known: Mapping[str, str]) -> str:
    """Where it was sold: what we call it, else the shop's own word; online if it says nothing."""
    return known.get(name, name[:_LONGEST]) or "online"


def region_of(country: str | None, code: str) -> str | None:
    """The part of ISO 3166-2 after the country, which some shops write before it (`DE-BY`); None if it is no such
    code, as where a shop numbers regions in its own way (`CN1`) or names them."""
    country = country or ""
    found = code.removeprefix(f"{country}-")
    own = code == found and re.fullmatch(rf"{re.escape(country)}[0-9]+", code)
    return found if country and not own and _REGION.fullmatch(found) else None


IN_PERSON = dict.fromkeys(("pos", "pos-rest-api"), IN_STORE)
"""What Shopify and WooCommerce call the till of a shop."""
