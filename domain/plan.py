"""What we owe for a return: the refund plan, per line, component, tax rate and tender. All amounts are minor units."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from domain.arithmetic import worth
from domain.model import Currency, Id, Minor, Model, Quantity
from domain.order import UNLINKED, OrderLine, Tender, TenderKind
from domain.refund import PAID_BY_PEOPLE
from domain.resolution import Resolution

Count = Annotated[int, Field(strict=True, ge=0)]
"""Whole units, or none."""


class ComponentKind(StrEnum):
    """What a part of the refund pays back."""

    NET = "net"
    TAX = "tax"
    DUTIES = "duties"
    TIP = "tip"


class Component(Model):
    """One part of a refund, out of what was paid: net, one tax or the duties of one line, of shipping, or the tip.

    `tax` is the position of the tax in the line, from 1; 0 for all others. `name` and `rate` are the tax's own.
    """

    line_id: str
    kind: ComponentKind
    tax: Count = 0
    name: str = ""
    rate: str = ""
    amount: Minor


class KitShare(Model):
    """What a part is worth where whole kits come back: its share of what the first `before`, and then `quantity` more,
    of `units` kits are worth out of `base`. A kit is sold at one price, so it is rounded as one.

    Of the kits' worth each part in turn takes half_up(its base * what is left / the bases of it and those after it).
    """

    kit: Id
    base: Minor
    units: Count
    before: Count
    quantity: Quantity
    worth_before: Minor
    worth_after: Minor


class PlanLine(Model):
    """The arithmetic of one line: for the first `units_before` of its `bought` units `gross_before` out of `paid` has
    gone back; with `quantity` more, `gross` follows now.

    `gross` is worth(base, base_units, base_before + quantity) - base_back, less what is below a tender's step. The base
    is `paid` for all units, until more goes back than units are worth; then it is what is left of the line, and counts
    anew. A part of whole kits is worth its `kit_share` instead. Duties are apart; `duties_kept` of them are not paid
    back under these terms; `delivery_kept` of the units count for no share of delivery. `quantity` is 0 where only
    money goes back: an adjustment, or what an earlier plan left below a step.
    """

    line_id: Id
    title: str
    quantity: Count
    bought: Quantity
    paid: Minor
    units_before: Count
    gross_before: Minor
    gross: Minor
    base: Minor = 0
    base_units: Count = 0
    base_before: Count = 0
    base_back: Minor = 0
    duties: Minor = 0
    duties_kept: Minor = 0
    kit_share: KitShare | None = None
    delivery_kept: Count = 0

    @property
    def worth(self) -> int:
        """What the units of this plan are worth, whether it could be paid at once or not."""
        if self.kit_share is not None:
            return self.kit_share.worth_after - self.kit_share.worth_before
        return self.worth_after - worth(self.base, self.base_units, self.base_before)

    @property
    def worth_after(self) -> int:
        """What is worth of the base with the units of this plan and those before it."""
        if self.kit_share is not None:
            return self.kit_share.worth_after
        return worth(self.base, self.base_units, self.base_before + self.quantity)


class FeeKind(StrEnum):
    """Why less goes back than the components add up to."""

    RESTOCKING = "restocking"
    RETURN_SHIPPING = "return_shipping"
    LOST_VALUE = "lost_value"
    ROUNDING = "rounding"
    """What no payment can ever give back, because it is less than the smallest amount the provider moves."""


class Fee(Model):
    """What is kept of a refund: `amount`, of which `tax` is tax of its own. Never netted into a component.

    `rate` is in percent of `base`, empty for a fixed amount. `waived` is what it would have been more, had the refund
    not been used up.
    """

    kind: FeeKind
    line_id: str = ""
    base: Minor
    rate: str = ""
    amount: Minor
    waived: Minor = 0
    tax_name: str = ""
    tax_rate: str = ""
    tax: Minor = 0
    reason: str = ""


class Bonus(Model):
    """Store credit on top of a refund, paid by the shop's promotion and never out of what the shopper paid."""

    base: Minor
    rate: str = ""
    amount: Minor
    reason: str = ""


class Adjustment(StrEnum):
    """Why money goes back without goods."""

    GOODWILL = "goodwill"
    PRICE_ADJUSTMENT = "price_adjustment"


class Difference(Model):
    """An earlier refund gave `money` for units of a line that are worth `worth`.

    `line_id` may also stand for shipping or the tip; no `refund_id` means money that no refund accounts for.
    """

    refund_id: str
    line_id: str
    worth: Minor
    money: Minor


AS_CREDIT = "as_store_credit"
"""Stands for a payment where all of a refund becomes store credit, because the shopper chose that."""


def destination(payment: str) -> str:
    """A leg's payment, or what stands for one, as people are told of it."""
    return payment.replace("_", " ").removeprefix("as ") if payment == AS_CREDIT else payment


class Leg(Model):
    """What goes back to one tender, or `as_store_credit`; `customer` is whose, where that is store credit."""

    tender_id: Id
    kind: TenderKind
    amount: Minor
    customer: Id | Literal[""] = ""

    @property
    def by_hand(self) -> bool:
        """Whether a person has to pay it: nothing can be sent back the way it came."""
        return self.kind in PAID_BY_PEOPLE and self.tender_id != UNLINKED


class RefundPlan(Model):
    """What is owed and where it goes.

    The components are the gross of the lines, their duties, `shipping` and `tip`; less the fees, and less `exchanged`
    (what pays for new goods), they are `total`, which the legs add up to. `later` stays due, because it is below a
    tender's step; the next plan of the order takes it up. `adjustment` says why money goes back without goods. The
    bonus comes on top of `total`, as store credit. `differences` are those of earlier refunds of the order.
    `automatic_limit` stands there where `total` exceeds it: then a person has to approve the plan.

    Of an exchange, `new` are the lines that go out, which are lines of the order as long as the plan stands; what
    `exchanged` does not pay for them, the shopper paid as `added`.

    A return whose plan was overtaken has a second one, by its `number`. Where the first was paid in part already, the
    next has no lines: it pays what the first left `owed`. `resolution` is what was chosen when it was made, after so
    many `choices`; one that comes later overtakes it.
    """

    order_id: Id
    currency: Currency
    lines: tuple[PlanLine, ...]
    shipping: Minor
    components: tuple[Component, ...]
    legs: tuple[Leg, ...]
    total: Minor
    tip: Minor = 0
    fees: tuple[Fee, ...] = ()
    bonus: Bonus | None = None
    exchanged: Minor = 0
    new: tuple[OrderLine, ...] = ()
    added: Tender | None = None
    later: Minor = 0
    adjustment: Adjustment | None = None
    differences: tuple[Difference, ...] = ()
    number: Annotated[int, Field(strict=True, ge=1)] = 1
    resolution: Resolution = Resolution.REFUND
    choices: Count = 0
    owed: Minor = 0
    automatic_limit: Minor | None = None

    @property
    def gross(self) -> int:
        """What the components add up to, before fees."""
        return sum(one.amount for one in self.components)
