"""Documents looked through before they are published: what is wrong with them, and what is odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, values
from commands.output import AsJson, example
from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from activities.decisions.plain_yaml import Document
    from activities.decisions.policy_file import Checked
    from domain.policy import Statute
    from domain.policy.review import Finding

app = output.group("Return policies.")


@dataclass(frozen=True)
class Told:
    """One finding as it is told; `kind` is invalid where the document cannot even be read. `rule` is the number of the
    rule that it is about, from 1, as decisions name it."""

    file: str
    line: int
    field: str
    weight: str
    kind: str
    message: str
    rule: int | None = None

    def __str__(self) -> str:
        clause, _, rest = self.field.partition(".")
        inside = rest.partition(".")[2] if self.weight == "error" and self.kind == "invalid" else ""
        part = self.field if self.rule is None else f"{clause} rule {self.rule}{f', {inside}' if inside else ''}"
        return f"{self.file}:{self.line}: {self.weight}: {part}: {self.message}"


@app.command(epilog=example("policy check policies/default.yaml"))
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Policies and statutes as YAML.")],
    as_json: AsJson = False,
) -> None:
    """Look policies and statutes through: what is wrong, contradicts itself, never speaks or was forgotten.

    Exits with 1 if there is an error; advice alone is 0.
    """
    found = list(_told(files))
    errors = sum(one.weight == "error" for one in found)
    if as_json:
        output.print_json({"files": len(files), "errors": errors, "findings": [asdict(one) for one in found]})
    else:
        output.say(*map(str, found))
        advice = len(found) - errors
        output.say(f"{output.many(len(files), 'file')}: {output.many(errors, 'error')}, {advice} to think about.")
    if errors:
        raise typer.Exit(1)


def _told(files: Sequence[Path]) -> Iterator[Told]:
    """The findings of all files, by file and line. Raises InvalidRequest for a file that cannot be read at all."""
    from activities.decisions.policy_file import check as check_text

    read: list[tuple[str, Checked]] = []
    for path in files:
        text = values.read_text(path)
        try:
            read.append((str(path), check_text(text)))
        except InvalidRequest as error:
            yield _unreadable(str(path), error)
    statutes = _with_law([one.statute for _, one in read if one.statute])
    for file, checked in read:
        yield from _faults(file, checked)
        yield from _odd(file, checked, statutes)


def _with_law(given: Sequence[Statute]) -> list[Statute]:
    """The law that came with the program, or what was given instead of it."""
    from wiring import law

    named = {one.id for one in given}
    return [*given, *(one.statute for one in law() if one.statute.id not in named)]


def _unreadable(file: str, error: InvalidRequest) -> Told:
    where, _, message = error.message.removeprefix(f"{error.field}: ").partition(": ")
    return Told(file, int(where.removeprefix("line ")), error.field, "error", "invalid", message)


def _faults(file: str, checked: Checked) -> Iterator[Told]:
    from activities.decisions.plain_yaml import named

    for fault in checked.faults:
        rule = fault.path[1] + 1 if len(fault.path) > 1 and isinstance(fault.path[1], int) else None
        yield Told(file, fault.line, named(fault.path).removesuffix(".[key]"), "error", "invalid", fault.message, rule)


def _odd(file: str, checked: Checked, statutes: Sequence[Statute]) -> list[Told]:
    from activities.decisions.plain_yaml import named
    from domain.policy.gaps import review

    document = checked.policy or checked.statute
    found: Iterable[Finding] = review(document, statutes) if document else ()
    told = [
        Told(
            file,
            checked.source.line(one.place),
            named(one.place),
            one.weight,
            one.kind,
            "".join(part if isinstance(part, str) else _part(checked.source, part) for part in one.words),
            int(one.place[1]) + 1 if len(one.place) > 1 else None,
        )
        for one in found
    ]
    return sorted(told, key=lambda one: one.line)


def _part(source: Document, place: tuple[str | int, ...]) -> str:
    """Another part of the document, to be found: a rule by its number from 1, as decisions name it."""
    clause, *rest = place
    rule = f" rule {int(rest[0]) + 1}" if rest else ""
    return f"{clause}{rule} (line {source.line(place)})"
