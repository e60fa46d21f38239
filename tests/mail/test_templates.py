"""The templates of every language: nothing undefined, nothing too large, colours that can be read."""

from __future__ import annotations

import html as entities
import json
import re
from pathlib import Path

import pytest
from jinja2 import TemplateError
from jsonschema import Draft202012Validator

from activities.mail.branding import Branding, contrast
from activities.mail.render import LARGEST, Renderer
from activities.mail.samples import sample
from activities.mail.via_sendgrid import SendGridMail
from domain.errors import InvalidRequest
from domain.method import Method
from domain.notice import Extra, Notice, NoticeKind, NoticeLine, NoticePart, NoticeReason
from domain.order import TenderKind
from domain.policy.goods import Proof
from domain.resolution import Resolution
from tests.loopback import Answer, loopback
from tests.mail.notices import NAME, PRICED, TO, full, notice

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "activities" / "mail" / "templates"
SPEC = json.loads((ROOT / "embedded/simulators/data/tsg_mail_v3.json").read_text())
BODY = {"$ref": "#/components/requestBodies/PostMailSend/content/application~1json/schema"}
LOOK = Branding(
    logo_url="https://shop.example/logo.png",
    support_mail="help@shop.example",
    support_url="https://shop.example/help",
    imprint=("Nordlicht GmbH, Dock Road 1", "<b>Hamburg</b>"),
)
OURS, BRANDED = Renderer("Nordlicht"), Renderer("Nordlicht & Sons", LOOK)
BOMB = "<b>\u202eTäx\U0001f4a3\r\nBcc: all@example.org\x00\u2028'&\"" * 400  # more than 10,000 characters
NEEDED = {name for name, field in Notice.model_fields.items() if field.is_required()} | {"locale"}


def fields_of(kind: NoticeKind, locale: str) -> list[str]:
    """The optional fields of a notice that its templates look at, their parts too."""
    looked = "".join(
        (TEMPLATES / locale / kind / name).read_text() for name in ("subject.txt", "text.txt", "body.mjml")
    )
    if "part." in looked:
        looked += (TEMPLATES / "layout" / "parts.mjml").read_text()
    return sorted(set(re.findall(r"\bnotice\.(\w+)", looked)) - NEEDED)


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("kind", NoticeKind)
def test_no_field_is_needed_and_none_is_undefined(kind: NoticeKind, locale: str) -> None:
    whole = full(kind, locale)
    bare = Notice(**{name: getattr(whole, name) for name in NEEDED})
    told = [whole, bare]
    for name in fields_of(kind, locale):
        default = getattr(bare, name)
        told.append(whole.model_copy(update={name: default}))
        there = True if isinstance(default, bool) else getattr(whole, name)
        told.append(bare.model_copy(update={name: there}))
    for one in told:
        made = OURS(one, TO, NAME)
        assert "R-1001" in made.subject
        assert not re.search(r"None|\[\]|\(\)|Markup", made.subject + made.text)
        assert 'href=""' not in made.html


@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_word_that_a_notice_may_need_is_there(locale: str) -> None:
    words = OURS._plain.get_template(f"{locale}/words.jinja").module
    for table, values in (("extras", Extra), ("went_to", TenderKind), ("wanted", Proof), ("instead", Resolution)):
        assert set(getattr(words, table)) == {one.value for one in values}


def test_both_languages_have_every_notice_and_nothing_else() -> None:
    files = {f"{kind}/{name}" for kind in NoticeKind for name in ("subject.txt", "text.txt", "body.mjml")}
    for locale in ("en", "de"):
        found = {
            str(path.relative_to(TEMPLATES / locale)) for path in (TEMPLATES / locale).rglob("*") if path.is_file()
        }
        assert found == files | {"words.jinja"}
    assert OURS.locales == ("de", "en")


