"""EasyPost through its own SDK: its recorded sessions, what is asked of it, and what its errors mean."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import easypost as sdk
import easypost.errors as sdk_errors
import pytest
import vcr  # type: ignore[import-untyped]
import yaml
from easypost.errors import ApiError, EasyPostError
from urllib3.connectionpool import HTTPConnectionPool

from activities.labels.easypost_errors import translate
from activities.labels.via_easypost import EasyPostLabels
from domain.contact import Place
from domain.errors import BackhaulError, InvalidRequest, Refused, Unavailable
from domain.money import Money
from domain.parcel import LabelFormat, ParcelSize, ReturnLabel, TrackingStatus
from tests.labels.easypost import ADDRESS, BOUGHT, VECTORS, EasyPost, easypost, fault, recorded
from tests.labels.requests import KEY, NOW, REQUEST
from tests.loopback import closed_port
from tests.payments.canned import Answer

RECEIVER = Place.model_validate(ADDRESS)


@pytest.fixture
def account() -> Iterator[EasyPost]:
    with easypost() as account:
        yield account


def made(base: str | None, **more: Any) -> EasyPostLabels:
    return EasyPostLabels("EZTEST", RECEIVER, ParcelSize(), api_base=base, **more)


# ---- recorded sessions


class Recorded:
    """A recorded session as vcrpy keeps it, with the search for our reference that EasyPost's own did not make."""

    def __init__(self, *session: str) -> None:
        self._sessions = session

    def load_cassette(self, path: object, serializer: object) -> Any:
        """All requests and answers, unchanged, after one that finds nothing."""
        told: list[Any] = []
        for name in self._sessions:
            cassette = yaml.safe_load((VECTORS / f"easypost_cassette_test_{name}.yaml").read_text())
            told += cassette["interactions"]
        nothing = json.dumps({"error": {"code": "NOT_FOUND", "message": "Not found.", "errors": []}})
        search = {
            "request": {**told[0]["request"], "method": "GET", "uri": f"https://api.easypost.com/v2/shipments/{KEY}"},
            "response": {
                **told[0]["response"],
                "body": {"string": nothing},
                "status": {"code": 404, "message": "Not Found"},
            },
        }
        shipment = {**told[0], "request": {**told[0]["request"], "method": "GET"}}
        shipment["request"]["uri"] += "/shp_700d2963c43b4847883c955eeb846b13"
        both = [search, *told, shipment]
        requests = [vcr.request.Request._from_dict(_plain(one["request"])) for one in both]
        return requests, [_bytes(one["response"]) for one in both]

    def save_cassette(self, *_: object) -> None:
        """Nothing is ever recorded."""
        raise AssertionError("a request went out that was never recorded")


def _plain(request: dict[str, Any]) -> dict[str, Any]:
    return {**request, "body": (request["body"] or "").encode()}


def _bytes(response: dict[str, Any]) -> dict[str, Any]:
    headers = {
        name: value
        for name, value in response["headers"].items()
        if name.lower() not in ("content-length", "transfer-encoding", "content-encoding")
    }
    return {**response, "headers": headers, "body": {"string": response["body"]["string"].encode()}}


def replay(*session: str) -> Any:
    """A context in which EasyPost answers from its recorded sessions, and nothing reaches the network."""
    player = vcr.VCR(record_mode="none", match_on=["method", "uri"])
    player.register_persister(Recorded(*session))
    return player.use_cassette("recorded")


def test_a_recorded_label_is_read_as_it_was_sold() -> None:
    with replay("shipment_refund") as cassette:
        label = made(None).buy(KEY, REQUEST, NOW)
        assert cassette.play_count == 2
    url = "https://easypost-files.s3.us-west-2.amazonaws.com/files/postage_label/20250307/"
    assert label == ReturnLabel(
        tracking_number="9400100208303109505688",
        carrier="USPS",
        url=f"{url}e85c1ebac06b434b938dae67e732e189ff.png",
        bought_at=NOW,
        cost=Money(minor=607, currency="USD"),
        provider_id="shp_700d2963c43b4847883c955eeb846b13",
        void_days=30,
    )


