"""A carrier: sells return labels, scans parcels, tells where they are. It prints addresses and forgets them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.model import Id, Model, UtcDatetime
from domain.parcel import Scan, TrackingStatus
from embedded.simulators.bodies import Body, bearer, json_body
from embedded.simulators.pages import page
from embedded.simulators.shelf import Rows, Shelf

NAME = "Embedded Parcel"
PRICE = {"minor": 490, "currency": "EUR"}
"""Of every label; asked for once its parcel was scanned."""

VOID_DAYS = 30
"""For so long after its sale a label may be given back."""

Reference = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
AddressLine = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Address = Annotated[list[AddressLine], Field(min_length=2, max_length=10)]


class LabelOrder(Body):
    """A label to be bought: `reference` is the buyer's, `number` the tracking number it was given."""

    reference: Reference
    number: Id
    to: Address
    sender: Annotated[Address, Field(alias="from")]


class GivenScan(Body):
    """A scan of a parcel; `id` is unique over all parcels."""

    id: Id
    status: TrackingStatus
    at: UtcDatetime
    location: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class CarrierLabel(Model):
    """A label that was sold. `owner` on the shelf is its reference. It knows no address."""

    number: str
    reference: str
    bought_at: UtcDatetime
    voided_at: UtcDatetime | None = None


def status_words(status: TrackingStatus) -> str:
    """A status for people."""
    return status.value.replace("_", " ").capitalize()


def status(rows: Rows, label: CarrierLabel) -> TrackingStatus:
    """Where the parcel of a label is."""
    if label.voided_at is not None:
        return TrackingStatus.CANCELLED
    seen = scans(rows, label.number)
    return seen[-1].status if seen else TrackingStatus.PRE_TRANSIT


def scans(rows: Rows, number: str) -> list[Scan]:
    """The scans of a parcel by their own time, because depots report late; ties in order of arrival."""
    oldest_first = rows.all(Scan, number)[::-1]
    return sorted(oldest_first, key=lambda scan: scan.at)


def app(shelf: Shelf, public_url: str) -> Starlette:
    """The carrier on a shelf; `public_url` is where its pages and label files are reached from outside."""
    carrier = _Carrier(shelf, public_url)
    routes = [
        Route("/labels", carrier.buy, methods=["POST"]),
        Route("/labels", carrier.find),
        Route("/labels.json", carrier.all),
        Route("/labels/{number}/void", carrier.void, methods=["POST"]),
        Route("/labels/{number}/scans", carrier.scan, methods=["POST"]),
        Route("/track/{number}", carrier.track),
        Route("/tracking/{number}", carrier.tracking_page),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refused})


class _Carrier:
    def __init__(self, shelf: Shelf, public_url: str) -> None:
        self._shelf = shelf
        self._url = public_url.rstrip("/")

    async def buy(self, request: Request) -> Response:
        _require_key(request)
        order = await json_body(request, LabelOrder)
        with self._shelf.transaction() as rows:
            there = rows.get(CarrierLabel, order.number)
            if there is not None and there.reference != order.reference:
                raise HTTPException(409, f"number: {order.number} belongs to a label with another reference")
            label = there or CarrierLabel(number=order.number, reference=order.reference, bought_at=datetime.now(UTC))
            if there is None:
                rows.put(label.number, label, owner=label.reference)
            return JSONResponse(self._shown(rows, label), 200 if there else 201)

    async def find(self, request: Request) -> Response:
        _require_key(request)
        reference = request.query_params.get("reference")
        if not reference:
            raise HTTPException(400, "reference: say which labels you are looking for")
        with self._shelf.transaction() as rows:
            found = [self._shown(rows, label) for label in rows.all(CarrierLabel, reference)]
        return JSONResponse({"labels": found})

    async def all(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            return JSONResponse([self._shown(rows, label) for label in rows.all(CarrierLabel)])

    async def void(self, request: Request) -> Response:
        _require_key(request)
        with self._shelf.transaction() as rows:
            label = _label(rows, request)
            if label.voided_at is None:
                if scans(rows, label.number):
                    raise HTTPException(409, f"{label.number} was scanned already, so it cannot be voided")
                label = label.model_copy(update={"voided_at": datetime.now(UTC)})
                rows.put(label.number, label, owner=label.reference)
            return JSONResponse(self._shown(rows, label))

    async def scan(self, request: Request) -> Response:
        given = await json_body(request, GivenScan)
        with self._shelf.transaction() as rows:
            label = _label(rows, request)
            scan = Scan(tracking_number=label.number, **given.model_dump())
            there = rows.get(Scan, scan.id)
            if there is not None and there != scan:
                raise HTTPException(409, f"id: {scan.id} is another scan already")
            if there is None and label.voided_at is not None:
                raise HTTPException(409, f"{label.number} was voided; its parcel is not taken")
            if there is None:
                rows.put(scan.id, scan, owner=label.number)
            return JSONResponse(scan.model_dump(mode="json"), 200 if there else 201)

    async def track(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            label = _label(rows, request)
            seen: list[JsonValue] = [
                scan.model_dump(mode="json", exclude={"tracking_number"}) for scan in scans(rows, label.number)
            ]
            where = status(rows, label)
        return JSONResponse({"number": label.number, "carrier": NAME, "status": where, "scans": seen})

    async def tracking_page(self, request: Request) -> Response:
        with self._shelf.transaction() as rows:
            label = _label(rows, request)
            seen = [
                {"at": scan.at, "words": status_words(scan.status), "location": scan.location}
                for scan in scans(rows, label.number)
            ]
            where = status_words(status(rows, label))
        return page("tracking.html", label=label, words=where, scans=seen)

    def _shown(self, rows: Rows, label: CarrierLabel) -> dict[str, JsonValue]:
        return {
            **label.model_dump(mode="json"),
            "carrier": NAME,
            "price": {**PRICE},
            "void_days": VOID_DAYS,
            "status": status(rows, label).value,
            "label_url": f"{self._url}/labels/{label.number}.pdf",
            "tracking_url": f"{self._url}/carrier/tracking/{label.number}",
        }


def _label(rows: Rows, request: Request) -> CarrierLabel:
    label = rows.get(CarrierLabel, request.path_params["number"])
    if label is None:
        raise HTTPException(404, "The carrier has no label with this number.")
    return label


def _require_key(request: Request) -> None:
    if not bearer(request):
        raise HTTPException(401, "Send your key as Authorization: Bearer ...")


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": {"message": error.detail}}, error.status_code)
