"""Our own labels: one number, one registration, one PDF for a key, wherever the process dies."""

from __future__ import annotations

import re
import ssl
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from activities.labels.embedded import EmbeddedLabels, tracking_number
from activities.labels.pdf import render_label
from activities.tls import trusted
from domain import ids
from domain.errors import InvalidRequest, Refused, Unavailable
from domain.parcel import LabelFormat, ReturnLabel
from tests.labels.requests import KEY, NOW, RECEIVER, REQUEST
from tests.loopback import Answer, Loopback, Seen, closed_port, loopback

TOKEN = "carrier-token"
NUMBER = tracking_number(KEY)


class Killed(BaseException):
    """The process ends here."""


class Carrier:
    """Takes numbers of ours: the same again is the same label, another's number is refused."""

    def __init__(self) -> None:
        self.labels: dict[str, Any] = {}
        self.scanned: set[str] = set()
        self.voided: set[str] = set()

    def __call__(self, seen: Seen) -> Answer:
        if seen.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401)
        if seen.path == "/labels":
            standing = self.labels.setdefault(seen.body["number"], seen.body)
            if standing["reference"] != seen.body["reference"]:
                return Answer(409)
            return Answer(201 if standing is seen.body else 200)
        number = seen.path.split("/")[2]
        if number not in self.labels:
            return Answer(404)
        if number in self.scanned:
            return Answer(409)
        self.voided.add(number)
        return Answer(200)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def server(carrier: Carrier) -> Iterator[Loopback]:
    with loopback(carrier) as running:
        yield running


@pytest.fixture
def labels(server: Loopback, tmp_path: Path) -> EmbeddedLabels:
    return made(server.url, tmp_path)


def made(url: str, folder: Path, token: str = TOKEN, timeout: float = 10) -> EmbeddedLabels:
    return EmbeddedLabels(url + "/", token, folder / "labels", "https://returns.example/", timeout=timeout)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "labels").iterdir())


def page(folder: Path) -> Path:
    """The one label's PDF; its name holds a part that nobody can guess."""
    (name,) = files(folder)
    assert re.fullmatch(rf"{NUMBER}-[A-Za-z0-9_-]{{22}}\.pdf", name)
    return folder / "labels" / name


def test_the_number_comes_from_the_key_alone_and_checks() -> None:
    numbers = {tracking_number(ids.label_key(f"R-{n}")) for n in range(500)}
    assert len(numbers) == 500
    assert tracking_number("label:R-1001:1") == "BH245772489764797"
    for number in numbers:
        assert number[:2] == "BH"
        assert len(number) == 17
        digits = [int(digit) for digit in reversed(number[2:])]
        assert sum(digits[0::2]) % 10 == (-3 * sum(digits[1::2])) % 10


