"""Every letter is complete, says what it should, and lets nothing inserted out of its place."""

from __future__ import annotations

import html as entities
import re
from html.parser import HTMLParser

import pytest

from activities.mail import Letter
from activities.mail.render import Renderer
from domain.notice import Notice, NoticeKind, NoticeLine, NoticePart
from domain.order import TenderKind
from tests.mail.notices import DECLINED, NAME, PRICED, TO, full, notice

SHOP = "Nordlicht & Söhne"
REFERENCES = ("R-1001", "#2001", NAME, SHOP)
ITEMS = tuple(text for line in PRICED for text in (line.title, line.amount))
SAYS = {
    NoticeKind.REQUEST_RECEIVED: ("Wool scarf, grey", "22 November 2026, 15:05:31 (UTC+01:00)"),
    # What the law asks of the acknowledgement: who, of which contract, what, and when.
    NoticeKind.WITHDRAWAL_RECEIPT: (
        *("22 November 2026, 15:05:31 (UTC+01:00)", TO, "I hereby give notice that I withdraw", "4 December 2026"),
        *("Wool scarf, grey", "Tea pot"),
    ),
    NoticeKind.EVIDENCE_WANTED: ("Lamp", "a photo on which", "9 December 2026", "https://returns.example/act/1"),
    NoticeKind.REMINDER: ("4 December 2026", "https://returns.example/labels/BH1.pdf?a=1&b=2", "Tea pot"),
    NoticeKind.LABEL_EXPIRING: ("31 December 2026", "https://returns.example/labels/BH1.pdf?a=1&b=2"),
    NoticeKind.INSPECTION_DELAYED: ("11 December 2026", "Tea pot"),
    NoticeKind.OFFER: (
        *("64.80 EUR instead of 74.80 EUR", "Jacket", "9.00 EUR", "Quoted: 19.00 EUR", "It was worn."),
        *("9 December 2026", "Accept the offer", "Object to it", "sent back to you", "https://returns.example/act/1"),
    ),
    NoticeKind.STORE_CREDIT: ("64.80 EUR", "6.48 EUR", "31 December 2026"),
    NoticeKind.EXCHANGE_SHIPPED: ("Tea pot", "BH123456789012345", "Parcel Post", "https://returns.example/t/1"),
    NoticeKind.PAYMENT_DUE: ("64.80 EUR", "9 December 2026", "https://returns.example/act/1"),
    NoticeKind.LOST: ("64.80 EUR", "BH123456789012345", "all the same"),
    NoticeKind.CLOSED: ("https://returns.example/act/1",),
    NoticeKind.APPROVED: (
        *(*ITEMS, "64.80 EUR", "4 December 2026", "BH123456789012345"),
        "https://returns.example/labels/BH1.pdf?a=1&b=2",
    ),
    NoticeKind.IN_REVIEW: (
        *("Wool scarf, grey", "Tea pot", "A person of our shop looks at it", "cannot promise you an amount yet"),
        *("4 December 2026", "BH123456789012345", "https://returns.example/labels/BH1.pdf?a=1&b=2"),
    ),
    NoticeKind.DECLINED: (
        *(text for line in DECLINED for text in (line.title, line.reason)),
        *("a repair", "9 December 2026", "https://returns.example/act/1"),
    ),
    NoticeKind.IN_TRANSIT: ("BH123456789012345", "Tea pot"),
    NoticeKind.RECEIVED: ("Wool scarf, grey", "Tea pot"),
    NoticeKind.REFUND_SUBMITTED: (*ITEMS, "64.80 EUR"),
    NoticeKind.REFUND_DONE: (*ITEMS, "64.80 EUR", "re_3Q", "5 to 10 business days"),
    NoticeKind.REFUND_FAILED: ("64.80 EUR", "still yours", "re_3Q"),
    NoticeKind.CANCELLED: ("BH123456789012345", "no longer valid"),
    NoticeKind.SENT_BACK: ("Wool scarf, grey", "BH123456789012345", "Parcel Post", "no refund"),
    NoticeKind.EXPIRED: ("BH123456789012345", "no longer valid", "Wool scarf, grey"),
}
EVIL = "x\r\nBcc: all@example.org\u2028<script>alert(1)</script>\"' onclick=\u202e</mj-text>{{ 7 * 7 }}"


