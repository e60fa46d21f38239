"""A return policy as a merchant writes it: YAML that means one thing only."""

from __future__ import annotations

import re

import yaml
from pydantic import ValidationError

from domain.canonical import JsonFact
from domain.errors import InvalidRequest
from domain.policy import Policy, version_of
from domain.request import first_fault

_STR, _INT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int"
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")


def load_policy(text: str) -> tuple[Policy, str]:
    """The policy in a YAML text, and its version. Raises InvalidRequest with the line or the field that is wrong."""
    document = _document(text)
    try:
        policy = Policy.model_validate(document, extra="forbid")
    except ValidationError as error:
        field, message = first_fault(error)
        if error.errors()[0]["type"] == "extra_forbidden":
            message = f"a policy has no such field; it has {', '.join(Policy.model_fields)}"
        raise InvalidRequest(field, message) from None
    return policy, version_of(document)


def _document(text: str) -> dict[str, JsonFact]:
    try:
        # An alias would let a few lines stand for a document without end; no policy needs one.
        alias = next((one for one in yaml.parse(text, yaml.SafeLoader) if isinstance(one, yaml.AliasEvent)), None)
        root = None if alias else yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise InvalidRequest("policy", f"{where}this is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError:
        raise InvalidRequest("policy", "this is no YAML: it has characters that no text has") from None
    except RecursionError:
        raise InvalidRequest("policy", "it is nested too deeply for a policy") from None
    if alias:
        raise InvalidRequest("policy", f"{_line(alias)}: references (*name) are not taken; write the value out")
    if not isinstance(root, yaml.MappingNode):
        raise InvalidRequest("policy", "a policy is a list of fields, such as `window_days: 30`")
    return _fields(root, "")


def _fields(node: yaml.MappingNode, path: str) -> dict[str, JsonFact]:
    fields: dict[str, JsonFact] = {}
    for key, inner in node.value:
        name = _value(key, path or "policy")
        if not isinstance(name, str):
            raise InvalidRequest(path or "policy", f"{_line(key)}: the name of a field is a word")
        if name in fields:
            raise InvalidRequest(path + name, f"{_line(key)}: it stands here twice; keep one")
        fields[name] = _value(inner, path + name)
    return fields


def _value(node: yaml.Node, path: str) -> JsonFact:
    if isinstance(node, yaml.MappingNode):
        return _fields(node, f"{path}.")
    if isinstance(node, yaml.SequenceNode):
        return [_value(inner, f"{path}.{position}") for position, inner in enumerate(node.value)]
    if node.tag == _STR:
        return str(node.value)
    if node.tag == _INT and _WHOLE.fullmatch(node.value):
        return int(node.value)
    # YAML takes 30.0, 2026-01-01, yes and 010 for other things than they look like; a policy is hashed and must not.
    kind = node.tag.rpartition(":")[2]
    instead = "write a whole number, or a text in quotes"
    if path.startswith("automatic_limit."):
        instead = "write a whole number of minor units, such as 2000 for 20.00 EUR"
    raise InvalidRequest(path, f"{_line(node)}: {node.value or 'nothing'} is a {kind} to YAML; {instead}")


def _line(at: yaml.Node | yaml.Event) -> str:
    return f"line {at.start_mark.line + 1}" if at.start_mark else "somewhere"
