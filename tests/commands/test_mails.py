"""`mails preview`: every mail as a page, in the look of the deployment."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.notice import NoticeKind
from tests.commands.conftest import Run

KINDS = {kind.value for kind in NoticeKind}


def test_all_languages_are_written_with_an_index(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKHAUL_SHOP_NAME", "Nordlicht & Sons")
    out = tmp_path / "new" / "mails"
    shown = run("mails", "preview", "--out", out, "--json")
    assert shown.code == 0
    assert {(one["locale"], one["kind"]) for one in shown.json["mails"]} == {
        (x, y) for x in ("de", "en") for y in KINDS
    }
    index = Path(shown.json["index"]).read_text()
    assert "shoppers of Nordlicht &amp; Sons" in index
    for locale in ("de", "en"):
        for kind in KINDS:
            assert f'href="{locale}/{kind}.html"' in index
            assert f'<html lang="{locale}"' in (out / locale / f"{kind}.html").read_text()
            assert "Nordlicht & Sons" in (out / locale / f"{kind}.txt").read_text()


def test_one_language_again(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        assert run("mails", "preview", "--locale", "de", "--out", tmp_path / "mails").code == 0
    assert not (tmp_path / "mails" / "en").exists()
    assert "1.418,21 EUR" in (tmp_path / "mails" / "de" / "refund_done.txt").read_text()


def test_a_language_without_templates_is_2(run: Run, tmp_path: Path) -> None:
    shown = run("mails", "preview", "--locale", "fr", "--out", tmp_path / "mails")
    assert (shown.code, shown.err) == (2, "--locale: there are templates in de, en; choose one, or all.\n")
    assert not (tmp_path / "mails").exists()


def test_a_fault_in_a_template_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    (own / "en" / "lost").mkdir(parents=True)
    monkeypatch.setenv("BACKHAUL_MAIL_TEMPLATES", str(own))
    for name, text, fault in (
        ("subject.txt", "{{ notice.totl }}", "totl"),
        ("subject.txt", "{% if %}", "expression"),
        ("body.mjml", "<mjml><mj-bdy></mjml>", "unexpected element"),
    ):
        (own / "en" / "lost" / name).write_text(text)
        shown = run("mails", "preview", "--locale", "en", "--out", tmp_path / "mails")
        assert shown.code == 2
        assert shown.err.startswith("BACKHAUL_MAIL_TEMPLATES: lost in en cannot be made: ")
        assert fault in shown.err
        (own / "en" / "lost" / name).unlink()


def test_a_file_where_the_folder_should_be_is_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("")
    assert run("mails", "preview", "--out", tmp_path / "mails").code == 2


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MAIL_ACCENT", "red", "write a colour such as #1d4ed8"),
        ("MAIL_LOGO_URL", "http://shop.example/logo.png", "write an address with https://"),
        ("MAIL_TEMPLATES", "nowhere", "nowhere is no folder"),
        ("SUPPORT_MAIL", "a@b, c@d", "write one mail address"),
        ("SUPPORT_URL", "javascript:x", "write an address with https://"),
    ],
)
def test_a_wrong_setting_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"BACKHAUL_{name}", value)
    shown = run("mails", "preview", "--out", tmp_path / "mails")
    assert shown.code == 2
    assert shown.err.startswith(f"BACKHAUL_{name}: ")
    assert words in shown.err
