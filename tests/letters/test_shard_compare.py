"""Compiled forms are used only as long as they give the same result as docxtpl."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from shard_helpers import letter, write_template

from notices.fonts.installed import office_environment
from notices.letters.proof import prove
from notices.letters.shards.cache import TemplateCache
from notices.letters.shards.compare import ComparedTemplates
from notices.letters.shards.dispatch import run_shards
from notices.letters.shards.shard import Shard
from notices.office import Engine, WarmOffice, find
from notices.pdf import page_texts
from notices.workers.pool import WorkerPool

pytestmark = pytest.mark.office


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("engine")
    return Engine(find(), folder / "profiles", tuple(office_environment(folder / "fonts").items()))


@pytest.fixture(scope="module")
def office(engine: Engine) -> Iterator[WarmOffice]:
    with WarmOffice(engine) as office:
        yield office


@pytest.mark.slow
def test_a_form_is_trusted_once_the_first_letter_of_each_shape_matches_docxtpl(
    office: WarmOffice, tmp_path: Path
) -> None:
    compared, template = (
        ComparedTemplates(TemplateCache(tmp_path / "forms", b"key")),
        write_template(tmp_path / "small.docx"),
    )
    letters = [letter(index) for index in range(1, 6)]
    assert compared.fill(template, letters, office, tmp_path / "made.odt")
    office.convert(tmp_path / "made.odt", tmp_path / "made.pdf", limit=60)
    proved = prove(page_texts(tmp_path / "made.pdf"), letters)
    assert compared.agrees_with_docxtpl(template, letters, tmp_path / "made.pdf", proved, office)
    assert len(compared.templates[template].shapes) == 1


def test_a_form_that_differs_from_docxtpl_is_abandoned(office: WarmOffice, tmp_path: Path) -> None:
    compared, template = (
        ComparedTemplates(TemplateCache(tmp_path / "forms", b"key")),
        write_template(tmp_path / "small.docx"),
    )
    letters = [letter(index) for index in range(1, 6)]
    assert compared.fill(template, letters, office, tmp_path / "made.odt")
    form = compared.templates[template].form
    assert form is not None
    compared.templates[template].form = replace(
        form, sources=replace(form.sources, body=form.sources.body.replace("owes", "owns"))
    )
    assert compared.fill(template, letters, office, tmp_path / "made.odt")
    office.convert(tmp_path / "made.odt", tmp_path / "made.pdf", limit=60)
    proved = prove(page_texts(tmp_path / "made.pdf"), letters)
    assert not compared.agrees_with_docxtpl(template, letters, tmp_path / "made.pdf", proved, office)
    assert not compared.fill(template, letters, office, tmp_path / "made.odt")


@pytest.mark.slow
def test_letters_of_a_compiled_template_are_proved_like_others(engine: Engine, tmp_path: Path) -> None:
    template = write_template(tmp_path / "small.docx")
    letters = tuple(letter(index) for index in range(1, 9))
    made = Shard("fast", template, letters, tmp_path / "fast.pdf", engine, date(2026, 11, 23), 60.0, compiled=True)
    results = []
    with WorkerPool(1) as pool:
        run_shards(pool, [made], results.append)
    assert [page.number for pdf in results[0].pdfs for page in pdf.letters] == [each.number for each in letters]
    assert not results[0].failures