def test_the_page_for_merchants_tells_every_notice() -> None:
    told = re.findall(r"^\| `([a-z_]+)` \| ", (ROOT / "docs" / "mail.md").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(NoticeKind)


def test_what_is_sent_is_valid_by_the_official_description_in_both_languages() -> None:
    official = Draft202012Validator({**SPEC, **BODY}, format_checker=Draft202012Validator.FORMAT_CHECKER)
    with loopback(lambda _: Answer(202, headers={"X-Message-Id": "sg-1"})) as server:
        mail = SendGridMail("SG.key", "returns@shop.example", "Nordlicht", host=server.url)
        for kind in NoticeKind:
            for locale in ("en", "de"):
                mail.send(BRANDED(sample(kind, locale), TO, NAME))
        assert len(server.seen) == 2 * len(NoticeKind)
        assert not [fault.message for seen in server.seen for fault in official.iter_errors(seen.body)]


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_mail_bomb_is_contained(kind: NoticeKind) -> None:
    reason = NoticeReason(code=BOMB, text=BOMB, day=BOMB)
    bombs = tuple(
        NoticeLine(title=BOMB, quantity=1, amount=amount, quoted=BOMB, reason=BOMB, reasons=(reason,) * 50)
        for amount in ["", BOMB] * 250
    )
    texts = {name: BOMB for name in NEEDED ^ set(Notice.model_fields) if type(getattr(full(kind), name)) is str}
    links = {name: f"https://x.example/{BOMB}" for name in texts if name.endswith("_url")}
    parts = (NoticePart(to=TenderKind.CARD, amount=BOMB),) * 50
    told = notice(kind, **texts | links, order_number=BOMB, lines=bombs, parts=parts, locale="de")
    made = OURS(told, TO, BOMB)
    assert len(made.subject) <= 150
    assert sum(len(one.encode()) for one in (made.subject, made.text, made.html)) < LARGEST
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u202e]", made.text + made.html.replace("\n", ""))
    assert "\n" not in made.subject + made.name
    assert not [row for row in made.text.splitlines() if row.strip().startswith("Bcc")]
    assert "<b>" not in made.html
    assert "x.example" not in made.html
    assert "Mit freundlichen Grüßen" in made.text


def test_a_return_of_many_items_says_how_many_it_does_not_name() -> None:
    lines = tuple(NoticeLine(title=f"Item {number}", quantity=1) for number in range(200))
    made = OURS(notice(NoticeKind.RECEIVED, lines=lines), TO, NAME)
    for text in (made.text, entities.unescape(made.html)):
        assert "Item 59" in text
        assert "Item 60" not in text
        assert "140 more items" in text
    assert "more item" not in OURS(notice(NoticeKind.RECEIVED), TO, NAME).text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "https://a b", 'https://a"onclick="x', "BH1"])
def test_what_is_no_link_is_not_linked(url: str) -> None:
    made = OURS(notice(NoticeKind.APPROVED, label_url=url), TO, NAME)
    assert "Print your label" not in made.text + made.html
    assert "here is your label" not in made.subject


@pytest.mark.parametrize("name", ["Win money at http://evil.example", "www.evil.example"])
def test_a_name_with_an_address_in_it_is_not_greeted(name: str) -> None:
    made = OURS(notice(NoticeKind.RECEIVED), TO, name)
    assert "evil" not in made.text + made.html
    assert made.text.startswith("Hello,\n")


def test_the_merchants_look_is_in_every_mail() -> None:
    made = BRANDED(notice(NoticeKind.RECEIVED), TO, NAME)
    assert re.search(r'<img alt="Nordlicht &amp; Sons"[^>]* src="https://shop.example/logo.png"', made.html)
    assert 'href="mailto:help@shop.example"' in made.html
    assert 'href="https://shop.example/help"' in made.html
    assert "&lt;b&gt;Hamburg&lt;/b&gt;" in made.html
    end = "Questions? help@shop.example · https://shop.example/help\nNordlicht GmbH, Dock Road 1\n<b>Hamburg</b>\n"
    assert made.text.endswith(end)


