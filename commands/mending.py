"""What ops mend: a count, grades, how long somebody has; and what they ask the shopper to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.deployment import open_rooms
from commands.output import AsJson, By, Case, Remark, example
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from commands.temporal import CaseView
    from domain.evidence import GiveEvidence
    from domain.mending import Extend

app = output.group("What ops mend.")
evidence = output.group("What a shopper shows before a person decides.")

Deadline = Annotated[str, typer.Option(help="send_back, review, evidence or inspection.")]
Until = Annotated[str, typer.Option(metavar="DAY", help="The new last day, such as 2027-01-31.")]


@app.command("correct-count", epilog=example("correct-count R-1 --receipt-id box-7 --line 1:2 --by olga"))
def correct_count(
    case: Case,
    by: By,
    receipt_id: Annotated[str, typer.Option(help="The id of the arrival that was counted wrongly.")],
    line: Annotated[list[str] | None, typer.Option(metavar="LINE:QUANTITY", help="What was in it, all of it.")] = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="Nothing of it was this return's.")] = False,
    remark: Remark = "",
    as_json: AsJson = False,
) -> None:
    """Correct what was counted out of a box, until it is inspected."""
    from domain.mending import CorrectCount

    if bool(line) is nothing:
        raise InvalidRequest("--line", "say what was in the box, or --nothing if nothing of it was this return's")
    told = {"by": by, "receipt": receipt_id, "lines": values.lines(line or ()), "remark": remark}
    said = values.make(CorrectCount, told)
    messages.tell(case, "correct_count", lambda _: said, as_json)


@app.command(epilog=example("regrade R-1 --line 1:1:grade_a --by olga"))
def regrade(
    case: Case,
    by: By,
    line: Annotated[
        list[str], typer.Option(metavar="LINE:QUANTITY:GRADE", help="All that was inspected, grade_a to grade_d.")
    ],
    remark: Remark = "",
    as_json: AsJson = False,
) -> None:
    """Correct the grades of what was inspected, until its refund is under way; it is planned anew."""
    from domain.mending import Regrade

    said = values.make(Regrade, {"by": by, "lines": values.lines(line, "grade"), "remark": remark})
    messages.tell(case, "regrade", lambda _: said, as_json)


@app.command(epilog=example("extend R-1 --deadline send_back --until 2027-01-31 --by olga"))
def extend(case: Case, by: By, deadline: Deadline, until: Until, as_json: AsJson = False) -> None:
    """Give somebody more time; nobody ever gets less."""
    said = more_time(by, deadline, until)
    messages.tell(case, "extend", lambda _: said, as_json)


def more_time(by: str, deadline: str | None, until: str | None) -> Extend:
    """The message. Raises InvalidRequest naming what is wrong or left out."""
    from domain import mending

    if deadline not in list(mending.Deadline):
        raise InvalidRequest("--deadline", f"{deadline!r} is none; it is {', '.join(mending.Deadline)}")
    if until is None:
        raise InvalidRequest("--until", "say the new last day, such as 2027-01-31")
    return values.make(mending.Extend, {"by": by, "deadline": deadline, "until": until})


@evidence.command(epilog=example("evidence ask R-1 --line 1:photo --by olga"))
def ask(
    case: Case,
    by: By,
    line: Annotated[list[str], typer.Option(metavar="LINE:WHAT", help="Of which line: receipt, photo or serial.")],
    as_json: AsJson = False,
) -> None:
    """Ask the shopper to show something of lines in review; the review waits for it, as long as the policy says."""
    from domain.evidence import AskEvidence

    wanted = [dict(zip(("line_id", "proof"), one.partition(":")[::2], strict=True)) for one in line]
    said = values.make(AskEvidence, {"by": by, "wanted": wanted})
    messages.tell(case, "ask_evidence", lambda _: said, as_json)


@evidence.command(epilog=example("evidence give R-1 --by shopper --photo https://photos.shop.example/1.jpg"))
def give(
    case: Case,
    by: By,
    text: Annotated[list[str] | None, typer.Option(help="What the shopper says; it is kept apart.")] = None,
    photo: Annotated[list[str] | None, typer.Option(metavar="URL", help="Where a photo lies; never fetched.")] = None,
    evidence_id: Annotated[str | None, typer.Option("--id", help="Your own id of it; the same id counts once.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was asked for: words and photos are stored apart, and the return learns their ids."""
    import secrets

    from domain.evidence import GiveEvidence, Photo

    addresses = [values.make(Photo, {"address": one}).address for one in photo or ()]
    if not text and not addresses:
        raise InvalidRequest("--text", "show something: --text or --photo")
    given = {"by": by, "id": evidence_id or f"shown-{secrets.token_hex(6)}"}
    values.make(GiveEvidence, {**given, "notes": ["note_00000000"]})  # before anything is stored

    def compose(seen: CaseView) -> GiveEvidence:
        if not seen.evidence:
            raise Refused("nothing_wanted", f"Nothing has to be shown for return {case}.")
        keep = open_rooms().stores.notes.put
        kept = {"notes": [keep(one) for one in text or ()], "photos": [keep(one) for one in addresses]}
        return values.make(GiveEvidence, {**given, **kept})

    messages.tell(case, "give_evidence", compose, as_json)


@evidence.command(epilog=example("evidence show R-1"))
def show(case: Case, as_json: AsJson = False) -> None:
    """What was asked for and what was shown, in the shopper's own words."""
    from ledger.recall import case_so_far

    rooms = open_rooms()
    known = case_so_far(rooms.ledger.entries(case=case)).evidence
    rows = [
        (one.number, str(one), given.id, "; ".join(rooms.stores.notes.get(note) or "(erased)" for note in notes))
        for one in known
        for given in one.given
        for notes in [(*given.notes, *given.photos)]
    ]
    rows += [(one.number, str(one), "", "") for one in known if not one.given]
    if as_json:
        names = ("number", "wanted", "id", "shown")
        output.print_json({"evidence": [dict(zip(names, row, strict=True)) for row in sorted(rows)]})
    else:
        output.table(("no.", "wanted", "id", "shown"), sorted(rows), f"Nothing was asked for of return {case}.")
