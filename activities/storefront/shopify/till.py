"""Shopify's two currencies: the shop's, and the one the shopper was charged in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from activities.storefront.reading import Node
from domain.errors import InvalidRequest
from domain.money import Money, exponent

_ROUNDING = "total_cash_rounding_payment_adjustment_set"
_COINS = {"DKK": 50, "SEK": 100, "NOK": 100, "CZK": 100, "HUF": 500}
"""The smallest coins in minor units, where they are more than the others'."""
_COIN = 10


@dataclass(frozen=True)
class Till:
    """Reads every amount in the currency that the shopper was charged in, in minor units."""

    shop: str
    paid_in: str

    @classmethod
    def of(cls, raw: Node) -> Self:
        """The currencies of an order. Raises InvalidRequest for one that ISO 4217 does not list."""
        shop = raw.currency("currency")
        return cls(shop, raw.currency("presentment_currency") if raw.has("presentment_currency") else shop)

    def amount(self, raw: Node, name: str, either_sign: bool = False) -> int:
        """A figure of the order; where the shopper paid in another currency than the shop's, that of its `_set`."""
        if self.shop == self.paid_in:
            return raw.amount(name, self.paid_in, either_sign)
        both = raw.child(f"{name}_set")
        if both is None:
            words = f"it is missing, and the shopper paid in {self.paid_in} at a shop that sells in {self.shop}"
            raise InvalidRequest(raw.at(f"{name}_set"), words)
        return self.of_set(both, either_sign)

    def signed(self, raw: Node, name: str) -> int:
        """A figure of the order that has only a `_set` and may be below zero; 0 if it is absent."""
        both = raw.child(name)
        money = both and (both.child(self._side) or both.child("shop_money"))
        if both is None or money is None or not money.amount("amount", money.currency("currency_code"), True):
            return 0
        return self.of_set(both, either_sign=True) * (-1 if money.figure("amount").startswith("-") else 1)

    def rounding(self, order: Node) -> int:
        """What the till added to the payments, or took off them, because there are no smaller coins.

        Raises InvalidRequest for more than the smallest coin.
        """
        found, coin = self.signed(order, _ROUNDING), _COINS.get(self.paid_in, _COIN)
        if abs(found) > coin:
            told, most = (Money(minor=minor, currency=self.paid_in) for minor in (abs(found), coin))
            raise InvalidRequest(order.at(_ROUNDING), f"it is {told}, more than {most}, which no till rounds by")
        return found

    def tax(self, order: Node) -> int:
        """The order's own tax; 0 where it does not tell any."""
        if order.has("total_tax"):
            return self.amount(order, "total_tax")
        both = order.child("total_tax_set")
        return self.of_set(both) if both else 0

    @property
    def _side(self) -> str:
        return "shop_money" if self.shop == self.paid_in else "presentment_money"

    def of_set(self, both: Node, either_sign: bool = False) -> int:
        """The figure out of the two that Shopify writes of an amount. Raises InvalidRequest if it is not there."""
        name = self._side
        money = both.child(name)
        if money is None:
            raise InvalidRequest(both.at(name), "it is missing")
        if money.has("currency_code") and money.text("currency_code") != self.paid_in:
            words = f"it is {money.text('currency_code')}, but the shopper paid in {self.paid_in}"
            raise InvalidRequest(money.at("currency_code"), words)
        return money.amount("amount", self.paid_in, either_sign)

    def exchange(self, raw: Node, total: int) -> dict[str, str | None]:
        """The shop's currency and what one unit of the shopper's was of it, by the order's two totals."""
        if self.shop == self.paid_in:
            return {}
        in_shop = Decimal(raw.amount("total_price", self.shop)).scaleb(-exponent(self.shop))
        paid = Decimal(total).scaleb(-exponent(self.paid_in))
        rate = (in_shop / paid).quantize(Decimal("1e-12"), ROUND_HALF_UP) if paid else None
        return {"shop_currency": self.shop, "exchange_rate": f"{rate.normalize():f}" if rate else None}
