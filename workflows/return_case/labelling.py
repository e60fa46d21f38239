"""The label: bought, told of, bought anew where it is asked for, and given back where it is not used."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

from activities.labels import BuyLabel, LabelActivities, VoidLabel
from domain.method import Method
from domain.notice import NoticeKind
from domain.parcel import BOUGHT
from domain.people import SHOPPER
from workflows import options
from workflows.return_case.clerk import Clerk
from workflows.stepping import NotWanted


class Labelling(Clerk):
    """Verbs about the label, or what stands for one."""

    followed_since: datetime
    """Since when this run follows the parcel."""
    warned_of: datetime | None = None
    """The end of a label of which the shopper was told."""

    async def buy_label(self) -> None:
        """Issue the return label, or what stands for one, and send it; goods that are here already need none."""
        here = self.state.came_first or bool(self.state.receipts)
        if self.state.label is None and not self.state.stopped and not here and not self._keeps:
            await self._issue(1, self.way, "")
        self.tell_approved()

    async def replace_label(self) -> None:
        """Give the label back and buy the one that was asked for instead; who has used the old one needs none. One that
        had ended before a person gave the shopper longer to send is bought anew by itself. Goods that are kept, or are
        judged, as a new run of an old return finds them, need none."""
        wanted, old = self.state.new_label, self.state.label
        if old is None or self._keeps or self.state.inspection is not None:
            return
        if self.state.wants_label and wanted is not None:
            await self.void_label(wanted.by)
            await self._issue(wanted.number, wanted.method or old.method, wanted.by)
        elif self.state.silent and self.state.label_void and self._has_longer():
            await self._issue(self.state.label_number + 1, old.method, "")

    @property
    def _keeps(self) -> bool:
        return self.state.decision is not None and self.state.decision.keeps is not None

    def _has_longer(self) -> bool:
        until = self.state.label_until
        return until is not None and until - workflow.now() > timedelta(hours=1)

    async def _issue(self, number: int, way: Method, by: str) -> None:
        order, old = self.order, self.state.label
        told = {"order_number": order.number, "customer_id": order.customer_id, "method": way}
        try:
            label = await self.step(
                "Buy the return label" if way in BOUGHT else "Make the packing sheet",
                LabelActivities.buy_label,
                lambda now: BuyLabel.model_validate({**self.about, **told, "number": number, "by": by, "now": now}),
                options.CARRIER,
                # Goods that are here, or are kept, need no label any more.
                wanted=lambda: not (self.state.stopped or self.state.receipts or self._keeps),
            )
        except NotWanted:
            return
        old_labels = (*self.state.old_labels, *([old] if old else []))
        self.learn(label=label, old_labels=old_labels, label_void="")

    async def void_label(self, by: str = "") -> None:
        """Give the label back, if one was bought; the journal has what the carrier said to that."""
        label, number = self.state.label, self.state.label_number
        if label is not None and label.ours and not self.state.label_void:
            said = await self.step(
                f"Void the label {label.tracking_number}",
                LabelActivities.void_label,
                lambda now: VoidLabel(**self.about, label=label, number=number, actor=by or self.stopped_by, now=now),
                options.CARRIER,
            )
            self.learn(label_void=said)

    async def warn_of_label(self) -> None:
        """Tell the shopper that the label's end is near."""
        self.warned_of = self.state.label_until
        if self.warned_of is not None:
            self.tell(NoticeKind.LABEL_EXPIRING, self.warned_of.toordinal())

    @property
    def warn_at(self) -> datetime | None:
        """When to tell the shopper of the label's end; None once that was done, or where it is too late for it."""
        at = self.state.label_warning_at
        told = self.warned_of == self.state.label_until
        return None if told or at is None or at < self.followed_since else at

    @property
    def way(self) -> Method:
        """How the goods get back."""
        chosen = self.request.method
        return self.state.decision.way(chosen) if self.state.decision else chosen or Method.LABEL

    @property
    def stopped_by(self) -> str:
        """Who called it off, which a new run of an old return knows only of a person's decline; else the shopper."""
        if self.state.force_closed:
            return self.state.force_closed
        if self.state.declined and self.state.overrides:
            return self.state.overrides[-1].by
        if self.state.expired or not self.state.stopped:
            return "rule:policy"
        return self.state.cancel.by if self.state.cancel else SHOPPER
