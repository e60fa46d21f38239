"""What a seal shows that the chain alone cannot, and what neither can."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.__main__ import main
from ledger.hashing import START, entry_hash, written
from ledger.signing import new_key
from tests.ledger.entries import PENDING, POST, fact, move, open_order, plan

Tamper = Callable[[str], None]


@pytest.fixture
def tamper(ledger: Ledger, tampering: Tamper) -> Tamper:
    """Five entries, and a way around the database's triggers: that of whoever owns it."""
    open_order(ledger)
    ledger.append(plan("1", 60))
    ledger.append(fact("submit", move("s", "paid:o:l:net", "owed:r", 60, POST, "1:net")))
    ledger.append(fact("note", actor="anna"))
    ledger.append(fact("settle", move("t", "owed:r", "tender:p", 60, POST, "1:leg")))
    return tampering


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    """Finance's key: its file, and the public half."""
    return tmp_path / "finance.pem", new_key(tmp_path / "finance.pem")


def sealed(ledger: Ledger, path: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["seal", "--key", str(key), "--by", "anna"], lambda: ledger) == 0
    path.write_text(capsys.readouterr().out)
    return path


def verified(ledger: Ledger, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["verify", *arguments], lambda: ledger)
    return code, capsys.readouterr().out


def relink(ledger: Ledger, tamper: Tamper) -> None:
    """Make every hash anew."""
    previous, script = START, ""
    for entry in ledger.entries():
        previous = entry_hash(previous, written(entry, entry.seq), entry.transfers)
        script += f"UPDATE journal SET hash = '{previous}' WHERE seq = {entry.seq};"
    tamper(script)


