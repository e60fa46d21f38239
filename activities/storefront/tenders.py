"""What payments come as, whatever shop they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from activities.storefront.reading import make
from domain.errors import InvalidRequest
from domain.order import UNLINKED, UNPAID, EarlierRefund, Order, Tender, TenderKind

CARD_PAYMENTS = ("pi_", "ch_", "py_")
"""How the card provider's ids of payments begin; the first is the one it prefers."""

# The smallest amount a card refund is a multiple of, in minor units of ISO 4217, where that is not one of them
# (docs.stripe.com/currencies): the third decimal is always 0, and MGA has decimals in ISO only.
_STEPS = {**dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10), "MGA": 100}


def kind_at_provider(payment: str) -> TenderKind:
    """A card where the id is one of the card provider's, to which alone a refund can go; else unknown."""
    return TenderKind.CARD if payment.startswith(CARD_PAYMENTS) else TenderKind.UNKNOWN


def step(kind: TenderKind, currency: str) -> int:
    """The smallest refundable amount of a tender, in minor units."""
    return _STEPS.get(currency, 1) if kind is TenderKind.CARD else 1


def the_one_tender(payment: str | None, captured: int, refunded: int, currency: str) -> Tender:
    """The only payment of an order, as linked by hand; unknown if it was not, or not to one of the card provider's.

    Raises InvalidRequest for `payment`.
    """
    tender_id = UNLINKED if payment is None else payment
    kind = kind_at_provider(tender_id)
    tender = {"id": tender_id, "kind": kind, "step": step(kind, currency)}
    return make(Tender, {**tender, "captured": captured, "refunded": refunded}, names={"id": "payment"})


def refunded_by_tender(refunds: Iterable[EarlierRefund]) -> Counter[str]:
    """What went back to each tender before."""
    back: Counter[str] = Counter()
    for one in refunds:
        back.update(one.money)
    return back


def refuse_untold(field: str, status: str, total: int, refunds: Sequence[EarlierRefund]) -> None:
    """Raises InvalidRequest where the status says that money of the total went back, but no refund does."""
    if total and not refunds and status in ("refunded", "partially_refunded"):
        words = f"the order says that money went back ({field} is {status}), but tells no refund that went through"
        raise InvalidRequest("refunds", f"{words}; give its refunds, or its transactions, with --transactions")


def never_paid(order: Order) -> int:
    """What is still to be paid of an order."""
    return sum(one.total for one in order.refunds if one.id == UNPAID)
