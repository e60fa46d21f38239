"""Purely: whether a return takes what is said of its goods as it stands."""

from __future__ import annotations

from domain.inspection import Inspection, Receipt, units
from domain.parcel import OtherParcel, Scan
from domain.parts import may_wait
from domain.resolution import IN_GOODS
from domain.verbs import Refusal
from workflows.return_case.stage import Stage
from workflows.return_case.state import CaseState

MOST_PARCELS = 50
"""Whoever ties more to one return has made a mistake."""


def may_scan(state: CaseState, scan: Scan) -> Refusal | None:
    """A scan of one of its parcels; once known, only the same again."""
    known = next((one for one in state.scans if one.id == scan.id), None)
    if known is not None:
        same = (known.status, known.tracking_number) == (scan.status, scan.tracking_number)
        return None if same else other_content("scan", scan.id)
    if scan.tracking_number in state.tracking_numbers:
        return None
    numbers = ", ".join(state.tracking_numbers) or "none yet"
    text = f"This return's tracking number is {numbers}; `starter.py parcel add` ties another parcel to it."
    return Refusal(code="other_parcel", message=text)


def may_add(state: CaseState, parcel: OtherParcel) -> Refusal | None:
    """One more parcel."""
    if parcel.tracking_number in state.tracking_numbers:
        return None
    if state.stopped:
        return Refusal(code="cancelled", message="Nothing comes back of this return, so it has no parcels.")
    if len(state.tracking_numbers) >= MOST_PARCELS:
        text = f"This return has {MOST_PARCELS} parcels, the most that are taken; look at their numbers."
        return Refusal(code="too_many", message=text)
    return None


def may_receive(state: CaseState, receipt: Receipt) -> Refusal | None:
    """Goods out of a box."""
    known = next((one for one in state.receipts if one.id == receipt.id), None)
    if known is not None:
        return None if known.lines == receipt.lines else other_content("receipt", receipt.id)
    if receipt.id in state.not_ours:
        text = f"Box {receipt.id} was counted anew: nothing of it is this return's. Give what comes now another id."
        return Refusal(code="not_ours", message=text)
    if state.called_off:
        return Refusal(code="cancelled", message=f"This return was called off. {_LATE}")
    if state.expired:
        return Refusal(code="expired", message=f"Nothing of this return came in time, so it ends. {_LATE}")
    if state.rest_over:
        return Refusal(code="expired", message=f"The rest of this return was not waited for any more. {_LATE}")
    if state.lost:
        return Refusal(code="lost", message=f"This parcel is recorded as lost and paid for. {_LATE}")
    if state.never_came:
        return Refusal(code="never_came", message=f"These goods were not waited for any more. {_LATE}")
    if state.kept:
        return Refusal(code="kept", message=f"The shopper keeps the goods of this return and is paid for them. {_LATE}")
    if state.wants_goods:
        text = "The shopper wants the goods of this return back, so no more of them are taken."
        return Refusal(code="wanted_back", message=f"{text} {_LATE}")
    if state.inspection is not None and not state.waits_for_rest:
        return Refusal(
            code="already_inspected", message="This return was inspected; ask ops what to do with late goods."
        )
    for line_id, quantity in units(receipt.lines).items():
        left = state.expected.get(line_id, 0)
        if quantity > left:
            message = f"{quantity} of line {line_id} counted, but this return expects {left or 'none'} of it."
            message += f" What it expects: {_list(state.expected)}."
            return Refusal(code="more_than_expected", message=message)
    return None


_LATE = "Goods that come now are late: `starter.py late receive` records them, and a person decides where one has to."


def may_inspect(state: CaseState, inspection: Inspection) -> Refusal | None:
    """The grades of all that was received."""
    if state.lost:
        return Refusal(code="lost", message="This parcel is recorded as lost, so there is nothing to inspect.")
    if state.kept:
        return Refusal(code="kept", message="The shopper keeps the goods of this return; there is nothing to inspect.")
    known = next((one for one in (*state.parts, state.seen) if one is not None and one.id == inspection.id), None)
    if known is not None:
        return None if known == inspection else other_content("inspection", known.id)
    if state.seen is not None and state.waits_for_rest:
        text = "What came before is being paid and put away; inspect the rest when that is done"
        return Refusal(code="part_under_way", message=f"{text} ({state.next_action.action}).")
    if state.seen is not None:
        return other_content("inspection", state.seen.id)
    if not state.receipts:
        return Refusal(code="nothing_received", message="Nothing of this return has been received; receive it first.")
    if units(inspection.lines) != state.ungraded:
        message = f"An inspection grades all that was received, no more and no less: that is {_list(state.ungraded)}."
        return Refusal(code="not_what_was_received", message=message)
    return may_wait(state, inspection)


def may_lose(state: CaseState) -> Refusal | None:
    """The carrier lost the parcel, or one of several."""
    if state.lost:
        return None
    if (no := may_be_lost(state)) is not None:
        return no
    if state.receipts and state.early:
        text = "This return is paid already; `claim open` and `claim answer` say what the carrier has lost of it."
        return Refusal(code="paid_early", message=text)
    if state.ungraded or state.inspection is not None:
        text = "Goods of another parcel are here: `inspect` them with `--more`; once they are paid, this is told."
        return Refusal(code="part_under_way", message=text)
    return None


def may_be_lost(state: CaseState) -> Refusal | None:
    """Whether the carrier may have lost anything of it."""
    if state.stopped or state.kept:
        return Refusal(code="ends_already", message="This return ends already, so nothing of it is waited for.")
    if state.receipts:
        return _may_lose_rest(state)
    if not (state.moving or state.empty_box):
        text = "No carrier has seen this parcel, so none has lost it; the shopper still has it, or `scan` it first."
        return Refusal(code="not_sent", message=text)
    return None


def _may_lose_rest(state: CaseState) -> Refusal | None:
    if not (state.in_several and state.expected):
        text = (
            "Goods of this return have arrived, and no carrier has had another parcel of it; `inspect` them, and what"
        )
        return Refusal(code="already_received", message=f"{text} did not come stays with the shopper.")
    if state.rest_over or state.stage is Stage.CLOSING or state.wants_goods:
        return Refusal(code="ends_already", message="This return ends with what came; nothing more is waited for.")
    if state.resolution in IN_GOODS:
        text = f"This return ends with {state.resolution.replace('_', ' ')}, which follows on all of its goods at once"
        return Refusal(code="not_in_parts", message=f"{text}; `choose` a refund first, and then what is lost is paid.")
    return None


def other_content(what: str, known: str) -> Refusal:
    """The same id with something else in it."""
    return Refusal(code="recorded_differently", message=f"The {what} {known} is recorded with other content.")


def _list(quantities: dict[str, int]) -> str:
    return ", ".join(f"{quantity} of line {line_id}" for line_id, quantity in quantities.items()) or "nothing"
