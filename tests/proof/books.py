"""Other people's bookkeeping programs read the export of a seeded run, and their totals are those of `balances`.

They run as programs of their own: bean-check out of an environment that holds nothing else, hledger from the system.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from decimal import Decimal
from pathlib import Path

from ledger import Ledger
from ledger.__main__ import main as finance
from tests.house.tree import ROOT
from tests.ledger.mixed import mixed

BEAN_CHECK = ROOT / ".backhaul" / "judges" / "bin" / "bean-check"
HLEDGER = "hledger is missing; install it with: apt-get update && apt-get install --yes hledger"

ACCOUNTS = {
    "tender": "Assets:Payments",
    "order": "Equity:Orders",
    "owed": "Liabilities:Refunds",
    "paid": "Income:Sales",
    "fees": "Income:Fees",
    "sold": "Equity:Units:Sold",
    "with_customer": "Equity:Units:WithCustomer",
    "returning": "Equity:Units:Returning",
    "stock": "Equity:Units:Stock",
}
"""As the documentation tells the default chart, but for tax, which has an account of its own."""

DECIMALS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3, "UNITS": 0}

Totals = Mapping[tuple[str, str], Decimal]


def said(ledger: Ledger, *arguments: str) -> str:
    """What finance's command line prints; it must end well."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert finance(arguments, lambda: ledger) == 0, arguments
    return out.getvalue()


def totals(ledger: Ledger) -> Totals:
    """What stands on each account of the books, debits less credits, added up from what `balances` prints."""
    found: Counter[tuple[str, str]] = Counter()
    for one in json.loads(said(ledger, "balances", "--json"))["accounts"]:
        kind, *parts = one["account"].split(":")
        account = "Liabilities:Tax" if "tax" in parts[1:] else ACCOUNTS[kind]
        found[account, one["commodity"]] += one["posted"] if kind in ("tender", "receivable") else -one["posted"]
    return {key: Decimal(minor).scaleb(-DECIMALS[key[1]]) for key, minor in found.items()}


def balanced(export: str, expected: Totals) -> str:
    """The export with its totals asserted to the last digit: Beancount's own check refuses any other."""
    lines = [f"2099-01-01 balance {account}  {amount} ~ 0 {unit}" for (account, unit), amount in expected.items()]
    return "\n".join([export, *lines, ""])


def bean_check(text: str, folder: Path) -> str:
    """What bean-check says of a text; nothing if all is well."""
    path = folder / "books.beancount"
    path.write_text(text)
    done = subprocess.run([BEAN_CHECK, path], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"\nexit code {done.returncode}")


def hledger(path: Path, *arguments: str) -> str:
    """What hledger prints; it must end well."""
    done = subprocess.run(["hledger", "-f", path, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def told_by_hledger(path: Path) -> Totals:
    """The totals of a file as hledger computes them; zeros are left out."""
    rows = csv.DictReader(io.StringIO(hledger(path, "balance", "--flat", "--no-total", "--layout=bare", "-O", "csv")))
    return {(row["account"], row["commodity"]): Decimal(row["balance"]) for row in rows if Decimal(row["balance"])}


def _faults(ledger: Ledger, folder: Path) -> Iterable[str]:
    expected = totals(ledger)
    text = said(ledger, "export", "--format", "beancount")
    if fault := bean_check(balanced(text, expected), folder):
        yield f"bean-check: {fault[:2000]}"
    off = {key: amount + Decimal(1).scaleb(-DECIMALS[key[1]]) for key, amount in expected.items()}
    told = bean_check(balanced(text, off), folder).count("Balance failed")
    if told != len(off):
        yield f"bean-check finds {told} of {len(off)} totals that are off by the smallest amount"
    path = folder / "books.hledger"
    path.write_text(said(ledger, "export", "--format", "hledger"))
    hledger(path, "check", "--strict")
    by_hledger = told_by_hledger(path)
    if by_hledger != {key: amount for key, amount in expected.items() if amount}:
        yield f"hledger says {by_hledger}, balances say {expected}"


def main(returns: int, seed: str) -> int:
    """Tell so many returns and have the books checked; 0 if all agree."""
    if shutil.which("hledger") is None:
        sys.stdout.write(f"{HLEDGER}\n")
        return 1
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name, mixed(Path(name), returns, seed) as run:
        found = run.ledger.verify()
        faults = [*found.faults, *_faults(run.ledger, Path(name))]
        mix = ", ".join(f"{count} {what}" for what, count in run.told.most_common())
    seconds = time.monotonic() - started
    sys.stdout.write(f"{returns} returns ({mix}), {found.entries} entries, seed {seed}, {seconds:.1f} s\n")
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    sys.stdout.write("bean-check and hledger accept the books, and their totals are ours\n" if not faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*((int(sys.argv[1]) if len(sys.argv) > 1 else 1000), sys.argv[2] if len(sys.argv) > 2 else "1")))
