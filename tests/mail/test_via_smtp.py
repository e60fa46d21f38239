"""Real SMTP with a server of ours: what goes out reads back the same, and every failure has a name."""

from __future__ import annotations

import smtplib
import ssl
import traceback
from collections.abc import Callable, Iterator

import pytest

from activities.mail import Letter, OutcomeUnknown
from activities.mail.render import Renderer
from activities.mail.via_smtp import SmtpMail
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.notice import NoticeKind
from tests.loopback import closed_port
from tests.mail.notices import NAME, TO, notice
from tests.mail.smtp import DROP, HANG, PASSWORD, Postman, certificate, postman, with_login

LETTER = Letter(
    key="notice:R-1001:approved:1", kind="approved", case="R-1001", to=TO, name=NAME, subject="s", text="t", html="h"
)
LOGIN = "shop:sec%3Aret%401@"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def servers(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[tuple[Postman, SmtpMail]]:
    """A server with STARTTLS and login, and our adapter on it; for the whole module, because a start takes time."""
    with postman(**with_login(tls[0])) as (there, port):
        yield there, SmtpMail(f"smtp://{LOGIN}127.0.0.1:{port}", "returns@shop.example", "Söhne", 2, tls[1])


@pytest.fixture
def there(servers: tuple[Postman, SmtpMail]) -> Postman:
    servers[0].__init__()  # type: ignore[misc]
    return servers[0]


@pytest.fixture
def ours(servers: tuple[Postman, SmtpMail]) -> SmtpMail:
    return servers[1]


def silent(error: BaseException) -> bool:
    """Whether an error, printed with all that it carries, tells neither the password nor the person."""
    told = "".join(traceback.format_exception(error))
    return not [secret for secret in (PASSWORD, TO, NAME) if secret in told]


def test_a_mail_comes_in_as_it_was_written(there: Postman, ours: SmtpMail) -> None:
    letter = Renderer("Nordlicht")(notice(NoticeKind.APPROVED), TO, "Ada Lövelace")
    letter = letter.model_copy(update={"text": f".\r\n..x\n{letter.text}"})
    message_id = ours.send(letter)
    (mail,) = there.taken
    assert there.receivers == [TO]
    assert mail["To"].addresses[0].display_name == "Ada Lövelace"
    assert str(mail["From"]) == "Söhne <returns@shop.example>"
    assert (str(mail["Subject"]), mail["Message-ID"]) == (letter.subject, message_id)
    assert (mail["X-Message-Key"], mail["Auto-Submitted"]) == (letter.key, "auto-generated")
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert [text.get_content_type(), html.get_content_type()] == ["text/plain", "text/html"]
    assert text.get_content().split() == letter.text.split()
    assert html.get_content().split() == letter.html.split()
    assert max(map(len, there.raw[0].splitlines())) <= 998
    assert there.raw[0].isascii()


def test_the_same_mail_has_the_same_message_id_and_another_has_another(there: Postman, ours: SmtpMail) -> None:
    first, again = ours.send(LETTER), ours.send(LETTER)
    other = ours.send(LETTER.model_copy(update={"key": "notice:R-1001:approved:2"}))
    assert first == again != other
    assert [mail["Message-ID"] for mail in there.taken] == [first, again, other]


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "Hello\r\nBcc: eve@example.org\r\n\r\nbody"},
        {"name": 'Ada"\r\nBcc: eve@example.org'},
        {"subject": "x" * 10_000, "name": "ä" * 10_000},
        {"subject": "\ud800 \x00\u2028 ok", "text": "\ud800", "html": "\ud800"},
        {"name": "=?utf-8?q?=0d=0aBcc:_eve@example.org?="},
        {
            "subject": "=?utf-8?q?=0d=0aBcc:_eve@example.org?=",
            "name": "=\r\n?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLm9yZw==?=",
        },
    ],
)
def test_what_comes_from_outside_makes_no_header(there: Postman, ours: SmtpMail, changed: dict[str, str]) -> None:
    ours.send(LETTER.model_copy(update=changed))
    (mail,) = there.taken
    assert mail["Bcc"] is None
    assert [one.addr_spec for one in mail["To"].addresses] == [TO]
    assert there.receivers == [TO]
    expected = {"From", "To", "Subject", "Date", "Message-ID", "X-Message-Key", "Auto-Submitted", "MIME-Version"}
    assert set(mail.keys()) == expected | {"Content-Type"}


