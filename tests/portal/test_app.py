"""The routes: who is let in, what is stored before the answer, and that nothing sent to them is a fault of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.applications import Starlette

from domain.errors import InvalidRequest, Refused, Unavailable
from domain.stores import Inbox
from portal.app import LARGEST_BODY, build
from portal.labels import labels
from portal.sources import sources
from settings import Settings
from tests.portal.fakes import NOW, FakeInbox
from tests.portal.vendors import CARRIER, MAIL, SIGNERS, STRIPE, Signer, mail_event, refund_event, tracker_event

SETTINGS = Settings(
    stripe_webhook_secret=SecretStr(" ".join(STRIPE.known)),
    sendgrid_webhook_key=" ".join(MAIL.known),
    easypost_webhook_secret=SecretStr(" ".join(CARRIER.known)),
)
GOOD = {"stripe": refund_event(), "sendgrid": [mail_event("sg_1"), mail_event("sg_2")], "easypost": tracker_event()}
IDS = {"stripe": ["evt_1"], "sendgrid": ["sg_1", "sg_2"], "easypost": ["evt_1"]}
every_vendor = pytest.mark.parametrize("vendor", SIGNERS, ids=lambda one: one.vendor.value)


class Portal:
    """The app on an inbox in memory."""

    def __init__(self, known: Settings = SETTINGS) -> None:
        self.inbox, self.heard, self.delivers = FakeInbox(), 0, True
        self.app: Starlette = build(
            cast("Inbox", self.inbox), sources(known), lambda: NOW, self._hear, lambda: self.delivers
        )
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://portal", verify=False
        )

    def _hear(self) -> None:
        self.heard += 1

    async def post(self, vendor: Signer, body: bytes, headers: dict[str, str] | None = None) -> httpx2.Response:
        """Post a body, signed unless other headers are given."""
        signed = vendor.sign(body, vendor.secrets[0], NOW) if headers is None else headers
        return await self.http.post(f"/webhooks/{vendor.vendor}", content=body, headers=signed)

    @property
    def events(self) -> list[str]:
        """The ids of what is stored."""
        return [name for _, name in self.inbox.events]


@pytest_asyncio.fixture
async def portal() -> AsyncIterator[Portal]:
    """One of its own."""
    made = Portal()
    yield made
    await made.http.aclose()


async def test_label_files_go_to_whoever_has_their_address(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "BH1-abc_DEF.pdf").write_bytes(b"%PDF-1.7")
    (folder / ".BH1-abc_DEF.pdf.half").write_bytes(b"half")
    (folder / "BH2-x.zpl").write_text("^XA^XZ")
    (tmp_path / "backhaul.pdf").write_text("not a label")
    app = Starlette(routes=[labels(folder)])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://portal") as http:
        found = await http.get("/labels/BH1-abc_DEF.pdf")
        assert (found.status_code, found.content) == (200, b"%PDF-1.7")
        assert found.headers["content-type"] == "application/pdf"
        assert found.headers["cache-control"] == "private, no-store"
        assert (await http.get("/labels/BH2-x.zpl")).text == "^XA^XZ"
        others = ("", "..%2Fbackhaul.pdf", "../backhaul.pdf", ".BH1-abc_DEF.pdf.half", "BH1.pdf", "BH1-abc_DEF.pdf%00")
        for name in others:
            assert (await http.get(f"/labels/{name}")).status_code == 404, name
        assert (await http.post("/labels/BH2-x.zpl")).status_code == 405


def good(vendor: Signer) -> bytes:
    return json.dumps(GOOD[vendor.vendor.value]).encode()


@every_vendor
async def test_a_good_one_is_stored_once_and_the_loop_hears_of_it(portal: Portal, vendor: Signer) -> None:
    answer = await portal.post(vendor, good(vendor))
    assert (answer.status_code, answer.json()) == (200, {"stored": len(IDS[vendor.vendor])})
    assert portal.events == IDS[vendor.vendor]
    again = await portal.post(vendor, good(vendor))
    assert (again.status_code, again.json()) == (200, {"stored": 0})
    assert (portal.events, portal.heard) == (IDS[vendor.vendor], 1)


@every_vendor
async def test_a_forged_one_is_turned_away_and_leaves_nothing(portal: Portal, vendor: Signer) -> None:
    body = good(vendor)
    signed = vendor.sign(body, vendor.secrets[0], NOW)
    forged = [
        {},
        vendor.sign(body + b" ", vendor.secrets[0], NOW),
        {**signed, vendor.header: signed[vendor.header][:-6]},
        vendor.sign(body, "31" if vendor is MAIL else "whsec_of_somebody_else", NOW),
    ]
    if vendor.timed:
        forged += [vendor.sign(body, vendor.secrets[0], NOW + days) for days in (timedelta(days=2), -timedelta(days=2))]
    for headers in forged:
        answer = await portal.post(vendor, body, headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["message"]
    assert (portal.events, portal.heard) == ([], 0)


@every_vendor
async def test_signed_garbage_is_no_json(portal: Portal, vendor: Signer) -> None:
    for body in (b"", b"{", b"\xff\xfe", b'"\\ud800"', b"[" * 100_000, b"1" * 5000):
        assert (await portal.post(vendor, body)).status_code == 400
    assert portal.events == []


@every_vendor
async def test_what_is_nothing_to_us_is_taken_and_not_stored(portal: Portal, vendor: Signer) -> None:
    for body in (
        b"null",
        b"[]",
        b"{}",
        b'{"id":"evt_1","type":"customer.created"}',
        b'[{"event":"open"}]',
    ):
        answer = await portal.post(vendor, body)
        assert (answer.status_code, answer.json()) == (200, {"stored": 0})
    assert (portal.events, portal.heard) == ([], 0)


@every_vendor
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_not_allowed(portal: Portal, vendor: Signer, method: str) -> None:
    answer = await portal.http.request(method, f"/webhooks/{vendor.vendor}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_other_ways_lead_nowhere(portal: Portal) -> None:
    for path in ("/", "/webhooks", "/webhooks/", "/webhooks/paypal", "/webhooks/stripe/x"):
        assert (await portal.http.post(path)).status_code == 404


@every_vendor
async def test_a_body_that_is_too_large_is_not_read_to_its_end(portal: Portal, vendor: Signer) -> None:
    parts = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal parts
        while True:
            parts += 1
            yield b" " * 65536

    path = f"/webhooks/{vendor.vendor}"
    answer = await portal.post(vendor, b" " * (LARGEST_BODY + 1))
    assert answer.status_code == 413
    largest = json.dumps(GOOD[vendor.vendor.value]).encode().ljust(LARGEST_BODY)
    assert (await portal.post(vendor, largest)).status_code == 200
    sent: list[Any] = []
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
        "http_version": "1.1", "scheme": "http", "server": ("portal", 80), "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    body = endless()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": await anext(body), "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    await portal.app(scope, receive, send)
    assert sent[0]["status"] == 413
    assert parts == LARGEST_BODY // 65536 + 1


async def test_whoever_hangs_up_in_the_middle_leaves_nothing(portal: Portal) -> None:
    path, sent = "/webhooks/stripe", []
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
        "http_version": "1.1", "scheme": "http", "server": ("portal", 80), "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    messages: Iterator[dict[str, Any]] = iter(
        [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await portal.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert portal.events == []


@every_vendor
async def test_without_its_secret_a_vendor_is_told_to_come_again(vendor: Signer) -> None:
    setting = {"stripe": "stripe_webhook_secret", "sendgrid": "sendgrid_webhook_key"}.get(
        vendor.vendor.value, "easypost_webhook_secret"
    )
    for blank in ("", "  \n"):
        value = blank if vendor is MAIL else SecretStr(blank)
        portal = Portal(SETTINGS.model_copy(update={setting: value}))
        tries: list[dict[str, str] | None] = [None, {}]
        for headers in tries:
            answer = await portal.post(vendor, good(vendor), headers)
            assert answer.status_code == 503
            assert f"BACKHAUL_{setting.upper()}" in answer.json()["error"]["message"]
        assert portal.events == []
        health = (await portal.http.get("/health")).json()
        assert [name for name, ready in health["secrets"].items() if not ready] == [vendor.vendor.value]
        await portal.http.aclose()


def test_a_public_key_that_is_none_ends_the_process_with_its_name() -> None:
    with pytest.raises(InvalidRequest, match="BACKHAUL_SENDGRID_WEBHOOK_KEY"):
        sources(Settings(sendgrid_webhook_key="SG.not-a-key"))


@every_vendor
@pytest.mark.parametrize("down", [Unavailable("the database gave no answer"), Refused("unknown_schema", "not set up")])
async def test_while_the_database_is_away_vendors_are_told_to_come_again(
    portal: Portal, vendor: Signer, down: Unavailable | Refused
) -> None:
    portal.inbox.down = down
    assert (await portal.post(vendor, good(vendor))).status_code == 503
    assert (await portal.http.get("/health")).status_code == 503
    portal.inbox.down = None
    assert (await portal.post(vendor, good(vendor))).json() == {"stored": len(IDS[vendor.vendor])}


async def test_its_health(portal: Portal) -> None:
    await portal.post(STRIPE, good(STRIPE))
    answer = await portal.http.get("/health")
    states = {"waiting": 1, "delivered": 0, "outside": 0, "refused": 0, "unreadable": 0}
    assert (answer.status_code, answer.json()) == (
        200,
        {"delivers": True, "inbox": states, "secrets": {"stripe": True, "sendgrid": True, "easypost": True}},
    )
    portal.delivers = False
    assert (await portal.http.get("/health")).status_code == 503


async def test_an_event_that_cannot_be_read_is_stored_as_that(portal: Portal) -> None:
    await portal.post(STRIPE, json.dumps(refund_event(amount="much")).encode())
    (kept,) = portal.inbox.events.values()
    assert (kept.told, kept.fault.partition(":")[0]) == (None, "amount")


HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)


@settings(max_examples=60)
@given(body=st.binary(max_size=200), header=HEADER, time=HEADER, signed=st.booleans())
def test_no_request_is_a_fault(body: bytes, header: str, time: str, signed: bool) -> None:
    async def knock() -> None:
        portal = Portal()
        for vendor in SIGNERS:
            headers = vendor.sign(body, vendor.secrets[0], NOW) if signed else {vendor.header: header, "x-time": time}
            if vendor is MAIL and not signed:
                headers["x-twilio-email-event-webhook-timestamp"] = time
            # The transport raises what the app does not catch.
            encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
            answer = await portal.http.post(f"/webhooks/{vendor.vendor}", content=body, headers=encoded)
            assert answer.status_code in ((200, 400) if signed else (401,))
        assert portal.events == []
        await portal.http.aclose()

    asyncio.run(knock())
