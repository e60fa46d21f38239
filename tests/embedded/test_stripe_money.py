"""The Stripe simulator: every movement of money, and what it is called."""

from __future__ import annotations

from typing import Any

import pytest

from embedded.simulators.stripe.nouns import CALLS
from tests.embedded.here import Here


async def moved(world: Here, **params: Any) -> list[tuple[str, int, int]]:
    """Category, amount and fee of every movement, oldest first."""
    page = await world.get("balance_transactions", limit=100, **params)
    return [(one["reporting_category"], one["amount"], one["fee"]) for one in page["data"]][::-1]


async def test_every_movement_has_its_category(world: Here) -> None:
    payment = await world.pay(amount=10_000)
    first = await world.refund(2_500)
    await world.control(f"refunds/{first['id']}", status="failed", failure_reason="lost_or_stolen_card")
    dispute = await world.control("disputes", payment_intent=payment)
    await world.control(f"disputes/{dispute['id']}", status="won")
    await world.control("fees", currency="eur", amount=99)
    assert await moved(world) == [
        ("charge", 10_000, 320),  # 2.9 % and 30 cents
        ("refund", -2_500, 0),
        ("refund_failure", 2_500, 0),
        ("dispute", -10_000, 1_500),
        ("dispute_reversal", 10_000, -1_500),
        ("fee", -99, 0),
    ]
    assert await moved(world, source=first["id"]) == [("refund", -2_500, 0), ("refund_failure", 2_500, 0)]
    # Disputes hide among adjustments: who groups by type misses them.
    assert [category for category, _, _ in await moved(world, type="adjustment")] == ["dispute", "dispute_reversal"]


@pytest.mark.parametrize(
    ("currency", "paid", "fee"),
    [("eur", 1_000, 59), ("isk", 123_400, 3_600), ("kwd", 10_000, 320), ("kwd", 10_010, 320), ("jpy", 20, 20)],
)
async def test_fees_are_whole_amounts_of_their_currency(world: Here, currency: str, paid: int, fee: int) -> None:
    await world.pay(amount=paid, currency=currency)
    assert await moved(world) == [("charge", paid, fee)]


async def test_a_late_failure_names_the_movement_that_brings_the_money_back(world: Here) -> None:
    await world.pay()
    made = await world.refund(1_000)
    failed = await world.control(f"refunds/{made['id']}", status="failed", failure_reason="expired_or_canceled_card")
    back = await world.get(f"balance_transactions/{failed['failure_balance_transaction']}")
    assert (back["reporting_category"], back["amount"], back["source"]) == ("refund_failure", 1_000, made["id"])
    out = await world.get(f"balance_transactions/{made['balance_transaction']}")
    assert (out["reporting_category"], out["amount"], out["net"]) == ("refund", -1_000, -1_000)
    assert (await world.get("charges/ch_1"))["amount_refunded"] == 0
    assert (await world.refund())["amount"] == 7_000


async def test_a_refund_that_the_balance_cannot_pay_waits_for_money(world: Here) -> None:
    await world.pay()
    await world.control("balance", currency="eur", available=1_000)
    paid = await world.refund(600)
    first, second = await world.refund(500), await world.refund(450)
    assert [one["status"] for one in (paid, first, second)] == ["succeeded", "pending", "pending"]
    assert (first["pending_reason"], first["balance_transaction"]) == ("insufficient_funds", None)
    assert await world.control("balance", currency="eur", available=800) == {"currency": "eur", "available": 300}
    statuses = [(await world.get(f"refunds/{one['id']}"))["status"] for one in (first, second)]
    assert statuses == ["succeeded", "pending"]
    # Another sale brings 930 after the fee of 70 cents.
    await world.pay("pi_2", 1_000)
    assert (await world.get(f"refunds/{second['id']}"))["status"] == "succeeded"


