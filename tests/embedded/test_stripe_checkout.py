"""The Stripe simulator: sessions and links by which shoppers pay, payouts, and ids that are filled in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.here import Here

ITEMS = [
    {
        "price_data": {"currency": "eur", "unit_amount": 1_250, "product_data": {"name": "What the exchange costs"}},
        "quantity": 2,
    }
]
SESSION: dict[str, Any] = {"mode": "payment", "success_url": "https://shop.example/thanks", "line_items": ITEMS}


async def test_a_session_is_paid_once(world: Here) -> None:
    data = {"metadata": {"case": "R-1"}}
    made = await world.post("checkout/sessions", **SESSION, payment_intent_data=data, metadata={"plan": "2"})
    assert (made["status"], made["payment_status"], made["amount_total"]) == ("open", "unpaid", 2_500)
    assert made["url"] == f"http://127.0.0.1/stripe/pay/{made['id']}"
    paid = await world.control(f"sessions/{made['id']}/pay")
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    payment = await world.get(f"payment_intents/{paid['payment_intent']}")
    assert (payment["amount"], payment["metadata"]) == (2_500, {"case": "R-1"})
    assert await world.told() == ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]
    again = await world.http.post(f"/stripe/_control/sessions/{made['id']}/pay", json={"late": True})
    assert again.status_code == 409
    assert await world.refused(f"checkout/sessions/{made['id']}/expire") == (400, None)
    found = await world.get("checkout/sessions", payment_intent=payment["id"])
    assert [one["id"] for one in found["data"]] == [made["id"]]
    assert (await world.refund(payment=payment["id"]))["amount"] == 2_500


async def test_a_session_expires_by_command_and_by_itself(world: Here) -> None:
    first = await world.post("checkout/sessions", **SESSION)
    second = await world.post("checkout/sessions", **SESSION)
    assert (await world.post(f"checkout/sessions/{first['id']}/expire"))["status"] == "expired"
    await world.control("clock", advance=24 * 3_600)
    assert (await world.get(f"checkout/sessions/{second['id']}"))["status"] == "expired"
    assert await world.told() == ["checkout.session.expired"] * 2
    refused = await world.http.post(f"/stripe/_control/sessions/{first['id']}/pay", json={})
    assert refused.status_code == 409
    # Whoever had begun to pay is not stopped by the page's end.
    late = await world.control(f"sessions/{first['id']}/pay", late=True)
    assert late["payment_status"] == "paid"


async def test_a_link_takes_payments_until_it_is_switched_off(world: Here) -> None:
    link = await world.post("payment_links", line_items=ITEMS, metadata={"case": "R-1"})
    paid = await world.control(f"payment_links/{link['id']}/pay")
    assert (paid["payment_link"], paid["metadata"]) == (link["id"], {"case": "R-1"})
    opened = await world.control(f"payment_links/{link['id']}/visit")
    assert (await world.post(f"payment_links/{link['id']}", active=False))["active"] is False
    assert (await world.http.post(f"/stripe/_control/payment_links/{link['id']}/pay", json={})).status_code == 409
    assert (await world.control(f"sessions/{opened['id']}/pay"))["payment_status"] == "paid"
    assert (await world.control(f"payment_links/{link['id']}/pay", late=True))["payment_status"] == "paid"
    assert len((await world.get("checkout/sessions", payment_link=link["id"]))["data"]) == 3
    assert (await world.get("payment_links", active=True))["data"] == []


async def test_a_link_for_one_is_closed_by_the_first(world: Here) -> None:
    link = await world.post("payment_links", line_items=ITEMS, restrictions={"completed_sessions": {"limit": 1}})
    await world.control(f"payment_links/{link['id']}/pay")
    closed = await world.get(f"payment_links/{link['id']}")
    assert (closed["active"], closed["restrictions"]["completed_sessions"]) == (False, {"count": 1, "limit": 1})


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"line_items": ""}, "parameter_missing"),
        ({"line_items": [{"price": "price_1"}]}, "parameter_unknown"),
        ({"line_items": [{"price_data": {"currency": "eur", "product_data": {"name": "x"}}}]}, "parameter_missing"),
        ({"mode": "subscription"}, None),
        ({"expires_at": 5}, "parameter_invalid_integer"),
        ({"success_url": ""}, "parameter_invalid_empty"),
        ({"payment_intent_data": {"capture_method": "manual"}}, None),
    ],
)
async def test_sessions_that_cannot_be(world: Here, wrong: dict[str, Any], code: str | None) -> None:
    assert await world.refused("checkout/sessions", **{**SESSION, **wrong}) == (400, code)


async def test_a_payout_names_every_movement_in_it(world: Here) -> None:
    await world.pay(amount=10_000)
    await world.refund(2_000)
    payout = await world.control("payouts", currency="eur")
    assert (payout["amount"], payout["status"]) == (10_000 - 320 - 2_000, "paid")
    inside = (await world.get("balance_transactions", payout=payout["id"]))["data"]
    assert [one["reporting_category"] for one in inside] == ["refund", "charge"]
    assert sum(one["net"] for one in inside) == payout["amount"]
    assert (await world.told(type="payout.*")) == ["payout.created", "payout.paid", "payout.reconciliation_completed"]
    assert (await world.get("payouts", status="paid"))["data"] == [payout]
    assert (await world.post(f"payouts/{payout['id']}", metadata={"bank": "7"}))["metadata"] == {"bank": "7"}
    # Nothing is left, so the next one has nothing to pay.
    assert (await world.http.post("/stripe/_control/payouts", json={"currency": "eur"})).status_code == 409
    assert (await world.ask("GET", "balance_transactions", payout="po_none")).status_code == 404


async def test_ids_are_filled_in_where_that_is_asked(world: Here) -> None:
    await world.pay()
    made = await world.refund(1_000)

    async def asked(path: str, *paths: str) -> Any:
        # The description's part has ids only in these places, so these answers are not held against it.
        given = {f"expand[{index}]": one for index, one in enumerate(paths)}
        answer = await world.http.get(
            f"/stripe/v1/{path}", params=given, headers={"Authorization": "Bearer sk_test_here"}
        )
        return answer.json()

    full = await asked(f"refunds/{made['id']}", "charge.payment_intent", "balance_transaction")
    assert full["charge"]["payment_intent"]["id"] == "pi_1"
    assert full["balance_transaction"]["reporting_category"] == "refund"
    page = await asked("balance_transactions", "data.source")
    assert [one["source"]["object"] for one in page["data"]] == ["refund", "charge"]
    for wrong in ("metadata", "status", "charge.outcome", "nothing"):
        assert "cannot be expanded" in (await asked(f"refunds/{made['id']}", wrong))["error"]["message"]
