"""Mail through any SMTP server, for merchants without SendGrid."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as LINES
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from activities.checking import Checked
from activities.mail import Letter, OutcomeUnknown
from domain.errors import InvalidRequest, Refused, Unavailable

_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_SETTING = "BACKHAUL_SMTP_URL"
_PLACE = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x20\x7f]+")
_SEVEN_BITS = LINES.clone(cte_type="7bit")
_MOST_OF_A_HEADER = 900
_GO_ON = 354
_FAULTS = (OSError, smtplib.SMTPException, ValueError)
"""What the library raises; ValueError where it cannot decode what a server says."""
_ABOUT_US = (503, 530)
"""Noes to a receiver that are about our manners or our login: 503 out of turn, 530 not logged in."""


class _Server(NamedTuple):
    scheme: str
    host: str
    port: int
    user: str
    password: str


class SmtpMail:
    """Hands mails to one server, with a connection for each; `timeout` in seconds for every answer, and three times
    that for the last one, before which servers look into the mail.

    `url` is `smtp://user:password@host:587`, where TLS begins on demand (STARTTLS) and nothing is said without it;
    `smtps://...` with TLS from the start; or `smtp+plain://host:25` without TLS and login, for a server on this
    machine. Raises InvalidRequest for another. `trust` checks certificates, if not the system's authorities.
    """

    def __init__(
        self, url: str, sender: str, sender_name: str, timeout: float = 5, trust: ssl.SSLContext | None = None
    ) -> None:
        self._server = _read(url)
        self._sender = _address(sender_name, sender)
        if self._sender is None:
            raise InvalidRequest("BACKHAUL_MAIL_FROM", "it is no mail address")
        self._timeout = timeout
        self._trust = trust

    def check(self) -> Checked:
        """Connect, log in where there is a login, and leave."""
        with self._connected():
            return Checked()

    def send(self, letter: Letter) -> str:
        """Hand one mail over and return its Message-ID, which is made from our key: the same mail sent again has the
        same, by which mail programs and servers know it."""
        receiver = _address(letter.name, letter.to)
        if receiver is None:
            raise Refused("mail_refused", "The shopper's mail address is none that can be written to")
        message = self._message(letter, receiver)
        with self._connected() as smtp:
            self._announce(smtp, receiver)
            # A dot alone on a line would end the mail.
            body = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
            try:
                smtp.send(body)
            except _FAULTS as error:
                # Without its end no server may deliver it.
                raise _lost(error) from None
            self._end(smtp)
        return str(message["Message-ID"])

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            smtp = self._open()
        except _FAULTS as error:
            raise _lost(error) from None
        try:
            yield smtp
            # Said out of politeness; whatever the answer is, nobody needs it.
            with suppress(OSError, smtplib.SMTPException):
                smtp.putcmd("QUIT")
        finally:
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        server, name = self._server, str(self._sender and self._sender.domain)
        if server.scheme == "smtps":
            context = self._trust or ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=name, timeout=self._timeout, context=context
            )
        else:
            # Our name is given, because the library would ask the network for it.
            smtp = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=self._timeout)
        try:
            if server.scheme == "smtp":
                smtp.starttls(context=self._trust or ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _announce(self, smtp: smtplib.SMTP, receiver: Address) -> None:
        """Who it is from and for, up to the server's word that the mail may come."""
        assert self._sender is not None
        wide = not (receiver.addr_spec.isascii() and self._sender.addr_spec.isascii())
        if wide and not smtp.has_extn("smtputf8"):
            raise Refused("mail_refused", "The mail server takes no addresses with letters beyond ASCII")
        if wide:
            smtp.command_encoding = "utf-8"
        try:
            code, _ = smtp.mail(self._sender.addr_spec, ["SMTPUTF8"] if wide else [])
            if not _yes(code):
                # 552: the mail is too long. All else is about us, for the operator to mend.
                raise _no("MAIL", code) if code == 552 else _busy("MAIL", code)
            code, _ = smtp.rcpt(receiver.addr_spec)
            if not _yes(code):
                raise _busy("RCPT", code) if code in _ABOUT_US else _no("RCPT", code)
            code, _ = smtp.docmd("DATA")
        except _FAULTS as error:
            raise _lost(error) from None
        if code != _GO_ON:
            raise _no("DATA", code)

    def _end(self, smtp: smtplib.SMTP) -> None:
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(3 * self._timeout)
            smtp.send(b".\r\n")
            code, _ = smtp.getreply()
        except _FAULTS as error:
            raise OutcomeUnknown(f"The mail server took the mail and gave no answer ({type(error).__name__})") from None
        if _yes(code):
            return
        if not 400 <= code < 600:
            raise OutcomeUnknown("The mail server took the mail and gave an answer that is neither yes nor no")
        raise _no("the mail", code)

    def _message(self, letter: Letter, receiver: Address) -> EmailMessage:
        assert self._sender is not None
        wide = not (receiver.addr_spec.isascii() and self._sender.addr_spec.isascii())
        message = EmailMessage(_SEVEN_BITS.clone(utf8=wide))
        message["From"] = self._sender
        message["To"] = receiver
        message["Subject"] = _one_line(letter.subject)[:_MOST_OF_A_HEADER]
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = message_id(letter.key, self._sender.domain)
        message["X-Message-Key"] = _one_line(letter.key)
        # So that no holiday answers come back.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_whole(letter.text))
        message.add_alternative(_whole(letter.html), subtype="html")
        return message


