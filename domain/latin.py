"""Text for the fonts that every PDF reader has built in: they know Latin-1 alone."""

from __future__ import annotations

import unicodedata

# What Unicode does not decompose, yet everybody can read.
_READABLE = str.maketrans(
    dict(
        zip(
            "ŁłĐđıŒœẞ’‘‚“”„–—…€",
            ("L", "l", "D", "d", "i", "OE", "oe", "SS", "'", "'", "'", '"', '"', '"', "-", "-", "...", "EUR"),
            strict=True,
        )
    )
)


def latin(text: str) -> str:
    """One line of it: accents beyond Latin-1 are dropped, every other character becomes `?`."""
    composed = unicodedata.normalize("NFC", " ".join(text.split())).translate(_READABLE)
    return "".join(map(_character, filter(str.isprintable, composed)))


def _character(character: str) -> str:
    if ord(character) < 256:
        return character
    decomposed = unicodedata.normalize("NFKD", character)
    base = "".join(part for part in decomposed if ord(part) < 256)
    return base or ("" if unicodedata.combining(character) else "?")


def loses(text: str) -> bool:
    """Whether a character had to become `?`."""
    return latin(text).count("?") > text.count("?")
