"""Goods for goods, by the activities alone: what is promised, what it comes to, and what follows where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from activities.decisions import OpenReturn, PlanRefund, RecordLate
from activities.decisions.trading import FallBack, PriceExchange, Trading
from activities.inventory.shipping import ByHandFulfilment, RecordShipped, Ship, Shipping
from activities.storefront.exchanging import NOT_SOLD, OUT_OF_STOCK, Exchanging, PromiseGoods
from domain import trade_ids
from domain.errors import InvalidRequest, Refused
from domain.exchange import Variant
from domain.inspection import Receipt, ReceivedLine
from domain.late import LateGoods
from domain.order import EarlierRefund, Order
from domain.request import RequestedLine, ReturnRequest, parse_request
from domain.resolution import Resolution
from ledger.facts import Facts
from tests.shop import NOW, Shop, card, inspection

OFFERED = [{"allowed": ["exchange", "repair", "replacement", "refund", "store_credit"]}]
ONE_MUG = (ReceivedLine(line_id="1", quantity=1),)
MUG, NEW = {"1": 1}, trade_ids.new_line("R-1", "1")
ABOUT = {"case": "R-1", "order_id": "two-rates"}


class Shelf(dict[str, Variant]):
    """What is sold."""

    def variant(self, sku: str) -> Variant | None:
        """By its SKU."""
        return self.get(sku)

    def sell(self, sku: str, price: int, product: str = "mug", **more: Any) -> None:
        """From now on."""
        told = {"sku": sku, "product": product, "title": sku, "price": price, "currency": "EUR", **more}
        self[sku] = Variant.model_validate(told)


@pytest.fixture
def shelf() -> Shelf:
    found = Shelf()
    found.sell("MUG-BLUE", 1290)
    found.sell("MUG-RED", 1290)
    found.sell("CUP", 976, "cup")
    found.sell("POT", 1676, "pot")
    return found


def opened(shop: Shop, sku: str | None = "MUG-RED", resolution: Resolution = Resolution.EXCHANGE) -> None:
    shop.publish(resolutions=OFFERED)
    shop.sell()
    line = RequestedLine(line_id="1", quantity=1, exchange_for=sku)
    asked = ReturnRequest(id="R-1", order_id="two-rates", lines=(line,), resolution=resolution)
    shop.fetch("R-1", MUG)
    shop.decisions.open_return(OpenReturn(request=asked, order_id="two-rates", now=NOW))


def promise(shop: Shop, shelf: Shelf, *, again: bool = False) -> Any:
    ask = PromiseGoods.model_validate({**ABOUT, "again": again, "now": NOW})
    return Exchanging(shelf, shop.snapshots, shop.ledger).promise_goods(ask)


def fall_back(shop: Shop, instead_of: Resolution) -> Resolution:
    ask = FallBack.model_validate({**ABOUT, "instead_of": instead_of, "reason": "out_of_stock", "now": NOW})
    return Trading(shop.snapshots, shop.ledger).fall_back(ask).decision.resolution


def test_what_was_promised_holds_whatever_the_shop_asks_later(shop: Shop, shelf: Shelf) -> None:
    opened(shop, "POT")
    first = promise(shop, shelf)
    assert (first.to_pay, first.quote.total, first.quote.exchanged) == (500, 0, 1176)
    shelf.sell("POT", 9999, "pot")
    assert promise(shop, shelf) == first
    shop.receive("R-1", MUG)
    plan = PriceExchange.model_validate(ABOUT)
    assert Trading(shop.snapshots, shop.ledger).price_exchange(plan).to_pay == 500


@pytest.mark.parametrize(
    ("sku", "more", "code"),
    [
        ("GONE", None, NOT_SOLD),
        ("MUG-RED", {"currency": "USD"}, NOT_SOLD),
        ("MUG-RED", {"available": 0}, OUT_OF_STOCK),
    ],
    ids=["not sold", "in another currency", "sold out"],
)
def test_what_cannot_be_had_is_told_and_records_nothing(
    shop: Shop, shelf: Shelf, sku: str, more: dict[str, Any] | None, code: str
) -> None:
    opened(shop, sku)
    if more:
        shelf.sell(sku, 1290, **more)
    before = shop.recorded()
    with pytest.raises(Refused) as no:
        promise(shop, shelf)
    assert (no.value.code, shop.recorded()) == (code, before)


def test_an_exchange_gives_way_to_money_and_a_repair_to_what_the_policy_names_after_it(
    shop: Shop, shelf: Shelf
) -> None:
    opened(shop, None, Resolution.REPAIR)
    assert fall_back(shop, Resolution.REPAIR) is Resolution.REPLACEMENT
    assert fall_back(shop, Resolution.REPAIR) is Resolution.REPLACEMENT  # told twice
    assert fall_back(shop, Resolution.REPLACEMENT) is Resolution.REFUND
    assert [one for one in shop.recorded() if one.startswith("choice:")] == ["choice:R-1:1", "choice:R-1:2"]


@pytest.mark.parametrize(
    ("resolution", "sku", "field"),
    [("exchange", None, "lines.0.exchange_for"), ("refund", "MUG-RED", "lines.0.exchange_for")],
)
def test_an_exchange_names_what_goes_out_and_nothing_else_does(resolution: str, sku: str | None, field: str) -> None:
    line = {"line_id": "1", "quantity": 1, **({"exchange_for": sku} if sku else {})}
    with pytest.raises(InvalidRequest) as no:
        parse_request({"id": "R-1", "order_id": "o", "lines": [line], "resolution": resolution})
    assert no.value.field == field


def test_an_even_exchange_moves_its_money_at_once_and_nothing_goes_out_before(shop: Shop, shelf: Shelf) -> None:
    opened(shop)
    promise(shop, shelf)
    shipping = Shipping(ByHandFulfilment(), shop.ledger, shop.people)
    shop.receive("R-1", MUG)
    with pytest.raises(Refused) as no:
        shipping.ship(Ship.model_validate({**ABOUT, "now": NOW}))
    assert no.value.code == "not_planned"
    plan = shop.plan("R-1", MUG)
    assert (plan.exchanged, plan.total, [one.id for one in plan.new]) == (1176, 0, [NEW])
    assert shop.money(f"paid:two-rates:{NEW}:net").posted == 988
    said = {**ABOUT, "by": "dock", "now": NOW}
    with pytest.raises(Refused) as no:
        shipping.record_shipped(RecordShipped.model_validate(said))  # nothing was set aside for it
    assert no.value.code == "not_set_aside"


def test_a_fact_before_the_rest_is_submitted_takes_the_new_line_back_and_planning_anew_brings_it_again(
    shop: Shop, shelf: Shelf
) -> None:
    # two payments of 20.00 and 88.50; a mug of 11.76 for a cup of 9.76, and 2.00 go back
    shop.publish(resolutions=OFFERED)
    order: Order = shop.sell(tenders=[card("pi_1", 2000), card("pi_2", 8850)])
    line = RequestedLine(line_id="1", quantity=1, exchange_for="CUP")
    asked = ReturnRequest(id="R-1", order_id=order.id, lines=(line,), resolution=Resolution.EXCHANGE)
    shop.fetch("R-1", MUG)
    shop.decisions.open_return(OpenReturn(request=asked, order_id=order.id, now=NOW))
    promise(shop, shelf)
    shop.receive("R-1", MUG)
    assert shop.plan("R-1", MUG).total == 200
    facts = Facts(shop.ledger, shop.snapshots)
    facts.refunded_elsewhere(order.id, EarlierRefund(id="re_x", at=NOW, money={"pi_2": 100}), "provider", NOW)
    assert shop.money(f"paid:two-rates:{NEW}:net").posted == 0
    assert shop.sound()
    again = PlanRefund(case="R-1", order_id=order.id, inspection=inspection(MUG), number=2, now=NOW)
    plan = shop.decisions.plan_refund(again)
    # 0.32 of the 1.00 was of the three mugs: one of them is worth (35.29 - 0.32) / 3 = 11.66 now
    assert (plan.total, plan.exchanged, [one.id for one in plan.new]) == (190, 976, [NEW])
    assert shop.sound()


def test_goods_that_come_after_an_exchange_has_ended_are_paid_back(shop: Shop, shelf: Shelf) -> None:
    opened(shop)
    promise(shop, shelf)
    shop.cancel("R-1")  # nothing goes out any more
    late = LateGoods(case="R-1", order_id="two-rates", receipt=Receipt(id="b", received_by="dock", lines=ONE_MUG))
    shop.decisions.record_late(RecordLate(goods=late, now=NOW))
    plan = shop.plan("R-1", MUG)
    assert (plan.new, plan.exchanged, plan.total) == ((), 0, 1176)
