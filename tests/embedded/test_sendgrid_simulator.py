"""The SendGrid simulator and the shopper's inbox, through SendGrid's own SDK."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any

import httpx2
import pytest
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Attachment, Category, CustomArg, From, Header, HtmlContent, Mail, PlainTextContent, To

from portal import signatures
from tests.loopback import Answer, loopback
from tests.portal import vendors
from tests.world import until

Start = Callable[[], AbstractAsyncContextManager[str]]

KEY = "SG.test.backhaul"

MAIL: dict[str, Any] = {
    "personalizations": [{"to": [{"email": "ada@example.com"}], "custom_args": {"case": "r1", "key": "notice:r1:a:1"}}],
    "from": {"email": "returns@shop.example", "name": "The Shop"},
    "subject": "Your return",
    "content": [{"type": "text/plain", "value": "Hello"}, {"type": "text/html", "value": "<p>Hello</p>"}],
}


def send(url: str, mail: Any, key: str = KEY) -> Any:
    client = SendGridAPIClient(key, host=f"{url}/sendgrid")
    client.client.timeout = 10
    return client.send(mail)


async def sent(url: str, mail: Any = MAIL, key: str = KEY) -> str:
    answer = await asyncio.to_thread(send, url, mail, key)
    assert (answer.status_code, answer.body) == (202, b"")
    return str(answer.headers["X-Message-Id"])


async def refused(url: str, mail: Any, key: str = KEY) -> tuple[int, dict[str, Any]]:
    with pytest.raises(HTTPError) as error:
        await asyncio.to_thread(send, url, mail, key)
    errors = json.loads(error.value.body)["errors"]
    assert set(errors[0]) == {"message", "field", "help"}
    return error.value.status_code, errors[0]


def changed(path: str, value: object) -> dict[str, Any]:
    """The mail with one value replaced, or removed if None."""
    mail = copy.deepcopy(MAIL)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    at: Any = mail
    for part in way:
        at = at[part]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return mail


async def test_what_the_sdk_builds_arrives_as_it_was_written(url: str, http: httpx2.AsyncClient) -> None:
    mail = Mail(
        from_email=From("returns@shop.example", "The Shop"),
        to_emails=To("ada@example.com", "Ada"),
        subject="Your return",
        plain_text_content=PlainTextContent("Hello Ada"),
        html_content=HtmlContent("<p>Hello Ada</p>"),
    )
    # The SDK puts these two at the root, where the published description has their type wrong.
    mail.add_custom_arg(CustomArg("case", "r1"))
    mail.add_category(Category("returns"))
    mail.add_header(Header("X-Return", "r1"))
    mail.add_attachment(Attachment("JVBERi0=", "label.pdf", "application/pdf"))
    id = await sent(url, mail)
    (got,) = (await http.get("/mails.json", params={"case": "r1", "to": "ADA@example.com"})).json()
    assert (got["id"], got["to"], got["subject"]) == (id, "ada@example.com", "Your return")
    assert (got["text"], got["html"]) == ("Hello Ada", "<p>Hello Ada</p>")
    assert (got["custom_args"], got["categories"]) == ({"case": "r1"}, ["returns"])
    assert got["headers"] == {"X-Return": "r1"}
    assert got["attachments"] == [{"filename": "label.pdf", "type": "application/pdf"}]
    assert got["received_at"].endswith("Z")
    assert (await http.get("/mails.json", params={"case": "r2"})).json() == []
    assert (await http.get("/mails.json", params={"to": "bob@example.com"})).json() == []


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("from", None, "body"),
        ("personalizations", [], "personalizations"),
        ("personalizations.0.to", [], "personalizations.0.to"),
        ("personalizations.0.to.0.email", "not an address", "personalizations.0.to.0.email"),
        ("from.email", "returns@localhost", "from.email"),
        ("from.name", "Shop\r\nBcc: x@y.example", "from.name"),
        ("personalizations.0.cc", [{"email": "ADA@example.com"}], "personalizations"),
        ("personalizations.0.custom_args.case", 7, "personalizations.0.custom_args.case"),
        ("personalizations.0.custom_args.case", "x" * 10_000, "personalizations.0.custom_args"),
        ("personalizations.0.colour", "red", "personalizations.0.colour"),
        ("subject", None, "subject"),
        ("subject", "  ", "subject"),
        ("subject", "Your return\nBcc: x@y.example", "subject"),
        ("content", None, "content"),
        ("content", [], "content"),
        ("content.0.value", "", "content.0.value"),
        ("content.0.value", " \n", "content.0.value"),
        ("content.0.type", "text/html; charset=x", "content.0.type"),
        ("content.0.type", "text/html", "content"),
        ("content", [MAIL["content"][1], MAIL["content"][0]], "content"),
        ("categories", [str(n) for n in range(11)], "categories"),
        ("categories", ["a", "a"], "categories"),
        ("headers", {"Bcc": "x@y.example"}, "headers.Bcc"),
        ("headers", {"X-Return": "r1\nBcc: x@y.example"}, "headers"),
        ("custom_args", "case=r1", "custom_args"),
        ("send_at", 1_900_000_000, "send_at"),
        ("template_id", "d-1", "template_id"),
        ("colour", "red", "colour"),
    ],
)
async def test_what_is_wrong_is_refused_with_its_field(
    url: str, http: httpx2.AsyncClient, path: str, value: object, field: str
) -> None:
    status, error = await refused(url, changed(path, value))
    assert (status, error["field"]) == (400, field)
    assert "ada@example.com" not in error["message"].lower()
    assert (await http.get("/mails.json")).json() == []


@pytest.mark.parametrize("key", ["sk_test_1", "SG.", ""])
async def test_only_sendgrid_keys_are_let_in(url: str, key: str) -> None:
    status, error = await refused(url, MAIL, key)
    assert (status, error["field"]) == (401, None)


async def test_every_personalization_is_a_mail(url: str, http: httpx2.AsyncClient) -> None:
    others = [*MAIL["personalizations"], {"to": [{"email": "bob@example.com"}], "subject": "For Bob"}]
    id = await sent(url, changed("personalizations", others))
    mails = (await http.get("/mails.json")).json()
    assert [(mail["id"], mail["to"], mail["subject"]) for mail in mails] == [
        (f"{id}.1", "bob@example.com", "For Bob"),
        (id, "ada@example.com", "Your return"),
    ]


async def test_the_sandbox_checks_but_does_not_send(url: str, http: httpx2.AsyncClient) -> None:
    answer = await asyncio.to_thread(send, url, changed("mail_settings", {"sandbox_mode": {"enable": True}}))
    assert answer.status_code == 200
    assert (await http.get("/mails.json")).json() == []


@pytest.mark.parametrize("status", [429, 503])
async def test_an_outage_is_one_call_long_and_takes_nothing(url: str, http: httpx2.AsyncClient, status: int) -> None:
    await http.post("/sendgrid/_control/next", json={"status": status})
    assert (await refused(url, MAIL))[0] == status
    assert (await http.get("/mails.json")).json() == []
    await sent(url)


async def test_a_dropped_answer_leaves_the_mail_taken(url: str, http: httpx2.AsyncClient) -> None:
    await http.post("/sendgrid/_control/next", json={"status": "drop_after"})
    with pytest.raises((HTTPException, OSError)):
        await asyncio.to_thread(send, url, MAIL)
    assert len((await http.get("/mails.json")).json()) == 1
    await sent(url)


async def test_yesterdays_mails_are_still_there(start: Start) -> None:
    async with start() as url:
        id = await sent(url)
    async with start() as url, httpx2.AsyncClient(base_url=url, verify=False) as http:
        assert [mail["id"] for mail in (await http.get("/mails.json")).json()] == [id]
        assert (await http.get(f"/mails/{id}")).status_code == 200


async def test_the_inbox_shows_a_hostile_mail_harmlessly(url: str, http: httpx2.AsyncClient) -> None:
    hostile = """</iframe>"><script>alert(1)</script>"""
    mail = changed("subject", hostile)
    mail["content"] = [{"type": "text/plain", "value": hostile}, {"type": "text/html", "value": hostile}]
    mail["from"]["name"] = hostile
    id = await sent(url, mail)
    listed, shown = await http.get("/mails"), await http.get(f"/mails/{id}")
    for page in (listed, shown):
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "ada@example.com" in page.text
    assert "allow-scripts" not in shown.text
    assert shown.text.count("</iframe>") == 1
    assert (await http.get("/mails/none")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"a": NaN}', b"[" * 100_000, b'{"subject": "\\ud800"}', b"1e999"],
)
async def test_garbage_is_refused_not_crashed_on(http: httpx2.AsyncClient, body: bytes) -> None:
    for path in ("/sendgrid/v3/mail/send", "/sendgrid/_control/next"):
        for kind, status in (("application/json", 400), ("text/plain", 415)):
            headers = {"Authorization": f"Bearer {KEY}", "Content-Type": kind}
            answer = await http.post(path, content=body, headers=headers)
            assert answer.status_code == status
            assert answer.json()["errors"][0]["message"]


