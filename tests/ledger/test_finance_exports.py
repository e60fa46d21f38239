"""Exports: what they hold, for which days, and that no value of theirs does harm."""

from __future__ import annotations

import csv
import errno
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import InvalidRequest, Refused
from ledger import EntryKind, JournalEntry, Ledger
from ledger.__main__ import main
from ledger.chart import DEFAULT, Chart, load_chart
from ledger.exports import Format, export_text, export_to, watched
from ledger.exports.spreadsheet import plain, write_xlsx
from settings import ROOT
from tests.ledger.entries import PENDING, POST, VOID, fact, move, open_order


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """100 dollars, a plan of 60 of which 40 were posted and 20 voided; then yen, dinars and a bare fact."""
    open_order(ledger, cents=10000)
    ledger.append(fact("plan", move("plan:net", "paid:o:l:net", "owed:r", 60, PENDING)))
    ledger.append(fact("half", move("post", "paid:o:l:net", "owed:r", 40, POST, "plan:net")))
    ledger.append(fact("rest", move("void", "paid:o:l:net", "owed:r", 20, VOID, "plan:net")))
    ledger.append(
        fact("yen", move("yen", "tender:y", "owed:y", 1234, unit="JPY"), at=datetime(2026, 11, 22, tzinfo=UTC))
    )
    late = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    facts = {"refund": {"provider_id": "re_7"}}
    ledger.append(fact("dinar", move("dinar", "tender:k", "owed:k", 1234, unit="KWD"), at=late, facts=facts))
    ledger.append(fact("bare", kind=EntryKind.NOTICE, reasons=("=1+1", "b"), at=datetime(2026, 12, 1, tzinfo=UTC)))
    return ledger


def exported(ledger: Ledger, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["export", *arguments], lambda: ledger) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


def table(ledger: Ledger, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported(ledger, capsys, "--format", "csv", *arguments), newline="")))


# ── CSV and JSON lines ───────────────────────────────────────────────────────────────────────────────────────────────