def test_a_recorded_label_is_given_back() -> None:
    with replay("shipment_refund") as cassette:
        labels = made(None)
        labels.void(KEY, labels.buy(KEY, REQUEST, NOW))
        assert cassette.play_count == 4


def test_a_recorded_parcel_is_followed() -> None:
    with replay("shipment_refund", "tracker_create"):
        scans = made(None).track("EZ1000000001", "")
    assert [scan.status for scan in scans] == [TrackingStatus.PRE_TRANSIT] * 2
    assert {scan.tracking_number for scan in scans} == {"EZ1000000001"}
    assert scans[0].at < scans[1].at
    assert scans[1].location == "HOUSTON"


# ---- what is asked


def test_a_return_is_asked_for_with_the_addresses_of_the_way_out(account: EasyPost) -> None:
    made(account.url, format=LabelFormat.ZPL).buy(KEY, REQUEST, NOW)
    method, path, body = account.asked[1]
    assert (method, path) == ("POST", "/shipments")
    assert body["shipment"] == {
        "reference": "label:R-1001:1",
        "is_return": True,
        "to_address": {
            "name": "Ada Lovelace",
            "street1": "12 St James's Square",
            "street2": "Flat 2",
            "city": "London",
            "zip": "SW1Y 4LB",
            "country": "GB",
            "phone": "+44 20 7946 0000",
        },
        "from_address": {
            "name": "Nordlicht GmbH",
            "street1": "Lagerstrasse 5",
            "city": "Hamburg",
            "zip": "20357",
            "country": "DE",
        },
        # 350 x 250 x 100 mm and 1 kg, rounded up to a tenth of an inch and of an ounce.
        "parcel": {"length": 13.8, "width": 9.9, "height": 4.0, "weight": 35.3},
        "options": {"label_format": "ZPL"},
    }


def test_the_cheapest_that_is_allowed_is_bought(account: EasyPost) -> None:
    labels = made(account.url, services=("usps/Priority", "USPS/Express"))
    assert labels.buy(KEY, REQUEST, NOW).cost == Money(minor=742, currency="USD")
    with pytest.raises(Refused, match="USPS/GroundAdvantage") as no:
        made(account.url, services=("DHL",)).buy("label:R-2:1", REQUEST, NOW)
    assert no.value.code == "no_rate"
    assert len(account.sold) == 1


def test_a_code_to_print_from_comes_along_where_the_carrier_has_shops(account: EasyPost) -> None:
    label = made(account.url).buy(KEY, REQUEST, NOW)
    assert label.qr_url.endswith("/form/20250307/b560bbbe1ab0484a9de736143ab49f0d.pdf")
    assert made(account.url).buy(KEY, REQUEST, NOW) == label
    bought = ["GET /shipments", "POST /shipments", "POST /shipments/buy", "POST /shipments/forms"]
    assert account.calls() == [*bought, "GET /shipments"]


@pytest.mark.parametrize("no", [fault(422, "FORM.UNAVAILABLE"), Answer(503), Answer(drop=True), Answer(body="{}")])
def test_without_the_code_the_label_is_whole(account: EasyPost, no: Answer) -> None:
    account.answers["POST /shipments/forms"] = no
    label = made(account.url).buy(KEY, REQUEST, NOW)
    assert (label.qr_url, label.tracking_number) == ("", account.sold[0])


