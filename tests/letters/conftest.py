from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from letter_builders import PagesOf, Sheets

from notices.fonts.installed import office_environment
from notices.letters.assemble import assemble
from notices.model import Letter
from notices.office import Engine, WarmOffice, find
from notices.pdf import page_texts


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmOffice]:
    folder = tmp_path_factory.mktemp("office")
    warm = WarmOffice(Engine(find(), folder / "profiles", tuple(office_environment(folder / "fonts").items())))
    yield warm
    warm.close()


@pytest.fixture(scope="session")
def sheets(office: WarmOffice) -> Sheets:
    """Return a function that makes letters as one document in a folder and returns the text of its pages."""

    def pages(template: Path, letters: Sequence[Letter], folder: Path) -> list[str]:
        document, pdf = folder / "shard.docx", folder / "shard.pdf"
        assemble(template, letters, document)
        office.convert(document, pdf, limit=120)
        return page_texts(pdf)

    return pages


@pytest.fixture
def pages_of(sheets: Sheets, tmp_path: Path) -> PagesOf:
    """Return `sheets` for the test's own folder."""
    return lambda template, letters: sheets(template, letters, tmp_path)
