"""The ways in which goods get back."""

from __future__ import annotations

from enum import StrEnum


class Method(StrEnum):
    """How goods get back."""

    LABEL = "label"
    QR_CODE = "qr_code"
    DROP_OFF = "drop_off"
    IN_STORE = "in_store"
    SHOPPER_SHIPS = "shopper_ships"
