"""A mail server on the loopback that can fail at each command, and a certificate for it."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

USER, PASSWORD = "shop", "sec:ret@1"
DROP, HANG = "drop", "hang"


class Postman:
    """What was delivered, and what goes wrong at which command: a status with text, DROP or HANG."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        self.taken: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.receivers: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        self.raw.append(content)
        parsed = message_from_bytes(content, policy=default)
        assert isinstance(parsed, EmailMessage)
        self.taken.append(parsed)
        self.receivers += envelope.rcpt_tos
        return "250 OK"


class _Faulty(SMTP):
    async def _call_handler_hook(self, command: str, *args: Any) -> Any:
        fault = self.event_handler.faults.get("END") if command == "DATA" else None
        if fault is None:
            return await super()._call_handler_hook(command, *args)
        return await self._fail(fault) or ""

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self._fails("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self._fails("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self._fails("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not await self._fails("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self._fails("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if not await self._fails("DATA"):
            await super().smtp_DATA(arg)

    async def _fails(self, command: str) -> bool:
        fault = self.event_handler.faults.get(command)
        if fault is None:
            return False
        if said := await self._fail(fault):
            await self.push(said)
        return True

    async def _fail(self, fault: str) -> str:
        if fault == DROP and isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
        if fault in (DROP, HANG):
            await asyncio.sleep(3600)
        return fault


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Faulty(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> Any:
        # Which of the free ports it got.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        return super()._trigger_server()  # type: ignore[no-untyped-call]


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@contextmanager
def postman(server_tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[tuple[Postman, int]]:
    """Serve on a free port while the block lasts; with a context, in TLS from the start."""
    handler = Postman()
    controller = _Controller(handler, "127.0.0.1", 0, ssl_context=server_tls, enable_SMTPUTF8=True, **options)
    controller.start()
    try:
        yield handler, controller.port
    finally:
        controller.stop()


def with_login(tls: ssl.SSLContext) -> dict[str, Any]:
    """Options of a server that wants STARTTLS, then a login."""
    return {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": _login}


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, SHA256())
    )
    file = folder / "mail.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))
