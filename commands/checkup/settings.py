"""The settings by themselves: what is misspelled, and what nobody has said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from commands.checkup import Finding, failed, ok, warning

if TYPE_CHECKING:
    from settings import Settings


def spelling(misspelled: Mapping[str, str]) -> list[Finding]:
    """One finding for each variable that is none of ours."""
    if not misspelled:
        return [ok("settings", "all are known")]
    return [
        failed("settings", f"{name} means nothing; {meant} does", f'export {meant}="${name}"; unset {name}')
        if meant
        else warning("settings", f"{name} means nothing here", f"unset {name}")
        for name, meant in misspelled.items()
    ]


def gaps(own: Settings) -> list[Finding]:
    """What can be left out, and what happens then."""
    found = []
    if not own.stripe_webhook_secret.get_secret_value():
        text = "Stripe's webhooks are not taken: late failures of refunds and disputes are seen at night only"
        found.append(warning("webhooks", text, "export BACKHAUL_STRIPE_WEBHOOK_SECRET=whsec_..."))
    if own.carrier == "easypost" and not own.easypost_webhook_secret.get_secret_value():
        text = "EasyPost's webhooks are not taken: nobody tells where parcels are"
        found.append(warning("webhooks", text, "export BACKHAUL_EASYPOST_WEBHOOK_SECRET=..."))
    if own.mail == "sendgrid" and not own.sendgrid_webhook_key:
        text = "SendGrid's webhooks are not taken: nobody tells of mails that bounce"
        found.append(warning("webhooks", text, "export BACKHAUL_SENDGRID_WEBHOOK_KEY=..."))
    if not own.public_url:
        text = "BACKHAUL_PUBLIC_URL is empty, so that the addresses of labels and packing sheets lead nowhere"
        found.append(failed("labels", text, "export BACKHAUL_PUBLIC_URL=https://returns.shop.example"))
    return found
