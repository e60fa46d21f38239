"""Reading decoded JSON field by field: whatever is wrong with it is an InvalidRequest that names the path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.config import ExtraValues
from pydantic_core import ErrorDetails, PydanticSerializationError

from domain.errors import InvalidRequest
from domain.model import PATTERNS
from domain.money import Money, exponent

M = TypeVar("M", bound=BaseModel)

_WORDS = {
    "missing": "it is missing",
    "too_short": "it is empty",
    "too_long": "it has more than {max_length} entries",
    "extra_forbidden": "this field is not known here; take it out",
    "string_type": "a text is expected",
    "string_too_long": "at most {max_length} characters are taken",
    "string_pattern_mismatch": "it is not written as it has to be",
    "bool_type": "true or false is expected",
    "bool_parsing": "true or false is expected",
    "int_type": "a whole number is expected",
    "greater_than_equal": "at least {ge} is expected",
    "less_than_equal": "at most {le} is expected",
    "timezone_aware": "a date and time needs a time zone, such as 2026-11-06T12:00:00Z",
    "literal_error": "{expected} is expected",
    "enum": "{expected} is expected",
    "tuple_type": "a list is expected",
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), "an object is expected"),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"),
        "a date and time is expected, such as 2026-11-06T12:00:00Z",
    ),
}
"""What to tell people instead of what the validation calls a fault."""

_WRITTEN = {
    "locale": "a language is expected, such as en or de-DE",
    "country": "a country is written as two capital letters, such as DE",
    "rate": "a tax rate is expected, as a fraction such as 0.19",
    "exchange_rate": "an exchange rate is expected, such as 1.0825",
}
"""How texts are written that have a pattern of their own."""

_SCIENTIFIC = re.compile(r"-?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]{1,3}")

_LONGEST = 40
"""Characters of a figure; whatever is longer is none, and would only fill the error that quotes it."""


def make(
    model: type[M],
    values: object,
    path: str = "",
    names: Mapping[str, str] | None = None,
    extra: ExtraValues | None = None,
) -> M:
    """`values` as a `model`. Raises InvalidRequest naming the field, below `path` and called as in `names`."""
    try:
        made = model.model_validate(values, extra=extra)
        made.model_dump_json()
    except ValidationError as error:
        # never with the input: messages end up in logs and histories, inputs may be personal
        fault = error.errors(include_url=False, include_input=False)[0]
        inside = ".".join(str(part) for part in fault["loc"])
        head, *tail = inside.split(".")
        called = (names or {}).get(inside) or ".".join([(names or {}).get(head, head), *tail])
        field = ".".join(filter(None, (path, called))) or "order"
        raise InvalidRequest(field, _words(fault)) from None
    except OverflowError:
        raise InvalidRequest(path or "order", "a date in it is out of range") from None
    except PydanticSerializationError:  # half a surrogate pair, which JSON can spell and nothing can store
        raise InvalidRequest(path or "order", "a text in it holds characters that do not exist") from None
    return made


def _words(fault: ErrorDetails) -> str:
    """A fault for people, without the value that was given."""
    told = fault.get("ctx", {})
    written = PATTERNS.get(str(told.get("pattern"))) or _WRITTEN.get(str((fault["loc"] or [""])[-1]))
    if fault["type"] == "string_pattern_mismatch" and written:
        return written
    words = _WORDS.get(fault["type"])
    return words.format_map(told) if words else fault["msg"].removeprefix("Value error, ")


def utc(moment: datetime | None) -> datetime | None:
    """The moment in UTC. Raises InvalidRequest for `delivered_at` if it has no time zone or is out of range."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise InvalidRequest("delivered_at", "it needs a time zone, such as 2026-11-06T12:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidRequest("delivered_at", "it is out of range") from None


