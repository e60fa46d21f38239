"""Letters from templates: a folder per locale and notice, MJML turned into HTML that mail programs understand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from activities.mail import Letter
from domain.notice import Notice

_TEMPLATES = Path(__file__).parent / "templates"
_DEFAULT_LOCALE = "en"
# Controls, line and paragraph separators, marks that turn the direction of writing, lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


def _one_line(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def _inserted(value: object) -> object:
    """Jinja passes every inserted value through here: a line break in one could forge a header or a line of ours."""
    return _one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


class Renderer:
    """Renders the letter of a notice in the shopper's language, in English where we do not speak it."""

    def __init__(self, shop: str) -> None:
        self._shop = shop
        self._locales = frozenset(folder.name for folder in _TEMPLATES.iterdir() if folder.is_dir())
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".mjml"),
            finalize=_inserted,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def __call__(self, notice: Notice, to: str, name: str) -> Letter:
        """Render subject, plain text and HTML; an undefined template variable raises jinja2.UndefinedError."""
        locale = self._locale(notice.locale)
        folder = f"{locale}/{notice.kind.value}"
        name = _one_line(name)
        values = {"notice": notice, "name": name, "shop": self._shop, "locale": locale}
        subject = _one_line(self._fill(f"{folder}/subject.txt", values))
        text = re.sub(r"\n{3,}", "\n\n", self._fill(f"{folder}/text.txt", values)).strip() + "\n"
        html = mrml.to_html(self._fill(f"{folder}/body.mjml", {**values, "subject": subject})).content
        return Letter(
            key=notice.key,
            kind=notice.kind.value,
            case=notice.case,
            to=to.strip(),
            name=name,
            subject=subject,
            text=text,
            html=html,
        )

    def _fill(self, template: str, values: Mapping[str, object]) -> str:
        return self._templates.get_template(template).render(values)

    def _locale(self, wanted: str) -> str:
        """`de-AT` gets `de-AT`, else `de`, else the default. Only folders that are there: the text is from outside."""
        tag = wanted.replace("_", "-")
        return next((one for one in (tag, tag.split("-")[0].lower()) if one in self._locales), _DEFAULT_LOCALE)