@pytest.mark.parametrize(
    "address", ["", "ada", "a@b\r\nRCPT TO:<eve@example.org>", "a b@c.de", "ada@", "@c.de", "<a@b.de>", "a,b@c.de"]
)
def test_what_is_no_address_is_refused_before_anybody_is_called(address: str) -> None:
    nobody = SmtpMail("smtp+plain://127.0.0.1:1", "returns@shop.example", "Shop")
    with pytest.raises(Refused, match="none that can be written to") as error:
        nobody.send(LETTER.model_copy(update={"to": address}))
    assert not address or address not in str(error.value)


@pytest.mark.parametrize(("to", "sent_to"), [("adä@exämple.org", "adä@xn--exmple-cua.org"), ("ada@exämple.org", None)])
def test_addresses_in_other_scripts(there: Postman, ours: SmtpMail, to: str, sent_to: str | None) -> None:
    ours.send(LETTER.model_copy(update={"to": to}))
    assert there.receivers == [sent_to or "ada@xn--exmple-cua.org"]


COMMANDS = ("EHLO", "AUTH", "MAIL", "RCPT", "DATA", "END")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("code", [421, 450, 550])
def test_every_answer_gets_a_name_of_ours(there: Postman, ours: SmtpMail, command: str, code: int) -> None:
    there.faults[command] = f"{code} no {TO}"
    about_the_mail = code == 550 and command in ("RCPT", "DATA", "END")
    with pytest.raises(Refused if about_the_mail else Unavailable) as error:
        ours.send(LETTER)
    assert silent(error.value)
    assert not there.taken


def test_any_yes_after_the_end_is_one(there: Postman, ours: SmtpMail) -> None:
    there.faults["END"] = "251 will forward"
    assert ours.send(LETTER).endswith("@shop.example>")


@pytest.mark.parametrize("answer", ["hello", "199 well", "354 go on"])
def test_an_answer_after_the_end_that_is_neither_yes_nor_no_leaves_it_unknown(
    there: Postman, ours: SmtpMail, answer: str
) -> None:
    there.faults["END"] = answer
    with pytest.raises(OutcomeUnknown):
        ours.send(LETTER)


def test_a_login_that_makes_no_sense_means_not_taken(there: Postman, ours: SmtpMail) -> None:
    there.faults["AUTH"] = "334 x"  # what to answer to should be base64
    with pytest.raises(Unavailable, match="the mail was not taken"):
        ours.send(LETTER)


@pytest.mark.parametrize("code", [503, 530])
def test_a_no_that_is_about_our_login_costs_nobody_their_mail(there: Postman, ours: SmtpMail, code: int) -> None:
    there.faults["RCPT"] = f"{code} who are you"
    with pytest.raises(Unavailable):
        ours.send(LETTER)


@pytest.mark.parametrize("command", ["STARTTLS", *COMMANDS])
def test_only_a_mail_whose_end_was_said_can_be_on_its_way(there: Postman, ours: SmtpMail, command: str) -> None:
    there.faults[command] = DROP
    with pytest.raises(OutcomeUnknown if command == "END" else Unavailable) as error:
        ours.send(LETTER)
    assert silent(error.value)


@pytest.mark.parametrize("command", ["MAIL", "END"])
def test_a_server_that_falls_silent_is_not_waited_for(
    there: Postman, ours: SmtpMail, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "_timeout", 0.2)
    there.faults[command] = HANG
    with pytest.raises(OutcomeUnknown if command == "END" else Unavailable):
        ours.send(LETTER)


def test_a_mail_too_long_for_the_server_is_refused(there: Postman, ours: SmtpMail) -> None:
    there.faults["MAIL"] = "552 too much"
    with pytest.raises(Refused):
        ours.send(LETTER)


