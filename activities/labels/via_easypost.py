"""Return labels through EasyPost's own SDK, which sells those of many carriers.

EasyPost knows no idempotency keys. Our key is the shipment's `reference`: it is looked for before anything is made, and
postage is bought for a shipment that exists already, which EasyPost does once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Annotated

import requests
from easypost import EasyPostClient
from easypost.errors import EasyPostError, NotFoundError
from pydantic import Field

from activities.checking import NOBODYS, Checked
from activities.labels import LabelRequest
from activities.labels.easypost_errors import translate
from activities.labels.easypost_events import scans
from activities.moment import beat
from domain.contact import Place
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.model import Id, Model
from domain.money import Money, exponent
from domain.parcel import LabelFormat, ParcelSize, ReturnLabel, Scan

API_BASE = "https://api.easypost.com/v2"
TIMEOUT_SECONDS = 7
"""To connect, and again to be answered: together less than the time in which a sign of life is missed."""

_PRINTS_FROM_A_CODE = ("USPS",)
"""Carriers whose shops print a label from a QR code, by EasyPost's guide to forms."""
_TAKEN_BACK = {"USPS": 30, "UPS": 90, "UPSDAP": 90, "FedEx": 90, "FedExDefault": 90}
"""For how many days after a label was made its carrier gives its price back, by EasyPost's guide to refunds; others say
so when they are asked."""
_GIVEN_BACK = ("submitted", "refunded", "not_applicable")
"""What a void label's `refund_status` is; `not_applicable` where the carrier asks for money only once it is used."""


class _Rate(Model):
    id: str
    carrier: str
    service: str
    rate: Annotated[Decimal, Field(ge=0)]
    currency: str | None = None


class _File(Model):
    label_url: str | None = None
    label_pdf_url: str | None = None
    label_zpl_url: str | None = None


class _Form(Model):
    form_type: str | None = None
    form_url: str | None = None


class _Shipment(Model):
    id: str = Field(pattern=r"^shp_")
    tracking_code: Id | None = None
    refund_status: str | None = None
    rates: tuple[_Rate, ...] = ()
    selected_rate: _Rate | None = None
    postage_label: _File | None = None
    forms: tuple[_Form, ...] = ()
    reference: str | None = None


class EasyPostLabels:
    """The EasyPost account of one merchant. The SDK tries nothing again: Temporal does, under our own key.

    `receiver` is where parcels go, `parcel` how big they are taken to be. Of what carriers offer, the cheapest of
    `services` ("USPS", "USPS/GroundAdvantage") is bought; without any, the cheapest of all. Where they ask in several
    currencies, those are compared that ask in the one that most of them do. `beat` is called before each call, which
    takes at most twice `timeout` seconds.
    """

    def __init__(
        self,
        api_key: str,
        receiver: Place,
        parcel: ParcelSize,
        format: LabelFormat = LabelFormat.PDF_A6,
        services: Sequence[str] = (),
        *,
        api_base: str | None = None,
        timeout: int = TIMEOUT_SECONDS,
        beat: Callable[[], None] = beat,
    ) -> None:
        if not (api_key and api_key.isascii() and api_key.isprintable()):
            raise InvalidRequest("BACKHAUL_EASYPOST_API_KEY", "it is empty or has characters that no key has")
        if receiver.missing:
            text = f"where parcels go, in fields: {', '.join(receiver.missing)} is missing"
            raise InvalidRequest("BACKHAUL_EASYPOST_ADDRESS", text)
        base = (api_base or API_BASE).rstrip("/")
        self._client = EasyPostClient(api_key, base, timeout)
        # The SDK's own connects up to four times, each as long as the timeout.
        self._client._requests_session.mount(base.removesuffix("/v2"), requests.adapters.HTTPAdapter(max_retries=0))
        self._trial = api_key.startswith("EZT")
        self._receiver = receiver
        self._parcel = parcel
        self._format = format
        self._services = [one.lower() for one in services]
        self._beat = beat

    def check(self) -> Checked:
        """GET a shipment that is not there; the account answers so to a key that is its own."""
        self._there(NOBODYS)
        return Checked(notes=("a test key: its labels carry no parcel",) if self._trial else ())

    def find(self, key: str, now: datetime) -> ReturnLabel | None:
        """GET /shipments/{reference}."""
        there = self._there(key)
        return _label(there, now) if there is not None and there.tracking_code else None

    def buy(self, key: str, request: LabelRequest, now: datetime) -> ReturnLabel:
        """Look the reference up, make the shipment if there is none, buy its postage if it has none."""
        shipment = self._there(key) or self._made(key, request)
        if not shipment.tracking_code:
            shipment = self._bought(shipment)
        return _label(self._with_code(shipment), now)

    def void(self, key: str, label: ReturnLabel) -> None:
        """POST /shipments/{id}/refund, unless it was asked for already; `already_used`, `unknown_label`, `not_void`."""
        there = self._there(label.provider_id or key)
        if there is None or there.tracking_code != label.tracking_number:
            raise Refused("unknown_label", f"EasyPost has no label {label.tracking_number} of this return")
        if there.refund_status not in _GIVEN_BACK:
            self._beat()
            with _translating():
                there = _read(self._client.shipment.refund(there.id))
        if there.refund_status not in _GIVEN_BACK:
            said = there.refund_status or "nothing"
            raise Refused("not_void", f"The carrier does not take label {label.tracking_number} back (it says {said})")

    def track(self, tracking_number: str, carrier: str) -> tuple[Scan, ...]:
        """POST /trackers: EasyPost follows the parcel from here on and answers with what it knows; `unknown_parcel`."""
        ask = {"tracking_code": tracking_number} | ({"carrier": carrier} if carrier else {})
        self._beat()
        with _translating({"TRACKER.": "unknown_parcel"}):
            return scans(self._client.tracker.create(**ask).to_dict())

    def _there(self, reference: str) -> _Shipment | None:
        self._beat()
        with _translating():
            try:
                found = _read(self._client.shipment.retrieve(reference))
            except NotFoundError as error:
                # Only EasyPost itself says so with a code; a wrong address does not.
                if error.code:
                    return None
                raise
        if reference not in (found.reference, found.id):
            raise Unavailable("EasyPost's answer was another shipment than the one asked for; is its address right?")
        return found

    def _made(self, key: str, request: LabelRequest) -> _Shipment:
        sender = request.origin
        if sender is None or sender.missing:
            lacks = ", ".join(sender.missing).replace("_", " ") if sender else "all of it"
            text = f"The shopper's address is not known in fields ({lacks}); import the order with them and try again"
            raise Refused("address_incomplete", text)
        self._beat()
        with _translating({"ADDRESS.": "address_refused"}):
            # Of a return EasyPost wants the addresses of the way out, and turns them round itself.
            return _read(
                self._client.shipment.create(
                    reference=key,
                    is_return=True,
                    to_address=_address(sender),
                    from_address=_address(self._receiver),
                    parcel=_parcel(self._parcel),
                    options={"label_format": "ZPL" if self._format is LabelFormat.ZPL else "PDF"},
                )
            )

    def _bought(self, shipment: _Shipment) -> _Shipment:
        rate = self._cheapest(shipment.rates)
        self._beat()
        with _translating():
            bought = _read(self._client.shipment.buy(shipment.id, rate={"id": rate.id}))
        if not bought.tracking_code:
            raise Unavailable("EasyPost sold a label but tells no tracking number yet.")
        return bought

    def _cheapest(self, rates: Sequence[_Rate]) -> _Rate:
        allowed = [
            one
            for one in rates
            if not self._services
            or one.carrier.lower() in self._services
            or f"{one.carrier}/{one.service}".lower() in self._services
        ]
        if not allowed:
            offered = ", ".join(sorted({f"{one.carrier}/{one.service}" for one in rates})) or "nothing"
            text = f"No carrier offers a label for this way that BACKHAUL_EASYPOST_SERVICES allows; offered: {offered}"
            raise Refused("no_rate", text)
        # Amounts of different currencies say nothing of which is cheaper; most carriers here ask in one.
        asked = Counter(one.currency or "" for one in allowed)
        return min(allowed, key=lambda one: (-asked[one.currency or ""], one.currency or "", one.rate, one.id))

    def _with_code(self, shipment: _Shipment) -> _Shipment:
        """The code that a shop prints the label from, where the carrier has shops that do. It holds nothing up."""
        carrier = shipment.selected_rate.carrier if shipment.selected_rate else ""
        if carrier not in _PRINTS_FROM_A_CODE or _code(shipment):
            return shipment
        self._beat()
        try:
            told = _read(self._client.shipment.generate_form(shipment.id, "label_qr_code"))
        except (EasyPostError, AttributeError, KeyError, TypeError, ValueError):
            return shipment
        # Of this answer the code alone counts: what the label is was told when it was bought.
        return shipment.model_copy(update={"forms": told.forms})


