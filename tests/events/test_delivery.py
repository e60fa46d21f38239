"""Over the wire: what is sent, how it is signed, and what the answers mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from activities.storefront.via_standard_webhooks import StandardWebhooks
from domain.errors import Unavailable
from domain.event import Endpoint, OutgoingRow
from tests.events.receiver import SECRET
from tests.loopback import Answer, Loopback, Seen, closed_port, loopback

ROW = OutgoingRow(subject="R-1", seq=7, part=1, id="evt_7_abababababab", body='{"type":"return.closed"}')
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(url: str) -> Endpoint:
    return Endpoint.model_validate({"name": "crm", "url": url, "secret": SECRET})


async def deliver(there: Loopback, timeout: float = 5, now: datetime = NOW) -> None:
    receivers = StandardWebhooks(timeout)
    try:
        await receivers.deliver(told(f"{there.url}/events"), ROW, now)
    finally:
        await receivers.close()


async def test_it_is_signed_as_the_specification_says() -> None:
    now = datetime.now(UTC)
    with loopback(lambda _: Answer(204)) as there:
        await deliver(there, now=now)
        (seen,) = there.seen
    assert (seen.path, seen.headers["content-type"], seen.headers["webhook-id"]) == (
        "/events",
        "application/json",
        "evt_7_abababababab",
    )
    assert seen.headers["webhook-timestamp"] == str(int(now.timestamp()))
    assert Webhook(SECRET).verify(ROW.body, dict(seen.headers)) == {"type": "return.closed"}


# HMAC-SHA256 over `{id}.{timestamp}.{body}` by OpenSSL: `printf %s "$SIGNED" | openssl dgst -sha256 -mac HMAC ...`
SIGNATURE = "v1,9WPG69toMzFRZW7ZR5nGSJmqtmKjVYwVQKAY2FryUE0="


async def test_the_signature_is_the_one_that_others_compute() -> None:
    with loopback(lambda _: Answer(200)) as there:
        await deliver(there)
        (seen,) = there.seen
    assert seen.headers["webhook-signature"] == SIGNATURE


async def test_while_one_secret_takes_anothers_place_either_will_do() -> None:
    now, new = datetime.now(UTC), "whsec_" + "bmV3IGtleSBvZiBhIHRlc3Q="
    both = {"name": "crm", "secret": f"{SECRET} {new}"}
    with loopback(lambda _: Answer(204)) as there:
        receivers = StandardWebhooks()
        await receivers.deliver(Endpoint.model_validate({**both, "url": there.url}), ROW, now)
        await receivers.close()
        (seen,) = there.seen
    for secret in (SECRET, new):
        assert Webhook(secret).verify(ROW.body, dict(seen.headers)) == {"type": "return.closed"}


@pytest.mark.parametrize(
    ("answer", "words", "wait"),
    [
        (Answer(500), "crm did not take it (HTTP 500).", None),
        (Answer(302, headers={"Location": "/elsewhere"}), "crm did not take it (HTTP 302).", None),
        (Answer(429, headers={"Retry-After": "7"}), "crm did not take it (HTTP 429).", 7),
        (Answer(410), "crm wants no events any more (HTTP 410); take it out of BACKHAUL_EVENT_ENDPOINTS.", None),
        (Answer(drop=True), "crm gave no answer (RemoteProtocolError).", None),
        (Answer(hang=True), "crm gave no answer (TimeoutError).", None),
    ],
    ids=["error", "redirect", "busy", "gone", "hangs up", "silent"],
)
async def test_anything_but_a_yes_is_tried_again(answer: Answer, words: str, wait: int | None) -> None:
    def say(seen: Seen) -> Answer:
        return answer

    with loopback(say) as there:
        with pytest.raises(Unavailable) as caught:
            await deliver(there, timeout=0.2 if answer.hang else 5)
        assert len(there.seen) == 1 or answer.hang
    assert (caught.value.message, caught.value.retry_after) == (words, wait)


async def test_nobody_at_home() -> None:
    receivers = StandardWebhooks()
    with pytest.raises(Unavailable) as caught:
        await receivers.deliver(told(closed_port()), ROW, NOW)
    await receivers.close()
    assert caught.value.message == "crm gave no answer (ConnectError)."
    assert caught.value.__cause__ is None
