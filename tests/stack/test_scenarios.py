"""`python -m embedded demo --scenario`: each ends as its page says, with the amounts that it says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.stack.test_demo import demo, journal

# Worked out by hand from the orders in embedded/demo/shelf.py's terms, not by the product.
REFUNDED = {
    "S-1001": "49.00 EUR",
    "S-1002": "135.90 EUR",
    "S-1003": "103.20 EUR",
    "S-1004": "0.00 EUR",
    "S-1005": "129.00 EUR",
    "S-1006": "0.00 EUR",
    "S-1007": "1980 JPY",
    "S-1008": "98.00 EUR",
    "S-1009": "134.90 EUR",
    "S-1010": "129.00 EUR",
    "S-1011": "0.00 EUR",  # 20.00 were paid on top
    "S-1012": "30.00 EUR",
    "S-1013": "141.90 EUR",  # with a tenth on top, of which none is money
    "S-1014": "129.00 EUR",
}


async def test_every_scenario_ends_as_it_should(tmp_path: Path) -> None:
    told = await demo(tmp_path, "scenarios", "--scenario", "all")
    assert told.code == 0, told.said
    assert told.said.count("It did.") == len(REFUNDED)
    assert "It did not." not in told.said
    assert "They do not agree." not in told.said
    for number, amount in REFUNDED.items():
        table = told.said.split(f"Return R-{number.lower()}: ")[1]
        found = re.search(r"^ *The journal +([\d.]+ [A-Z]{3})", table, re.MULTILINE)
        assert found is not None
        assert found.group(1) == amount, number
    (came,) = [one for one in await journal(tmp_path / "scenarios", "R-s-1011") if one["kind"] == "payment_came"]
    assert came["facts"]["tender"]["captured"] == 2000
    kinds = [one["kind"] for one in await journal(tmp_path / "scenarios", "R-s-1006")]
    assert kinds[-4:].count("expired") + kinds[-4:].count("label_voided") == 2


async def test_a_scenario_that_is_none_is_told(tmp_path: Path) -> None:
    told = await demo(tmp_path, "none", "--scenario", "nonsense")
    assert told.code == 1
    assert "nonsense is none of them; there are plain, damaged" in told.said
