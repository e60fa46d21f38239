"""The shopper's inbox: every mail that the mail provider took, as the shopper sees it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.model import Model, UtcDatetime
from embedded.simulators.pages import page
from embedded.simulators.shelf import Shelf

SHOWN = 200
"""How many mails the page lists; the JSON list has them all."""


class Attachment(Model):
    """The name and type of an attached file; its content is not kept."""

    filename: str
    type: str


class Mail(Model):
    """One delivered mail. `owner` on the shelf is its case."""

    id: str
    to: tuple[str, ...]
    sender: str
    reply_to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    custom_args: dict[str, str]
    categories: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    received_at: UtcDatetime

    @property
    def case(self) -> str:
        """The return it is about; empty if the mail does not say."""
        return self.custom_args.get("case", "")


def routes(shelf: Shelf) -> list[Route]:
    """The inbox as pages and as JSON."""
    inbox = _Inbox(shelf)
    return [
        Route("/mails", inbox.list_page),
        Route("/mails.json", inbox.list_json),
        Route("/mails/{id}", inbox.mail_page),
    ]


class _Inbox:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def _mails(self, request: Request) -> list[Mail]:
        to, case = request.query_params.get("to", ""), request.query_params.get("case") or None
        with self._shelf.transaction() as rows:
            mails = rows.all(Mail, case)
        return [mail for mail in mails if not to or to.lower() in (address.lower() for address in mail.to)]

    async def list_json(self, request: Request) -> Response:
        mails = [
            {**mail.model_dump(mode="json"), "to": ", ".join(mail.to), "case": mail.case}
            for mail in self._mails(request)
        ]
        return JSONResponse(mails)

    async def list_page(self, request: Request) -> Response:
        mails = self._mails(request)
        return page("inbox.html", mails=mails[:SHOWN], count=len(mails))

    async def mail_page(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            mail = rows.get(Mail, request.path_params["id"])
        if mail is None:
            raise HTTPException(404, "There is no such mail in this inbox.")
        return page("mail.html", mail=mail)
