"""The base of every noun, and the small typed strings and numbers that they share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class Model(BaseModel):
    """A frozen value. Unknown fields are ignored, so an older worker reads what a newer one wrote."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An aware moment, kept in UTC; a naive one is refused."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""An id from outside. No colon, so that keys made of ids can be taken apart again; too short for free text."""

Minor = Annotated[int, Field(strict=True, ge=0, le=10**15)]
"""An amount in minor units (cents). Strict: a float or a string of digits is refused, never rounded."""

Quantity = Annotated[int, Field(strict=True, ge=1, le=10**6)]
"""Whole units."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""Three capital letters; whether ISO 4217 knows them is checked by `domain.money`."""
