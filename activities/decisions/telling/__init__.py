"""What a policy and the law say, told to shoppers in whole sentences; the words of a language stand in a template."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.environment import TemplateModule

from domain.money import exponent

TEMPLATES = Path(__file__).parent / "templates"

Locale = Literal["en", "de"]
"""A language that we can tell it in."""

LOCALES: tuple[Locale, ...] = get_args(Locale)

_BINDING = "\u00a0"


class Words:
    """The words of one language. Whatever is put into a sentence is kept on one line and cannot steer a terminal."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale

    def say(self, macro: str, *values: object, **named: object) -> str:
        """The sentence of a macro; empty if it has nothing to say."""
        return one_line(getattr(_macros(self.locale), macro)(*values, **named))

    def table(self, name: str) -> Mapping[str, str]:
        """What the values of one kind are called."""
        found: Mapping[str, str] = getattr(_macros(self.locale), name)
        return found

    def heading(self, section: str) -> str:
        """What a section is called."""
        return self.table("headings")[section]

    def text(self, english: str) -> str:
        """A text of a statute in this language; in English where it has no other."""
        return self.table("texts").get(english, english)


@lru_cache
def _macros(locale: Locale) -> TemplateModule:
    # Plain text; whoever makes a page of it escapes it there.
    texts = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,
        finalize=_inserted,
        auto_reload=False,
    )
    texts.filters |= {"named": _named, "between": _between, "decimals": _decimals}
    return texts.get_template(f"{locale}.jinja").module


def one_line(text: str) -> str:
    """A text on one line, without what is not seen or turns the direction of writing."""
    return re.sub(" +([,.:;])", r"\1", re.sub(" +", " ", _seen(text)).strip(" "))


def capital(sentence: str) -> str:
    """With a capital letter in front, as a sentence begins."""
    return sentence[:1].upper() + sentence[1:]


def _inserted(value: object) -> object:
    return _seen(value) if isinstance(value, str) else value


def _seen(text: str) -> str:
    return "".join(one if one.isprintable() or one == _BINDING else " " for one in text)


def _named(value: object, words: Mapping[str, str]) -> str:
    """What a value is called; countries that we have no word for keep their code."""
    return words.get(str(value), str(value))


def _between(text: str, before: str, after: str) -> str:
    return f"{before}{text}{after}"


def _decimals(minor: int, currency: str, thousands: str, point: str) -> str:
    """An amount in minor units as people write it, without its currency."""
    decimals = exponent(currency)
    whole, part = divmod(minor, 10**decimals)
    grouped = f"{whole:,}".replace(",", thousands)
    return f"{grouped}{point}{part:0{decimals}}" if decimals else grouped


def joined(parts: Sequence[str], mark: str = "; ") -> str:
    """The parts that say something, as one sentence."""
    return capital(mark.join(filter(None, parts))) + "."
