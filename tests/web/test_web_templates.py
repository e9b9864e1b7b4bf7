"""Templates and settings on the page: check, download, a new version that is checked before it is kept, findings."""

from __future__ import annotations

import hashlib
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from desk import Desk

LETTER = "reminder.docx"


@pytest.fixture
def letter(desk: Desk) -> Path:
    return desk.folder / "templates" / LETTER


@pytest.fixture(autouse=True)
def no_preview(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show pages without LibreOffice, but for tests of the preview itself."""
    if request.node.get_closest_marker("office") is None:
        monkeypatch.setattr("notices.web.pages.templates._leaves", lambda _path: ([], None))


def upload(browser: Any, content: bytes, seen: str) -> Any:
    page = f"/templates/look/{LETTER}"
    fields = {"version": (BytesIO(content), "x.docx"), "seen": seen, "csrf_token": browser.token(page)}
    return browser.client.post(f"/templates/replace/{LETTER}", data=fields, content_type="multipart/form-data")


def seen_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changed(path: Path, text: str) -> bytes:
    document = docx.Document(str(path))
    document.add_paragraph(text)
    made = BytesIO()
    document.save(made)
    return made.getvalue()


def test_letters_are_listed_with_their_check(alone: Any, letter: Path) -> None:
    page = alone.get("/templates/").text
    assert LETTER in page
    assert alone.get(f"/templates/look/{LETTER}").status_code == 200
    assert alone.get(f"/templates/download/{LETTER}").data == letter.read_bytes()


@pytest.mark.parametrize("file", ["../notices.toml", "..%2Fnotices.toml", "/etc/passwd", "no-such.docx", ".page.key"])
def test_nothing_but_templates_is_served(alone: Any, file: str) -> None:
    for where in ("look", "download", "page/1"):
        assert alone.get(f"/templates/{where}/{file}").status_code in {404, 308}


def test_a_sound_version_replaces_the_old_one_which_is_kept(alone: Any, letter: Path) -> None:
    old = letter.read_bytes()
    new = changed(letter, "请及时缴费。")
    answer = upload(alone, new, seen_of(letter))
    assert answer.status_code == 303, re.sub("<[^>]*>", "", answer.text)
    assert letter.read_bytes() == new
    (kept,) = (letter.parent / "older").iterdir()
    assert kept.read_bytes() == old
    page = alone.get(answer.location).text
    assert kept.name in page
    assert "older" not in alone.get("/templates/").text


def test_a_version_with_a_mistake_is_not_kept(alone: Any, letter: Path) -> None:
    old = letter.read_bytes()
    wrong = upload(alone, changed(letter, "{{ no_such_field }}"), seen_of(letter))
    assert wrong.status_code == 422
    assert "no_such_field" in wrong.text
    assert upload(alone, b"PK\x03\x04", seen_of(letter)).status_code == 422
    assert letter.read_bytes() == old
    assert not (letter.parent / "older").exists()


def test_a_version_that_somebody_else_replaced_meanwhile_is_not_overwritten(alone: Any, letter: Path) -> None:
    seen = seen_of(letter)
    theirs = changed(letter, "请尽快缴费。")
    letter.write_bytes(theirs)
    assert upload(alone, changed(letter, "请及时缴费。"), seen).status_code == 409
    assert letter.read_bytes() == theirs


def test_only_an_administrator_replaces_a_letter(browsers: Any, office: Desk) -> None:
    letter = office.folder / "templates" / LETTER
    assert upload(browsers("clerk"), b"x", seen_of(letter)).status_code == 409
    assert 'name="version"' not in browsers("clerk").get(f"/templates/look/{LETTER}").text
    assert 'name="version"' in browsers("admin").get(f"/templates/look/{LETTER}").text


def test_the_doctors_findings_are_shown_when_asked_for(alone: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from notices.flow.setup.finding import Finding  # noqa: PLC0415
    from notices.messages import say  # noqa: PLC0415

    found = [Finding(say("Settings"), True, say("fine")), Finding(say("Fonts"), False, say("font missing"))]
    monkeypatch.setattr("notices.flow.setup.doctor.examine", lambda *_: found)
    assert "font missing" not in alone.get("/settings/").text
    answer = alone.post("/settings/check", page="/settings/")
    assert answer.status_code == 303
    assert "font missing" in alone.get(answer.location).text


@pytest.mark.office
@pytest.mark.slow
def test_a_letter_is_previewed_as_a_picture(alone: Any) -> None:
    page = alone.get(f"/templates/look/{LETTER}").text
    assert "<svg" in page
    assert alone.get(f"/templates/page/1/{LETTER}").data.startswith(b"\x89PNG")
    assert alone.get(f"/templates/page/99/{LETTER}").status_code == 404
