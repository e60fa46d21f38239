"""Faults on purpose: a plan says how often which call goes wrong; seed and number of the call decide, nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue
from starlette.exceptions import HTTPException

from domain.model import Model
from embedded.simulators.bodies import Body
from embedded.simulators.shelf import Rows

CallFault = Literal[
    "delay",
    "drop_after",
    "drop_before",
    "error_before",
    "error_with_effect",
    "error_without_effect",
    "rate_limit",
    "unavailable",
]
"""What can happen to a call: `error_*` is 500, `rate_limit` 429, `unavailable` 503; `delay` holds the answer back."""
HookFault = Literal["drop", "duplicate", "reorder"]
"""What can happen to a webhook on its way."""
Fault = CallFault | HookFault
Share = Annotated[float, Field(ge=0, le=1)]

WEBHOOKS = "webhooks"
ALL = "*"
_CALL: tuple[Fault, ...] = (
    "delay",
    "drop_after",
    "drop_before",
    "error_before",
    "error_with_effect",
    "error_without_effect",
    "rate_limit",
    "unavailable",
)
_HOOK: tuple[Fault, ...] = ("drop", "duplicate", "reorder")


class FaultPlan(Body):
    """`faults`: endpoint, or `*` for all calls, to the share (0 to 1) of each fault; `at`: endpoint to the numbers of
    calls (from 1, since the plan was set) at which a fault happens for certain. `delay_seconds` of real time."""

    seed: Annotated[int, Field(strict=True)] = 0
    faults: dict[str, dict[Fault, Share]] = Field(default_factory=dict)
    at: dict[str, dict[int, Fault]] = Field(default_factory=dict)
    delay_seconds: Annotated[float, Field(gt=0, le=600)] = 12

    def check(self, endpoints: Collection[str]) -> None:
        """Raises HTTPException 400 for an endpoint that does not exist, a fault it cannot have, or shares over 1."""
        for endpoint, kinds in [*self.faults.items(), *((one, [*at.values()]) for one, at in self.at.items())]:
            if endpoint not in (*endpoints, ALL, WEBHOOKS):
                raise HTTPException(400, f"faults: there is no endpoint {endpoint}; there are {', '.join(endpoints)}")
            for kind in kinds:
                if kind not in (_HOOK if endpoint == WEBHOOKS else _CALL):
                    raise HTTPException(400, f"faults: {endpoint} cannot have {kind}")
        for endpoint, shares in self.faults.items():
            if sum(shares.values()) > 1.000001:
                raise HTTPException(400, f"faults: the shares of {endpoint} are more than 1 together")


class KeptPlan(Model):
    """The plan in force."""

    plan: FaultPlan


class FaultCount(Model):
    """How many calls an endpoint had since the plan was set, and which faults were injected into them."""

    endpoint: str
    calls: int = 0
    injected: dict[str, int] = Field(default_factory=dict)


class Faults:
    """The plan and its counters of one simulator; `scope` is its name on the shelf."""

    def __init__(self, scope: str, endpoints: Collection[str]) -> None:
        self._scope = scope
        self._endpoints = tuple(endpoints)

    def set(self, rows: Rows, plan: FaultPlan) -> None:
        """Begin a plan; calls are counted anew. Raises HTTPException 400 if it cannot be carried out."""
        plan.check(self._endpoints)
        for count in rows.all(FaultCount, self._scope):
            rows.remove(FaultCount, self._key(count.endpoint))
        rows.put(self._scope, KeptPlan(plan=plan))

    def plan(self, rows: Rows) -> FaultPlan:
        """The plan in force; an empty one if none was set."""
        kept = rows.get(KeptPlan, self._scope)
        return kept.plan if kept else FaultPlan()

    def draw(self, rows: Rows, endpoint: str) -> Fault | None:
        """Count one call, and say what happens to it."""
        kept = rows.get(KeptPlan, self._scope)
        if kept is None:
            return None
        count = rows.get(FaultCount, self._key(endpoint)) or FaultCount(endpoint=endpoint)
        number = count.calls + 1
        fault = chosen(kept.plan, endpoint, number)
        injected = {**count.injected, fault: count.injected.get(fault, 0) + 1} if fault else count.injected
        rows.put(self._key(endpoint), FaultCount(endpoint=endpoint, calls=number, injected=injected), owner=self._scope)
        return fault

    def told(self, rows: Rows) -> dict[str, JsonValue]:
        """The plan, and what was injected so far."""
        counts = {one.endpoint: one for one in reversed(rows.all(FaultCount, self._scope))}
        return {
            "plan": self.plan(rows).model_dump(mode="json"),
            "calls": {name: one.calls for name, one in counts.items()},
            "injected": {name: {**one.injected} for name, one in counts.items() if one.injected},
        }

    def _key(self, endpoint: str) -> str:
        return f"{self._scope} {endpoint}"


def chosen(plan: FaultPlan, endpoint: str, number: int) -> Fault | None:
    """What a plan has for the call of this number: the same whenever and wherever it is asked."""
    certain = plan.at.get(endpoint, {}).get(number)
    if certain is not None:
        return certain
    shares = plan.faults.get(endpoint)
    if shares is None:
        shares = plan.faults.get(ALL, {}) if endpoint != WEBHOOKS else {}
    digest = hashlib.sha256(f"{plan.seed}:{endpoint}:{number}".encode()).digest()
    return _pick(shares, int.from_bytes(digest[:7], "big") / 2**56)


def _pick(shares: Mapping[Fault, float], drawn: float) -> Fault | None:
    reached = 0.0
    for fault in sorted(shares):
        reached += shares[fault]
        if drawn < reached:
            return fault
    return None
