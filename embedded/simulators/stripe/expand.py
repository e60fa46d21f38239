"""`expand`: ids replaced by what they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from pydantic import JsonValue

from embedded.simulators.bodies import Json
from embedded.simulators.stripe import balance, disputes, objects, payment_links, payments, payouts, refunds, sessions
from embedded.simulators.stripe.errors import StripeError
from embedded.simulators.stripe.turn import Turn

_FIELDS = (
    "balance_transaction",
    "charge",
    "failure_balance_transaction",
    "latest_charge",
    "payment_intent",
    "payment_link",
    "source",
)
_DEEPEST = 4


def fill(turn: Turn, body: Json, paths: list[str]) -> Json:
    """An answer with the fields at these paths (`charge`, `data.source`) filled. Raises StripeError for any other."""
    for path in paths:
        names = path.split(".")
        if len(names) > _DEEPEST:
            raise StripeError(f"You cannot expand more than {_DEEPEST} levels of a property.", param="expand")
        _fill(turn, body, names, path)
    return body


def _fill(turn: Turn, at: JsonValue, names: list[str], path: str) -> None:
    if isinstance(at, list):
        for one in at:
            _fill(turn, one, names, path)
    elif names and at is not None:
        if not isinstance(at, dict) or not _fillable(at, names[0]):
            raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
        value = at.get(names[0])
        if isinstance(value, str):
            value = at[names[0]] = cast(JsonValue, _found(turn, value))
        _fill(turn, value, names[1:], path)


def _fillable(at: Json, name: str) -> bool:
    if name == "data":
        return at.get("object") == "list"
    # Of a refund that did not fail, this one is not even there.
    return name in _FIELDS and (name in at or name == "failure_balance_transaction")


def _found(turn: Turn, id: str) -> Json | str:
    prefix = id.split("_")[0]
    finders: dict[str, Callable[[], Json]] = {
        "ch": lambda: objects.charge(payments.find(turn.rows, None, id)),
        "pi": lambda: objects.payment_intent(payments.find(turn.rows, id, None)),
        "re": lambda: objects.refund(refunds.get(turn, id)),
        "dp": lambda: disputes.shown(turn, disputes.get(turn, id)),
        "txn": lambda: balance.transaction(turn, balance.get(turn, id)),
        "po": lambda: payouts.shown(payouts.get(turn, id)),
        "cs": lambda: sessions.shown(turn, sessions.get(turn, id)),
        "plink": lambda: payment_links.shown(turn, payment_links.get(turn, id)),
    }
    return finders[prefix]() if prefix in finders else id
