"""The arithmetic of refunds: money leads, tax follows. Integers in minor units only.

Everything is computed "so far" (since the sale); a refund is the difference of two such figures. They never fall when
more comes back and end at exactly what was paid, so any grouping of returns pays the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.money import half_up


def worth(paid: int, bought: int, units: int) -> int:
    """What the first `units` of `bought` units are worth, out of the gross `paid` for all of them, in minor units.

    Of no units nothing is worth anything: what is left of their money is due to nobody.
    """
    return half_up(paid * units, bought) if bought else 0


def parts_so_far(paid: int, taxes: Sequence[int], repaid: int) -> list[int]:
    """`repaid` out of the gross `paid`, taken apart into net and each of `taxes`, in minor units: `[net, tax 1, ...]`.

    All taxes together come first and then each out of that sum: rounded one by one, they could exceed what is repaid.
    """
    tax = half_up(sum(taxes) * repaid, paid) if paid else 0
    return [repaid - tax, *in_turn(tax, taxes)]


def in_turn(amount: int, bases: Sequence[int]) -> list[int]:
    """`amount`, at most their sum, over the bases in proportion: each in turn takes its half up of what is left.

    Unlike split(), no share ever falls when the amount rises.
    """
    left, base_left, shares = amount, sum(bases), []
    for base in bases:
        shares.append(half_up(base * left, base_left) if base_left else 0)
        base_left -= base
        left -= shares[-1]
    return shares