async def test_what_is_disputed_is_not_refunded(world: Here) -> None:
    payment = await world.pay()
    await world.control("next_refund", status="pending")
    waiting = await world.refund(1_000)
    dispute = await world.control("disputes", payment_intent=payment, reason="product_not_received")
    assert (dispute["amount"], dispute["status"], dispute["is_charge_refundable"]) == (6_000, "needs_response", False)
    late = await world.get(f"refunds/{waiting['id']}")
    assert (late["status"], late["failure_reason"]) == ("failed", "charge_for_pending_refund_disputed")
    assert await world.refused("refunds", "k", payment_intent=payment) == (400, "charge_disputed")
    assert (await world.get("charges/ch_1"))["disputed"] is True
    await world.control(f"disputes/{dispute['id']}", status="won")
    # The refusal was the outcome of that call, and stays so under its key.
    assert await world.refused("refunds", "k", payment_intent=payment) == (400, "charge_disputed")
    assert (await world.refund())["status"] == "succeeded"


async def test_a_lost_dispute_ends_refunds_for_good(world: Here) -> None:
    payment = await world.pay()
    dispute = await world.control("disputes", payment_intent=payment, amount=3_000)
    sent = await world.post(f"disputes/{dispute['id']}", evidence={"receipt": "file_1"}, submit=True)
    assert (sent["status"], sent["evidence_details"]["submission_count"]) == ("under_review", 1)
    await world.control(f"disputes/{dispute['id']}", status="lost")
    assert await world.refused("refunds", payment_intent=payment) == (400, "charge_disputed")
    assert await world.refused(f"disputes/{dispute['id']}/close") == (400, None)
    listed = await world.get("disputes", payment_intent=payment)
    assert [one["status"] for one in listed["data"]] == ["lost"]


async def test_an_inquiry_moves_no_money_until_it_grows(world: Here) -> None:
    payment = await world.pay()
    inquiry = await world.control("disputes", payment_intent=payment, inquiry=True)
    assert (await world.refund(1_000))["status"] == "succeeded"
    assert [category for category, _, _ in await moved(world)] == ["charge", "refund"]
    await world.control(f"disputes/{inquiry['id']}", status="needs_response")
    assert (await moved(world))[-1] == ("dispute", -7_000, 1_500)


async def test_a_charge_that_went_back_whole_cannot_be_disputed(world: Here) -> None:
    payment = await world.pay()
    await world.refund()
    answer = await world.http.post("/stripe/_control/disputes", json={"payment_intent": payment})
    assert answer.status_code == 409


async def test_time_settles_and_brings_the_reference(world: Here) -> None:
    await world.control("pace", after=3_600, reference_after=86_400)
    await world.pay()
    made = await world.refund(1_000)
    assert (made["status"], made["pending_reason"]) == ("pending", "processing")
    await world.control("clock", advance=3_599)
    assert (await world.get(f"refunds/{made['id']}"))["status"] == "pending"
    await world.control("clock", advance=1)
    done = await world.get(f"refunds/{made['id']}")
    assert (done["status"], done["destination_details"]["card"]["reference_status"]) == ("succeeded", "pending")
    await world.control("clock", advance=86_400)
    card = (await world.get(f"refunds/{made['id']}"))["destination_details"]["card"]
    assert (card["reference_status"], len(card["reference"]), card["reference"].isdigit()) == ("available", 23, True)
    assert (await world.told(type="refund.*")) == ["refund.created", "refund.updated", "refund.updated"]


