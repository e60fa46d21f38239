"""docker-compose.yml, the Dockerfile and what they name: everything that can be wrong without a Docker at hand."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml
from pydantic import SecretStr
from sqlalchemy import make_url

import settings
from database.postgres import CONNECTIONS
from domain.parcel import ParcelSize
from embedded.portal import SECRET
from embedded.simulators import build, storefront
from embedded.stack import STRIPE_KEY
from portal.serve import _DRAIN_SECONDS
from portal.sources import sources
from settings import QUEUES, Settings
from tests.deploy.compose import (
    COMPOSE,
    SERVICES,
    TEXT,
    command,
    env_file,
    environment,
    fill_in,
    seconds,
    settings_passed,
    variables,
)
from tests.deploy.image import DOCKERFILE, copied, stages
from tests.deploy.running import run
from tests.house.tree import ROOT, project, reached_from

CHECK_JSONSCHEMA = ROOT / ".backhaul" / "judges" / "bin" / "check-jsonschema"
PROGRAMS = ("worker", "starter", "ledger.__main__", "portal.__main__", "portal.healthy", "portal.codec.__main__")
JOBS = ("temporal-schema", "temporal-init", "database-create", "database", "doctor")
PROFILES = {
    "simulators": {"simulators"},
    "doctor": {"doctor"},
    "codec": {"codec"},
    "worker-payments": {"queues"},
    "worker-mail": {"queues"},
    "prometheus": {"monitoring"},
    "grafana": {"monitoring"},
}
UIS = ("temporal-ui", "temporal-ui-finance")
WORKERS = {"worker": (), "worker-payments": ("returns-payments",), "worker-mail": ("returns-mail",)}
"""Each with the queues that it serves whatever is set; without any it serves those that are set, else all."""
SERVERS = ("postgres", "temporal", *UIS, *WORKERS, "portal", "codec", "simulators", "prometheus", "grafana")
OURS = ("database", *WORKERS, "portal", "codec", "doctor", "simulators")
SECRETS = [f"BACKHAUL_{name.upper()}" for name, one in Settings.model_fields.items() if one.annotation is SecretStr]
CHOSEN = {
    "BACKHAUL_SENDGRID_API_KEY",
    "BACKHAUL_SMTP_URL",
    "BACKHAUL_EASYPOST_API_KEY",
    "BACKHAUL_EASYPOST_ADDRESS",
}
"""Of two ways to send mail, and of two carriers, one is chosen; the worker that starts names what is missing for it."""
GIVEN = {
    "POSTGRES_PASSWORD": "s",
    "TEMPORAL_DB_PASSWORD": "p",
    "BACKHAUL_DB_PASSWORD": "q",
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


def test_it_is_what_compose_reads() -> None:
    assert CHECK_JSONSCHEMA.exists(), "check-jsonschema is missing; `make judges` makes its environment"
    file = str(ROOT / "docker-compose.yml")
    checked = run([str(CHECK_JSONSCHEMA), "--builtin-schema", "vendor.compose-spec", file], dict(os.environ))
    assert (checked.returncode, checked.stdout) == (0, "ok -- validation done\n"), checked.stdout


def test_what_is_optional_belongs_to_a_profile_and_nothing_waits_for_it() -> None:
    assert {name: set(about["profiles"]) for name, about in SERVICES.items() if "profiles" in about} == PROFILES
    for name in set(SERVICES) - set(PROFILES):
        assert not set(waits_for(name)) & set(PROFILES)


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        tag = service["image"].partition(":")[2]
        assert re.fullmatch(r"v?\d+(\.\d+)+(-[a-z]+)?", tag), f"{name}: {service['image']}"
    assert SERVICES["temporal"]["image"].split(":")[1] == SERVICES["temporal-schema"]["image"].split(":")[1]
    assert SERVICES["temporal-schema"]["image"] == SERVICES["temporal-init"]["image"]
    assert SERVICES["temporal-ui"]["image"] == SERVICES["temporal-ui-finance"]["image"]
    assert SERVICES["postgres"]["image"] == SERVICES["database-create"]["image"]
    told = (ROOT / "docs" / "dependencies.md").read_text()
    assert not [one["image"] for one in SERVICES.values() if "build" not in one and f"`{one['image']}`" not in told]
    assert f"`{DOCKERFILE.split('FROM ')[1].split(' ')[0]}`" in told


def test_our_image_has_the_projects_version() -> None:
    version = project()["project"]["version"]
    ours = {name: service for name, service in SERVICES.items() if "build" in service}
    assert set(ours) == set(OURS)
    for name, service in ours.items():
        target = "simulators" if name == "simulators" else "backhaul"
        image = f"backhaul-{name}:{version}" if name == "simulators" else f"backhaul:{version}"
        assert (service["image"], service["build"]["target"]) == (image, target)
        assert (ROOT / service["build"]["dockerfile"]).is_file()
        assert target in stages()
        assert service["cap_drop"] == ["ALL"]


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
    for name in OURS:
        home = environment(name, GIVEN)["BACKHAUL_HOME"]
        assert f"backhaul:{home}" in SERVICES[name]["volumes"]
        assert f"BACKHAUL_HOME={home}" in DOCKERFILE
        assert re.search(rf"--owner backhaul .*{home}", DOCKERFILE)


def test_jobs_gate_what_needs_them() -> None:
    done, well = "service_completed_successfully", "service_healthy"
    assert waits_for("database-create") == {"postgres": well}
    assert waits_for("temporal-schema") == {"database-create": done}
    assert waits_for("temporal") == {"postgres": well, "temporal-schema": done}
    assert waits_for("temporal-init") == {"temporal": well}
    assert waits_for("temporal-ui") == waits_for("temporal-ui-finance") == {"temporal": well}
    for name in WORKERS:
        assert waits_for(name) == {"temporal": well, "temporal-init": done, "database": done}
    assert waits_for("database") == {"database-create": done}
    # What comes in while Temporal is away has to be kept.
    assert waits_for("portal") == {"database": done}


def test_what_is_waited_for_says_when_it_is_well() -> None:
    for name in SERVICES:
        for other, condition in waits_for(name).items():
            assert condition != "service_healthy" or "test" in SERVICES[other]["healthcheck"], other
    port = environment("worker", GIVEN)["BACKHAUL_WORKER_PORT"]
    assert SERVICES["worker"]["healthcheck"]["test"] == ["CMD", "python", "healthy.py", port]
    assert SERVICES["portal"]["healthcheck"]["test"] == ["CMD", "python", "-m", "portal.healthy"]
    assert {name for name in SERVERS if "healthcheck" not in SERVICES[name]} == set(UIS)


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
    taken = [port.split(":")[1] for port in ports]
    assert len(set(taken)) == len(taken)
    assert not [name for name, service in SERVICES.items() if service.get("network_mode")]


def test_there_may_be_several_workers() -> None:
    for name in WORKERS:
        assert not {"ports", "container_name", "hostname"} & set(SERVICES[name])
    assert "container_name" not in TEXT
    # They share a database that takes several writers, and it has connections for ten of them beside the others.
    database = make_url(environment("worker", GIVEN)["BACKHAUL_DATABASE_URL"])
    assert (database.get_backend_name(), database.host) == ("postgresql", "postgres")
    most = int(SERVICES["postgres"]["command"][-1].removeprefix("max_connections="))
    assert most >= 10 * CONNECTIONS + 80


def test_each_queue_may_have_workers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, queues in WORKERS.items():
        for setting, value in environment(name, GIVEN).items():
            monkeypatch.setenv(setting, value)
        assert Settings.load().worker_queues == (queues or QUEUES)
        alike = {part: SERVICES[name][part] for part in SERVICES["worker"] if part != "environment"}
        assert alike == {part: SERVICES["worker"][part] for part in alike}
        both = environment("worker", GIVEN), environment(name, GIVEN)
        assert {one for one in both[1] if both[0].get(one) != both[1][one]} <= {"BACKHAUL_WORKER_QUEUES"}
    # The service without a profile serves what the others may not be there for, unless it is told to leave it to them.
    only = environment("worker", {**GIVEN, "BACKHAUL_WORKER_QUEUES": '["returns"]'})
    assert only["BACKHAUL_WORKER_QUEUES"] == '["returns"]'


def test_traces_go_where_the_environment_says_from_everything_that_makes_them() -> None:
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS")
    given = {**GIVEN, **dict(zip(names, ("http://collector:4318", "x-key=1"), strict=True))}
    for name in (*WORKERS, "portal"):
        assert [environment(name, given)[one] for one in names] == ["http://collector:4318", "x-key=1"]
        assert [environment(name, GIVEN)[one] for one in names] == ["", ""]


def test_the_codec_server_is_given_nothing_that_it_does_not_read() -> None:
    ours, place = environment("codec", GIVEN), environment("database", GIVEN)
    assert {one for one in ours if one in place} == {"TEMPORAL_NAMESPACE", "BACKHAUL_HOME"}
    assert all(ours[one] == place[one] for one in ("TEMPORAL_NAMESPACE", "BACKHAUL_HOME"))


def test_everything_of_ours_uses_one_database_whose_password_is_told_apart() -> None:
    for name in ("database", *WORKERS, "portal", "doctor"):
        passed = environment(name, GIVEN)
        assert passed["BACKHAUL_DATABASE_URL"] == "postgresql://backhaul@postgres:5432/backhaul"
        assert passed["PGPASSWORD"] == "q"
    made = environment("database-create", GIVEN)
    superuser = {"PGHOST": "postgres", "PGUSER": "postgres", "PGPASSWORD": "s"}
    assert made == {**superuser, "TEMPORAL_DB_PASSWORD": "p", "BACKHAUL_DB_PASSWORD": "q"}
    assert environment("postgres", GIVEN) == {"POSTGRES_PASSWORD": "s"}
    holders = {name for name in SERVICES if "s" in environment(name, GIVEN).values()}
    assert holders == {"postgres", "database-create"}


def test_the_doctor_sees_what_worker_and_portal_are_given() -> None:
    both = environment("worker", GIVEN), environment("portal", GIVEN)
    assert environment("doctor", GIVEN) == both[1] | both[0]
    assert not {name for name in both[0] if both[0][name] != both[1].get(name, both[0][name])}
    assert command("doctor") == ["python", "starter.py", "doctor"]


def test_finance_has_a_ui_that_changes_nothing() -> None:
    ops, finance = environment("temporal-ui", GIVEN), environment("temporal-ui-finance", GIVEN)
    assert finance.pop("TEMPORAL_DISABLE_WRITE_ACTIONS") == "true"
    assert finance.pop("TEMPORAL_BANNER_TEXT")
    assert set(ops) == set(finance)
    for name, told in (("temporal-ui", ops), ("temporal-ui-finance", finance)):
        port = told["TEMPORAL_UI_PORT"]
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
        assert told["TEMPORAL_CORS_ORIGINS"] == f"http://127.0.0.1:{port}"
        assert told["TEMPORAL_ADDRESS"] == environment("worker", GIVEN)["TEMPORAL_ADDRESS"]
    assert environment("worker", GIVEN)["BACKHAUL_UI_URL"] == ops["TEMPORAL_CORS_ORIGINS"]


def test_every_setting_that_is_passed_exists() -> None:
    beside = {"BACKHAUL_HOME", "BACKHAUL_DB_PASSWORD", "BACKHAUL_METRICS_ADDRESS"}
    known = {f"BACKHAUL_{name.upper()}" for name in Settings.model_fields} | beside
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


def test_the_simulators_need_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    given = env_file("simulators.env")
    assert set(given) <= variables()
    fill_in(TEXT, given)
    passed = environment("worker", given) | environment("portal", given)
    for name, value in passed.items():
        monkeypatch.setenv(name, value)
    loaded = Settings.load()
    calls = (loaded.stripe_api_base, loaded.sendgrid_host, loaded.carrier_url, loaded.storefront_url)
    assert {urlsplit(one or "").netloc for one in calls} == {"simulators:8240"}
    # What the simulators themselves take and sign with.
    assert loaded.stripe_api_key.get_secret_value() == STRIPE_KEY
    assert loaded.stripe_webhook_secret.get_secret_value() == SECRET
    assert loaded.storefront_secret.get_secret_value() == storefront.SECRET
    assert "--portal=http://portal:8250" in SERVICES["simulators"]["command"]
    assert f"--public-url=http://127.0.0.1:{SERVICES['simulators']['ports'][0].split(':')[1]}" in command("simulators")


def test_prometheus_asks_whom_there_is_and_grafana_asks_prometheus() -> None:
    told = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    asked: dict[str, str] = {}
    for job in told["scrape_configs"]:
        for one in job.get("dns_sd_configs", ()):
            asked |= {name: str(one["port"]) for name in one["names"]}
        for one in job.get("static_configs", ()):
            asked |= dict(target.split(":") for target in one["targets"])
    assert set(asked) == {*WORKERS, "portal", "temporal"}
    assert environment("temporal", GIVEN)["PROMETHEUS_ENDPOINT"] == f"0.0.0.0:{asked.pop('temporal')}"
    for name, port in asked.items():
        assert environment(name, GIVEN)["BACKHAUL_METRICS_ADDRESS"] == f"0.0.0.0:{port}"
    mounts = dict(mount.split(":")[:2] for name in ("prometheus", "grafana") for mount in SERVICES[name]["volumes"])
    rules = [Path(one) for one in told["rule_files"]]
    assert {one.parent for one in rules} == {Path(mounts["./deploy/prometheus"])}
    assert all((ROOT / "deploy" / "prometheus" / one.name).is_file() for one in rules)
    provisioning = ROOT / "deploy" / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["url"] == f"http://prometheus:{SERVICES['prometheus']['ports'][0].split(':')[2]}"
    (boards,) = yaml.safe_load((provisioning / "dashboards" / "backhaul.yml").read_text())["providers"]
    assert boards["options"]["path"] == mounts["./deploy/grafana/dashboards"]
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"


async def test_the_simulators_answer_to_the_name_that_the_others_call_them_by(tmp_path: Path) -> None:
    (name,) = [one.removeprefix("--name=") for one in command("simulators") if one.startswith("--name=")]
    app = build(tmp_path, "http://127.0.0.1:8240", name=name, neighbours=("portal",))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as http:
        assert (await http.get(f"http://{name}:8240/")).status_code == 200
        assert (await http.get("http://elsewhere.example/")).status_code == 400
        for host, status in (("portal", 201), ("elsewhere.example", 400)):
            told = {"url": f"http://{host}:8250/webhooks/stripe", "secret": SECRET}
            answer = await http.post(f"http://{name}:8240/stripe/_control/webhook_endpoints", json=told)
            assert answer.status_code == status


def test_the_example_names_every_variable() -> None:
    lines = (ROOT / "deploy" / "example.env").read_text().splitlines()
    named = {line.partition("=")[0]: line.partition("=")[2] for line in lines if line and not line.startswith("#")}
    assert set(named) == variables()
    shops_own = ("WEBHOOK", "STOREFRONT", "WAREHOUSE", "SUPPORT", "MAIL_LOGO", "MAIL_IMPRINT", "API_BASE")
    ours = ("WORKER_", "MAILS_PER_SECOND", "PAYLOAD", "CODEC", "OTEL_")
    free = (*shops_own, *ours, "CARRIER_", "EASYPOST", "PARCEL", "PACKING")
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
    assert {value for _, name, value in settings_passed() if name == "TEMPORAL_NAMESPACE"} == {"returns"}
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


def test_the_simulators_image_holds_what_they_need() -> None:
    needed = {path.relative_to(ROOT).parts[0] for path in reached_from("embedded.simulators.__main__")}
    assert needed <= set(copied("program", "simulators"))
    assert set(copied("simulators")) == {"embedded"}
    assert "FROM program AS backhaul" in stages()["backhaul"]
    assert not copied("backhaul")


def test_the_image_holds_everything_that_runs_in_it() -> None:
    reached = reached_from(*PROGRAMS, "deploy.healthy")
    needed = {path.relative_to(ROOT).parts[0] for path in reached} - {"deploy"}
    assert {path.name for path in reached} >= {"worker.py", "starter.py", "healthy.py", "via_stripe.py", "case.py"}
    assert needed <= set(copied("program"))


def test_the_image_holds_nothing_else() -> None:
    needed = {path.relative_to(ROOT).parts[0] for path in reached_from(*PROGRAMS)}
    assert set(copied("program")) == needed | {"policies", "deploy/healthy.py"}
    assert set(copied("dependencies")) == {"deploy/requirements.lock"}
    assert all((ROOT / source).exists() for source in copied())


def test_what_is_copied_reaches_the_builder_and_nothing_else_does() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied())


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_special() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases == ["python:3.11.16-slim-bookworm"] * 2 + ["program"] * 2
    assert "--require-hashes" in DOCKERFILE
    assert "COPY --from=dependencies" in stages()["program"]
    # What is built without a word is production, and it runs what `program` says last.
    assert list(stages())[-1] == "backhaul"
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["backhaul"]
    assert json.loads(stages()["program"].split("\nCMD ")[1].splitlines()[0]) == SERVICES["worker"]["command"]


def test_the_lock_holds_every_dependency() -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "deploy" / "requirements.lock").read_text(), re.MULTILINE))
    direct = {re.split(r"[>=<\[]", one)[0] for one in project()["project"]["dependencies"]}
    assert direct <= locked
