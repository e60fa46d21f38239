"""YAML that means one thing only: whole numbers, texts, lists and fields; each with the line on which it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from domain.canonical import JsonFact
from domain.errors import InvalidRequest

_STR, _INT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int"
_CURRENCY = re.compile("[A-Z]{3}")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")

Path = tuple[str | int, ...]
"""Names of fields, and positions in lists from 0."""


@dataclass
class Document:
    """What a text says, and on which line each part of it begins, from 1. `empty` is its first list of nothing."""

    fields: Mapping[str, JsonFact]
    lines: dict[Path, int] = field(default_factory=dict)
    empty: Path | None = None

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a part, or of the nearest that it would belong to."""
        here = tuple(path)
        while here not in self.lines:
            here = here[:-1]
        return self.lines[here]


def read(text: str) -> Document:
    """The document in a YAML text. Raises InvalidRequest with the line and the field that is wrong."""
    root = _root(text)
    document = Document({}, {(): _number(root)})
    document.fields = _fields(root, (), document.lines)
    document.empty = next(_empty(document.fields, ()), None)
    return document


def _root(text: str) -> yaml.MappingNode:
    try:
        # An alias would let a few lines stand for a document without end; no policy needs one.
        alias = next((one for one in yaml.parse(text, yaml.SafeLoader) if isinstance(one, yaml.AliasEvent)), None)
        root = None if alias else yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise InvalidRequest("policy", f"{where}this is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError:
        raise InvalidRequest("policy", "line 1: this is no YAML: it has characters that no text has") from None
    except RecursionError:
        raise InvalidRequest("policy", "line 1: it is nested too deeply for a policy") from None
    if alias:
        raise InvalidRequest("policy", f"{_line(alias)}: references (*name) are not taken; write the value out")
    if not isinstance(root, yaml.MappingNode):
        raise InvalidRequest("policy", "line 1: a policy is a list of fields, such as `window_days: 30`")
    return root


def _fields(node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, JsonFact]:
    fields: dict[str, JsonFact] = {}
    for key, inner in node.value:
        name = _value(key, path, {})
        if not isinstance(name, str):
            raise InvalidRequest(named(path), f"{_line(key)}: the name of a field is a word")
        here = (*path, name)
        if name in fields:
            raise InvalidRequest(named(here), f"{_line(key)}: it stands here twice; keep one")
        lines[here] = _number(key)
        fields[name] = _value(inner, here, lines)
    return fields


def _value(node: yaml.Node, path: Path, lines: dict[Path, int]) -> JsonFact:
    if isinstance(node, yaml.MappingNode):
        return _fields(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        found: list[JsonFact] = []
        for position, inner in enumerate(node.value):
            lines[(*path, position)] = _number(inner)
            found.append(_value(inner, (*path, position), lines))
        return found
    if node.tag == _STR:
        return str(node.value)
    if node.tag == _INT and _WHOLE.fullmatch(node.value):
        return int(node.value)
    # YAML takes 30.0, 2026-01-01, yes and 010 for other things than they look like; a policy is hashed and must not.
    kind = node.tag.rpartition(":")[2]
    instead = "write a whole number, or a text in quotes"
    if path and _CURRENCY.fullmatch(str(path[-1])):
        instead = "write a whole number of minor units, such as 2000 for 20.00 EUR"
    words = f"{_line(node)}: {node.value or 'nothing'} is a {kind} to YAML; {instead}"
    raise InvalidRequest(named(path), words)


def _empty(value: JsonFact | Mapping[str, JsonFact], path: Path) -> Iterator[Path]:
    """Where a list has nothing in it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _empty(inner, (*path, name))
    elif isinstance(value, list):
        if not value:
            yield path
        for position, inner in enumerate(value):
            yield from _empty(inner, (*path, position))


def named(path: Sequence[str | int]) -> str:
    """A path as people read it: `window.0.days`."""
    return ".".join(map(str, path)) or "policy"


def _line(at: yaml.Node | yaml.Event) -> str:
    return f"line {_number(at)}"


def _number(at: yaml.Node | yaml.Event) -> int:
    return at.start_mark.line + 1 if at.start_mark else 1
