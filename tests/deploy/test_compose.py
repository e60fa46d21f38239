"""docker-compose.yml, the Dockerfile and what they name: everything that can be wrong without a Docker at hand."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr

import settings
from domain.parcel import ParcelSize
from portal.serve import _DRAIN_SECONDS
from portal.sources import sources
from settings import Settings
from tests.deploy.compose import COMPOSE, SERVICES, TEXT, environment, fill_in, seconds, settings_passed, variables
from tests.deploy.image import DOCKERFILE, copied
from tests.house.tree import ROOT, project, reached_from

PROGRAMS = ("worker", "starter", "ledger.__main__", "portal.__main__", "portal.healthy", "portal.codec.__main__")
JOBS = ("temporal-schema", "temporal-init", "database")
SERVERS = ("postgres", "temporal", "temporal-ui", "worker", "portal", "codec")
SECRETS = [f"BACKHAUL_{name.upper()}" for name, one in Settings.model_fields.items() if one.annotation is SecretStr]
CHOSEN = {
    "BACKHAUL_SENDGRID_API_KEY",
    "BACKHAUL_SMTP_URL",
    "BACKHAUL_EASYPOST_API_KEY",
    "BACKHAUL_EASYPOST_ADDRESS",
}
"""Of two ways to send mail, and of two carriers, one is chosen; the worker that starts names what is missing for it."""
GIVEN = {
    "TEMPORAL_DB_PASSWORD": "p",
    "BACKHAUL_STRIPE_API_KEY": "sk_test_1",
    "BACKHAUL_SENDGRID_API_KEY": "SG.1",
    "BACKHAUL_MAIL_FROM": "returns@shop.example",
    "BACKHAUL_SHOP_NAME": "Shop",
    "BACKHAUL_RETURN_ADDRESS": '["Shop Returns", "Dock Road 1"]',
    "BACKHAUL_CARRIER": "easypost",
    "BACKHAUL_EASYPOST_API_KEY": "EZTK1",
    "BACKHAUL_EASYPOST_ADDRESS": (
        '{"name": "Shop", "street": ["Dock Road 1"], "city": "Hamburg", "postal_code": "20457", "country": "DE"}'
    ),
    "BACKHAUL_PUBLIC_URL": "https://shop.example",
}


def waits_for(service: str) -> dict[str, str]:
    return {name: about["condition"] for name, about in SERVICES[service].get("depends_on", {}).items()}


def test_the_services_are_these_and_no_others() -> None:
    assert set(SERVICES) == {*JOBS, *SERVERS}


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        tag = service["image"].partition(":")[2]
        assert re.fullmatch(r"\d+(\.\d+)*(-[a-z]+)?", tag), f"{name}: {service['image']}"
    assert SERVICES["temporal"]["image"].split(":")[1] == SERVICES["temporal-schema"]["image"].split(":")[1]
    assert SERVICES["temporal-schema"]["image"] == SERVICES["temporal-init"]["image"]


def test_our_image_has_the_projects_version() -> None:
    image = f"backhaul:{project()['project']['version']}"
    ours = [service for service in SERVICES.values() if "build" in service]
    assert ours == [SERVICES["database"], SERVICES["worker"], SERVICES["portal"], SERVICES["codec"]]
    assert all(service["image"] == image for service in ours)
    assert all((ROOT / service["build"]["dockerfile"]).is_file() for service in ours)


def test_volumes_are_declared_and_mounted_files_exist() -> None:
    used = set()
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), mount
                assert mount.endswith(":ro"), mount
            else:
                used.add(source)
    assert used == set(COMPOSE["volumes"])


def test_data_lies_on_named_volumes() -> None:
    assert "temporal-postgres:/var/lib/postgresql/data" in SERVICES["postgres"]["volumes"]
    for name in ("database", "worker", "portal"):
        home = environment(name, GIVEN)["BACKHAUL_HOME"]
        assert f"backhaul:{home}" in SERVICES[name]["volumes"]
        assert f"BACKHAUL_HOME={home}" in DOCKERFILE
        assert re.search(rf"--owner backhaul .*{home}", DOCKERFILE)


def test_jobs_gate_what_needs_them() -> None:
    done, well = "service_completed_successfully", "service_healthy"
    assert waits_for("temporal-schema") == {"postgres": well}
    assert waits_for("temporal") == {"postgres": well, "temporal-schema": done}
    assert waits_for("temporal-init") == {"temporal": well}
    assert waits_for("temporal-ui") == {"temporal": well}
    assert waits_for("worker") == {"temporal": well, "temporal-init": done, "database": done}
    assert waits_for("database") == {}
    # What comes in while Temporal is away has to be kept.
    assert waits_for("portal") == {"database": done}


def test_what_is_waited_for_says_when_it_is_well() -> None:
    for name in SERVICES:
        for other, condition in waits_for(name).items():
            assert condition != "service_healthy" or "test" in SERVICES[other]["healthcheck"], other
    assert SERVICES["worker"]["healthcheck"]["test"] == ["CMD", "python", "healthy.py"]
    assert SERVICES["portal"]["healthcheck"]["test"] == ["CMD", "python", "-m", "portal.healthy"]


def test_jobs_run_once_and_servers_come_back() -> None:
    assert {SERVICES[name]["restart"] for name in JOBS} == {"no"}
    assert {SERVICES[name]["restart"] for name in SERVERS} == {"unless-stopped"}


def test_the_worker_is_given_the_time_it_needs_to_stop() -> None:
    drain = int(environment("worker", GIVEN)["BACKHAUL_DRAIN_SECONDS"])
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > drain
    # The portal's own: for requests, and for what is being sent on.
    assert seconds(SERVICES["portal"]["stop_grace_period"]) > 2 * _DRAIN_SECONDS


def test_every_port_is_bound_to_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports)
    assert not [name for name, service in SERVICES.items() if service.get("network_mode")]


def test_no_container_has_a_fixed_name() -> None:
    assert "container_name" not in TEXT


def test_every_setting_that_is_passed_exists() -> None:
    known = {f"BACKHAUL_{name.upper()}" for name in Settings.model_fields} | {"BACKHAUL_HOME"}
    passed = {name for _, name, _ in settings_passed() if name.startswith("BACKHAUL_")}
    assert passed <= known
    assert {name for name in variables() if name.startswith("BACKHAUL_")} <= known


def test_every_secret_comes_from_outside_and_is_asked_for() -> None:
    webhooks = {name for name in SECRETS if "WEBHOOK" in name}
    readers = {"BACKHAUL_CODEC_TOKENS"}
    assert set(SECRETS) - webhooks - readers <= set(SERVICES["worker"]["environment"])
    assert readers <= set(SERVICES["codec"]["environment"])
    assert all("BACKHAUL_PAYLOAD_KEYS" in SERVICES[name]["environment"] for name in ("worker", "portal", "codec"))
    assert webhooks <= set(SERVICES["portal"]["environment"])
    for service, name, value in settings_passed():
        if name in SECRETS or re.search(r"PASSWORD|PWD|SECRET|TOKEN|_KEY$", name):
            # A vendor makes them when it is told where to send, so that everything else runs before them; not every
            # shop has a storefront that keeps gift cards, or a warehouse system; of two carriers, and of two ways to
            # send mail, one is chosen.
            some = ("WEBHOOK", "STOREFRONT", "WAREHOUSE", "SENDGRID", "SMTP", "CARRIER", "EASYPOST", "PAYLOAD", "CODEC")
            asked_for = r":-" if any(word in name for word in some) else r":\?[^}]+"
            assert re.fullmatch(rf"\$\{{\w+{asked_for}\}}", value), f"{service}: {name}"


def test_the_portal_is_reached_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("portal", GIVEN).items():
        monkeypatch.setenv(name, value)
    loaded = Settings.load()
    (port,) = SERVICES["portal"]["ports"]
    assert port.split(":")[2] == str(loaded.portal_port)
    assert loaded.portal_host == "0.0.0.0"
    assert [source.secrets for source in sources(loaded)] == [()] * 3


def test_the_worker_reads_what_is_passed_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("worker", GIVEN).items():
        monkeypatch.setenv(name, value)
    loaded = Settings.load()
    assert loaded.return_address == ("Shop Returns", "Dock Road 1")
    assert loaded.stripe_api_key.get_secret_value() == "sk_test_1"
    assert loaded.stripe_api_base is None
    assert (loaded.carrier, loaded.parcel, loaded.easypost_services) == ("easypost", ParcelSize(), ())
    assert loaded.sendgrid_host == "https://api.sendgrid.com"
    assert settings.home() == Path("/var/lib/backhaul")


@pytest.mark.parametrize("name", sorted(set(GIVEN) - CHOSEN))
def test_what_is_missing_is_named(name: str) -> None:
    given = {**GIVEN, name: ""}
    with pytest.raises(KeyError, match=r"\w+ \w+"):
        fill_in(TEXT, given)


def test_the_example_names_every_variable() -> None:
    lines = (ROOT / "deploy" / "example.env").read_text().splitlines()
    named = {line.partition("=")[0]: line.partition("=")[2] for line in lines if line and not line.startswith("#")}
    assert set(named) == variables()
    shops_own = ("WEBHOOK", "STOREFRONT", "WAREHOUSE", "SUPPORT", "MAIL_LOGO", "MAIL_IMPRINT")
    free = (*shops_own, "CARRIER_", "EASYPOST", "PARCEL", "PACKING", "PAYLOAD", "CODEC")
    may_be_empty = {name for name in named if any(word in name for word in free)}
    assert {name for name, value in named.items() if not value} - may_be_empty - CHOSEN == set(GIVEN) - CHOSEN
    examples = [json.loads(one) for one in re.findall(r"'([\[{].*[\]}])'", "\n".join(lines))]
    names = ("return_address", "parcel", "packing", "easypost_address", "easypost_services")
    Settings.model_validate(dict(zip(names, examples, strict=True)))


def test_temporals_settings_are_mounted_where_the_server_looks() -> None:
    path = Path(environment("temporal", GIVEN)["DYNAMIC_CONFIG_FILE_PATH"])
    assert f"./deploy/dynamicconfig:{path.parent}:ro" in SERVICES["temporal"]["volumes"]
    assert (ROOT / "deploy" / "dynamicconfig" / path.name).is_file()


def test_every_part_speaks_of_the_same_namespace_and_database() -> None:
    assert {value for _, name, value in settings_passed() if name in ("TEMPORAL_NAMESPACE",)} == {"returns"}
    assert environment("temporal-ui", GIVEN)["TEMPORAL_DEFAULT_NAMESPACE"] == "returns"
    schema, server = environment("temporal-schema", GIVEN), environment("temporal", GIVEN)
    assert schema.pop("SQL_PASSWORD") == server["POSTGRES_PWD"]
    assert schema.items() <= server.items()


@pytest.mark.parametrize("script", sorted((ROOT / "deploy").glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_sound(script: Path) -> None:
    checked = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert script.read_text().startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in script.read_text()
    assert [
        name for name, service in SERVICES.items() if service.get("entrypoint") == ["/bin/sh", f"/deploy/{script.name}"]
    ]


def test_the_image_holds_everything_that_runs_in_it() -> None:
    reached = reached_from(*PROGRAMS, "deploy.healthy")
    needed = {path.relative_to(ROOT).parts[0] for path in reached} - {"deploy"}
    assert {path.name for path in reached} >= {"worker.py", "starter.py", "healthy.py", "via_stripe.py", "case.py"}
    assert needed <= set(copied())


def test_the_image_holds_nothing_else() -> None:
    needed = {path.relative_to(ROOT).parts[0] for path in reached_from(*PROGRAMS)}
    assert set(copied()) == needed | {"policies", "deploy/healthy.py", "deploy/requirements.lock"}
    assert all((ROOT / source).exists() for source in copied())


def test_what_is_copied_reaches_the_builder_and_nothing_else_does() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied())


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_special() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases == ["python:3.11-slim-bookworm"] * 2
    assert "--require-hashes" in DOCKERFILE
    assert re.search(r"^USER backhaul$", DOCKERFILE, re.MULTILINE)
    assert json.loads(DOCKERFILE[DOCKERFILE.rindex("CMD ") + 4 :]) == SERVICES["worker"]["command"]


def test_the_lock_holds_every_dependency() -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "deploy" / "requirements.lock").read_text(), re.MULTILINE))
    direct = {re.split(r"[>=<\[]", one)[0] for one in project()["project"]["dependencies"]}
    assert direct <= locked
