"""What SendGrid takes: its published description first, then the rules that the description leaves out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

LARGEST = 30 * 1024 * 1024
"""Bytes of one request."""

_DESCRIPTION = Path(__file__).parent / "data" / "tsg_mail_v3.json"
_HELP = "https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors"
_ADDRESS = re.compile(r"[^\s@<>,;\"()\x00-\x1f\x7f]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RESERVED = re.compile(
    r"x-sg-(id|eid)|received|dkim-signature|content-(type|transfer-encoding)|to|from|subject|reply-to|cc|bcc",
    re.IGNORECASE,
)
_ARGS_BYTES = 10_000
_RECIPIENTS = 1000
# Taking these and not honouring them would be kinder than the real thing.
_NOT_HERE = ("send_at", "batch_id", "asm", "ip_pool_name")


class MailError(Exception):
    """A refusal in SendGrid's shape; `field` is the path of what is wrong, None for the request as a whole."""

    def __init__(self, message: str, field: str | None = None, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.errors = [{"message": message, "field": field, "help": _HELP if field else None}]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Person(_Part):
    """An address with or without a name."""

    email: str
    name: str = ""

    def __str__(self) -> str:
        """As a mail program prints it."""
        return f"{self.name} <{self.email}>" if self.name else self.email


class Content(_Part):
    """The mail's text in one format."""

    type: str
    value: str


class File(_Part):
    """An attachment, in base64."""

    content: str
    filename: str
    type: str = "application/octet-stream"
    disposition: str = "attachment"
    content_id: str = ""


class Envelope(_Part):
    """A personalization: who gets the mail, and what differs for them."""

    to: list[Person]
    cc: list[Person] = []
    bcc: list[Person] = []
    sender: Person | None = Field(default=None, alias="from")
    subject: str | None = None
    headers: dict[str, str] = {}
    custom_args: dict[str, str] = {}
    dynamic_template_data: dict[str, JsonValue] = {}

    @property
    def recipients(self) -> list[Person]:
        """Everybody who gets it."""
        return [*self.to, *self.cc, *self.bcc]


class MailSend(_Part):
    """A request to send a mail that SendGrid would take."""

    personalizations: list[Envelope]
    sender: Person = Field(alias="from")
    reply_to: Person | None = None
    reply_to_list: list[Person] = []
    subject: str | None = None
    content: list[Content] = []
    attachments: list[File] = []
    template_id: str | None = None
    headers: dict[str, str] = {}
    categories: tuple[str, ...] = ()
    custom_args: dict[str, str] = {}
    mail_settings: dict[str, dict[str, JsonValue]] = {}
    tracking_settings: dict[str, dict[str, JsonValue]] = {}

    @property
    def sandboxed(self) -> bool:
        """Whether it is to be checked only, not sent."""
        return self.mail_settings.get("sandbox_mode", {}).get("enable") is True


def read(body: bytes) -> MailSend:
    """Parse and validate a request. Raises MailError with the first thing that is wrong."""
    try:
        given: JsonValue = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError:
        raise MailError("Bad Request: the body is not valid JSON.") from None
    _check_description(given)
    if isinstance(given, dict):
        for name in _NOT_HERE:
            if name in given:
                raise MailError(f"{name} is not simulated here: leave it out.", name)
    try:
        mail = MailSend.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise MailError(first["msg"], ".".join(str(part) for part in first["loc"])) from None
    fault = next(_faults(mail), None)
    if fault is not None:
        raise MailError(*fault)
    return mail


def _check_description(given: JsonValue) -> None:
    faults = sorted(_validator().iter_errors(given), key=lambda fault: [str(part) for part in fault.absolute_path])
    if faults:
        fault = faults[0]
        # Most of the library's messages would repeat what was sent, addresses and all.
        rule = f"The value must satisfy {fault.validator} {json.dumps(fault.validator_value)[:200]}."
        message = fault.message if fault.validator == "required" else rule
        raise MailError(message, ".".join(str(part) for part in fault.absolute_path) or "body")


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    document = json.loads(_DESCRIPTION.read_text(encoding="utf-8"))
    schema = document["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]["schema"]
    # The description calls the root's custom_args a string; the API wants the same object as in a personalization.
    schema["properties"]["custom_args"] = {"type": "object", "maxProperties": 10_000}
    return Draft202012Validator({**schema, "components": document["components"]})


def _faults(mail: MailSend) -> Iterator[tuple[str, str]]:
    yield from _address_faults(mail)
    yield from _content_faults(mail)
    yield from _header_faults(mail.headers, "headers")
    for position, envelope in enumerate(mail.personalizations):
        field = f"personalizations.{position}"
        yield from _header_faults(envelope.headers, f"{field}.headers")
        subject = mail.subject if envelope.subject is None else envelope.subject
        if not (subject or "").strip() and not mail.template_id:
            yield "The subject is required.", "subject"
        elif _CONTROL.search(subject or ""):
            yield "The subject must not contain control characters such as line breaks.", "subject"
        arguments = {**mail.custom_args, **envelope.custom_args}
        if len(json.dumps(arguments).encode()) > _ARGS_BYTES:
            yield f"Custom arguments may take {_ARGS_BYTES} bytes at most.", f"{field}.custom_args"


def _address_faults(mail: MailSend) -> Iterator[tuple[str, str]]:
    if not mail.personalizations:
        yield "You must have at least one personalization.", "personalizations"
    named = [("from", mail.sender), ("reply_to", mail.reply_to)]
    named += [(f"reply_to_list.{position}", person) for position, person in enumerate(mail.reply_to_list)]
    for position, envelope in enumerate(mail.personalizations):
        if not envelope.to:
            yield "At least one recipient is required.", f"personalizations.{position}.to"
        named += [(f"personalizations.{position}.from", envelope.sender)]
        for kind in ("to", "cc", "bcc"):
            people: list[Person] = getattr(envelope, kind)
            named += [(f"personalizations.{position}.{kind}.{place}", person) for place, person in enumerate(people)]
    for field, person in named:
        if person and (len(person.email) > 254 or _ADDRESS.fullmatch(person.email) is None):
            yield "Does not contain a valid address.", f"{field}.email"
        if person and _CONTROL.search(person.name):
            yield "A name must not contain control characters such as line breaks.", f"{field}.name"
    addresses = [person.email.lower() for envelope in mail.personalizations for person in envelope.recipients]
    if len(addresses) > _RECIPIENTS:
        yield f"There is a limit of {_RECIPIENTS} recipients per request.", "personalizations"
    if len(set(addresses)) < len(addresses):
        yield "Each address may be included only once, over all personalizations.", "personalizations"


def _content_faults(mail: MailSend) -> Iterator[tuple[str, str]]:
    # A template has subject and content of its own; others than dynamic ones take no data.
    if mail.template_id is not None and re.fullmatch(r"d-[0-9a-f]{32}", mail.template_id) is None:
        yield "The template_id must be a dynamic template's.", "template_id"
    if not (mail.content or mail.template_id):
        yield "The content is required: at least one part with a value.", "content"
    types = [part.type for part in mail.content]
    for position, part in enumerate(mail.content):
        if not part.value.strip():
            yield "The content value must not be empty.", f"content.{position}.value"
        if re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", part.type) is None:
            yield "The content type must be a plain MIME type such as text/html.", f"content.{position}.type"
    if len(set(types)) < len(types):
        yield "Each content type may be given once.", "content"
    ranks = [{"text/plain": 0, "text/html": 1}.get(type, 2) for type in types]
    if ranks != sorted(ranks):
        yield "text/plain must come first, then text/html, then all others.", "content"


def _header_faults(headers: dict[str, str], field: str) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        if _RESERVED.fullmatch(name):
            yield "This header is set by SendGrid itself and cannot be given.", f"{field}.{name}"
        if re.fullmatch(r"[!-9;-~]+", name) is None or _CONTROL.search(value) or not value.isascii():
            yield "A header is plain ASCII without control characters.", field
