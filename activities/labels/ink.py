"""Letters of any script on a PDF: the fonts that have them, and something visible where none has."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF

from domain.latin import latin, loses

USUAL = tuple(
    Path("/usr/share/fonts") / name
    for name in (
        "truetype/noto/NotoSans-Regular.ttf",
        "truetype/noto/NotoSansArabic-Regular.ttf",
        "truetype/noto/NotoSansHebrew-Regular.ttf",
        "truetype/noto/NotoSansDevanagari-Regular.ttf",
        "truetype/noto/NotoSansBengali-Regular.ttf",
        "truetype/noto/NotoSansTamil-Regular.ttf",
        "truetype/noto/NotoSansThai-Regular.ttf",
        "truetype/noto/NotoSansArmenian-Regular.ttf",
        "truetype/noto/NotoSansGeorgian-Regular.ttf",
        "opentype/noto/NotoSansCJK-Regular.ttc",
        "truetype/noto/NotoSansSymbols-Regular.ttf",
        "truetype/noto/NotoSansSymbols2-Regular.ttf",
        "truetype/dejavu/DejaVuSans.ttf",
    )
)
"""Where Debian keeps fonts of many scripts."""

_STAND_INS = "□�?"
_JOINERS = "\u200c\u200d"
"""Without them Arabic and the scripts of India are spelt otherwise."""


class Ink:
    """What one PDF is written with: the first font there is, then each that has a letter which those before lack.

    Where there is no font, or nothing beyond Latin-1 to write, it is Helvetica: every reader of PDFs has it.
    """

    def __init__(self, fonts: Sequence[Path], texts: Iterable[str]) -> None:
        """Choose the fonts for these texts; files that are not there are passed over."""
        wanted = {ord(one) for text in texts for one in _clean(text)}
        if not wanted <= frozenset[int]().union(*map(letters, fonts)):
            wanted.add(ord(_STAND_INS[0]))
        self.fonts: list[Path] = []
        self._letters: set[int] = set()
        for font in fonts if max(wanted, default=0) > 255 else ():
            has = letters(font)
            if has and (not self.fonts or (wanted - self._letters) & has):
                self.fonts.append(font)
                self._letters |= has
        self.stand_in = next((one for one in _STAND_INS if ord(one) in self._letters), "?")
        self.lost = False
        """Whether the stand-in had to be used."""

    def load(self, pdf: FPDF) -> None:
        """Make the fonts known to a PDF, with letters shaped and set from right to left where their script asks it."""
        for number, font in enumerate(self.fonts):
            pdf.add_font(f"ink{number}", fname=font)
        pdf.set_font("ink0" if self.fonts else "Helvetica", size=10)
        if self.fonts:
            pdf.set_fallback_fonts([f"ink{number}" for number in range(1, len(self.fonts))], exact_match=False)
            pdf.set_text_shaping(True)

    def write(self, text: str) -> str:
        """One line of it as it can be printed; whatever no font has is a stand-in."""
        clean = _clean(text)
        if not self.fonts:
            self.lost |= loses(clean)
            return latin(clean)
        return "".join(map(self._letter, clean))

    def _letter(self, one: str) -> str:
        if ord(one) in self._letters:
            return one
        if one in _JOINERS:
            return ""
        base = unicodedata.normalize("NFKD", one)
        plain = "".join(part for part in base if ord(part) in self._letters and not unicodedata.combining(part))
        if plain and plain != one:
            return plain
        self.lost = True
        return "" if unicodedata.combining(one) else self.stand_in


@lru_cache(maxsize=64)
def letters(font: Path) -> frozenset[int]:
    """The letters that a font has; none if there is no such file."""
    if not font.is_file():
        return frozenset()
    with TTFont(font, fontNumber=0, lazy=True) as read:
        # Without outlines (coloured bitmaps) nothing is drawn.
        drawn = {"glyf", "CFF ", "CFF2"} & set(read.keys())
        return frozenset(read.getBestCmap() if drawn else ())


def _clean(text: str) -> str:
    """One line, composed, without what is not seen: controls, direction marks, variants of a letter."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(one for one in composed if one in _JOINERS or (one.isprintable() and not _variant(one)))


def _variant(one: str) -> bool:
    return "\ufe00" <= one <= "\ufe0f"
