"""The credit note as people get it: text, JSON and PDF say the same, whatever a title is made of."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest

from domain.credit_note import CreditNote, credit_note
from domain.history import history_of
from domain.order import Order, OrderLine, Shipping, TaxLine
from domain.plan import FeeKind
from domain.planning import plan_refund
from domain.terms import FeeTerm, Terms
from ledger import Ledger
from ledger.__main__ import main
from ledger.credit_notes.page import as_json, as_text
from ledger.credit_notes.pdf import as_pdf
from tests.domain.orders import line, order, paid
from tests.domain.test_credit_note import settled
from tests.ledger.entries import fact

DAY = date(2026, 11, 21)
FEE = FeeTerm(kind=FeeKind.RESTOCKING, percent="10", line_id="mug", tax_name="VAT", tax_rate="0.19")
# As in tests/domain/test_credit_note.py: 3 mugs at 11.90 and a book at 10.70, delivery 4.76, all of it back but 10 %
# of the mugs: 35.70 + 10.70 + 4.76 = 51.16 less 3.57 = 47.59; in dollars at 1.1, 56.276 so 56.28.
AMOUNTS = {"30.00", "5.70", "35.70", "10.00", "0.70", "10.70", "4.00", "0.76", "4.76", "51.16", "3.57", "0.57", "47.59"}
TOTALS = {"34.00", "6.46", "7.16", "56.28"}


def sold(*lines: OrderLine) -> Order:
    """An order with delivery, of a shop whose books are in dollars."""
    shipping = Shipping(price=476, taxes=(TaxLine(name="VAT", rate="0.19", amount=76),))
    captured = sum(one.quantity * one.unit_price for one in lines) + 476
    bought = order(*lines, shipping=shipping, tenders=[paid(captured)])
    return bought.model_copy(update={"shop_currency": "USD", "exchange_rate": "1.1"})


def noted(bought: Order, number: int = 123, terms: Terms | None = None) -> CreditNote:
    """The note for all of an order."""
    units = {one.id: one.quantity for one in bought.lines}
    plan = plan_refund(bought, history_of(bought), units, terms or Terms(fees=(FEE,)))
    note = credit_note(bought, plan, settled(plan), case="R-1", number=1, issued_on=DAY)
    return note.model_copy(update={"series": "CN-demo", "number": number})


def goods(title: str = "Mug") -> CreditNote:
    """Mugs with this title, and a book."""
    mug, book = line("mug", 3, 1190, tax=[("0.19", 570)]), line("book", 1, 1070, tax=[("0.07", 70)])
    return noted(sold(mug.model_copy(update={"title": title}), book.model_copy(update={"title": "Book of tea"})))


def many(count: int) -> CreditNote:
    """A note over so many lines."""
    lines = [
        line(f"l{n}", 1, 100, tax=[("0.19", 16)]).model_copy(update={"title": f"Thing {n} " + "and more " * (n % 30)})
        for n in range(count)
    ]
    return noted(sold(*lines), terms=Terms())


def said(note: CreditNote) -> str:
    """What the PDF says, page after page."""
    return "\n".join(str(page.get_textpage().get_text_range()) for page in pypdfium2.PdfDocument(as_pdf(note)))


def amounts(text: str) -> set[str]:
    """All amounts in a text."""
    return set(re.findall(r"(?<![\d.])\d+\.\d\d(?!\d)", text))


def test_text_and_pdf_say_what_was_computed() -> None:
    note = goods()
    for text in (as_text(note), said(note)):
        assert amounts(text) >= AMOUNTS | TOTALS
        for words in ("Credit note", "CN-demo-000123", "2026-11-21", "#1", "R-1", "Mug", "Book of tea", "Delivery"):
            assert words in text
        for words in ("VAT 19 %", "VAT 7 %", "less restocking (10 % of 35.70)", "card pi_1", "re_pi_1", "1.1 USD"):
            assert words in text
        assert "Refunded, EUR" in text
    assert amounts(as_text(note)) == amounts(said(note))


def test_json_says_the_same() -> None:
    told = json.loads(as_json(goods()))
    assert (told["number"], told["position"], told["series"], told["issued_on"]) == (
        "CN-demo-000123",
        123,
        "CN-demo",
        "2026-11-21",
    )
    assert [(one["title"], one["quantity"], one["net"], one["gross"]) for one in told["lines"]] == [
        ("Mug", 3, 3000, 3570),
        ("Book of tea", 1, 1000, 1070),
    ]
    assert [(one["rate"], one["net"], one["tax"]) for one in told["taxes"]] == [("0.19", 3400, 646), ("0.07", 1000, 70)]
    assert (told["gross"], told["fees"][0]["amount"], told["fees"][0]["tax"], told["total"]) == (5116, 357, 57, 4759)
    assert told["in_shop_currency"]["gross"] == 5628


def test_the_cancelling_note_says_what_it_cancels() -> None:
    second = goods().cancelled(date(2026, 12, 1)).model_copy(update={"series": "CN-demo", "number": 124})
    for text in (as_text(second), said(second)):
        assert "Cancellation of credit note CN-demo-000123" in text
        assert "CN-demo-000124" in text
        assert "no longer holds" in text
        assert "Owed again, EUR" in text
        assert "Refunded, EUR" not in text


def test_yen_have_no_decimals() -> None:
    bought = order(line("bowl", 2, 1078, tax=[("0.1", 196)]), tenders=[paid(2156)], currency="JPY")
    note = noted(bought, terms=Terms())
    for text in (as_text(note), said(note)):
        assert "2156" in text
        assert amounts(text) == set()


@pytest.mark.parametrize(
    "title",
    [
        "Łódź „mug“ – grün",
        "湯のみ",
        "x" * 300,
        "word " * 60,
        "a\tb\nc\x1b[31m",
        "",
        "\u200dزر\u202e",
        "💡 lamp",
        "{nb}**b**",
    ],
    ids=["accents", "kanji", "long", "words", "controls", "empty", "arabic", "emoji", "markup"],
)
def test_any_title_is_rendered_or_visibly_not(title: str) -> None:
    note = goods(title)
    text, printed = as_text(note), said(note)
    assert "\x1b" not in text + printed
    assert amounts(printed) >= AMOUNTS
    lost = any(one.isprintable() and ord(one) > 0x2FFF for one in title) or "ز" in title
    assert ("cannot print" in printed) is lost
    assert max(map(len, text.splitlines())) <= 110
    assert json.loads(as_json(note))["lines"][0]["title"] == title


def test_the_same_note_makes_the_same_bytes() -> None:
    assert as_pdf(goods()) == as_pdf(goods())
    assert as_pdf(many(90)) == as_pdf(many(90))


@pytest.mark.parametrize("count", [1, 12, 90])
def test_pages_are_a4_and_nothing_leaves_them(count: int) -> None:
    document = pypdfium2.PdfDocument(as_pdf(many(count)))
    assert len(document) == {1: 1, 12: 2}.get(count, len(document))
    for number, page in enumerate(document, start=1):
        width, height = page.get_size()
        assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
        words = page.get_textpage()
        assert f"page {number} of {len(document)}" in words.get_text_range()
        for place in range(words.count_rects()):
            left, bottom, right, top = words.get_rect(place)
            assert left > 50
            assert right < width - 50
            assert bottom > 25
            assert top < height - 40


def test_every_line_of_a_long_note_is_there() -> None:
    printed = said(many(90))
    assert [n for n in range(90) if f"Thing {n} " not in printed and f"Thing {n}\r" not in printed] == []
    assert printed.count("Quantity") > 1


# ── The commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Two notes, of November and December."""
    first = goods()
    for key, note in [("one", first), ("two", first.model_copy(update={"number": 1}).cancelled(date(2026, 12, 1)))]:
        ledger.append(fact(key, series="CN-demo", facts={"credit_note": note.fact()}))
    return ledger


