"""Erasing a customer: nothing personal is left, anywhere in the files; the journal stands and says that it was done."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.decisions import OpenReturn
from activities.labels.erasing import remove_files
from database.engine import scrub
from database.stores import SqlBoxes, SqlContacts, SqlNotes
from domain.box import Box, BoxMatch
from domain.errors import Refused
from domain.inspection import ReceivedLine
from domain.order import Contact
from domain.people import Role
from domain.request import RequestedLine, ReturnRequest
from ledger import EntryKind, NewEntry
from ledger.erasing import EraseCustomer, Erased, Erasing
from tests.shop import NOW, Shop
from tests.staff import Staff

WHO = "cust-2041"
"""The customer of the order with two rates."""
PERSONAL = ("Mara Musterfrau", "mara@example.com", "Musterstrasse 12", "Alte Gasse 9", "it itches me")
TOKEN = "Jyas2onXf0eUZMesFxHxbg"


class Office:
    """A shop with one customer who has returned something, and whoever erases her."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.shop = Shop(engine)
        self.contacts, self.notes, self.boxes = SqlContacts(engine), SqlNotes(engine), SqlBoxes(engine)
        self.scrubs = 0
        self.shop.publish()
        self.shop.sell()
        known = Contact(
            customer_id=WHO, name="Mara Musterfrau", address=("Alte Gasse 9 " * 40,), email="mara@example.com"
        )
        moved = known.model_copy(update={"address": ("Musterstrasse 12",)})
        for one in (known, moved):
            self.contacts.put(one)
        self.note = self.notes.put("it itches me " * 100)
        self.other = self.notes.put("somebody else's")
        self.contacts.put(Contact(customer_id="cust-1", name="Otto Other"))

    def erasing(self, scrub: bool = True) -> Erasing:
        """With or without cleaning of the database's files."""
        staff = Staff(ola=Role.OPS, fay=Role.FINANCE)
        stores = (self.shop.ledger, self.shop.snapshots, self.contacts, self.notes, self.boxes, staff)
        return Erasing(*stores, partial(remove_files, self.folder), self.clean if scrub else lambda: None)

    def clean(self) -> None:
        """As the deployment does."""
        self.scrubs += 1
        scrub(self.engine, "contacts", "notes", "boxes")

    def erase(self, by: str = "ola", customer: str = WHO, anyway: bool = False) -> Erased:
        """Erase a customer."""
        return self.erasing().erase(EraseCustomer(customer=customer, by=by, anyway=anyway), NOW)

    def begin(self, case: str = "R-1", line: str = "1") -> None:
        """A return with a note, and a label."""
        wanted = RequestedLine(line_id=line, quantity=1, note_id=self.note)
        request = ReturnRequest(id=case, order_id="two-rates", lines=(wanted,))
        self.shop.fetch(case, {line: 1})
        self.shop.decisions.open_return(OpenReturn(request=request, order_id="two-rates", now=NOW))
        label = {
            "tracking_number": f"BH{case}",
            "carrier": "Parcel",
            "url": "https://x.example",
            "bought_at": "2026-11-21T12:00:00Z",
        }
        entry = {
            "key": f"label:{case}:1",
            "kind": EntryKind.LABEL,
            "order": "two-rates",
            "case": case,
            "actor": "carrier",
        }
        self.shop.ledger.append(NewEntry.model_validate({**entry, "at": NOW, "facts": {"label": label}}))

    def box(self, name: str, case: str, units: int, done: bool = True) -> None:
        """A box of two units, so many of which belong to a return."""
        lines = [{"sku": "MUG-BLUE", "quantity": 1, "title": "mug of Mara Musterfrau"}, {"title": "hat", "quantity": 1}]
        said = {"id": name, "received_by": "ola", "received_at": NOW, "place": "Musterstrasse 12", "lines": lines}
        self.boxes.keep(Box.model_validate(said), NOW)
        mine = (ReceivedLine(line_id="1", quantity=units),)
        self.boxes.reserve(BoxMatch(box=name, case=case, lines=mine, by="ola", at=NOW))
        if done:
            self.boxes.finish(name, case)

    def words(self, name: str) -> tuple[list[str], str]:
        """What is left of what staff wrote of a box."""
        row = self.boxes.get(name)
        assert row is not None
        return [line.title for line in row.box.lines], row.box.place

    @property
    def records(self) -> list[tuple[str, dict[str, object]]]:
        """What the journal says of erasures."""
        found = [one for one in self.shop.ledger.entries() if one.kind is EntryKind.ERASED]
        return [(one.actor, dict(one.facts)) for one in found]


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Office:
    """On both kinds of database."""
    return Office(engine, tmp_path / "labels")


