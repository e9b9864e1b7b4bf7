from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from letter_builders import PagesOf

from notices.fonts import office_environment
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


@pytest.fixture
def pages_of(office: WarmOffice, tmp_path: Path) -> PagesOf:
    """The text of every page of letters that share a document."""

    def pages(template: Path, letters: Sequence[Letter]) -> list[str]:
        document, pdf = tmp_path / "shard.docx", tmp_path / "shard.pdf"
        assemble(template, letters, document)
        office.convert(document, pdf, limit=120)
        return page_texts(pdf)

    return pages
