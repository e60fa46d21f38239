"""Return policies and statutes as they are written: YAML. The schema of a policy is docs/policy.schema.json.

python -m activities.decisions.policy_file > docs/policy.schema.json
"""

from __future__ import annotations

import json
import sys
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import ErrorDetails

from activities.decisions import plain_yaml
from activities.decisions.plain_yaml import Document, Fault
from domain.errors import InvalidRequest
from domain.model import PATTERNS, Model
from domain.policy.document import Policy, PublishedStatute, Statute, version_of

M = TypeVar("M", bound=Model)

_PATTERNS = {
    r"^[A-Z]{2}$": "a country is two capital letters, such as DE",
    r"^[A-Z0-9]{1,3}$": "a region is one to three capital letters or digits, such as CA",
    r"^[0-9]{1,3}(\.[0-9]{1,4})?$": 'a percentage is a number such as 15, or a text such as "12.5"',
    r"^\d\d-\d\d$": "a day of the year is month and day, such as 12-24",
    r"^(only|any)$": "it is only or any",
}
"""What to tell people instead of a regular expression."""

_LISTS_ONLY = [name.replace("_", " ").title() for name, one in Policy.model_fields.items() if one.default == ()]
"""Clauses: lists of rules, even of one."""


def load_policy(text: str) -> tuple[Policy, str]:
    """The policy in a YAML text, and its version. Raises InvalidRequest with the line and the field that is wrong."""
    return _load(Policy, plain_yaml.read(text))


def load_statute(text: str) -> PublishedStatute:
    """The statute in a YAML text. Raises InvalidRequest with the line and the field that is wrong."""
    statute, version = _load(Statute, plain_yaml.read(text))
    return PublishedStatute(statute=statute, version=version)


def load_statutes(folder: Path) -> tuple[PublishedStatute, ...]:
    """All statutes of a folder, by file name. Raises InvalidRequest naming the file too, or if there is none at all."""
    found = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            found.append(load_statute(file.read_text(encoding="utf-8")))
        except InvalidRequest as error:
            raise InvalidRequest(file.name, error.message) from None
    if not found:
        raise InvalidRequest("statutes", f"{folder} holds no statutes; without them no policy has the law under it")
    return tuple(found)


class Checked(NamedTuple):
    """A document with all that is wrong in it, by line; `policy` or `statute` is there only if nothing is."""

    source: Document
    faults: tuple[Fault, ...]
    policy: Policy | None = None
    statute: Statute | None = None
    version: str = ""


def check(text: str) -> Checked:
    """Everything that is wrong with a policy, or with a statute, which is told by its `law`.

    Raises InvalidRequest with the line if it is no YAML with fields at all.
    """
    source = plain_yaml.read_on(text)
    model: type[Policy | Statute] = Statute if {"law", "applies"} & set(source.fields) else Policy
    faults, found = [*source.faults], None
    try:
        found = model.model_validate(source.fields, extra="forbid")
    except ValidationError as error:
        faults += [_fault(model, source, one) for one in error.errors(include_url=False, include_input=False)]
    # One fault for each place: what could not be read stands there as something of ours.
    faults = list({one.path: one for one in reversed([*faults, *_empty(source)])}.values())
    if faults or found is None:
        return Checked(source, tuple(sorted(faults, key=lambda one: one.line)))
    version = version_of(source.fields)
    if isinstance(found, Statute):
        return Checked(source, (), statute=found, version=version)
    return Checked(source, (), policy=found, version=version)


def canonical_document(text: str) -> dict[str, object]:
    """What a YAML text says, as it is hashed. Raises InvalidRequest if it is no plain YAML."""
    return dict(plain_yaml.read(text).fields)


def policy_schema() -> JsonSchemaValue:
    """The JSON Schema of a policy document, made from the models that read it."""
    schema = Policy.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        if part["type"] == "object":
            part["additionalProperties"] = False
            part["properties"] = {name: _written(one) for name, one in part["properties"].items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _written(field: dict[str, object]) -> dict[str, object]:
    """A field as it may be written: one value for a list of them, a whole number for a percentage."""
    if field.get("type") == "array" and field.get("title") not in _LISTS_ONLY:
        kept: dict[str, object] = {name: field.pop(name) for name in ("title", "default") if name in field}
        return {**kept, "anyOf": [field["items"], field]}
    choices = field.get("anyOf", [field])
    if isinstance(choices, list) and any("(\\.[0-9]{1,4})" in str(one.get("pattern")) for one in choices):
        kept = {name: field[name] for name in ("title", "default") if name in field}
        return {**kept, "anyOf": [*choices, {"type": "integer", "minimum": 0, "maximum": 100}]}
    return field


def _load(model: type[M], document: Document) -> tuple[M, str]:
    if empty := _empty(document):
        raise empty[0].refusal
    try:
        found = model.model_validate(document.fields, extra="forbid")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        # A field that does not exist is often the one that is missing, misspelt.
        first = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
        raise _fault(model, document, first).refusal from None
    return found, version_of(document.fields)


def _empty(document: Document) -> list[Fault]:
    words = "an empty list says nothing; leave the field out"
    empty = (path for path in plain_yaml.empty_lists(document.fields) if path != ("told",))
    return [Fault(document.line(path), path, words) for path in empty]


def _fault(model: type[Model], document: Document, fault: ErrorDetails) -> Fault:
    path, message = fault["loc"], fault["msg"]
    match fault["type"]:
        case "extra_forbidden":
            here = _model_at(model, path[:-1])
            kind = "a policy" if here is Policy else "this"
            message = f"{kind} has no such field; it has {', '.join(_fields(here))}"
        case "tuple_type":
            message = "it is a list; each of its parts begins with a dash"
        case "model_type" | "dict_type":
            message = "it has fields of its own, each with a colon"
        case "missing":
            message = "it is missing"
        case "int_type" | "int_parsing" | "int_from_float":
            message = "it is a whole number, such as 30"
        case "string_type":
            message = "it is a text"
        case "greater_than_equal":
            message = f"it is at least {fault.get('ctx', {}).get('ge')}"
        case "less_than_equal":
            message = f"it is at most {fault.get('ctx', {}).get('le')}"
        case "enum" | "literal_error":
            message = f"write one of {str(fault.get('ctx', {}).get('expected')).replace(' or ', ', ')}"
        case "string_too_short" | "too_short":
            message = "it is empty; write something, or leave the field out"
        case "string_pattern_mismatch":
            pattern = str(fault.get("ctx", {}).get("pattern"))
            message = _PATTERNS.get(pattern) or PATTERNS.get(pattern, message)
    while path and isinstance(path[-1], int) and path not in document.lines:
        path = path[:-1]  # one value that stands for a list of them
    return Fault(document.line(path), path, message.removeprefix("Value error, "))


def _model_at(model: type[Model], path: Sequence[str | int]) -> type[Model]:
    """The model whose fields stand at a place of a document."""
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return model


def _fields(model: type[Model]) -> list[str]:
    """Its fields, what it cannot be without first."""
    return sorted(model.model_fields, key=lambda name: not model.model_fields[name].is_required())


def _model_in(annotation: object) -> type[Model] | None:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    return next((found for one in typing.get_args(annotation) if (found := _model_in(one))), None)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n")
