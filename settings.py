"""Every setting, in one place: the only reader of the environment.

Values come from `BACKHAUL_*` variables, else from `.backhaul/stack.toml`, which the embedded stack writes while it
runs, else from the defaults here. Temporal's own settings are Temporal's: `TEMPORAL_*` variables and profiles.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from domain.codec_tokens import parse_tokens
from domain.contact import Place
from domain.errors import InvalidRequest
from domain.event import Endpoint, checked_names
from domain.notice import NoticeKind
from domain.parcel import LabelFormat, ParcelSize
from domain.payload_keys import parse_keys
from domain.request import all_faults

ROOT = Path(__file__).parent
Queue = Literal["returns", "returns-payments", "returns-mail"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
_SOCKET = r"((\d{1,3}\.){3}\d{1,3}:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5})?"
_ORIGIN = r"https?://[a-z0-9.-]{1,253}(:\d{1,5})?"
_NO_JSON = 'is no JSON; write a list as ["one", "two"]'
TemplateId = Annotated[str, StringConstraints(pattern=r"^d-[0-9a-f]{32}$")]


def home() -> Path:
    """The folder for everything written at run time: `BACKHAUL_HOME`, else `.backhaul` in the project."""
    return Path(os.environ.get("BACKHAUL_HOME") or ROOT / ".backhaul").absolute()


def stack_file() -> Path:
    """Where the embedded stack says how it is reached: a Temporal profile, and our own table `backhaul`."""
    return home() / "stack.toml"


def profiles() -> Path | None:
    """The Temporal profiles to connect by: the embedded stack's, while it runs, else Temporal's own (None)."""
    stack = stack_file()
    return stack if stack.exists() else None


def json_logs() -> bool:
    """Whether commands log as JSON, too: only if that was said, for what they log is for whoever typed them."""
    return os.environ.get("BACKHAUL_LOG") == "json"


def traced() -> bool:
    """Whether OpenTelemetry's own variables say where traces go; without them none are made."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return any(os.environ.get(name) for name in endpoints) and os.environ.get("OTEL_SDK_DISABLED") != "true"


