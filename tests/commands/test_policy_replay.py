"""Every request that was made, judged again: what changes, what that costs, and that nothing is recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.order import Order, Tender, TenderKind
from ledger import EntryKind, NewEntry
from ledger.then import order_then
from settings import ROOT
from tests.commands.conftest import ORDER, Run
from tests.shop import NOW, Shop
from wiring import Rooms

SHORT = "id: short\ntitle: Ten days\nwindow_days: 10\n"
COSTLY = "id: costly\ntitle: A fee\nwindow_days: 30\nreturn_shipping: [{payer: shopper, fee: {EUR: 499}}]\n"


@pytest.fixture
def shop(ready: Rooms) -> Shop:
    """A shop of 30 days, outside the law, whose order was delivered on 6 November; it is the 21st."""
    shop = Shop(ready.engine)
    shop.publish()
    shop.sell(country=None)
    return shop


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new.yaml"


def replayed(run: Run, file: Path, text: str, *words: str | Path) -> Any:
    file.write_text(text)
    answer = run("policy", "replay", "--policy", file, *words, "--json")
    assert (answer.code, answer.err) == (0, "")
    return answer.json


def test_the_same_policy_changes_nothing(run: Run, shop: Shop, file: Path) -> None:
    shop.begin("R-1", {"1": 2})
    shop.begin("R-2", {"1": 2, "2": 1})
    shop.cancel("R-1")
    shop.begin("R-3", {"1": 3})
    shown = replayed(run, file, "id: same\ntitle: Same\nwindow_days: 30\n")
    assert (shown["decisions"], shown["changed"], shown["unjudged"], shown["changes"]) == (3, 0, 0, [])
    # two mugs 2353; the book alone 2271, for one mug was left; three mugs 3529 once the first return was called off
    assert shown["quoted"] == [{"currency": "EUR", "before": 8153, "after": 8153, "difference": 0}]


def test_what_changes_and_what_it_costs(run: Run, shop: Shop, file: Path) -> None:
    shop.begin("R-1", {"1": 2})
    recorded = shop.recorded()
    shown = replayed(run, file, SHORT)
    assert shown["verdicts"] == [{"before": "approve", "after": "decline", "requests": 1}]
    assert shown["quoted"] == [{"currency": "EUR", "before": 2353, "after": 0, "difference": -2353}]
    (change,) = shown["changes"]
    assert (change["request"], change["order"], change["quoted"]) == ("R-1", "two-rates", [2353, 0])
    assert change["lines"] == [{"line_id": "1", "verdict": ["approve", "decline"]}]
    (costly,) = replayed(run, file, COSTLY)["changes"]
    assert (costly["verdict"], costly["quoted"]) == (["approve", "approve"], [2353, 1854])
    assert costly["lines"] == [{"line_id": "1", "return_shipping": ["shop", "shopper"], "label_fee": [0, 499]}]
    assert shop.recorded() == recorded


def test_the_page(run: Run, shop: Shop, file: Path) -> None:
    shop.begin("R-1", {"1": 2})
    file.write_text(COSTLY + "restocking: [{percent: 10, when: {grade: grade_b}}]\n")
    shown = run("policy", "replay", "--policy", file)
    assert shown.code == 0
    lines = [line.rstrip() for line in shown.out.splitlines()]
    assert lines[:4] == [
        "R-1 (order two-rates, 2026-11-21): approve, 23.53 EUR would be 18.54 EUR",
        "  line 1, restocking: none would be grade b 10 percent",
        "  line 1, return shipping: shop would be shopper",
        "  line 1, label fee: 0 would be 499",
    ]
    assert ": 1 request, of which 1 would be decided otherwise." in lines[4]
    assert lines[-1].split(maxsplit=2)[0] == "23.53"
    assert lines[-1].endswith("-4.99 EUR")


def test_only_requests_since_a_day(run: Run, shop: Shop, file: Path) -> None:
    shop.begin("R-1", {"1": 2})
    assert replayed(run, file, SHORT, "--since", "2026-11-21")["decisions"] == 1
    assert replayed(run, file, SHORT, "--since", "2026-11-22")["decisions"] == 0


def test_the_law_counts_too(run: Run, ready: Rooms, file: Path) -> None:
    shop = Shop(ready.engine)
    shop.publish()
    shop.sell()
    shop.begin("R-1", {"1": 2})
    # fifteen days after the delivery the right of withdrawal is over; of a defect it is not asked
    assert replayed(run, file, SHORT)["verdicts"] == [{"before": "approve", "after": "decline", "requests": 1}]


def test_an_order_as_it_was_then(shop: Shop) -> None:
    """What was free when each return was decided: cancelled units are, planned ones are not."""
    shop.begin("R-1", {"1": 2})
    shop.receive("R-1", {"1": 1})
    shop.plan("R-1", {"1": 1})
    shop.close("R-1")
    shop.begin("R-2", {"2": 1})
    shop.cancel("R-2")
    entries = list(shop.ledger.entries(order="two-rates"))
    seen = {}
    for place, entry in enumerate(entries):
        then = order_then(shop.snapshots, entries[:place])
        seen[entry.key] = dict(then.returnable) if then else None
    assert seen["order:two-rates"] is None
    assert seen["decision:R-1"] == {"1": 3, "2": 1, "3": 1}
    assert seen["receipt:R-1:box-1"] == {"1": 1, "2": 1, "3": 1}
    assert seen["decision:R-2"] == {"1": 2, "2": 1, "3": 1}
    last = order_then(shop.snapshots, entries)
    assert last is not None
    assert last.returnable == {line: shop.units(f"with_customer:two-rates:{line}").available for line in "123"}


def request_line(**changed: Any) -> str:
    order = json.loads(ORDER.read_text())
    order["order"]["country"] = "US"
    whole = {"order": order, "request": {"lines": [{"line_id": "1", "quantity": 2}]}, "at": "2026-11-21T12:00:00Z"}
    return json.dumps({**whole, **changed})


def test_requests_of_a_file_against_another_policy(run: Run, file: Path, tmp_path: Path) -> None:
    old, requests = tmp_path / "old.yaml", tmp_path / "requests.jsonl"
    old.write_text((ROOT / "policies" / "default.yaml").read_text())
    snapshot = Order.model_validate({**json.loads(request_line())["order"]["order"]}).model_dump(mode="json")
    requests.write_text(f"{request_line()}\n\n{request_line(order=snapshot, at='2026-11-12')}\n")
    shown = replayed(run, file, SHORT, "--requests", requests, "--against", old)
    assert (shown["decisions"], shown["changed"]) == (2, 1)
    assert [one["request"] for one in shown["changes"]] == [f"{requests}:1"]
    assert shown["quoted"][0]["difference"] == -2353
    assert (
        replayed(run, file, SHORT, "--requests", requests, "--against", old, "--since", "2027-01-01")["decisions"] == 0
    )
    # without a database nothing was opened
    assert not (tmp_path / "backhaul.db").exists()


def test_requests_of_a_file_on_orders_that_are_known_here(run: Run, shop: Shop, file: Path, tmp_path: Path) -> None:
    requests = tmp_path / "requests.jsonl"
    requests.write_text(request_line(order="B-2041") + "\n")
    shown = replayed(run, file, SHORT, "--requests", requests)
    assert shown["verdicts"] == [{"before": "approve", "after": "decline", "requests": 1}]


def test_an_empty_journal_and_an_empty_file(run: Run, ready: Rooms, file: Path, tmp_path: Path) -> None:
    assert replayed(run, file, SHORT)["changes"] == []
    (tmp_path / "none.jsonl").write_text("")
    assert replayed(run, file, SHORT, "--requests", tmp_path / "none.jsonl")["decisions"] == 0


WRONG = [
    ("{", "line: this is no JSON"),
    ("[1]", 'it is {"order": ..., "request": ..., "at": ...}'),
    ('{"order": "B-1", "at": "2026-01-01"}', "without request"),
    (request_line(at=5), "'5' is no date"),
    (request_line(order=5), "this is no order"),
    (request_line(order="B-9"), "there is no order B-9"),
    (request_line(request=[]), "it has lines, and may have a basis"),
    (request_line(request={"lines": [{"line_id": "9", "quantity": 1}]}), "has no line 9"),
    (request_line(request={"lines": [{"line_id": "1", "quantity": "x"}]}), "lines.0.quantity"),
    (request_line(request={"lines": [{"line_id": "1", "quantity": 9}]}), "only 3 of line 1 were bought"),
]


def test_a_line_that_is_wrong_is_named(run: Run, shop: Shop, file: Path, tmp_path: Path) -> None:
    requests = tmp_path / "requests.jsonl"
    file.write_text(SHORT)
    for text, says in WRONG:
        requests.write_text(f"{request_line(order='B-2041')}\n{text}\n")
        answer = run("policy", "replay", "--policy", file, "--requests", requests, "--json")
        assert (answer.code, answer.out) == (2, "")
        assert f"{requests}:2: " in answer.err
        assert says in answer.err


def test_bad_options(run: Run, ready: Rooms, file: Path, tmp_path: Path) -> None:
    file.write_text(SHORT)
    (tmp_path / "requests.jsonl").write_text(request_line() + "\n")
    nothing = run("policy", "replay", "--policy", file, "--requests", tmp_path / "requests.jsonl")
    assert (nothing.code, "--against: no policy has been published yet" in nothing.err) == (2, True)
    assert run("policy", "replay").code == 2
    assert run("policy", "replay", "--policy", tmp_path / "none.yaml").code == 2
    assert run("policy", "replay", "--policy", file, "--since", "monday").code == 2
    assert run("policy", "replay", "--policy", file, "--requests", tmp_path / "none.jsonl").code == 2


def test_what_cannot_be_judged_again_is_counted_and_named(run: Run, shop: Shop, file: Path) -> None:
    shop.begin("R-1", {"1": 1})
    other = Tender(id="pi_2", kind=TenderKind.CARD, captured=10850).model_dump()
    shop.sell(id="lost", number="B-3", tenders=[other])
    shop.fetch("R-2", {"1": 1}, "lost")
    decision = shop.entry("decision:R-1").facts["decision"]
    shop.ledger.append(
        NewEntry(
            key="decision:R-2",
            kind=EntryKind.DECISION,
            order="lost",
            case="R-2",
            actor="rule:policy",
            at=NOW,
            facts={"decision": decision},
        )
    )
    shown = replayed(run, file, SHORT)
    assert (shown["decisions"], shown["unjudged"]) == (1, 1)
    assert shown["unjudged_first"][0]["request"] == "R-2"
