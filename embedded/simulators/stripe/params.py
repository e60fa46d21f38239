"""Form bodies and query strings, read as strictly as Stripe reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request

from embedded.simulators.bodies import media_type
from embedded.simulators.stripe.errors import StripeError, missing

Params = dict[str, str | dict[str, str]]

_NAME = re.compile(r"([A-Za-z0-9_]+)((?:\[[^\[\]]*\])*)")
# Only these may be nested more than once, as in `line_items[0][price_data][currency]`.
_DEEP = ("after_completion", "line_items", "payment_intent_data", "restrictions")
_INTEGER = re.compile(r"-?[0-9]{1,15}")


async def form(request: Request, allowed: Sequence[str]) -> Params:
    """The parameters of a POST."""
    body = await request.body()
    if body and media_type(request) != "application/x-www-form-urlencoded":
        raise StripeError("Invalid request (check that your POST content type is application/x-www-form-urlencoded).")
    return _parse(body, allowed)


def query(request: Request, allowed: Sequence[str] = ()) -> Params:
    """The parameters of a GET."""
    return _parse(request.url.query.encode(), allowed)


def text(params: Params, name: str) -> str | None:
    """A parameter that is plain text, if given. Raises StripeError if it is nested or empty."""
    value = params.get(name)
    if isinstance(value, dict):
        raise StripeError(f"Invalid string: {name}", param=name)
    if value == "":
        raise StripeError(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset.",
            code="parameter_invalid_empty",
            param=name,
        )
    return value


def required(params: Params, name: str) -> str:
    """A parameter that must be there."""
    value = text(params, name)
    if value is None:
        raise StripeError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return value


def integer(params: Params, name: str, low: int, high: int) -> int | None:
    """A whole number within bounds, if given."""
    value = text(params, name)
    if value is None:
        return None
    if _INTEGER.fullmatch(value) is None:
        raise StripeError(f"Invalid integer: {value[:100]}", code="parameter_invalid_integer", param=name)
    number = int(value)
    if not low <= number <= high:
        bound = f"greater than or equal to {low}" if number < low else f"less than or equal to {high}"
        raise StripeError(f"This value must be {bound}.", code="parameter_invalid_integer", param=name)
    return number


def choice(params: Params, name: str, choices: Sequence[str]) -> str | None:
    """One of a few words, if given."""
    value = text(params, name)
    if value is not None and value not in choices:
        raise StripeError(f"Invalid {name}: must be one of {', '.join(choices)}", param=name)
    return value


def several(params: Params, name: str) -> list[str]:
    """The values of a list, in order; empty if not given. Raises StripeError for anything but a list of texts."""
    given = params.get(name, {})
    if isinstance(given, str) or not all(index.isdecimal() and value for index, value in given.items()):
        raise StripeError("Invalid array", param=name)
    return list(given.values())


def merged(params: Params, before: dict[str, str]) -> dict[str, str]:
    """The metadata of an object after an update: given keys are set or, when empty, taken away; `metadata=` clears."""
    given = params.get("metadata", {})
    if isinstance(given, str):
        return metadata(params)
    kept = {**before, **metadata(params)}
    merged = {key: value for key, value in kept.items() if given.get(key) != ""}
    if len(merged) > 50:
        raise StripeError(f"Metadata can have up to 50 keys; this would be {len(merged)}.", param="metadata")
    return merged


def method(params: Params) -> str:
    """The payment method that pays."""
    value = required(params, "payment_method")
    if re.fullmatch(r"pm_[A-Za-z0-9_]{1,64}", value) is None:
        raise missing("PaymentMethod", value[:100], "payment_method")
    return value


def metadata(params: Params) -> dict[str, str]:
    """The metadata of a new object. Raises StripeError beyond 50 keys of 40 and values of 500 characters."""
    given = params.get("metadata", {})
    if isinstance(given, str):
        if given:
            raise StripeError("Invalid hash: metadata must be a set of key-value pairs.", param="metadata")
        return {}
    for key, value in given.items():
        if not 1 <= len(key) <= 40:
            raise StripeError(
                f"Metadata keys must be between 1 and 40 characters long: '{key[:60]}' has {len(key)}.",
                param="metadata",
            )
        if len(value) > 500:
            raise StripeError(
                f"Metadata values can be up to 500 characters long; the value of '{key}' has {len(value)}.",
                param=f"metadata[{key}]",
            )
    kept = {key: value for key, value in given.items() if value}
    if len(kept) > 50:
        raise StripeError(f"Metadata can have up to 50 keys; you passed {len(kept)}.", param="metadata")
    return kept


def _parse(encoded: bytes, allowed: Sequence[str]) -> Params:
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise StripeError("The parameters could not be read: they are not valid URL-encoded UTF-8.") from None
    params: Params = {}
    for name, value in pairs:
        _add(params, name, value, allowed)
    return params


def _add(params: Params, name: str, value: str, allowed: Sequence[str]) -> None:
    match = _NAME.fullmatch(name)
    outer = match.group(1) if match else ""
    path = match.group(2)[1:-1].split("][") if match and match.group(2) else []
    if outer not in allowed or (len(path) > 1 and outer not in _DEEP):
        raise StripeError(f"Received unknown parameter: {name[:100]}", code="parameter_unknown", param=name[:100])
    if not path:
        if outer in params:
            raise StripeError(f"The parameter {outer} was given more than once.", param=outer)
        params[outer] = value
        return
    nested = params.setdefault(outer, {})
    # In `types[]=a&types[]=b` the order is the index.
    inner = ".".join(path) if path != [""] else str(0 if isinstance(nested, str) else len(nested))
    if isinstance(nested, str) or inner in nested:
        raise StripeError(f"The parameter {name[:100]} was given more than once.", param=outer)
    nested[inner] = value
