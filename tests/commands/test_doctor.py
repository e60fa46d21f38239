"""`starter.py doctor`: what is planted is found, with what mends it, and what is well is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text

from activities.checking import Checked
from activities.labels.via_easypost import EasyPostLabels
from activities.mail.via_smtp import SmtpMail
from commands.checkup import Finding, Level, database, outside, settings
from domain.contact import Place
from domain.errors import Unavailable
from domain.parcel import ParcelSize
from embedded.simulators import build, storefront
from embedded.simulators.serve import address, listen, running
from settings import Settings
from tests.commands.conftest import Run
from tests.labels.easypost import ADDRESS, easypost
from tests.loopback import closed_port
from tests.mail.smtp import postman
from wiring import Rooms
from wiring import outside as named

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FAILED, WARNING, OK = Level.FAILED, Level.WARNING, Level.OK


def of(found: list[Finding], about: str) -> list[Finding]:
    return [one for one in found if one.about == about]


@pytest_asyncio.fixture
async def sky(tmp_path: Path) -> AsyncIterator[str]:
    """The simulators' address."""
    listener = listen(0)
    async with running(build(tmp_path / "sky", address(listener)), listener) as url:
        yield url


def simulated(sky: str, **changed: object) -> Settings:
    known: dict[str, Any] = {
        "stripe_api_key": SecretStr("sk_test_doctor"),
        "stripe_api_base": f"{sky}/stripe",
        "sendgrid_api_key": SecretStr("SG.doctor"),
        "sendgrid_host": f"{sky}/sendgrid",
        "carrier_url": f"{sky}/carrier",
        "storefront_url": f"{sky}/storefront",
        "storefront_secret": SecretStr(storefront.SECRET),
        "public_url": sky,
    }
    return Settings.model_validate({**known, **changed})


async def asked(own: Settings) -> list[Finding]:
    """What everybody outside says; the clock apart."""
    found = await asyncio.to_thread(outside.look, own, named(own))
    return [one for one in found if one.about != "clock"]


async def test_whoever_would_serve_us_is_well_and_nothing_was_changed_there(home: Path, sky: str) -> None:
    found = await asyncio.to_thread(outside.look, simulated(sky), named(simulated(sky)))
    assert [(one.about, one.level, one.mend) for one in found] == [
        (about, OK, "") for about in ("stripe", "mail", "carrier", "storefront", "clock")
    ]
    async with httpx2.AsyncClient() as http:
        assert (await http.get(f"{sky}/carrier/labels.json")).json() == []
        assert (await http.get(f"{sky}/stripe/_control/calls")).json() == {"received": 0, "created": 0}


@pytest.mark.parametrize(
    ("changed", "about", "says", "mend"),
    [
        ({"stripe_api_key": SecretStr("")}, "stripe", "is empty", "BACKHAUL_STRIPE_API_KEY=sk_live_..."),
        ({"stripe_api_key": SecretStr("pk_test_1")}, "stripe", "no secret key", "BACKHAUL_STRIPE_API_KEY="),
        ({"stripe_api_key": SecretStr("sk_live_1")}, "stripe", "does not accept", "BACKHAUL_STRIPE_API_KEY="),
        ({"stripe_api_key": SecretStr("rk_test_nobodys")}, "stripe", "does not accept", "BACKHAUL_STRIPE_API_KEY="),
        ({"sendgrid_api_key": SecretStr("")}, "mail", "is empty", "BACKHAUL_SENDGRID_API_KEY="),
        ({"sendgrid_api_key": SecretStr("wrong")}, "mail", "does not accept", "BACKHAUL_SENDGRID_API_KEY="),
        ({"carrier_url": ""}, "carrier", "is missing", "BACKHAUL_CARRIER_URL="),
        ({"storefront_secret": SecretStr("other")}, "storefront", "", "BACKHAUL_STOREFRONT_SECRET="),
        ({"storefront_secret": SecretStr("")}, "storefront", "is empty", "BACKHAUL_STOREFRONT_SECRET="),
        ({"warehouse_url": "nowhere"}, "warehouse", "https://", "BACKHAUL_WAREHOUSE_URL="),
    ],
)
async def test_a_wrong_setting_is_found_with_what_mends_it(
    home: Path, sky: str, changed: dict[str, object], about: str, says: str, mend: str
) -> None:
    found = await asked(simulated(sky, **changed))
    (bad,) = [one for one in found if one.level is not OK]
    assert (bad.about, bad.level) == (about, FAILED)
    assert says in bad.found
    assert bad.mend.startswith(f"export {mend}")
    for value in changed.values():
        if isinstance(value, SecretStr) and len(value.get_secret_value()) > 8:
            assert value.get_secret_value() not in f"{found}"


