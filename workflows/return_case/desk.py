"""Where a return listens: messages are checked against the state, noted, and left for the story to act on."""

from __future__ import annotations

from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from domain.errors import InvalidRequest
from domain.inspection import Inspection, Receipt
from domain.model import Model
from domain.parcel import Scan
from domain.request import taken
from workflows.return_case.said import Verb
from workflows.return_case.state import CaseState, allowed
from workflows.return_case.view import CaseView, attributes, panel, view

Fact = Scan | Receipt | Inspection
M = TypeVar("M", bound=Model)


def decoded(raw: RawValue) -> object:
    """The JSON of an argument. Raises InvalidRequest if it is none."""
    try:
        value: object = workflow.payload_converter().from_payload(raw.payload, Any)
    except Exception:  # whatever the converter raises on garbage, the answer to the caller is the same
        raise InvalidRequest("input", "the argument is not JSON") from None
    return value


def as_failure(error: InvalidRequest) -> ApplicationError:
    """What refuses a message, or ends a return whose input is wrong."""
    return ApplicationError(error.message, error.field, type="InvalidRequest", non_retryable=True)


class Desk:
    """State, the facts that were heard and are not recorded yet, and what ops see of them."""

    def __init__(self) -> None:
        self.state = CaseState()
        self.heard: list[Fact] = []
        self.retries = 0

    @workflow.query(name="view", description="The return as it stands: stage, next action, amounts, parcel, refund")
    def view(self) -> CaseView:
        """The whole of it, without personal data."""
        return view(self.state)

    def take(self, model: type[M], raw: RawValue) -> M:
        """A message as a model. It is taken undecoded, so that a wrong one is refused in words, naming the field."""
        try:
            return taken(model, decoded(raw))
        except InvalidRequest as error:
            raise as_failure(error) from None

    def check(self, verb: Verb, said: object = None) -> None:
        """Refuse a message before it enters the history, with the reason and what is allowed."""
        refusal = allowed(verb, self.state, said)
        if refusal is not None:
            raise ApplicationError(refusal.message, refusal.code, type="Refused", non_retryable=True)

    def note(self, fact: Fact, known: bool, **learned: object) -> CaseView:
        """Take a fact once; the same fact again only gets the view."""
        if not known:
            self.heard.append(fact)
            self.learn(**learned)
        return view(self.state)

    def learn(self, **learned: object) -> None:
        """The state with these fields, shown to ops at once."""
        self.state = self.state.model_copy(update=learned)
        self.show()

    def show(self) -> None:
        """Current details cost no history; search attributes are written only where they changed."""
        workflow.set_current_details(panel(self.state))
        known = workflow.info().typed_search_attributes
        changed = [update for update in attributes(self.state) if known.get(update.key) != update.value]
        if changed:
            workflow.upsert_search_attributes(changed)
