"""The return label in ZPL II, for label printers of 203 dpi: pure, so the same input makes the same text.

Lengths are dots, eight to a millimetre; the label is A6. Text is sent as bytes in hexadecimal wherever it is not plain
ASCII, so that nothing in a name or an address is taken for a command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from activities.labels import LabelRequest
from domain.latin import latin, loses

WIDTH, HEIGHT = 840, 1184
_LEFT, _RIGHT = 48, 792
_WIDEST = 0.62
"""Width of a letter of the printer's own font by its height; only a few are wider."""
_MARKER = "? stands for a character that this printer does not know."
_OWN = frozenset("^~_\\>")
"""What ZPL would take for its own."""


class _Box(NamedTuple):
    left: int
    top: int
    width: int
    height: int


def zpl_label(request: LabelRequest, number: str, carrier: str, bought_at: datetime) -> bytes:
    """Write the label's commands; its number is printed as CODE-128, as QR code and for people.

    The printer's own font knows Latin-1 alone: what is beyond it shows as `?`, and a line says so. Text that does not
    fit wraps, then shrinks, and only then is cut.
    """
    parts = [
        *_text([carrier], _Box(_LEFT, 48, 520, 60), 48),
        *_text(["RETURN"], _Box(600, 48, 200, 60), 48),
        *_address("From", request.sender, _Box(_LEFT, 128, _RIGHT - _LEFT, 176), 32),
        *_address("To", request.receiver, _Box(_LEFT, 320, _RIGHT - _LEFT, 248), 44),
        *_references((("Return", request.case), ("Order", request.order_number), ("Date", f"{bought_at:%Y-%m-%d}"))),
        f"^FO560,596^BQN,2,8^FH^FDMA,{_escaped(number)}^FS",
        f"^BY{_module(number)}^FO{_LEFT},900^BCN,180,N,N,N,A^FH^FD{_escaped(number)}^FS",
        *_text([number], _Box(_LEFT, 1092, _RIGHT - _LEFT, 44), 40),
    ]
    if any(map(loses, (carrier, request.order_number, *request.sender, *request.receiver))):
        parts += _text([_MARKER], _Box(_LEFT, 1144, _RIGHT - _LEFT, 24), 20)
    head = f"^XA^CI28^PW{WIDTH}^LL{HEIGHT}^LH0,0"
    return "\n".join([head, *parts, "^XZ", ""]).encode("ascii")


def _module(number: str) -> int:
    """Dots of the narrowest bar: three, or as many as a long number leaves room for. 11 bars a letter at most."""
    return max(1, min(3, (_RIGHT - _LEFT) // (11 * len(number) + 35)))


def _address(caption: str, lines: Sequence[str], box: _Box, largest: int) -> Iterator[str]:
    yield f"^FO{box.left},{box.top - 8}^GB{box.width},2,2^FS"
    yield from _text([caption], box._replace(width=88, height=28), 24)
    yield from _text(lines, box._replace(left=box.left + 96, width=box.width - 96), largest)


def _references(references: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"^FO{_LEFT},580^GB{_RIGHT - _LEFT},2,2^FS"
    for row, (caption, value) in enumerate(references):
        yield from _text([caption], _Box(_LEFT, 600 + row * 88, 480, 28), 24)
        yield from _text([value], _Box(_LEFT, 630 + row * 88, 480, 48), 44)


def _text(lines: Sequence[str], box: _Box, largest: int) -> Iterator[str]:
    readable = [line for line in map(latin, lines) if line]
    size = largest
    while size > 16 and len(_rows(readable, box, size)) * size > box.height:
        size -= 4
    for place, row in enumerate(_rows(readable, box, size)[: max(1, box.height // size)]):
        yield f"^FO{box.left},{box.top + place * size}^A0N,{size},{size}^FH^FD{_escaped(row)}^FS"


def _rows(lines: Sequence[str], box: _Box, size: int) -> list[str]:
    return [row for line in lines for row in _wrapped(line, box.width / size)]


def _wrapped(line: str, width: float) -> Iterator[str]:
    """Rows of at most so many heights of a letter; what has no spaces is broken anywhere."""
    row = ""
    for word in line.split():
        if row and _width(f"{row} {word}") > width:
            yield row
            row = ""
        row = f"{row} {word}".lstrip()
        while _width(row) > width:
            fits = max(1, next(n for n in range(len(row), 0, -1) if n == 1 or _width(row[:n]) <= width))
            yield row[:fits]
            row = row[fits:]
    if row:
        yield row


def _width(text: str) -> float:
    return sum(1.0 if one in "MW@mw%" else _WIDEST for one in text)


def _escaped(text: str) -> str:
    """`_` and two digits stand for a byte, as `^FH` says."""
    return "".join(
        one if " " <= one <= "~" and one not in _OWN else "".join(f"_{byte:02X}" for byte in one.encode())
        for one in text
    )
