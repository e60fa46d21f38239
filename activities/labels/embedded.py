"""Labels of our own, numbered here and registered at the carrier; their files stand in a folder that is served."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx2

from activities.calling import Answer, ask
from activities.checking import NOBODYS, Checked, told_time
from activities.labels import LabelRequest
from activities.labels.folder import LabelFolder
from activities.labels.pdf import render_code, render_label
from activities.labels.zpl import zpl_label
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.money import Money
from domain.parcel import LabelFormat, ReturnLabel, Scan

_OPERATORS_CAN_MEND = (401, 403, 408, 429)


def tracking_number(key: str) -> str:
    """The number of the label of a key: `BH`, 14 digits, and their GS1 check digit.

    The digits are the key's SHA-256 modulo 10^14, so the same key has the same number after any crash. The check digit
    brings the sum of all digits, from the right weighing 1, 3, 1, 3, ..., to a multiple of ten.
    """
    digits = f"{int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10**14:014}"
    weighed = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return f"BH{digits}{-weighed % 10}"


class EmbeddedLabels:
    """Registers labels at a carrier that takes our numbers; `timeout` in seconds."""

    def __init__(
        self,
        carrier_url: str,
        token: str,
        folder: Path,
        public_url: str,
        *,
        format: LabelFormat = LabelFormat.PDF_A6,
        carrier: str = "Embedded Parcel",
        timeout: float = 10,
    ) -> None:
        # A bad one would be quoted in the error about its header.
        if not (token and token.isascii() and token.isprintable()):
            raise InvalidRequest("BACKHAUL_CARRIER_TOKEN", "it is empty or has characters that no token has")
        self._carrier_url = carrier_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._folder = LabelFolder(folder, public_url)
        self._format = format
        self._ending = "zpl" if format is LabelFormat.ZPL else "pdf"
        self._carrier = carrier
        self._timeout = timeout

    def check(self) -> Checked:
        """Ask for the labels of a key that nobody has."""
        answer = self._call("GET", "/labels", params={"reference": NOBODYS})
        with _readable():
            json.loads(answer.content)["labels"]
        return Checked(clock=told_time(answer.headers))

    def find(self, key: str, now: datetime) -> ReturnLabel | None:
        """Ask the carrier for the labels with our key as their reference."""
        answer = self._call("GET", "/labels", params={"reference": key})
        with _readable():
            sold = json.loads(answer.content)["labels"]
            return self._label(tracking_number(key), sold[0], now) if sold else None

    def buy(self, key: str, request: LabelRequest, now: datetime) -> ReturnLabel:
        """Register the label of this key, then keep its file; both are done once however often this is called."""
        number = tracking_number(key)
        label = {"reference": key, "number": number, "to": _lines(request.receiver), "from": _lines(request.sender)}
        answer = self._call("POST", "/labels", label, {409: "number_taken"})
        self._folder.keep(number, self._ending, lambda: self._drawn(request, number, now))
        sold = self._label(number, _content(answer), now)
        if request.code is None:
            return sold
        code = self._folder.keep(f"code-{number}", "pdf", lambda: render_code(request, number, self._carrier, now))
        return sold.model_copy(update={"qr_url": code})

    def void(self, key: str, label: ReturnLabel) -> None:
        """Void a label at the carrier; a parcel that was scanned already is refused with `already_used`."""
        codes = {409: "already_used", 404: "unknown_label"}
        self._call("POST", f"/labels/{label.tracking_number}/void", codes=codes)

    def track(self, tracking_number: str, carrier: str) -> tuple[Scan, ...]:
        """Ask where a parcel was seen; it knows its own alone."""
        answer = self._call("GET", f"/track/{tracking_number}", codes={404: "unknown_parcel"})
        with _readable():
            told = json.loads(answer.content)["scans"]
            return tuple(Scan.model_validate({**one, "tracking_number": tracking_number}) for one in told)

    def _drawn(self, request: LabelRequest, number: str, now: datetime) -> bytes:
        if self._format is LabelFormat.ZPL:
            return zpl_label(request, number, self._carrier, now)
        return render_label(request, number, self._carrier, now, on_a4=self._format is LabelFormat.PDF_A4)

    def _label(self, number: str, sold: object, now: datetime) -> ReturnLabel:
        return ReturnLabel(
            tracking_number=number,
            carrier=self._carrier,
            url=self._folder.find(number, self._ending),
            bought_at=now,
            cost=_price(sold),
            void_days=_void_days(sold),
        )

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        codes: Mapping[int, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call; `codes` are the refusals with a meaning of their own, by status."""
        url, waits = self._carrier_url + path, self._timeout
        try:
            content = b"" if body is None else json.dumps(body).encode()
            answer = ask(method, url, content=content, params=params, headers=self._headers, timeout=waits)
        except httpx2.HTTPError as error:
            # From None: the request in it holds the address and the token.
            raise Unavailable(f"The carrier gave no answer ({type(error).__name__})") from None
        status = answer.status
        if status in (200, 201):
            return answer
        if 400 <= status < 500 and status not in _OPERATORS_CAN_MEND:
            code = (codes or {}).get(status, "label_refused")
            raise Refused(code, f"The carrier refused the label: {code.replace('_', ' ')} (it answered {status})")
        raise Unavailable(f"The carrier cannot serve us now (it answered {status})")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError):
        raise Unavailable("The carrier's answer cannot be read; is BACKHAUL_CARRIER_URL right?") from None


def _content(answer: Answer) -> object:
    try:
        said: object = json.loads(answer.content)
        return said
    except ValueError:
        return None


def _price(sold: object) -> Money | None:
    """What the carrier will ask for the label; None if it tells no price that can be read."""
    try:
        return Money.model_validate(sold["price"]) if isinstance(sold, dict) else None
    except (ValueError, LookupError):
        return None


def _void_days(sold: object) -> int | None:
    """For how many days the carrier takes the label back; None if it tells no number that can be read."""
    days = sold.get("void_days") if isinstance(sold, dict) else None
    return days if isinstance(days, int) and 0 <= days <= 3650 else None


def _lines(address: Sequence[str]) -> list[str]:
    # A form may have put several lines into one field; carriers take neither breaks nor empty lines.
    return [line for line in (" ".join(part.split()) for part in address) if line]
