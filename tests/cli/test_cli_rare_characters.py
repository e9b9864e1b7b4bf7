"""Names with rare characters: drawn and embedded if a font has them, otherwise the letter is set aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.forkserver import ensure_running
from pathlib import Path

import pytest
from desk import Desk, Owes

from notices.fonts import installed
from notices.pdf import fonts_embedded, page_texts

pytestmark = pytest.mark.office
NOTO, FAR = "Noto Serif CJK SC", "BabelStone Han"
IN_NOTO, IN_BABELSTONE, IN_NEITHER = (
    Owes(f"1-1-10{n}", f"王{character}") for n, character in enumerate(("䶮", "𠀀", "\ue01e"), start=1)
)
EVERYBODY = (IN_NOTO, IN_BABELSTONE, IN_NEITHER, replace(IN_NOTO, unit="1-1-201", owner="林一山"))


def forget() -> None:
    """Clear the cache of the machine's fonts."""
    for remembered in (
        installed._installed_faces,
        installed._faces,
        installed._drawable,
        installed._common,
        installed._drawn_by,
    ):
        remembered.cache_clear()


@pytest.fixture
def noto_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Simulate a machine with only the Noto fonts."""
    folders = {face.file.parent for face in installed._faces().get(NOTO, ())}
    if not folders:
        pytest.skip(f"{NOTO} is not installed")
    listed = "".join(f"<dir>{folder}</dir>" for folder in sorted(folders))
    configuration = tmp_path / "noto.conf"
    configuration.write_text(f"<?xml version='1.0'?><fontconfig>{listed}<cachedir>{tmp_path}</cachedir></fontconfig>")
    ensure_running()  # otherwise the forkserver would keep this environment for other tests
    monkeypatch.setenv("FONTCONFIG_FILE", str(configuration))
    forget()
    yield
    monkeypatch.undo()
    forget()


def made(desk: Desk, status: int) -> tuple[dict[str, str], str, list[Path]]:
    """Return each letter's state, the messages, and the PDFs."""
    desk.plan(*EVERYBODY)
    desk("approve", "b", "--by", "Releaser")
    said = desk("render", "b", status=status).errors
    states = {account: state["print"] for account, state in desk.states().items()}
    return states, said, sorted((desk.folder / "output" / "b" / "letters").glob("*.pdf"))


@pytest.mark.slow
def test_a_letter_with_a_character_that_no_font_has_is_set_aside_and_the_others_go_on(
    noto_alone: None, desk: Desk
) -> None:
    states, said, pdfs = made(desk, status=1)
    assert [states[owner.account] for owner in EVERYBODY] == ["rendered", "set-aside", "set-aside", "rendered"]
    assert "𠀀 (U+20000)" in said
    assert "U+E01E" in said
    assert "U+4DAE" not in said
    assert "fonts-babelstone-han" in said
    assert any(IN_NOTO.owner in text for pdf in pdfs for text in page_texts(pdf))
    assert all(all(fonts_embedded(pdf).values()) for pdf in pdfs)


@pytest.mark.skipif(FAR not in installed.installed(), reason=f"{FAR} is not installed")
def test_the_fallback_font_draws_rare_characters_and_is_embedded(desk: Desk) -> None:
    states, said, pdfs = made(desk, status=1)
    assert [states[owner.account] for owner in EVERYBODY] == ["rendered", "rendered", "set-aside", "rendered"]
    assert "U+20000" not in said
    assert any(IN_BABELSTONE.owner in text for pdf in pdfs for text in page_texts(pdf))
    embedded = {name: whole for pdf in pdfs for name, whole in fonts_embedded(pdf).items()}
    assert any("BabelStone" in name for name in embedded)
    assert all(embedded.values())


def test_doctor_reports_substitute_and_fallback_fonts(desk: Desk) -> None:
    facts = [finding["fact"] for finding in desk("doctor", "--json").json["findings"]]
    chosen = installed.report()
    assert any(f"仿宋 → {chosen.substitutes['仿宋']}" in fact for fact in facts if "仿宋" in chosen.substitutes)
    assert any((FAR in fact) if chosen.far_reaching else ("rarest characters" in fact) for fact in facts)
