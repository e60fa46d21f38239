"""The real SDK against a server of ours: what goes out is what SendGrid describes, and every failure has a name."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import ssl
import traceback
import urllib.error
from email.message import Message
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest
import python_http_client.exceptions
from jsonschema import Draft202012Validator
from sendgrid import SendGridAPIClient

from activities.mail import Letter, OutcomeUnknown
from activities.mail.render import Renderer
from activities.mail.via_sendgrid import SendGridMail
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.notice import NoticeKind
from tests.loopback import Answer, Loopback, closed_port, loopback
from tests.mail.notices import NAME, TO, notice

API_KEY = "SG.secret-of-the-shop"
TAKEN = Answer(202, headers={"X-Message-Id": "sg-1"})
SPEC = json.loads((Path(__file__).parents[2] / "embedded/simulators/data/tsg_mail_v3.json").read_text())
BODY = {"$ref": "#/components/requestBodies/PostMailSend/content/application~1json/schema"}
OFFICIAL = Draft202012Validator({**SPEC, **BODY}, format_checker=Draft202012Validator.FORMAT_CHECKER)
LETTER = Letter(
    key="notice:R-1001:approved:1", kind="approved", case="R-1001", to=TO, name=NAME, subject="s", text="t", html="h"
)


def mail(host: str, timeout: float = 10) -> SendGridMail:
    return SendGridMail(API_KEY, "returns@shop.example", "Nordlicht, Söhne", host=host, timeout=timeout)


def send(answer: Answer, letter: Letter = LETTER, timeout: float = 10) -> tuple[str, Loopback]:
    with loopback(lambda _: answer) as server:
        return mail(server.url, timeout).send(letter), server


def silent(error: BaseException) -> bool:
    """Whether an error, printed with all that it carries, tells neither the key nor the person."""
    told = "".join(traceback.format_exception(error))
    return not [secret for secret in (API_KEY, TO, NAME) if secret in told]


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_is_valid_by_the_official_description(kind: NoticeKind) -> None:
    letter = Renderer("Nordlicht")(notice(kind), TO, NAME)
    message_id, server = send(TAKEN, letter)
    assert message_id == "sg-1"
    (seen,) = server.seen
    assert seen.path == "/v3/mail/send"
    assert seen.headers["authorization"] == f"Bearer {API_KEY}"
    assert [error.message for error in OFFICIAL.iter_errors(seen.body)] == []
    assert seen.body == {
        "personalizations": [
            {"to": [{"email": TO, "name": NAME}], "custom_args": {"message_key": letter.key, "case": "R-1001"}}
        ],
        "from": {"email": "returns@shop.example", "name": "Nordlicht, Söhne"},
        "subject": letter.subject,
        "content": [{"type": "text/plain", "value": letter.text}, {"type": "text/html", "value": letter.html}],
        "categories": ["returns", kind.value],
        "headers": {"X-Message-Key": letter.key},
    }


def test_the_official_description_would_find_a_fault() -> None:
    # It types custom_args at the root as a string, which is why ours stand on the personalization.
    good = send(TAKEN)[1].seen[0].body
    faults: list[dict[str, object]] = [
        {"custom_args": {"a": "b"}},
        {"from": {}},
        {"subject": ""},
        {"personalizations": [{}]},
    ]
    for fault in faults:
        assert not OFFICIAL.is_valid(good | fault)


def test_a_person_without_a_name_has_none_in_the_mail() -> None:
    _, server = send(TAKEN, LETTER.model_copy(update={"name": ""}))
    assert server.seen[0].body["personalizations"][0]["to"] == [{"email": TO}]
    assert OFFICIAL.is_valid(server.seen[0].body)


def test_nothing_of_one_mail_is_in_the_next() -> None:
    other = LETTER.model_copy(update={"key": "notice:R-2:approved:1", "case": "R-2", "to": "bob@example.org"})
    with loopback(lambda _: TAKEN) as server:
        ours = mail(server.url)
        ours.send(LETTER)
        ours.send(other)
    assert "R-1001" not in str(server.seen[1])
    assert TO not in str(server.seen[1])


@pytest.mark.parametrize("status", [401, 403])
def test_a_bad_key_is_for_the_operator_to_mend(status: int) -> None:
    with pytest.raises(Unavailable, match="SendGrid does not accept the API key") as error:
        send(Answer(status, '{"errors": [{"message": "authorization required"}]}'))
    assert silent(error.value)


@pytest.mark.parametrize("status", [404, 405, 408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ({"Retry-After": "17"}, 17),
        ({}, None),
        ({"Retry-After": "soon"}, None),
        # More than a mail may wait, and more than Temporal can count.
        ({"Retry-After": "99999999"}, 3600),
        ({"Retry-After": "9" * 20}, None),
    ],
)
def test_an_answer_that_is_not_about_the_mail_is_tried_again(
    status: int, header: dict[str, str], wait: int | None
) -> None:
    with pytest.raises(Unavailable, match=str(status)) as error:
        send(Answer(status, "<html>busy</html>", header))
    assert error.value.retry_after == wait
    assert silent(error.value)


@pytest.mark.parametrize("status", [400, 413])
def test_an_answer_about_the_mail_is_final_and_names_the_field_only(status: int) -> None:
    field = "personalizations.0.to.0.email"
    body = {"errors": [{"message": f"{TO} is not valid", "field": field}, {"message": TO, "field": TO}]}
    with pytest.raises(Refused, match=field) as error:
        send(Answer(status, json.dumps(body)))
    assert error.value.code == "mail_refused"
    assert silent(error.value)


def test_nobody_listening_means_not_taken() -> None:
    with pytest.raises(Unavailable, match="ConnectionRefusedError") as error:
        mail(closed_port()).send(LETTER)
    assert silent(error.value)


def test_an_unknown_host_means_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unavailable, match="gaierror"):
        mail("http://mail.invalid").send(LETTER)


@pytest.mark.parametrize(
    ("answer", "timeout"),
    [
        (Answer(hang=True), 0.1),
        (Answer(drop=True), 10),
        (Answer(202), 10),
        (Answer(202, headers={"X-Message-Id": "sg-1", "Transfer-Encoding": "chunked"}, body="garbage"), 10),
    ],
    ids=["no answer", "dropped", "no message id", "cut short"],
)
def test_no_usable_answer_after_handing_over_is_an_unknown_outcome(answer: Answer, timeout: float) -> None:
    with pytest.raises(OutcomeUnknown) as error:
        send(answer, timeout=timeout)
    assert silent(error.value)


def _classes(module: ModuleType, root: type[Exception]) -> list[type[Exception]]:
    return [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, root)]


def _made(kind: type[Exception]) -> Exception:
    if kind is urllib.error.HTTPError:
        return urllib.error.HTTPError("http://x", 500, "", Message(), BytesIO())
    if kind is urllib.error.ContentTooShortError:
        return urllib.error.ContentTooShortError("", ("", Message()))
    if issubclass(kind, python_http_client.exceptions.HTTPError):
        return kind(418, TO, TO.encode(), {})
    return kind(OSError(TO)) if kind is urllib.error.URLError else kind(TO)


VENDOR: list[type[Exception]] = [
    *_classes(python_http_client.exceptions, Exception),
    *_classes(urllib.error, OSError),
    *_classes(http.client, http.client.HTTPException),
    *_classes(socket, OSError),
    *_classes(ssl, OSError),
    ConnectionResetError,
    BrokenPipeError,
]


@pytest.mark.parametrize("kind", dict.fromkeys(VENDOR))
def test_every_exception_of_the_vendor_gets_a_name_of_ours(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise _made(kind)

    monkeypatch.setattr(SendGridAPIClient, "send", fail)
    with pytest.raises((Refused, Unavailable, OutcomeUnknown)) as error:
        mail("http://127.0.0.1:9").send(LETTER)
    assert silent(error.value)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (urllib.error.URLError(TimeoutError()), Unavailable),
        (urllib.error.URLError(ssl.SSLCertVerificationError()), Unavailable),
        (TimeoutError(), OutcomeUnknown),
        (ConnectionResetError(), OutcomeUnknown),
        (http.client.RemoteDisconnected(""), OutcomeUnknown),
        (http.client.IncompleteRead(b""), OutcomeUnknown),
    ],
)
def test_before_the_request_is_written_nothing_was_taken(
    error: Exception, ours: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(SendGridAPIClient, "send", fail)
    with pytest.raises(ours):
        mail("http://127.0.0.1:9").send(LETTER)


@pytest.mark.parametrize("key", ["", "SG.a\nb", "SG.ключ"])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(InvalidRequest, match="BACKHAUL_SENDGRID_API_KEY") as error:
        SendGridMail(key, "returns@shop.example", "Shop")
    assert not key or key not in str(error.value)


@pytest.mark.parametrize("answer", [TAKEN, Answer(500)])
def test_the_key_is_not_logged_even_at_debug(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    try:
        send(answer)
    except Unavailable:
        assert answer.status == 500
    assert API_KEY not in caplog.text
    assert TO not in caplog.text


TEMPLATE = "d-0123456789abcdef0123456789abcdef"


def test_a_notice_with_a_template_of_sendgrids_is_written_there() -> None:
    asked = notice(NoticeKind.APPROVED)
    letter = LETTER.model_copy(update={"data": {"total": asked.total, "name": NAME}})
    with loopback(lambda _: TAKEN) as server:
        ours = SendGridMail(API_KEY, "returns@shop.example", "Shop", server.url, templates={"approved": TEMPLATE})
        ours.send(letter)
        ours.send(letter.model_copy(update={"kind": "declined"}))
    with_template, without = (seen.body for seen in server.seen)
    assert OFFICIAL.is_valid(with_template)
    assert with_template["template_id"] == TEMPLATE
    assert with_template["personalizations"][0]["dynamic_template_data"] == {"total": "64.80 EUR", "name": NAME}
    assert not {"subject", "content"} & set(with_template)
    assert "template_id" not in without
    assert without["content"][0]["value"] == "t"


def test_in_the_sandbox_a_mail_is_checked_only() -> None:
    with loopback(lambda _: Answer(200)) as server:
        ours = SendGridMail(API_KEY, "returns@shop.example", "Shop", server.url, sandbox=True)
        assert ours.send(LETTER) == "sandbox"
    assert OFFICIAL.is_valid(server.seen[0].body)
    assert server.seen[0].body["mail_settings"] == {"sandbox_mode": {"enable": True}}


def test_the_host_that_we_name_for_europe_is_the_sdks_own() -> None:
    sendgrid = SendGridAPIClient(API_KEY)
    sendgrid.set_sendgrid_data_residency("eu")
    told = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    assert f"`{sendgrid.client.host}`" in told
