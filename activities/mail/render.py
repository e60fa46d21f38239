"""Letters from templates: a folder per locale and notice, MJML turned into HTML that mail programs understand."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import mrml
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from activities.mail import Letter
from activities.mail.bounds import ADDRESS, NAME, SUBJECT, WORD, bounded, cut, greeted, link
from activities.mail.branding import Branding
from domain.errors import InvalidRequest
from domain.notice import Notice

_log = logging.getLogger(__name__)
_TEMPLATES = Path(__file__).parent / "templates"
_DEFAULT_LOCALE = "en"
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_FILES = ("subject.txt", "text.txt", "body.mjml")
_GAP = re.compile(r"[ \t]*\n(?:[ \t]*\n){2,}")
LARGEST = 100_000
"""Bytes of a letter. Gmail shows no more than 102 KB of one, and hides the rest: the end, with who wrote it."""
_MOST_LINES = (60, 30, 15, 8, 4)
"""How many items a letter names: the first of these with which it is not too large."""


class Renderer:
    """Renders the letter of a notice in the shopper's language, in English where we do not speak it.

    A template is taken from the merchant's own folder where it is there, unless it has a fault. Raises InvalidRequest
    if there is no folder.
    """

    def __init__(self, shop: str, branding: Branding | None = None, folder: Path | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise InvalidRequest("BACKHAUL_MAIL_TEMPLATES", f"{folder} is no folder; name one with templates, or none")
        self._shop = cut(shop, WORD)
        self._brand = _kept(branding or Branding())
        folders = [one for one in (folder, _TEMPLATES) if one is not None]
        found = {one.name for where in folders for one in where.iterdir() if one.is_dir()}
        self.locales = tuple(sorted(name for name in found if _LOCALE.fullmatch(name)))
        # Two, because a macro escapes what is put into it, or not, as the environment does that it is in.
        self._plain, self._markup = _environments(*folders) if folder else _our_environments()
        self._there = frozenset(self._plain.list_templates())
        self._ours = Renderer(shop, branding) if folder else None

    def __call__(self, notice: Notice, to: str, name: str) -> Letter:
        """Render it; in our words where the merchant's cannot be, which the letter's `fault` says."""
        if self._ours is None:
            return self.strictly(notice, to, name)
        try:
            return self.strictly(notice, to, name)
        except Exception as error:  # a template of somebody's can fail in any way; better our words than none
            kind = notice.kind.value
            # Not the error's own words: they may quote what was to be inserted.
            fault = (
                f"The template for {kind} in BACKHAUL_MAIL_TEMPLATES has a fault ({type(error).__name__}), so ours was "
                "taken; `mails preview` shows it"
            )
            _log.warning("%s: %s", notice.key, fault)
            return self._ours.strictly(notice, to, name).model_copy(update={"fault": fault})

    def strictly(self, notice: Notice, to: str, name: str) -> Letter:
        """Render subject, plain text and HTML, less than LARGEST bytes together.

        An undefined template variable raises jinja2.UndefinedError; any other fault of a template what it raises.
        """
        letters = (self._letter(notice, to, name, lines) for lines in _MOST_LINES)
        return next((one for one in letters if _size(one) < LARGEST), None) or self._letter(notice, to, name, 0)

    def _letter(self, notice: Notice, to: str, name: str, lines: int) -> Letter:
        spoken = self._spoken(notice)
        about, hello = bounded(notice, lines), greeted(name)
        values: dict[str, object] = {
            "notice": about,
            "more": max(0, len(notice.lines) - lines),
            "name": hello,
            "to": cut(to, ADDRESS),
            "shop": self._shop,
            "brand": self._brand,
            "locale": spoken[0],
        }
        kind = notice.kind.value
        subject = cut(self._fill(self._plain, spoken, f"{kind}/subject.txt", values), SUBJECT)
        text = _GAP.sub("\n\n", self._fill(self._plain, spoken, f"{kind}/text.txt", values)).strip() + "\n"
        body = self._fill(self._markup, spoken, f"{kind}/body.mjml", {**values, "subject": subject})
        return Letter(
            key=notice.key,
            kind=kind,
            case=notice.case,
            to=to.strip(),
            name=cut(name, NAME),
            subject=subject,
            text=text,
            html=mrml.to_html(body).content,
            data={**about.model_dump(mode="json", exclude={"key", "customer_id"}), "name": hello},
        )

    def _fill(self, where: Environment, spoken: Sequence[str], name: str, values: Mapping[str, object]) -> str:
        words: Any = where.select_template([f"{one}/words.jinja" for one in spoken]).module  # its names are its own
        return where.select_template([f"{one}/{name}" for one in spoken]).render({**values, "words": words})

    def _spoken(self, notice: Notice) -> tuple[str, ...]:
        """`de-AT` gets `de-AT` and, for what that has not, `de`; a letter is never half in another language.

        Only folders that are there: the text is from outside.
        """
        language, _, country = notice.locale.replace("_", "-").partition("-")
        tags = (f"{language.lower()}-{country.upper()}", language.lower())
        spoken = tuple(one for one in tags if one in self.locales)
        wanted = ("words.jinja", *(f"{notice.kind.value}/{one}" for one in _FILES))
        whole = all(any(f"{tag}/{one}" in self._there for tag in spoken) for one in wanted)
        return spoken if whole else (_DEFAULT_LOCALE,)


def _kept(brand: Branding) -> Branding:
    """The branding with every text of it in its place."""
    texts = {"logo_url": link(brand.logo_url), "support_url": link(brand.support_url)}
    texts["support_mail"] = cut(brand.support_mail, WORD)
    return brand.model_copy(update={**texts, "imprint": tuple(cut(one, WORD) for one in brand.imprint)})


@cache
def _our_environments() -> tuple[Environment, Environment]:
    """One pair for the process: to compile the templates takes longer than all else about a letter."""
    return _environments(_TEMPLATES)


def _environments(*folders: Path) -> tuple[Environment, Environment]:
    loader = ChoiceLoader([FileSystemLoader(one) for one in folders])
    return _environment(loader, escape=False), _environment(loader, escape=True)


def _environment(loader: BaseLoader, escape: bool) -> Environment:
    return Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _size(letter: Letter) -> int:
    return sum(len(part.encode()) for part in (letter.subject, letter.text, letter.html))
