"""The Stripe simulator, through Stripe's own SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx2
import pytest
import stripe
from stripe.params import RefundCreateParams

from tests.embedded.shapes import answer_conforms, conforms

Start = Callable[[], AbstractAsyncContextManager[str]]

KEY = "sk_test_backhaul"
AUTH = {"Authorization": f"Bearer {KEY}"}


def shop(url: str, key: str = KEY, timeout: float = 10) -> stripe.StripeClient:
    """The SDK as production uses it, without retries of its own."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": f"{url}/stripe"},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


async def pay(http: httpx2.AsyncClient, id: str = "pi_1001", amount: int = 7000, currency: str = "usd") -> None:
    answer = await http.post(
        "/stripe/_control/payment_intents", json={"id": id, "amount": amount, "currency": currency}
    )
    assert answer.status_code in (200, 201), answer.text


async def refund(
    client: stripe.StripeClient, amount: int | None = None, *, key: str | None = None, payment: str = "pi_1001"
) -> stripe.Refund:
    params: RefundCreateParams = {"payment_intent": payment, "metadata": {"key": key or ""}}
    if amount is not None:
        params["amount"] = amount
    options: stripe.RequestOptions = {"idempotency_key": key} if key else {}
    return await asyncio.to_thread(client.v1.refunds.create, params, options)


async def control(http: httpx2.AsyncClient, path: str, **body: object) -> httpx2.Response:
    return await http.post(f"/stripe/_control/{path}", json=body)


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await holds():
            await asyncio.sleep(0.01)


async def test_a_payment_is_made_and_refunded_in_parts_to_the_last_cent(url: str) -> None:
    client = shop(url)
    payment = await asyncio.to_thread(
        client.v1.payment_intents.create,
        {
            "amount": 7000,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "metadata": {"order": "1001"},
        },
    )
    assert payment.status == "succeeded"
    charge_id = payment.latest_charge
    assert isinstance(charge_id, str)
    first = await refund(client, 2500, payment=payment.id)
    rest = await asyncio.to_thread(client.v1.refunds.create, {"charge": charge_id, "reason": "requested_by_customer"})
    assert (first.status, first.amount, rest.amount, rest.payment_intent) == ("succeeded", 2500, 4500, payment.id)
    charge = await asyncio.to_thread(client.v1.charges.retrieve, charge_id)
    assert charge.refunded
    assert charge.amount_refunded == 7000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await refund(client, 1, payment=payment.id)
    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize(
    ("currency", "paid", "asked", "words"),
    [
        ("usd", 7000, 9000, "Refund amount ($90.00) is greater than unrefunded amount on charge ($70.00)"),
        ("jpy", 7000, 9000, "Refund amount (¥9,000) is greater than unrefunded amount on charge (¥7,000)"),
        ("kwd", 7000, 9000, "Refund amount (KWD 9.000) is greater than unrefunded amount on charge (KWD 7.000)"),
    ],
)
async def test_more_than_is_left_is_refused(
    url: str, http: httpx2.AsyncClient, currency: str, paid: int, asked: int, words: str
) -> None:
    await pay(http, amount=paid, currency=currency)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await refund(shop(url), asked)
    error = refused.value
    assert (error.http_status, error.code, error.param, error.user_message) == (400, None, "amount", words)
    assert error.request_id


