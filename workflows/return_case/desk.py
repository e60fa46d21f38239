"""Where a return listens: messages are checked against the state, noted, and left for the story to act on."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from domain import ids
from domain.errors import InvalidRequest
from domain.model import Model
from domain.request import taken
from domain.verbs import Refusal, Verb
from workflows.return_case.allowed import allowed
from workflows.return_case.facts import Fact, Heard, known, with_fact
from workflows.return_case.panel import panel
from workflows.return_case.state import CaseState
from workflows.return_case.view import CaseView, attributes, view
from workflows.waiting import Waiter

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


def as_refusal(refusal: Refusal) -> ApplicationError:
    """What refuses a message, with its code and what is allowed instead."""
    return ApplicationError(refusal.message, refusal.code, type="Refused", non_retryable=True)


def taken_from(model: type[M], raw: RawValue) -> M:
    """A message as a model. It is taken undecoded, so that a wrong one is refused in words, naming the field."""
    try:
        return taken(model, decoded(raw))
    except InvalidRequest as error:
        raise as_failure(error) from None


class Desk(Waiter):
    """State, the facts that were heard and are not recorded yet, and what ops see of them.

    `hearing` counts news that are being read again, `asides` wait for somebody beside the story, and nothing waits for
    `follows`; while `closing`, the end is being written.
    """

    def __init__(self) -> None:
        super().__init__()
        self.state = CaseState()
        self.heard: list[Heard] = []
        self.recorded = 0
        self.retries = 0
        self.words = 0
        self.hearing = 0
        self.closing = False
        self.asides: list[asyncio.Task[None]] = []
        self.follows: list[asyncio.Task[None]] = []
        self.overtaken = False

    @workflow.query(name="view", description="The return as it stands: stage, next action, amounts, parcel, refund")
    def view(self) -> CaseView:
        """The whole of it, without personal data."""
        seen = view(self.state)
        # A request that could not be read names no return; the workflow's own id does.
        case = workflow.info().workflow_id.removeprefix(ids.workflow_id(""))
        return seen if seen.id else seen.model_copy(update={"id": case})

    def take(self, model: type[M], raw: RawValue) -> M:
        """A message as a model."""
        return taken_from(model, raw)

    def check(self, verb: Verb, said: object = None) -> None:
        """Refuse a message before it enters the history, with the reason and what is allowed."""
        supposed = self.state
        for one in self.heard:
            supposed = with_fact(supposed, one.fact)
        refusal = allowed(verb, supposed, said)
        if refusal is not None:
            raise as_refusal(refusal)

    async def note(self, fact: Fact) -> CaseView:
        """Take a fact and wait until it is recorded; the same fact again only gets the view.

        Raises ApplicationError `Refused` if it was not recorded; then it counts as never said.
        """
        if self.heard or not known(self.state, fact):  # what is recorded first may change what is known
            heard = next((one for one in self.heard if one.fact == fact), None)
            if heard is None:
                heard = Heard(fact)
                self.heard.append(heard)
            await workflow.wait_condition(lambda: heard.answered)
            if heard.refusal is not None:
                raise heard.refusal
        return view(self.state)

    def learn(self, **learned: object) -> None:
        """The state with these fields, shown to ops at once."""
        self.state = self.state.model_copy(update=learned)
        self.show()

    def show(self) -> None:
        """Current details cost no history; search attributes are written where they changed and somebody may wait: what
        we do ourselves takes a moment, or becomes a call for help after its burst."""
        workflow.set_current_details(panel(self.state))
        if self.state.next_action.owner == "backhaul":
            return
        known = workflow.info().typed_search_attributes
        changed = [update for update in attributes(self.state) if known.get(update.key) != update.value]
        if changed:
            workflow.upsert_search_attributes(changed)
