"""One notice of every kind as a shop might send it, to look at: long titles, several items, two currencies, two
payments. Nobody in them is real."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from domain import notice_ids
from domain.money import Money
from domain.notice import Extra, Notice, NoticeExtra, NoticeKind, NoticeLine, NoticePart, NoticeReason
from domain.order import TenderKind
from domain.policy.goods import Proof
from domain.printing import amount, day, moment
from domain.resolution import Resolution

TO, NAME = "ada.lovelace@example.org", "Ada Lovelace"
_CASE = "R-2041"
_SITE = "https://returns.shop.example"
_TITLES = {
    "en": (
        "Wool scarf, grey",
        "Water-repellent hiking jacket “Nordkap” with detachable hood, men's size L, midnight blue with orange zips",
        "Espresso machine, 15 bar, stainless steel",
        "Mug with your name",
        "Matcha bowl “Kyōto”, handmade",
    ),
    "de": (
        "Wollschal, grau",
        "Wasserabweisende Wanderjacke „Nordkap“ mit abnehmbarer Kapuze, Herrengröße L, mitternachtsblau, orange Zipper",
        "Espressomaschine, 15 bar, Edelstahl",
        "Tasse mit Ihrem Namen",
        "Matchaschale „Kyōto“, handgefertigt",
    ),
}


def sample(kind: NoticeKind, locale: str) -> Notice:
    """The sample of a kind, printed for the locale: German for `de` and what begins so, English for all others."""
    return Notice(
        key=notice_ids.notice_key(_CASE, kind),
        kind=kind,
        case=_CASE,
        order_id="o-5187",
        order_number="#5187",
        customer_id="c-77",
        locale=locale,
        **_Sample(locale).of(kind),
    )


class _Sample:
    def __init__(self, locale: str) -> None:
        self._locale = locale
        self._scarf, self._jacket, self._machine, self._mug, self._bowl = _TITLES[
            "de" if locale.startswith("de") else "en"
        ]

    def of(self, kind: NoticeKind) -> dict[str, Any]:
        """The fields of a kind, by the notice's own names."""
        fields: dict[str, Any] = {"lines": self._goods()}
        for one in (self._asked, self._sent, self._paid, self._others):
            fields |= one(kind)
        return fields

    def _money(self, minor: int, currency: str = "EUR") -> str:
        return amount(Money(minor=minor, currency=currency), self._locale)

    def _day(self, number: int) -> str:
        return day(date(2026, 12, number), self._locale)

    def _goods(self) -> tuple[NoticeLine, ...]:
        return tuple(NoticeLine(title=title, quantity=n) for title, n in ((self._scarf, 2), (self._jacket, 1)))

    def _priced(self) -> tuple[NoticeLine, ...]:
        return (
            NoticeLine(title=self._scarf, quantity=2, amount=self._money(3980)),
            NoticeLine(title=self._jacket, quantity=1, amount=self._money(24900)),
            NoticeLine(title=self._machine, quantity=1, amount=self._money(112950)),
        )

    def _declined(self) -> Iterator[NoticeLine]:
        text = "It could be returned until 1 November 2026."
        ended = NoticeReason(code="return_period_ended", text=text, day=day(date(2026, 11, 1), self._locale))
        text = "The right of withdrawal is not for these goods: made to order."
        made = NoticeReason(code="withdrawal_excluded", text=text)
        yield NoticeLine(title=self._mug, quantity=1, reasons=(made, ended))

    def _asked(self, kind: NoticeKind) -> dict[str, Any]:
        stated = moment(datetime(2026, 11, 22, 14, 5, 31, tzinfo=UTC), self._locale, "Europe/Berlin")
        wanted = (
            NoticeLine(title=self._machine, quantity=1, wanted=Proof.PHOTO),
            NoticeLine(title=self._jacket, quantity=1, wanted=Proof.RECEIPT),
        )
        resolutions = (Resolution.STORE_CREDIT, Resolution.REPAIR)
        match kind:
            case NoticeKind.REQUEST_RECEIVED:
                return {"stated_at": stated}
            case NoticeKind.WITHDRAWAL_RECEIPT:
                return {"stated_at": stated, "send_back_until": self._day(6), "action_url": f"{_SITE}/r/{_CASE}"}
            case NoticeKind.EVIDENCE_WANTED:
                return {"lines": wanted, "reply_until": self._day(4), "action_url": f"{_SITE}/r/{_CASE}/photos"}
            case NoticeKind.DECLINED:
                link = {"reply_until": self._day(6), "action_url": f"{_SITE}/r/{_CASE}"}
                return {"lines": tuple(self._declined()), "instead": resolutions, **link}
        return {}

    def _sent(self, kind: NoticeKind) -> dict[str, Any]:
        label = {
            "label_url": f"{_SITE}/labels/BH123456789012345.pdf",
            "tracking_number": "BH123456789012345",
            "carrier": "Paketdienst",
            "send_back_until": self._day(6),
        }
        moving = {"tracking_number": "BH123456789012345", "carrier": "Paketdienst", "tracking_url": f"{_SITE}/t/BH1"}
        sheet = {"qr_url": f"{_SITE}/qr/BH1", "packing_sheet_url": f"{_SITE}/sheets/{_CASE}.pdf"}
        match kind:
            case NoticeKind.APPROVED:
                lines = (*self._priced(), *self._declined())
                return {**label, **sheet, "lines": lines, **self._sum(NoticeKind.APPROVED)}
            case NoticeKind.IN_REVIEW:
                return {"expected_by": self._day(2), "lines": (*self._goods(), *self._declined())}
            case NoticeKind.REMINDER:
                return label
            case NoticeKind.LABEL_EXPIRING:
                return {**label, "valid_until": self._day(4)}
            case NoticeKind.CANCELLED | NoticeKind.EXPIRED:
                return {"tracking_number": "BH123456789012345"}
            case NoticeKind.IN_TRANSIT:
                return moving
            case NoticeKind.LOST:
                return moving | {"tracking_url": ""}
            case NoticeKind.EXCHANGE_SHIPPED:
                exchanged = NoticeLine(title=self._jacket.replace(" L,", " XL,"), quantity=1)
                return {**moving, "lines": (exchanged,), "expected_by": self._day(3)}
            case NoticeKind.RECEIVED | NoticeKind.INSPECTION_DELAYED:
                return {"expected_by": self._day(11)}
        return {}

    def _sum(self, kind: NoticeKind) -> dict[str, Any]:
        """Three items, delivery and a fee: 141,830 + 490 - 499 cents."""
        extras = (
            NoticeExtra(what=Extra.SHIPPING, amount=self._money(490)),
            NoticeExtra(what=Extra.RETURN_SHIPPING, amount=self._money(-499)),
        )
        lines = {} if kind is NoticeKind.APPROVED else {"lines": self._priced()}
        return {**lines, "extras": extras, "total": self._money(141821)}

    def _paid(self, kind: NoticeKind) -> dict[str, Any]:
        gift = NoticePart(to=TenderKind.GIFT_CARD, amount=self._money(5000))
        card = NoticePart(to=TenderKind.CARD, amount=self._money(136821))
        bowl = NoticeLine(title=self._bowl, quantity=3, amount=self._money(12600, "JPY"))
        match kind:
            case NoticeKind.REFUND_SUBMITTED | NoticeKind.LOST:
                return self._sum(kind)
            case NoticeKind.REFUND_DONE:
                shown = {"provider_reference": "74537604221222132710010", "shows_by": self._day(11)}
                return {**self._sum(kind), **shown, "parts": (gift, card)}
            case NoticeKind.REFUND_FAILED:
                asked = {"reply_until": self._day(6), "action_url": f"{_SITE}/r/{_CASE}/refund"}
                return {"total": self._money(136821), "provider_reference": "re_3QdemoA1", **asked}
            case NoticeKind.STORE_CREDIT:
                until = day(date(2029, 12, 31), self._locale)
                money = {"total": self._money(12600, "JPY"), "bonus": self._money(1260, "JPY")}
                return {**money, "lines": (bowl,), "valid_until": until, "provider_reference": "SC-000117"}
        return {}

    def _others(self, kind: NoticeKind) -> dict[str, Any]:
        used = NoticeReason(code="lost_value", text=self._used)
        match kind:
            case NoticeKind.OFFER:
                worn = self._priced()[1].model_copy(
                    update={"quoted": self._money(24900), "amount": self._money(17430), "reasons": (used,)}
                )
                asked = {"reply_until": self._day(18), "action_url": f"{_SITE}/r/{_CASE}/offer"}
                sums = {"total": self._money(21410), "quoted_total": self._money(28880)}
                return {"lines": (self._priced()[0], worn), **sums, **asked}
            case NoticeKind.PAYMENT_DUE:
                exchanged = self._priced()[1].model_copy(update={"amount": self._money(1500)})
                asked = {"reply_until": self._day(6), "action_url": f"{_SITE}/pay/{_CASE}"}
                return {"lines": (exchanged,), "total": self._money(1500), **asked}
            case NoticeKind.CLOSED:
                return {"action_url": f"{_SITE}/survey/{_CASE}"}
        return {}

    @property
    def _used(self) -> str:
        if self._locale.startswith("de"):
            return "Die Jacke wurde getragen: Ein Reißverschluss ist defekt, am Saum sind Flecken."
        return "The jacket was worn: one of its zips is broken, and there are stains on the hem."