OURS = Renderer(SHOP)


def letter(what: Notice, name: str = NAME) -> Letter:
    return OURS(what, TO, name)


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("kind", NoticeKind)
def test_text_and_html_say_all_of_it(kind: NoticeKind) -> None:
    told = kind not in (NoticeKind.REFUND_DONE, NoticeKind.REFUND_FAILED)
    made = letter(full(kind) if told else notice(kind))
    readable = entities.unescape(made.html)
    for expected in (*REFERENCES, *SAYS[kind]):
        assert expected in made.text
        assert expected in readable
    assert "R-1001" in made.subject
    assert (made.kind, made.case, made.to, made.key) == (kind, "R-1001", TO, f"notice:R-1001:{kind}:1")


def test_a_return_whose_money_had_gone_back_before_promises_none() -> None:
    made = letter(notice(NoticeKind.REFUND_DONE, total="0.00 EUR", provider_reference="", nothing_left=True))
    for text in (made.text, entities.unescape(made.html)):
        assert "Nothing was left to pay back: your money for it had gone back to you before." in text
        for wrong in ("0.00", "5 to 10 days", "confirmed", *ITEMS):
            assert wrong not in text
    assert made.subject == "Your return is complete (return R-1001)"


@pytest.mark.parametrize("kind", NoticeKind)
def test_nothing_empty_shows_when_little_is_known(kind: NoticeKind) -> None:
    bare = dict.fromkeys(("total", "label_url", "tracking_number", "send_back_until", "provider_reference"), "")
    made = letter(notice(kind, lines=(), **bare), name="")
    assert made.text.startswith("Hello,\n")
    assert not re.search(r"[ :]\n\n\n|: *$|\bby\b *[.:,]| {2}|None", made.text)
    assert "of  " not in made.subject
    assert 'href=""' not in made.html
    assert "Amount" not in made.html


@pytest.mark.parametrize("kind", NoticeKind)
def test_html_is_accessible_and_fetches_nothing(kind: NoticeKind) -> None:
    made = letter(notice(kind))
    tags = _Tags(made.html).tags
    assert tags[0] == ("html", tags[0][1])
    assert tags[0][1]["lang"] == "en"
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags
    assert "prefers-color-scheme: dark" in made.html
    assert "max-width:600px" in made.html
    assert not [tag for tag, _ in tags if tag in ("img", "link", "script", "iframe")]
    assert "@import" not in made.html
    assert len([tag for tag, _ in tags if tag == "h1"]) == 1
    # Tables are for layout and say so, but for the one with the items, whose columns have headers.
    assert len([1 for tag, attrs in tags if tag == "table" and attrs.get("role") != "presentation"]) <= 1
    assert all(attrs.get("scope") for tag, attrs in tags if tag == "th")


@pytest.mark.parametrize("kind", [NoticeKind.APPROVED, NoticeKind.IN_REVIEW])
def test_a_partly_declined_return_names_both_parts(kind: NoticeKind) -> None:
    made = letter(notice(kind, lines=PRICED + DECLINED))
    accepted, kept = made.text.split("These items we cannot take back.")
    for line in PRICED:
        assert line.title in accepted
    for line in DECLINED:
        assert line.title in kept
        assert line.reason in kept
        assert line.title not in accepted


@pytest.mark.parametrize("kind", NoticeKind)
def test_inserted_values_stay_in_their_place(kind: NoticeKind) -> None:
    texts = ("order_number", "total", "label_url", "tracking_number", "send_back_until", "provider_reference")
    line = NoticeLine(title=EVIL, quantity=1, amount=EVIL, reason=EVIL)
    made = letter(notice(kind, lines=(line,), **dict.fromkeys(texts, EVIL)), name=EVIL)
    plain = letter(notice(kind, lines=PRICED[:1]))
    tags = _Tags(made.html).tags
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u202e]", made.subject + made.name)
    assert not re.search(r"[\u2028\u202e]", made.text + made.html)
    assert not [row for row in made.text.splitlines() if row.strip().startswith("Bcc")]
    assert not [attrs for _, attrs in tags if "example.org" in str(attrs.get("href"))]
    assert "script" not in {tag for tag, _ in tags}
    assert {tag for tag, _ in tags} <= {tag for tag, _ in _Tags(plain.html).tags} | {"br", "span"}
    assert not [attrs for _, attrs in tags if "onclick" in attrs]
    assert "49" not in made.text


