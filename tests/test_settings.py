"""Settings: who beats whom, what is said of a wrong one, and that secrets stay where they are."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from domain.errors import InvalidRequest
from settings import ROOT, Settings, home, misspelled, stack_file

SECRETS = (
    "stripe_api_key",
    "sendgrid_api_key",
    "smtp_url",
    "carrier_token",
    "easypost_api_key",
    "stripe_webhook_secret",
    "easypost_webhook_secret",
    "storefront_secret",
    "warehouse_secret",
    "payload_keys",
    "codec_tokens",
)


@pytest.fixture(autouse=True)
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, nothing of the developer's own settings, and where the stack's file would be."""
    for name in [name for name in os.environ if name.startswith("BACKHAUL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BACKHAUL_HOME", str(tmp_path))
    return tmp_path / "stack.toml"


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = Settings.load()
    assert settings.stripe_api_base is None
    assert settings.drain_seconds == 30
    assert settings.database == f"sqlite:///{tmp_path}/backhaul.db"
    assert settings.labels_folder == tmp_path / "labels"
    assert list(tmp_path.iterdir()) == []


def test_home_is_in_the_project_where_nobody_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_HOME", "")
    assert home() == ROOT / ".backhaul"
    monkeypatch.delenv("BACKHAUL_HOME")
    assert home() == ROOT / ".backhaul"


def test_home_is_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKHAUL_HOME", "here")
    assert home() == tmp_path / "here"
    assert stack_file() == tmp_path / "here" / "stack.toml"


def test_the_environment_beats_the_stack_and_the_stack_the_defaults(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.write_text('[backhaul]\nshop_name = "Stack"\nmail_from = "stack@shop.example"\n')
    monkeypatch.setenv("BACKHAUL_SHOP_NAME", "Environment")
    settings = Settings.load()
    assert settings.shop_name == "Environment"
    assert settings.mail_from == "stack@shop.example"
    assert settings.sendgrid_host == "https://api.sendgrid.com"


def test_settings_are_read_whatever_the_case_of_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("backhaul_shop_name", "Small letters")
    assert Settings.load().shop_name == "Small letters"


def test_a_list_is_written_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_RETURN_ADDRESS", '["Nordlicht GmbH", "20357 Hamburg"]')
    assert Settings.load().return_address == ("Nordlicht GmbH", "20357 Hamburg")


def test_what_the_stack_says_to_others_and_of_later_versions_is_left_alone(stack: Path) -> None:
    stack.write_text('[profile.default]\naddress = "127.0.0.1:1"\n[backhaul]\nof_next_year = 1\n')
    assert Settings.load() == Settings()
    stack.write_text('[profile.default]\naddress = "127.0.0.1:1"\n')
    assert Settings.load() == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKHAUL_DRAIN_SECONDS", "soon"),
        ("BACKHAUL_DRAIN_SECONDS", "-1"),
        ("BACKHAUL_DRAIN_SECONDS", "3601"),
        ("BACKHAUL_RETURN_ADDRESS", "Dock Road 1, Hamburg"),
        ("BACKHAUL_RETURN_ADDRESS", '"Dock Road 1"'),
        ("BACKHAUL_RETURN_ADDRESS", "[1]"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidRequest) as no:
        Settings.load()
    assert no.value.field.startswith(name)
    assert no.value.message.startswith(name)
    assert "Dock Road" not in no.value.message
    assert "soon" not in no.value.message


def test_everything_that_is_wrong_is_told_at_once(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_DRAIN_SECONDS", "soon")
    monkeypatch.setenv("BACKHAUL_PARCEL", "a s3cret box")
    monkeypatch.setenv("BACKHAUL_MAIL", "pigeon")
    stack.write_text("[backhaul]\nbox_days = 0\n")
    with pytest.raises(InvalidRequest) as no:
        Settings.load()
    told = no.value.message.split("; BACKHAUL_")
    assert [one.removeprefix("BACKHAUL_").partition(":")[0] for one in told] == [
        "MAIL",
        "PARCEL",
        "BOX_DAYS",
        "DRAIN_SECONDS",
    ]
    assert "is no JSON" in told[1]
    assert "s3cret" not in no.value.message
    assert no.value.field == "BACKHAUL_MAIL"


def test_a_variable_that_means_nothing_is_told_with_the_one_that_it_is_like(monkeypatch: pytest.MonkeyPatch) -> None:
    assert misspelled() == {}
    monkeypatch.setenv("BACKHAUL_STRIPE_APIKEY", "x")
    monkeypatch.setenv("backhaul_shop_name", "Small letters")
    monkeypatch.setenv("BACKHAULSHOP", "x")
    monkeypatch.setenv("BACKHAUL_XYZZY_PLUGH", "x")
    assert misspelled() == {
        "BACKHAULSHOP": "BACKHAUL_SHOP_NAME",
        "BACKHAUL_STRIPE_APIKEY": "BACKHAUL_STRIPE_API_KEY",
        "BACKHAUL_XYZZY_PLUGH": "",
    }


def test_a_wrong_value_in_the_stacks_file_is_named_the_same(stack: Path) -> None:
    stack.write_text('[backhaul]\ndrain_seconds = "soon"\n')
    with pytest.raises(InvalidRequest) as no:
        Settings.load()
    assert no.value.field == "BACKHAUL_DRAIN_SECONDS"


@pytest.mark.parametrize("broken", [b"x =", b"[backhaul", b"backhaul = 5", b"\xff\xfe", b"a = 1\na = 2"])
def test_a_broken_stack_file_is_named(stack: Path, broken: bytes) -> None:
    stack.write_bytes(broken)
    with pytest.raises(InvalidRequest) as no:
        Settings.load()
    assert no.value.field == str(stack)
    assert "start it again" in no.value.message


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_never_printed(name: str, stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = {
        "payload_keys": f"k1:{b64encode(b's3cret-of-32-bytes-of-one-payload').decode()[:43]}=",
        "codec_tokens": f"fay:s3cret-{'t' * 32}",
    }.get(name, "s3cret-value")
    monkeypatch.setenv(f"BACKHAUL_{name.upper()}", value)
    settings = Settings.load()
    assert getattr(settings, name).get_secret_value() == value
    for shown in (repr(settings), str(settings), f"{settings.model_dump()}", settings.model_dump_json()):
        assert "s3cret" not in shown
        assert value not in shown


def test_every_key_and_token_is_a_secret() -> None:
    names = [name for name in Settings.model_fields if name != "sendgrid_webhook_key"]  # a public key
    found = {
        name
        for name in names
        if name.endswith(("_key", "_token", "_password", "_secret", "_keys", "_tokens", "smtp_url"))
    }
    assert found == set(SECRETS)
    for name in found:
        assert Settings.model_fields[name].annotation is SecretStr, name


def test_the_password_in_a_databases_address_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_DATABASE_URL", "postgresql://backhaul:s3cret@db/backhaul")
    settings = Settings.load()
    assert settings.database == "postgresql://backhaul:s3cret@db/backhaul"
    for shown in (repr(settings), str(settings)):
        assert "s3cret" not in shown


def test_a_wrong_secret_is_not_repeated(stack: Path) -> None:
    stack.write_text("[backhaul]\nstripe_api_key = 424242\n")
    with pytest.raises(InvalidRequest) as no:
        Settings.load()
    assert no.value.field == "BACKHAUL_STRIPE_API_KEY"
    assert "424242" not in no.value.message


def test_settings_do_not_change_while_a_process_runs() -> None:
    with pytest.raises(ValidationError):
        Settings.load().shop_name = "Another"  # type: ignore[misc]
