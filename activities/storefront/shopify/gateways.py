"""What a Shopify payment was made with, by the name of its gateway, and its id at the card provider."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from activities.storefront.reading import Node
from activities.storefront.tenders import CARD_PAYMENTS
from domain.order import TenderKind

_PROVIDERS_ID = re.compile(r"[a-z]{2}_[A-Za-z0-9_]{1,60}")
_DEEPEST = 4
"""How deep a receipt is searched for the provider's id; it is the provider's own answer, whatever that is."""

# All other gateways count as cards.
_KINDS = {
    "gift_card": TenderKind.GIFT_CARD,
    "store_credit": TenderKind.STORE_CREDIT,
    "shopify_store_credit": TenderKind.STORE_CREDIT,
    "cash": TenderKind.CASH_ON_DELIVERY,
    "cod": TenderKind.CASH_ON_DELIVERY,
    "cash_on_delivery": TenderKind.CASH_ON_DELIVERY,
    "cash_on_delivery_cod": TenderKind.CASH_ON_DELIVERY,
    "bank_deposit": TenderKind.BANK,
    "bank_transfer": TenderKind.BANK,
    "money_order": TenderKind.BANK,
    "manual": TenderKind.BANK,
}


def kind_of(group: Sequence[Node]) -> TenderKind:
    """What the transactions of one payment were made with. A card's counts as one only under the provider's id."""
    first = group[0]
    name = re.sub(r"[^a-z0-9]+", "_", first.text("gateway").lower()).strip("_")
    by_hand = first.has("manual_payment_gateway") and first.flag("manual_payment_gateway")
    return _KINDS.get(name, TenderKind.BANK if by_hand else TenderKind.CARD)


def provider_id(group: Sequence[Node]) -> str:
    """The payment's id at the provider, if a receipt or an authorization tells it; a payment intent before a charge."""
    told = [
        text
        for one in group
        for name in ("receipt", "authorization", "payment_id")
        for text in _texts(one.fields.get(name))
    ]
    ids = [text for text in told if _PROVIDERS_ID.fullmatch(text)]
    return next((one for prefix in CARD_PAYMENTS for one in ids if one.startswith(prefix)), "")


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner, depth + 1)
