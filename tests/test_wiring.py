"""Wiring: nothing is opened before it is used, and Temporal is found as Temporal's own settings say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import adapters
import wiring
from database.engine import writing
from domain.errors import InvalidRequest, Unavailable
from settings import ROOT, Settings
from tests.loopback import closed_port

VENDORS = ("stripe", "sendgrid", "sqlalchemy", "httpx2", "jinja2", "mrml", "fpdf", "alembic")
Connected = Callable[[], dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and nothing of the developer's own settings."""
    for name in [name for name in os.environ if name.startswith(("BACKHAUL_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BACKHAUL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    return tmp_path


@pytest.fixture
def connected(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Connected:
    """What the client was connected with; nobody is called."""
    given: dict[str, Any] = {}

    async def record(target_host: str, **options: Any) -> None:
        given.update(options, target_host=target_host)

    monkeypatch.setattr(Client, "connect", record)
    return lambda: given


def profile(file: Path, address: str, **more: str) -> Path:
    """A file with Temporal's default profile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'{name} = "{value}"' for name, value in {"address": address, **more}.items()]
    file.write_text("\n".join(["[profile.default]", *lines, ""]))
    return file


def test_nothing_is_opened_before_it_is_used(folder: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{folder}/elsewhere/backhaul.db")
    rooms = wiring.rooms(settings)
    assert rooms.settings is settings
    assert list(folder.iterdir()) == []
    with writing(rooms.engine):
        assert (folder / "elsewhere" / "backhaul.db").exists()
    rooms.engine.dispose()


def test_no_vendor_is_loaded_before_its_room_is_used(folder: Path) -> None:
    code = f"""
import sys
from settings import Settings
from wiring import connect, rooms
made = rooms(Settings.load())
print([name for name in {VENDORS!r} if name in sys.modules])
made.ledger
print([name for name in {VENDORS!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['sqlalchemy']"]


def test_every_room_opens_and_stays_the_same(folder: Path) -> None:
    keys = {"stripe_api_key": "sk_test_x", "sendgrid_api_key": "SG.x", "carrier_url": "http://127.0.0.1:1"}
    rooms = wiring.rooms(Settings.model_validate(keys))
    names = [name for name, one in vars(wiring.Rooms).items() if hasattr(one, "attrname")]
    assert {"engine", "ledger", "storefront", "decisions", "labels", "inventory", "payments", "mail"} <= set(names)
    for name in names:
        assert getattr(rooms, name) is getattr(rooms, name)
    assert rooms.engine.url.database == str(folder / "home" / "backhaul.db")
    rooms.engine.dispose()


def test_labels_come_from_the_carrier_that_is_named(folder: Path) -> None:
    named = {"carrier": "easypost", "easypost_api_key": "EZTEST"}
    address = {"street": ["Dock Road 1"], "city": "Hamburg", "postal_code": "20457", "country": "DE"}
    assert type(adapters.carrier(Settings(carrier_url="http://127.0.0.1:1"))).__name__ == "EmbeddedLabels"
    easypost = adapters.carrier(Settings.model_validate({**named, "easypost_address": address}))
    assert type(easypost).__name__ == "EasyPostLabels"
    with pytest.raises(InvalidRequest, match="BACKHAUL_CARRIER_URL"):
        adapters.carrier(Settings())
    with pytest.raises(InvalidRequest, match="BACKHAUL_EASYPOST_ADDRESS"):
        adapters.carrier(Settings.model_validate(named))


async def test_nobody_there_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = closed_port().removeprefix("http://")
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    with pytest.raises(Unavailable) as no:
        await wiring.connect()
    for words in (address, "make demo", "python -m embedded", "TEMPORAL_ADDRESS"):
        assert words in no.value.message


async def test_without_any_word_it_is_the_servers_own_default(connected: Connected) -> None:
    await wiring.connect()
    assert connected()["target_host"] == "127.0.0.1:7233"
    assert connected()["data_converter"] is pydantic_data_converter


async def test_with_keys_payloads_are_encrypted(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_PAYLOAD_KEYS", f"k1:{'A' * 43}=")
    await wiring.connect()
    (sealed,) = await connected()["data_converter"].encode(["B-2041"])
    assert sealed.metadata["backhaul-key"] == b"k1"


async def test_the_embedded_stack_is_found(connected: Connected, folder: Path) -> None:
    profile(folder / "home" / "stack.toml", "127.0.0.1:1", namespace="embedded")
    await wiring.connect()
    assert (connected()["target_host"], connected()["namespace"]) == ("127.0.0.1:1", "embedded")


async def test_while_the_embedded_stack_runs_its_file_counts_and_not_ones_own(
    connected: Connected, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(profile(folder / "own.toml", "127.0.0.1:2")))
    await wiring.connect()
    assert connected()["target_host"] == "127.0.0.1:2"
    profile(folder / "home" / "stack.toml", "127.0.0.1:1")
    await wiring.connect()
    assert connected()["target_host"] == "127.0.0.1:1"


async def test_variables_beat_every_file(connected: Connected, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile(folder / "home" / "stack.toml", "127.0.0.1:1", namespace="embedded")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:3")
    await wiring.connect()
    # One variable replaces one setting, not the profile.
    assert (connected()["target_host"], connected()["namespace"]) == ("127.0.0.1:3", "embedded")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "returns")
    monkeypatch.setenv("TEMPORAL_API_KEY", "s3cret")
    await wiring.connect()
    assert (connected()["namespace"], connected()["api_key"]) == ("returns", "s3cret")


async def test_another_profile_of_the_file(connected: Connected, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = profile(folder / "own.toml", "127.0.0.1:2")
    file.write_text(file.read_text() + '[profile.production]\naddress = "127.0.0.1:4"\n')
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(file))
    monkeypatch.setenv("TEMPORAL_PROFILE", "production")
    await wiring.connect()
    assert connected()["target_host"] == "127.0.0.1:4"


async def test_the_callers_options_beat_all(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "returns")
    await wiring.connect(namespace="mine")
    assert connected()["namespace"] == "mine"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEMPORAL_PROFILE", "nowhere"),
        ("TEMPORAL_ADDRESS", "no address"),
        ("TEMPORAL_TLS_CLIENT_CERT_PATH", "nowhere.pem"),
    ],
)
async def test_settings_of_temporal_that_mean_nothing(
    name: str, value: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Unavailable) as no:
        await wiring.connect()
    assert "TEMPORAL_*" in no.value.message
    assert "No Temporal server" not in no.value.message


async def test_a_broken_profile_does_not_print_the_key_in_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "own.toml"
    file.write_text("[profile.default]\napi_key = s3cret\n")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(file))
    with pytest.raises(Unavailable) as no:
        await wiring.connect()
    assert "line 2" in no.value.message
    assert "s3cret" not in no.value.message


@pytest.mark.parametrize(
    ("chosen", "adapter"),
    [
        ({"sendgrid_api_key": "SG.key"}, "SendGridMail"),
        ({"mail": "smtp", "smtp_url": "smtps://shop:secret@mail.example"}, "SmtpMail"),
    ],
)
def test_who_sends_mail_is_chosen(folder: Path, chosen: dict[str, Any], adapter: str) -> None:
    assert type(adapters.mail(Settings.model_validate(chosen))).__name__ == adapter


@pytest.mark.parametrize(
    ("mail", "missing"), [("sendgrid", "BACKHAUL_SENDGRID_API_KEY"), ("smtp", "BACKHAUL_SMTP_URL")]
)
def test_what_the_chosen_one_misses_is_named(folder: Path, mail: str, missing: str) -> None:
    with pytest.raises(InvalidRequest, match=missing):
        _ = wiring.rooms(Settings.model_validate({"mail": mail})).mail