def test_a_providers_own_template_gets_what_ours_are_made_of_and_nothing_out_of_its_place() -> None:
    said = letter(notice(NoticeKind.APPROVED)).data
    assert (said["name"], said["total"], said["order_number"]) == (NAME, "64.80 EUR", "#2001")
    assert not {"key", "customer_id"} & set(said)
    bomb = NoticeLine(title=EVIL + "x" * 10_000, quantity=1)
    evil = notice(NoticeKind.APPROVED, lines=[bomb] * 200, action_url="javascript:alert(1)", order_number=EVIL)
    told = letter(evil, name="Free money at www.evil.example").data
    assert (told["name"], told["action_url"]) == ("", "")
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u202e]", "".join(str(one) for one in told.values()))
    assert len(str(told)) < 50_000


def test_a_shop_or_person_with_markup_in_the_name_is_escaped() -> None:
    made = Renderer("<b>Shop</b>\nX")(notice(NoticeKind.RECEIVED), TO, "<i>Ada</i> & Co")
    assert "<b>Shop" not in made.html
    assert "&lt;i&gt;Ada&lt;/i&gt; &amp; Co" in made.html
    assert "Hello <i>Ada</i> & Co," in made.text
    assert "<b>Shop</b> X\n" in made.text


def test_lone_surrogates_do_not_stop_a_mail() -> None:
    letter(notice(NoticeKind.RECEIVED), name="Ada \ud83d").html.encode()


@pytest.mark.parametrize("locale", ["en", "en-GB", "en_US", "tlh", "../../..", "layout", "", "x" * 10_000])
def test_other_languages_fall_back_to_english(locale: str) -> None:
    made = letter(notice(NoticeKind.RECEIVED, locale=locale))
    assert "has arrived" in made.subject
    assert '<html lang="en"' in made.html


def test_a_confirmed_refund_says_by_when_it_shows() -> None:
    made = letter(notice(NoticeKind.REFUND_DONE, shows_by="04 December 2026"))
    for part in (made.text, entities.unescape(made.html)):
        assert "by 04 December 2026" in part


def test_what_went_elsewhere_than_to_a_card_is_told_apart() -> None:
    card, gift = (
        NoticePart(to=TenderKind(to), amount=amount)
        for to, amount in (("card", "3.53 EUR"), ("gift_card", "20.00 EUR"))
    )
    mixed = letter(notice(NoticeKind.REFUND_DONE, shows_by="04 December 2026", parts=(gift, card)))
    for part in (mixed.text, entities.unescape(mixed.html)):
        assert "20.00 EUR went to your gift card." in part
        assert "3.53 EUR went to your card." in part
        assert "by 04 December 2026" in part
    alone = letter(notice(NoticeKind.REFUND_DONE, shows_by="21 November 2026", parts=(gift,)))
    for part in (alone.text, entities.unescape(alone.html)):
        assert "You can use it at once." in part
        assert "bank" not in part
    by_card = letter(notice(NoticeKind.REFUND_DONE, parts=(card,)))
    assert "went to" not in by_card.text + by_card.html


def test_a_reversal_says_that_the_charge_vanishes() -> None:
    made = letter(notice(NoticeKind.REFUND_DONE, shows_by="04 December 2026", reversal=True))
    for part in (made.text, entities.unescape(made.html)):
        assert "vanishes from your statement" in part
        assert "04 December" not in part


def test_whom_a_person_declined_the_label_is_void() -> None:
    void = "The label that we sent you is void."
    assert void in " ".join(letter(notice(NoticeKind.DECLINED)).text.split())
    assert void not in letter(notice(NoticeKind.DECLINED, label_url="")).text


def test_who_has_the_refund_is_not_told_to_wait_for_it() -> None:
    words = {"en": ("when your refund is on its way", "did not wait"), "de": ("unterwegs", "gewartet")}
    for locale, (waits, came) in words.items():
        paid = letter(notice(NoticeKind.RECEIVED, refunded=True, locale=locale)).text
        assert (waits in paid, came in paid) == (False, True)
        assert waits in letter(notice(NoticeKind.RECEIVED, locale=locale)).text
