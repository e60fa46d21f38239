"""Made-up returns as the ledger records them: in each order two lines go back, paid with a card and a gift card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from domain.canonical import canonical_json, sha256
from ledger import NUMBERED, UNITS, EntryKind, NewEntry, Transfer, TransferKind

AT = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
POLICY = "standard@5f70bf18a086"
LINES = ("l1", "l2")
COMPONENTS = (
    ("l1", "net", 2168),
    ("l1", "tax:1", 412),
    ("l2", "net", 1084),
    ("l2", "tax:1", 206),
    ("shipping", "net", 416),
    ("shipping", "tax:1", 79),
)
LEGS = (("gift_card", 500), ("card", 3865))

SINGLE, PENDING, POST, _ = TransferKind

PER_RETURN = 13
"""Entries of one return, from the order to the end."""


def snapshot(number: str) -> str:
    """The text of one order, about as long as one with two lines is."""
    return canonical_json({"id": f"o-{number}", "lines": [_goods(line) for line in LINES]})


def a_return(number: str, shop: str) -> list[NewEntry]:
    """One return from its order to its end; `number` makes its ids, `shop` has the series of its credit note."""
    return list(_entries(number, shop))


def _entries(n: str, shop: str) -> Iterator[NewEntry]:
    told, seen = {"verdict": "approve", "policy": POLICY, "lines": [_judged(line) for line in LINES]}, _inspected(n)
    plan, note = {"plan": _plan(n)}, {NUMBERED: _note(n, shop), "refund": _refund(n, "card")}
    yield _entry(n, EntryKind.ORDER_OPENED, "storefront", {"snapshot": sha256(snapshot(n))}, _sold(n), policy=POLICY)
    reasons = ("within_window", "units_available")
    facts = {"decision": told, "quote": _plan(n)}
    yield _entry(n, EntryKind.DECISION, "rule:policy", facts, _units(n, PENDING), reasons, POLICY)
    yield _entry(n, EntryKind.LABEL, "carrier", {"label": f"https://labels.example/{n}", "carrier": "Post"})
    yield _entry(n, EntryKind.SCAN, "carrier", {"scan": f"{n}-1", "status": "in_transit", "at": "2026-11-24T08:00:00Z"})
    yield _entry(n, EntryKind.RECEIPT, "ann", {"received": seen}, _units(n, POST))
    yield _entry(n, EntryKind.INSPECTION, "ben", {"inspection": seen})
    yield _entry(n, EntryKind.PLAN, "rule:policy", plan, _planned(n), policy=POLICY)
    yield _entry(n, EntryKind.REFUND_SUBMITTED, "rule:plan", {"intention": _refund(n, "gift_card")}, _owed(n))
    paid = {"refund": _refund(n, "gift_card")}
    yield _entry(n, EntryKind.REFUND_SETTLED, "provider", paid, _paid(n, 0), name="0")
    yield _entry(n, EntryKind.REFUND_SUBMITTED, "rule:plan", {"intention": _refund(n, "card")}, name="1")
    yield _entry(n, EntryKind.REFUND_SETTLED, "provider", note, _paid(n, 1), name="1", series=f"CN-{shop}")
    yield _entry(n, EntryKind.RESTOCK, "rule:story", {"inspection": f"{n}-seen"}, _stocked(n))
    yield _entry(n, EntryKind.CLOSED, "rule:story", {"outcome": "refunded"})


def _entry(
    n: str,
    kind: EntryKind,
    actor: str,
    facts: Mapping[str, object],
    moved: Iterable[Transfer] = (),
    reasons: tuple[str, ...] = (),
    policy: str = "",
    name: str = "",
    series: str = "",
) -> NewEntry:
    return NewEntry(
        key=f"{kind}:R-{n}:{name}",
        kind=kind,
        order=f"o-{n}",
        case="" if kind is EntryKind.ORDER_OPENED else f"R-{n}",
        actor=actor,
        reasons=reasons,
        policy=policy,
        at=AT,
        facts=facts,
        asked={"return": n},
        transfers=tuple(moved),
        series=series,
    )


def _move(key: str, debit: str, credit: str, amount: int, kind: TransferKind = SINGLE, pending: str = "") -> Transfer:
    unit = UNITS if debit.startswith(("sold", "with_customer", "returning")) else "EUR"
    return Transfer(key=key, kind=kind, debit=debit, credit=credit, commodity=unit, amount=amount, pending=pending)


def _sold(n: str) -> Iterator[Transfer]:
    for payment, amount in LEGS:
        yield _move(f"order:{n}/{payment}", f"tender:{payment}-{n}", f"order:o-{n}", amount)
    for line, part, amount in COMPONENTS:
        yield _move(f"order:{n}/{line}/{part}", f"order:o-{n}", f"paid:o-{n}:{line}:{part}", amount)
    for line in LINES:
        yield _move(f"order:{n}/{line}", f"sold:o-{n}", f"with_customer:o-{n}:{line}", 2)


def _units(n: str, kind: TransferKind) -> Iterator[Transfer]:
    for line in LINES:
        opened = f"decision:{n}/{line}"
        key, pending = (opened, "") if kind is PENDING else (f"receipt:{n}/{line}", opened)
        yield _move(key, f"with_customer:o-{n}:{line}", f"returning:R-{n}:{line}", 1, kind, pending)


def _planned(n: str) -> Iterator[Transfer]:
    for line, part, amount in COMPONENTS:
        yield _move(f"plan:{n}/{line}/{part}", f"paid:o-{n}:{line}:{part}", f"owed:R-{n}", amount, PENDING)
    for payment, amount in LEGS:
        yield _move(f"plan:{n}/{payment}", f"owed:R-{n}", f"tender:{payment}-{n}", amount, PENDING)


def _owed(n: str) -> Iterator[Transfer]:
    for line, part, amount in COMPONENTS:
        planned = f"plan:{n}/{line}/{part}"
        yield _move(f"{planned}/post", f"paid:o-{n}:{line}:{part}", f"owed:R-{n}", amount, POST, planned)


def _paid(n: str, leg: int) -> Iterator[Transfer]:
    payment, amount = LEGS[leg]
    planned = f"plan:{n}/{payment}"
    yield _move(f"{planned}/post", f"owed:R-{n}", f"tender:{payment}-{n}", amount, POST, planned)


def _stocked(n: str) -> Iterator[Transfer]:
    for line in LINES:
        yield _move(f"restock:{n}/{line}", f"returning:R-{n}:{line}", f"stock:main:{line}:restocked", 1)


def _goods(line: str) -> dict[str, object]:
    taxes = [{"name": "VAT", "rate": "0.19", "amount": 412}]
    whole = {"title": "Stoneware mug, blue", "quantity": 2, "unit_price": 1290, "order_discount": 341, "sku": "MUG-B"}
    return {"id": line, **whole, "taxes": taxes, "deliveries": [{"quantity": 2, "at": "2026-11-04T10:00:00Z"}]}


def _judged(line: str) -> dict[str, object]:
    reasons = [
        {"code": "within_window", "text": "It can be returned until 23 February, 30 days after delivery."},
        {"code": "units_available", "text": "These units have not been returned yet."},
    ]
    return {"line_id": line, "quantity": 1, "verdict": "approve", "reasons": reasons}


def _inspected(n: str) -> dict[str, object]:
    lines = [{"line_id": line, "quantity": 1, "grade": "grade_a", "disposition": "restocked"} for line in LINES]
    return {"id": f"{n}-seen", "location": "main", "lines": lines}


def _plan(n: str) -> dict[str, object]:
    parts = [
        {"line_id": line, "kind": part, "name": "VAT", "rate": "0.19", "tax": 0, "amount": amount}
        for line, part, amount in COMPONENTS
    ]
    legs = [{"tender_id": f"{payment}-{n}", "kind": payment, "amount": amount} for payment, amount in LEGS]
    nothing = dict.fromkeys(("gross_before", "units_before", "base_back", "duties", "duties_kept", "exchanged"), 0)
    whole = {"title": "Stoneware mug, blue", "bought": 2, "quantity": 1, "base": 2580, "paid": 5160, "gross": 2580}
    lines = [{"line_id": line, **whole, **nothing} for line in LINES]
    return {"order_id": f"o-{n}", "number": 1, "currency": "EUR", "components": parts, "legs": legs, "lines": lines}


def _refund(n: str, payment: str) -> dict[str, object]:
    amount = dict(LEGS)[payment]
    return {"key": f"refund:R-{n}:{payment}", "payment": f"{payment}-{n}", "amount": amount, "currency": "EUR"}


def _note(n: str, shop: str) -> dict[str, object]:
    taxes = [{"name": "VAT", "rate": "0.19", "amount": 412}]
    lines = [
        {"line_id": line, "title": "Stoneware mug, blue", "quantity": 1, "net": 2168, "taxes": taxes, "gross": 2580}
        for line in LINES
    ]
    refunds = [
        {"payment": f"{payment}-{n}", "kind": payment, "amount": amount, "reference": f"re_{payment}_{n}"}
        for payment, amount in LEGS
    ]
    totals = [{"name": "VAT", "rate": "0.19", "net": 3668, "tax": 697}]
    return {
        "issued_on": "2026-11-21",
        "shop": shop,
        "order_id": f"o-{n}",
        "order_number": f"#{n}",
        "case": f"R-{n}",
        "plan": 1,
        "currency": "EUR",
        "lines": lines,
        "gross": 4365,
        "taxes": totals,
        "total": 4365,
        "refunds": refunds,
    }
