"""What the shopper said: which units of which order come back, and why."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from domain.errors import InvalidRequest
from domain.method import Method
from domain.model import PATTERNS, SKU, Id, Model, Quantity, UtcDatetime
from domain.order import Order
from domain.resolution import Resolution

M = TypeVar("M", bound=Model)

_WORDS = {
    "enum": "it is {expected}",
    "literal_error": "it is {expected}",
    "missing": "it is required",
    "greater_than_equal": "it is {ge} or more",
    "greater_than": "it is more than {gt}",
    "less_than_equal": "it is {le} or less",
    "less_than": "it is less than {lt}",
    "int_type": "it is a whole number",
    "int_parsing": "it is a whole number",
    "string_type": "it is text",
    "string_too_long": "it has {max_length} characters at most",
    "string_too_short": "it has {min_length} characters or more",
    "too_long": "at most {max_length} of them",
    "too_short": "at least {min_length} of them",
    "value_error": "{error}",
}
"""What to tell people instead of the library's words, by its name for the fault."""
_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")
_NAMED = re.compile(r"([a-z_]+): (.+)", re.DOTALL)

_UNKNOWN = "there is no such field; free text and personal data are not taken here: store a note and send its note_id"


class ReturnReason(StrEnum):
    """Why an item comes back: Shopify's names, and some that it has none for. `domain.policy.reasons` groups them."""

    ACCIDENTAL_ORDER = "accidental_order"
    BETTER_PRICE = "better_price"
    COLOR = "color"
    DAMAGED_IN_TRANSIT = "damaged_in_transit"
    DEFECTIVE = "defective"
    LATE = "late"
    MISSING_PARTS = "missing_parts"
    NOT_AS_DESCRIBED = "not_as_described"
    OTHER = "other"
    SIZE_TOO_LARGE = "size_too_large"
    SIZE_TOO_SMALL = "size_too_small"
    STYLE = "style"
    UNKNOWN = "unknown"
    UNWANTED = "unwanted"
    WRONG_ITEM = "wrong_item"


class Basis(StrEnum):
    """On what ground something comes back."""

    WITHDRAWAL = "withdrawal"
    """The law lets the shopper go back on a purchase without a reason."""
    NON_CONFORMITY = "non_conformity"
    """The law answers for goods that are not as they were sold."""
    WARRANTY = "warranty"
    """The merchant answers for defects beyond the law."""
    POLICY = "policy"
    """The merchant takes goods back."""
    GOODWILL = "goodwill"
    """Nobody has to; a person decided so."""


Sku = Annotated[str, StringConstraints(pattern=SKU)]
"""What the shop calls something that it sells."""

NoteId = Annotated[str, StringConstraints(pattern=r"^note_[a-z0-9]{8,40}$")]
"""The id of a stored text. The text itself never travels."""


class RequestedLine(Model):
    """So many units of one order line. `exchange_for` is what the shopper wants instead, as many units of it."""

    line_id: Id
    quantity: Quantity
    reason: ReturnReason = ReturnReason.UNKNOWN
    note_id: NoteId | None = None
    exchange_for: Sku | None = None


class ReturnRequest(Model):
    """The input of a return. `id` is chosen by the storefront; the same id is the same return for ever.

    `basis` is what the shopper invokes; without it a return within a period of withdrawal counts as withdrawal.
    `appeals` is an earlier return that was declined: then a person looks at what the policy declines again.
    `box` is the one that its goods came in before anybody asked for it, so it needs no label. `method` is how they get
    back, one of those that the policy offers for every line; without it by label, where that is offered. `resolution`
    is what the shopper gets for them, of what the policy offers for every line.
    """

    id: Id
    order_id: Id
    lines: Annotated[tuple[RequestedLine, ...], Field(min_length=1, max_length=200)]
    requested_by: Id = "shopper"
    requested_at: UtcDatetime | None = None
    basis: Basis | None = None
    appeals: Id | None = None
    box: Id | None = None
    method: Method | None = None
    resolution: Resolution = Resolution.REFUND


def parse_request(raw: object) -> ReturnRequest:
    """A request from decoded JSON. Raises InvalidRequest naming the first field that is wrong."""
    if not isinstance(raw, dict):
        raise InvalidRequest("input", "a return request is a JSON object with id, order_id and lines")
    request = taken(ReturnRequest, raw)
    seen: set[str] = set()
    for position, line in enumerate(request.lines):
        if line.line_id in seen:
            raise InvalidRequest(f"lines.{position}.line_id", f"{line.line_id} is named twice; add the quantities up")
        seen.add(line.line_id)
        if (request.resolution is Resolution.EXCHANGE) is not bool(line.exchange_for):
            text = "name what goes out for it" if line.exchange_for is None else "only an exchange has it"
            raise InvalidRequest(f"lines.{position}.exchange_for", f"{text} (resolution is {request.resolution})")
    return request


def taken(model: type[M], raw: object) -> M:
    """What somebody outside says to us. Raises InvalidRequest naming the first field that is wrong or not known here.

    Unknown fields are refused, not ignored: whatever they hold would stay in the workflow's history for ever.
    """
    try:
        return model.model_validate(raw, extra="forbid")
    except ValidationError as error:
        raise InvalidRequest(*first_fault(error)) from None


def first_fault(error: ValidationError) -> tuple[str, str]:
    """The field and the message of a validation's first fault, without the value that was given."""
    return all_faults(error)[0]


def all_faults(error: ValidationError) -> list[tuple[str, str]]:
    """The field and the message of each fault, without the values that were given."""
    told = []
    for fault in error.errors(include_url=False, include_input=False):
        known = fault.get("ctx", {})
        plain = _WORDS[fault["type"]].format_map(known) if fault["type"] in _WORDS else fault["msg"]
        plain = _MEMBER.sub(r"\1", plain).replace("Input should", "it should")
        words = _UNKNOWN if fault["type"] == "extra_forbidden" else PATTERNS.get(str(known.get("pattern")), plain)
        field = ".".join(str(part) for part in fault["loc"])
        # What is wrong with the whole often begins with the field that it is about.
        named = None if field else _NAMED.fullmatch(words)
        told.append((named[1], named[2]) if named else (field or "input", words))
    return told


def check_against(request: ReturnRequest, order: Order) -> None:
    """Raises InvalidRequest if the request names lines that the order does not have, or more units than were bought."""
    for position, wanted in enumerate(request.lines):
        line = order.line(wanted.line_id)
        if line is None:
            known = ", ".join(one.id for one in order.lines[:20])
            raise InvalidRequest(
                f"lines.{position}.line_id", f"order {order.number} has no line {wanted.line_id}; it has {known}"
            )
        if wanted.quantity > line.quantity:
            raise InvalidRequest(
                f"lines.{position}.quantity",
                f"{wanted.quantity} asked for, but only {line.quantity} of line {line.id} were bought",
            )