def test_contrast_is_that_of_wcag() -> None:
    # Ratios that are published with the guideline's own examples: the greatest there is, and the lightest grey that
    # passes on white.
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("accent", ["#ffff00", "#ffffff", "#000000", "#1d4ed8", "#777777", "#ff0000", "#00ff7f"])
def test_whatever_the_accent_is_mails_can_be_read(accent: str) -> None:
    look = Branding(accent=accent)
    assert contrast(look.on_accent, accent) >= 4.5
    for light in ("#ffffff", "#f3f4f6"):
        assert contrast(look.link, light) >= 4.5
    for dark in ("#1f2329", "#14161a"):
        assert contrast(look.link_dark, dark) >= 4.5
    made = Renderer("Nordlicht", look)(notice(NoticeKind.APPROVED), TO, NAME).html
    assert re.search(rf'href="https://returns[^>]*background:{accent};color:{look.on_accent};', made)
    assert f"color: {look.link_dark} !important" in made


def test_the_layouts_own_colours_can_be_read() -> None:
    layout = (TEMPLATES / "layout" / "page.mjml").read_text()
    # Text, what it stands on.
    for ink, ground in (
        *(("#1f2933", "#ffffff"), ("#4b5563", "#f3f4f6")),
        *(("#e8eaed", "#1f2329"), ("#b6bcc6", "#14161a")),
    ):
        assert ink in layout
        assert ground in layout
        assert contrast(ink, ground) >= 4.5


def test_german_reasons_by_their_code_and_the_merchants_own_as_they_are() -> None:
    def told(code: str, text: str, day: str = "") -> str:
        line = NoticeLine(title="Tasse", quantity=1, reasons=(NoticeReason(code=code, text=text, day=day),))
        return OURS(notice(NoticeKind.DECLINED, lines=(line,), locale="de-AT"), TO, NAME).text

    ended = told("return_period_ended", "It could be returned until 1 November 2026.", "1. November 2026")
    assert "Die Rückgabefrist ist am 1. November 2026 abgelaufen." in ended
    assert "Die Widerrufsfrist ist abgelaufen." in told("withdrawal_ended", "The right of withdrawal ended.")
    assert "Diesen Artikel nehmen wir nicht zurück." in told(
        "not_returnable", "The shop does not take these goods back."
    )
    assert "Nur im Laden." in told("not_returnable", "Nur im Laden.")


@pytest.mark.parametrize(
    ("locale", "method", "says"),
    [
        ("en", Method.IN_STORE, ("Please bring these items by", "Bring the items to our shop", "")),
        ("en", Method.DROP_OFF, ("Please send these items by", "to the drop-off point", "")),
        ("en", Method.SHOPPER_SHIPS, ("Please send these items by", "with a carrier of your choice", "")),
        ("de", Method.IN_STORE, ("Bitte bringen Sie diese Artikel bis zum", "in unser Geschäft", "vorbei")),
        ("de", Method.DROP_OFF, ("Bitte senden Sie diese Artikel bis zum", "zur Annahmestelle", " ab")),
        (
            "de",
            Method.SHOPPER_SHIPS,
            ("Bitte senden Sie diese Artikel bis zum", "mit einem Versender Ihrer Wahl", " ab"),
        ),
    ],
)
def test_without_a_label_they_say_how_it_gets_back(locale: str, method: Method, says: tuple[str, ...]) -> None:
    changes: dict[str, object] = {"method": method, "label_url": "", "tracking_number": "", "locale": locale}
    approved = OURS(notice(NoticeKind.APPROVED, **changes), TO, NAME)
    for text in says:
        assert text in approved.text
        assert text in re.sub(r"</?strong>", "", entities.unescape(approved.html))
    assert "label" not in approved.text.lower()
    assert "Etikett" not in approved.text
    # Nobody is told of a carrier that has no parcel, and what may be sent is not told to wait.
    reminder = OURS(notice(NoticeKind.REMINDER, **changes), TO, NAME).text
    assert says[1] in reminder
    assert not any(text in reminder for text in ("carrier does not have", "Zusteller"))
    review = OURS(notice(NoticeKind.IN_REVIEW, **changes), TO, NAME).text
    assert ("You may send" if locale == "en" else "können Sie") in review


