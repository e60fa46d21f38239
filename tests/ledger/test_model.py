"""Random stories against a model of thirty lines that only knows the list of transfers."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from database.engine import connect
from domain.errors import Refused
from ledger import Transfer, TransferKind
from ledger.store import SqlLedger
from tests.database.servers import Databases
from tests.ledger.entries import PENDING, POST, SINGLE, VOID, fact, move

ACCOUNTS = ("tender:p", "paid:a", "paid:b", "owed:r", "found")
amounts = st.integers(1, 40)
pairs = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS)).filter(lambda pair: pair[0] != pair[1])


class Model:
    """What the ledger should say, worked out from scratch each time."""

    def __init__(self) -> None:
        self.rows: list[Transfer] = []

    def left(self, key: str) -> int:
        """What of a pending transfer is open."""
        mine = [row for row in self.rows if key in (row.key, row.pending)]
        return sum(row.amount if row.kind is TransferKind.PENDING else -row.amount for row in mine)

    def posted(self, account: str) -> int:
        """The balance on its normal side."""
        done = [row for row in self.rows if row.kind in (TransferKind.SINGLE, TransferKind.POST)]
        credit = sum((row.credit == account) * row.amount - (row.debit == account) * row.amount for row in done)
        return -credit if account.startswith("tender") else credit

    def going(self, account: str) -> int:
        """What pending transfers would take from it."""
        side = "credit" if account.startswith("tender") else "debit"
        mine = [row for row in self.rows if row.kind is TransferKind.PENDING and getattr(row, side) == account]
        return sum(self.left(row.key) for row in mine)

    def take(self, transfers: list[Transfer]) -> bool:
        """Write a set whole, or not at all."""
        before = list(self.rows)
        for row in transfers:
            self.rows.append(row)
            if row.pending and self.left(row.pending) < 0:
                self.rows = before
                return False
        if any(self.posted(one) < self.going(one) for one in ACCOUNTS if one.startswith(("tender", "paid"))):
            self.rows = before
            return False
        return True


class Story(RuleBasedStateMachine):
    """Sets of transfers in any order; ledger and model say yes and no together."""

    pendings: Bundle[Transfer] = Bundle("pendings")

    def __init__(self, databases: Databases) -> None:
        super().__init__()
        self.databases = databases
        self.url = databases.migrated()
        self.engine = connect(self.url)
        self.model = Model()
        self.count = 0

    @initialize()
    def open(self) -> None:
        """An order of 100."""
        self.ledger = SqlLedger(self.engine)
        self._write([move("open", "tender:p", "paid:a", 100)])

    @rule(moves=st.lists(st.tuples(pairs, amounts), min_size=1, max_size=3))
    def single(self, moves: list[tuple[tuple[str, str], int]]) -> None:
        """Move at once."""
        self._write([move(self._key(), *pair, amount, SINGLE) for pair, amount in moves])

    @rule(target=pendings, pair=pairs, amount=amounts)
    def reserve(self, pair: tuple[str, str], amount: int) -> Transfer:
        """Reserve; a refused one stays in the bundle, and finishing it must be refused too."""
        pending = move(self._key(), *pair, amount, PENDING)
        self._write([pending])
        return pending

    @rule(pending=pendings, parts=st.lists(st.tuples(amounts, st.sampled_from((POST, VOID))), min_size=1, max_size=3))
    def finish(self, pending: Transfer, parts: list[tuple[int, TransferKind]]) -> None:
        """Post and void parts."""
        accounts = (pending.debit, pending.credit)
        self._write([move(self._key(), *accounts, amount, kind, pending.key) for amount, kind in parts])

    @rule(pending=consumes(pendings))
    def void_the_rest(self, pending: Transfer) -> None:
        """Give up what is left."""
        left = self.ledger.pending_left(pending.key)
        if left:
            self._write([move(self._key(), pending.debit, pending.credit, left, VOID, pending.key)])

    @invariant()
    def agree(self) -> None:
        """Balances and what is pending are the model's."""
        stands = {one.account: (one.posted, one.pending_out) for one in self.ledger.balances()}
        for account in ACCOUNTS:
            assert stands.get(account, (0, 0)) == (self.model.posted(account), self.model.going(account))

    def teardown(self) -> None:
        """All of it verifies."""
        found = self.ledger.verify()
        self.engine.dispose()
        self.databases.drop(self.url)
        assert found.faults == ()

    def _key(self) -> str:
        self.count += 1
        return f"k{self.count}"

    def _write(self, transfers: list[Transfer]) -> None:
        entry = fact(f"entry:{self._key()}", *transfers)
        expected = self.model.take(transfers) if all(self._known(one) for one in transfers) else False
        try:
            first = self.ledger.append(entry)
        except Refused:
            assert not expected
        else:
            assert expected
            assert self.ledger.append(entry) == first

    def _known(self, transfer: Transfer) -> bool:
        return not transfer.pending or any(row.key == transfer.pending for row in self.model.rows)


SETTINGS = settings(max_examples=15, stateful_step_count=20)


def test_ledger_and_model_agree(databases: Databases) -> None:
    class Here(Story):
        def __init__(self) -> None:
            super().__init__(databases)

    run_state_machine_as_test(Here, settings=SETTINGS)
