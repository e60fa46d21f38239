"""A notice of every kind, as full as the shopper would get it."""

from __future__ import annotations

from domain import notice_ids
from domain.method import Method
from domain.notice import Extra, Notice, NoticeExtra, NoticeKind, NoticeLine, NoticePart, NoticeReason
from domain.order import TenderKind
from domain.policy.goods import Proof
from domain.resolution import Resolution

TO, NAME = "ada@example.org", "Ada Lovelace"

PRICED = (
    NoticeLine(title="Wool scarf, grey", quantity=2, amount="39.80 EUR"),
    NoticeLine(title="Tea pot", quantity=1, amount="25.00 EUR"),
)
DECLINED = (
    NoticeLine(title="Mug with your name", quantity=1, reason="It was made to your order. It cannot be sold again."),
    NoticeLine(title="Candle", quantity=3, reason="The 30 days to return it ended on 1 November 2026."),
)
SITE = "https://returns.example"


def notice(kind: NoticeKind, **changes: object) -> Notice:
    """A notice of return R-1001 with what most kinds tell."""
    fields = {
        "key": notice_ids.notice_key("R-1001", kind),
        "kind": kind,
        "case": "R-1001",
        "order_id": "o-1",
        "order_number": "#2001",
        "customer_id": "c-1",
        "lines": DECLINED if kind is NoticeKind.DECLINED else PRICED,
        "total": "64.80 EUR",
        "label_url": f"{SITE}/labels/BH1.pdf?a=1&b=2",
        "tracking_number": "BH123456789012345",
        "send_back_until": "4 December 2026",
        "provider_reference": "re_3Q",
    }
    return Notice.model_validate(fields | changes)


def full(kind: NoticeKind, locale: str = "en") -> Notice:
    """A notice with every field filled but those that say that there is no money, or no refund to be seen."""
    reason = NoticeReason(code="lost_value", text="It was worn.", day="1 November 2026")
    worn = NoticeLine(title="Jacket", quantity=1, amount="9.00 EUR", quoted="19.00 EUR", reasons=(reason,))
    asked = NoticeLine(title="Lamp", quantity=1, wanted=Proof.PHOTO)
    return notice(
        kind,
        locale=locale,
        lines=(*PRICED, worn, *DECLINED, asked),
        extras=(NoticeExtra(what=Extra.RETURN_SHIPPING, amount="-4.99 EUR"),),
        quoted_total="74.80 EUR",
        bonus="6.48 EUR",
        stated_at="22 November 2026, 15:05:31 (UTC+01:00)",
        method=Method.SHOPPER_SHIPS,
        qr_url=f"{SITE}/qr/1",
        packing_sheet_url=f"{SITE}/sheets/1.pdf",
        carrier="Parcel Post",
        tracking_url=f"{SITE}/t/1",
        action_url=f"{SITE}/act/1",
        reply_until="9 December 2026",
        valid_until="31 December 2026",
        expected_by="11 December 2026",
        instead=(Resolution.REPAIR,),
        shows_by="14 December 2026",
        parts=(NoticePart(to=TenderKind.GIFT_CARD, amount="20.00 EUR"),),
    )
