"""What a packing sheet says, by language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from domain.method import Method
from domain.request import ReturnReason


class Words(NamedTuple):
    """One language's words. `by_reason` and `by_category` are steps that only some goods need."""

    title: str
    number: str
    order: str
    sender: str
    receiver: str
    until: str
    quantity: str
    item: str
    reason: str
    steps_title: str
    page: str
    stand_in: str
    reasons: Mapping[ReturnReason, str]
    steps: tuple[str, ...]
    ways: Mapping[Method, str]
    by_reason: Mapping[ReturnReason, str]
    by_category: Mapping[str, str]


_EN_DEFECT = "Put a note with a few words on the fault beside the item. Do not try to repair it."
_EN_FASHION = "Leave the labels on the item and fold it into its own bag or box."
_EN_ELECTRONICS = "Sign out of your accounts and delete your data. Leave batteries inside the device, switched off."

_EN = Words(
    title="Packing sheet",
    number="Return",
    order="Order",
    sender="From",
    receiver="To",
    until="Send it back by",
    quantity="Units",
    item="Item",
    reason="Reason",
    steps_title="How to pack",
    page="Page",
    stand_in="{} stands for a character that this sheet cannot print.",
    reasons={
        ReturnReason.ACCIDENTAL_ORDER: "Ordered by mistake",
        ReturnReason.BETTER_PRICE: "Better price elsewhere",
        ReturnReason.COLOR: "Colour",
        ReturnReason.DAMAGED_IN_TRANSIT: "Damaged on the way",
        ReturnReason.DEFECTIVE: "Defective",
        ReturnReason.LATE: "Came too late",
        ReturnReason.MISSING_PARTS: "Parts are missing",
        ReturnReason.NOT_AS_DESCRIBED: "Not as described",
        ReturnReason.OTHER: "Another reason",
        ReturnReason.SIZE_TOO_LARGE: "Too large",
        ReturnReason.SIZE_TOO_SMALL: "Too small",
        ReturnReason.STYLE: "Style",
        ReturnReason.UNKNOWN: "Not said",
        ReturnReason.UNWANTED: "Not wanted any more",
        ReturnReason.WRONG_ITEM: "Wrong item",
    },
    steps=(
        "Pack only the items that are listed here, with all that came with them.",
        "Take a sturdy box, fill what is empty, and close it well.",
        "Put this sheet inside.",
    ),
    ways={
        Method.LABEL: "Stick the return label on the outside, cover older labels, and hand the parcel to the carrier.",
        Method.QR_CODE: "Show the code in your mail at the carrier's shop; it prints the label there.",
        Method.DROP_OFF: "Bring the items and this sheet to the drop-off point.",
        Method.IN_STORE: "Bring the items and this sheet to our shop. No parcel is needed.",
        Method.SHOPPER_SHIPS: "Send the parcel with a carrier of your choice, write the return's number on the "
        "outside, and keep the receipt.",
    },
    by_reason={
        ReturnReason.DAMAGED_IN_TRANSIT: "Keep the damaged packing, or photos of it, until the return is done.",
        ReturnReason.DEFECTIVE: _EN_DEFECT,
        ReturnReason.NOT_AS_DESCRIBED: _EN_DEFECT,
        ReturnReason.MISSING_PARTS: "Put in every part that came.",
        ReturnReason.WRONG_ITEM: "Leave the wrong item unused, in the packing in which it came.",
    },
    by_category={
        "clothing": _EN_FASHION,
        "shoes": "Put the shoes in their own box, and that box in another; do not stick anything on the shoe box.",
        "electronics": _EN_ELECTRONICS,
        "phones": _EN_ELECTRONICS,
        "batteries": "Do not send damaged or swollen batteries: ask us first. Tape over the contacts of the others.",
        "glass": "Wrap every piece on its own and leave no room to move.",
    },
)

_DE_DEFECT = "Legen Sie einen Zettel mit ein paar Worten zum Fehler dazu. Bitte nicht selbst reparieren."
_DE_FASHION = "Etiketten am Artikel lassen und in die eigene Tüte oder Schachtel legen."
_DE_ELECTRONICS = "Melden Sie sich aus allen Konten ab und löschen Sie Ihre Daten. Akkus ausgeschaltet im Gerät lassen."