def test_csv_has_a_row_per_transfer_and_says_what_is_only_reserved(
    told: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = table(told, capsys)
    assert [(row["seq"], row["movement"], row["minor"], row["amount"], row["commodity"]) for row in rows] == [
        ("1", "single", "10000", "100.00", "USD"),
        ("1", "single", "10000", "100.00", "USD"),
        ("1", "single", "3", "3", "UNITS"),
        ("2", "pending", "60", "0.60", "USD"),
        ("3", "post", "40", "0.40", "USD"),
        ("4", "void", "20", "0.20", "USD"),
        ("5", "single", "1234", "1234", "JPY"),
        ("6", "single", "1234", "1.234", "KWD"),
        ("7", "", "", "", ""),
    ]
    assert (rows[4]["debit"], rows[4]["credit"], rows[4]["finishes"]) == ("paid:o:l:net", "owed:r", "plan:net")
    assert (rows[4]["debit_account"], rows[4]["credit_account"]) == ("Income:Sales", "Liabilities:Refunds")
    assert rows[7]["reference"] == "re_7"
    last = told.find("bare")
    assert last is not None
    assert rows[8]["hash"] == last.hash
    assert rows[0]["time"] == "2026-11-21T20:15:00.000000Z"


def test_json_lines_hold_every_entry_whole(told: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.loads(line) for line in exported(told, capsys, "--format", "jsonl").splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    assert lines[5]["facts"] == {"refund": {"provider_id": "re_7"}}
    assert lines[5]["transfers"][0]["decimal"] == "1.234"
    assert lines[1]["transfers"][0]["kind"] == "pending"
    assert lines[6]["reasons"] == ["=1+1", "b"]


@pytest.mark.parametrize(
    ("options", "seqs"),
    [
        (["--from", "2026-11-22"], "567"),
        (["--to", "2026-11-21"], "1234"),
        (["--from", "2026-11-22", "--to", "2026-11-30"], "56"),
        (["--from", "2026-11-30", "--to", "2026-11-30"], "6"),
        (["--from", "2027-01-01"], ""),
    ],
)
def test_days_count_from_their_first_moment_to_their_last(
    told: Ledger, capsys: pytest.CaptureFixture[str], options: list[str], seqs: str
) -> None:
    assert list(dict.fromkeys(row["seq"] for row in table(told, capsys, *options))) == list(seqs)


@pytest.mark.parametrize(
    "options",
    [
        ["--from", "2026-11-22", "--to", "2026-11-21"],
        ["--from", "yesterday"],
        ["--format", "pdf"],
        ["--format", "xlsx"],
        ["--accounts", "nowhere.yaml"],
    ],
)
def test_wrong_usage(told: Ledger, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    arguments = ["export", *(() if "--format" in options else ("--format", "csv")), *options]
    assert main(arguments, lambda: told) == 2
    assert capsys.readouterr().out == ""


# ── Formulas ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_what_looks_like_a_formula_is_a_text(text: str) -> None:
    assert plain(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "2026-11-21", "R-1", "'=1"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


def test_no_cell_of_a_csv_begins_like_a_formula(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    for number, start in enumerate("=+-@\t\r"):
        ledger.append(
            fact(
                f"{start}key{number}",
                move(f"{start}t{number}", f"{start}a", f"{start}b", 5, unit=f"{start}U"),
                actor=f"{start}cmd|' /C calc'!A0",
                order=f"{start}o",
                case=f"{start}r",
                reasons=(f"{start}x",),
                policy=f"{start}p",
                facts={"provider_id": f"{start}re"},
            )
        )
    text = exported(ledger, capsys, "--format", "csv")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 7
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r") and cell]
    assert any(cell == "'=cmd|' /C calc'!A0" for row in rows for cell in row)


# ── Workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sheets(path: Path) -> list[list[list[str]]]:
    """Rows of cells, sheet by sheet; a formula would be an error of the test."""
    found = []
    with zipfile.ZipFile(path) as book:
        names = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
        for name in names:
            text = book.read(name).decode()
            assert "<f>" not in text
            found.append(
                [
                    ["".join(re.findall(r"<(?:v|t)[^>]*>([^<]*)<", cell)) for cell in re.findall(r"<c .*?</c>", row)]
                    for row in re.findall(r"<row .*?</row>", text, re.DOTALL)
                ]
            )
    return found


def test_a_workbook_holds_what_was_moved_for_good(told: Ledger, tmp_path: Path) -> None:
    assert main(["export", "--format", "xlsx", "--out", str(tmp_path / "x.xlsx")], lambda: told) == 0
    (sheet,) = sheets(tmp_path / "x.xlsx")
    assert sheet[0][:3] == ["seq", "time", "kind"]
    assert [row[0] for row in sheet[1:]] == ["1", "1", "1", "3", "5", "6"]
    assert [row[-1] for row in sheet[1:]] == ["100.00", "100.00", "3", "0.40", "1234", "1.234"]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(("limit", "rows"), [(2, [2, 2, 2]), (4, [4, 2]), (6, [6]), (100, [6])])
def test_a_workbook_goes_on_on_the_next_sheet(told: Ledger, tmp_path: Path, limit: int, rows: list[int]) -> None:
    write_xlsx(told.entries(), Chart(), tmp_path / "x.xlsx", limit)
    found = sheets(tmp_path / "x.xlsx")
    assert [len(sheet) - 1 for sheet in found] == rows
    assert all(sheet[0][0] == "seq" for sheet in found)
    assert [row[0] for sheet in found for row in sheet[1:]] == ["1", "1", "1", "3", "5", "6"]


def test_a_workbook_of_nothing_has_its_head(ledger: Ledger, tmp_path: Path) -> None:
    write_xlsx(ledger.entries(), Chart(), tmp_path / "x.xlsx")
    (sheet,) = sheets(tmp_path / "x.xlsx")
    assert len(sheet) == 1


def test_a_formula_in_a_workbook_is_a_text(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(fact("=1+1", move("t", "a", "b", 5), actor="http://example.com"))
    write_xlsx(ledger.entries(), Chart(), tmp_path / "x.xlsx")
    ((_, row),) = sheets(tmp_path / "x.xlsx")
    assert "=1+1" in row
    assert "http://example.com" in row


# ── Plain text accounting ────────────────────────────────────────────────────────────────────────────────────────────


def test_only_what_was_moved_for_good_is_booked(told: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    text = exported(told, capsys, "--format", "beancount")
    half = told.find("half")
    assert half is not None
    assert text.count(" * ") == 4
    assert (
        '2026-11-21 * "plan" "r" ^r\n  seq: 3\n  key: "half"\n'
        f'  hash: "{half.hash}"\n  time: "2026-11-21T20:15:00.000000Z"\n  actor: "test"\n  order: "o"\n'
        '  Income:Sales  0.40 USD\n    journal: "paid:o:l:net"\n'
        '  Liabilities:Refunds  -0.40 USD\n    journal: "owed:r"\n'
    ) in text
    assert "2026-11-21 open Assets:Payments\n" in text
    assert 'reference: "re_7"' in text
    for format in ("beancount", "hledger"):
        assert "0.60" not in exported(told, capsys, "--format", format)


def test_hledger_declares_what_it_uses(told: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    text = exported(told, capsys, "--format", "hledger")
    assert text.startswith("decimal-mark .\n")
    assert "    Income:Sales  0.40 USD  ; journal: paid:o:l:net\n" in text
    assert "    Assets:Payments  1.234 KWD  ; journal: tender:k\n" in text
    assert "account Equity:Units:WithCustomer\n" in text
    assert {"commodity 1000.000 KWD", "commodity 1000. JPY", "commodity 1000. UNITS"} <= set(text.splitlines())


def test_texts_cannot_break_out_of_their_place(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    evil = 'x"\n2026-01-01 open Assets:Evil ; , | \\'
    ledger.append(fact("k", move("t", "tender:b", "owed:a", 5), actor=evil, case=evil))
    for format in ("beancount", "hledger"):
        text = exported(ledger, capsys, "--format", format)
        assert not [line for line in text.splitlines() if line.startswith("2026-01-01")]
    assert 'actor: "x\\" 2026-01-01 open Assets:Evil ; , | \\\\"' in exported(ledger, capsys, "--format", "beancount")


# ── The chart of accounts ────────────────────────────────────────────────────────────────────────────────────────────


def chart(tmp_path: Path, text: str) -> Chart:
    path = tmp_path / "accounts.yaml"
    path.write_text(text)
    return load_chart(path)


def test_the_longest_beginning_counts_and_the_file_before_the_default(tmp_path: Path) -> None:
    ours = chart(tmp_path, 'tender: 1200 Bank\ntender:pi_9: 1360\n"fees:*:tax": 0420\n"paid:*:shipping": Freight\n')
    assert [ours.account(name) for name in ("tender:pi_1", "tender:pi_9", "tender:pi_90")] == [
        "1200 Bank",
        "1360",
        "1200 Bank",
    ]
    # To YAML, 0420 is the number 272.
    assert ours.account("fees:restocking:tax") == "0420"
    assert ours.account("fees:restocking") == "Income:Fees"
    assert ours.account("paid:o:shipping:tax:1") == "Freight"
    assert ours.account("paid:o:l:tax:1") == "Liabilities:Tax"
    assert ours.account("owed:r") == "Liabilities:Refunds"


def test_every_kind_of_account_has_a_default_and_the_page_tells_it() -> None:
    text = (ROOT / "ledger" / "accounts.py").read_text()
    kinds = set(re.findall(r'return f"(\w+):', text)) | set(re.findall(r'^[A-Z_]+ = "(\w+)"', text, re.MULTILINE))
    assert len(kinds) > 10
    assert not [kind for kind in kinds if Chart().account(kind).startswith("Equity:Other")]
    told = dict(
        re.findall(r"^\| `([\w:*]+)` \| `([\w:]+)` \|", (ROOT / "docs" / "finance.md").read_text(), re.MULTILINE)
    )
    assert told == DEFAULT


def test_a_kind_that_the_journal_does_not_have_is_refused_with_those_that_it_has(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no kind of account tendr; there are tender, payout, "):
        chart(tmp_path, "tendr: Assets:Bank\n")


def test_a_kind_that_nobody_mapped_is_kept_apart() -> None:
    assert Chart().account("brand_new:x") == "Equity:Other:BrandNew"


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- b\n",
        "tender:\n  - x\n",
        "tender:\n",
        "tender: {a: b}\n",
        "a: [",
        '"*:x": y\n',
        '":": x\n',
        "tender: 'a\tb'\n",
        "7",
    ],
)
def test_a_chart_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidRequest):
        chart(tmp_path, text)


@pytest.mark.parametrize(
    ("format", "account"),
    [("beancount", "Bank"), ("beancount", "Assets:my bank"), ("beancount", "Assets"), ("hledger", "A  B")],
)
def test_a_name_that_the_program_does_not_take_is_said_and_leaves_no_file(
    told: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str], format: str, account: str
) -> None:
    (tmp_path / "accounts.yaml").write_text(f"tender: {account}\n")
    out = tmp_path / "books"
    out.write_text("the old one")
    options = ["--format", format, "--accounts", str(tmp_path / "accounts.yaml"), "--out", str(out)]
    assert main(["export", *options], lambda: told) == 2
    assert account in capsys.readouterr().err
    assert out.read_text() == "the old one"
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["accounts.yaml", "books"]


# ── A long journal ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("format", ["csv", "jsonl", "beancount", "hledger"])
def test_entries_are_written_as_they_come(told: Ledger, format: Format) -> None:
    out = io.StringIO()
    written: list[int] = []

    def entries() -> Iterator[JournalEntry]:
        for entry in told.entries():
            yield entry
            written.append(len(out.getvalue()))

    export_text(entries(), format, Chart(), out)
    # Each entry that moved anything stands there before the next is read.
    assert written[0] > 0
    assert written[4] > written[3] >= written[2] > written[0]


def test_a_file_is_there_only_when_it_is_whole(told: Ledger, tmp_path: Path) -> None:
    def broken() -> Iterator[JournalEntry]:
        yield from told.entries()
        raise RuntimeError("the database went away")

    for format in ("csv", "xlsx"):
        with pytest.raises(RuntimeError):
            export_to(broken(), format, Chart(), tmp_path / "out")
    assert list(tmp_path.glob("out*")) == []
    with pytest.raises(Refused, match="cannot be written"):
        export_to(told.entries(), "csv", Chart(), tmp_path / "no" / "out")


def test_a_file_system_that_takes_nothing_is_said_in_one_sentence(
    told: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    # As on a read-only file system, taking away a file that is not there is refused as well.
    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    assert main(["export", "--format", "csv", "--out", str(tmp_path / "books.csv")], lambda: told) == 1
    said = capsys.readouterr().err
    assert said == f"{tmp_path / 'books.csv'} cannot be written: Read-only file system\n"


def test_a_terminal_is_told_how_far_it_is_and_a_file_is_not(told: Ledger) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen, pipe = Terminal(), io.StringIO()
    assert len(list(watched(told.entries(), screen))) == len(list(watched(told.entries(), pipe))) == 7
    assert (screen.getvalue(), pipe.getvalue()) == ("\r7 entries\n", "")