@pytest.mark.parametrize(
    ("params", "status", "code", "param"),
    [
        ({"payment_intent": "pi_1001", "amount": 0}, 400, "parameter_invalid_integer", "amount"),
        ({"payment_intent": "pi_1001", "amount": -5}, 400, "parameter_invalid_integer", "amount"),
        ({"payment_intent": "pi_1001", "amount": "5.5"}, 400, "parameter_invalid_integer", "amount"),
        ({"payment_intent": "pi_none"}, 404, "resource_missing", "payment_intent"),
        ({"charge": "pi_1001"}, 404, "resource_missing", "charge"),
        ({"payment_intent": "pi_1001", "colour": "red"}, 400, "parameter_unknown", "colour"),
        ({"payment_intent": "pi_1001", "reason": "bored"}, 400, None, "reason"),
        ({"payment_intent": "pi_1001", "charge": "ch_1001"}, 400, None, None),
        ({"amount": 5}, 400, "parameter_missing", None),
        ({"payment_intent": "pi_1001", "metadata": {"k" * 41: "v"}}, 400, None, "metadata"),
        ({"payment_intent": "pi_1001", "metadata": {"k": "v" * 501}}, 400, None, "metadata[k]"),
        ({"payment_intent": "pi_1001", "metadata": {f"k{n}": "v" for n in range(51)}}, 400, None, "metadata"),
    ],
)
async def test_what_is_wrong_is_refused_and_leaves_no_trace_under_its_key(
    url: str, http: httpx2.AsyncClient, params: Any, status: int, code: str | None, param: str | None
) -> None:
    await pay(http)
    client = shop(url)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await asyncio.to_thread(client.v1.refunds.create, params, {"idempotency_key": "k1"})
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (status, code, param)
    conforms("error", refused.value.json_body)
    assert (await refund(client, 100, key="k1")).amount == 100


