"""Values as people type them: moments, files, and lines such as `1:2:defective`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"-?[0-9]{1,9}")


def now() -> datetime:
    """The clock of the command line."""
    return datetime.now(UTC)


def moment(option: str, text: str | None, of_day: time = time.min) -> datetime | None:
    """`2026-11-06T13:20:00Z` as it is, `2026-11-06` at `of_day` UTC. Raises InvalidRequest naming the option."""
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), of_day, UTC)
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(option, f"{text!r} is no date; write 2026-11-06 or 2026-11-06T13:20:00Z") from None
    raise InvalidRequest(option, f"{text!r} does not say its time zone; in UTC it is {text}Z")


def past(option: str, text: str | None) -> datetime | None:
    """The moment of something that has happened. Raises InvalidRequest naming the option, also for one to come."""
    found = moment(option, text)
    if found is not None and found > now():
        raise InvalidRequest(option, f"{found:%Y-%m-%d %H:%M} UTC is still to come")
    return found


def minor(option: str, text: str | None, currency: str) -> int | None:
    """`4.50` or `EUR:4.50` in minor units of a currency. Raises InvalidRequest naming the option."""
    from domain.money import Money

    if text is None:
        return None
    named, _, amount = text.rpartition(":")
    if not currency:
        raise InvalidRequest(option, "the currency of this return is not known yet; try again in a moment")
    if named not in ("", currency):
        raise InvalidRequest(option, f"{text!r} is in {named}, but this is paid in {currency}: write {currency}:4.50")
    try:
        found = Money.parse(amount, currency).minor
    except ValueError as error:
        raise InvalidRequest(option, str(error)) from None
    if found < 0:
        raise InvalidRequest(option, f"{text!r} is below zero")
    return found


def read_text(path: Path) -> str:
    """The text of a file. Raises InvalidRequest if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest(str(path), "this is no text in UTF-8") from None
    except OSError as error:
        raise InvalidRequest(str(path), f"it cannot be read: {error.strerror}") from None


def lines(texts: Iterable[str], *more: str, option: str = "--line") -> list[dict[str, object]]:
    """`LINE:QUANTITY[:...]` as fields; `more` names those after the quantity. Raises InvalidRequest for other text."""
    found: list[dict[str, object]] = []
    for text in texts:
        parts = text.split(":")
        if not 2 <= len(parts) <= 2 + len(more) or not _WHOLE.fullmatch(parts[1]):
            shape = "LINE:QUANTITY" + "".join(f"[:{name.upper()}" for name in more) + "]" * len(more)
            words = f"is not {shape}; the quantity is a whole number from 1 to 1000000, as in 1:2"
            raise InvalidRequest(option, f"{text!r} {words}")
        found.append({"line_id": parts[0], "quantity": int(parts[1]), **dict(zip(more, parts[2:], strict=False))})
    return found


def exchanged(lines: list[dict[str, object]], wanted: Iterable[str], resolution: str | None) -> list[dict[str, object]]:
    """The lines with what goes out for them. Raises InvalidRequest for other text, for another line, and where nothing
    is said of an exchange."""
    if resolution == "exchange" and not wanted:
        raise InvalidRequest("--exchange", "say what goes out for each line: LINE=SKU")
    skus: dict[str, str] = {}
    for text in wanted:
        line_id, _, sku = text.partition("=")
        if line_id not in [line["line_id"] for line in lines] or not sku:
            raise InvalidRequest("--exchange", "it is LINE=SKU, where LINE is one of the lines that come back")
        skus[line_id] = sku
    return [{**line, "exchange_for": skus[str(line["line_id"])]} if line["line_id"] in skus else line for line in lines]


def with_serials(lines: Iterable[dict[str, object]], texts: Iterable[str]) -> list[dict[str, object]]:
    """Lines with the serial numbers of `LINE:SERIAL`. Raises InvalidRequest for other text, and for another line."""
    found = [{**line, "serials": []} for line in lines]
    for text in texts:
        line_id, _, serial = text.partition(":")
        mine = next((line["serials"] for line in found if line.get("line_id") == line_id), None)
        if not serial or not isinstance(mine, list):
            known = ", ".join(str(line.get("line_id")) for line in found)
            raise InvalidRequest("--serial", f"it is LINE:SERIAL, where LINE is one of those that came: {known}")
        mine.append(serial)
    return found


def make(model: type[M], values: object) -> M:
    """`values` as a `model`. Raises InvalidRequest naming the field."""
    from pydantic import ValidationError

    from domain.request import first_fault

    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InvalidRequest(*first_fault(error)) from None
