"""Money: exact parsing and printing, rounding, and the split that loses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money, exponent, half_up, split

# Vendure's prorate vectors: weights, amount, parts.
VECTORS = [
    ([123], 300, [300]),
    ([4000, 2000, 2000], 300, [150, 75, 75]),
    ([4000, 2000, 2000], -300, [-150, -75, -75]),
    ([4300, 1400, 2300], 299, [161, 52, 86]),
    ([1000, 1000, 1000], 299, [100, 100, 99]),
    ([10, 20, 10, 30, 50, 20, 10, 40], 95, [5, 10, 5, 15, 25, 10, 5, 20]),
    ([10, 20, 10, 30, 50, 20, 10, 40], 93, [5, 10, 5, 15, 24, 10, 5, 19]),
    ([10, 0], 40, [40, 0]),
    ([0, 0], 10, [5, 5]),
    ([0, 0], 0, [0, 0]),
    ([100, 100], -20, [-10, -10]),
]


@pytest.mark.parametrize(("weights", "amount", "parts"), VECTORS)
def test_split_vectors(weights: list[int], amount: int, parts: list[int]) -> None:
    assert split(amount, weights) == parts


def test_ties_go_to_the_lowest_index() -> None:
    assert split(1, [1, 1]) == [1, 0]
    assert split(5, [0, 0, 0]) == [2, 2, 1]
    assert split(-1, [1, 1]) == [-1, 0]


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(lambda weights: any(weights)),
)
def test_split_is_exact_and_within_one_of_the_true_share(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    whole = sum(weights)
    assert all(abs(part * whole - amount * weight) < whole for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_split_refuses_weights_that_are_none(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(10, weights)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"), [(1, 2, 1), (3, 2, 2), (1, 3, 0), (2, 3, 1), (0, 7, 0)]
)
def test_half_up(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "EUR", 1999),
        ("19.9", "EUR", 1990),
        ("-0.01", "USD", -1),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("1.5", "KWD", 1500),
        ("0.0001", "CLF", 1),
        ("7.000000", "EUR", 700),
    ],
)
def test_parse(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency).minor == minor


@pytest.mark.parametrize(
    "text", ["", "19,99", "1e3", " 1", "1 ", "1.00\n", "+1", "1.", ".5", "NaN", "0.005", "٣", "1" * 16]
)
def test_parse_refuses_what_is_not_exactly_minor_units(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals"):
        Money.parse(text, "EUR")


@given(st.integers(-(10**14), 10**14), st.sampled_from(["JPY", "EUR", "KWD", "CLF"]))
def test_what_is_printed_can_be_read(minor: int, currency: str) -> None:
    number, code = str(Money(minor=minor, currency=currency)).split()
    assert Money.parse(number, code).minor == minor


@pytest.mark.parametrize(
    ("minor", "currency", "printed"),
    [(5, "EUR", "0.05 EUR"), (-1999, "EUR", "-19.99 EUR"), (5, "JPY", "5 JPY"), (5, "KWD", "0.005 KWD")],
)
def test_printed_forms(minor: int, currency: str, printed: str) -> None:
    assert str(Money(minor=minor, currency=currency)) == printed


@pytest.mark.parametrize("code", ["XXQ", "eur", "", "XAU"])
def test_currencies_that_nobody_pays_in(code: str) -> None:
    with pytest.raises(ValueError):
        exponent(code)
    with pytest.raises(ValueError):
        Money(minor=1, currency=code)


def test_two_currencies_do_not_mix() -> None:
    euro, dollar = Money(minor=1, currency="EUR"), Money(minor=1, currency="USD")
    with pytest.raises(ValueError, match="cannot be combined"):
        _ = euro + dollar
    with pytest.raises(ValueError, match="cannot be combined"):
        _ = euro < dollar
    assert (euro + euro).minor == 2
    assert (euro - euro).minor == 0
