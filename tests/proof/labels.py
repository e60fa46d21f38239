"""Labels and packing sheets read by a program that knows nothing of ours: `python -m tests.proof.labels [FOLDER]`.

Every label and sheet is drawn twice, which has to give the same bytes, turned into a picture of 200 dpi, and read by
Debian's `zbarimg`. What label printers get is read by the strict reader of the tests, as no renderer of it comes with
the project. The pictures stay in FOLDER (else `.backhaul/proof/labels`), to be looked at.

Exit code 0 if every code was read as it was meant, 1 if not, 2 if there is no `zbarimg`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pypdfium2  # type: ignore[import-untyped]
from rich.console import Console

from activities.labels.embedded import tracking_number
from activities.labels.ink import USUAL
from activities.labels.pdf import render_label
from activities.labels.sheet import Sheet, SheetLine, render_sheet
from activities.labels.zpl import zpl_label
from domain.request import ReturnReason
from settings import home
from tests.labels.requests import FOREIGN, KEY, LONG, NOW, RECEIVER, REQUEST
from tests.labels.zpl_reader import read_zpl

NUMBERS = (tracking_number(KEY), "9400100208303109505688", "JD0146000078-1234.x")
TITLES = (
    "Headphones",
    "سماعات رأس لاسلكية",
    "ノートパソコン 한국어",
    "हिन्दी ไทย Ελληνικά",
    "Cup \U0001f600",
    "W" * 300,
)


class Paper(NamedTuple):
    """Something that is printed: its name, what its codes say, and how it is drawn."""

    name: str
    says: str
    draw: Callable[[], bytes]


def papers() -> Iterator[Paper]:
    """Labels of kind and unkind requests in every format, and sheets in both languages."""
    for name, request in {"plain": REQUEST, "long": LONG, "foreign": FOREIGN}.items():
        for number in NUMBERS:
            label = f"label {name} {number}"
            yield Paper(f"{label} a6.pdf", number, partial(render_label, request, number, "Backhaul Post", NOW))
            on_a4 = partial(render_label, request, number, "Backhaul Post", NOW, on_a4=True)
            yield Paper(f"{label} a4.pdf", number, on_a4)
            yield Paper(f"{label}.zpl", number, partial(zpl_label, request, number, "Backhaul Post", NOW))
    lines = [SheetLine(title=title, quantity=1, reason=ReturnReason.DEFECTIVE) for title in TITLES]
    for locale in ("en", "de"):
        for case, count in (("R-1001", 1), ("R-" + "7" * 30, 30)):
            sheet = Sheet(case=case, order_number="#2001", locale=locale, receiver=RECEIVER, lines=tuple(lines * count))
            yield Paper(f"sheet {locale} {case}.pdf", case, partial(render_sheet, sheet, USUAL, NOW))


def fault(paper: Paper, folder: Path, program: str) -> str:
    """What is wrong with a paper; empty if nothing is."""
    content = paper.draw()
    if content != paper.draw():
        return "drawn twice, it is not the same"
    (folder / paper.name).write_bytes(content)
    if paper.name.endswith(".zpl"):
        read = sorted(read_zpl(content).codes().values())
    else:
        picture = folder / f"{paper.name}.png"
        pypdfium2.PdfDocument(content)[0].render(scale=200 / 72).to_pil().save(picture)
        said = subprocess.run([program, "-q", "--raw", picture], capture_output=True, text=True, check=False)
        read = sorted(said.stdout.split())
    return "" if read == [paper.says] * 2 else f"read as {', '.join(read) or 'nothing'}"


def main() -> int:
    """Read them all."""
    console = Console(highlight=False)
    program = shutil.which("zbarimg")
    if program is None:
        console.print("There is no zbarimg to read the codes with; install it: apt-get install zbar-tools")
        return 2
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else home() / "proof" / "labels"
    folder.mkdir(parents=True, exist_ok=True)
    faults = []
    for paper in papers():
        faults.append(fault(paper, folder, program))
        console.print(f"{'[red]wrong[/red]' if faults[-1] else 'right'}  {paper.name}  {faults[-1]}")
    right = faults.count("")
    console.print(f"{right} of {len(faults)} read as they were meant; look at them in {folder}")
    return 0 if right == len(faults) else 1


if __name__ == "__main__":
    sys.exit(main())
