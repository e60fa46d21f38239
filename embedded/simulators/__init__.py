"""The outside world on one port: Stripe, SendGrid, a carrier, a storefront, a warehouse, and the shopper's inbox."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route

from embedded.simulators import carrier, inbox, sendgrid, storefront, stripe, warehouse
from embedded.simulators.pages import page
from embedded.simulators.sendgrid_events import Teller
from embedded.simulators.shelf import Shelf
from embedded.simulators.stripe.objects import StripeRefund

_LABEL_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.(pdf|zpl)")
_PARCELS_SHOWN = 20


def build(
    state_dir: Path,
    public_url: str,
    webhooks: httpx2.AsyncBaseTransport | None = None,
    name: str = "localhost",
    neighbours: tuple[str, ...] = (),
) -> Starlette:
    """All simulators as one ASGI app. What they know is kept in `state_dir/simulators.db` and survives a restart.

    `public_url` is where the app is reached, for the links it hands out. The app closes its file when it shuts down,
    so it is served once. `webhooks` is how they travel, if not by network; `name` is what other machines call
    it, and `neighbours` those of them that webhooks may go to.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(state_dir / "simulators.db")
    teller = Teller(webhooks)
    account = stripe.Account(shelf, f"{public_url.rstrip('/')}/stripe", webhooks, neighbours)

    async def index(request: Request) -> Response:
        return _index(shelf, public_url.rstrip("/"))

    async def label_file(request: Request) -> Response:
        return _label_file(state_dir / "labels", request.path_params["name"])

    # Other names that point at this machine (a page in the browser can make them) get no answer.
    hosts = ["127.0.0.1", "localhost", name, urlsplit(public_url).hostname or "localhost"]
    return Starlette(
        routes=[
            Route("/", index),
            Route("/labels/{name}", label_file),
            *inbox.routes(shelf),
            Mount("/stripe", stripe.app(account)),
            Mount("/sendgrid", sendgrid.app(shelf, teller)),
            Mount("/carrier", carrier.app(shelf, public_url)),
            Mount("/storefront", storefront.app(shelf)),
            Mount("/warehouse", warehouse.app(shelf)),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)],
        lifespan=partial(_life, shelf, account, teller),
    )


@asynccontextmanager
async def _life(shelf: Shelf, account: stripe.Account, teller: Teller, app: Starlette) -> AsyncIterator[None]:
    async with account.working(), teller.working():
        yield
    shelf.close()


def _index(shelf: Shelf, public_url: str) -> Response:
    with shelf.transaction() as rows:
        parcels = [
            {"number": label.number, "words": carrier.status_words(carrier.status(rows, label))}
            for label in rows.all(carrier.CarrierLabel, limit=_PARCELS_SHOWN)
        ]
        return page(
            "index.html",
            url=public_url,
            parcels=parcels,
            mails=rows.count(inbox.Mail),
            labels=rows.count(carrier.CarrierLabel),
            refunds=rows.count(StripeRefund),
        )


def _label_file(labels: Path, name: str) -> Response:
    file = _LABEL_FILE.fullmatch(name)
    if file is None or not (labels / name).is_file():
        raise HTTPException(404, "There is no such label.")
    kind = "application/pdf" if file[1] == "pdf" else "text/plain"
    return FileResponse(labels / name, media_type=kind, headers={"Cache-Control": "no-store"})
