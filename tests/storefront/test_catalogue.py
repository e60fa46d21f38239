"""What the shop sells, read at a storefront, and parcels that it is asked to send: one contract each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from activities.calling import StorefrontCalls
from activities.inventory.items import Goods, Item
from activities.inventory.shipping import ByHandFulfilment, Dispatched
from activities.inventory.via_storefront import StorefrontFulfilment
from activities.storefront.catalogue import HttpCatalogue, NoCatalogue
from domain.errors import InvalidRequest, Refused, Unavailable
from embedded.simulators.shelf import Shelf
from embedded.simulators.storefront import SECRET, app
from tests.inventory.places import Switch, serving
from tests.payments.canned import Answer, canned
from tests.payments.test_via_storefront import refusal

SKU = "HAT-M/red"
GOODS = Goods(case="R-1", order_id="o-1", items=(Item(line_id="x-1", sku=SKU, location="main", quantity=2),))
KEY = "ship:R-1:1"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A storefront on the loopback."""
    switch, shelf = Switch(), Shelf(tmp_path_factory.mktemp("storefront") / "simulators.db")
    switch.app = app(shelf)
    with serving(switch) as url, httpx2.Client(base_url=url, timeout=10, trust_env=False, verify=False) as client:
        yield client


def calls(there: httpx2.Client) -> StorefrontCalls:
    return StorefrontCalls(str(there.base_url), SECRET)


def test_a_variant_is_told_with_its_price_taxes_and_stock(there: httpx2.Client) -> None:
    catalogue = HttpCatalogue(calls(there))
    assert catalogue.variant(SKU) is None
    told = {"sku": SKU, "product": "hat", "title": "Hat, M", "price": 1490, "currency": "EUR", "available": 3}
    taxes = [{"name": "VAT", "rate": "0.19"}]
    there.post("/_control/variants", json={**told, "taxes": taxes}).raise_for_status()
    variant = catalogue.variant(SKU)
    assert variant is not None
    assert (variant.model_dump(exclude={"taxes"}), variant.taxes[0].rate) == (told, "0.19")
    assert NoCatalogue().variant(SKU) is None


def test_a_parcel_is_sent_once_and_its_number_comes_when_it_is_packed(there: httpx2.Client) -> None:
    shop = StorefrontFulfilment(calls(there))
    pack(there, at_once=False)
    assert [shop.ship(KEY, GOODS), shop.ship(KEY, GOODS)] == [None, None]
    pack(there, at_once=True, waiting="shipped")
    sent = shop.ship(KEY, GOODS)
    assert isinstance(sent, Dispatched)
    assert (sent.tracking_number, sent.carrier) == ("OUT00000001", "Paketdienst")
    assert shop.ship(KEY, GOODS) == sent
    (made,) = there.get("/_control/fulfilments").json()["data"]
    assert (made["reference"], made["return"], made["order"]) == (KEY, "R-1", "o-1")
    assert made["items"] == [{"line_id": "x-1", "sku": SKU, "quantity": 2}]
    assert ByHandFulfilment().ship(KEY, GOODS) is None


def test_a_parcel_that_is_called_off_needs_a_person(there: httpx2.Client) -> None:
    shop = StorefrontFulfilment(calls(there))
    pack(there, at_once=False)
    assert shop.ship("ship:R-2:1", GOODS) is None
    pack(there, at_once=True, waiting="cancelled")
    with pytest.raises(Refused) as no:
        shop.ship("ship:R-2:1", GOODS)
    assert no.value.code == "not_shipped"


def test_an_answer_that_was_lost_is_found_again(there: httpx2.Client) -> None:
    shop = StorefrontFulfilment(calls(there))
    faults = {"seed": 1, "faults": {"POST /fulfilments": {"drop_after": 1.0}}}
    there.post("/_control/faults", json=faults).raise_for_status()
    with pytest.raises(Unavailable):
        shop.ship("ship:R-3:1", GOODS)
    assert shop.ship("ship:R-3:1", GOODS) is not None
    there.post("/_control/faults", json={"seed": 1}).raise_for_status()
    made = [one for one in there.get("/_control/fulfilments").json()["data"] if one["reference"] == "ship:R-3:1"]
    assert len(made) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(drop=True), Unavailable),
        (Answer(401, refusal("signature_invalid")), Unavailable),
        (Answer(404, "<h1>no such page</h1>"), Unavailable),
        (Answer(429, refusal("rate_limited")), Unavailable),
        (Answer(500, refusal("internal_error")), Unavailable),
        (Answer(200, "{}"), Unavailable),
        (Answer(422, refusal("not_for_sale")), Refused),
    ],
    ids=["silence", "unsigned", "no storefront", "too often", "its fault", "no variant", "no"],
)
def test_answers_that_are_none(answer: Answer, error: type[Exception]) -> None:
    with canned(lambda _: answer) as there, pytest.raises(error):
        HttpCatalogue(StorefrontCalls(there.url, "s3cret")).variant("HAT")


def test_without_a_secret_nothing_is_asked() -> None:
    with pytest.raises(InvalidRequest):
        StorefrontCalls("http://127.0.0.1:1", "")


def pack(there: httpx2.Client, **how: Any) -> None:
    there.post("/_control/fulfilments", json=how).raise_for_status()