@contextmanager
def _translating(families: Mapping[str, str] | None = None) -> Iterator[None]:
    """Errors of the SDK as ours. From None: the request in them holds addresses and the key."""
    try:
        yield
    except EasyPostError as error:
        raise translate(error, families) from None
    except (AttributeError, KeyError, TypeError, ValueError):
        # So the SDK stumbles over JSON that is not EasyPost's.
        raise Unavailable("EasyPost's answer cannot be read; is its address right?") from None


def _read(answer: object) -> _Shipment:
    return _Shipment.model_validate(answer.to_dict())  # type: ignore[attr-defined]  # the SDK's answers have no common type


def _label(shipment: _Shipment, now: datetime) -> ReturnLabel:
    file, rate = shipment.postage_label, shipment.selected_rate
    return ReturnLabel(
        tracking_number=shipment.tracking_code or "",
        carrier=rate.carrier if rate else "",
        url=(file and (file.label_pdf_url or file.label_zpl_url or file.label_url)) or "",
        bought_at=now,
        cost=_money(rate) if rate else None,
        qr_url=_code(shipment),
        provider_id=shipment.id,
        void_days=_TAKEN_BACK.get(rate.carrier) if rate else None,
    )


def _code(shipment: _Shipment) -> str:
    return next((form.form_url or "" for form in shipment.forms if form.form_type == "label_qr_code"), "")


def _money(rate: _Rate) -> Money | None:
    """What the carrier asks for, in whole minor units; a broken one counts as a whole."""
    try:
        decimals = exponent(rate.currency or "")
        return Money(minor=int(rate.rate.scaleb(decimals).to_integral_value(ROUND_UP)), currency=rate.currency or "")
    except ValueError:
        return None


def _address(place: Place) -> dict[str, str]:
    fields = {
        "name": place.name,
        "street1": place.street[0],
        "street2": ", ".join(place.street[1:]),
        "city": place.city,
        "state": place.region,
        "zip": place.postal_code,
        "country": place.country,
        "phone": place.phone,
    }
    return {name: " ".join(text.split()) for name, text in fields.items() if text.strip()}


def _parcel(size: ParcelSize) -> dict[str, float]:
    """In inches and ounces with one decimal, rounded up: a carrier charges later for what was declared too small."""
    inches = {name: -(-getattr(size, name) * 100 // 254) / 10 for name in ("length", "width", "height")}
    return {**inches, "weight": -(-size.weight * 10_000_000 // 28_349_523) / 10}
