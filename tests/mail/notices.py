"""A notice of every kind, as full as the shopper would get it."""

from __future__ import annotations

from domain import ids
from domain.notice import Notice, NoticeKind, NoticeLine

TO, NAME = "ada@example.org", "Ada Lovelace"

PRICED = (
    NoticeLine(title="Wool scarf, grey", quantity=2, amount="39.80 EUR"),
    NoticeLine(title="Tea pot", quantity=1, amount="25.00 EUR"),
)
DECLINED = (
    NoticeLine(title="Mug with your name", quantity=1, reason="It was made to your order. It cannot be sold again."),
    NoticeLine(title="Candle", quantity=3, reason="The 30 days to return it ended on 1 November 2026."),
)


def notice(kind: NoticeKind, **changes: object) -> Notice:
    """A notice of return R-1001 with every field filled."""
    fields = {
        "key": ids.notice_key("R-1001", kind),
        "kind": kind,
        "case": "R-1001",
        "order_id": "o-1",
        "order_number": "#2001",
        "customer_id": "c-1",
        "lines": DECLINED if kind is NoticeKind.DECLINED else PRICED,
        "total": "64.80 EUR",
        "label_url": "https://returns.example/labels/BH1.pdf?a=1&b=2",
        "tracking_number": "BH123456789012345",
        "send_back_until": "4 December 2026",
        "provider_reference": "re_3Q",
    }
    return Notice.model_validate(fields | changes)