def test_what_leads_to_the_total_is_shown_with_it() -> None:
    made = OURS(full(NoticeKind.REFUND_SUBMITTED, "de"), TO, NAME)
    for text in (made.text, made.html):
        assert "Kosten der Rücksendung" in text
        assert "-4.99 EUR" in text
    bare = OURS(notice(NoticeKind.REFUND_SUBMITTED, locale="de"), TO, NAME)
    assert "Kosten der Rücksendung" not in bare.text


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A merchant's folder with one subject of their own, in Austrian German too, and half a language."""
    for place, text in (
        ("en/received/subject.txt", "It is here: {{ notice.case }} at {{ shop }}"),
        ("de-AT/received/subject.txt", "Servus, {{ notice.case }} ist da"),
        ("fr/received/subject.txt", "Votre retour {{ notice.case }}"),
    ):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("locale", "subject", "hello", "lang"),
    [
        ("en", "It is here: R-1001 at Nordlicht", "Hello", "en"),
        ("de_at", "Servus, R-1001 ist da", "Guten Tag", "de-AT"),
        ("de", "Ihre Rücksendung R-1001 ist angekommen", "Guten Tag", "de"),
        ("fr-FR", "It is here: R-1001 at Nordlicht", "Hello", "en"),
    ],
)
def test_the_merchants_own_templates_come_first(own: Path, locale: str, subject: str, hello: str, lang: str) -> None:
    made = Renderer("Nordlicht", folder=own)(notice(NoticeKind.RECEIVED, locale=locale), TO, NAME)
    assert made.subject == subject
    assert made.text.startswith(hello)
    assert f'<html lang="{lang}"' in made.html


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("subject.txt", "{{ notice.totl }}"),
        ("subject.txt", "{% if %}"),
        ("text.txt", "{{ {}[name] }}"),
        ("text.txt", "{{ 1 / 0 }}"),
        ("text.txt", "{% extends 'layout/none.txt' %}"),
        ("body.mjml", "<mjml><mj-bdy></mjml>"),
        ("body.mjml", "\udcff"),
    ],
)
def test_a_fault_in_them_is_an_error_and_our_own_words_are_sent(own: Path, file: str, text: str) -> None:
    (own / "en" / "received" / file).write_text(text, errors="surrogateescape")
    render, what = Renderer("Nordlicht", folder=own), notice(NoticeKind.RECEIVED)
    with pytest.raises((TemplateError, OSError, ArithmeticError, UnicodeError)):
        render.strictly(what, TO, NAME)
    made, ours = render(what, TO, NAME), Renderer("Nordlicht")(what, TO, NAME)
    assert made.model_copy(update={"fault": ""}) == ours
    assert "received in BACKHAUL_MAIL_TEMPLATES has a fault" in made.fault
    assert NAME not in made.fault
    # Another language's are as they were.
    assert render(notice(NoticeKind.RECEIVED, locale="de"), TO, NAME).fault == ""


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="BACKHAUL_MAIL_TEMPLATES"):
        Renderer("Nordlicht", folder=tmp_path / "none")


@pytest.mark.parametrize("locale", ["de", "de-DE", "de_CH", "DE"])
def test_german_shoppers_get_german(locale: str) -> None:
    made = OURS(notice(NoticeKind.RECEIVED, locale=locale), TO, NAME)
    assert made.subject == "Ihre Rücksendung R-1001 ist angekommen"
    assert '<html lang="de"' in made.html
    assert PRICED[0].title in made.text