async def test_nobody_there_is_told_apart_from_a_wrong_key(home: Path) -> None:
    found = await asked(simulated(closed_port()))
    assert {(one.about, one.level) for one in found} == {
        (about, FAILED) for about in ("stripe", "mail", "carrier", "storefront")
    }
    assert not [one for one in found if "does not accept" in one.found]


async def test_a_key_without_a_right_that_is_needed(home: Path, sky: str) -> None:
    async with httpx2.AsyncClient(base_url=sky) as http:
        made = {"key": "rk_test_half", "may": ["GET /v1/refunds", "POST /v1/refunds"]}
        assert (await http.post("/stripe/_control/restricted_keys", json=made)).is_success
        assert (await http.post("/sendgrid/_control/scopes", json={"scopes": ["alerts.read"]})).is_success
        whole = {"key": "rk_test_whole", "may": ["GET /v1/refunds", "GET /v1/balance_transactions"]}
        assert (await http.post("/stripe/_control/restricted_keys", json=whole)).is_success
        refused = await http.post("/sendgrid/v3/mail/send", headers={"Authorization": "Bearer SG.doctor"}, json={})
        assert refused.status_code == 403
    found = await asked(simulated(sky, stripe_api_key=SecretStr("rk_test_half")))
    assert [(one.about, one.level) for one in found[:2]] == [("stripe", FAILED), ("mail", FAILED)]
    assert "may not: read balance transactions;" in found[0].found
    assert "may not: mail.send;" in found[1].found
    assert (await asked(simulated(sky, stripe_api_key=SecretStr("rk_test_whole"))))[0].level is OK


class Fake:
    """Somebody outside, who says this."""

    def __init__(self, told: Checked | Unavailable) -> None:
        self.told = told

    def check(self) -> Checked:
        """Say it."""
        if isinstance(self.told, Unavailable):
            raise self.told
        return self.told


def looked(own: Settings, **others: Checked) -> list[Finding]:
    makes: Mapping[str, Callable[[], object]] = {about: partial(Fake, told) for about, told in others.items()}
    return outside.look(own, makes)


@pytest.mark.parametrize(
    ("behind", "level", "says"),
    [
        (timedelta(seconds=1), OK, "agrees"),
        (timedelta(seconds=60), WARNING, "60 seconds behind"),
        (timedelta(seconds=-60), WARNING, "60 seconds ahead"),
        (timedelta(seconds=-600), FAILED, "refused"),
    ],
)
def test_the_clock_is_held_against_the_one_that_is_nearest(behind: timedelta, level: Level, says: str) -> None:
    there = datetime.now(UTC) + behind
    far = there + (behind * 10)
    (clock,) = of(looked(Settings(), mail=Checked(clock=far), carrier=Checked(clock=there)), "clock")
    assert clock.level is level
    assert says in clock.found
    assert clock.mend == ("" if level is OK else "sudo timedatectl set-ntp true")
    assert not of(looked(Settings(), mail=Checked()), "clock")


def test_a_test_key_where_money_should_move() -> None:
    live, trial = (Settings(stripe_api_key=SecretStr(f"sk_{mode}_1")) for mode in ("live", "test"))
    assert [one.level for one in looked(live, stripe=Checked())] == [OK]
    (found,) = looked(trial, stripe=Checked())
    assert (found.level, found.found) == (WARNING, "a test key: refunds move no money")
    labels = Checked(notes=("a test key: its labels carry no parcel",))
    assert [one.level for one in looked(live, carrier=labels)] == [WARNING]
    assert [one.level for one in looked(trial, carrier=labels)] == [OK]


def test_easypost_is_asked_for_a_shipment_that_is_not_there() -> None:
    with easypost() as account:
        labels = EasyPostLabels("EZTEST", Place(**ADDRESS), ParcelSize(), api_base=account.url)  # type: ignore[arg-type]
        assert labels.check() == Checked(notes=("a test key: its labels carry no parcel",))
        assert [(method, path) for method, path, _ in account.asked] == [("GET", "/shipments/doctor")]
        assert account.shipments == {}