@pytest.mark.parametrize(
    ("given", "card"),
    [
        (
            {"reference": "74529510000000000000001"},
            {
                "reference": "74529510000000000000001",
                "reference_status": "available",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
        ),
        (
            {"status": "unavailable"},
            {"reference_status": "unavailable", "reference_type": "acquirer_reference_number", "type": "refund"},
        ),
        ({"type": "reversal"}, {"reference_status": "available", "type": "reversal"}),
    ],
)
async def test_the_reference_comes_on_command(world: Here, given: Any, card: Any) -> None:
    await world.pay()
    made = await world.refund(1_000)
    traced = await world.control(f"refunds/{made['id']}/reference", **given)
    assert traced["destination_details"] == {"card": card, "type": "card"}
    assert (await world.told(type="refund.updated")) == ["refund.updated"]


async def test_only_what_waits_for_the_shopper_is_canceled(world: Here) -> None:
    await world.pay()
    done = await world.refund(1_000)
    answer = await world.ask("POST", f"refunds/{done['id']}/cancel")
    error = answer.json()["error"]
    assert (answer.status_code, error["message"]) == (400, "Canceling this refund is unsupported.")
    await world.control("next_refund", status="requires_action")
    waiting = await world.refund(1_000, instructions_email="shopper@shop.example")
    assert waiting["next_action"]["display_details"]["email_sent"]["email_sent_to"] == "shopper@shop.example"
    assert (await world.post(f"refunds/{waiting['id']}/cancel"))["status"] == "canceled"
    assert (await world.get("charges/ch_1"))["amount_refunded"] == 1_000


async def test_metadata_is_merged_key_by_key(world: Here) -> None:
    await world.pay()
    made = await world.refund(1_000, metadata={"case": "R-1", "plan": "1"})
    changed = await world.post(f"refunds/{made['id']}", metadata={"plan": "", "note": "x"})
    assert changed["metadata"] == {"case": "R-1", "note": "x"}
    assert (await world.post(f"refunds/{made['id']}", metadata=""))["metadata"] == {}
    assert await world.refused(f"refunds/{made['id']}", amount=5) == (400, "parameter_unknown")
    assert (await world.post("payment_intents/pi_1", metadata={"order": "1"}))["metadata"] == {"order": "1"}
    # The charge has metadata of its own.
    assert (await world.get("charges/ch_1"))["metadata"] == {}
    assert (await world.post("charges/ch_1", metadata={"a": "b"}))["metadata"] == {"a": "b"}


async def test_lists_by_time_and_by_page(world: Here) -> None:
    start = (await world.control("clock", advance=0))["now"]
    await world.pay()
    made = []
    for _ in range(4):
        await world.control("clock", advance=1_000)
        made.append((await world.refund(10))["id"])

    async def ids(**params: Any) -> list[str]:
        return [one["id"] for one in (await world.get("refunds", **params))["data"]]

    assert await ids(created={"gte": start + 2_000, "lt": start + 3_500}) == made[2:0:-1]
    assert await ids(created={"gt": start + 3_500}) == made[3:]
    assert await ids(limit=2) == made[:1:-1]
    assert await ids(limit=2, starting_after=made[2]) == made[1::-1]
    assert await ids(limit=2, ending_before=made[0]) == made[2:0:-1]
    page = await world.get("refunds", limit=2, ending_before=made[0])
    assert page["has_more"] is True
    for wrong in ({"created": {"near": 1}}, {"created": "soon"}, {"limit": 101}, {"colour": 1}, {"limit": 0}):
        assert (await world.ask("GET", "refunds", **wrong)).status_code == 400
    both = await world.ask("GET", "refunds", starting_after=made[0], ending_before=made[1])
    assert both.status_code == 400
    charges = await world.get("charges", payment_intent="pi_1")
    intents = await world.get("payment_intents", created={"gte": start})
    assert ([one["id"] for one in charges["data"]], [one["id"] for one in intents["data"]]) == (["ch_1"], ["pi_1"])


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ({"gt": 0}, [2, 1]),
        ({"gte": 0}, [2, 1, 0]),
        ({"lt": 20}, [1, 0]),
        ({"lte": 20}, [2, 1, 0]),
        ({"gt": 0, "lt": 20}, [1]),
        ({"gte": 10, "lte": 10}, [1]),
        (10, [1]),
        (11, []),
    ],
)
async def test_bounds_of_time_are_exact(world: Here, bounds: dict[str, int] | int, found: list[int]) -> None:
    start = (await world.control("clock"))["now"]
    await world.pay()
    made = []
    for _ in range(3):
        made.append((await world.refund(10))["id"])
        await world.control("clock", advance=10)
    given = start + bounds if isinstance(bounds, int) else {name: start + at for name, at in bounds.items()}
    page = await world.get("refunds", created=given)
    assert [one["id"] for one in page["data"]] == [made[index] for index in found]


