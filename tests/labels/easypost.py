"""EasyPost as far as returns need it: its own recorded answers, told anew for shipments of ours, behind its real SDK.

The recorded sessions tell the shape of every answer. What they leave out (looking a reference up, making a shipment
before buying, refusals) is told as EasyPost's documentation has it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.payments.canned import Answer, Call, canned

VECTORS = Path(__file__).parents[1] / "vectors"
ADDRESS = {
    "name": "Nordlicht GmbH",
    "street": ["Lagerstrasse 5"],
    "city": "Hamburg",
    "postal_code": "20357",
    "country": "DE",
}
BOUGHT = ("tracking_code", "postage_label", "selected_rate", "tracker")
"""What a shipment has only once its postage was bought."""


def recorded(session: str, number: int = 0) -> Any:
    """The body of the n-th answer of a recorded session."""
    path = VECTORS / f"easypost_cassette_test_{session}.yaml"
    cassette = yaml.safe_load(path.read_text())
    return json.loads(cassette["interactions"][number]["response"]["body"]["string"])


def fault(status: int, code: str, message: str = "no", **more: object) -> Answer:
    """An error in EasyPost's own shape."""
    return Answer(status, json.dumps({"error": {"code": code, "message": message, "errors": [], **more}}))


class EasyPost:
    """One account. `lose` names a call whose answer is lost, `answer` one that is answered otherwise."""

    def __init__(self) -> None:
        self.url = ""
        self.shipments: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.sold: list[str] = []
        self.lose = ""
        self.answers: dict[str, Answer] = {}
        self.refund_status = "submitted"
        self.scanned: set[str] = set()

    def __call__(self, call: Call) -> Answer:
        path = call.path.removeprefix("/v2")
        body = json.loads(call.body or "null")
        self.asked.append((call.method, path, body))
        assert call.headers["authorization"] == "Bearer EZTEST"
        name = f"{call.method} /{path.split('/')[1]}" + (f"/{path.split('/')[3]}" if path.count("/") > 2 else "")
        if name in self.answers:
            return self.answers[name]
        said = self._serve(call.method, path.split("/")[1:], body)
        if name == self.lose:
            self.lose = ""
            return Answer(drop=True)
        return said

    def calls(self) -> list[str]:
        """What was asked for, without ids."""
        return [f"{method} /{'/'.join(path.split('/')[1::2])}" for method, path, _ in self.asked]

    def _serve(self, method: str, parts: list[str], body: Any) -> Answer:
        match method, parts:
            case "POST", ["trackers"]:
                return Answer(200, json.dumps(recorded("tracker_create")))
            case "POST", ["shipments"]:
                return self._make(body["shipment"])
            case "GET", ["shipments", name]:
                there = self._there(name)
                return Answer(200, json.dumps(there)) if there else fault(404, "NOT_FOUND")
            case "POST", ["shipments", name, verb]:
                return self._change(self.shipments[name], verb, body)
        raise AssertionError((method, parts))

    def _there(self, name: str) -> dict[str, Any] | None:
        found = [one for one in self.shipments.values() if name in (one["id"], one["reference"])]
        return found[-1] if found else None

    def _make(self, ask: Mapping[str, Any]) -> Answer:
        made = recorded("shipment_refund")
        number = len(self.shipments) + 1
        made |= {"id": f"shp_{number:032x}", "reference": ask["reference"], "is_return": ask["is_return"]}
        # Of a return the addresses are turned round.
        made |= {"to_address": ask["from_address"], "from_address": ask["to_address"], "refund_status": None}
        made |= dict.fromkeys(BOUGHT)
        self.shipments[made["id"]] = made
        return Answer(201, json.dumps(made))

    def _change(self, shipment: dict[str, Any], verb: str, body: Any) -> Answer:
        match verb:
            case "buy":
                if shipment["tracking_code"]:
                    return fault(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
                bought = recorded("shipment_refund")
                number = f"94001002083031095056{len(self.sold):02}"
                rate = next(one for one in shipment["rates"] if one["id"] == body["rate"]["id"])
                shipment |= {name: bought[name] for name in BOUGHT}
                shipment |= {"tracking_code": number, "selected_rate": rate}
                self.sold.append(number)
            case "refund":
                if shipment["tracking_code"] in self.scanned:
                    words = "Unable to request refund. The parcel has been shipped."
                    return fault(422, "SHIPMENT.REFUND.UNAVAILABLE", words)
                shipment["refund_status"] = self.refund_status
            case "forms":
                form = recorded("shipment_generate_form", 1)["forms"][0]
                shipment["forms"] = [{**form, "form_type": body["form"]["type"]}]
        return Answer(200, json.dumps(shipment))


@contextmanager
def easypost() -> Iterator[EasyPost]:
    """An account at an address on the loopback."""
    account = EasyPost()
    with canned(account) as served:
        account.url = f"{served.url}/v2"
        yield account
