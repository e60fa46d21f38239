"""What the demo prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from domain.case import Outcome
from domain.money import Money
from domain.order import Order
from domain.plan import ComponentKind, RefundPlan
from domain.refund import RefundStatus
from embedded.stack import Stack
from ledger import EntryKind, JournalEntry, Ledger, Verification
from ledger.recall import case_so_far
from workflows.return_case.view import CaseView

_WORDS = {
    EntryKind.DECISION: "decided by the policy",
    EntryKind.OVERRIDE: "decided otherwise",
    EntryKind.EVIDENCE_WANTED: "asked for evidence",
    EntryKind.EVIDENCE_GIVEN: "showed it",
    EntryKind.PROMISED: "promised what goes out",
    EntryKind.SET_ASIDE: "set it aside",
    EntryKind.LABEL: "bought the return label",
    EntryKind.LABEL_VOIDED: "voided the label",
    EntryKind.LOST: "has it that the carrier lost the parcel",
    EntryKind.SCAN: "saw the parcel",
    EntryKind.RECEIPT: "counted what arrived",
    EntryKind.INSPECTION: "graded it",
    EntryKind.OFFER_ANSWERED: "answered the offer",
    EntryKind.PAYMENT_ASKED: "asked the shopper for the difference",
    EntryKind.PAYMENT_CAME: "has the difference",
    EntryKind.PLAN: "computed the refund",
    EntryKind.REFUND_SUBMITTED: "asked the payment provider",
    EntryKind.REFUND_SETTLED: "confirmed the refund",
    EntryKind.REFUND_REVERSED: "took the refund back",
    EntryKind.SHIPPED: "sent what goes out",
    EntryKind.RESTOCK: "put the goods away",
    EntryKind.NOTICE: "told the shopper",
    EntryKind.CLOSED: "closed the return",
}


class Show:
    """Prints the story, line by line."""

    def __init__(self, console: Console, here: Stack) -> None:
        self._console = console
        self._here = here

    def _print(self, what: RenderableType) -> None:
        """Lines are not wrapped, so that links stay whole."""
        self._console.print(what, soft_wrap=isinstance(what, str))

    def welcome(self) -> None:
        """Where to look while it runs."""
        table = Table.grid(padding=(0, 2))
        for what, url in (
            ("Temporal UI", self._here.ui),
            ("The shopper's inbox", f"{self._here.simulators}/mails"),
            ("Simulators", self._here.simulators),
        ):
            table.add_row(what, f"[link={url}]{url}[/link]")
        self._print(
            Panel(table, title="Backhaul", subtitle="Stripe, SendGrid and the carrier are simulated", expand=False)
        )

    def note(self, text: str) -> None:
        """Something to know."""
        self._print(f"[dim]{escape(text)}[/dim]")

    def order(self, title: str, order: Order) -> None:
        """What was bought."""
        self._console.rule(f"[bold]{escape(title)}[/bold]: order {escape(order.number)}")
        for line in order.lines:
            paid = Money(minor=order.paid_for(line), currency=order.currency)
            self._print(f"  {line.quantity} × {escape(line.title)}, paid {paid}")
        if order.shipping:
            self._print(f"  Shipping, paid {Money(minor=order.paid_for(order.shipping), currency=order.currency)}")

    def step(self, text: str, link: str = "") -> None:
        """A person or a carrier does something."""
        self._print(f"\n[bold]{text}[/bold]" + (f"\n  [link={link}]{link}[/link]" if link else ""))

    def entry(self, entry: JournalEntry) -> None:
        """One line of the journal, in words."""
        words = _WORDS.get(entry.kind, entry.kind.replace("_", " "))
        self._print(
            f"  [dim]{entry.at:%H:%M:%S} #{entry.seq:<3}[/dim] [cyan]{escape(entry.actor)}[/cyan] {words}"
            f"[dim]{escape(_computed(entry))}[/dim]"
        )

    def label(self, view: CaseView) -> None:
        """The label's PDF."""
        self._print(f"  Label [link={view.label_url}]{view.label_url}[/link]")

    def plan(self, order: Order, entries: Iterable[JournalEntry]) -> None:
        """The arithmetic of the refund, as an accountant would check it."""
        plan = case_so_far(entries).plan
        if plan is not None:
            table = Table(title="What is owed", title_justify="left", box=None, padding=(0, 2))
            for column in ("Line", "Units", "Paid for the line", "Net", "Tax", "Refund"):
                table.add_column(column, justify="left" if column == "Line" else "right")
            for line in plan.lines:
                units = f"{line.units_before + line.quantity} of {line.bought}"
                table.add_row(escape(line.title), units, _money(line.paid, plan), *_parts(plan, line.line_id))
            if plan.shipping:
                table.add_row("Shipping", "", _money(plan.shipping, plan), *_parts(plan, "shipping"))
            table.add_row("[bold]Total[/bold]", "", "", "", "", f"[bold]{_money(plan.total, plan)}[/bold]")
            self._print(table)

    def crashed(self, pid: int) -> None:
        """The worst moment."""
        self._print(
            f"  [red bold]kill -9 {pid}[/red bold]: the worker is gone. Stripe has paid; nobody here knows it yet."
        )

    def restarted(self, pid: int) -> None:
        """The recovery begins."""
        self._print(f"  [green]worker {pid} started[/green]; the old one's heartbeat is missed after 15 s")

    def receipt(
        self,
        case: str,
        order: Order,
        provider: Sequence[tuple[str, int]],
        ledger: Ledger,
        mails: Sequence[dict[str, Any]],
    ) -> bool:
        """Provider, journal and plan side by side, a bonus within them; whether the three amounts are the same."""
        known = case_so_far(ledger.entries(case=case))
        plan, bonus = known.plan, sum(one.bonus for one in known.refunds if one.status is RefundStatus.SUCCEEDED)
        planned = plan.total + (plan.bonus.amount if plan.bonus else 0) if plan else 0
        paid = sum(amount for _, amount in provider)
        self._print(f"\n[bold]Return {case}: {known.outcome}[/bold]")
        for who, amount, where in (
            ("The plan", planned, ""),
            (
                "Stripe (simulated)" if len(order.tenders) == 1 and not bonus else "All that paid",
                paid,
                ", ".join(refund for refund, _ in provider),
            ),
            ("The journal", known.refunded + bonus, f"python -m ledger list --case {case}"),
        ):
            self._print(
                f"  {who:20}[bold]{Money(minor=amount, currency=order.currency)!s:>14}[/bold]  [dim]{where}[/dim]"
            )
        for mail in reversed(mails):
            self._print(f"  Mail  {escape(mail['subject'])}  [dim]{self._here.simulators}/mails/{mail['id']}[/dim]")
        self._print(f"  Temporal  [dim]{self._here.workflow_url(case)}[/dim]")
        legs = len(plan.legs) if plan else 0
        agreed = planned == paid == known.refunded + bonus and len(provider) == legs
        self._print("  [green]All three agree.[/green]" if agreed else "  [red]They do not agree.[/red]")
        return agreed

    def told(self, events: Sequence[str]) -> None:
        """What the storefront was told of it, by signed events."""
        self._print(f"  Events  {len(events)} to the storefront: {', '.join(events)}\n")

    def judged(self, view: CaseView, outcome: Outcome, refunded: int, currency: str) -> bool:
        """Whether it ended as the scenario says."""
        money = Money(minor=refunded, currency=currency)
        right = view.outcome is outcome and view.refunded in ((str(money),) if refunded else ("", str(money)))
        said = f"It should end as {outcome}, with {money} refunded."
        self._print(f"  [green]{said} It did.[/green]" if right else f"  [red]{said} It did not.[/red]")
        return right

    def crash_receipt(self, crashes: int, refunds: int) -> None:
        """What the crash cost: `refunds` as counted at the provider."""
        self._print(f"[bold]Crashes: {crashes}. Refunds at the provider for that return: {refunds}.[/bold]")

    def verification(self, found: Verification) -> bool:
        """The journal, recomputed from its first entry."""
        faults = [*found.faults, *(f"{account} is not zero" for account in found.open_accounts)]
        for fault in faults:
            self._print(f"[red]{escape(fault)}[/red]")
        if not faults:
            self._print(f"[green]Journal verified:[/green] {found.entries} entries, head {found.head}")
        return not faults


