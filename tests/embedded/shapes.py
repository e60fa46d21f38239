"""What Stripe says its answers look like: its OpenAPI description, and samples of what that part leaves out."""

from __future__ import annotations

import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

import stripe
from jsonschema import Draft202012Validator

VECTORS = Path(__file__).parents[1] / "vectors"
SPEC = json.loads((VECTORS / "stripe_refunds_spec.json").read_text())
SAMPLES = {
    name: sample
    for file in ("stripe_resources.json", "stripe_sessions.json")
    for name, sample in json.loads((VECTORS / file).read_text()).items()
}
# Objects that the description's part does not hold: the SDK knows their fields, a sample the fields' types.
SDK: dict[str, Any] = {
    "checkout.session": stripe.checkout.Session,
    "dispute": stripe.Dispute,
    "payment_link": stripe.PaymentLink,
    "webhook_endpoint": stripe.WebhookEndpoint,
}


def draft_2020(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [draft_2020(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: draft_2020(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


COMPONENTS = draft_2020(SPEC["components"])


@cache
def _validator(shape: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{shape}", "components": COMPONENTS})


@cache
def _list_validator(path: str) -> Draft202012Validator:
    answer = SPEC["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator({**draft_2020(answer), "components": COMPONENTS})


def conforms(shape: str, given: Any) -> None:
    """Raises unless an object is as Stripe describes it."""
    if shape in SDK:
        _resembles(shape, given)
    else:
        _validator(shape).validate(given)
        assert not set(given) - set(SPEC["components"]["schemas"][shape]["properties"])


def answer_conforms(given: Any) -> None:
    """Raises unless the answer of any endpoint is as Stripe describes it."""
    if "error" in given:
        conforms("error", given)
    elif given["object"] == "list":
        assert set(given) == {"object", "data", "has_more", "url"}
        if given["url"] in SPEC["paths"]:
            _list_validator(given["url"]).validate(given)
        for one in given["data"]:
            answer_conforms(one)
    elif "deleted" in given:
        assert set(given) == {"id", "object", "deleted"}
    else:
        conforms(given["object"], given)
        if given["object"] == "event":
            answer_conforms(given["data"]["object"])


def _resembles(shape: str, given: Any) -> None:
    known = {name for one in SDK[shape].__mro__ for name in inspect.get_annotations(one)}
    assert not set(given) - known, shape
    for name, value in given.items():
        sample = SAMPLES[shape].get(name)
        assert value is None or sample is None or type(value) is type(sample), name
