"""Wiring: nothing is opened before it is used, and Temporal is found as Temporal's own settings say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

import adapters
import wiring
import worker
from commands.checkup import Level
from commands.checkup import temporal as checkup
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


async def test_a_server_elsewhere_is_looked_for_and_none_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.invalid:7233")
    monkeypatch.setattr(Client, "connect", no_connection)
    with pytest.raises(
        Unavailable, match="reached from here with `temporal operator cluster health --address temp"
    ) as no:
        await wiring.connect()
    assert "embedded" not in no.value.message


async def test_doctor_names_what_goes_with_the_servers_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "connect", no_connection)
    for address, mend in (
        ("127.0.0.1:7233", "python -m embedded"),
        ("temporal.invalid:7233", "temporal operator cluster health --address temporal.invalid:7233"),
    ):
        monkeypatch.setenv("TEMPORAL_ADDRESS", address)
        (found,) = await checkup.look()
        assert (found.level, found.mend) == (Level.FAILED, mend)
    monkeypatch.setenv("TEMPORAL_PROFILE", "nobody-wrote-it")
    (found,) = await checkup.look()
    assert (found.level, found.mend, "TEMPORAL_*" in found.found) == (Level.FAILED, "", True)


async def no_connection(*_: object, **__: object) -> Client:
    raise RuntimeError("dns error")


async def test_without_any_word_it_is_the_servers_own_default(connected: Connected) -> None:
    await wiring.connect()
    assert connected()["target_host"] == "127.0.0.1:7233"
    (plugin,) = connected()["plugins"]
    assert plugin.data_converter is pydantic_data_converter


async def test_with_keys_payloads_are_encrypted(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_PAYLOAD_KEYS", f"k1:{'A' * 43}=")
    await wiring.connect()
    (sealed,) = await connected()["plugins"][0].data_converter.encode(["B-2041"])
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


CLOUD = {"address": "shop.a1b2c.tmprl.cloud:7233", "namespace": "shop.a1b2c"}


async def test_temporal_cloud_by_a_profile_with_a_key(connected: Connected, folder: Path) -> None:
    profile(folder / "nobody" / "temporalio" / "temporal.toml", **CLOUD, api_key="s3cret")
    await wiring.connect()
    told = connected()
    assert (told["target_host"], told["namespace"]) == (CLOUD["address"], CLOUD["namespace"])
    # With a key the line is encrypted, without anybody asking for it.
    assert (told["api_key"], told["tls"]) == ("s3cret", True)


async def test_temporal_cloud_by_variables_with_certificates(
    connected: Connected, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in {"CERT": "certificate", "KEY": "private key"}.items():
        (folder / name).write_text(content)
        monkeypatch.setenv(f"TEMPORAL_TLS_CLIENT_{name}_PATH", str(folder / name))
    monkeypatch.setenv("TEMPORAL_TLS_SERVER_NAME", "front.shop.example")
    monkeypatch.setenv("TEMPORAL_ADDRESS", CLOUD["address"])
    monkeypatch.setenv("TEMPORAL_NAMESPACE", CLOUD["namespace"])
    await wiring.connect()
    told = connected()
    assert (told["target_host"], told["namespace"]) == (CLOUD["address"], CLOUD["namespace"])
    tls = told["tls"]
    assert (tls.client_cert, tls.client_private_key, tls.domain) == (
        b"certificate",
        b"private key",
        "front.shop.example",
    )
    assert "api_key" not in told


async def test_temporal_cloud_by_a_profile_with_certificates(connected: Connected, folder: Path) -> None:
    file = profile(folder / "nobody" / "temporalio" / "temporal.toml", **CLOUD)
    tls = '[profile.default.tls]\nclient_cert_data = "certificate"\nclient_key_data = "private key"\n'
    file.write_text(file.read_text() + tls)
    await wiring.connect()
    tls = connected()["tls"]
    assert (tls.client_cert, tls.client_private_key) == (b"certificate", b"private key")


async def test_a_certificate_that_is_not_there_is_named_and_the_key_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_API_KEY", "s3cret")
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", str(folder / "gone.pem"))
    with pytest.raises(Unavailable, match=r"TEMPORAL_\*.*gone\.pem") as no:
        await wiring.connect()
    assert "s3cret" not in f"{no.value!r}{no.value.__cause__!r}"


async def test_a_certificate_that_is_none_does_not_print_the_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", closed_port().removeprefix("http://"))
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_CERT_DATA", "n0 certificate")
    monkeypatch.setenv("TEMPORAL_TLS_CLIENT_KEY_DATA", "s3cret")
    with pytest.raises(Unavailable) as no:
        await wiring.connect()
    assert "s3cret" not in f"{no.value!r}{no.value.__cause__!r}"


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


async def test_workflows_run_in_the_sandbox_unless_told_otherwise(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    for said, runner in (("true", SandboxedWorkflowRunner), ("false", UnsandboxedWorkflowRunner)):
        monkeypatch.setenv("BACKHAUL_SANDBOX", said)
        await wiring.connect()
        (plugin,) = connected()["plugins"]
        assert type(plugin.workflow_runner) is runner


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


async def test_a_start_tells_every_setting_that_an_adapter_cannot_work_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Settings(mail="smtp", warehouse_url="nowhere", storefront_url="http://shop.example")
    with pytest.raises(InvalidRequest) as no:
        adapters.check_settings(wrong)
    named = ("BACKHAUL_SMTP_URL", "BACKHAUL_CARRIER_URL", "BACKHAUL_STOREFRONT_SECRET", "BACKHAUL_WAREHOUSE_URL")
    assert [name for name in named if name not in no.value.message] == []
    assert no.value.field == "BACKHAUL_SMTP_URL"
    adapters.check_settings(Settings(mail="smtp", carrier_url=""), ["returns-payments"])
    right = Settings(sendgrid_api_key=SecretStr("SG.1"), carrier_url="http://carrier.example")
    adapters.check_settings(right)
    for name, value in {"MAIL": "smtp", "WAREHOUSE_URL": "nowhere", "STOREFRONT_URL": "http://shop.example"}.items():
        monkeypatch.setenv(f"BACKHAUL_{name}", value)
    with pytest.raises(InvalidRequest) as started:
        await worker.run()
    told = started.value.message
    assert [name for name in ("SMTP_URL", "CARRIER_URL", "WAREHOUSE_URL") if f"BACKHAUL_{name}: " not in told] == []
