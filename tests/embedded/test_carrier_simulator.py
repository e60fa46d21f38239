"""The carrier simulator, the pages for people, and the server they all run on."""

from __future__ import annotations

import asyncio
import errno
import signal
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx2
import pytest

from embedded.simulators import build
from embedded.simulators.serve import listen, running

Start = Callable[[], AbstractAsyncContextManager[str]]

AUTH = {"Authorization": "Bearer anything"}
ORDER = {
    "reference": "label:r1:1",
    "number": "BH1001R1",
    "to": ["Returns", "Dock 4", "20095 Hamburg", "DE"],
    "from": ["Ada Lovelace", "12 Secret Street", "10115 Berlin", "DE"],
}
SCAN = {"id": "s1", "status": "in_transit", "at": "2026-11-20T08:00:00Z", "location": "Berlin"}


async def buy(http: httpx2.AsyncClient, **other: object) -> httpx2.Response:
    return await http.post("/carrier/labels", json={**ORDER, **other}, headers=AUTH)


async def scan(http: httpx2.AsyncClient, **other: object) -> httpx2.Response:
    return await http.post("/carrier/labels/BH1001R1/scans", json={**SCAN, **other})


async def test_the_same_label_is_bought_once(url: str, http: httpx2.AsyncClient) -> None:
    first, again = await buy(http), await buy(http)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["label_url"] == f"{url}/labels/BH1001R1.pdf"
    assert (await buy(http, reference="label:r2:1")).status_code == 409
    found = await http.get("/carrier/labels", params={"reference": "label:r1:1"}, headers=AUTH)
    assert found.json()["labels"] == [first.json()]
    assert (await http.get("/carrier/labels.json")).json() == [first.json()]


@pytest.mark.parametrize(
    "wrong",
    [
        {"reference": ""},
        {"reference": "two words"},
        {"number": "../../etc/passwd"},
        {"to": []},
        {"from": "Ada"},
        {"from": ["Ada\nLovelace", "Street"]},
        {"colour": "red"},
    ],
)
async def test_a_wrong_order_is_refused(http: httpx2.AsyncClient, wrong: dict[str, object]) -> None:
    answer = await buy(http, **wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(next(iter(wrong)))
    assert (await http.get("/carrier/labels.json")).json() == []


async def test_a_key_is_needed(http: httpx2.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}):
        assert (await http.post("/carrier/labels", json=ORDER, headers=headers)).status_code == 401
        assert (await http.get("/carrier/labels?reference=x", headers=headers)).status_code == 401
        assert (await http.post("/carrier/labels/BH1001R1/void", headers=headers)).status_code == 401