def left(file: Path) -> set[str]:
    """Which personal values stand anywhere in a database's files."""
    bytes = b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))
    return {one for one in PERSONAL if one.encode() in bytes}


def test_contact_and_notes_are_blank_and_the_journal_says_so(office: Office) -> None:
    office.begin()
    office.shop.close("R-1")
    erased = office.erase()
    assert (erased.contacts, erased.notes, erased.files) == (1, 1, 0)
    assert (office.contacts.get(WHO), office.notes.get(office.note)) == (None, None)
    assert office.notes.get(office.other) == "somebody else's"
    other = office.contacts.get("cust-1")
    assert other is not None
    assert other.name == "Otto Other"
    told = {"customer": WHO, "returns": ["R-1"], "contacts": 1, "notes": 1, "files": 0, "boxes": 0}
    assert office.records == [("ola", told)]
    assert office.shop.sound()


def test_again_it_does_nothing_and_what_is_new_is_erased_too(office: Office) -> None:
    office.begin()
    office.shop.close("R-1")
    first, again = office.erase(), office.erase()
    assert (again.anything, again.before, again.seq) == (False, 1, first.seq)
    office.contacts.put(Contact(customer_id=WHO, name="Mara Musterfrau"))
    assert (office.erase().contacts, office.contacts.get(WHO)) == (1, None)
    assert len(office.records) == 2
    # The files are cleaned each time: the time before may have died just before that.
    assert office.scrubs == 3


def test_a_customer_without_orders_is_erased_too(office: Office) -> None:
    assert office.erase(customer="cust-1").contacts == 1
    with pytest.raises(Refused) as caught:
        office.erase(customer="cust-9")
    assert caught.value.code == "not_found"


def test_while_a_return_runs_somebody_has_to_mean_it(office: Office) -> None:
    office.begin()
    with pytest.raises(Refused) as caught:
        office.erase()
    assert (caught.value.code, "still run (R-1)" in caught.value.message) == ("still_running", True)
    assert office.contacts.get(WHO) is not None
    assert office.erase(anyway=True).contacts == 1
    assert office.contacts.get(WHO) is None


@pytest.mark.parametrize(("by", "code"), [("fay", "role_may_not"), ("nobody", "person_unknown")])
def test_only_some_may(office: Office, by: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        office.erase(by=by)
    assert caught.value.code == code
    assert office.contacts.get(WHO) is not None


def test_nothing_stands_on_in_the_files_of_the_database(office: Office, path: Path) -> None:
    office.begin()
    office.shop.close("R-1")
    assert left(path) == set(PERSONAL)
    office.erasing(scrub=False).erase(EraseCustomer(customer=WHO, by="ola"), NOW)
    assert left(path), "blanking alone would do; then this test shows nothing"
    office.erase()
    assert left(path) == set()
    assert office.shop.sound()


def test_label_files_are_removed_and_no_others(tmp_path: Path) -> None:
    mine = [f"BH1-{TOKEN}.pdf", f"BH1-{TOKEN}.zpl", f"R-1-{TOKEN}.pdf", f".BH1-{TOKEN}.pdf.k3j_x2"]
    others = [f"BH12-{TOKEN}.pdf", f"R-1-2-{TOKEN}.pdf", f"XBH1-{TOKEN}.pdf", "BH1.pdf", "notes.txt"]
    for name in [*mine, *others]:
        (tmp_path / name).write_text("Mara Musterfrau")
    gone: Collection[str] = ("BH1", "R-1")
    assert remove_files(tmp_path, gone) == len(mine)
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(others)
    assert remove_files(tmp_path, gone) == remove_files(tmp_path, ()) == remove_files(tmp_path / "none", gone) == 0


def test_what_staff_wrote_of_boxes_is_blank_and_what_is_left_of_one_is_still_found(office: Office) -> None:
    office.begin()
    office.shop.close("R-1")
    for name, case, units, done in (("all", "R-1", 2, True), ("some", "R-1", 1, False), ("other", "R-9", 2, True)):
        office.box(name, case, units, done)
    assert office.erase().boxes == 2
    assert office.words("all") == (["", "(erased)"], "")
    # Half of it still stands somewhere, and somebody has to find it.
    assert office.words("some") == (["", "(erased)"], "Musterstrasse 12")
    assert office.words("other") == (["mug of Mara Musterfrau", "hat"], "Musterstrasse 12")
    assert office.erase().boxes == 0
    office.boxes.release("some", "R-1")
    office.box("new", "R-1", 2)
    assert office.erase().boxes == 1
    assert [told["boxes"] for _, told in office.records] == [2, 1]