def test_an_answer_about_the_code_changes_nothing_else_of_the_label(account: EasyPost) -> None:
    form = {"form_type": "label_qr_code", "form_url": "https://files.example/code.pdf"}
    told = {"id": "shp_other", "tracking_code": None, "selected_rate": None, "forms": [form]}
    account.answers["POST /shipments/forms"] = Answer(body=json.dumps(told))
    label = made(account.url).buy(KEY, REQUEST, NOW)
    assert (label.qr_url, label.tracking_number) == ("https://files.example/code.pdf", account.sold[0])
    assert (label.provider_id, label.cost) == (next(iter(account.shipments)), Money(minor=607, currency="USD"))


def shipment_with(account: EasyPost, rates: list[tuple[str, str, str]]) -> None:
    """A shipment under our key that waits to be bought, with these offers: id, amount, currency."""
    made = recorded("shipment_refund") | dict.fromkeys(BOUGHT) | {"id": "shp_1", "reference": KEY}
    made["rates"] = [{**made["rates"][0], "id": id, "rate": rate, "currency": unit} for id, rate, unit in rates]
    account.shipments["shp_1"] = made


def test_offers_in_other_currencies_are_not_compared(account: EasyPost) -> None:
    shipment_with(account, [("rate_1", "7.00", "USD"), ("rate_2", "5.00", "KWD"), ("rate_3", "6.50", "USD")])
    assert made(account.url).buy(KEY, REQUEST, NOW).cost == Money(minor=650, currency="USD")


@pytest.mark.parametrize("rate", ["-1.00", "NaN", "free"])
def test_an_offer_that_cannot_be_one_buys_nothing(account: EasyPost, rate: str) -> None:
    shipment_with(account, [("rate_1", rate, "USD")])
    with pytest.raises(Unavailable):
        made(account.url).buy(KEY, REQUEST, NOW)
    assert account.sold == []


def test_an_address_that_is_not_in_fields_is_refused_before_anything_is_made(account: EasyPost) -> None:
    for origin in (None, Place(name="Ada", street=("12 St James's Square",), country="GB")):
        with pytest.raises(Refused, match="import the order") as no:
            made(account.url).buy(KEY, REQUEST.model_copy(update={"origin": origin}), NOW)
        assert no.value.code == "address_incomplete"
        assert "Ada" not in no.value.message
    assert account.shipments == {}


def test_a_sign_of_life_comes_before_every_call(account: EasyPost) -> None:
    beats: list[int] = []
    labels = made(account.url, beat=lambda: beats.append(len(account.asked)))
    labels.void(KEY, labels.buy(KEY, REQUEST, NOW))
    labels.track("EZ1000000001", "USPS")
    assert beats == list(range(len(account.asked)))
    assert account.asked[-1][2] == {"tracker": {"tracking_code": "EZ1000000001", "carrier": "USPS"}}


@pytest.mark.parametrize(
    ("lost", "calls"),
    [
        ("POST /shipments", ["GET /shipments", "POST /shipments", "GET /shipments", "POST /shipments/buy"]),
        ("POST /shipments/buy", ["GET /shipments", "POST /shipments", "POST /shipments/buy", "GET /shipments"]),
    ],
)
def test_a_lost_answer_makes_no_second_shipment(account: EasyPost, lost: str, calls: list[str]) -> None:
    account.lose = lost
    with pytest.raises(Unavailable):
        made(account.url).buy(KEY, REQUEST, NOW)
    label = made(account.url).buy(KEY, REQUEST, NOW)
    assert account.calls() == [*calls, "POST /shipments/forms"]
    assert account.sold == [label.tracking_number]
    assert len(account.shipments) == 1


def test_postage_that_is_there_already_is_looked_up(account: EasyPost) -> None:
    account.answers["POST /shipments/buy"] = fault(422, "SHIPMENT.POSTAGE.EXISTS")
    with pytest.raises(Unavailable):
        made(account.url).buy(KEY, REQUEST, NOW)


@pytest.mark.parametrize("said", ["submitted", "refunded", "not_applicable"])
def test_a_label_that_was_given_back_is_not_given_back_again(account: EasyPost, said: str) -> None:
    account.refund_status = said
    labels = made(account.url)
    label = labels.buy(KEY, REQUEST, NOW)
    for _ in range(2):
        labels.void(KEY, label)
    assert account.calls().count("POST /shipments/refund") == 1


