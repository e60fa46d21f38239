"""Faults on purpose: what each does to a call, and that seed and number alone decide."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from embedded.simulators.faults import FaultPlan, chosen
from tests.embedded.here import AUTH, Here

REFUND = "POST /v1/refunds"
CALL: dict[str, Any] = {"payment_intent": "pi_1", "amount": 1_000}


async def counts(world: Here) -> Any:
    return (await world.http.get("/stripe/_control/faults")).json()


async def made(world: Here) -> int:
    return len((await world.get("refunds"))["data"])


async def test_three_kinds_of_500(world: Here) -> None:
    await world.pay()
    kinds = ("error_before", "error_without_effect", "error_with_effect")
    await world.control("faults", at={REFUND: dict(zip((1, 3, 5), kinds, strict=True))})
    # Before execution: nothing is kept, so the same key works.
    assert await world.refused("refunds", "a", **CALL) == (500, None)
    assert (await made(world), (await world.post("refunds", "a", **CALL))["status"]) == (0, "succeeded")
    # Kept without effect: the key answers 500 for a day, and there is no refund.
    assert await world.refused("refunds", "b", **CALL) == (500, None)
    again = await world.ask("POST", "refunds", "b", **CALL)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (500, "true")
    assert await made(world) == 1
    # Kept with effect: the same answer, but the money has left.
    assert await world.refused("refunds", "c", **CALL) == (500, None)
    assert await world.refused("refunds", "c", **CALL) == (500, None)
    assert await made(world) == 2
    await world.control("clock", advance=24 * 3_600)
    assert (await world.post("refunds", "b", **CALL))["status"] == "succeeded"
    assert (await counts(world))["injected"] == {REFUND: dict.fromkeys(kinds, 1)}


@pytest.mark.parametrize(("fault", "status", "code"), [("rate_limit", 429, "rate_limit"), ("unavailable", 503, None)])
async def test_refused_for_now(world: Here, fault: str, status: int, code: str | None) -> None:
    await world.pay()
    await world.control("faults", at={REFUND: {1: fault}})
    assert await world.refused("refunds", "k", **CALL) == (status, code)
    assert (await world.post("refunds", "k", **CALL))["amount"] == 1_000


@pytest.mark.parametrize(("fault", "effect"), [("drop_before", 0), ("drop_after", 1)])
async def test_the_line_is_cut(world: Here, fault: str, effect: int) -> None:
    await world.pay()
    await world.control("faults", at={REFUND: {1: fault}})
    with pytest.raises(ConnectionResetError):
        await world.post("refunds", "k", **CALL)
    assert await made(world) == effect
    answer = await world.ask("POST", "refunds", "k", **CALL)
    assert answer.headers.get("Idempotent-Replayed") == ("true" if effect else None)
    assert await made(world) == 1


async def test_a_cut_line_over_the_network(url: str) -> None:
    async with httpx2.AsyncClient(base_url=url, verify=False) as http:
        payment = {"id": "pi_1", "amount": 7_000, "currency": "eur"}
        await http.post("/stripe/_control/payment_intents", json=payment)
        plan = {"at": {REFUND: {1: "drop_before", 2: "drop_after", 3: "delay"}}, "delay_seconds": 600}
        await http.post("/stripe/_control/faults", json=plan)
        for _ in range(2):
            with pytest.raises(httpx2.RemoteProtocolError):
                await http.post("/stripe/v1/refunds", data=CALL, headers={**AUTH, "Idempotency-Key": "k"})
        with pytest.raises(httpx2.ReadTimeout):
            await http.post("/stripe/v1/refunds", data=CALL, headers=AUTH, timeout=0.2)
        found = (await http.get("/stripe/v1/refunds", headers=AUTH)).json()
    assert len(found["data"]) == 2


async def test_a_delayed_answer_comes_in_the_end(world: Here) -> None:
    await world.pay()
    await world.control("faults", at={REFUND: {1: "delay"}}, delay_seconds=0.01)
    assert (await world.post("refunds", **CALL))["amount"] == 1_000


async def test_reading_goes_wrong_too_and_changes_nothing(world: Here) -> None:
    await world.pay()
    await world.control("faults", at={"GET /v1/refunds": {1: "error_with_effect", 2: "unavailable"}})
    assert [(await world.ask("GET", "refunds")).status_code for _ in range(3)] == [500, 503, 200]


async def test_the_same_seed_is_the_same_fate(world: Here) -> None:
    shares = {"rate_limit": 0.2, "error_before": 0.2}

    async def fates(seed: int) -> list[int]:
        await world.control("faults", seed=seed, faults={"*": shares})
        return [(await world.ask("GET", "refunds")).status_code for _ in range(40)]

    first = await fates(7)
    told = await counts(world)
    assert await fates(7) == first
    assert await fates(8) != first
    assert told["calls"] == {"GET /v1/refunds": 40}
    assert told["injected"]["GET /v1/refunds"] == {"error_before": first.count(500), "rate_limit": first.count(429)}
    assert first.count(200) < 40


def test_shares_are_kept_in_the_long_run() -> None:
    plan = FaultPlan(seed=1, faults={REFUND: {"drop_after": 0.1, "unavailable": 0.2}})
    fates = [chosen(plan, REFUND, number) for number in range(1, 10_001)]
    assert abs(fates.count("drop_after") - 1_000) < 150
    assert abs(fates.count("unavailable") - 2_000) < 200
    assert chosen(plan, "GET /v1/refunds", 1) is None


@pytest.mark.parametrize(
    "plan",
    [
        {"faults": {"POST /v1/nothing": {"delay": 0.1}}},
        {"faults": {REFUND: {"delay": 1.1}}},
        {"faults": {REFUND: {"delay": 0.6, "drop_after": 0.6}}},
        {"faults": {REFUND: {"duplicate": 0.1}}},
        {"faults": {"webhooks": {"rate_limit": 0.1}}},
        {"faults": {REFUND: {"gremlins": 0.1}}},
        {"at": {REFUND: {1: "reorder"}}},
        {"seed": "seven"},
    ],
)
async def test_a_plan_that_cannot_be_is_refused(world: Here, plan: dict[str, Any]) -> None:
    assert (await world.http.post("/stripe/_control/faults", json=plan)).status_code == 400
