"""The label for label printers, read back by a reader that knows no more than the commands that we may send."""

from __future__ import annotations

import itertools

import pytest

from activities.labels import LabelRequest
from activities.labels.embedded import tracking_number
from activities.labels.zpl import zpl_label
from tests.labels.requests import FOREIGN, KEY, LONG, NOBODY, NOW, REQUEST
from tests.labels.zpl_reader import Zpl, read_zpl

NUMBER = tracking_number(KEY)
ALL = pytest.mark.parametrize("request_", [REQUEST, LONG, FOREIGN, NOBODY], ids=["plain", "long", "foreign", "nobody"])


def label(request_: LabelRequest, number: str = NUMBER) -> Zpl:
    return read_zpl(zpl_label(request_, number, "Backhaul Post", NOW))


@ALL
@pytest.mark.parametrize("number", [NUMBER, "9400100208303109505688", "A", "99" * 20])
def test_both_codes_are_the_number(request_: LabelRequest, number: str) -> None:
    assert label(request_, number).codes() == {"code128": number, "qr": number}


def test_it_says_everything_on_an_a6_label() -> None:
    made = label(REQUEST)
    assert (made.width, made.height) == (105 * 8, 148 * 8)
    said = made.texts()
    for expected in (*REQUEST.sender, *REQUEST.receiver, "R-1001", "#2001", NUMBER, "Backhaul Post", "2026-11-21"):
        assert expected in said


@ALL
def test_rows_do_not_lie_on_each_other(request_: LabelRequest) -> None:
    texts = [one for one in label(request_).fields if one.kind == "text"]
    for above, below in itertools.pairwise(texts):
        if above.left == below.left and above.top < below.top:
            assert above.top + above.size <= below.top


def test_a_name_is_no_command() -> None:
    evil = ("^XZ^XA^FO0,0^GB800,1200,800^FS", "~JA _5E ^FS", "Back\\&slash >8")
    made = label(REQUEST.model_copy(update={"sender": evil}))
    assert [one.content for one in made.fields if one.kind == "text"][3:6] == list(evil)
    assert sum(one.kind == "line" for one in made.fields) == 3


def test_what_the_printer_cannot_print_shows_and_is_said() -> None:
    said = label(FOREIGN).texts()
    for expected in ("Lukasz Zólc-Nguyen", "???", "????? 5 x", "Séance 9"):
        assert expected in said
    assert said[-1].startswith("? stands for")
    assert not label(REQUEST).texts()[-1].startswith("?")


@ALL
def test_the_same_input_makes_the_same_text(request_: LabelRequest) -> None:
    first, second = (zpl_label(request_, NUMBER, "Backhaul Post", NOW) for _ in range(2))
    assert first == second
