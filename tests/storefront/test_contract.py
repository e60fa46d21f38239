"""Where orders come from: the same promises, whether they were imported or are read at the storefront."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from activities.storefront.embedded import EmbeddedStorefront
from activities.storefront.importers import OrderFormat
from activities.storefront.intake import Intake
from activities.storefront.via_http import LARGEST_BODY, HttpStorefront
from database.stores import SqlOrders
from domain.delivery import with_delivery
from domain.errors import BackhaulError, InvalidRequest, Refused, Unavailable
from domain.order import Order
from embedded.simulators.storefront import SECRET
from tests.payments import providers
from tests.payments.canned import Answer, Call, canned
from tests.shop import TWO_RATES, Shop, open_shop

CUSTOMER = "cust-2041"


class Imported:
    """Orders come as files."""

    def __init__(self, shop: Shop) -> None:
        self._intake = intake(shop)
        self.port = EmbeddedStorefront(shop.orders)

    def sells(self, text: str) -> None:
        self._intake.take(text)


class Asked:
    """Orders are read at the simulator."""

    def __init__(self, shop: Shop, url: str, format: OrderFormat = "auto") -> None:
        self._url = f"{url}/storefront"
        self.port = HttpStorefront(self._url, SECRET, intake(shop), shop.orders, format)

    def sells(self, text: str) -> None:
        order = json.loads(text)
        id = order["order"]["id"] if "order" in order else order["id"]
        httpx2.put(f"{self._url}/_control/orders/{id}", content=text).raise_for_status()


Source = Imported | Asked
"""An adapter of the port, and the storefront's hand behind it."""


def intake(shop: Shop) -> Intake:
    """The way in."""
    return Intake(shop.orders, shop.contacts, shop.policies.words)


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The storefront."""
    with providers.simulator(tmp_path_factory.mktemp("simulators")) as made:
        yield made.url


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Backhaul's side, with nothing on its shelf."""
    with open_shop(tmp_path) as shop:
        with shop.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM orders")
            connection.exec_driver_sql("DELETE FROM contacts")
        yield shop


@pytest.fixture(params=["imported", "asked"])
def source(request: pytest.FixtureRequest, shop: Shop) -> Source:
    """Each adapter."""
    return Imported(shop) if request.param == "imported" else Asked(shop, request.getfixturevalue("simulators"))


def two_rates(name: str, **changed: object) -> str:
    """The order with two rates, under an id and a number of a test's own."""
    document = json.loads(TWO_RATES)
    document["order"] |= {"id": name, "number": f"B-{name}", **changed}
    return json.dumps(document)


def found(source: Source, name: str) -> Order:
    order = source.port.order(name)
    assert order is not None
    return order


def test_by_id_and_by_number_and_its_person_apart(source: Source, shop: Shop) -> None:
    source.sells(two_rates("o-1"))
    for name in ("o-1", "B-o-1"):
        order = found(source, name)
        assert (order.id, order.number, order.total) == ("o-1", "B-o-1", 10850)
        assert "Mara" not in order.model_dump_json()
    contact = shop.contacts.get(CUSTOMER)
    assert contact is not None
    assert contact.name == "Mara Musterfrau"


def test_what_is_not_there_is_none(source: Source) -> None:
    assert source.port.order("o-none") is None


def test_a_newer_version_takes_the_place_of_the_older(source: Source) -> None:
    source.sells(two_rates("o-2"))
    assert found(source, "o-2").locale == "en"
    source.sells(two_rates("o-2", locale="de"))
    assert found(source, "o-2").locale == "de"


def test_deliveries_that_were_told_stay_known(source: Source, shop: Shop) -> None:
    bare = json.loads(two_rates("o-3"))
    for line in bare["order"]["lines"]:
        del line["deliveries"]
    source.sells(json.dumps(bare))
    told = with_delivery(found(source, "o-3"), {}, datetime(2026, 11, 8, tzinfo=UTC))
    shop.orders.put(told)
    assert found(source, "o-3") == told
    bare["order"]["locale"] = "de"
    source.sells(json.dumps(bare))
    assert found(source, "o-3").lines == told.lines


SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize(
    ("file", "format"),
    [("shopify_order_partially_refunded.json", "shopify"), ("woocommerce_order.json", "woocommerce")],
)
def test_shops_own_json_is_read_there_too(shop: Shop, simulators: str, file: str, format: OrderFormat) -> None:
    text = (SAMPLES / file).read_text()
    asked = Asked(shop, simulators, format)
    raw = json.loads(text)
    inner = raw.get("order", raw)
    asked.sells(json.dumps(inner))
    by_id = found(asked, str(inner["id"]))
    by_number = found(asked, str(inner.get("name", inner.get("number"))).lstrip("#"))
    assert (by_id.id, by_number) == (str(inner["id"]), by_id)


def answers(shop: Shop, answer: Callable[[Call], Answer], *names: str, timeout: float = 5) -> tuple[Any, list[Call]]:
    """What comes of asking for these orders, the last one's error or order, and the calls that were made."""
    with canned(answer) as there:
        port = HttpStorefront(there.url, "s3cret", intake(shop), shop.orders, timeout=timeout)
        result: object = None
        for name in names:
            try:
                result = port.order(name)
            except BackhaulError as error:
                result = error
        return result, there.calls


def refusal(code: str) -> str:
    return json.dumps({"error": {"code": code, "message": "Not this one."}})


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer(drop=True), Unavailable, "gave no answer"),
        (Answer(500), Unavailable, "HTTP 500"),
        (Answer(302, headers={"Location": "/x"}), Unavailable, "HTTP 302"),
        (Answer(304), Unavailable, "HTTP 304"),
        (Answer(401, refusal("signature_invalid")), Unavailable, "BACKHAUL_STOREFRONT_SECRET"),
        (Answer(404, "<h1>no such page</h1>"), Unavailable, "HTTP 404"),
        (Answer(429, refusal("rate_limited")), Unavailable, "HTTP 429"),
        (Answer(200, "<h1>welcome</h1>"), Unavailable, "no JSON"),
        (Answer(403, refusal("not_yours")), Refused, "Not this one."),
        (Answer(200, "{}"), Refused, "cannot be read"),
        (Answer(200, two_rates("o-9", currency="euros")), Refused, "cannot be read (order.currency"),
        (Answer(200, two_rates("o-8")), Refused, "another order than o-9"),
        (Answer(200, " " * (LARGEST_BODY + 1)), Refused, "bytes"),
    ],
)
def test_what_answers_mean(shop: Shop, answer: Answer, error: type[BackhaulError], words: str) -> None:
    caught, calls = answers(shop, lambda _: answer, "o-9")
    assert type(caught) is error
    assert words in caught.message
    assert len(calls) == 1
    # Nothing that was refused is kept.
    assert (shop.orders.all(), shop.contacts.get(CUSTOMER)) == ([], None)


def test_two_orders_of_one_number_are_refused(shop: Shop) -> None:
    def answer(call: Call) -> Answer:
        both = f'{{"orders": [{two_rates("o-1")}, {two_rates("o-2")}]}}'
        return Answer(200, both) if "number=" in call.path else Answer(404, refusal("not_found"))

    caught, calls = answers(shop, answer, "B-1")
    assert (type(caught), caught.code) == (Refused, "order_ambiguous")
    assert [one.path for one in calls] == ["/orders/B-1", "/orders?number=B-1"]


def test_what_we_have_is_not_sent_again(shop: Shop) -> None:
    def answer(call: Call) -> Answer:
        if call.headers.get("if-none-match") == '"v1"':
            return Answer(304)
        return Answer(200, two_rates("o-1"), {"ETag": '"v1"'})

    order, calls = answers(shop, answer, "o-1", "o-1")
    assert isinstance(order, Order)
    assert (order.id, [one.headers.get("if-none-match") for one in calls]) == ("o-1", [None, '"v1"'])


@pytest.mark.parametrize(("url", "secret", "field"), [("", "s", "URL"), ("https://shop.example", "", "SECRET")])
def test_what_is_not_set_is_named(shop: Shop, url: str, secret: str, field: str) -> None:
    with pytest.raises(InvalidRequest, match=f"BACKHAUL_STOREFRONT_{field}"):
        HttpStorefront(url, secret, intake(shop), SqlOrders(shop.engine))
