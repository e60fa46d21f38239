"""What the shop gives of its own, in advance, or for the way: store credit, goodwill, early refunds, labels."""

from __future__ import annotations

from domain.money import Money
from domain.taking_back import TakingBack
from ledger import Transfer, accounts
from ledger.moves import Move, transfers


def taken_back(key: str, asked: TakingBack, taken: int) -> tuple[Transfer, ...]:
    """Store credit is taken back for money that is missing: the bonus first, then what stood for the money, which
    covers the order's suspense. What is spent is a claim against the customer."""
    credit, claim = accounts.store_credit(asked.customer), accounts.receivable(asked.customer)
    suspense, bonus = accounts.suspense(asked.order_id), min(taken, asked.bonus)
    moves = [
        (credit, accounts.PROMOTION, bonus),
        (credit, suspense, taken - bonus),
        (claim, accounts.PROMOTION, asked.bonus - bonus),
        (claim, suspense, asked.credit - (taken - bonus)),
    ]
    return transfers(key, asked.currency, moves)


def goodwill(key: str, currency: str, customer: str, amount: int) -> tuple[Transfer, ...]:
    """A gift of the shop beyond what was ever paid, as store credit."""
    return transfers(key, currency, [(accounts.GOODWILL, accounts.store_credit(customer), amount)])


def exposure_allowed(key: str, currency: str, risk_class: str, amount: int) -> tuple[Transfer, ...]:
    """So much more may be paid to returns of a class before their goods are here; below zero lowers it."""
    limit, exposure = accounts.exposure_limit(risk_class), accounts.exposure(risk_class)
    move: Move = (limit, exposure, amount) if amount > 0 else (exposure, limit, -amount)
    return transfers(key, currency, [move])


def paid_early(key: str, currency: str, risk_class: str, case: str, amount: int) -> tuple[Transfer, ...]:
    """A refund before the goods: the guard of its class refuses it where too much is out already."""
    return transfers(key, currency, [(accounts.exposure(risk_class), accounts.early(case), amount)])


def goods_came(key: str, currency: str, risk_class: str, case: str, amount: int) -> tuple[Transfer, ...]:
    """The goods of an early refund are here, so its class may pay as much again."""
    return transfers(key, currency, [(accounts.early(case), accounts.exposure(risk_class), amount)])


def claimed(key: str, currency: str, customer: str, amount: int) -> tuple[Transfer, ...]:
    """Goods that were paid for early are worse than was taken for granted, or never came: their customer owes that."""
    return transfers(key, currency, [(accounts.receivable(customer), accounts.NEVER_CAME, amount)])


def claim_paid(key: str, currency: str, case: str, customer: str, amount: int) -> tuple[Transfer, ...]:
    """The customer has paid it, the way that people pay."""
    return transfers(key, currency, [(accounts.payout(case), accounts.receivable(customer), amount)])


def claim_waived(key: str, currency: str, customer: str, amount: int) -> tuple[Transfer, ...]:
    """The shop lets it go, as goodwill."""
    return transfers(key, currency, [(accounts.GOODWILL, accounts.receivable(customer), amount)])


def came_after_all(key: str, currency: str, customer: str, amount: int) -> tuple[Transfer, ...]:
    """Goods for which the customer owed came late: they owe so much less."""
    return transfers(key, currency, [(accounts.NEVER_CAME, accounts.receivable(customer), amount)])


def carrier_pays(key: str, currency: str, case: str, amount: int) -> tuple[Transfer, ...]:
    """The carrier owes so much for a parcel that it lost."""
    return transfers(key, currency, [(accounts.carrier_claim(case), accounts.RECOVERED, amount)])


def label_bought(key: str, cost: Money, label: str) -> tuple[Transfer, ...]:
    """A label will cost so much once it is used."""
    return transfers(key, cost.currency, [(accounts.POSTAGE, accounts.label_due(label), cost.minor)])


def label_used(key: str, cost: Money, label: str) -> tuple[Transfer, ...]:
    """Its parcel moves: the carrier will ask for it."""
    return transfers(key, cost.currency, [(accounts.label_due(label), accounts.CARRIER, cost.minor)])


def label_used_though_void(key: str, cost: Money) -> tuple[Transfer, ...]:
    """Its parcel moves though it was given back: the carrier will ask for it all the same."""
    return transfers(key, cost.currency, [(accounts.POSTAGE, accounts.CARRIER, cost.minor)])


def label_void(key: str, cost: Money, label: str) -> tuple[Transfer, ...]:
    """It was given back unused and costs nothing."""
    return transfers(key, cost.currency, [(accounts.label_due(label), accounts.POSTAGE, cost.minor)])