def message_id(key: str, domain: str) -> str:
    """The Message-ID of the mail with this key: the same at every time, on every machine."""
    host = domain.encode("idna").decode() if not domain.isascii() else domain
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{host}>"


def _read(url: str) -> _Server:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise InvalidRequest(_SETTING, "it is no address of a mail server") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise InvalidRequest(_SETTING, "write it as smtp://user:password@host:587, smtps://... or smtp+plain://host:25")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and parts.scheme == "smtp+plain":
        raise InvalidRequest(_SETTING, "a password is not said without TLS; take smtp:// or smtps://")
    if bool(user) is not bool(password):
        raise InvalidRequest(_SETTING, "it needs both a user and a password, or neither")
    if not (f"{user}{password}".isascii() and f"{user}{password}".isprintable()):
        raise InvalidRequest(_SETTING, "its user or password has characters that no login takes")
    return _Server(parts.scheme, parts.hostname, port, user, password)


def _address(name: str, address: str) -> Address | None:
    """An address that can stand in a header and a command; None if it is none."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not (_PLACE.fullmatch(local) and _PLACE.fullmatch(domain)) or len(address) > 254:
        return None
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
        return Address(display_name=_one_line(name)[:_MOST_OF_A_HEADER], username=local, domain=domain)
    except (ValueError, IndexError):
        return None


def _one_line(text: str) -> str:
    """Without what could begin another header, in itself or once the library has read it as an encoded word."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split()).replace("=?", "= ?")


def _whole(text: str) -> str:
    """Halves of characters have no form on the wire."""
    return text.encode("utf-8", "replace").decode()


def _lost(error: OSError | smtplib.SMTPException | ValueError) -> Unavailable:
    # The server's words are not repeated: they may quote the address, or the login.
    code = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Unavailable(f"The mail server does not accept the login{code}: check user and password in {_SETTING}")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Unavailable(f"The mail server offers no TLS or no login that we know: check {_SETTING}")
    return Unavailable(f"The mail server gave no usable answer ({type(error).__name__}{code}); the mail was not taken")


def _yes(code: int) -> bool:
    return 200 <= code < 300


def _busy(what: str, code: int) -> Unavailable:
    return Unavailable(f"The mail server cannot take the mail now (it answered {code} to {what})")


def _no(what: str, code: int) -> Refused | Unavailable:
    if 500 <= code < 600:
        return Refused("mail_refused", f"The mail server refused the mail ({code} to {what})")
    return _busy(what, code)