def test_a_wrong_password_is_for_the_operator_to_mend(servers: tuple[Postman, SmtpMail], ours: SmtpMail) -> None:
    wrong = ours._server._replace(password="wrong-one")
    mail = SmtpMail("smtp://127.0.0.1", "returns@shop.example", "Shop", 2, ours._trust)
    mail._server = wrong
    with pytest.raises(Unavailable, match="BACKHAUL_SMTP_URL") as error:
        mail.send(LETTER)
    assert "wrong-one" not in "".join(traceback.format_exception(error.value))


def test_a_stranger_in_the_middle_gets_no_password(ours: SmtpMail) -> None:
    mail = SmtpMail("smtp://127.0.0.1", "returns@shop.example", "Shop", 2)
    mail._server = ours._server
    with pytest.raises(Unavailable, match="SSLCertVerificationError"):
        mail.send(LETTER)


def test_tls_from_the_start_and_none_at_all(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with postman(tls[0]) as (there, port):
        SmtpMail(f"smtps://127.0.0.1:{port}", "returns@shop.example", "Shop", 2, tls[1]).send(LETTER)
        assert len(there.taken) == 1
    with postman() as (there, port):
        SmtpMail(f"smtp+plain://127.0.0.1:{port}", "returns@shop.example", "Shop", 2).send(LETTER)
        with pytest.raises(Unavailable, match="no TLS"):
            SmtpMail(f"smtp://127.0.0.1:{port}", "returns@shop.example", "Shop", 2).send(LETTER)
        assert len(there.taken) == 1


def test_nobody_listening_means_not_taken() -> None:
    port = closed_port().rpartition(":")[2]
    with pytest.raises(Unavailable, match="ConnectionRefusedError"):
        SmtpMail(f"smtp+plain://127.0.0.1:{port}", "returns@shop.example", "Shop").send(LETTER)


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "http://mail.example", "smtp://", "smtp://user@mail.example", "smtp://mail.example:port",
     "smtp+plain://user:secret@mail.example", "smtp://user:sécret@mail.example"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(InvalidRequest, match="BACKHAUL_SMTP_URL") as error:
        SmtpMail(url, "returns@shop.example", "Shop")
    assert "secret" not in str(error.value)
    assert "sécret" not in str(error.value)


def _classes() -> list[type[Exception]]:
    found = [one for one in vars(smtplib).values() if isinstance(one, type) and issubclass(one, smtplib.SMTPException)]
    return [*found, TimeoutError, ConnectionResetError, BrokenPipeError, ssl.SSLError, OSError]


def _made(kind: type[Exception]) -> Exception:
    if kind is smtplib.SMTPSenderRefused:
        return kind(550, TO.encode(), TO)
    if kind is smtplib.SMTPRecipientsRefused:
        return kind({TO: (550, b"no")})
    return kind(550, TO.encode()) if issubclass(kind, smtplib.SMTPResponseException) else kind(TO)


@pytest.mark.parametrize("kind", dict.fromkeys(_classes()))
@pytest.mark.parametrize(
    ("step", "ours_for"), [("ehlo", Unavailable), ("mail", Unavailable), ("getreply", OutcomeUnknown)]
)
def test_every_exception_of_the_library_gets_a_name_of_ours(
    kind: type[Exception],
    step: str,
    ours_for: type[Exception],
    there: Postman,
    ours: SmtpMail,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise _made(kind)

    if step == "getreply":  # the one after the mail's end
        told: Callable[[smtplib.SMTP, bytes], None] = smtplib.SMTP.send

        def send(smtp: smtplib.SMTP, said: bytes) -> None:
            if said == b".\r\n":
                fail()
            told(smtp, said)

        monkeypatch.setattr(smtplib.SMTP, "send", send)
    else:
        monkeypatch.setattr(smtplib.SMTP, step, fail)
    with pytest.raises(ours_for) as error:
        ours.send(LETTER)
    assert silent(error.value)
