"""What is in the product (SBOM): every package of the production lock with version, hashes and licence, as CycloneDX.

`python deploy/sbom.py FILE` needs no network, and writes the same file from the same lock every time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "deploy" / "requirements.lock"
_PYTHON = ROOT / ".backhaul" / "judges" / "bin" / "python"
"""Where the tool is: `make judges`."""
_SELF_TOLD = {"mrml": "MIT"}
"""By their repositories; their packages name none."""

Licence = dict[str, object]


def sbom() -> dict[str, object]:
    """The list. Raises CalledProcessError if the tool refuses the lock, FileNotFoundError if the tool is missing."""
    if not _PYTHON.exists():
        raise FileNotFoundError("cyclonedx-bom is missing; `make judges` makes its environment")
    tool = [str(_PYTHON), "-W", "ignore", "-m", "cyclonedx_py", "requirements", str(LOCK)]
    how = ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--no-validate", "-o", "-"]
    done = subprocess.run([*tool, *how], capture_output=True, text=True, check=True)
    made: dict[str, object] = json.loads(done.stdout)
    components = made["components"]
    assert isinstance(components, list)
    for one in components:
        # A package of another platform is in the lock and never in the image.
        if licences := licences_of(one["name"]):
            one["licenses"] = licences
    return made


def licences_of(package: str) -> list[Licence]:
    """What an installed package says of its licence, as CycloneDX has it; empty if it is not installed."""
    try:
        said = metadata(package).json
    except PackageNotFoundError:
        return []
    if expression := said.get("license_expression"):
        return [{"expression": expression}]
    classified = [one.rpartition(" :: ")[2] for one in said.get("classifier", ()) if one.startswith("License ::")]
    text = str(said.get("license", "")).strip()
    # Some put the whole text of a licence there.
    short = [text] if text and "\n" not in text else []
    names = classified or short or [_SELF_TOLD[package]]
    return [{"license": {"name": name}} for name in names]


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(sbom(), indent=2, sort_keys=True) + "\n")
