"""A strict reader of the ZPL that we write: whatever it does not know, or finds off the label, is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass

COMMAND = re.compile(r"\^(XA|XZ|CI|PW|LL|LH|FO|A0|FH|FD|FS|GB|BQ|BY|BC)([^^~]*)")


@dataclass(frozen=True)
class Field:
    """What is printed somewhere: its kind (`text`, `code128`, `qr`, `line`), place and content; `size` of letters."""

    kind: str
    left: int
    top: int
    content: str
    size: int = 0


@dataclass(frozen=True)
class Zpl:
    """A label: its size in dots and everything on it."""

    width: int
    height: int
    fields: tuple[Field, ...]

    def texts(self) -> list[str]:
        """All that is printed for people."""
        return [one.content for one in self.fields if one.kind == "text"]

    def codes(self) -> dict[str, str]:
        """What scanners read, by the kind of code."""
        return {one.kind: one.content for one in self.fields if one.kind in ("code128", "qr")}


def read_zpl(content: bytes) -> Zpl:
    """Read one label. Raises AssertionError for whatever a printer might take otherwise than it was meant."""
    text = content.decode("ascii").replace("\n", "")
    assert "".join(found[0] for found in COMMAND.finditer(text)) == text
    commands = [(found[1], found[2]) for found in COMMAND.finditer(text)]
    assert [commands[0], commands[-1]] == [("XA", ""), ("XZ", "")]
    assert commands[1] == ("CI", "28")
    assert [name for name, _ in commands].count("XA") == [name for name, _ in commands].count("XZ") == 1
    told = dict(commands)
    width, height = int(told["PW"]), int(told["LL"])
    fields: list[Field] = []
    group: dict[str, str] = {}
    for name, value in commands[1:-1]:
        if name != "FS":
            assert name not in group or name in ("BY",), f"{name} twice in a field"
            group[name] = value
            continue
        fields.append(_field(group, width, height))
        group = {}
    assert set(group) <= {"CI", "PW", "LL", "LH"}
    return Zpl(width, height, tuple(fields))


def _field(group: dict[str, str], width: int, height: int) -> Field:
    left, top = map(int, group["FO"].split(","))
    assert 0 <= left < width
    assert 0 <= top < height
    if "GB" in group:
        return Field("line", left, top, "")
    assert group["FH"] == "", "what is not ASCII needs its hexadecimal form"
    content = _decoded(group["FD"])
    if "BQ" in group:
        assert content.startswith("MA,")
        return Field("qr", left, top, content[3:])
    if "BC" in group:
        bar = int(group["BY"])
        # The start, 11 modules a letter, check and stop: at most, whatever the printer saves on figures.
        assert left + bar * (11 * len(content) + 35) <= width
        return Field("code128", left, top, content)
    _, size, _ = group["A0"].split(",")
    assert top + int(size) <= height
    return Field("text", left, top, content, int(size))


def _decoded(data: str) -> str:
    raw = re.sub(rb"_([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), data.encode())
    return raw.decode()
