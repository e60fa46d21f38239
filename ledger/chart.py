"""The merchant's chart of accounts: which of them stands for which accounts of the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from domain.errors import InvalidRequest

DEFAULT = {
    # Money.
    "tender": "Assets:Payments",
    "payout": "Assets:Payouts",
    "receivable": "Assets:Receivable",
    "order": "Equity:Orders",
    "suspense": "Equity:Suspense",
    "owed": "Liabilities:Refunds",
    "store_credit": "Liabilities:StoreCredit",
    "label_due": "Liabilities:Labels",
    "carrier": "Liabilities:Carriers",
    "paid": "Income:Sales",
    "paid:*:*:tax": "Liabilities:Tax",
    "fees": "Income:Fees",
    "fees:*:tax": "Liabilities:Tax",
    "goodwill": "Expenses:Goodwill",
    "promotion": "Expenses:Promotion",
    "postage": "Expenses:Postage",
    "never_came": "Income:NeverCame",
    "recovered": "Income:Recovered",
    # What may be paid before the goods come: a limit, no money.
    "exposure": "Equity:Exposure:Free",
    "early": "Equity:Exposure:Used",
    "exposure_limit": "Equity:Exposure:Limit",
    # Goods, counted in UNITS.
    "sold": "Equity:Units:Sold",
    "with_customer": "Equity:Units:WithCustomer",
    "returning": "Equity:Units:Returning",
    "stock": "Equity:Units:Stock",
    "supply": "Equity:Units:Supply",
    "sending": "Equity:Units:Sending",
    "found": "Equity:Units:Found",
    "kept": "Equity:Units:Kept",
    "box": "Equity:Units:Unmatched",
}
"""Beginnings of the journal's accounts, `*` for any one part, and the account of the books that stands for them."""

KINDS = tuple(name for name in DEFAULT if ":" not in name)
"""The kinds of the journal's accounts."""

_OTHER = "Equity:Other:"


class Chart:
    """Maps accounts of the journal. Of several beginnings the longest counts, and of those the one with fewer `*`;
    what the merchant's file names at all counts before the default."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self._layers = [_by_kind(names or {}), _by_kind(DEFAULT)]

    def account(self, name: str) -> str:
        """The account of the books; one whose kind nobody mapped is kept apart under `Equity:Other`."""
        parts = name.split(":")
        for layer in self._layers:
            for pattern, account in layer.get(parts[0], ()):
                if _begins(parts, pattern):
                    return account
        return _OTHER + "".join(word.capitalize() for word in parts[0].split("_"))


def _begins(parts: list[str], pattern: list[str]) -> bool:
    return len(pattern) <= len(parts) and all(want in ("*", part) for want, part in zip(pattern, parts, strict=False))


def load_chart(path: Path) -> Chart:
    """The chart in a YAML file: `journal account: account of the books`. Raises InvalidRequest naming what is wrong."""
    import yaml

    try:
        # Every value as it is written: to YAML, 0420 is a number in base eight.
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    except OSError as error:
        raise InvalidRequest("accounts", f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InvalidRequest("accounts", f"{path} is no YAML") from None
    if not isinstance(document, dict):
        raise InvalidRequest("accounts", f"{path} is no list of accounts, such as `tender: Assets:Payments`")
    return Chart(dict(_checked(document)))


def _checked(document: Mapping[object, object]) -> Iterator[tuple[str, str]]:
    for name, account in document.items():
        if not isinstance(name, str) or not isinstance(account, str) or not account.strip() or not name.strip(":* "):
            raise InvalidRequest("accounts", f"{name}: write the journal's account, a colon, and one account's name")
        if name.startswith("*"):
            raise InvalidRequest(
                "accounts", f"{name}: the first part is a kind of account, such as tender; `*` may follow"
            )
        if (kind := name.partition(":")[0]) not in KINDS:
            raise InvalidRequest(
                "accounts", f"{name}: there is no kind of account {kind}; there are {', '.join(KINDS)}"
            )
        if not account.isprintable() or len(account) > 200:
            raise InvalidRequest("accounts", f"{name}: an account's name is one line of at most 200 characters")
        yield name, account.strip()


def _by_kind(names: Mapping[str, str]) -> dict[str, list[tuple[list[str], str]]]:
    """By the kind of account, which every export asks for at every posting; in each the longest first."""
    found: dict[str, list[tuple[list[str], str]]] = defaultdict(list)
    split = [(name.split(":"), account) for name, account in names.items()]
    for pattern, account in sorted(split, key=lambda one: (-len(one[0]), one[0].count("*"))):
        found[pattern[0]].append((pattern, account))
    return dict(found)
