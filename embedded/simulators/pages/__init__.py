"""Small HTML pages for people; every value is escaped."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)

# A mail is foreign text even after escaping: no script runs here, and nothing but images is fetched.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


# Where there are forms to send, the browser has to say where they come from (`Origin`).
_WITH_FORMS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, *, forms: bool = False, **values: object) -> HTMLResponse:
    """Render a template of this folder; `forms`: one whose forms may be sent."""
    headers = _WITH_FORMS if forms else _HEADERS
    return HTMLResponse(_TEMPLATES.get_template(template).render(values), headers=headers)
