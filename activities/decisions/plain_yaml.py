"""YAML that means one thing only: whole numbers, texts, lists and fields; each with the line on which it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from domain.canonical import JsonFact
from domain.errors import InvalidRequest

_STR, _INT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int"
_CURRENCY = re.compile("[A-Z]{3}")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")

_DEEPEST = 20
"""Lists and fields within each other."""

Path = tuple[str | int, ...]
"""Names of fields, and positions in lists from 0."""


LARGEST = 1_000_000
"""Characters; a policy of thousands of rules has fewer."""


class Fault(NamedTuple):
    """What is wrong, on which line, and the field as people read it."""

    line: int
    path: Path
    message: str

    @property
    def refusal(self) -> InvalidRequest:
        """The error that says so."""
        return InvalidRequest(named(self.path), f"line {self.line}: {self.message}")


@dataclass
class Document:
    """What a text says, and on which line each part of it begins, from 1; with what no document may say."""

    fields: Mapping[str, JsonFact]
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a part, or of the nearest that it would belong to."""
        here = tuple(path)
        while here not in self.lines:
            here = here[:-1]
        return self.lines[here]

    def fault(self, path: Path, node: yaml.Node, message: str) -> None:
        """Note what is wrong with a part, and go on."""
        self.faults.append(Fault(_number(node), path, message))


def read(text: str) -> Document:
    """The document in a YAML text. Raises InvalidRequest with the line and the field that is wrong."""
    document = read_on(text)
    if document.faults:
        raise document.faults[0].refusal
    return document


def read_on(text: str) -> Document:
    """The same, with all that is wrong in it as `faults`. Raises InvalidRequest if it is no YAML with fields at all."""
    if len(text) > LARGEST:
        raise InvalidRequest("policy", f"line 1: it has {len(text):,} characters; at most {LARGEST:,} are read")
    root = _root(text)
    document = Document({}, {(): _number(root)})
    document.fields = _fields(root, (), document)
    return document


def _root(text: str) -> yaml.MappingNode:
    try:
        root = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise InvalidRequest("policy", f"{where}this is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError:
        raise InvalidRequest("policy", "line 1: this is no YAML: it has characters that no text has") from None
    if not isinstance(root, yaml.MappingNode):
        raise InvalidRequest("policy", "line 1: a policy is a list of fields, such as `window_days: 30`")
    return root


class _Loader(yaml.SafeLoader):
    """Refuses what would take long to read: an alias lets a few lines stand for a document without end, and so does
    depth; no policy needs either."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs have no types for it
        if isinstance(event, yaml.AliasEvent):
            raise InvalidRequest("policy", f"{_line(event)}: references (*name) are not taken; write the value out")
        inner = isinstance(event, yaml.CollectionStartEvent)
        if inner and self.depth == _DEEPEST:
            raise InvalidRequest("policy", f"{_line(event)}: it is nested too deeply for a policy")
        self.depth += inner
        node = super().compose_node(parent, index)
        self.depth -= inner
        return node


def _fields(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, JsonFact]:
    fields: dict[str, JsonFact] = {}
    for key, inner in node.value:
        if key.tag != _STR or not isinstance(key, yaml.ScalarNode):
            document.fault(path, key, _not_plain(key, path) or "the name of a field is a word")
            continue
        name = str(key.value)
        here = (*path, name)
        if name in fields:
            document.fault(here, key, "it stands here twice; keep one")
            continue
        document.lines[here] = _number(key)
        fields[name] = _value(inner, here, document)
    return fields


def _value(node: yaml.Node, path: Path, document: Document) -> JsonFact:
    if isinstance(node, yaml.MappingNode):
        return _fields(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        found: list[JsonFact] = []
        for position, inner in enumerate(node.value):
            document.lines[(*path, position)] = _number(inner)
            found.append(_value(inner, (*path, position), document))
        return found
    if message := _not_plain(node, path):
        document.fault(path, node, message)
    elif node.tag == _INT:
        return int(node.value)
    return str(node.value)


def _not_plain(node: yaml.Node, path: Path) -> str:
    """Why a value could be taken for another than it looks like; a policy is hashed and must not be. Else empty."""
    if not isinstance(node, yaml.ScalarNode) or node.tag == _STR:
        return ""
    if node.tag == _INT and _WHOLE.fullmatch(node.value):
        return ""
    kind = node.tag.rpartition(":")[2]
    instead = "write a whole number, or a text in quotes"
    if path and _CURRENCY.fullmatch(str(path[-1])):
        instead = "write a whole number of minor units, such as 2000 for 20.00 EUR"
    elif kind == "bool":
        instead = f'put it in quotes if it is meant as a word: "{node.value}"'
    named_kind = f"a {kind}" if kind != "bool" else "a bool (true or false)"
    return f"{node.value or 'nothing'} is {named_kind} to YAML; {instead}"


def empty_lists(value: JsonFact | Mapping[str, JsonFact], path: Path = ()) -> Iterator[Path]:
    """Where a list has nothing in it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from empty_lists(inner, (*path, name))
    elif isinstance(value, list):
        if not value:
            yield path
        for position, inner in enumerate(value):
            yield from empty_lists(inner, (*path, position))


def named(path: Sequence[str | int]) -> str:
    """A path as people read it: `window.0.days`."""
    return ".".join(map(str, path)) or "policy"


def _line(at: yaml.Node | yaml.Event) -> str:
    return f"line {_number(at)}"


def _number(at: yaml.Node | yaml.Event) -> int:
    return at.start_mark.line + 1 if at.start_mark else 1