def test_a_label_that_the_carrier_does_not_take_back_may_be_asked_for_again(account: EasyPost) -> None:
    account.refund_status = "rejected"
    labels = made(account.url)
    label = labels.buy(KEY, REQUEST, NOW)
    for _ in range(2):
        with pytest.raises(Refused, match="rejected") as no:
            labels.void(KEY, label)
        assert no.value.code == "not_void"
    assert account.calls().count("POST /shipments/refund") == 2


def test_another_shipment_than_the_one_asked_for_is_not_taken(account: EasyPost) -> None:
    labels = made(account.url)
    labels.buy(KEY, REQUEST, NOW)
    other = json.dumps(next(iter(account.shipments.values())))
    account.answers["GET /shipments"] = Answer(body=other)
    with pytest.raises(Unavailable, match="another shipment"):
        labels.find("label:R-2:1", NOW)


@pytest.mark.parametrize(("key", "address"), [("", ADDRESS), ("EZ\n", ADDRESS), ("EZTEST", {"city": "Hamburg"})])
def test_what_cannot_work_is_named_without_being_shown(key: str, address: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="BACKHAUL_EASYPOST_") as no:
        EasyPostLabels(key, Place.model_validate(address), ParcelSize())
    assert "Hamburg" not in no.value.message


# ---- errors

# Every class of the SDK by hand, with the status that it comes with: which of the two it is. Only three speak of the
# label. Those below the line are never raised by what is called here: what they mean nobody knows, so no final no.
DECIDED: dict[type[EasyPostError], tuple[int | None, type[BackhaulError]]] = {
    sdk_errors.BadRequestError: (400, Refused),
    sdk_errors.NotFoundError: (404, Refused),
    sdk_errors.InvalidRequestError: (422, Refused),
    sdk_errors.UnauthorizedError: (401, Unavailable),
    sdk_errors.PaymentError: (402, Unavailable),
    sdk_errors.ForbiddenError: (403, Unavailable),
    sdk_errors.MethodNotAllowedError: (405, Unavailable),
    sdk_errors.TimeoutError: (408, Unavailable),
    sdk_errors.RateLimitError: (429, Unavailable),
    sdk_errors.InternalServerError: (500, Unavailable),
    sdk_errors.ServiceUnavailableError: (503, Unavailable),
    sdk_errors.GatewayTimeoutError: (504, Unavailable),
    sdk_errors.HttpError: (None, Unavailable),
    sdk_errors.JsonError: (None, Unavailable),
    sdk_errors.RedirectError: (302, Unavailable),
    sdk_errors.UnknownApiError: (418, Unavailable),
    # ----
    sdk_errors.ApiError: (None, Unavailable),
    sdk_errors.EncodingError: (None, Unavailable),
    sdk_errors.ExternalApiError: (None, Unavailable),
    sdk_errors.EndOfPaginationError: (None, Unavailable),
    sdk_errors.FilteringError: (None, Unavailable),
    sdk_errors.InvalidObjectError: (None, Unavailable),
    sdk_errors.InvalidParameterError: (None, Unavailable),
    sdk_errors.MissingParameterError: (None, Unavailable),
    sdk_errors.SignatureVerificationError: (None, Unavailable),
}


def below(root: type[EasyPostError]) -> Iterator[type[EasyPostError]]:
    """Every class of the SDK's errors but the root."""
    for one in root.__subclasses__():
        yield one
        yield from below(one)


def raised(kind: type[EasyPostError], status: int | None, code: str = "SOME.CODE") -> EasyPostError:
    """An error as the SDK would make it, quoting what nobody may see."""
    words = f"EZTEST has no {REQUEST.sender[0]}"
    body = {"error": {"code": code, "message": words, "errors": [{"field": "street1", "message": words}]}}
    if not issubclass(kind, ApiError):
        return kind(words)
    return kind(message=words, http_status=status, http_body=json.dumps(body))


