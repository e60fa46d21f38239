"""What the warehouse system is told, and what its answers mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from activities.inventory.embedded import EmbeddedInventory
from activities.inventory.items import Goods, Item
from activities.inventory.via_webhook import WebhookInventory
from domain.errors import BackhaulError, InvalidRequest, Refused, Unavailable
from domain.inspection import Disposition
from embedded.simulators.warehouse import SECRET
from settings import ROOT, Settings
from tests.inventory.places import Story, System
from tests.payments.canned import Answer, Call, canned
from tests.shop import Shop, inspection
from wiring import rooms

OTHER = "whsec_" + base64.b64encode(b"o" * 24).decode()
KEY = "restock:R-1.a:look-1"
ITEM = Item(
    line_id="1", sku="MUG", location="main", quantity=2, disposition=Disposition.RESTOCKED, serials=("SN-1", "SN-2")
)
GOODS = Goods(case="R-1.a", order_id="o-1", items=(ITEM,))


def told(answer: Answer, secret: str = SECRET) -> Call:
    """The call that a restock makes."""
    with canned(lambda _: answer) as there:
        WebhookInventory(f"{there.url}/stock", secret).restock(KEY, GOODS)
        return there.calls[0]


def refusal(code: str) -> str:
    return json.dumps({"error": {"code": code, "message": "Not these."}})


def test_it_says_what_goes_where_under_our_key() -> None:
    call = told(Answer(204))
    assert (call.method, call.path, call.headers["idempotency-key"]) == ("POST", "/stock", KEY)
    assert json.loads(call.body) == {
        "type": "inventory.restock",
        "data": {
            "key": KEY,
            "return": "R-1.a",
            "order": "o-1",
            "items": [
                {
                    "line_id": "1",
                    "sku": "MUG",
                    "location": "main",
                    "quantity": 2,
                    "disposition": "restocked",
                    "serials": ["SN-1", "SN-2"],
                }
            ],
        },
    }


def test_it_is_signed_as_the_specification_has_it() -> None:
    call = told(Answer(200))
    id, at = call.headers["webhook-id"], call.headers["webhook-timestamp"]
    secret = base64.b64decode(SECRET.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(secret, f"{id}.{at}.{call.body}".encode(), hashlib.sha256).digest()).decode()
    assert call.headers["webhook-signature"] == f"v1,{right}"
    assert abs(int(at) - datetime.now(UTC).timestamp()) < 60
    # The specification wants none in an id, and our keys may have some.
    assert "." not in id
    Webhook(SECRET).verify(call.body, dict(call.headers))


def test_while_a_secret_is_replaced_both_of_them_sign() -> None:
    call = told(Answer(200), f"{OTHER} {SECRET}")
    for secret in (OTHER, SECRET):
        Webhook(secret).verify(call.body, dict(call.headers))


def test_the_same_key_carries_the_same_bytes_under_the_same_id() -> None:
    first, again = told(Answer(200)), told(Answer(200))
    assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (Answer(drop=True), Unavailable, ""),
        (Answer(401, refusal("signature_invalid")), Unavailable, ""),
        (Answer(403, refusal("forbidden")), Unavailable, ""),
        (Answer(404, "<h1>no such page</h1>"), Unavailable, ""),
        (Answer(302, refusal("moved")), Unavailable, ""),
        (Answer(429, refusal("rate_limited"), {"Retry-After": "7"}), Unavailable, ""),
        (Answer(500, refusal("internal_error")), Unavailable, ""),
        (Answer(503), Unavailable, ""),
        (Answer(400, refusal("invalid")), Refused, "invalid"),
        (Answer(409, refusal("out_of_stock")), Refused, "out_of_stock"),
        (Answer(422, refusal("unknown_sku")), Refused, "unknown_sku"),
        (Answer(422, refusal("")), Unavailable, ""),
        (Answer(422, refusal("x" * 5000)), Refused, "x" * 100),
    ],
)
def test_an_answer_means_try_again_or_no(answer: Answer, error: type[BackhaulError], code: str) -> None:
    with pytest.raises(BackhaulError) as caught:
        told(answer)
    assert type(caught.value) is error
    assert getattr(caught.value, "code", "") == code
    assert getattr(caught.value, "retry_after", None) == (7 if answer.status == 429 else None)
    assert SECRET not in caught.value.message
    assert len(caught.value.message) < 600


def test_nobody_there_and_nobody_who_answers_in_time_are_no_answer() -> None:
    with pytest.raises(Unavailable):
        WebhookInventory("http://127.0.0.1:9/stock", SECRET, timeout=1).scrap(KEY, GOODS)


def test_a_slow_warehouse_is_given_up_and_asked_again(shop: Shop, system: System) -> None:
    system.plan(at={"POST /inventory": {"1": "delay"}}, delay_seconds=600)
    url = str(system.inventory._url)  # type: ignore[attr-defined]
    hasty = WebhookInventory(url, SECRET, timeout=0.2)
    came = GOODS.model_copy(update={"items": (ITEM.model_copy(update={"disposition": None}),)})
    with pytest.raises(Unavailable):
        hasty.receive("receipt:R-1.a:box", came)
    system.inventory.receive("receipt:R-1.a:box", came)
    assert system.calls() == {"receipt:R-1.a:box": 2}


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_before", "error_with_effect", "unavailable"])
def test_whatever_breaks_each_unit_moves_once(shop: Shop, system: System, fault: str) -> None:
    story = Story(shop, system)
    story.arrive({"1": 2})
    system.plan(at={"POST /inventory": {"1": fault, "3": fault}})
    seen = inspection({"1": 2})
    for _ in range(2):
        with pytest.raises(Unavailable):
            story.judge(seen)
    story.judge(seen)
    assert system.on_hand() == {("main", "MUG-BLUE", "restocked"): 2}
    assert list(system.calls()) == ["receipt:R-1:box-1", "restock:R-1:insp-1"]
    assert shop.sound()


@pytest.mark.parametrize(
    ("url", "secret", "field"),
    [
        ("https://wms.example/hook", "", "BACKHAUL_WAREHOUSE_SECRET"),
        ("https://wms.example/hook", "whsec_", "BACKHAUL_WAREHOUSE_SECRET"),
        ("https://wms.example/hook", "whsec_no base64!", "BACKHAUL_WAREHOUSE_SECRET"),
        ("https://wms.example/hook", "whsec_c2hvcnQ=", "BACKHAUL_WAREHOUSE_SECRET"),
        ("wms.example/hook", SECRET, "BACKHAUL_WAREHOUSE_URL"),
    ],
)
def test_a_wrong_setting_is_named(url: str, secret: str, field: str) -> None:
    with pytest.raises(InvalidRequest) as wrong:
        WebhookInventory(url, secret)
    assert wrong.value.field == field
    assert secret == "" or secret not in wrong.value.message or secret == "whsec_"


def test_the_address_says_who_keeps_the_stock() -> None:
    assert isinstance(rooms(Settings()).warehouse, EmbeddedInventory)
    settings = Settings(warehouse_url="https://wms.example/hook", warehouse_secret=SecretStr(SECRET))
    assert isinstance(rooms(settings).warehouse, WebhookInventory)


class TestSimulator:
    """The stand-in is at least as strict as the real thing."""

    def test_only_who_knows_the_secret_gets_in(self, system: System) -> None:
        url = str(system.inventory._url)  # type: ignore[attr-defined]
        with pytest.raises(Unavailable):
            WebhookInventory(url, OTHER).receive(KEY, GOODS)
        assert httpx2.post(url, json={}).status_code == 401
        assert system.calls() == {}

    def test_a_key_is_for_one_call_for_ever(self, system: System) -> None:
        came = GOODS.model_copy(update={"items": (ITEM.model_copy(update={"disposition": None}),)})
        system.inventory.receive(KEY, came)
        for call in (system.inventory.restock, system.inventory.receive):
            with pytest.raises(Refused) as no:
                call(KEY, GOODS)
            assert no.value.code == "idempotency_key_reused"

    def test_what_did_not_come_is_not_put_away(self, system: System) -> None:
        with pytest.raises(Refused) as no:
            system.inventory.restock(KEY, GOODS)
        assert no.value.code == "not_received"
        with pytest.raises(Refused) as no:
            system.inventory.scrap(KEY, GOODS)
        assert no.value.code == "invalid"
        assert system.on_hand() == {}

    def test_what_is_not_set_aside_is_not_set_free(self, system: System) -> None:
        with pytest.raises(Refused) as no:
            system.inventory.release(KEY, "set_aside:R-9:1", GOODS)
        assert no.value.code == "not_reserved"


def test_the_page_shows_a_call_that_is_signed_rightly() -> None:
    page = (ROOT / "docs" / "inventory.md").read_text()
    headers, body, code = (
        re.findall(rf"```{kind}\n(.*?)\n```", page, re.DOTALL)[0] for kind in ("http", "json", "python")
    )
    told = dict(line.split(": ", 1) for line in headers.splitlines())
    names: dict[str, Callable[[str, dict[str, str], bytes], bool]] = {}
    exec(code, names)  # what a reader would copy
    assert names["is_ours"](SECRET, told, body.encode())
    assert not names["is_ours"](OTHER, told, body.encode())
    assert not names["is_ours"](SECRET, told, body.replace("2", "3", 1).encode())
    items = Item.model_validate(json.loads(body)["data"]["items"][0])
    with canned(lambda _: Answer(200)) as there:
        goods = Goods(case="R-1", order_id="o-1", items=(items,))
        WebhookInventory(there.url, SECRET).restock(told["Idempotency-Key"], goods)
        (call,) = there.calls
    assert (call.body, call.headers["webhook-id"]) == (body, told["webhook-id"])