def _shaped(pattern: str, words: str) -> AfterValidator:
    """A text of that shape, and what to say of another."""

    def checked(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(words)
        return text

    return AfterValidator(checked)


def _listed(parse: Callable[[str], object]) -> AfterValidator:
    """A secret that is a list, or lies in a file, which an absolute path names; what is read is kept."""

    def checked(given: SecretStr) -> SecretStr:
        text = given.get_secret_value()
        if text.startswith("/"):
            try:
                text = Path(text).read_text("ascii")
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or "it is no plain text"
                raise ValueError(f"its file cannot be read: {why}") from None
        parse(text)
        return SecretStr(text)

    return AfterValidator(checked)


class Settings(BaseSettings):
    """The settings of one deployment: one merchant. Secrets are never printed."""

    # Whoever hands variables on (docker compose) hands on empty ones for what was not said.
    model_config = SettingsConfigDict(env_prefix="BACKHAUL_", env_ignore_empty=True, extra="ignore", frozen=True)

    # Not shown: the address of a database server may hold a password.
    database_url: str = Field(default="", repr=False)
    """`sqlite:///` or `postgresql://` address of ledger and tables; the default is a SQLite file in the home folder."""
    stripe_api_key: SecretStr = SecretStr("")
    stripe_api_base: str | None = None
    """Another address of the Stripe API; the simulator's in the embedded stack."""
    mail: Literal["sendgrid", "smtp"] = "sendgrid"
    """Who sends mail."""
    sendgrid_api_key: SecretStr = SecretStr("")
    sendgrid_host: str = "https://api.sendgrid.com"
    sendgrid_templates: dict[NoticeKind, TemplateId] = {}
    """SendGrid's dynamic template of each kind of notice that has one; ours for the others."""
    sendgrid_sandbox: bool = False
    """Mails are checked by SendGrid and not sent."""
    smtp_url: SecretStr = SecretStr("")
    """The mail server; it holds a password."""
    mail_from: str = "returns@shop.example"
    shop_name: str = "Example Shop"
    mail_logo_url: Annotated[str, _shaped(r"(https://[^\s\"'<>]{1,500})?", "write an address with https://")] = ""
    mail_accent: Annotated[str, _shaped(r"#[0-9a-fA-F]{6}", "write a colour such as #1d4ed8")] = "#1d4ed8"
    """The colour of buttons, links and the line above each mail; words on it stay readable whatever it is."""
    mail_imprint: tuple[str, ...] = ()
    """Who the shop is, by the lines that the law wants below a business letter."""
    mail_templates: str = ""
    """A folder whose templates go before ours."""
    support_mail: Annotated[str, _shaped(r"([^\s@<>\"&?]{1,64}@[^\s@<>\"&?]{1,60})?", "write one mail address")] = ""
    support_url: Annotated[str, _shaped(r"(https?://[^\s\"'<>]{1,500})?", "write an address with https://")] = ""
    return_address: tuple[str, ...] = ("Example Shop Returns", "Dock Road 1", "20457 Hamburg", "Germany")
    credit_note_prefix: str = Field(default="CN", pattern=r"^[A-Za-z0-9]{1,12}$")
    """What the numbers of credit notes begin with: `CN-demo-000123`."""
    carrier: Literal["embedded", "easypost"] = "embedded"
    """Who sells labels: a service that takes our own numbers, or EasyPost."""
    carrier_url: str = ""
    carrier_token: SecretStr = SecretStr("embedded")
    easypost_api_key: SecretStr = SecretStr("")
    easypost_api_base: str | None = None
    """Another address of the EasyPost API."""
    easypost_address: Place = Place()
    """The return address in fields."""
    easypost_services: tuple[str, ...] = ()
    """What may be bought, such as `USPS` or `USPS/GroundAdvantage`; empty is the cheapest of all."""
    label_format: LabelFormat = LabelFormat.PDF_A6
    fonts: tuple[Path, ...] = ()
    """Files of fonts that packing sheets are written with, tried in turn; empty is what Debian's packages bring."""
    packing: dict[str, dict[str, str]] = {}
    """Packing instructions by category of goods, then by language."""
    parcel: ParcelSize = ParcelSize()
    """How big a parcel is taken to be when its label is bought."""
    public_url: str = ""
    """Where shoppers' browsers reach label PDFs."""
    ui_url: str = ""
    """The Temporal UI, for links."""
    portal_host: str = "127.0.0.1"
    portal_port: int = Field(default=8250, ge=0, le=65535)
    """Where the portal listens; port 0 is any free one."""
    stripe_webhook_secret: SecretStr = SecretStr("")
    """What webhooks are checked with: one, or two with a space between them while one takes the other's place."""
    sendgrid_webhook_key: str = ""
    """Public keys."""
    easypost_webhook_secret: SecretStr = SecretStr("")
    storefront_url: str = ""
    """The storefront that keeps gift cards and store credit; without it a person pays them."""
    storefront_secret: SecretStr = SecretStr("")
    """What calls to it are signed with."""
    box_days: int = Field(default=3, ge=1, le=60)
    """Working days to find out whose a box is that nobody announced."""
    warehouse_url: str = ""
    """The warehouse system that keeps the stock; without it the journal does."""
    warehouse_secret: SecretStr = SecretStr("")
    """What it is told is signed with: one, or two with a space between them."""
    storefront_orders: Literal["imported", "auto", "shopify", "woocommerce", "backhaul"] = "imported"
    """Where orders are read: those imported here, or at the storefront, in whose JSON."""
    event_endpoints: Annotated[tuple[Endpoint, ...], AfterValidator(checked_names)] = ()
    """Who is told of returns: name, url, secret, and types where not all are wanted."""
    log: Literal["auto", "json", "text"] = "auto"
    """Lines for people, or JSON; `auto` is text at a terminal and JSON elsewhere."""
    metrics_address: Annotated[str, _shaped(_SOCKET, "write an address and a port such as 127.0.0.1:9464")] = ""
    """Where a worker or a portal answers Prometheus; they never share one."""
    payload_keys: Annotated[SecretStr, _listed(parse_keys)] = SecretStr("")
    """What payloads are encrypted with: id:base64, the first for what is new; without any nothing is encrypted."""
    codec_tokens: Annotated[SecretStr, _listed(parse_tokens)] = SecretStr("")
    """Who may have payloads decrypted for the Temporal UI: name:token."""
    codec_host: str = "127.0.0.1"
    codec_port: int = Field(default=8251, ge=0, le=65535)
    """Where the codec server listens; port 0 is any free one."""
    codec_origins: tuple[Annotated[str, _shaped(_ORIGIN, "write an origin such as https://ui.example")], ...] = ()
    """Whose pages may ask it, beside those of `ui_url`."""
    drain_seconds: int = Field(default=30, ge=0, le=3600)
    """How long a stopping worker waits for activities that are under way."""
    sandbox: bool = False
    """Whether workflows run in Temporal's sandbox, which notices what is not deterministic and doubles their cost."""
    worker_queues: tuple[Queue, ...] = Field(default=QUEUES, min_length=1)
    """Which task queues a worker serves."""
    worker_slots: int = Field(default=20, ge=1, le=200)
    """How many activities a worker has under way at once, on each queue; each takes a thread."""
    worker_pollers: int = Field(default=5, ge=2, le=50)
    """How many questions for work are open at once, on each queue and of each kind."""
    worker_cache: int = Field(default=1000, ge=0, le=100_000)
    """How many returns a worker keeps in memory; any other is replayed when something is said to it."""
    worker_port: int | None = Field(default=None, ge=1, le=65535)
    """Where a worker says on loopback whether it is well; without it nowhere."""
    worker_build: str = Field(default="", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$|^$")
    """The name of the code that a worker runs, for worker versioning; without it a worker is of no version."""
    payments_per_second: float | None = Field(default=None, gt=0, le=1000)
    """How many activities at payment providers begin a second, of all workers together; without it as many as can."""
    mails_per_second: float | None = Field(default=None, gt=0, le=1000)
    """Likewise of mails."""

    @property
    def database(self) -> str:
        """The database's URL with its default filled in."""
        return self.database_url or f"sqlite:///{home() / 'backhaul.db'}"

    @property
    def labels_folder(self) -> Path:
        """Where label PDFs are kept."""
        return home() / "labels"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment beats the stack file."""
        return (init_settings, _Environment(settings_cls), _StackFile(settings_cls))

    @classmethod
    def load(cls) -> Settings:
        """Read them. Raises InvalidRequest naming every setting that is wrong, and none of the values."""
        try:
            return cls()
        except ValidationError as error:
            found = error.errors(include_url=False)
            broken = [isinstance(one["input"], _NoJson) for one in found]
            named = [(f"BACKHAUL_{field.upper()}", words) for field, words in all_faults(error)]
            pairs = zip(named, broken, strict=True)
            raise together(InvalidRequest(name, _NO_JSON if bad else words) for (name, words), bad in pairs) from None


def together(faults: Iterable[InvalidRequest]) -> InvalidRequest:
    """Several faults as one, which names the first field and tells of all."""
    first, *others = faults
    told = "; ".join([first.message.removeprefix(f"{first.field}: "), *(one.message for one in others)])
    return InvalidRequest(first.field, told)


def misspelled() -> dict[str, str]:
    """Variables that look like settings and are none, each with the setting it is nearest to, empty if to none."""
    known = [name.upper() for name in (*Settings.model_fields, "home")]
    ours = {name: name.upper().removeprefix("BACKHAUL") for name in sorted(os.environ)}
    strange = {name: rest.lstrip("_") for name, rest in ours.items() if rest != name.upper() and rest[1:] not in known}
    near = {name: get_close_matches(rest, known, 1) for name, rest in strange.items()}
    return {name: f"BACKHAUL_{found[0]}" if found else "" for name, found in near.items()}


class _NoJson(str):
    """What stands where JSON belongs."""


class _Environment(EnvSettingsSource):
    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:  # the base class's signature
        """Broken JSON is left to be refused with everything else that is wrong."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return _NoJson(value)


class _StackFile(PydanticBaseSettingsSource):
    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # the base class's signature
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        try:
            own = tomllib.loads(stack_file().read_text()).get("backhaul", {})
        except FileNotFoundError:
            return {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidRequest(str(stack_file()), f"is no TOML: {error}; stop the stack and start it again") from None
        if not isinstance(own, dict):
            raise InvalidRequest(str(stack_file()), "its `backhaul` is no table; stop the stack and start it again")
        return own
