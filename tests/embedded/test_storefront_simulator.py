"""The storefront simulator: signed calls, orders with ETags, gift cards and store credit, and who receives events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from embedded.simulators.storefront import EVENTS_SECRET, SECRET
from embedded.simulators.storefront.signing import event_signature
from tests.embedded.here import Here

CREDIT = {"amount": 1_500, "currency": "EUR", "reference": "refund:R-1:1:gc:1"}


def signed(
    method: str, target: str, body: bytes = b"", key: str = "", at: int | None = None, secret: str = SECRET
) -> dict[str, str]:
    """The headers of a call, by the words of docs/simulators.md."""
    at = int(time.time()) if at is None else at
    text = f"{at}.{method}.{target}.{key}.".encode() + body
    headers = {
        "X-Storefront-Timestamp": str(at),
        "X-Storefront-Signature": "v1=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest(),
        "Content-Type": "application/json",
    }
    return {**headers, "Idempotency-Key": key} if key else headers


async def call(
    world: Here, method: str, target: str, body: Any = None, key: str = "", **headers: str
) -> httpx2.Response:
    content = b"" if body is None else json.dumps(body).encode()
    all_headers = {**signed(method, target, content, key), **headers}
    return await world.http.request(method, f"/storefront{target}", content=content, headers=all_headers)


async def test_an_order_is_written_over_only_by_who_has_seen_it(world: Here) -> None:
    assert (await call(world, "GET", "/orders/1001")).status_code == 404
    assert (await call(world, "PUT", "/orders/1001", {"v": 1})).status_code == 428
    made = await call(world, "PUT", "/orders/1001", {"v": 1}, **{"If-None-Match": "*"})
    assert made.status_code == 201
    assert (await call(world, "PUT", "/orders/1001", {"v": 2}, **{"If-None-Match": "*"})).status_code == 412
    seen = await call(world, "GET", "/orders/1001")
    assert (seen.json(), seen.headers["etag"]) == ({"v": 1}, made.headers["etag"])
    same = await call(world, "GET", "/orders/1001", **{"If-None-Match": seen.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert (await call(world, "PUT", "/orders/1001", {"v": 2}, **{"If-Match": seen.headers["etag"]})).status_code == 204
    late = await call(world, "PUT", "/orders/1001", {"v": 3}, **{"If-Match": seen.headers["etag"]})
    assert late.status_code == 412
    assert (await call(world, "GET", "/orders/1001")).json() == {"v": 2}
    assert (await call(world, "PUT", "/orders/1002", ["no object"], **{"If-None-Match": "*"})).status_code == 400


async def test_a_gift_card_is_issued_credited_spent_and_told(world: Here) -> None:
    made = await call(world, "POST", "/gift_cards", CREDIT, "k1")
    assert made.status_code == 201
    card = made.json()
    assert (card["balance"], card["last4"], card["credit"]["kind"]) == (1_500, card["code"][-4:], "issue")
    more = await call(world, "POST", f"/gift_cards/{card['id']}/credits", {**CREDIT, "amount": 200}, "k2")
    assert more.json()["balance"] == 1_700
    await world.http.post("/storefront/_control/spend", json={"account": card["id"], "amount": 600})
    now = (await call(world, "GET", f"/gift_cards/{card['id']}")).json()
    assert (now["balance"], "code" in now) == (1_100, False)
    history = (await call(world, "GET", f"/gift_cards/{card['id']}/history")).json()["data"]
    assert [(one["kind"], one["amount"]) for one in history] == [("spend", -600), ("credit", 200), ("issue", 1_500)]
    # What was spent in part cannot be taken back; what is still there can, once.
    no = await call(world, "POST", f"/credits/{card['credit']['id']}/void", {}, "k3")
    assert (no.status_code, no.json()["error"]["code"]) == (409, "spent")
    assert (await call(world, "POST", f"/credits/{more.json()['id']}/void", {}, "k4")).json()["balance"] == 900
    again = await call(world, "POST", f"/credits/{more.json()['id']}/void", {}, "k5")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_voidable")
    other = await call(world, "POST", f"/gift_cards/{card['id']}/credits", {**CREDIT, "currency": "USD"}, "k6")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "currency_mismatch")


async def test_store_credit_is_kept_by_customer_and_currency(world: Here) -> None:
    for number, currency in enumerate(("EUR", "EUR", "USD")):
        await call(world, "POST", "/store_credit/c-1/credits", {**CREDIT, "currency": currency}, f"k{number}")
    balances = (await call(world, "GET", "/store_credit/c-1")).json()["balances"]
    assert balances == {"EUR": 3_000, "USD": 1_500}
    assert (await call(world, "GET", "/store_credit/c-2")).json()["balances"] == {}
    assert len((await call(world, "GET", "/store_credit/c-1/history")).json()["data"]) == 3
    # Whoever lost an answer finds what was done by its own reference.
    target = f"/credits?reference={CREDIT['reference']}"
    found = (await call(world, "GET", target)).json()["data"]
    assert len(found) == 3
    assert (await call(world, "GET", f"/credits/{found[0]['id']}")).json() == found[0]


async def test_one_key_is_one_credit(world: Here) -> None:
    first = await call(world, "POST", "/store_credit/c-1/credits", CREDIT, "k")
    again = await call(world, "POST", "/store_credit/c-1/credits", CREDIT, "k")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    for target, body in (("/store_credit/c-1/credits", {**CREDIT, "amount": 1}), ("/store_credit/c-2/credits", CREDIT)):
        other = await call(world, "POST", target, body, "k")
        assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")
    none = await call(world, "POST", "/store_credit/c-1/credits", CREDIT)
    assert (none.status_code, none.json()["error"]["code"]) == (400, "idempotency_key_missing")
    assert (await call(world, "GET", "/store_credit/c-1")).json()["balances"] == {"EUR": 1_500}
    await world.control("clock", advance=24 * 3_600)
    await call(world, "POST", "/store_credit/c-1/credits", CREDIT, "k")
    assert (await call(world, "GET", "/store_credit/c-1")).json()["balances"] == {"EUR": 3_000}


@pytest.mark.parametrize(
    ("forged", "code"),
    [
        (lambda: {}, "signature_missing"),
        (lambda: signed("GET", "/credits/cr_1", secret="other"), "signature_invalid"),
        (lambda: signed("POST", "/credits/cr_1"), "signature_invalid"),
        (lambda: signed("GET", "/credits/cr_2"), "signature_invalid"),
        (lambda: signed("GET", "/credits/cr_1", b"x"), "signature_invalid"),
        (lambda: {**signed("GET", "/credits/cr_1"), "Idempotency-Key": "k"}, "signature_invalid"),
        (lambda: signed("GET", "/credits/cr_1", at=int(time.time()) - 1_000), "timestamp_invalid"),
        (lambda: {**signed("GET", "/credits/cr_1"), "X-Storefront-Timestamp": "soon"}, "timestamp_invalid"),
        (
            lambda: {**signed("GET", "/credits/cr_1"), "X-Storefront-Signature": "ü".encode("latin-1")},
            "signature_invalid",
        ),
    ],
)
async def test_nobody_else_gets_in(world: Here, forged: Callable[[], Any], code: str) -> None:
    # made now: what was signed when the tests were collected may be too old by the time that it is sent
    answer = await world.http.get("/storefront/credits/cr_1", headers=forged())
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


async def test_faults_as_at_stripe(world: Here) -> None:
    name = "POST /store_credit/{id}/credits"
    at = {name: {1: "error_before", 2: "error_with_effect", 4: "drop_after", 6: "rate_limit"}}
    await world.http.post("/storefront/_control/faults", json={"at": at})

    async def credit(key: str) -> int:
        return (await call(world, "POST", "/store_credit/c-1/credits", CREDIT, key)).status_code

    async def has() -> Any:
        return (await call(world, "GET", "/store_credit/c-1")).json()["balances"]

    assert await credit("a") == 500
    assert await has() == {}
    assert [await credit("b"), await credit("b")] == [500, 500]
    assert await has() == {"EUR": 1_500}
    with pytest.raises(ConnectionResetError):
        await credit("c")
    assert await credit("c") == 201
    assert await credit("d") == 429
    assert await has() == {"EUR": 3_000}
    told = (await world.http.get("/storefront/_control/faults")).json()
    assert (told["calls"][name], sum(told["injected"][name].values())) == (6, 4)


def event(id: str, body: bytes, at: int | None = None, secret: str = EVENTS_SECRET) -> dict[str, str]:
    """The headers of an event, by the Standard Webhooks specification."""
    at = int(time.time()) if at is None else at
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": f"v1a,x v1,{digest}"}


async def test_events_are_kept_once_with_how_often_they_came(world: Here) -> None:
    async def send(id: str, body: bytes, **headers: Any) -> int:
        sent = {**event(id, body), **headers}
        return (await world.http.post("/storefront/events", content=body, headers=sent)).status_code

    await world.http.post("/storefront/_control/events", json={"statuses": [503]})
    assert [await send("e-1", b'{"n": 1}') for _ in range(3)] == [503, 204, 204]
    assert await send("e-2", b'{"n": 2}') == 204
    assert await send("e-2", b'{"n": 3}') == 409
    assert await send("e-3", b"{") == 400
    assert await send("e-4", b"{}", **event("e-4", b"{}", at=1)) == 401
    assert await send("e-4", b"{}", **event("e-4", b"{}", secret="whsec_b3RoZXI=")) == 401
    assert await send("e-4", b"{}", **{"webhook-signature": ""}) == 401
    told = (await world.http.get("/storefront/_control/events")).json()["data"]
    assert [(one["id"], one["body"], one["times"]) for one in told] == [("e-1", {"n": 1}, 2), ("e-2", {"n": 2}, 1)]


async def test_gift_cards_and_orders_come_from_elsewhere(world: Here) -> None:
    given = {"id": "gc_order_7", "amount": 2_000, "currency": "EUR"}
    codes = [(await world.http.post("/storefront/_control/gift_cards", json=given)).status_code for _ in range(2)]
    assert codes == [201, 200]
    other = await world.http.post("/storefront/_control/gift_cards", json={**given, "amount": 1})
    assert other.status_code == 409
    put = await world.http.put("/storefront/_control/orders/7", content=b'{"id": "7"}')
    assert (await call(world, "GET", "/orders/7")).headers["etag"] == put.json()["etag"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"amount": 0}', b'{"amount": "5"}', b"[" * 10_000])
async def test_garbage_is_refused(world: Here, body: bytes) -> None:
    for target in ("/gift_cards", "/store_credit/c-1/credits", "/gift_cards/gc_1/credits"):
        headers = signed("POST", target, body, "k")
        answer = await world.http.post(f"/storefront{target}", content=body, headers=headers)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["code"] == "invalid"


def test_signatures_of_events_are_those_of_the_specification() -> None:
    # The example that the Standard Webhooks libraries test themselves with.
    secret, id, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    right = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert event_signature(secret, id, at, b'{"test": 2432232314}') == right
