"""Facts overtake plans in any order, and the books still close: random walks of one order through the rooms.

    python -m tests.proof.facts [WALKS] [SEED]

Returns are opened, planned, paid, refused and planned anew while money of the order goes another way and comes back.
After every step what stands on the accounts is what the history of the order gives; in the end nothing is left but what
a refund made elsewhere kept. The exit code is 1 if anything did not hold.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from database.engine import connect
from domain.errors import Refused
from domain.order import EarlierRefund, Order, RefundedLine, Shipping, TaxLine
from domain.paid import paid_components
from domain.plan import Leg, RefundPlan
from domain.refund import PLAN_WITHDRAWN, RefundStatus
from ledger import UNITS, accounts
from ledger.credit_notes import issued_by
from ledger.order_books import OrderBooks
from tests.database.servers import with_tables
from tests.domain.orders import line, order, paid
from tests.one_order import NOW, Shop

STEPS = 25
ACTS = ("open", "plan", "plan", "pay", "pay", "pay", "hear", "hear", "elsewhere", "came_back", "replan", "clear")


def bought(chance: Random) -> Order:
    """Two lines with three taxes; perhaps delivery, duties, a tip, and a second payment."""
    count, price = chance.choice((3, 7, 10)), chance.choice((333, 999, 1000))
    duties, tip = chance.choice((0, 0, 101)), chance.choice((0, 0, 50))
    first = line("a", count, price, tax=[("0.19", chance.randrange(count * price // 5))], duties=duties)
    second = line("b", 3, 777, chance.choice((0, 100)), tax=[("0.07", 150), ("0.02", chance.choice((1, 40)))])
    sent = Shipping(price=495, taxes=(TaxLine(name="VAT", rate="0.19", amount=79),)) if chance.random() < 0.5 else None
    total = count * price + duties + tip + 3 * 777 - second.discount + (495 if sent else 0)
    one = total if chance.random() < 0.4 else chance.randrange(1, total)
    tenders = [paid(one), *([paid(total - one, "pi_2")] if one < total else [])]
    return order(first, second, tenders=tenders, shipping=sent, tip=tip)


class Return:
    """One return on the walk: its units, its plan, and where each leg stands (`paid`, `pending`, `refused`)."""

    def __init__(self, units: dict[str, int]) -> None:
        self.units = units
        self.plan: RefundPlan | None = None
        self.legs: dict[str, str] = {}
        self.attempts: Counter[str] = Counter()
        self.stuck = False

    def put(self, plan: RefundPlan) -> None:
        self.plan, self.legs, self.attempts = plan, {}, Counter()

    def legs_that(self, *states: str) -> list[Leg]:
        if self.stuck:
            return []
        return [leg for leg in (self.plan.legs if self.plan else ()) if self.legs.get(leg.tender_id, "") in states]


class Walk:
    """One order and what happens to it."""

    def __init__(self, chance: Random, folder: Path) -> None:
        self.chance, self.order, self.told = chance, bought(chance), list[str]()
        (folder / "walk.db").write_bytes(with_tables())
        self.engine = connect(f"sqlite:///{folder / 'walk.db'}")
        self.shop = Shop(self.engine, self.order)
        self.returns: dict[str, Return] = {}
        self.facts: list[str] = []

    def go(self) -> list[str]:
        """All that did not hold, with the steps that led there; empty if nothing."""
        try:
            self.open()
            for _ in range(STEPS if self.returns else 0):
                getattr(self, self.chance.choice(ACTS))()
                self.check()
            self.end()
        except Exception as error:  # whatever it is, it is a fault of the product or of the walk
            return [*self.told, f"{type(error).__name__}: {error}"]
        finally:
            self.engine.dispose()
        return []

    # What happens.

    def open(self) -> None:
        units = {
            one: self.chance.randint(1, most) for one, most in self.open_units().items() if self.chance.random() < 0.6
        }
        if units:
            case = f"r{len(self.returns) + 1}"
            self.told.append(f"open {case} {units}")
            self.shop.opened(case, **units)
            self.returns[case] = Return(units)

    def plan(self) -> None:
        self.each(lambda case, one: one.plan is None and self.make(case, one, 1))

    def replan(self) -> None:
        # A story never plans anew while the provider decides on a leg.
        self.each(lambda case, one: bool(one.plan) and not one.legs_that("pending") and self.again(case, one))

    def pay(self, sure: bool = False) -> bool:
        return self.each(lambda case, one: self.pay_one(case, one, sure))

    def hear(self, sure: bool = False) -> bool:
        return self.each(lambda case, one: self.hear_one(case, one, sure))

    def elsewhere(self) -> None:
        tender = self.chance.choice(self.order.tenders)
        amount = self.chance.randint(1, tender.captured if self.chance.random() < 0.3 else max(1, tender.captured // 3))
        rows = tuple(
            RefundedLine(line_id=one.id, quantity=self.chance.randint(0, 2), gross=0)
            for one in self.order.lines
            if self.chance.random() < 0.3
        )
        name = f"re_{len(self.facts)}"
        self.told.append(f"elsewhere {name} {tender.id} {amount} {[(one.line_id, one.quantity) for one in rows]}")
        refund = EarlierRefund(id=name, at=NOW, lines=rows, money={tender.id: amount})
        self.shop.facts.refunded_elsewhere(self.order.id, refund, "provider", NOW)
        self.facts.append(name)

    def came_back(self) -> None:
        # Before anything is paid only: what a plan paid out of less than there was is a matter for goodwill.
        if self.facts and not any(one.legs for one in self.returns.values()):
            name = self.chance.choice(self.facts)
            self.told.append(f"came back {name}")
            self.shop.facts.came_back(name, "provider", NOW)

    def clear(self) -> None:
        if self.balance("suspense:1"):
            self.told.append("clear")
            self.shop.facts.cleared(self.order.id, "goodwill", "fay", "walk", NOW)

    # How.

    def each(self, act: Callable[[str, Return], bool]) -> bool:
        """The first return, in an order of chance, with which something is done; whether there was one."""
        cases = list(self.returns.items())
        self.chance.shuffle(cases)
        return any(act(case, one) for case, one in cases)

    def make(self, case: str, one: Return, number: int) -> bool:
        self.told.append(f"plan {case} {number}")
        try:
            one.put(self.shop.planned(case, number=number, **one.units))
        except Refused as no:
            # A payment that gave more than it had leaves less than is owed: such a return waits for finance.
            if no.code != "tender_exhausted":
                raise
            self.told[-1] += " -> tender_exhausted"
            one.stuck = True
        return True

    def again(self, case: str, one: Return) -> bool:
        assert one.plan is not None
        one.stuck = False
        return self.make(case, one, one.plan.number + 1)

    def pay_one(self, case: str, one: Return, sure: bool) -> bool:
        # A story pays one leg after the other.
        legs = one.legs_that("", "refused") if not one.legs_that("pending") else []
        if legs:
            leg = self.chance.choice(legs)
            one.attempts[leg.tender_id] += 1
            says = (RefundStatus.SUCCEEDED, RefundStatus.PENDING, RefundStatus.FAILED)
            self.ask(case, one, leg, says[0] if sure else self.chance.choice(says))
        return bool(legs)

    def hear_one(self, case: str, one: Return, sure: bool) -> bool:
        legs = one.legs_that("pending")
        if legs:
            says = (RefundStatus.SUCCEEDED, RefundStatus.FAILED)
            self.shop.provider.found = True
            self.ask(case, one, legs[0], says[0] if sure else self.chance.choice(says))
            self.shop.provider.found = False
        return bool(legs)

    def ask(self, case: str, one: Return, leg: Leg, says: RefundStatus) -> None:
        assert one.plan is not None
        attempt = one.attempts[leg.tender_id]
        self.told.append(f"pay {case} {one.plan.number} {leg.tender_id} {leg.amount} attempt {attempt}: {says}")
        self.shop.provider.says = [says]
        try:
            status = self.shop.pay_leg(case, one.plan, leg, attempt).status
        except Refused as no:
            if no.code != PLAN_WITHDRAWN:
                raise
            self.told[-1] += " -> withdrawn"
            self.again(case, one)
            return
        finally:
            self.shop.provider.says = []
        names = {RefundStatus.SUCCEEDED: "paid", RefundStatus.PENDING: "pending", RefundStatus.FAILED: "refused"}
        one.legs[leg.tender_id] = names[status]

    def end(self) -> None:
        """All units come back, and every leg is paid."""
        for _ in range(2):
            for case, one in list(self.returns.items()):
                if one.plan is None:
                    self.make(case, one, 1)
            for _ in range(40):
                if not (self.hear(True) or self.pay(True)):
                    break
                self.check()
            if units := self.open_units():
                self.told.append(f"open last {units}")
                self.shop.opened("last", **units)
                self.returns["last"] = Return(units)
        assert self.shop.ledger.verify().faults == ()
        last: Counter[str] = Counter()
        for note in filter(None, map(issued_by, self.shop.ledger.entries())):
            last[note.series] += 1
            assert note.number == last[note.series], "a credit note is missing"
        if not any(one.stuck for one in self.returns.values()):
            self.check_end()

    # What holds.

    def check(self) -> None:
        if not self.returns:
            return
        books = self.books()
        stands = {name: amount for name, amount in books.free().items() if amount}
        gives = {accounts.paid("1", one): one.amount for one in paid_components(self.order, books.history())}
        assert stands == gives, f"{stands} stands, the history gives {gives}"
        for one in self.shop.ledger.balances():
            kind = one.account.partition(":")[0]
            assert kind not in ("paid", "order", "returning", "with_customer") or one.available >= 0, one
            assert kind != "owed" or one.available + one.pending_in >= 0, one
        assert self.balance("suspense:1") >= 0 or not stands, "suspense is not covered by what is free"

    def check_end(self) -> None:
        """Nothing is left but what refunds made elsewhere gave less than the units they closed are worth."""
        history = self.books().history()
        if any(one.open for one in history.lines.values()):
            return
        short = sum(one.missing for one in history.lines.values())
        left = Counter[str]()
        for one in (one for one in self.shop.ledger.balances() if one.commodity != UNITS):
            # Delivery and tip go with the last unit; where that went back elsewhere, nobody asked for them.
            once = one.account.startswith(("paid:1:shipping:", "paid:1:tip:"))
            left[one.account.partition(":")[0]] += 0 if once else one.posted
            assert (one.pending_in, one.pending_out) == (0, 0), one
        assert (left["paid"], left["owed"]) == (short, 0), (
            f"{left['paid']} is left, {short} fell short; {left['owed']} owed"
        )

    def open_units(self) -> dict[str, int]:
        """Units that the customer has, in no return, and whose money has not gone back."""
        if not self.returns:
            return {one.id: one.quantity for one in self.order.lines}
        history, waiting = self.books().history(), Counter[str]()
        for one in self.returns.values():
            waiting.update(one.units if one.plan is None else {})
        found = {}
        for name, known in history.lines.items():
            held = self.shop.ledger.balance(accounts.with_customer("1", name), UNITS).available
            found[name] = min(held, known.open - waiting[name])
        return {name: count for name, count in found.items() if count > 0}

    def books(self) -> OrderBooks:
        return OrderBooks.read(self.shop.ledger, self.shop.snapshots, self.order.id)

    def balance(self, account: str) -> int:
        return self.shop.ledger.balance(account, "EUR").posted


def main(walks: int, seed: int) -> int:
    """Walk so many times; prints the first five faults with all their steps."""
    faults = 0
    for number in range(walks):
        with tempfile.TemporaryDirectory() as folder:
            told = Walk(Random(f"{seed}:{number}"), Path(folder)).go()
        if told:
            faults += 1
            if faults <= 5:
                sys.stdout.write("\n  ".join([f"walk {number} of seed {seed}:", *told]) + "\n")
    sys.stdout.write(f"{walks} walks of {STEPS} steps, seed {seed}: {faults} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*(given + [200, 1][len(given) :])))
