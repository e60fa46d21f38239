"""Labels of our own, numbered here and registered at the carrier; the PDF stands in a folder that the portal shows."""

from __future__ import annotations

import hashlib
import os
import secrets
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

import httpx2

from activities.labels import LabelRequest
from activities.labels.pdf import render_label
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.money import Money
from domain.parcel import ReturnLabel

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
        carrier: str = "Embedded Parcel",
        timeout: float = 10,
    ) -> None:
        # A bad one would be quoted in the error about its header.
        if not (token and token.isascii() and token.isprintable()):
            raise InvalidRequest("BACKHAUL_CARRIER_TOKEN", "it is empty or has characters that no token has")
        self._carrier_url = carrier_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._folder = folder
        self._public_url = public_url.rstrip("/")
        self._carrier = carrier
        self._timeout = timeout

    def buy(self, key: str, request: LabelRequest, now: datetime) -> ReturnLabel:
        """Register the label of this key, then keep its PDF; both are done once however often this is called."""
        number = tracking_number(key)
        label = {"reference": key, "number": number, "to": _lines(request.receiver), "from": _lines(request.sender)}
        sold = self._post("/labels", label, {409: "number_taken"})
        page = self._keep(number, request, now)
        return ReturnLabel(
            tracking_number=number,
            carrier=self._carrier,
            url=f"{self._public_url}/labels/{page.name}",
            bought_at=now,
            cost=_price(sold),
        )

    def void(self, key: str, label: ReturnLabel) -> None:
        """Void a label at the carrier; a parcel that was scanned already is refused with `already_used`."""
        codes = {409: "already_used", 404: "unknown_label"}
        self._post(f"/labels/{label.tracking_number}/void", None, codes)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Made once: to read all certificates that are trusted takes longer than a label does.
        return httpx2.create_ssl_context()

    def _post(self, path: str, body: Mapping[str, object] | None, codes: Mapping[int, str]) -> httpx2.Response:
        """POST; `codes` are the refusals with a meaning of their own, by status."""
        url = self._carrier_url + path
        try:
            answer = httpx2.post(url, json=body, headers=self._headers, timeout=self._timeout, verify=self._tls)
        except httpx2.HTTPError as error:
            # From None: the request in it holds the address and the token.
            raise Unavailable(f"The carrier gave no answer ({type(error).__name__})") from None
        status = answer.status_code
        if status in (200, 201):
            return answer
        if 400 <= status < 500 and status not in _OPERATORS_CAN_MEND:
            code = codes.get(status, "label_refused")
            raise Refused(code, f"The carrier refused the label: {code.replace('_', ' ')} (it answered {status})")
        raise Unavailable(f"The carrier cannot serve us now (it answered {status})")

    def _keep(self, number: str, request: LabelRequest, now: datetime) -> Path:
        """Write the PDF once; one that is there was printed, perhaps, and stays as it is.

        The page shows where somebody lives and the number follows from the return's id, so its name also holds a part
        that nobody can guess: whoever has the address was given it.
        """
        for there in self._folder.glob(f"{number}-*.pdf"):
            return there
        target = self._folder / f"{number}-{secrets.token_urlsafe(16)}.pdf"
        page = render_label(request, number, self._carrier, now)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_whole(target, page)
        except OSError as error:
            raise Unavailable(f"The label could not be written to {self._folder} ({error.strerror})") from None
        return target


def _price(sold: httpx2.Response) -> Money | None:
    """What the carrier will ask for the label; a carrier that tells no price is not asked for one."""
    try:
        return Money.model_validate(sold.json()["price"])
    except (ValueError, LookupError, TypeError):
        return None


def _lines(address: Sequence[str]) -> list[str]:
    # A form may have put several lines into one field; carriers take neither breaks nor empty lines.
    return [line for line in (" ".join(part.split()) for part in address) if line]


def _write_whole(target: Path, content: bytes) -> None:
    # Named after the label, so that whoever erases a person also finds what a killed process left behind.
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    finally:
        Path(part).unlink(missing_ok=True)
