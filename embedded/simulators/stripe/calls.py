"""What can be asked of Stripe: one value per endpoint, told by the file of its noun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from embedded.simulators.bodies import Json
from embedded.simulators.stripe.params import Params
from embedded.simulators.stripe.turn import Turn


@dataclass(frozen=True)
class Asked:
    """The parameters of one call, its path, and the id in the path; empty if it has none."""

    path: str
    id: str
    params: Params


@dataclass(frozen=True)
class Call:
    """One endpoint. `work` answers within one transaction or raises StripeError."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    allowed: tuple[str, ...]
    work: Callable[[Turn, Asked], Json]

    @property
    def name(self) -> str:
        """What a fault plan calls it: `POST /v1/refunds`."""
        return f"{self.method} {self.path}"
