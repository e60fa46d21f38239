"""Importing orders and looking at them; nothing of it needs Temporal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.order import Order
from ledger import EntryKind, NewEntry
from tests.commands.conftest import ORDER, UNLINKED, Run
from wiring import Rooms


def test_import_shows_the_order_and_keeps_the_person_apart(run: Run, ready: Rooms) -> None:
    answer = run("orders", "import", ORDER)
    assert answer.code == 0
    for text in (
        "Order B-2041",
        "3 × Stoneware mug, blue, 35.29 EUR",
        "4.95 EUR",
        "108.50 EUR, card pi_demo_two_rates",
    ):
        assert text in answer.out
    assert "Musterfrau" not in answer.out
    contact = ready.stores.contacts.get("cust-2041")
    assert contact is not None
    assert contact.email == "mara@example.com"


def test_json_is_the_order_itself(run: Run, ready: Rooms) -> None:
    imported = run("orders", "import", ORDER, "--json").json
    assert run("orders", "show", "B-2041", "--json").json == imported
    assert run("orders", "show", "two-rates", "--json").json == imported
    assert Order.model_validate(imported).total == 10850


def test_list(run: Run, ready: Rooms) -> None:
    assert run("orders", "list", "--json").json == []
    assert "no orders" in run("orders", "list").out
    run("orders", "import", ORDER)
    run("orders", "import", UNLINKED)
    assert run("orders", "list", "--json").json[0] == {
        "id": "two-rates",
        "number": "B-2041",
        "currency": "EUR",
        "placed_at": "2026-11-02T09:14:00Z",
        "total": 10850,
        "lines": 3,
        "units": 5,
        "payment_linked": True,
    }
    assert "not linked" in run("orders", "list").out


def test_a_payment_is_linked_by_importing_again(run: Run, ready: Rooms) -> None:
    assert "import it again with --payment" in run("orders", "import", UNLINKED, "--format", "shopify").out
    linked = run("orders", "import", UNLINKED, "--payment", "pi_1", "--delivered", "2026-11-06", "--json").json
    assert [(one["id"], one["kind"]) for one in linked["tenders"]] == [("pi_1", "card")]
    assert linked["lines"][0]["deliveries"] == [{"quantity": 1, "at": "2026-11-06T23:59:59Z", "parcel": None}]
    assert [one["payment_linked"] for one in run("orders", "list", "--json").json] == [True]


def _paid_with(shown: Any) -> list[tuple[str, str, int]]:
    return [(one["id"], one["kind"], one["captured"]) for one in shown["tenders"]]


def test_a_link_is_kept_by_an_import_without_the_payment(run: Run, ready: Rooms, tmp_path: Path) -> None:
    run("orders", "import", UNLINKED, "--payment", "pi_1")
    assert _paid_with(run("orders", "import", UNLINKED, "--json").json) == [("pi_1", "card", 18109)]
    # nothing was refunded or returned yet, so a payment that was mistyped can be mended
    assert _paid_with(run("orders", "import", UNLINKED, "--payment", "pi_2", "--json").json)[0][0] == "pi_2"
    # transactions that do not name the payment are no reason to forget it either
    sale = {"id": 1, "kind": "sale", "status": "success", "amount": "181.09", "gateway": "shopify_payments"}
    (tmp_path / "sale.json").write_text(json.dumps([sale]))
    shown = run("orders", "import", UNLINKED, "--transactions", tmp_path / "sale.json", "--json").json
    assert _paid_with(shown) == [("pi_2", "card", 18109)]


def test_another_amount_is_another_payment(run: Run, ready: Rooms, tmp_path: Path) -> None:
    sale = {"id": 1, "kind": "sale", "status": "success", "amount": "100.00", "gateway": "shopify_payments"}
    order = json.loads(UNLINKED.read_text())
    order["order"] |= {"financial_status": "partially_paid", "transactions": [sale]}
    (tmp_path / "part.json").write_text(json.dumps(order))
    run("orders", "import", UNLINKED, "--payment", "pi_1")
    assert "not linked" in run("orders", "import", tmp_path / "part.json").out


def test_of_tags_and_groups_those_are_kept_that_a_published_policy_asks_for(
    run: Run, ready: Rooms, tmp_path: Path
) -> None:
    order = json.loads(UNLINKED.read_text())
    order["order"] |= {"tags": "sale, for Aunt Mara", "customer": {"id": 7, "tags": "vip, L\u00e9on"}}
    (tmp_path / "tagged.json").write_text(json.dumps(order))

    def kept() -> list[list[str]]:
        shown = run("orders", "import", tmp_path / "tagged.json", "--payment", "pi_1", "--json").json
        assert shown == run("orders", "show", shown["id"], "--json").json
        return [shown["lines"][0]["tags"], shown["customer"]["groups"]]

    assert kept() == [[], []]
    for name, when in (("a", "{tag: [sale, new]}"), ("b", "{group: vip}")):
        file = tmp_path / f"{name}.yaml"
        file.write_text(f"id: {name}\ntitle: T\nwindow_days: 30\njudgement: [{{verdict: review, when: {when}}}]\n")
        assert run("policy", "publish", file, "--from", f"2099-01-0{1 + (name == 'b')}").code == 0
    # whatever any version asks for, in force or not
    assert kept() == [["sale"], ["vip"]]


def test_a_payment_that_returns_run_on_is_not_replaced(run: Run, ready: Rooms) -> None:
    shown = run("orders", "import", UNLINKED, "--payment", "pi_1", "--delivered", "2026-11-06", "--json").json
    order = Order.model_validate(shown)
    snapshot = ready.stores.snapshots.keep(order).content
    facts = {"snapshot": snapshot}
    ready.ledger.append(
        NewEntry(
            key=f"order:{order.id}", kind=EntryKind.ORDER_OPENED, actor="shop", order=order.id, facts=facts,
            at=order.placed_at, asked=facts,
        )
    )  # fmt: skip
    other = run("orders", "import", UNLINKED, "--payment", "pi_other")
    assert (other.code, other.out, other.err.count("\n")) == (1, "", 1)
    assert "card pi_1" in other.err
    assert "pi_other cannot take its place" in other.err
    assert _paid_with(run("orders", "show", order.id, "--json").json) == [("pi_1", "card", 18109)]
    assert run("orders", "import", UNLINKED, "--payment", "pi_1").code == 0
    assert _paid_with(run("orders", "import", UNLINKED, "--json").json) == [("pi_1", "card", 18109)]


def test_an_order_that_is_not_there(run: Run, ready: Rooms) -> None:
    answer = run("orders", "show", "B-1")
    assert (answer.code, answer.out) == (1, "")
    assert "no order B-1" in answer.err


def test_without_tables(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("BACKHAUL_DATABASE_URL", "sqlite:///rel.db")
    for words in (("orders", "list"), ("orders", "import", ORDER), ("policy", "list"), ("people", "list")):
        answer = run(*words)
        assert answer.code == 1
        assert "has not been set up" in answer.err
        assert f"there is no file {home}/rel.db" in answer.err
    assert list(home.iterdir()) == []


def _changed(where: str, value: Any) -> str:
    document = json.loads(ORDER.read_text())
    *path, last = where.split(".")
    node = document
    for name in path:
        node = node[int(name)] if name.isdecimal() else node[name]
    node[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("no json", "file: this is no JSON"),
        ("[]", "file: this is no order"),
        ("{}", "file: this is no order"),
        (_changed("order.currency", "XXX"), "XXX"),
        (_changed("order.lines.0.quantity", -3), "order.lines.0.quantity"),
        (_changed("order.total", 10851), "total"),
        (_changed("order.total", 108.5), "order.total"),
        (_changed("order.emial", "mara@example.com"), "order.emial"),
    ],
)
def test_bad_files_change_nothing(content: str, says: str, run: Run, ready: Rooms, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(content)
    answer = run("orders", "import", file, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert ready.stores.orders.all() == []
    assert ready.stores.contacts.get("cust-2041") is None


def test_files_that_cannot_be_read(run: Run, ready: Rooms, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"a": "\xe9"}')
    for file in (tmp_path / "none", tmp_path, tmp_path / "latin"):
        assert run("orders", "import", file).code == 2


def _deliveries(shown: Any) -> list[list[tuple[int, str, str]]]:
    return [[(one["quantity"], one["at"], one["parcel"]) for one in line["deliveries"]] for line in shown["lines"]]


def test_deliveries_that_come_after_the_import(run: Run, ready: Rooms, tmp_path: Path) -> None:
    document = json.loads(ORDER.read_text())
    for line in document["order"]["lines"]:
        line["deliveries"] = []
    file = tmp_path / "order.json"
    file.write_text(json.dumps(document))
    run("orders", "import", file)
    words = ("orders", "delivered", "B-2041", "--at", "2026-11-06", "--line", "1:2", "--parcel", "P-1", "--json")
    first = run(*words).json
    assert _deliveries(first) == [[(2, "2026-11-06T23:59:59Z", "P-1")], [], []]
    assert run(*words).json == first
    assert "2 of 3 delivered" in run("orders", "show", "B-2041").out
    too_many = run("orders", "delivered", "B-2041", "--at", "2026-11-07", "--line", "1:2")
    assert (too_many.code, "of 3 bought only 1 had not come" in too_many.err) == (2, True)
    rest = run("orders", "delivered", "B-2041", "--at", "2026-11-07T10:00Z", "--json").json
    assert [len(one) for one in _deliveries(rest)] == [2, 1, 1]
    # a newer version of the order that tells no deliveries does not take them away
    assert run("orders", "import", file, "--json").json == rest


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["B-9", "--at", "2026-11-06"], 1, "no order B-9"),
        (["B-2041"], 2, "--at"),
        (["B-2041", "--at", "soon"], 2, "--at"),
        (["B-2041", "--at", "2026-11-06", "--line", "9:1"], 2, "has no line 9"),
        (["B-2041", "--at", "2026-11-06", "--line", "1:0"], 2, "quantity"),
        (["B-2041", "--at", "2026-11-06", "--parcel", "a b"], 2, "parcel"),
    ],
)
def test_deliveries_that_are_refused(words: list[str], code: int, says: str, run: Run, ready: Rooms) -> None:
    imported = run("orders", "import", ORDER, "--json").json
    answer = run("orders", "delivered", *words)
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err
    assert run("orders", "show", "B-2041", "--json").json == imported


def test_a_day_of_delivery_is_taken_only_where_the_file_tells_none(run: Run, ready: Rooms, tmp_path: Path) -> None:
    document = json.loads(ORDER.read_text())
    told = {"quantity": 2, "at": "2026-11-05T10:00:00Z", "parcel": "P-1"}
    for line, deliveries in zip(document["order"]["lines"], ([told], [{"quantity": 1}], []), strict=True):
        line["deliveries"] = deliveries
    file = tmp_path / "order.json"
    file.write_text(json.dumps(document))
    shown = run("orders", "import", file, "--delivered", "2026-11-07", "--json").json
    day = (1, "2026-11-07T23:59:59Z", None)
    assert _deliveries(shown) == [[(2, "2026-11-05T10:00:00Z", "P-1"), day], [day], [day]]


def test_a_delivery_that_is_still_to_come_is_refused(run: Run, ready: Rooms) -> None:
    now = datetime.now(UTC)
    for moment in (f"{now + timedelta(days=1):%Y-%m-%d}", f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"):
        told = run("orders", "import", ORDER, "--delivered", moment)
        assert (told.code, "--delivered" in told.err, "still to come" in told.err) == (2, True, True)
    assert ready.stores.orders.all() == []
    assert run("orders", "import", UNLINKED, "--delivered", f"{now:%Y-%m-%d}").code == 0
    later = run("orders", "delivered", "1001", "--at", f"{now + timedelta(days=1):%Y-%m-%d}")
    assert (later.code, "--at" in later.err) == (2, True)


def test_an_order_with_its_transactions(run: Run, ready: Rooms, tmp_path: Path) -> None:
    sale = {"id": 1, "kind": "sale", "status": "success", "amount": "181.09", "authorization": "pi_1"}
    file = tmp_path / "transactions.json"
    file.write_text(json.dumps([sale]))
    shown = run("orders", "import", UNLINKED, "--transactions", file, "--json").json
    assert [(one["id"], one["kind"], one["captured"]) for one in shown["tenders"]] == [("pi_1", "card", 18109)]


def test_a_refund_that_was_made_before_is_shown(run: Run, ready: Rooms) -> None:
    sample = Path(__file__).parents[1] / "storefront" / "samples" / "shopify_order_partially_refunded.json"
    assert "209.00 USD of it refunded before" in run("orders", "import", sample, "--payment", "pi_1").out


def test_the_one_card_payment_without_an_id_is_linked(run: Run, ready: Rooms, tmp_path: Path) -> None:
    file = tmp_path / "transactions.json"
    sale = {"id": 1, "kind": "sale", "status": "success", "amount": "181.09", "gateway": "shopify_payments"}
    file.write_text(json.dumps([sale]))
    shown = run("orders", "import", UNLINKED, "--transactions", file).out
    assert "not linked" in shown
    assert "import it again with --payment ID" in shown
    linked = run("orders", "import", UNLINKED, "--transactions", file, "--payment", "pi_1").out
    assert "181.09 USD, card pi_1" in linked
    assert "import it again" not in linked


def test_what_was_never_paid_is_told(run: Run, ready: Rooms, tmp_path: Path) -> None:
    order = json.loads(Path(UNLINKED).read_text())
    sale = {"id": 1, "kind": "sale", "status": "success", "amount": "100.00", "receipt": {"id": "pi_1"}}
    order["order"] |= {"financial_status": "partially_paid", "transactions": [sale]}
    file = tmp_path / "order.json"
    file.write_text(json.dumps(order))
    shown = run("orders", "import", file)
    assert shown.code == 0
    assert "100.00 USD, card pi_1" in shown.out
    assert "Never paid" in shown.out
    assert "81.09 USD" in shown.out
    assert "import it again" not in shown.out
    assert "card pi_1, never paid" in run("orders", "list").out
    quoted = run("quote", "--order", file, "--line", "IPOD2009BLACK:1", "--json").json
    assert (quoted["total"], [leg["tender"] for leg in quoted["legs"]]) == (10000, ["pi_1"])
    assert "Never paid for line 1071823193" in run("quote", "--order", file, "--line", "IPOD2009BLACK:1").out
