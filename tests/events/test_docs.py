"""docs/events.md: what it says is true, and what it shows works."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.storefront.via_standard_webhooks import StandardWebhooks
from domain.event import Condition, Event, EventType, event_schema
from settings import ROOT, Settings
from tests.events.receiver import SECRET
from tests.events.test_delivery import ROW, told
from tests.loopback import Answer, loopback

PAGE = (ROOT / "docs" / "events.md").read_text()


def example(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_type_and_every_state_has_a_line() -> None:
    for one in (*EventType, *Condition):
        assert f"\n| `{one}` | " in PAGE, one


def test_the_published_schema_is_that_of_the_model() -> None:
    text = (ROOT / "docs" / "event.schema.json").read_text()
    assert json.loads(text) == event_schema(), "it has drifted; `make schemas` writes it anew"


def test_the_event_that_is_shown_is_one() -> None:
    shown = json.loads(example("json")[1])
    assert json.loads(Event.model_validate(shown).body()) == shown


def test_the_setting_that_is_shown_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_EVENT_ENDPOINTS", example("json")[0].replace("whsec_...", SECRET))
    known = Settings.load().event_endpoints
    assert [(one.name, one.types) for one in known] == [("storefront", ()), ("crm", ("return.*", "refund.succeeded"))]
    # Secrets and addresses, which may hold some, are not shown.
    assert SECRET not in repr(known)
    assert "https" not in repr(known)


async def test_the_receiver_that_is_shown_takes_each_event_once(capsys: pytest.CaptureFixture[str]) -> None:
    receiver: dict[str, Any] = {}
    exec(example("python")[0], receiver)
    assert receiver["SECRET"] == SECRET
    with loopback(lambda _: Answer(204)) as there:
        receivers = StandardWebhooks()
        await receivers.deliver(told(there.url), ROW, datetime.now(UTC))
        await receivers.close()
        headers = dict(there.seen[0].headers)
    body = b'{"id":"evt_7_abababababab","type":"return.closed","data":{}}'
    assert receiver["receive"](body, headers) == 401
    taken = [receiver["receive"](*one) for one in [signed(body)] * 2]
    assert taken == [204, 204]
    assert capsys.readouterr().out == "return.closed {}\n"


def signed(body: bytes) -> tuple[bytes, dict[str, str]]:
    """As the specification says, by its own library."""
    from standardwebhooks import Webhook

    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign("evt_7_abababababab", now, body.decode())
    sent = {"webhook-id": "evt_7_abababababab", "webhook-timestamp": str(int(now.timestamp()))}
    return body, {**sent, "webhook-signature": signature}
