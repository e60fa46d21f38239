"""Signatures: whose they are, over what, and what is no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import InvalidRequest
from ledger.signing import load_key, new_key, public_key, sign, signed_by

STATEMENT = {"case": "R1", "verb": "approve", "amount": 12000, "update": "u-1"}


def test_only_the_owner_of_the_key_can_have_signed_it(tmp_path: Path) -> None:
    """Another key, another statement and another signature are all a no."""
    anna, ben = new_key(tmp_path / "anna.pem"), new_key(tmp_path / "ben.pem")
    signature = sign(load_key(tmp_path / "anna.pem"), STATEMENT)
    assert signed_by(anna, STATEMENT, signature)
    assert not signed_by(ben, STATEMENT, signature)
    assert not signed_by(anna, {**STATEMENT, "amount": 12001}, signature)
    assert not signed_by(anna, STATEMENT, sign(load_key(tmp_path / "ben.pem"), STATEMENT))


@pytest.mark.parametrize("garbage", ["", "?", "AAAA", "ä", "A" * 10_000])
def test_garbage_is_a_no_and_never_an_error(tmp_path: Path, garbage: str) -> None:
    """Neither a broken key nor a broken signature raises."""
    anna = new_key(tmp_path / "anna.pem")
    assert not signed_by(anna, STATEMENT, garbage)
    assert not signed_by(garbage, STATEMENT, sign(load_key(tmp_path / "anna.pem"), STATEMENT))


def test_a_key_file_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    """Nobody else can read it, and a second key goes into a second file."""
    path = tmp_path / "keys" / "anna.pem"
    public = new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_key(load_key(path)) == public
    with pytest.raises(InvalidRequest, match="exists already"):
        new_key(path)
    assert public_key(load_key(path)) == public


def test_what_is_no_key_is_refused_in_words(tmp_path: Path) -> None:
    """A missing file, a folder and a text."""
    (tmp_path / "text").write_text("hello")
    for path in (tmp_path / "none", tmp_path, tmp_path / "text"):
        with pytest.raises(InvalidRequest):
            load_key(path)


def test_a_place_where_no_key_can_be_written_is_named(tmp_path: Path) -> None:
    """A file in the way of the folder, a device, and a folder that nobody can write to."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "anna.pem", Path("/proc/anna.pem"), Path("/proc/keys-of/anna.pem")):
        with pytest.raises(InvalidRequest, match=f"key: {path} cannot be written: [A-Z]"):
            new_key(path)
