"""The documents: a merchant's policy, and a statute, written in the same clauses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from domain.canonical import canonical_json, sha256
from domain.model import Id, Minor, Model, ShortText, UtcDatetime
from domain.money import ListedCurrency
from domain.order import Buyer
from domain.policy.calendar import ZONES, Calendar, Country, Day, Zone, zones_in
from domain.policy.deadlines import DAY, DeadlineRule, SendBackRule
from domain.policy.goods import EligibilityRule
from domain.policy.holidays import Holiday
from domain.policy.judgement import JudgementRule, WarrantyRule
from domain.policy.money import BonusRule, DeliveryRule, DutiesRule, FeeRule, PriceAdjustmentRule, ReturnShippingRule
from domain.policy.outcome import MethodRule, RefundDueRule, ResolutionRule, ReturnlessRule, ShipRule, TriggerRule
from domain.policy.rule import Told, listed
from domain.policy.window import Days, WindowRule
from domain.request import Basis
from domain.terms import ShippingRule

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Many = Field(max_length=5000)
_Told = Annotated[tuple[Told, ...], BeforeValidator(listed), Field(max_length=3)]


class Clauses(Model):
    """What both kinds of document say of what a shopper gets; each is a list of rules."""

    window: Annotated[tuple[WindowRule, ...], _Many] = ()
    eligibility: Annotated[tuple[EligibilityRule, ...], _Many] = ()
    restocking: Annotated[tuple[FeeRule, ...], _Many] = ()
    lost_value: Annotated[tuple[FeeRule, ...], _Many] = ()
    return_shipping: Annotated[tuple[ReturnShippingRule, ...], _Many] = ()
    delivery: Annotated[tuple[DeliveryRule, ...], _Many] = ()
    duties: Annotated[tuple[DutiesRule, ...], _Many] = ()
    resolutions: Annotated[tuple[ResolutionRule, ...], _Many] = ()
    send_back: Annotated[tuple[SendBackRule, ...], _Many] = ()
    refund_due: Annotated[tuple[RefundDueRule, ...], _Many] = ()


class Policy(Clauses):
    """One version of a merchant's return policy: a few fields for everything, and clauses for what differs.

    `window_days` count from delivery, `send_back_days` from the decision, `inspection_days` from the receipt.
    `automatic_limit` is the largest refund, in minor units of a currency, that nobody has to approve; a currency that
    is not named has no such limit. An override that costs more than `second_approver_above` needs a second person.
    The shopper is asked before more than `offer_above` is kept that the quote did not have, which is nothing unless it
    is said.
    In a policy that is only tried out, a day that somebody is given to act lasts `trial_day` seconds.
    """

    id: Id
    title: Title
    window_days: Days
    send_back_days: DAY = 14
    inspection_days: Annotated[int, Field(strict=True, ge=1, le=90)] = 3
    refund_shipping: ShippingRule = ShippingRule.WHEN_ALL_RETURNED
    automatic_limit: Mapping[ListedCurrency, Minor] = {}
    second_approver_above: Mapping[ListedCurrency, Minor] = {}
    offer_above: Mapping[ListedCurrency, Minor] = {}
    time_zone: Zone = "UTC"
    time_zones: Mapping[Country, Zone] = {}
    holidays: Mapping[Country, tuple[Day, ...]] = {}
    trial_day: Annotated[int, Field(strict=True, ge=1, le=86_400)] | None = None
    told: _Told = tuple(Told)
    bonus: Annotated[tuple[BonusRule, ...], _Many] = ()
    price_adjustment: Annotated[tuple[PriceAdjustmentRule, ...], _Many] = ()
    methods: Annotated[tuple[MethodRule, ...], _Many] = ()
    refund_trigger: Annotated[tuple[TriggerRule, ...], _Many] = ()
    ship_trigger: Annotated[tuple[ShipRule, ...], _Many] = ()
    returnless: Annotated[tuple[ReturnlessRule, ...], _Many] = ()
    judgement: Annotated[tuple[JudgementRule, ...], _Many] = ()
    warranty: Annotated[tuple[WarrantyRule, ...], _Many] = ()
    deadlines: Annotated[tuple[DeadlineRule, ...], _Many] = ()

    @model_validator(mode="after")
    def _approvers_in_order(self) -> Self:
        for currency, second in self.second_approver_above.items():
            first = self.automatic_limit.get(currency)
            if first is None or second < first:
                raise ValueError(f"second_approver_above: {currency} needs an automatic_limit that is not above it")
        return self

    def limit_below(self, amount: int, currency: str) -> int | None:
        """The automatic limit that an amount exceeds; None if nobody has to approve it."""
        limit = self.automatic_limit.get(currency)
        return limit if limit is not None and amount > limit else None

    def zone(self, country: str | None) -> str:
        """The time zone in which days end for an order that went to a country."""
        return self.time_zones.get(country or "") or ZONES.get(country or "", self.time_zone)

    @property
    def calendar(self) -> Calendar:
        """The holidays that the document names."""
        return Calendar(holidays=self.holidays)


class Applies(Model):
    """To whom a statute applies: where the goods went, who bought, how, and what the shop did not tell."""

    country: Annotated[tuple[Country, ...], BeforeValidator(listed), Field(min_length=1, max_length=250)]
    region: Annotated[tuple[str, ...], BeforeValidator(listed), Field(max_length=100)] = ()
    buyer: Buyer | None = Buyer.CONSUMER
    at_a_distance: Annotated[str, StringConstraints(pattern=r"^(only|any)$")] = "only"
    not_told: _Told = ()


class Obligation(Model):
    """Something that the law asks of the shop besides goods and money, since a day."""

    what: ShortText
    since: Day
    cite: ShortText
    source: ShortText


class Statute(Clauses):
    """A law as rules, from one day of the sale to another. It speaks of one basis; a clause that it leaves out gives
    the shopper everything: no fee, delivery and duties back, the way back at the shop's cost.

    Its days are those of the country, or of `time_zone`: in several zones, they last where they last longest.
    """

    id: Id
    title: Title
    basis: Basis
    law: ShortText
    source: ShortText
    applies: Applies
    since: Day
    before: Day | None = None
    time_zone: Annotated[tuple[Zone, ...], BeforeValidator(listed), Field(max_length=10)] = ()
    holidays: Mapping[Country, tuple[Holiday, ...]] = {}
    obligations: Annotated[tuple[Obligation, ...], Field(max_length=20)] = ()
    window: Annotated[tuple[WindowRule, ...], Field(min_length=1, max_length=5000)]

    @model_validator(mode="after")
    def _of_the_law(self) -> Self:
        if self.basis not in (Basis.WITHDRAWAL, Basis.NON_CONFORMITY):
            raise ValueError("basis: a statute gives withdrawal or non_conformity")
        if self.before is not None and self.before <= self.since:
            raise ValueError("before: it must be later than since")
        unknown = [one for one in self.applies.country if not self.zones(one)]
        if unknown:
            raise ValueError(f"time_zone: that of {', '.join(unknown)} is not known; name it")
        for name in Clauses.model_fields:
            if missing := [place for place, rule in enumerate(getattr(self, name)) if not rule.cite]:
                raise ValueError(f"{name}: rule {missing[0] + 1} has no cite; every rule of a statute names its law")
        return self

    def zones(self, country: str) -> tuple[str, ...]:
        """The time zones of its days in a country; what a merchant writes is none of them."""
        return self.time_zone or zones_in(country)

    def in_force(self, day: date) -> bool:
        """Whether it governs what was sold on that day."""
        return self.since <= day and (self.before is None or day < self.before)


class PublishedPolicy(Model):
    """A policy that took effect. `version` is the SHA-256 of the document as it was written, so that it stays the
    same when the model learns new fields."""

    policy: Policy
    version: Version
    effective_from: UtcDatetime

    @property
    def ref(self) -> str:
        """How decisions and journal entries name it: `id@version`, the version cut to 12 characters."""
        return ref(self.policy.id, self.version)


class PublishedStatute(Model):
    """A statute, and the SHA-256 of its document."""

    statute: Statute
    version: Version

    @property
    def ref(self) -> str:
        """How decisions name it, as a policy."""
        return ref(self.statute.id, self.version)


class Policies(Model):
    """Everything that judges a request: the merchant's policy, and the law as its floor."""

    policy: PublishedPolicy
    statutes: tuple[PublishedStatute, ...] = ()


def ref(name: str, version: str) -> str:
    """A document's name with the beginning of its version."""
    return f"{name}@{version[:12]}"


def version_of(document: Mapping[str, object]) -> str:
    """The content hash of a policy document, as read from its file."""
    return sha256(canonical_json(document))
