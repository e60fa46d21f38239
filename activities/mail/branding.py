"""How a merchant's mails look, with colours that can be read whatever accent was chosen."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from domain.model import Model

LIGHT, DARK = "#f3f4f6", "#1f2329"
"""Of what the layout writes on, the darkest, and the lightest where the reader prefers it dark."""

LEAST_CONTRAST = 4.5
"""Of text to what it stands on, by WCAG 2.2 level AA."""


class Branding(Model):
    """The merchant's part of every mail. `accent` is `#rrggbb`; what is empty is left out."""

    logo_url: str = ""
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1d4ed8"
    support_mail: str = ""
    support_url: str = ""
    imprint: tuple[str, ...] = ()
    """The lines that the law wants below a business letter: who the shop is, and where."""

    @property
    def on_accent(self) -> str:
        """The colour of text on the accent: white or black, one of which can always be read."""
        return max(("#ffffff", "#000000"), key=lambda one: contrast(one, self.accent))

    @property
    def link(self) -> str:
        """The accent, as dark as a link has to be."""
        return _readable(self.accent, LIGHT, "#000000")

    @property
    def link_dark(self) -> str:
        """The accent, as light as a link has to be where it is dark."""
        return _readable(self.accent, DARK, "#ffffff")


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2.2, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _readable(colour: str, on: str, towards: str) -> str:
    """The colour, mixed with another in steps of a twentieth until it can be read."""
    steps = (_mixed(colour, towards, step) for step in range(21))
    return next(one for one in steps if contrast(one, on) >= LEAST_CONTRAST)


def _mixed(colour: str, other: str, twentieths: int) -> str:
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{(a * (20 - twentieths) + b * twentieths) // 20:02x}" for a, b in pairs)
