"""What the scans of a return's parcels amount to, whatever order they are told in."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from domain.parcel import Scan, TrackingStatus, back_with_sender, delivered, moved, newest, on_its_way

NOON = datetime(2026, 11, 6, 12, tzinfo=UTC)
IN, OUT, THERE = TrackingStatus.IN_TRANSIT, TrackingStatus.OUT_FOR_DELIVERY, TrackingStatus.DELIVERED
BACK, KNOWN = TrackingStatus.RETURN_TO_SENDER, TrackingStatus.PRE_TRANSIT


def scan(status: TrackingStatus, hours: float, number: str = "A") -> Scan:
    return Scan(id=f"{number}-{hours}", tracking_number=number, status=status, at=NOON + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("scans", "there", "back", "way"),
    [
        ((), None, None, False),
        ((scan(KNOWN, 1),), None, None, False),
        ((scan(IN, 1),), None, None, True),
        ((scan(IN, 1), scan(THERE, 2)), 2, None, True),
        ((scan(IN, 1), scan(THERE, 2), scan(OUT, 3)), None, None, True),
        ((scan(IN, 1), scan(BACK, 2)), None, 2, False),
        ((scan(IN, 1), scan(BACK, 2), scan(IN, 3)), None, None, True),
        ((scan(THERE, 1), scan(BACK, 2)), None, 2, False),
        # The label alone says nothing after that.
        ((scan(IN, 1), scan(THERE, 2), scan(KNOWN, 3)), 2, None, True),
        ((scan(IN, 1), scan(THERE, 2), scan(IN, 3, "B")), None, None, True),
        ((scan(THERE, 2), scan(THERE, 4, "B")), 4, None, True),
        ((scan(BACK, 2), scan(THERE, 4, "B")), None, None, True),
        ((scan(BACK, 2), scan(BACK, 4, "B")), None, 4, False),
    ],
)
def test_the_newest_scan_of_each_parcel_counts(
    scans: tuple[Scan, ...], there: int | None, back: int | None, way: bool
) -> None:
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else NOON + timedelta(hours=hours)

    for told in itertools.permutations(scans):
        assert (delivered(told), back_with_sender(told), on_its_way(told)) == (at(there), at(back), way)
        assert moved(told) is any(one.status is not KNOWN for one in scans)


def test_the_newest_sign_is_the_carriers_newest() -> None:
    assert newest(()) is None
    assert newest((scan(KNOWN, 9),)) is None
    late, early = scan(IN, 5), scan(THERE, 3)
    assert newest((late, early)) == newest((early, late)) == late
    same = scan(THERE, 5)
    assert newest((late, same)) == same  # of two at the same time, what was told last