def test_every_class_has_been_decided_on() -> None:
    assert set(below(EasyPostError)) == set(DECIDED)
    assert sdk.errors is sdk_errors


@pytest.mark.parametrize("kind", DECIDED, ids=lambda kind: kind.__name__)
def test_every_class_becomes_what_was_decided(kind: type[EasyPostError]) -> None:
    status, ours = DECIDED[kind]
    found = translate(raised(kind, status))
    assert type(found) is ours
    assert "EZTEST" not in found.message
    assert REQUEST.sender[0] not in found.message
    assert found.message.endswith((".", ")", "?"))
    if isinstance(found, Refused):
        assert found.code == ("unknown_label" if status == 404 else "some_code")


def test_a_refusal_names_the_fields_that_are_wrong() -> None:
    found = translate(raised(sdk_errors.InvalidRequestError, 422))
    assert "street1" in found.message


@pytest.mark.parametrize("code", ["SHIPMENT.POSTAGE.EXISTS", "SHIPMENT.POSTAGE.NO_RESPONSE", "REFUND.NO_RESPONSE"])
def test_what_may_have_been_done_is_no_final_no(code: str) -> None:
    assert isinstance(translate(raised(sdk_errors.InvalidRequestError, 422, code)), Unavailable)


def _find(labels: EasyPostLabels) -> None:
    labels.find(KEY, NOW)


def _buy(labels: EasyPostLabels) -> None:
    labels.buy(KEY, REQUEST, NOW)


def _track(labels: EasyPostLabels) -> None:
    labels.track("EZ1000000001", "")


@pytest.mark.parametrize("do", [_find, _buy, _track])
@pytest.mark.parametrize(
    "answer",
    [
        Answer(drop=True),
        Answer(500),
        Answer(body="<html>"),
        Answer(body="[]"),
        Answer(404, "<html>"),
        Answer(404, '{"error": {"message": "no route"}}'),
        fault(401, "APIKEY.INACTIVE", "EZTEST is inactive"),
        fault(429, "RATE_LIMITED"),
    ],
    ids=str,
)
def test_whatever_is_no_word_on_the_label_is_tried_again(
    account: EasyPost, do: Callable[[EasyPostLabels], None], answer: Answer
) -> None:
    account.answers |= dict.fromkeys(("GET /shipments", "POST /trackers"), answer)
    with pytest.raises(Unavailable) as error:
        do(made(account.url))
    told = "".join(traceback.format_exception(error.value))
    assert not [secret for secret in ("EZTEST", *REQUEST.sender[:2]) if secret in told]


def test_nobody_listening_is_found_out_at_the_first_try(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[object] = []
    connect = HTTPConnectionPool._make_request

    def counting(*args: Any, **kwargs: Any) -> Any:
        tries.append(args)
        return connect(*args, **kwargs)

    monkeypatch.setattr(HTTPConnectionPool, "_make_request", counting)
    with pytest.raises(Unavailable):
        _find(made(f"{closed_port()}/v2"))
    assert len(tries) == 1


def test_an_address_is_refused_by_name(account: EasyPost) -> None:
    account.answers["POST /shipments"] = fault(422, "ADDRESS.VERIFY.FAILURE", "12 St James's Square is unknown")
    with pytest.raises(Refused, match="corrected") as no:
        _buy(made(account.url))
    assert no.value.code == "address_refused"
    assert "Square" not in no.value.message


def test_a_parcel_that_nobody_knows_is_refused(account: EasyPost) -> None:
    account.answers["POST /trackers"] = fault(422, "TRACKER.CREATE.ERROR")
    with pytest.raises(Refused) as no:
        _track(made(account.url))
    assert no.value.code == "unknown_parcel"
