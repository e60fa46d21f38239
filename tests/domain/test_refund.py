"""What a refund's own words mean."""

from __future__ import annotations

import pytest

from domain.refund import Refund, RefundStatus
from tests.shop import NOW


@pytest.mark.parametrize(
    ("provider_id", "status", "on_its_way"),
    [
        ("re_1", RefundStatus.PENDING, True),
        ("re_1", RefundStatus.SUCCEEDED, True),
        ("re_1", RefundStatus.REQUIRES_ACTION, False),
        ("re_1", RefundStatus.UNKNOWN, False),
        ("re_1", RefundStatus.FAILED, False),
        ("", RefundStatus.UNKNOWN, False),  # a stored fault
        ("", RefundStatus.PENDING, False),  # a person pays it
    ],
)
def test_a_refund_is_on_its_way_once_the_provider_has_it(
    provider_id: str, status: RefundStatus, on_its_way: bool
) -> None:
    known = {"key": "refund:R-1:1:pi_1:1", "payment": "pi_1", "amount": 100, "currency": "EUR", "updated_at": NOW}
    refund = Refund.model_validate({**known, "provider_id": provider_id, "status": status})
    assert refund.on_its_way is on_its_way
