"""By when money that went back shows, counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.order import TenderKind
from domain.statement import SHOWS_AFTER, shows_by


@pytest.mark.parametrize(
    ("kind", "confirmed", "last"),
    [
        # A Friday: ten business days are two weeks. A Saturday counts from the Monday after.
        (TenderKind.CARD, datetime(2026, 11, 20, 12, tzinfo=UTC), date(2026, 12, 4)),
        (TenderKind.CARD, datetime(2026, 11, 21, 12, tzinfo=UTC), date(2026, 12, 4)),
        (TenderKind.CARD, datetime(2026, 11, 23, 23, 59, tzinfo=UTC), date(2026, 12, 7)),
        (TenderKind.BANK, datetime(2026, 11, 19, 12, tzinfo=UTC), date(2026, 11, 24)),
        (TenderKind.STORE_CREDIT, datetime(2026, 11, 21, 12, tzinfo=UTC), date(2026, 11, 21)),
    ],
)
def test_the_day_by_which_it_should_show(kind: TenderKind, confirmed: datetime, last: date) -> None:
    assert shows_by(kind, confirmed) == last


def test_every_kind_of_payment_has_its_days() -> None:
    assert set(SHOWS_AFTER) == set(TenderKind)
