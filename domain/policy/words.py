"""The shop's own words that its policies ask for; no others are kept with an order.

Tags are free text of the merchant's, in which people may be named; what no rule asks for has no place in a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from domain.order import Order
from domain.policy.document import Policy
from domain.policy.review import rules_of


class ShopWords(NamedTuple):
    """Tags of lines, and groups of customers."""

    tags: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


def words_in(policies: Iterable[Policy]) -> ShopWords:
    """Every tag and group that a condition of these policies names."""
    tags, groups = set[str](), set[str]()
    for policy in policies:
        for rules in rules_of(policy).values():
            for rule in rules:
                tags.update(rule.when.tag)
                groups.update(rule.when.group)
    return ShopWords(frozenset(tags), frozenset(groups))


def with_named(order: Order, words: Callable[[], ShopWords]) -> Order:
    """The order without the tags and groups that are not among the words, which are only asked for if it has any."""
    if not order.customer.groups and not any(line.tags for line in order.lines):
        return order
    tags, groups = words()
    lines = tuple(line.model_copy(update={"tags": _among(line.tags, tags)}) for line in order.lines)
    customer = order.customer.model_copy(update={"groups": _among(order.customer.groups, groups)})
    return order.model_copy(update={"lines": lines, "customer": customer})


def _among(words: Iterable[str], known: frozenset[str]) -> tuple[str, ...]:
    return tuple(one for one in words if one in known)