def test_trusted_certificates_are_read_once(labels: EmbeddedLabels, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    load = ssl.create_default_context

    def loading(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        read.append(args)
        return load(*args, **kwargs)

    trusted.cache_clear()
    monkeypatch.setattr(ssl, "create_default_context", loading)
    labels.void(KEY, labels.buy(KEY, REQUEST, NOW))
    labels.buy(ids.label_key("R-2"), REQUEST, NOW)
    assert len(read) == 1


def test_a_label_is_registered_and_printed(labels: EmbeddedLabels, server: Loopback, tmp_path: Path) -> None:
    label = labels.buy(KEY, REQUEST, NOW)
    assert label == ReturnLabel(
        tracking_number=NUMBER,
        carrier="Embedded Parcel",
        url=f"https://returns.example/labels/{page(tmp_path).name}",
        bought_at=NOW,
    )
    assert [seen.path for seen in server.seen] == ["/labels"]
    assert server.seen[0].body == {
        "reference": KEY,
        "number": NUMBER,
        "to": list(RECEIVER),
        "from": list(REQUEST.sender),
    }
    assert page(tmp_path).read_bytes().startswith(b"%PDF")


def test_two_labels_of_one_number_would_have_names_that_differ(server: Loopback, tmp_path: Path) -> None:
    first, second = (made(server.url, tmp_path / name).buy(KEY, REQUEST, NOW) for name in ("a", "b"))
    assert first.tracking_number == second.tracking_number
    assert first.url != second.url


@pytest.mark.parametrize(
    ("format", "begins", "ending"),
    [(LabelFormat.PDF_A4, b"%PDF", "pdf"), (LabelFormat.PDF_A6, b"%PDF", "pdf"), (LabelFormat.ZPL, b"^XA", "zpl")],
)
def test_its_file_is_what_was_asked_for(
    server: Loopback, tmp_path: Path, format: LabelFormat, begins: bytes, ending: str
) -> None:
    labels = EmbeddedLabels(server.url, TOKEN, tmp_path / "labels", "https://returns.example", format=format)
    url = labels.buy(KEY, REQUEST, NOW).url
    assert url.endswith(f".{ending}")
    assert (tmp_path / "labels" / url.rpartition("/")[2]).read_bytes().startswith(begins)


def test_address_lines_reach_the_carrier_clean(labels: EmbeddedLabels, server: Loopback) -> None:
    labels.buy(KEY, REQUEST.model_copy(update={"sender": ("Ada", " 12 St\r\nJames's ", "", "\n")}), NOW)
    assert server.seen[0].body["from"] == ["Ada", "12 St James's"]


def test_bought_again_later_it_is_the_same_label(labels: EmbeddedLabels, carrier: Carrier, tmp_path: Path) -> None:
    labels.buy(KEY, REQUEST, NOW)
    pdf = page(tmp_path)
    before = pdf.read_bytes()
    again = labels.buy(KEY, REQUEST, NOW + timedelta(days=1))
    assert again.tracking_number == NUMBER
    assert again.url.endswith(pdf.name)
    assert page(tmp_path).read_bytes() == before
    assert list(carrier.labels) == [NUMBER]


@pytest.mark.parametrize("where", ["embedded.render_label", "folder.os.fsync", "folder.os.replace"])
def test_killed_between_carrier_and_file_the_next_attempt_completes_it(
    where: str, labels: EmbeddedLabels, carrier: Carrier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(f"activities.labels.{where}", die)
        with pytest.raises(Killed):
            labels.buy(KEY, REQUEST, NOW)
    assert list(carrier.labels) == [NUMBER]
    assert not (tmp_path / "labels").exists() or files(tmp_path) == []
    labels.buy(KEY, REQUEST, NOW)
    assert list(carrier.labels) == [NUMBER]
    assert page(tmp_path).read_bytes() == render_label(REQUEST, NUMBER, "Embedded Parcel", NOW)


def test_a_full_disk_is_tried_again(labels: EmbeddedLabels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("activities.labels.folder.os.fsync", full)
        with pytest.raises(Unavailable, match="No space left"):
            labels.buy(KEY, REQUEST, NOW)
    assert files(tmp_path) == []
    labels.buy(KEY, REQUEST, NOW)
    assert page(tmp_path).exists()


def test_a_number_that_another_label_has_is_refused(labels: EmbeddedLabels, carrier: Carrier, tmp_path: Path) -> None:
    carrier.labels[NUMBER] = {"reference": "someone else's"}
    with pytest.raises(Refused) as refusal:
        labels.buy(KEY, REQUEST, NOW)
    assert refusal.value.code == "number_taken"
    assert not (tmp_path / "labels").exists()


def test_void_is_said_once_or_twice(labels: EmbeddedLabels, carrier: Carrier) -> None:
    label = labels.buy(KEY, REQUEST, NOW)
    labels.void(KEY, label)
    labels.void(KEY, label)
    assert carrier.voided == {NUMBER}


def test_a_scanned_or_unknown_label_cannot_be_voided(labels: EmbeddedLabels, carrier: Carrier) -> None:
    label = labels.buy(KEY, REQUEST, NOW)
    carrier.scanned.add(NUMBER)
    with pytest.raises(Refused) as refusal:
        labels.void(KEY, label)
    assert refusal.value.code == "already_used"
    with pytest.raises(Refused) as refusal:
        labels.void(KEY, label.model_copy(update={"tracking_number": "BH0"}))
    assert refusal.value.code == "unknown_label"


def _buy(labels: EmbeddedLabels) -> None:
    labels.buy(KEY, REQUEST, NOW)


def _void(labels: EmbeddedLabels) -> None:
    labels.void(KEY, ReturnLabel(tracking_number=NUMBER, carrier="x", url="", bought_at=NOW))


DOES = pytest.mark.parametrize("do", [_buy, _void])


def silent(error: BaseException) -> bool:
    """Whether an error, printed with all that it carries, tells neither the token nor the person."""
    told = "".join(traceback.format_exception(error))
    return not [secret for secret in (TOKEN, *REQUEST.sender[:3]) if secret in told]


@DOES
@pytest.mark.parametrize(
    "answer",
    [Answer(status) for status in (204, 302, 401, 403, 408, 429, 500, 503)] + [Answer(hang=True), Answer(drop=True)],
    ids=str,
)
def test_no_answer_or_a_passing_one_is_tried_again(
    do: Callable[[EmbeddedLabels], None], answer: Answer, tmp_path: Path
) -> None:
    with loopback(lambda _: answer) as server, pytest.raises(Unavailable) as error:
        do(made(server.url, tmp_path, timeout=0.2 if answer.hang else 10))
    assert silent(error.value)


@DOES
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_no_of_the_carrier_is_final(do: Callable[[EmbeddedLabels], None], status: int, tmp_path: Path) -> None:
    with loopback(lambda _: Answer(status)) as server, pytest.raises(Refused, match=str(status)) as error:
        do(made(server.url, tmp_path))
    assert error.value.code == "label_refused"
    assert silent(error.value)


@DOES
def test_nobody_listening_is_tried_again(do: Callable[[EmbeddedLabels], None], tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="ConnectError") as error:
        do(made(closed_port(), tmp_path))
    assert silent(error.value)


def test_every_transport_exception_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in [one for one in vars(httpx2).values() if isinstance(one, type) and issubclass(one, httpx2.HTTPError)]:

        def fail(*_: object, kind: type[httpx2.HTTPError] = kind, **__: object) -> None:
            raise kind.__new__(kind)

        monkeypatch.setattr(httpx2, "stream", fail)
        with pytest.raises(Unavailable, match=kind.__name__):
            _buy(made("http://127.0.0.1:9", tmp_path))


@pytest.mark.parametrize("token", ["", "a\nb", "ключ"])
def test_a_token_that_cannot_be_one_is_refused_without_showing_it(token: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="BACKHAUL_CARRIER_TOKEN") as error:
        made("http://127.0.0.1:9", tmp_path, token)
    assert not token or token not in str(error.value)