async def test_a_label_is_voided_once_and_takes_no_parcel(http: httpx2.AsyncClient) -> None:
    await buy(http)
    answers = [await http.post("/carrier/labels/BH1001R1/void", headers=AUTH) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "cancelled"
    assert (await scan(http)).status_code == 409
    assert (await http.post("/carrier/labels/NONE/void", headers=AUTH)).status_code == 404


async def test_a_scanned_label_is_not_voided(http: httpx2.AsyncClient) -> None:
    await buy(http)
    await scan(http)
    assert (await http.post("/carrier/labels/BH1001R1/void", headers=AUTH)).status_code == 409


async def test_a_parcel_is_followed_by_its_scans_in_their_own_order(http: httpx2.AsyncClient) -> None:
    await buy(http)
    assert (await http.get("/carrier/track/BH1001R1")).json()["status"] == "pre_transit"
    assert (await scan(http, id="s2", status="delivered", at="2026-11-21T09:00:00+01:00")).status_code == 201
    late = await scan(http)
    assert (late.status_code, (await scan(http)).status_code) == (201, 200)
    assert (await scan(http, location="Bonn")).status_code == 409
    assert (await scan(http, id="s3", status="teleported")).status_code == 400
    assert (await scan(http, id="s3", at="2026-11-21T09:00:00")).status_code == 400
    track = (await http.get("/carrier/track/BH1001R1")).json()
    assert track["status"] == "delivered"
    assert [seen["id"] for seen in track["scans"]] == ["s1", "s2"]
    page = await http.get("/carrier/tracking/BH1001R1")
    assert (page.status_code, "Delivered" in page.text, "Berlin" in page.text) == (200, True, True)


async def test_a_scan_id_belongs_to_one_parcel(http: httpx2.AsyncClient) -> None:
    await buy(http)
    await buy(http, number="BH1001R2", reference="label:r2:1")
    assert (await scan(http)).status_code == 201
    assert (await http.post("/carrier/labels/BH1001R2/scans", json=SCAN)).status_code == 409


async def test_the_shoppers_address_is_neither_shown_nor_kept(http: httpx2.AsyncClient, tmp_path: Path) -> None:
    bought = await buy(http)
    pages = [await http.get(path) for path in ("/", "/carrier/tracking/BH1001R1", "/carrier/track/BH1001R1")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("simulators.db*"))
    for text in ("Lovelace", "Secret Street"):
        assert text not in bought.text
        assert not any(text in page.text for page in pages)
        assert text.encode() not in kept


async def test_labels_and_scans_are_still_there_after_a_restart(start: Start) -> None:
    async with start() as url, httpx2.AsyncClient(base_url=url, verify=False) as http:
        await buy(http)
        await scan(http)
    async with start() as url, httpx2.AsyncClient(base_url=url, verify=False) as http:
        assert (await buy(http)).status_code == 200
        assert (await http.get("/carrier/track/BH1001R1")).json()["status"] == "in_transit"


async def test_label_files_are_served_by_a_strict_name(http: httpx2.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "BH1.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "labels" / "notes.txt").write_text("no")
    (tmp_path / "secret.pdf").write_text("no")
    served = await http.get("/labels/BH1.pdf")
    assert (served.content, served.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    for name in ("BH2.pdf", "notes.txt", "..%2fsecret.pdf", "%2e%2e/secret.pdf", ".pdf", "BH1.pdf%00"):
        assert (await http.get(f"/labels/{name}")).status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"id": "\\ud800"}', b"1e999"])
async def test_garbage_is_refused_not_crashed_on(http: httpx2.AsyncClient, body: bytes) -> None:
    await buy(http)
    headers = {**AUTH, "Content-Type": "application/json"}
    for path in ("/carrier/labels", "/carrier/labels/BH1001R1/scans"):
        answer = await http.post(path, content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]


async def test_the_index_links_everything(http: httpx2.AsyncClient) -> None:
    await buy(http)
    page = await http.get("/")
    for path in (
        "/mails",
        "/mails.json",
        "/carrier/labels.json",
        "/stripe/_control/calls",
        "/carrier/tracking/BH1001R1",
    ):
        assert f'href="{path}"' in page.text
        assert (await http.get(path)).status_code == 200


async def test_other_host_names_get_no_answer(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/mails.json", headers={"Host": "evil.example"})).status_code == 400


async def test_a_busy_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    taken = listen(0)
    port = taken.getsockname()[1]
    with pytest.raises(OSError) as busy:
        async with running(build(tmp_path, f"http://127.0.0.1:{port}"), port):
            pytest.fail("served on a port that is taken")
    assert busy.value.errno == errno.EADDRINUSE
    taken.close()
    async with running(build(tmp_path, f"http://127.0.0.1:{port}"), port) as url:
        assert url == f"http://127.0.0.1:{port}"


async def test_it_stops_promptly_while_a_caller_waits_and_leaves_signals_alone(start: Start) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with start() as url, httpx2.AsyncClient(base_url=url, timeout=60, verify=False) as http:
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
        await http.post("/stripe/_control/payment_intents", json={"id": "pi_1", "amount": 100, "currency": "eur"})
        await http.post("/stripe/_control/hold", json={"hold": True})
        headers = {"Authorization": "Bearer sk_test_1"}
        held = asyncio.create_task(http.post("/stripe/v1/refunds", data={"payment_intent": "pi_1"}, headers=headers))
        async with asyncio.timeout(10):
            while (await http.get("/stripe/_control/calls")).json()["created"] == 0:
                await asyncio.sleep(0.01)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 5
    with pytest.raises(httpx2.TransportError):
        await held