def test_a_seal_says_what_the_journal_was(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal = json.loads(sealed(ledger, tmp_path / "s.json", key[0], capsys).read_text())
    last = ledger.find("settle")
    assert last is not None
    assert (seal["seq"], seal["entries"], seal["head"]) == (5, 5, last.hash)
    assert (seal["by"], seal["public_key"]) == ("anna", key[1])
    assert seal["kinds"] == {"order_opened": 1, "plan": 4}
    # 100 were paid and 60 went back; three units are with the customer.
    assert seal["moved"] == {"tender USD": 40, "paid USD": -40, "sold UNITS": 3, "with_customer UNITS": -3}


def test_it_says_how_much_came_after_the_last_seal(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "seals").mkdir()
    sealed(ledger, tmp_path / "seals" / "1.json", key[0], capsys)
    ledger.append(fact("after"))
    sealed(ledger, tmp_path / "seals" / "2.json", key[0], capsys)
    ledger.append(fact("later"))
    ledger.append(fact("last"))
    code, said = verified(ledger, capsys, "--seal", str(tmp_path / "seals"), "--public-key", key[1])
    assert code == 0
    lines = said.splitlines()
    assert (lines[1], lines[-1]) == ("The journal holds in itself.", "Everything holds.")
    assert "The last seal that holds is at entry 6, " in said
    assert "no seal covers: 2\n" in said
    first = ["--seal", str(tmp_path / "seals" / "1.json"), "--public-key", key[1]]
    code, said = verified(ledger, capsys, *first, "--json")
    told = json.loads(said)
    assert (code, told["faults"], told["seals"]["after"], told["seals"]["last"]) == (0, [], 3, 5)
    assert told["holds"] is True


RELINKED = {
    "who it was": "UPDATE journal SET actor = 'ben' WHERE seq = 4;",
    "what was paid": (
        "UPDATE transfers SET amount = 59 WHERE seq = 5;"
        "UPDATE balances SET debits = 59, pending_credits = 1 WHERE account = 'owed:none';"
        "UPDATE balances SET debits = debits - 1, pending_debits = 1 WHERE account = 'owed:r';"
        "UPDATE balances SET credits = credits - 1, pending_credits = 1 WHERE account = 'tender:p';"
    ),
}
CUT = {
    "a bare entry": "DELETE FROM transfers WHERE seq = 5; DELETE FROM journal WHERE seq >= 4;",
    "a payment": "DELETE FROM transfers WHERE seq = 5; DELETE FROM journal WHERE seq = 5;",
}
UNPAID = (
    "UPDATE balances SET debits = debits - 60, pending_debits = 60 WHERE account = 'owed:r';"
    "UPDATE balances SET credits = credits - 60, pending_credits = 60 WHERE account = 'tender:p';"
)
"""The balances before the last entry, so that the cut leaves no other trace."""


@pytest.mark.parametrize("how", RELINKED)
def test_an_edit_with_every_hash_made_anew_is_found_by_a_seal_alone(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    seal = sealed(ledger, tmp_path / "s.json", key[0], capsys)
    tamper(RELINKED[how])
    relink(ledger, tamper)
    # Without the seal there is nothing to see: this is what a chain of hashes cannot show.
    assert verified(ledger, capsys)[0] == 0
    code, said = verified(ledger, capsys, "--seal", str(seal), "--public-key", key[1])
    assert code == 1
    assert "entry 5 has another hash than was sealed" in said


@pytest.mark.parametrize("how", CUT)
def test_an_end_that_was_cut_off_is_found_by_a_seal_alone(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    seal = sealed(ledger, tmp_path / "s.json", key[0], capsys)
    tamper(CUT[how] + UNPAID)
    assert verified(ledger, capsys)[0] == 0
    code, said = verified(ledger, capsys, "--seal", str(seal), "--public-key", key[1])
    assert code == 1
    assert "the journal ended at entry 5 then" in said


def test_a_cut_that_was_written_over_is_found(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal = sealed(ledger, tmp_path / "s.json", key[0], capsys)
    tamper(CUT["a payment"] + UNPAID)
    ledger.append(fact("instead"))
    ledger.append(fact("and more"))
    assert verified(ledger, capsys)[0] == 0
    code, said = verified(ledger, capsys, "--seal", str(seal), "--public-key", key[1])
    assert (code, "entry 5 has another hash" in said) == (1, True)


def test_what_comes_after_the_last_seal_is_not_protected_by_it(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The limit, said plainly: the newer the last seal, the shorter this is."""
    seal = sealed(ledger, tmp_path / "s.json", key[0], capsys)
    ledger.append(fact("after"))
    ledger.append(fact("gone"))
    tamper("DELETE FROM journal WHERE key = 'gone'; UPDATE journal SET actor = 'ben' WHERE key = 'after'")
    relink(ledger, tamper)
    assert verified(ledger, capsys, "--seal", str(seal), "--public-key", key[1])[0] == 0


def test_seals_tell_from_where_on_it_was_changed(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "seals").mkdir()
    sealed(ledger, tmp_path / "seals" / "a.json", key[0], capsys)
    ledger.append(fact("after"))
    sealed(ledger, tmp_path / "seals" / "b.json", key[0], capsys)
    tamper("UPDATE journal SET actor = 'ben' WHERE key = 'after'")
    relink(ledger, tamper)
    code, said = verified(ledger, capsys, "--seal", str(tmp_path / "seals"), "--public-key", key[1])
    assert code == 1
    assert "Everything holds." not in said
    assert said.splitlines()[1] == "The journal holds in itself."
    assert said.splitlines()[-1] == "Not everything holds: seals that it does not hold against: 1."
    assert "b.json: entry 6 has another hash" in said
    assert "(the seal at entry 5 still holds)" in said
    assert "no seal covers: 1" in said


def test_a_seal_made_anew_with_another_key_shows_only_against_the_known_key(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(RELINKED["who it was"])
    relink(ledger, tamper)
    theirs = new_key(tmp_path / "theirs.pem")
    seal = sealed(ledger, tmp_path / "s.json", tmp_path / "theirs.pem", capsys)
    code, said = verified(ledger, capsys, "--seal", str(seal))
    assert code == 0
    assert "name the key that you know with --public-key" in said
    assert theirs in said
    code, said = verified(ledger, capsys, "--seal", str(seal), "--public-key", key[1])
    assert code == 1
    assert "not with the key that was named" in said


@pytest.mark.parametrize(
    ("field", "value"),
    [("seq", 4), ("head", "0" * 64), ("entries", 6), ("by", "ben"), ("at", "2026-01-01T00:00:00Z"), ("moved", {})],
)
def test_a_seal_that_was_changed_is_none(
    ledger: Ledger,
    tamper: Tamper,
    key: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    field: str,
    value: object,
) -> None:
    seal = sealed(ledger, tmp_path / "s.json", key[0], capsys)
    seal.write_text(json.dumps({**json.loads(seal.read_text()), field: value}))
    code, said = verified(ledger, capsys, "--seal", str(seal))
    assert (code, "its signature does not fit" in said) == (1, True)


def test_a_journal_that_does_not_hold_is_not_sealed(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(RELINKED["who it was"])
    assert main(["seal", "--key", str(key[0])], lambda: ledger) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "entry 4 (note)" in said.err


def test_an_empty_journal_is_sealed_too(
    ledger: Ledger, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal = sealed(ledger, tmp_path / "s.json", key[0], capsys)
    assert verified(ledger, capsys, "--seal", str(seal), "--public-key", key[1])[0] == 0
    ledger.append(fact("first", move("t", "a", "b", 5, PENDING)))
    assert "no seal covers: 1" in verified(ledger, capsys, "--seal", str(seal))[1]


def test_what_is_no_seal_or_no_key_is_said(
    ledger: Ledger, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.json").write_text('{"seq": 1}')
    seal = sealed(ledger, tmp_path / "s.json", key[0], capsys)
    (tmp_path / "more.json").write_text(json.dumps({**json.loads(seal.read_text()), "unsigned": "true"}))
    for arguments in (
        ["verify", "--seal", str(tmp_path / "nowhere")],
        ["verify", "--seal", str(tmp_path / "empty")],
        ["verify", "--seal", str(tmp_path / "other.json")],
        ["verify", "--seal", str(tmp_path / "more.json")],
        ["verify", "--public-key", key[1]],
        ["verify", "--public-key", ""],
        ["verify", "--seal", str(seal), "--public-key", ""],
        ["seal", "--key", str(key[0]), "--by", "anna smith"],
        ["seal", "--key", str(key[0]), "--by", ""],
        ["seal", "--key", str(tmp_path / "other.json")],
        ["seal"],
    ):
        assert main(arguments, lambda: ledger) == 2, arguments
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)


def test_json_says_in_one_place_whether_all_holds(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal = sealed(ledger, tmp_path / "s.json", key[0], capsys)
    assert json.loads(verified(ledger, capsys, "--json")[1])["holds"] is True
    tamper(RELINKED["who it was"])
    relink(ledger, tamper)
    code, said = verified(ledger, capsys, "--seal", str(seal), "--public-key", key[1], "--json")
    told = json.loads(said)
    assert (code, told["holds"], len(told["faults"])) == (1, False, 1)
    assert told["faults"][0].startswith(f"seal {seal}: entry 5 has another hash")
    tamper("UPDATE journal SET actor = 'eve' WHERE seq = 4")
    code, said = verified(ledger, capsys, "--seal", str(seal), "--public-key", key[1])
    assert said.splitlines()[-1].startswith("Not everything holds: the journal does not hold in itself; seals ")
    assert json.loads(verified(ledger, capsys, "--json")[1])["holds"] is False


def test_a_seal_goes_into_a_file_that_is_whole_or_not_there(
    ledger: Ledger, tamper: Tamper, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    umask = os.umask(0o027)
    try:
        assert main(["seal", "--key", str(key[0]), "--out", str(tmp_path / "s.json")], lambda: ledger) == 0
    finally:
        os.umask(umask)
    assert capsys.readouterr().out == ""
    assert (tmp_path / "s.json").stat().st_mode & 0o777 == 0o640
    assert verified(ledger, capsys, "--seal", str(tmp_path / "s.json"), "--public-key", key[1])[0] == 0
    assert main(["seal", "--key", str(key[0]), "--out", str(tmp_path / "no" / "s.json")], lambda: ledger) == 1
    assert "no/s.json cannot be written: No such file" in capsys.readouterr().err
    tamper(RELINKED["who it was"])
    assert main(["seal", "--key", str(key[0]), "--out", str(tmp_path / "t.json")], lambda: ledger) == 1
    assert not list(tmp_path.glob("t.json*"))


def test_nothing_in_a_folder_of_seals_is_passed_over_silently(
    ledger: Ledger, key: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "seals").mkdir()
    sealed(ledger, tmp_path / "seals" / "1.json", key[0], capsys)
    (tmp_path / "seals" / "2.txt").write_text("{}")
    code, said = verified(ledger, capsys, "--seal", str(tmp_path / "seals"), "--public-key", key[1])
    assert (code, "only *.json was read as seals, not 2.txt." in said) == (0, True)
    (tmp_path / "seals" / "3.json").write_text("")
    assert main(["verify", "--seal", str(tmp_path / "seals")], lambda: ledger) == 2
    said = capsys.readouterr().err
    assert (said.count("\n"), "3.json is empty" in said) == (1, True)
