"""No file names a package registry's host or a folder of somebody's machine: both are true on one machine only."""

from __future__ import annotations

import re

import pytest

from tests.house.tree import ROOT, files

# In parts, so that this file does not find itself.
_REGISTRIES = (
    ("py", "pi.org"),
    ("py", "pi.python.org"),
    ("python", "hosted.org"),
    ("npm", "js.org"),
    ("npm", "js.com"),
    ("yarn", "pkg.com"),
    ("debian", ".org"),
    ("ubuntu", ".com"),
    ("crates", ".io"),
    ("proxy.", "golang.org"),
    ("ruby", "gems.org"),
    ("repo1.", "maven.org"),
)
_FOLDERS = ("work", "home", "root", "Users")

_HOST = re.compile("|".join(re.escape("".join(parts)) for parts in _REGISTRIES), re.IGNORECASE)
# A path begins after white space, a quote, a bracket or the like; in `https://host/home` it does not begin.
_PATH = re.compile(r"""(?:^|(?<=[\s"'`=:(\[,<>]))/(?:""" + "|".join(_FOLDERS) + r")(?=[/\s\"'`)\],;:]|$)", re.MULTILINE)


def faults(text: str) -> list[str]:
    """The hosts and folders that a text names."""
    return _HOST.findall(text) + _PATH.findall(text)


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = {str(path.relative_to(ROOT)): faults(path.read_text(errors="replace")) for path in files()}
    assert not {name: what for name, what in found.items() if what}


@pytest.mark.parametrize("parts", _REGISTRIES)
def test_a_registry_is_found(parts: tuple[str, str]) -> None:
    assert faults(f"url = 'https://files.{''.join(parts)}/simple'")


@pytest.mark.parametrize("folder", _FOLDERS)
def test_a_machine_is_found(folder: str) -> None:
    assert faults(f"see /{folder}/me/notes")
    assert faults(f'"/{folder}"')
    assert not faults(f"https://host.example/{folder}/page and a/{folder}/b")