def test_one_note_in_every_format(told: Ledger, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    note = goods().model_copy(update={"number": 1})
    for arguments, expected in [
        ([], as_text(note).encode()),
        (["--format", "text"], as_text(note).encode()),
        (["--format", "json"], as_json(note).encode() + b"\n"),
        (["--json"], as_json(note).encode() + b"\n"),
        (["--format", "pdf"], as_pdf(note)),
    ]:
        assert main(["credit-note", "CN-demo-000001", *arguments], lambda: told) == 0
        assert capsysbinary.readouterr().out == expected
        out = tmp_path / "note"
        assert main(["credit-note", "CN-demo-1", *arguments, "--out", str(out)], lambda: told) == 0
        assert (out.read_bytes(), capsysbinary.readouterr().out) == (expected, b"")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["credit-note", "CN-demo-000009"], 1, "there is no credit note CN-demo-000009"),
        (["credit-note", "nonsense"], 2, "such as CN-demo-000123"),
        (["credit-note", "CN-demo-1", "--out", "/nowhere/at/all"], 2, "cannot be written"),
        (["credit-notes", "--from", "yesterday"], 2, "write a day as 2026-11-30"),
    ],
)
def test_what_cannot_be_done_is_said(
    told: Ledger, arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments, lambda: told) == code
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)
    assert words in said.err


def test_a_terminal_is_not_filled_with_a_pdf(
    told: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["credit-note", "CN-demo-1", "--format", "pdf"], lambda: told) == 2
    assert "name a file" in capsys.readouterr().err


def test_the_list_of_all_notes(told: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["credit-notes"], lambda: told) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["Number", "Date", "Order", "Return", "Credited", "Tax", "Kept", "Refunded", "Cancels"]
    money = ["51.16", "EUR", "7.16", "EUR", "3.57", "EUR", "47.59", "EUR"]
    assert first.split() == ["CN-demo-000001", "2026-11-21", "#1", "R-1", *money]
    assert second.split() == ["CN-demo-000002", "2026-12-01", "#1", "R-1", *money, "CN-demo-000001"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["CN-demo-000001", "CN-demo-000002"]),
        (["--from", "2026-11-21", "--to", "2026-11-21"], ["CN-demo-000001"]),
        (["--from", "2026-11-22"], ["CN-demo-000002"]),
        (["--to", "2026-11-20"], []),
    ],
)
def test_days_are_both_within(
    told: Ledger, arguments: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["credit-notes", *arguments, "--json"], lambda: told) == 0
    assert [one["number"] for one in json.loads(capsys.readouterr().out)] == expected


def test_an_empty_list_says_so(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["credit-notes"], lambda: ledger) == 0
    assert "no such credit notes" in capsys.readouterr().out


def test_help_loads_no_pdf() -> None:
    script = "import sys; from ledger.__main__ import main; main(['--help']); assert 'fpdf' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "credit-note" in done.stdout