async def test_a_dynamic_template_needs_no_text_of_ours_and_shows_its_data(url: str, http: httpx2.AsyncClient) -> None:
    mail = {**MAIL, "template_id": f"d-{'0' * 32}"}
    del mail["subject"], mail["content"]
    mail["personalizations"] = [{**MAIL["personalizations"][0], "dynamic_template_data": {"total": "5 EUR"}}]
    await sent(url, mail)
    (shown,) = (await http.get(f"{url}/mails.json")).json()
    assert (shown["subject"], json.loads(shown["text"])) == (f"Template d-{'0' * 32}", {"total": "5 EUR"})


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("ada@example.com", ["processed", "delivered"]),
        ("bounce@simulator.example", ["processed", "bounce"]),
        ("spam@simulator.example", ["processed", "delivered", "spamreport"]),
    ],
)
async def test_what_became_of_a_mail_is_told_signed(
    url: str, http: httpx2.AsyncClient, to: str, told: list[str]
) -> None:
    with loopback(lambda _: Answer()) as portal:
        given = {"url": f"{portal.url}/webhooks/sendgrid", "key": "4711"}
        (await http.post(f"{url}/sendgrid/_control/event_webhook", json=given)).raise_for_status()
        message_id = await sent(url, changed("personalizations.0.to", [{"email": to}]))
        await until(lambda: len(portal.seen) == len(told), "the events")
    events = [seen.body[0] for seen in portal.seen]
    assert [one["event"] for one in events] == told
    assert {(one["sg_message_id"].partition(".")[0], one["case"]) for one in events} == {(message_id, "r1")}
    assert len({one["sg_event_id"] for one in events}) == len(told)
    first = portal.seen[0]
    body = json.dumps(first.body).encode() + b"\r\n"
    assert signatures.sendgrid(body, first.headers, [vendors.public("4711")], datetime.now(UTC)) == ""
