"""What the mail room asks of a provider, asked of each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from activities.mail import Letter, Mail, OutcomeUnknown
from activities.mail.render import Renderer
from activities.mail.via_sendgrid import SendGridMail
from activities.mail.via_smtp import SmtpMail
from domain.errors import Refused, Unavailable
from domain.notice import NoticeKind
from tests.loopback import Answer, Seen, loopback
from tests.mail.notices import NAME, TO, notice
from tests.mail.smtp import DROP, postman


@dataclass
class Provider:
    """An adapter, what its provider has taken (receiver, our key), and how to spoil its next calls."""

    mail: Mail
    taken: Callable[[], list[tuple[str, str]]]
    spoil: Callable[[str], None]


@contextmanager
def sendgrid() -> Iterator[Provider]:
    answers = {
        "": Answer(202, headers={"X-Message-Id": "sg-1"}),
        "refused": Answer(400, '{"errors": [{"field": "personalizations.0.to.0.email"}]}'),
        "unavailable": Answer(503),
        "unknown": Answer(drop=True),
    }
    now, taken = [""], []

    def answer(seen: Seen) -> Answer:
        envelope = seen.body["personalizations"][0]
        if now[0] in ("", "unknown"):
            taken.append((envelope["to"][0]["email"], envelope["custom_args"]["message_key"]))
        return answers[now[0]]

    with loopback(answer) as server:
        mail = SendGridMail("SG.key", "returns@shop.example", "Shop", host=server.url)
        yield Provider(mail, lambda: taken, lambda how: now.__setitem__(0, how))


@contextmanager
def smtp() -> Iterator[Provider]:
    faults = {"": {}, "refused": {"RCPT": "550 no"}, "unavailable": {"END": "451 later"}, "unknown": {"END": DROP}}
    with postman() as (there, port):
        mail = SmtpMail(f"smtp+plain://127.0.0.1:{port}", "returns@shop.example", "Shop")
        yield Provider(
            mail,
            lambda: [(to, one["X-Message-Key"]) for to, one in zip(there.receivers, there.taken, strict=True)],
            lambda how: setattr(there, "faults", faults[how]),
        )


PROVIDERS: list[Callable[[], AbstractContextManager[Provider]]] = [sendgrid, smtp]


@pytest.fixture(params=PROVIDERS, ids=["sendgrid", "smtp"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    with request.param() as made:
        yield made


def letter(kind: NoticeKind = NoticeKind.APPROVED, **changed: str) -> Letter:
    return Renderer("Nordlicht")(notice(kind), TO, NAME).model_copy(update=changed)


@pytest.mark.parametrize("kind", [NoticeKind.APPROVED, NoticeKind.REFUND_DONE])
def test_a_mail_that_was_taken_has_an_id_and_carries_our_key(provider: Provider, kind: NoticeKind) -> None:
    assert provider.mail.send(letter(kind))
    assert provider.taken() == [(TO, f"notice:R-1001:{kind.value}:1")]


@pytest.mark.parametrize(
    ("how", "ours"), [("refused", Refused), ("unavailable", Unavailable), ("unknown", OutcomeUnknown)]
)
def test_each_ending_has_its_error_and_tells_nobodys_address(
    provider: Provider, how: str, ours: type[Exception]
) -> None:
    provider.spoil(how)
    with pytest.raises(ours) as error:
        provider.mail.send(letter())
    assert TO not in str(error.value)
    provider.spoil("")
    assert provider.mail.send(letter())


def test_no_mail_knows_of_the_one_before(provider: Provider) -> None:
    provider.mail.send(letter())
    provider.mail.send(letter(to="bob@example.org", key="notice:R-2:approved:1"))
    assert provider.taken() == [(TO, "notice:R-1001:approved:1"), ("bob@example.org", "notice:R-2:approved:1")]


def test_a_mail_bomb_is_a_mail(provider: Provider) -> None:
    bomb = "x" * 10_000 + "\r\nBcc: eve@example.org\r\n\r\n\x00\u2028"
    provider.mail.send(letter(subject=bomb, text=bomb, html=bomb))
    assert [to for to, _ in provider.taken()] == [TO]
