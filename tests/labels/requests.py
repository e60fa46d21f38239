"""Label requests, kind and unkind."""

from __future__ import annotations

from datetime import UTC, datetime

from activities.labels import LabelRequest
from domain import ids
from domain.contact import Place

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = ids.label_key("R-1001")
RECEIVER = ("Nordlicht GmbH", "Retouren, Tor 3", "Lagerstraße 5", "20357 Hamburg", "DE")

REQUEST = LabelRequest(
    case="R-1001",
    order_number="#2001",
    sender=("Ada Lovelace", "12 St James's Square", "London SW1Y 4LB", "GB"),
    receiver=RECEIVER,
    origin=Place(
        name="Ada Lovelace",
        street=("12 St James's Square", "Flat 2"),
        city="London",
        postal_code="SW1Y 4LB",
        country="GB",
        phone="+44 20 7946 0000",
    ),
)
LONG = LabelRequest(
    case="R-" + "X" * 62,
    order_number="#" + "9" * 63,
    sender=("W" * 300, "A street whose name goes on and on, house 5, staircase 9, third floor left" * 3, "x y " * 50),
    receiver=("Nordlicht Retourenabteilung Aktiengesellschaft & Compagnie", *(f"Line {n} of many" for n in range(40))),
)
FOREIGN = REQUEST.model_copy(
    update={"sender": ("Łukasz Żółć-Nguyễn", "王小明", "Улица 5\nx", "Se\u0301ance\u00ad 9", "")}
)
NOBODY = REQUEST.model_copy(update={"sender": ()})
