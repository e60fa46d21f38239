"""The page on which a person is the world, and the one on which shoppers pay."""

from __future__ import annotations

import pytest

from tests.embedded.here import URL, Here
from tests.embedded.test_stripe_checkout import ITEMS, SESSION


async def press(world: Here, action: str, id: str = "", origin: str = URL) -> int:
    answer = await world.http.post("/stripe/", data={"action": action, "id": id}, headers={"Origin": origin})
    return answer.status_code


async def test_a_person_settles_fails_disputes_and_delivers(world: Here) -> None:
    await world.pay()
    await world.listen("refund.*")
    await world.control("next_refund", status="pending")
    made = await world.refund(1_000)
    shown = (await world.http.get("/stripe/")).text
    assert made["id"] in shown
    assert "€70.00" in shown
    for action, status in (("succeed", "succeeded"), ("trace", "succeeded"), ("fail", "failed")):
        assert await press(world, action, made["id"]) == 303
        assert (await world.get(f"refunds/{made['id']}"))["status"] == status
    assert await press(world, "deliver") == 303
    assert world.listener.types[0] == "refund.created"
    assert len(world.listener.types) == 5
    assert await press(world, "dispute", "pi_1") == 303
    (dispute,) = (await world.get("disputes"))["data"]
    assert await press(world, "win", dispute["id"]) == 303
    assert (await world.get(f"disputes/{dispute['id']}"))["status"] == "won"
    before = (await world.control("clock", advance=0))["now"]
    assert await press(world, "day") == 303
    assert (await world.control("clock", advance=0))["now"] - before >= 86_400
    assert await press(world, "pay_out", "eur") == 303
    for id in (made["id"], dispute["id"]):
        assert id in (await world.http.get("/stripe/")).text


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
async def test_only_its_own_page_presses_buttons(world: Here, origin: str) -> None:
    await world.pay()
    made = await world.refund(1_000)
    assert await press(world, "fail", made["id"], origin) == 403
    assert (await world.get(f"refunds/{made['id']}"))["status"] == "succeeded"


async def test_what_cannot_be_pressed(world: Here) -> None:
    assert await press(world, "explode") == 400
    assert await press(world, "succeed", "re_none") == 404
    assert await press(world, "pay_out", "eur") == 409


async def test_a_shopper_pays_on_the_page(world: Here) -> None:
    session = await world.post("checkout/sessions", **SESSION)
    link = await world.post("payment_links", line_items=ITEMS)
    visited = await world.http.get(link["url"])
    for url in (session["url"], visited.headers["location"]):
        assert "€25.00" in (await world.http.get(url)).text
        assert (await world.http.post(url, headers={"Origin": "https://elsewhere.example"})).status_code == 403
        assert (await world.http.post(url, headers={"Origin": URL})).status_code == 303
        assert "Paid." in (await world.http.get(url)).text
    assert (await world.get(f"checkout/sessions/{session['id']}"))["payment_status"] == "paid"
    assert len((await world.get("payment_intents"))["data"]) == 2