async def test_the_clock_stands_still_and_goes_on(world: Here) -> None:
    stopped = (await world.control("clock", advance=100))["now"]
    assert (await world.control("clock"))["now"] == stopped
    went_on = (await world.control("clock", stopped=False))["now"]
    assert went_on >= stopped


async def test_keys_are_forgotten_after_a_simulated_day(world: Here) -> None:
    await world.pay()
    first = await world.refund(1_000, key="k")
    await world.control("clock", advance=24 * 3_600 - 1)
    assert (await world.refund(1_000, key="k"))["id"] == first["id"]
    await world.control("clock", advance=1)
    assert (await world.refund(1_000, key="k"))["id"] != first["id"]


async def test_a_method_that_takes_no_money_back(world: Here) -> None:
    start = (await world.control("clock", advance=0))["now"]
    given = {"amount": 1_000, "currency": "eur"}
    await world.control("payment_intents", id="pi_never", refundable_until=0, **given)
    await world.control("payment_intents", id="pi_old", refundable_until=start + 180 * 86_400, **given)
    assert await world.refused("refunds", payment_intent="pi_never") == (400, "charge_not_refundable")
    assert (await world.refund(1, payment="pi_old"))["status"] == "succeeded"
    await world.control("clock", advance=180 * 86_400)
    assert await world.refused("refunds", payment_intent="pi_old") == (400, "charge_not_refundable")


async def test_what_the_controls_left_waiting_is_not_paid_by_the_next_sale(world: Here) -> None:
    await world.pay()
    await world.control("next_refund", status="pending", pending_reason="insufficient_funds")
    made = await world.refund(1_000)
    await world.pay("pi_2", 50_000)
    assert (await world.get(f"refunds/{made['id']}"))["status"] == "pending"


async def test_every_endpoint_answers_as_stripe_describes_it(world: Here) -> None:
    await world.listen("payout.paid")
    await world.pay(amount=9_000)
    made = await world.refund(1_000)
    dispute = await world.control("disputes", payment_intent="pi_1")
    await world.control(f"disputes/{dispute['id']}", status="won")
    payout = await world.control("payouts", currency="eur")
    item = {"price_data": {"currency": "eur", "unit_amount": 5, "product_data": {"name": "x"}}}
    session = await world.post("checkout/sessions", mode="payment", success_url="https://a.example", line_items=[item])
    link = await world.post("payment_links", line_items=[item])
    ids = {
        "balance_transactions": made["balance_transaction"],
        "charges": "ch_1",
        "checkout/sessions": session["id"],
        "disputes": dispute["id"],
        "events": (await world.get("events"))["data"][0]["id"],
        "payment_intents": "pi_1",
        "payment_links": link["id"],
        "payouts": payout["id"],
        "refunds": made["id"],
        "webhook_endpoints": (await world.get("webhook_endpoints"))["data"][0]["id"],
    }
    # All that can be read is read here; whatever `Here` reads is held against the description.
    readable = {call.path.removeprefix("/v1/") for call in CALLS if call.method == "GET"}
    assert readable == {path for noun in ids for path in (noun, f"{noun}/{{id}}")}
    for noun, id in ids.items():
        assert (await world.get(noun, limit=1))["data"][0]["object"]
        assert (await world.get(f"{noun}/{id}"))["id"] == id
        missing = (await world.ask("GET", f"{noun}/none")).json()["error"]
        assert (missing["code"], missing["message"].startswith("No such ")) == ("resource_missing", True)


async def test_a_key_belongs_to_one_endpoint_and_remembers_the_first_call(world: Here) -> None:
    await world.pay()
    first = await world.ask("POST", "refunds", "k", payment_intent="pi_1", amount=10)
    again = await world.ask("POST", "refunds", "k", payment_intent="pi_1", amount=10)
    assert again.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    assert again.headers["Idempotency-Key"] == "k"
    other = await world.ask("POST", f"refunds/{first.json()['id']}/cancel", "k")
    error = other.json()["error"]
    assert (other.status_code, error["type"]) == (400, "idempotency_error")
    assert "the same endpoint they were first used for ('/v1/refunds')" in error["message"]