@dataclass(frozen=True)
class Node:
    """A JSON object and where it stands. Null counts as absent, as it does at Shopify."""

    fields: Mapping[str, object]
    path: str = ""

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Whether the field says anything."""
        return self.fields.get(name) is not None

    def text(self, name: str) -> str:
        """A text, empty if absent. Raises InvalidRequest for anything else."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise InvalidRequest(self.at(name), f"a text is expected, not {_kind(value)}")
        return value.strip()

    def id_text(self, name: str) -> str:
        """An id as text, whether it is written as a text or as a number; empty if it is neither."""
        value = self.fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_LONGEST:
            return str(value)
        return value.strip() if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """True or false; raises InvalidRequest for anything else."""
        value = self.fields.get(name)
        if not isinstance(value, bool):
            raise InvalidRequest(self.at(name), f"true or false is expected, not {_kind(value)}")
        return value

    def whole(self, name: str) -> int:
        """A whole number; raises InvalidRequest for anything else."""
        value = self.fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidRequest(self.at(name), f"a whole number is expected, not {_kind(value)}")
        return value

    def figure(self, name: str) -> str:
        """A number as its decimal text, exactly as written but without an exponent; raises InvalidRequest for anything
        else."""
        value = self.fields.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise InvalidRequest(self.at(name), f"a number is expected, not {_kind(value)}")
        try:
            text = str(value)
        except ValueError:  # Python does not write out an integer of thousands of digits
            text = ""
        text = _without_exponent(text) if len(text) <= _LONGEST else text
        if not 0 < len(text) <= _LONGEST:
            raise InvalidRequest(self.at(name), f"a number of at most {_LONGEST} characters is expected")
        return text

    def amount(self, name: str, currency: str, either_sign: bool = False) -> int:
        """An amount in minor units; raises InvalidRequest if it is none, or negative and `either_sign` is not.

        With `either_sign` it is taken without its sign, for vendors who write below zero what went back.
        """
        try:
            minor = Money.parse(self.figure(name), currency).minor
        except ValueError as error:
            raise InvalidRequest(self.at(name), str(error)) from None
        if minor < 0 and not either_sign:
            raise InvalidRequest(self.at(name), f"{self.figure(name)} is negative")
        return abs(minor)

    def currency(self, name: str) -> str:
        """The code of a currency; raises InvalidRequest for one that ISO 4217 does not list."""
        code = self.text(name)
        try:
            exponent(code)
        except ValueError as error:
            raise InvalidRequest(self.at(name), str(error)) from None
        return code

    def rate(self, name: str) -> str:
        """A tax rate as `TaxLine.rate` wants it; raises InvalidRequest if it is no number from 0 to below 1000."""
        try:
            rate = Decimal(self.figure(name)).quantize(Decimal("1e-8"))
        except InvalidOperation:
            rate = Decimal("NaN")
        if not rate.is_finite() or not 0 <= rate < 1000:
            raise InvalidRequest(self.at(name), "a tax rate is expected, as a fraction such as 0.19")
        return f"{abs(rate).normalize():f}"

    def child(self, name: str) -> Node | None:
        """The object in a field; None if absent. Raises InvalidRequest for anything else."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise InvalidRequest(self.at(name), f"an object is expected, not {_kind(value)}")
        return Node(value, self.at(name))

    def each(self, name: str) -> list[Node]:
        """The objects of a list; none if absent. Raises InvalidRequest for anything else."""
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise InvalidRequest(self.at(name), f"a list is expected, not {_kind(value)}")
        found: list[Node] = []
        for position, one in enumerate(value):
            path = f"{self.at(name)}.{position}"
            if not isinstance(one, Mapping):
                raise InvalidRequest(path, f"an object is expected, not {_kind(one)}")
            found.append(Node(one, path))
        return found


def _without_exponent(text: str) -> str:
    """`3E+1` is 30, exactly; anything that is no such number, or is too long without its exponent, is left as it is."""
    if not _SCIENTIFIC.fullmatch(text):
        return text
    plain = f"{Decimal(text):f}"
    return plain if len(plain) <= _LONGEST else text


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, int | float | Decimal):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"