def test_a_mail_server_is_greeted_and_left_alone() -> None:
    with postman() as (there, port):
        assert SmtpMail(f"smtp+plain://127.0.0.1:{port}", "returns@shop.example", "Shop").check() == Checked()
        assert (there.taken, there.receivers) == ([], [])
    with pytest.raises(Unavailable):
        SmtpMail(f"smtp+plain://{closed_port().removeprefix('http://')}", "returns@shop.example", "Shop").check()


def test_without_tables_the_database_is_made_by_the_command_that_is_named(run: Run, home: Path) -> None:
    first = run("doctor", "--json")
    (found,) = [one for one in first.json["findings"] if one["about"] == "database"]
    assert (first.code, first.json["ok"], found["level"]) == (1, False, "failed")
    assert found["mend"] == "python starter.py database upgrade"
    assert run(*found["mend"].split()[2:]).code == 0
    found = {one["about"]: one for one in run("doctor", "--json").json["findings"]}
    assert (found["database"]["level"], found["journal"]["level"]) == ("ok", "ok")
    assert (found["policy"]["level"], found["people"]["level"]) == ("failed", "warning")
    for about in ("policy", "people"):
        assert run(*found[about]["mend"].split()[2:]).code == 0
    found = {one["about"]: one for one in run("doctor", "--json").json["findings"]}
    assert {found[about]["level"] for about in ("database", "journal", "policy", "people")} == {"ok"}


@pytest.mark.parametrize(("version", "mend"), [("0001", "python starter.py database upgrade"), ("9999", "")])
def test_tables_of_another_version(ready: Rooms, version: str, mend: str) -> None:
    with ready.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": version})
    (found,) = database.look(ready, NOW)
    assert (found.level, found.mend) == (FAILED, mend)
    assert version in found.found


@pytest.mark.parametrize(
    ("url", "says"),
    [("mysql://x", "not supported"), ("postgresql://u:s3cret@127.0.0.1:1/x", "is BACKHAUL_DATABASE_URL right?")],
)
def test_an_address_that_leads_nowhere(home: Path, url: str, says: str) -> None:
    (found,) = database.look(Rooms(Settings(database_url=url)), NOW)
    assert (found.about, found.level) == ("database", FAILED)
    assert says in found.found
    assert "s3cret" not in found.found
    assert found.mend


def test_misspelled_settings_are_told_with_the_one_that_was_meant(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_STORFRONT_SECRET", "s3cret")
    monkeypatch.setenv("BACKHAUL_QQQQQQQQQQQQ", "x")
    answer = run("doctor", "--json")
    found = [one for one in answer.json["findings"] if one["about"] == "settings"]
    assert [(one["level"], one["found"]) for one in found] == [
        ("warning", "BACKHAUL_QQQQQQQQQQQQ means nothing here"),
        ("failed", "BACKHAUL_STORFRONT_SECRET means nothing; BACKHAUL_STOREFRONT_SECRET does"),
    ]
    assert "s3cret" not in answer.out + answer.err
    shown = run("doctor")
    assert shown.code == 1
    assert "unset BACKHAUL_STORFRONT_SECRET`" in shown.out
    assert "failed" in shown.out.splitlines()[-1]


def test_wrong_settings_are_all_told_and_the_rest_is_looked_at(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_DRAIN_SECONDS", "soon")
    monkeypatch.setenv("BACKHAUL_MAIL", "pigeon")
    answer = run("doctor", "--json")
    wrong, *others = answer.json["findings"]
    assert answer.code == 1
    assert "BACKHAUL_DRAIN_SECONDS" in wrong["found"]
    assert "BACKHAUL_MAIL" in wrong["found"]
    assert [one["about"] for one in others] == ["settings", "temporal"]


def test_what_may_be_left_out_is_a_warning() -> None:
    whole = Settings(
        stripe_webhook_secret=SecretStr("whsec_1"), sendgrid_webhook_key="key", public_url="https://shop.example"
    )
    assert settings.gaps(whole) == []
    without = settings.gaps(Settings())
    assert [(one.about, one.level) for one in without] == [("webhooks", WARNING)] * 2 + [("labels", FAILED)]
    assert "BACKHAUL_STRIPE_WEBHOOK_SECRET=whsec_..." in without[0].mend
