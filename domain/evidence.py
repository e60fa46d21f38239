"""What a shopper is asked to show before a person decides, and what they showed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from domain.box import PhotoUrl
from domain.model import Id, Model, UtcDatetime
from domain.policy.decision import Decision, Reason
from domain.policy.goods import Proof
from domain.policy.judgement import Verdict
from domain.printing import day
from domain.request import NoteId

_MOST = 20


def _something(proof: Proof) -> Proof:
    if proof is Proof.NONE:
        raise ValueError("say what is to be shown: receipt, photo or serial")
    return proof


class WantedProof(Model):
    """What is to be shown of a line."""

    line_id: Id
    proof: Annotated[Proof, AfterValidator(_something)]


class AskEvidence(Model):
    """Staff asks the shopper to show something of some lines."""

    by: Id
    wanted: Annotated[tuple[WantedProof, ...], Field(min_length=1, max_length=50)]


class GiveEvidence(Model):
    """The shopper shows something. `notes` and `photos` are ids of stored texts: their words, and the addresses of
    photos, which may name people, too. The same `id` counts once."""

    id: Id
    by: Id
    notes: Annotated[tuple[NoteId, ...], Field(max_length=_MOST)] = ()
    photos: Annotated[tuple[NoteId, ...], Field(max_length=_MOST)] = ()

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if not self.notes and not self.photos:
            raise ValueError("notes: name a text or a photo that is stored already")
        return self


class Photo(Model):
    """Where a photo lies, before that is stored."""

    address: PhotoUrl


class Evidence(Model):
    """One request for evidence as it is recorded, with what became of it: the shopper answers until `until`, and is
    reminded at `remind_at`, unless that is too soon. `ended_at` is when they first did, or when it was too late."""

    number: int
    by: Id
    wanted: tuple[WantedProof, ...]
    at: UtcDatetime
    until: UtcDatetime
    remind_at: UtcDatetime | None = None
    given: tuple[GiveEvidence, ...] = ()
    ended_at: UtcDatetime | None = None

    @property
    def waited(self) -> timedelta:
        """How long the shopper was waited for."""
        return self.ended_at - self.at if self.ended_at else timedelta(0)

    def __str__(self) -> str:
        """`photo of line 1, until 29 November 2026: given`."""
        wanted = ", ".join(f"{one.proof} of line {one.line_id}" for one in self.wanted)
        became = "given" if self.given else "not given in time" if self.ended_at else "waited for"
        return f"{wanted}, until {day(self.until.date(), 'en')}: {became}"


def without_evidence(decision: Decision, wanted: tuple[WantedProof, ...]) -> Decision:
    """The decision after nothing was shown in time: a line in review of which the policy says so is declined, unless a
    law may be open for it; then a person decides all the same."""
    asked = {one.line_id for one in wanted}
    why = Reason(code="not_shown", verdict=Verdict.DECLINE, text="What we asked you to show did not come in time.")
    lines = tuple(
        line.model_copy(update={"verdict": Verdict.DECLINE, "reasons": (*line.reasons, why)})
        if line.line_id in asked
        and line.verdict is Verdict.REVIEW
        and not line.statutes
        and line.handling is not None
        and line.handling.no_evidence == "decline"
        else line
        for line in decision.lines
    )
    return decision.with_lines(lines)
