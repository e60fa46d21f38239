"""The codec server over HTTP: who is answered, about what, and what is said of everybody else."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict
from pydantic import SecretStr
from temporalio.api.common.v1 import Payloads

from domain.errors import InvalidRequest
from encryption import codec
from portal.codec.app import LARGEST_BODY, CodecServer
from portal.codec.people import Readers
from portal.codec.wanted import codec_server, origins
from settings import Settings
from workflows.plugin import converted

UI = "https://ui.shop.example"
FAY, OLGA = "f" * 32, "o" * 32
KEYS = {"k1": b"1" * 32}
NAMESPACE = {"X-Namespace": "returns"}
AS_FAY = {**NAMESPACE, "Authorization": f"Bearer {FAY}"}
SAID = {"order": "B-2041"}
PLAIN = {"payloads": [{"metadata": {"encoding": b64encode(b"json/plain").decode()}, "data": b64encode(b"1").decode()}]}


class Clock:
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def http(clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    decrypts = codec(KEYS)
    assert decrypts is not None
    server = CodecServer(decrypts, Readers({"fay": FAY, "olga": OLGA}), {UI}, "returns", clock)
    transport = httpx2.ASGITransport(app=server.app())
    async with httpx2.AsyncClient(transport=transport, base_url="https://codec.shop.example") as made:
        yield made


async def sealed(keys: dict[str, bytes] = KEYS) -> dict[str, Any]:
    """What the Temporal UI has of a payload."""
    return MessageToDict(Payloads(payloads=await converted(codec(keys)).encode([SAID])))


async def test_whoever_has_a_token_reads_and_the_log_says_who(
    http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answer = await http.post("/decode", json=await sealed(), headers=AS_FAY)
    (payload,) = answer.json()["payloads"]
    assert (answer.status_code, payload["data"]) == (
        200,
        b64encode(json.dumps(SAID, separators=(",", ":")).encode()).decode(),
    )
    assert answer.headers["cache-control"] == "no-store"
    assert "decode: fay, 1 payloads of returns" in caplog.messages
    assert "B-2041" not in caplog.text
    assert FAY not in caplog.text


async def test_what_people_type_into_the_ui_is_encrypted(http: httpx2.AsyncClient) -> None:
    made = (await http.post("/encode", json=PLAIN, headers=AS_FAY)).json()
    assert made["payloads"][0]["metadata"]["encoding"] == b64encode(b"binary/encrypted").decode()
    assert (await http.post("/decode", json=made, headers=AS_FAY)).json() == PLAIN


async def test_what_was_never_encrypted_comes_back_as_it_is(http: httpx2.AsyncClient) -> None:
    assert (await http.post("/decode", json=PLAIN, headers=AS_FAY)).json() == PLAIN
    assert (await http.post("/decode", json={}, headers=AS_FAY)).json() == {}


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", f"Bearer {FAY}x", f"Bearer {FAY[1:]}", f"Basic {FAY}", FAY, "Bearer fay", "Bearer §"],
)
@pytest.mark.parametrize("verb", ["decode", "encode"])
async def test_whoever_has_none_reads_nothing(http: httpx2.AsyncClient, authorization: str, verb: str) -> None:
    headers = {**NAMESPACE, "Authorization": authorization.encode()}
    answer = await http.post(f"/{verb}", json=await sealed(), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert "payloads" not in answer.json()


@pytest.mark.parametrize("namespace", [{}, {"X-Namespace": "other"}, {"X-Namespace": ""}])
async def test_another_namespace_is_not_served(http: httpx2.AsyncClient, namespace: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {FAY}", **namespace}
    answer = await http.post("/decode", json=await sealed(), headers=headers)
    assert (answer.status_code, "X-Namespace" in answer.json()["error"]["message"]) == (403, True)


async def test_only_pages_of_the_ui_may_ask(http: httpx2.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
    good = await http.options("/decode", headers={"Origin": UI, **asked})
    assert good.headers["access-control-allow-origin"] == UI
    assert good.headers["access-control-allow-credentials"] == "true"
    assert {"authorization", "content-type", "x-namespace"} <= {
        one.strip() for one in good.headers["access-control-allow-headers"].split(",")
    }
    for origin in ("https://evil.example", "null", f"{UI}.evil.example", "http://ui.shop.example", f"{UI}:8443"):
        for answer in (
            await http.options("/decode", headers={"Origin": origin, **asked}),
            await http.post("/decode", json=await sealed(), headers={**AS_FAY, "Origin": origin}),
        ):
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
    answer = await http.post("/decode", json=await sealed(), headers={**AS_FAY, "Origin": UI})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, UI)
    assert answer.headers["vary"] == "Origin"


async def test_a_refusal_can_be_read_by_the_ui(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/decode", json=await sealed(), headers={**NAMESPACE, "Origin": UI})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, UI)


async def test_a_browser_signs_in_for_twelve_hours(http: httpx2.AsyncClient, clock: Clock) -> None:
    assert "Token" in (await http.get("/")).text
    signed = await http.post("/", data={"token": FAY})
    assert signed.status_code == 303
    cookie = signed.headers["set-cookie"]
    assert FAY not in cookie
    assert {"HttpOnly", "SameSite=strict", "Secure", "Max-Age=43200"} <= set(cookie.split("; "))
    from_ui = {**NAMESPACE, "Origin": UI}
    assert (await http.post("/decode", json=await sealed(), headers=from_ui)).status_code == 200
    # A cookie alone is no word of its owner: whatever a browser sends has it.
    assert (await http.post("/decode", json=await sealed(), headers=NAMESPACE)).status_code == 401
    clock.now += timedelta(hours=12, seconds=1)
    assert (await http.post("/decode", json=await sealed(), headers=from_ui)).status_code == 401


async def test_nobody_signs_in_without_a_token(http: httpx2.AsyncClient) -> None:
    for body in (b"", b"token=", b"token=wrong", b"token=%ff", b"\xff", b"token=" + b"x" * 2000):
        answer = await http.post("/", content=body)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


def test_a_session_is_its_owners_and_cannot_be_made() -> None:
    now = Clock.now
    readers = Readers({"fay": FAY, "olga": OLGA})
    session = readers.session("fay", now)
    name, until, signature = session.split(".")
    assert readers.by_session(session, now) == "fay"
    forged = (
        f"olga.{until}.{signature}",
        f"{name}.{int(until) + 60}.{signature}",
        f"{name}.{until}.",
        f"{name}.x.{signature}",
    )
    for one in ("", "fay", "fay..", "...", "fay.§.§", *forged):
        assert readers.by_session(one, now) == ""
    assert Readers({"olga": OLGA}).by_session(session, now) == ""
    assert Readers({"fay": "n" * 32}).by_session(session, now) == ""


async def test_a_key_that_is_not_known_is_named(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/decode", json=await sealed({"k9": b"9" * 32}), headers=AS_FAY)
    assert (answer.status_code, "'k9'" in answer.json()["error"]["message"]) == (422, True)
    answer = await http.post("/decode", json=await sealed({"k1": b"9" * 32}), headers=AS_FAY)
    assert (answer.status_code, "was changed" in answer.json()["error"]["message"]) == (422, True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"\xff",
        b'{"payloads": 1}',
        b'{"payloads": [{"data": {}}]}',
        b'{"other": []}',
        b'{"payloads": [{"metadata": {"encoding": 5}}]}',
        b"[" * 100_000,
        b'{"payloads":' * 50_000,
    ],
    ids=str,
)
async def test_what_is_no_payloads_is_told_so(http: httpx2.AsyncClient, body: bytes) -> None:
    answer = await http.post("/decode", content=body, headers=AS_FAY)
    assert (answer.status_code, "Temporal's JSON" in answer.json()["error"]["message"]) == (400, True)


async def test_too_much_is_not_read(http: httpx2.AsyncClient) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1024 * 1024

    assert (await http.post("/decode", content=body(), headers=AS_FAY)).status_code == 413
    assert sent <= LARGEST_BODY // (1024 * 1024) + 1


async def test_other_ways_are_not_there(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/decode", headers=AS_FAY)).status_code == 405
    assert (await http.get("/other")).status_code == 404
    assert (await http.get("/health")).json() == {"ready": True}


def test_a_deployment_without_keys_or_tokens_has_none(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "returns")
    keys = SecretStr(f"k1:{b64encode(b'1' * 32).decode()}")
    with pytest.raises(InvalidRequest, match="BACKHAUL_PAYLOAD_KEYS"):
        codec_server(Settings(codec_tokens=SecretStr(f"fay:{FAY}")))
    with pytest.raises(InvalidRequest, match="BACKHAUL_CODEC_TOKENS"):
        codec_server(Settings(payload_keys=keys))
    codec_server(Settings(payload_keys=keys, codec_tokens=SecretStr(f"fay:{FAY}")))


def test_the_ui_of_the_deployment_may_ask() -> None:
    assert origins(Settings(ui_url="http://127.0.0.1:8080/namespaces")) == {"http://127.0.0.1:8080"}
    more = Settings(ui_url=UI, codec_origins=("http://127.0.0.1:8081",))
    assert origins(more) == {UI, "http://127.0.0.1:8081"}
    assert origins(Settings()) == set()