@pytest.mark.parametrize("key", ["sk_live_1234", "rk_test_1234", "nonsense"])
async def test_only_test_keys_are_let_in(url: str, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        await refund(shop(url, key))
    assert key not in str(refused.value)


async def test_the_same_key_is_one_refund(url: str, http: httpx2.AsyncClient) -> None:
    await pay(http)
    client = shop(url)
    first = await refund(client, 1000, key="refund:r1:1")
    again = await refund(client, 1000, key="refund:r1:1")
    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as refused:
        await refund(client, 2000, key="refund:r1:1")
    assert refused.value.http_status == 400
    assert (await http.get("/stripe/_control/calls")).json() == {"received": 3, "created": 1}


async def test_a_refusal_is_kept_under_its_key_even_when_room_comes_back(url: str, http: httpx2.AsyncClient) -> None:
    await pay(http)
    client = shop(url)
    whole = await refund(client)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await refund(client, 100, key="late")
        assert refused.value.code == "charge_already_refunded"
        await control(http, f"refunds/{whole.id}", status="failed")
    assert (await refund(client, 100, key="fresh")).amount == 100


async def test_forgotten_keys_are_new_again(url: str, http: httpx2.AsyncClient) -> None:
    await pay(http)
    client = shop(url)
    first = await refund(client, 1000, key="k")
    await control(http, "forget_keys")
    assert (await refund(client, 1000, key="k")).id != first.id


async def test_keys_have_a_length(url: str, http: httpx2.AsyncClient) -> None:
    await pay(http)
    assert (await refund(shop(url), 1, key="k" * 255)).amount == 1
    with pytest.raises(stripe.InvalidRequestError):
        await refund(shop(url), 1, key="k" * 256)


async def test_an_answer_lost_after_the_refund_was_made(url: str, http: httpx2.AsyncClient) -> None:
    await pay(http)
    await control(http, "hold", hold=True)
    with pytest.raises(stripe.APIConnectionError):
        await refund(shop(url, timeout=0.2), 1000, key="k")
    listed = await asyncio.to_thread(shop(url).v1.refunds.list, {"payment_intent": "pi_1001"})
    assert [(found.amount, found.to_dict()["metadata"]) for found in listed.data] == [(1000, {"key": "k"})]
    waiting = asyncio.create_task(refund(shop(url), 1000, key="k"))

    async def received_both() -> bool:
        return bool((await http.get("/stripe/_control/calls")).json()["received"] == 2)

    await eventually(received_both)
    assert not waiting.done()
    await control(http, "hold", hold=False)
    assert (await waiting).id == listed.data[0].id
    assert (await http.get("/stripe/_control/calls")).json() == {"received": 2, "created": 1}


async def test_a_key_in_use_is_a_conflict_and_its_call_still_counts(url: str, http: httpx2.AsyncClient) -> None:
    await pay(http)
    await control(http, "hold", hold=True, moment="before")
    first = asyncio.create_task(refund(shop(url), 1000, key="k"))

    async def received() -> bool:
        return bool((await http.get("/stripe/_control/calls")).json() == {"received": 1, "created": 0})

    await eventually(received)
    with pytest.raises(stripe.APIError) as refused:
        await refund(shop(url), 1000, key="k")
    assert refused.value.http_status == 409
    # The SDK fills `code` of its exception for 400 and 404 only; the answer itself has it always.
    assert refused.value.error is not None
    assert refused.value.error.code == "idempotency_key_in_use"
    await control(http, "hold", hold=False)
    assert (await first).amount == 1000


async def test_a_call_given_up_before_it_was_carried_out_is_carried_out_all_the_same(
    url: str, http: httpx2.AsyncClient
) -> None:
    await pay(http)
    await control(http, "hold", hold=True, moment="before")
    with pytest.raises(stripe.APIConnectionError):
        await refund(shop(url, timeout=0.2), 1000, key="k")

    async def made() -> bool:
        return bool((await http.get("/stripe/_control/calls")).json()["created"] == 1)

    await eventually(made)


async def test_fifty_refunds_at_once_never_exceed_the_charge(url: str, http: httpx2.AsyncClient) -> None:
    await pay(http, amount=1000)

    async def one(number: int) -> int:
        form = {"payment_intent": "pi_1001", "amount": "70"}
        answer = await http.post("/stripe/v1/refunds", data=form, headers={**AUTH, "Idempotency-Key": f"k{number}"})
        return answer.status_code

    answers = await asyncio.gather(*(one(number) for number in range(50)))
    assert (answers.count(200), answers.count(400)) == (14, 36)
    charge = await asyncio.to_thread(shop(url).v1.charges.retrieve, "ch_1001")
    assert charge.amount_refunded == 980


async def test_everything_is_still_there_after_a_restart(start: Start) -> None:
    async with start() as url, httpx2.AsyncClient(base_url=url, verify=False) as http:
        await pay(http)
        made = await refund(shop(url), 1000, key="k")
    async with start() as url, httpx2.AsyncClient(base_url=url, verify=False) as http:
        client = shop(url)
        assert (await asyncio.to_thread(client.v1.refunds.retrieve, made.id)).amount == 1000
        assert (await refund(client, 1000, key="k")).id == made.id
        assert (await refund(client)).amount == 6000
        assert (await http.get("/stripe/_control/calls")).json() == {"received": 3, "created": 2}


async def test_the_controls_decide_how_a_refund_goes(url: str, http: httpx2.AsyncClient) -> None:
    await pay(http)
    client = shop(url)
    await control(http, "next_refund", status="pending")
    pending = await refund(client, 3000)
    assert (pending.status, pending.pending_reason) == ("pending", "processing")
    assert (await refund(client, 1000)).status == "succeeded"
    done = (await control(http, f"refunds/{pending.id}", status="succeeded")).json()
    late = (await control(http, f"refunds/{pending.id}", status="failed", failure_reason="declined")).json()
    assert (done["status"], late["failure_reason"]) == ("succeeded", "declined")
    assert late["failure_balance_transaction"]
    assert (await control(http, f"refunds/{pending.id}", status="succeeded")).status_code == 409
    charge = await asyncio.to_thread(client.v1.charges.retrieve, "ch_1001")
    assert (charge.amount_refunded, charge.refunded) == (1000, False)
    await control(http, "next_refund", status="failed", failure_reason="lost_or_stolen_card")
    assert (await refund(client, 6000)).failure_reason == "lost_or_stolen_card"
    assert (await refund(client)).amount == 6000


async def test_an_imported_payment_keeps_its_id_and_its_content(http: httpx2.AsyncClient) -> None:
    given = {"id": "pi_demo_7", "amount": 1999, "currency": "EUR", "created": 1_700_000_000}
    codes = [(await control(http, "payment_intents", **given)).status_code for _ in range(2)]
    assert codes == [201, 200]
    assert (await control(http, "payment_intents", **{**given, "amount": 2000})).status_code == 409
    assert (await control(http, "payment_intents", **{**given, "id": "../x"})).status_code == 400
    assert (await control(http, "payment_intents", **{**given, "id": "pi_8", "currency": "xxx"})).status_code == 400


async def test_refunds_are_listed_newest_first_in_pages(url: str, http: httpx2.AsyncClient) -> None:
    await pay(http)
    await pay(http, "pi_other")
    client = shop(url)
    made = [(await refund(client, 10)).id for _ in range(5)]
    await refund(client, 10, payment="pi_other")
    page = await asyncio.to_thread(client.v1.refunds.list, {"payment_intent": "pi_1001", "limit": 2})
    assert page.has_more
    walked = await asyncio.to_thread(lambda: [found.id for found in page.auto_paging_iter()])
    assert walked == made[::-1]
    by_charge = await asyncio.to_thread(client.v1.refunds.list, {"charge": "ch_1001"})
    assert [found.id for found in by_charge.data] == made[::-1]
    with pytest.raises(stripe.InvalidRequestError):
        await asyncio.to_thread(client.v1.refunds.list, {"starting_after": "re_none"})


async def test_every_object_is_as_stripe_describes_it(http: httpx2.AsyncClient) -> None:
    await pay(http)
    form = {"payment_intent": "pi_1001", "amount": "10", "metadata[case]": "r1"}
    for outcome in ({"status": "succeeded"}, {"status": "pending"}, {"status": "failed"}, {"status": "canceled"}):
        await control(http, "next_refund", **outcome)
        made = (await http.post("/stripe/v1/refunds", data=form, headers=AUTH)).json()
        assert made["status"] == outcome["status"]
        conforms("refund", made)
    conforms("charge", (await http.get("/stripe/v1/charges/ch_1001", headers=AUTH)).json())
    conforms("payment_intent", (await http.get("/stripe/v1/payment_intents/pi_1001", headers=AUTH)).json())
    answer_conforms((await http.get("/stripe/v1/refunds", headers=AUTH)).json())
    conforms("error", (await http.get("/stripe/v1/nothing", headers=AUTH)).json())


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b"amount=%ff%fe",
        b"amount=" + b"9" * 5000,
        b"amount[]=1&amount[x]=2",
        b"metadata=x",
        b"metadata[a[b]]=1",
        b"metadata[a]=1&metadata[a]=2",
        b"payment_intent[x]=pi_1001",
        b"payment_intent=pi_1001&payment_intent=pi_1001",
        b"payment_intent=%00",
        b"=&=&;",
        b"{" * 5000,
        b"&".join(b"a=1" for _ in range(5000)),
    ],
)
async def test_garbage_is_refused_not_crashed_on(http: httpx2.AsyncClient, body: bytes) -> None:
    await pay(http)
    form = {**AUTH, "Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/stripe/v1/refunds", "/stripe/v1/payment_intents"):
        for headers in (form, {**AUTH, "Content-Type": "application/json"}):
            answer = await http.post(path, content=body, headers=headers)
            assert 400 <= answer.status_code < 500, answer.text
            conforms("error", answer.json())
    for path in ("payment_intents", "next_refund", "refunds/re_1", "hold"):
        answer = await http.post(f"/stripe/_control/{path}", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400


async def test_keys_are_taken_as_curl_sends_them(http: httpx2.AsyncClient) -> None:
    for given, status in ((("sk_test_x", ""), 200), (("sk_live_x", ""), 401), (("", "sk_test_x"), 401)):
        assert (await http.get("/stripe/v1/refunds", auth=given)).status_code == status
    for header in ("Basic", "Basic !", "Basic //8=", "Bearer"):
        answer = await http.get("/stripe/v1/refunds", headers={"Authorization": header})
        assert answer.status_code == 401
        conforms("error", answer.json())
