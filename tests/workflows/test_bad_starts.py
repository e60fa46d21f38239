"""Starts that are wrong: each ends at once, says which field, and leaves nothing in the journal."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from domain import ids
from ledger import EntryKind
from tests.workflows.returns import SHOPIFY, SHOPIFY_LINE, SHOPIFY_ORDER, SHOPIFY_PAYMENT, Shop

LINE: dict[str, Any] = {"line_id": SHOPIFY_LINE, "quantity": 1}
GOOD: dict[str, Any] = {"id": "R-bad", "order_id": SHOPIFY_ORDER, "lines": [LINE]}


def raw(encoding: str, data: bytes) -> RawValue:
    """An argument as its bytes travel."""
    return RawValue(Payload(metadata={"encoding": encoding.encode()}, data=data))


def lines(**changes: object) -> dict[str, Any]:
    """The good request with another line."""
    return {**GOOD, "lines": [{**LINE, **changes}]}


def without(field: str) -> dict[str, Any]:
    """The good request without a field."""
    return {name: value for name, value in GOOD.items() if name != field}


# The argument, the field that the message must name, and something that it must say.
WRONG: dict[str, tuple[list[Any], str, str]] = {
    "no argument": ([], "input", "one argument is needed"),
    "not JSON": ([raw("json/plain", b"{not json")], "input", "not JSON"),
    "not UTF-8": ([raw("json/plain", b'{"id": "\xff"}')], "input", "not JSON"),
    "an encoding nobody knows": ([raw("binary/encrypted", b"\x00\x01")], "input", "not JSON"),
    "bytes": ([raw("binary/plain", b"R-bad")], "input", "JSON object"),
    "null": ([None], "input", "JSON object"),
    "a text": (["R-bad"], "input", "JSON object"),
    "a list": ([[GOOD]], "input", "JSON object"),
    "nested without end": ([raw("json/plain", b"[" * 100_000)], "input", "not JSON"),
    "no id": ([without("id")], "id", "required"),
    "no order": ([without("order_id")], "order_id", "required"),
    "no lines": ([without("lines")], "lines", "required"),
    "an empty list of lines": ([{**GOOD, "lines": []}], "lines", "at least 1"),
    "a colon in the id": ([{**GOOD, "id": "R:bad"}], "id", "an id has"),
    "another workflow id": ([{**GOOD, "id": "R-other"}], "id", "must be return-R-other"),
    "a negative quantity": ([lines(quantity=-1)], "lines.0.quantity", "1 or more"),
    "no units": ([lines(quantity=0)], "lines.0.quantity", "1 or more"),
    "half a unit": ([lines(quantity=0.5)], "lines.0.quantity", "whole number"),
    "a quantity in words": ([lines(quantity="1")], "lines.0.quantity", "whole number"),
    "a reason nobody knows": ([lines(reason="because")], "lines.0.reason", "'color'"),
    "a line twice": ([{**GOOD, "lines": [LINE, LINE]}], "lines.1.line_id", "named twice"),
    "free text": ([lines(note="my new flat is too small")], "lines.0.note", "note_id"),
    "a name": ([{**GOOD, "name": "Jane Smith"}], "name", "personal data"),
    "a line that the order does not have": ([lines(line_id="4711")], "lines.0.line_id", "no line 4711"),
    "more units than were bought": ([lines(quantity=2)], "lines.0.quantity", "only 1"),
    "an order nobody knows": ([{**GOOD, "order_id": "4711"}], "order_id", "there is no order 4711"),
}


async def test_a_wrong_start_fails_at_once_and_names_the_field(real_shop: Shop) -> None:
    await real_shop.world.import_order(SHOPIFY, SHOPIFY_PAYMENT)
    wrong = {name: await unlike(real_shop, *case) for name, case in WRONG.items()}
    assert {name: what for name, what in wrong.items() if what} == {}
    kinds = {entry.kind for entry in real_shop.world.rooms.ledger.entries()}
    assert kinds == {EntryKind.POLICY_PUBLISHED, EntryKind.PERSON}  # what stood there before


async def unlike(shop: Shop, args: list[Any], field: str, words: str) -> str:
    """What is not as it should be after such a start; empty if all is well."""
    handle = await shop.client.start_workflow(
        ids.WORKFLOW_TYPE, args=args, id="return-R-bad", task_queue=ids.RETURNS_QUEUE
    )
    try:
        return f"it ended well: {await asyncio.wait_for(handle.result(), 5)}"
    except TimeoutError:
        await handle.terminate("it hangs")
        return "it hangs"
    except WorkflowFailureError as error:
        cause = error.cause
    assert isinstance(cause, ApplicationError)
    status = (await handle.describe()).status
    right = (
        status is WorkflowExecutionStatus.FAILED
        and (cause.type, cause.details) == ("InvalidRequest", (field,))
        and cause.message.startswith(f"{field}: ")
        and words in cause.message
        # What was given is not repeated: it may be about a person.
        and "flat" not in cause.message
        and "Jane" not in cause.message
    )
    return "" if right else f"{status} {cause.type} {cause.details} {cause.message}"
