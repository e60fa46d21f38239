"""Encrypted payloads, one by one: who can read which, and what is said of those that cannot be read."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import ActivitySerializationContext, DataConverter, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from domain.codec_tokens import parse_tokens
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.payload_keys import parse_keys
from encryption import codec
from settings import Settings
from tests.test_settings import stack as stack
from workflows.plugin import converted

K1, K2 = b"1" * 32, b"2" * 32
OLD, BOTH, NEW = {"k1": K1}, {"k2": K2, "k1": K1}, {"k2": K2}
SAID = {"order": "B-2041", "amount": 18109}


def of(keys: dict[str, bytes], workflow: str = "") -> DataConverter:
    made = converted(codec(keys))
    return made.with_context(WorkflowSerializationContext("returns", workflow)) if workflow else made


async def test_nothing_of_a_value_is_seen_and_whoever_has_the_key_reads_it() -> None:
    (sealed,) = await of(OLD).encode([SAID])
    assert (sealed.metadata["encoding"], sealed.metadata["backhaul-key"]) == (b"binary/encrypted", b"k1")
    assert b"B-2041" not in sealed.SerializeToString()
    assert b"json" not in sealed.SerializeToString()
    assert await of(OLD).decode([sealed]) == [SAID]


async def test_the_same_value_never_looks_the_same() -> None:
    first, second = await of(OLD).encode([SAID, SAID])
    assert first.data != second.data


async def test_what_is_new_has_the_first_key_and_what_is_old_stays_readable() -> None:
    plain, (old,), (new,) = await of({}).encode([SAID]), await of(OLD).encode([SAID]), await of(BOTH).encode([SAID])
    assert new.metadata["backhaul-key"] == b"k2"
    assert await of(BOTH).decode([*plain, old, new]) == [SAID] * 3


async def test_a_key_that_is_gone_is_named_and_may_come_back() -> None:
    sealed = await of(OLD).encode([SAID])
    with pytest.raises(Unavailable, match=r"'k1', which is not among BACKHAUL_PAYLOAD_KEYS"):
        await of(NEW).decode(sealed)


async def test_another_key_of_the_same_name_reads_nothing() -> None:
    with pytest.raises(Refused) as no:
        await of({"k1": K2}).decode(await of(OLD).encode([SAID]))
    assert no.value.code == "not_authentic"


def changed(sealed: Payload, **metadata: bytes) -> Payload:
    names = {"key": "backhaul-key", "workflow": "backhaul-workflow"}
    told = {**sealed.metadata, **{names[name]: value for name, value in metadata.items()}}
    return Payload(metadata=told, data=sealed.data)


async def test_what_was_changed_is_refused() -> None:
    (sealed,) = await of(BOTH, "return-R-1").encode([SAID])
    flipped = Payload(metadata=sealed.metadata, data=sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    cut = Payload(metadata=sealed.metadata, data=sealed.data[:20])
    none = Payload(metadata=sealed.metadata)
    # To name another workflow, another key or none is a change, too.
    renamed = changed(sealed, workflow=b"return-R-2"), changed(sealed, workflow=b""), changed(sealed, key=b"k1")
    for one in (flipped, cut, none, *renamed):
        with pytest.raises(Refused) as no:
            await of(BOTH).decode([one])
        assert no.value.code == "not_authentic"


async def test_what_was_said_to_one_workflow_is_not_said_to_another() -> None:
    sealed = await of(OLD, "return-R-1").encode([SAID])
    activity: dict[str, Any] = {"activity_type": "plan", "activity_task_queue": "returns", "is_local": False}
    in_r1 = ActivitySerializationContext(
        namespace="elsewhere", workflow_id="return-R-1", workflow_type="Return", activity_id="1", **activity
    )
    assert await of(OLD).with_context(in_r1).decode(sealed) == [SAID]
    assert await of(OLD).decode(sealed) == [SAID]  # the Temporal UI reads without a workflow
    with pytest.raises(Refused) as no:
        await of(OLD, "return-R-2").decode(sealed)
    assert no.value.code == "moved"


async def test_what_belongs_to_no_workflow_is_read_by_all() -> None:
    assert await of(OLD, "return-R-1").decode(await of(OLD).encode([SAID])) == [SAID]


async def test_failures_tell_nothing_without_the_key() -> None:
    failure = Failure()
    await of(OLD).encode_failure(ApplicationError("line 7 of B-2041", 18109, type="Refused"), failure)
    assert b"B-2041" not in failure.SerializeToString()
    assert failure.application_failure_info.type == "Refused"
    cause = await of(BOTH).decode_failure(failure)
    assert isinstance(cause, ApplicationError)
    assert (cause.message, cause.details) == ("line 7 of B-2041", (18109,))


def test_without_keys_values_travel_as_they_did() -> None:
    assert converted(codec({})) is pydantic_data_converter


KEY = b64encode(K1).decode()


def test_keys_are_read_in_their_order_with_remarks() -> None:
    text = f"# new on Monday\nk2:{b64encode(K2).decode()}\n\n  # old\nk1:{KEY}\n"
    assert list(parse_keys(text).items()) == [("k2", K2), ("k1", K1)]
    assert parse_keys("") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (KEY, "key 1 has no id"),
        ("00112233", "key 1 has no id"),
        (f"K1:{KEY}", "key 1 has no id"),
        (f"k1:{KEY} :{KEY}", "key 2 has no id"),
        (f"k1:{KEY} k1:{b64encode(K2).decode()}", "k1 stands there twice"),
        (f"k1:{KEY} k2:{KEY}", "under two ids"),
        ("k1:", "k1 has 0 bytes"),
        (f"k1:{b64encode(b'short').decode()}", "k1 has 5 bytes"),
        (f"k1:{KEY[:-2]}", "k1 is no base64"),
        ("k1:§", "k1 is no base64"),
    ],
)
def test_a_wrong_key_is_named_and_not_repeated(text: str, told: str) -> None:
    with pytest.raises(ValueError) as no:
        parse_keys(text)
    assert told in str(no.value)
    assert KEY[:-2] not in str(no.value)


def test_keys_may_lie_in_a_file(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = stack.with_name("keys")
    monkeypatch.setenv("BACKHAUL_PAYLOAD_KEYS", str(file))
    with pytest.raises(InvalidRequest, match=r"BACKHAUL_PAYLOAD_KEYS: .*its file cannot be read: No such file"):
        Settings.load()
    file.write_text(f"k1:{KEY}\n")
    settings = Settings.load()
    assert parse_keys(settings.payload_keys.get_secret_value()) == {"k1": K1}
    assert KEY not in repr(settings)
    file.write_bytes(b"\xff")
    with pytest.raises(InvalidRequest, match="no plain text"):
        Settings.load()


@pytest.mark.parametrize("name", ["PAYLOAD_KEYS", "CODEC_TOKENS"])
def test_a_wrong_setting_is_named_and_not_repeated(name: str, stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"BACKHAUL_{name}", "s3cret s3cret")
    with pytest.raises(InvalidRequest) as no:
        Settings.load()
    assert no.value.field == f"BACKHAUL_{name}"
    assert "s3cret" not in no.value.message


TOKEN = "t" * 32


def test_tokens_have_owners() -> None:
    assert parse_tokens(f"fay:{TOKEN} olga:{TOKEN}2") == {"fay": TOKEN, "olga": f"{TOKEN}2"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TOKEN, "entry 1 is not name:token"),
        (f"fay:{TOKEN} fay:{TOKEN}2", "fay stands there twice"),
        (f"fay:{TOKEN[1:]}", "token of fay is not 32 to 200"),
        (f"fay:{TOKEN}!", "token of fay is not 32 to 200"),
        (f"fay:{TOKEN} olga:{TOKEN}", "olga is somebody else's"),
    ],
)
def test_a_wrong_token_is_named_and_not_repeated(text: str, told: str) -> None:
    with pytest.raises(ValueError) as no:
        parse_tokens(text)
    assert told in str(no.value)
    assert TOKEN[1:] not in str(no.value)
