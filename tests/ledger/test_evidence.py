"""The papers of an order, for a dispute: complete, the same each time, and without personal data."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from sqlalchemy import Engine

from domain.refund import RefundStatus
from ledger.__main__ import main
from ledger.evidence import evidence
from tests.payments.test_news import KEY, Desk


def test_the_papers_tell_the_whole_story_of_the_order(engine: Engine, tmp_path: Path) -> None:
    desk = Desk(engine)
    desk.pay()
    desk.provider.move(KEY, RefundStatus.SUCCEEDED, arn="7420")
    desk.hear()
    desk.dispute("needs_response")
    ledger = desk.shop.ledger
    papers = evidence(ledger, "two-rates")
    assert sorted(papers) == [
        "README.txt",
        "credit-notes/CN-demo-shop-000001.txt",
        "decisions.json",
        "disputes.json",
        "inspections.json",
        "journal.json",
        "receipts.json",
        "refunds.json",
    ]
    # The order's own entry, then decision, receipt, inspection, plan, the refund's three and the dispute.
    assert len(json.loads(papers["journal.json"])) == 9
    assert [one["kind"] for one in json.loads(papers["refunds.json"])] == [
        "plan",
        "refund_submitted",
        "refund_settled",
        "refund_traced",
    ]
    assert "46.24 EUR" in papers["README.txt"]
    for private in ("Mara", "mara@example.com", "Musterstrasse", "customer_id"):
        assert not [name for name, text in papers.items() if private in text]

    archives = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for path in archives:
        assert main(["evidence", "two-rates", "--out", str(path)], lambda: ledger) == 0
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with zipfile.ZipFile(archives[0]) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == papers
    assert main(["evidence", "two-rates", "--out", str(tmp_path / "papers")], lambda: ledger) == 0
    assert (tmp_path / "papers" / "credit-notes" / "CN-demo-shop-000001.txt").read_text().startswith("Credit note")


def test_an_order_that_nobody_knows_has_no_papers(engine: Engine, tmp_path: Path) -> None:
    ledger = Desk(engine).shop.ledger
    assert main(["evidence", "nowhere", "--out", str(tmp_path / "x.zip")], lambda: ledger) == 1
    assert not (tmp_path / "x.zip").exists()