_DE = Words(
    title="Packzettel",
    number="Retoure",
    order="Bestellung",
    sender="Von",
    receiver="An",
    until="Zurücksenden bis",
    quantity="Stück",
    item="Artikel",
    reason="Grund",
    steps_title="So wird gepackt",
    page="Seite",
    stand_in="{} steht für ein Zeichen, das dieses Blatt nicht drucken kann.",
    reasons={
        ReturnReason.ACCIDENTAL_ORDER: "Versehentlich bestellt",
        ReturnReason.BETTER_PRICE: "Anderswo günstiger",
        ReturnReason.COLOR: "Farbe",
        ReturnReason.DAMAGED_IN_TRANSIT: "Unterwegs beschädigt",
        ReturnReason.DEFECTIVE: "Defekt",
        ReturnReason.LATE: "Zu spät gekommen",
        ReturnReason.MISSING_PARTS: "Teile fehlen",
        ReturnReason.NOT_AS_DESCRIBED: "Nicht wie beschrieben",
        ReturnReason.OTHER: "Anderer Grund",
        ReturnReason.SIZE_TOO_LARGE: "Zu groß",
        ReturnReason.SIZE_TOO_SMALL: "Zu klein",
        ReturnReason.STYLE: "Stil",
        ReturnReason.UNKNOWN: "Nicht genannt",
        ReturnReason.UNWANTED: "Nicht mehr gewünscht",
        ReturnReason.WRONG_ITEM: "Falscher Artikel",
    },
    steps=(
        "Nur die hier genannten Artikel einpacken, mit allem, was dabei war.",
        "Einen festen Karton nehmen, Hohlräume füllen und gut verschließen.",
        "Dieses Blatt hineinlegen.",
    ),
    ways={
        Method.LABEL: "Das Rücksendeetikett außen aufkleben, alte Etiketten abdecken und das Paket abgeben.",
        Method.QR_CODE: "Den Code aus Ihrer Mail in der Filiale zeigen; das Etikett wird dort gedruckt.",
        Method.DROP_OFF: "Die Artikel und dieses Blatt zur Annahmestelle bringen.",
        Method.IN_STORE: "Die Artikel und dieses Blatt in unser Geschäft bringen. Ein Paket ist nicht nötig.",
        Method.SHOPPER_SHIPS: "Das Paket mit einem Versender Ihrer Wahl schicken, die Nummer der Retoure außen darauf "
        "schreiben und den Beleg aufheben.",
    },
    by_reason={
        ReturnReason.DAMAGED_IN_TRANSIT: "Die beschädigte Verpackung oder Fotos davon bis zum Abschluss aufheben.",
        ReturnReason.DEFECTIVE: _DE_DEFECT,
        ReturnReason.NOT_AS_DESCRIBED: _DE_DEFECT,
        ReturnReason.MISSING_PARTS: "Alle Teile beilegen, die angekommen sind.",
        ReturnReason.WRONG_ITEM: "Den falschen Artikel unbenutzt und in seiner Verpackung lassen.",
    },
    by_category={
        "clothing": _DE_FASHION,
        "shoes": "Die Schuhe in ihren Karton und diesen in einen zweiten legen; nichts auf den Schuhkarton kleben.",
        "electronics": _DE_ELECTRONICS,
        "phones": _DE_ELECTRONICS,
        "batteries": "Beschädigte oder aufgeblähte Akkus nicht schicken: erst fragen. Bei anderen die Pole abkleben.",
        "glass": "Jedes Stück einzeln einwickeln und keinen Platz lassen.",
    },
)

LANGUAGES = {"en": _EN, "de": _DE}


def words(locale: str) -> Words:
    """The words of a locale such as `de-AT`; English where we do not speak the language."""
    return LANGUAGES.get(_language(locale), _EN)


def language(locale: str) -> str:
    """The language in which a sheet for this locale is written."""
    return _language(locale) if _language(locale) in LANGUAGES else "en"


def _language(locale: str) -> str:
    return locale.replace("_", "-").partition("-")[0].lower()
