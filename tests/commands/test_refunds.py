"""`refunds` and `schedules create`, as people call them."""

from __future__ import annotations

from ledger import EntryKind, NewEntry, Transfer
from tests.commands.conftest import Run
from tests.shop import NOW
from wiring import Rooms

COLUMNS = "Return Order Payment Amount State Tries Refund Bank's reference Shows by Next"


def submitted(rooms: Rooms, case: str, order: str, payment: str) -> None:
    key = f"refund:{case}:1:{payment}:1"
    intention = {"key": key, "case": case, "order_id": order, "plan": 1, "attempt": 1, "payment": payment}
    rooms.ledger.append(
        NewEntry(
            key=f"order:{order}",
            kind=EntryKind.ORDER_OPENED,
            order=order,
            actor="test",
            at=NOW,
            facts={"number": f"#{order}"},
            transfers=(
                Transfer(
                    key=f"{order}/1", debit=f"tender:{payment}", credit=f"order:{order}", commodity="EUR", amount=9
                ),
            ),
        )
    )
    rooms.ledger.append(
        NewEntry(
            key=key,
            kind=EntryKind.REFUND_SUBMITTED,
            order=order,
            case=case,
            actor="rule:plan",
            at=NOW,
            facts={"intention": {**intention, "amount": 700, "currency": "EUR"}},
        )
    )


def rows(run: Run, *words: str) -> list[str]:
    answer = run("refunds", *words)
    assert (answer.code, answer.err) == (0, "")
    return [" ".join(line.split()) for line in answer.out.splitlines()]


def test_refunds_are_listed_and_narrowed(ready: Rooms, run: Run) -> None:
    assert rows(run) == ["There are no such refunds."]
    submitted(ready, "R-1", "B-1", "pi_1")
    submitted(ready, "R-2", "B-2", "pi_2")
    one, two = (
        f"R-{n} B-{n} pi_{n} 7.00 EUR pending 1 provider: confirm it; it is looked at again by itself" for n in (1, 2)
    )
    assert rows(run) == [COLUMNS, one, two]
    assert rows(run, "--order", "#B-2") == rows(run, "--return", "R-2") == [COLUMNS, two]
    assert rows(run, "--state", "pending") == [COLUMNS, one, two]
    assert rows(run, "--state", "failed") == ["There are no such refunds."]


def test_for_programs(ready: Rooms, run: Run) -> None:
    submitted(ready, "R-1", "B-1", "pi_1")
    (found,) = run("refunds", "--json").json
    told = {name: found[name] for name in ("case", "payment", "amount", "currency", "state", "attempts", "owner")}
    assert told == {
        "case": "R-1",
        "payment": "pi_1",
        "amount": 700,
        "currency": "EUR",
        "state": "pending",
        "attempts": 1,
        "owner": "provider",
    }


def test_what_is_not_there_is_said(ready: Rooms, run: Run) -> None:
    for words in (("--return", "R-9"), ("--order", "B-9")):
        answer = run("refunds", *words)
        assert (answer.code, answer.out) == (1, "")
        assert words[1] in answer.err
    assert run("refunds", "--state", "gone").code == 2


def test_a_schedule_needs_temporal(run: Run) -> None:
    answer = run("schedules", "create")
    assert answer.code == 1
    assert answer.err.startswith("No Temporal server answers at ")