def _money(minor: int, plan: RefundPlan) -> str:
    return str(Money(minor=minor, currency=plan.currency))


def _parts(plan: RefundPlan, line_id: str) -> tuple[str, str, str]:
    parts = [part for part in plan.components if part.line_id == line_id]
    net = sum(part.amount for part in parts if part.kind is ComponentKind.NET)
    taxes = [
        f"{_money(part.amount, plan)} ({part.name} {(Decimal(part.rate) * 100).normalize():f} %)"
        for part in parts
        if part.kind is ComponentKind.TAX
    ]
    return _money(net, plan), ", ".join(taxes) or "none", _money(sum(part.amount for part in parts), plan)


def _computed(entry: JournalEntry) -> str:
    """The part of an entry that tells most."""
    facts = entry.facts
    match entry.kind:
        case EntryKind.DECISION:
            reasons = [reason for line in facts["decision"]["lines"] for reason in line["reasons"]]
            texts = dict.fromkeys(reason["text"] for reason in reasons)
            quote = facts.get("quote")
            owed = [f"Quoted: {Money(minor=quote['total'], currency=quote['currency'])}."] if quote else []
            return f": {facts['decision']['verdict']}. " + " ".join([*texts, *owed])
        case EntryKind.SCAN:
            return f": {facts['scan']['status']} {facts['scan']['location']}"
        case EntryKind.PLAN:
            return f": {Money(minor=facts['plan']['total'], currency=facts['plan']['currency'])}"
        case EntryKind.REFUND_SUBMITTED:
            return f": under {entry.key}"
        case EntryKind.REFUND_SETTLED:
            return f": {facts['refund']['provider_id']}"
        case EntryKind.NOTICE:
            return f": {facts['notice']} ({facts['state']})"
        case _:
            return ""
