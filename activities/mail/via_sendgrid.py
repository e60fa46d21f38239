"""Mail through SendGrid's v3 API and its official SDK."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from http.client import HTTPException
from types import MappingProxyType
from urllib.error import URLError

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from activities.answers import retry_after
from activities.checking import Checked, told_time
from activities.mail import Letter, OutcomeUnknown
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.model import Model

_IN_SANDBOX = "sandbox"
"""In place of a message id, which SendGrid does not give there."""
_ABOUT_THIS_MAIL = (400, 413)
_ABOUT_THE_KEY = (401, 403)
# A field's path has no @ and no space, so an address in SendGrid's answer cannot slip through.
_FIELD = re.compile(r'"field"\s*:\s*"([a-z0-9_.]{1,80})"')


class _Scopes(Model):
    scopes: frozenset[str]


class SendGridMail:
    """Hands mails to SendGrid; `timeout` in seconds for connecting and for each read. Kinds of notices that have one of
    SendGrid's dynamic `templates` are written there; in the `sandbox` mails are checked and not sent."""

    def __init__(
        self,
        api_key: str,
        sender: str,
        sender_name: str,
        host: str = "https://api.sendgrid.com",
        timeout: float = 10,
        templates: Mapping[str, str] = MappingProxyType({}),
        sandbox: bool = False,
    ) -> None:
        # An empty key would make the SDK look into the environment; another bad one would be quoted in urllib's error.
        if not (api_key and api_key.isascii() and api_key.isprintable()):
            raise InvalidRequest("BACKHAUL_SENDGRID_API_KEY", "it is empty or has characters that no key has")
        self._api_key = api_key
        self._sender = {"email": sender, "name": sender_name}
        self._host = host
        self._timeout = timeout
        self._templates = dict(templates)
        self._sandbox = sandbox
        # At DEBUG it prints the Authorization header.
        for name in ("python_http_client", "python_http_client.client"):
            logging.getLogger(name).setLevel(logging.INFO)

    def check(self) -> Checked:
        """GET /v3/scopes: what the key may do."""
        sendgrid = SendGridAPIClient(self._api_key, host=self._host)
        sendgrid.client.timeout = self._timeout
        try:
            answer = sendgrid.client.scopes.get()
            may = _Scopes.model_validate_json(answer.body).scopes
        except (HTTPError, OSError, HTTPException) as error:
            raise _translated(error) from None
        except ValueError:
            raise Unavailable("SendGrid's answer cannot be read; is BACKHAUL_SENDGRID_HOST right?") from None
        sandboxed = ("the sandbox is on: no mail is sent",) if self._sandbox else ()
        lacks = () if "mail.send" in may else ("mail.send",)
        return Checked(lacks=lacks, notes=sandboxed, clock=told_time(answer.headers))

    def send(self, letter: Letter) -> str:
        """Hand one mail over and return SendGrid's message id."""
        # Made anew for each mail: the SDK keeps headers of one call for the next and is not safe between threads.
        sendgrid = SendGridAPIClient(self._api_key, host=self._host)
        sendgrid.client.timeout = self._timeout
        try:
            answer = sendgrid.send(self._payload(letter))
        except (HTTPError, OSError, HTTPException) as error:
            # From None: the SDK's errors carry request and answer, with the address.
            raise _translated(error) from None
        message_id = str(answer.headers.get("X-Message-Id") or "")
        if self._sandbox:
            return _IN_SANDBOX
        if not message_id:
            raise OutcomeUnknown(f"SendGrid answered {answer.status_code} without a message id")
        return message_id

    def _payload(self, letter: Letter) -> dict[str, object]:
        to = {"email": letter.to, "name": letter.name} if letter.name else {"email": letter.to}
        # On the personalization: for the root, SendGrid's own description says that custom_args is a string.
        envelope: dict[str, object] = {"to": [to], "custom_args": {"message_key": letter.key, "case": letter.case}}
        payload: dict[str, object] = {
            "personalizations": [envelope],
            "from": self._sender,
            "categories": ["returns", letter.kind],
            "headers": {"X-Message-Key": letter.key},
        }
        if self._sandbox:
            payload["mail_settings"] = {"sandbox_mode": {"enable": True}}
        if template := self._templates.get(letter.kind):
            envelope["dynamic_template_data"] = dict(letter.data)
            return {**payload, "template_id": template}
        parts = {"text/plain": letter.text, "text/html": letter.html}
        content = [{"type": kind, "value": text} for kind, text in parts.items()]
        return {**payload, "subject": letter.subject, "content": content}


def _translated(error: HTTPError | OSError | HTTPException) -> Refused | Unavailable | OutcomeUnknown:
    if isinstance(error, HTTPError):
        return _answered(error)
    if isinstance(error, URLError):
        # urllib wraps what fails until the whole request is written; half a request is no mail.
        return Unavailable(
            f"SendGrid could not be reached ({type(error.reason).__name__}); the mail was not handed over"
        )
    return OutcomeUnknown(f"SendGrid took the mail and gave no answer ({type(error).__name__})")


def _answered(error: HTTPError) -> Refused | Unavailable:
    status = error.status_code
    if status in _ABOUT_THIS_MAIL:
        fields = ", ".join(dict.fromkeys(_FIELD.findall(error.body.decode("utf-8", "replace"))))
        return Refused("mail_refused", f"SendGrid refused the mail ({status}; fields: {fields or 'not named'})")
    if status in _ABOUT_THE_KEY:
        return Unavailable(
            f"SendGrid does not accept the API key ({status}): check that the key is right, may send mail, "
            "and that the sender's address is verified. The mail was not taken"
        )
    asked = {"retry-after": str(error.headers.get("Retry-After") or "")}
    return Unavailable(f"SendGrid cannot take the mail now (it answered {status})", retry_after(asked))
