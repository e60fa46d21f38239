"""The base of every noun, and the small typed strings and numbers that they share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)


class Model(BaseModel):
    """A frozen value. Unknown fields are ignored, so an older worker reads what a newer one wrote."""

    # An error must not quote its input: it may hold personal data, and it ends up in histories.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Sparse(Model):
    """A value of many fields of which few are filled: its JSON leaves out what is as by default, and whoever reads it
    fills that in again. A history is made of such JSON."""

    @model_serializer(mode="wrap", when_used="json")
    def _filled(self, whole: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        told: dict[str, JsonValue] = whole(self)
        empty = {name: one.get_default() for name, one in type(self).model_fields.items() if not one.is_required()}
        return {name: one for name, one in told.items() if name not in empty or getattr(self, name) != empty[name]}


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # year 1 in the east of Greenwich; pydantic turns only ValueError into an answer
        raise ValueError("this moment is outside the calendar") from None


def _plain(text: str) -> str:
    if any(not one.isprintable() for one in text):
        raise ValueError("line breaks and other control characters are not taken here")
    return text


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An aware moment, kept in UTC; a naive one is refused."""

ShortText = Annotated[str, StringConstraints(max_length=200), AfterValidator(_plain)]
"""One line of at most 200 printable characters (so it also has a UTF-8 form, which half a surrogate has not)."""

_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_CURRENCY = r"^[A-Z]{3}$"
_KEY = r"^([A-Za-z0-9+/]{43}=)?$"
_SIGNATURE = r"^[A-Za-z0-9+/]{86}==$"
SERIAL = r"^[!-~]{1,100}$"
"""Of a serial number (`domain.serials`)."""

SKU = r"^[\x21-\x7e]{1,100}$"
"""Of what a shop calls something that it sells."""

PATTERNS = {
    _ID: "an id has 1 to 64 letters, digits, points, dashes and underscores, and begins with a letter or digit",
    _CURRENCY: "a currency is written as three capital letters, such as EUR",
    _KEY: "a public key is 44 characters of base64, as `starter.py people key` prints it",
    SKU: "a SKU has 1 to 100 letters, digits and signs of ASCII, without spaces",
    SERIAL: "a serial number has 1 to 100 letters, digits and signs of ASCII, without spaces",
    _SIGNATURE: "a signature is 88 characters of base64, as `starter.py approve` makes it",
}
"""What to tell people instead of a regular expression."""

Id = Annotated[str, StringConstraints(pattern=_ID)]
"""An id from outside. No colon, so that keys made of ids can be taken apart again; too short for free text."""

Minor = Annotated[int, Field(strict=True, ge=0, le=10**15)]
"""An amount in minor units (cents). Strict: a float or a string of digits is refused, never rounded."""

Quantity = Annotated[int, Field(strict=True, ge=1, le=10**6)]
"""Whole units."""

Currency = Annotated[str, StringConstraints(pattern=_CURRENCY)]
"""Three capital letters; whether ISO 4217 knows them is checked by `domain.money`."""

PublicKey = Annotated[str, StringConstraints(pattern=_KEY)]
"""An Ed25519 public key as base64; empty where there is none."""

Signature = Annotated[str, StringConstraints(pattern=_SIGNATURE)]
"""An Ed25519 signature as base64."""
