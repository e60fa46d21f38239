"""Seals: the journal's head, signed, to be kept where whoever can write to the database cannot.

A chain of hashes shows that something was changed, unless every later hash was made anew, or the end was cut off. A
seal from before shows that too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from domain.canonical import iso_utc
from domain.errors import InvalidRequest, Refused
from domain.model import Model, UtcDatetime
from ledger import JournalEntry, Ledger
from ledger.exports.rows import posted
from ledger.hashing import START
from ledger.signing import public_key, sign, signed_by


class Seal(Model):
    """What the journal was at one moment: its last entry, how many of each kind, and what all of them moved.

    `kinds` counts entries by kind. `moved` is by kind of account and commodity, debits less credits, in minor units.
    """

    v: int = 1
    seq: int
    head: str
    entries: int
    at: UtcDatetime
    by: str = ""
    kinds: Mapping[str, int] = {}
    moved: Mapping[str, int] = {}
    public_key: str
    signature: str = ""

    @property
    def statement(self) -> dict[str, object]:
        """What is signed: everything but the signature."""
        return {**self.model_dump(exclude={"signature", "at"}), "at": iso_utc(self.at)}


class Sealed(Model):
    """What seals say of the journal. `after` entries, which no seal covers, follow the last one that holds."""

    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    last: int = 0
    last_at: UtcDatetime | None = None
    after: int = 0


def seal(ledger: Ledger, key: Ed25519PrivateKey, by: str, now: datetime) -> Seal:
    """Sign the head. Raises Refused if the journal does not hold: a seal on it would make the fault look right."""
    found = ledger.verify()
    if found.faults:
        raise Refused("not_sound", f"The journal does not hold, so it is not sealed: {found.faults[0]}.")
    kinds: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    for entry in ledger.entries():
        # What was written since the verification is for the next seal.
        if entry.seq > found.entries:
            break
        kinds[entry.kind.value] += 1
        _count(moved, entry)
    unsigned = Seal(
        seq=found.entries,
        head=found.head,
        entries=kinds.total(),
        at=now,
        by=by,
        kinds=kinds,
        moved={name: amount for name, amount in moved.items() if amount},
        public_key=public_key(key),
    )
    return unsigned.model_copy(update={"signature": sign(key, unsigned.statement)})


def _count(moved: Counter[str], entry: JournalEntry) -> None:
    for one in posted(entry):
        moved[f"{one.debit.partition(':')[0]} {one.commodity}"] += one.amount
        moved[f"{one.credit.partition(':')[0]} {one.commodity}"] -= one.amount


def load_seals(paths: Iterable[Path]) -> dict[str, Seal]:
    """The seals in these files, and in the *.json files of these folders. Raises InvalidRequest for what is none."""
    found: dict[str, Seal] = {}
    for path in paths:
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise InvalidRequest("seal", f"{path} is a folder without seals (*.json)")
        found.update({str(one): _load(one) for one in files})
    return found


def passed_over(paths: Iterable[Path]) -> tuple[str, ...]:
    """A sentence per folder on what in it is not read as a seal."""
    folders = {path: [one.name for one in path.iterdir() if one.suffix != ".json"] for path in paths if path.is_dir()}
    return tuple(
        f"In {path} only *.json was read as seals, not {', '.join(sorted(names))}."
        for path, names in folders.items()
        if names
    )


def _load(path: Path) -> Seal:
    try:
        content = path.read_bytes()
        if not content.strip():
            text = f"{path} is empty: no seal was written to it; take it away, or look for another copy"
            raise InvalidRequest("seal", text)
        # A field that is not known is not under the signature either.
        return Seal.model_validate_json(content, extra="forbid")
    except OSError as error:
        raise InvalidRequest("seal", f"{path} cannot be read: {error.strerror}") from None
    except ValidationError:
        raise InvalidRequest("seal", f"{path} is no seal; `python -m ledger seal` makes one") from None


def check(ledger: Ledger, seals: Mapping[str, Seal], entries: int, known_key: str = "") -> Sealed:
    """Hold the journal of so many entries against its seals, by name.

    `known_key` is the public key that the reader knows from elsewhere. Without it a signature proves little: whoever
    can write the journal anew can seal it anew, with a key of their own.
    """
    faults: list[str] = []
    holds = None
    for name, one in sorted(seals.items(), key=lambda named: named[1].seq):
        fault = _signature(one, known_key) or _head(ledger, one, entries)
        if fault:
            since = f" (the seal at entry {holds.seq} still holds)" if holds else ""
            faults.append(f"{name}: {fault}{since}")
        else:
            holds = one
    last = holds.seq if holds else 0
    return Sealed(
        faults=tuple(faults),
        notes=() if known_key else _notes(seals.values()),
        last=last,
        last_at=holds.at if holds else None,
        after=entries - last,
    )


def _notes(seals: Iterable[Seal]) -> tuple[str, ...]:
    keys = sorted({one.public_key for one in seals})
    text = f"The seals are signed with the key in them ({', '.join(keys)}). Whoever can write the journal anew can also"
    return (f"{text} seal it anew with another key: name the key that you know with --public-key.",)


def _signature(one: Seal, known_key: str) -> str:
    if known_key and one.public_key != known_key:
        return f"it is signed with {one.public_key}, not with the key that was named"
    if not signed_by(one.public_key, one.statement, one.signature):
        return "its signature does not fit; the seal was changed"
    return ""


def _head(ledger: Ledger, one: Seal, entries: int) -> str:
    """Whether the sealed entry stands where it stood. Every hash covers the one before, so all before it stands too."""
    if entries < one.seq:
        return f"the journal ended at entry {one.seq} then and has {entries} now: its end was cut off"
    there = next(iter(ledger.entries(after=one.seq - 1)), None) if one.seq else None
    if (there.hash if there else START) != one.head:
        return f"entry {one.seq} has another hash than was sealed: it, or an entry before it, was written anew"
    return ""
