"""Values as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from commands import values
from domain.errors import InvalidRequest


def test_a_day_and_a_moment() -> None:
    assert values.moment("--at", None) is None
    assert values.moment("--at", "2026-11-06") == datetime(2026, 11, 6, tzinfo=UTC)
    assert values.moment("--at", "2026-11-06", time(23, 59, 59)) == datetime(2026, 11, 6, 23, 59, 59, tzinfo=UTC)
    assert values.moment("--at", "2026-11-06T13:20:00+02:00") == datetime(2026, 11, 6, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "2026-11-06T13:20:00", "06.11.2026", "", "0001-01-01T00:00+14:00"]
)
def test_no_moment_is_refused_by_its_option(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^--at: "):
        values.moment("--at", text)


def test_an_amount_with_its_currency_or_without() -> None:
    assert values.minor("--label-fee", None, "EUR") is None
    assert [values.minor("--label-fee", one, "EUR") for one in ("4.50", "EUR:4.5", "4", "0")] == [450, 450, 400, 0]
    assert values.minor("--label-fee", "JPY:450", "JPY") == 450


@pytest.mark.parametrize("text", ["USD:4.50", "4.505", "450c", "", "-1", ":", "EUR 4.50"])
def test_no_amount_is_refused_by_its_option(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^--label-fee: "):
        values.minor("--label-fee", text, "EUR")


def test_lines() -> None:
    assert values.lines(["1:2", "b-7:1:defective"], "reason") == [
        {"line_id": "1", "quantity": 2},
        {"line_id": "b-7", "quantity": 1, "reason": "defective"},
    ]
    assert values.lines(["1:2:grade_d:not_restocked"], "grade", "disposition") == [
        {"line_id": "1", "quantity": 2, "grade": "grade_d", "disposition": "not_restocked"}
    ]


def test_serial_numbers_go_to_their_lines_whatever_signs_they_have() -> None:
    counted = values.lines(["1:2", "2:1"])
    assert values.with_serials(counted, ["1:SN-1", "2:A:7", "1:SN-2"]) == [
        {"line_id": "1", "quantity": 2, "serials": ["SN-1", "SN-2"]},
        {"line_id": "2", "quantity": 1, "serials": ["A:7"]},
    ]


@pytest.mark.parametrize("text", ["1", "", "1:", "1:two", "1:1.5", "1:²", "1:1:size:more", "1:99999999999"])
def test_no_line_is_refused_with_the_shape(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^--line: .*LINE:QUANTITY\[:REASON\]"):
        values.lines([text], "reason")
