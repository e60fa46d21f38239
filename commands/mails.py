"""What shoppers get to read, to look at before they do."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output
from commands.output import AsJson, example
from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from activities.mail import Letter
    from activities.mail.render import Renderer
    from domain.notice import NoticeKind

app = output.group("Mails to shoppers.")

_INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mails</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
  table {{ border-collapse: collapse; width: 100%; }}
  th, td {{ text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8886; vertical-align: top; }}
</style>
</head>
<body>
<h1>Mails</h1>
<p>Every notice with a sample, as shoppers of {shop} get it.</p>
<table>
<thead>
<tr><th scope="col">Language</th><th scope="col">Notice</th><th scope="col">Subject</th><th scope="col">Text</th>
<th scope="col">Bytes</th></tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""
_ROW = """<tr><td>{locale}</td><td><a href="{page}">{kind}</a></td><td lang="{locale}">{subject}</td>
<td><a href="{text}">text</a></td><td>{size}</td></tr>"""


@app.command(epilog=example("mails preview --locale de --out mails"))
def preview(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pages go; it is made if need be.")],
    locale: Annotated[str, typer.Option(help="A language that there are templates in, or all.")] = "all",
    as_json: AsJson = False,
) -> None:
    """Write every mail with a sample as a page and as text, and an index of them; pages that are there are replaced."""
    from adapters import renderer
    from settings import Settings

    settings = Settings.load()
    render = renderer(settings)
    if locale not in ("all", *render.locales):
        raise InvalidRequest("--locale", f"there are templates in {', '.join(render.locales)}; choose one, or all")
    letters = [(one, letter) for one in render.locales if locale in ("all", one) for letter in _letters(render, one)]
    rows = [_written(out, one, letter) for one, letter in letters]
    index = out / "index.html"
    index.write_text(_INDEX.format(shop=escape(settings.shop_name), rows="\n".join(rows)))
    if as_json:
        found = [{"locale": one, "kind": letter.kind, "subject": letter.subject} for one, letter in letters]
        output.print_json({"index": str(index), "mails": found})
    else:
        output.say(f"{output.many(len(letters), 'mail')} written; open {index}.")


def _letters(render: Renderer, locale: str) -> list[Letter]:
    from domain.notice import NoticeKind

    return [_letter(render, kind, locale) for kind in NoticeKind]


def _letter(render: Renderer, kind: NoticeKind, locale: str) -> Letter:
    from jinja2 import TemplateError

    from activities.mail.samples import NAME, TO, sample

    try:
        return render.strictly(sample(kind, locale), TO, NAME)
    except (TemplateError, OSError) as error:  # OSError is what the reader of MJML raises
        raise InvalidRequest("BACKHAUL_MAIL_TEMPLATES", f"{kind} in {locale} cannot be made: {error}") from None


def _written(out: Path, locale: str, letter: Letter) -> str:
    """Write one mail, and tell its row of the index."""
    folder = out / locale
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{letter.kind}.html").write_text(letter.html)
        (folder / f"{letter.kind}.txt").write_text(letter.text)
    except OSError as error:
        raise InvalidRequest("--out", f"{folder} cannot be written: {error.strerror}") from None
    return _ROW.format(
        locale=locale,
        kind=letter.kind,
        page=f"{locale}/{letter.kind}.html",
        text=f"{locale}/{letter.kind}.txt",
        subject=escape(letter.subject),
        size=len(letter.html.encode()),
    )
