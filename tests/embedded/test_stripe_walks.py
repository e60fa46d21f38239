"""The Stripe simulator under random walks: whatever happens in whatever order, its numbers and its events agree."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.embedded.here import Here

PAID = 10_000
NOT_PAID = ("failed", "canceled")


async def step(world: Here, chance: random.Random) -> None:
    """One thing that a shop or the world does; many are refused, which is right."""
    refunds = (await world.get("refunds", payment_intent="pi_1", limit=100))["data"]
    disputes = (await world.get("disputes", payment_intent="pi_1"))["data"]
    one = chance.choice(refunds)["id"] if refunds else "re_none"
    status = chance.choice(["succeeded", "failed", "canceled", "pending", "requires_action"])
    body: dict[str, Any] = {}
    match chance.randrange(9):
        case 0 | 1 | 2:
            await world.http.post("/stripe/_control/next_refund", json={"status": status})
            await world.ask("POST", "refunds", payment_intent="pi_1", amount=chance.randint(1, 3_000))
            return
        case 3 | 4:
            path, body = f"refunds/{one}", {"status": status}
        case 5:
            await world.ask("POST", f"refunds/{one}/cancel")
            return
        case 6:
            path, body = f"refunds/{one}/reference", {"status": "available"}
        case 7:
            path, body = "disputes", {"payment_intent": "pi_1", "inquiry": chance.random() < 0.5}
        case _:
            to = chance.choice(["won", "under_review", "warning_closed", "needs_response"])
            path, body = f"disputes/{disputes[0]['id'] if disputes else 'dp_none'}", {"status": to}
    answer = await world.http.post(f"/stripe/_control/{path}", json=body)
    assert answer.status_code < 500


async def check(world: Here) -> None:
    """What must hold at every moment."""
    refunds = (await world.get("refunds", payment_intent="pi_1", limit=100))["data"]
    disputes = (await world.get("disputes", limit=100))["data"]
    moved = (await world.get("balance_transactions", limit=100))["data"]
    charge = await world.get("charges/ch_1")
    assert charge["amount_refunded"] == sum(one["amount"] for one in refunds if one["status"] not in NOT_PAID) <= PAID
    for one in refunds:
        mine = sorted(row["amount"] for row in moved if row["source"] == one["id"])
        came_back = "failure_balance_transaction" in one
        assert mine == (
            [-one["amount"], one["amount"]] if came_back else [-one["amount"]] * bool(one["balance_transaction"])
        )
        assert bool(one["balance_transaction"]) is (one["status"] == "succeeded" or came_back)
    for one in disputes:
        mine = [row["amount"] for row in moved if row["source"] == one["id"]]
        assert sum(mine) == (0 if one["status"] == "won" or one["status"].startswith("warning") else -one["amount"])
    for noun, all_of in (("refund.*", refunds), ("charge.dispute.*", disputes)):
        last: dict[str, Any] = {}
        for event in reversed((await world.get("events", type=noun, limit=100))["data"]):
            last[event["data"]["object"]["id"]] = event["data"]["object"]
        for one in all_of:
            assert last.get(one["id"], one)["status"] == one["status"]


@pytest.mark.parametrize("seed", range(3))
async def test_numbers_and_events_agree_at_every_step(world: Here, seed: int) -> None:
    chance = random.Random(seed)
    await world.pay(amount=PAID)
    for _ in range(20):
        await step(world, chance)
        await check(world)


@pytest.mark.parametrize("seed", range(2))
async def test_hostile_faults_and_a_caller_who_looks_first_make_one_refund_each(world: Here, seed: int) -> None:
    """The proof of the plan's kinds: under them the documented way of calling is still exactly once."""
    shares = dict.fromkeys(
        ["drop_after", "drop_before", "error_before", "error_with_effect", "rate_limit", "unavailable"], 0.06
    )
    await world.pay(amount=PAID)
    await world.control("faults", seed=seed, faults={"*": shares})

    async def calm(method: str, path: str, key: str | None = None, **params: Any) -> Any:
        for _ in range(50):
            try:
                answer = await world.ask(method, path, key, **params)
            except ConnectionResetError:
                continue
            if answer.status_code == 200:
                return answer.json()
            if method == "POST":
                found = (await calm("GET", "refunds", payment_intent="pi_1", limit=100))["data"]
                made = [one for one in found if one["metadata"].get("key") == key]
                if made:
                    return made[0]
        raise AssertionError("no answer in fifty tries")

    for number in range(20):
        await calm("POST", "refunds", f"k{number}", payment_intent="pi_1", amount=100, metadata={"key": f"k{number}"})
    listed = (await calm("GET", "refunds", payment_intent="pi_1", limit=100))["data"]
    assert sorted(one["metadata"]["key"] for one in listed) == sorted(f"k{number}" for number in range(20))
    injected = (await world.http.get("/stripe/_control/faults")).json()["injected"]
    assert len({kind for counts in injected.values() for kind in counts}) == len(shares)
