"""The cache of compiled templates is used only while everything a template depends on is unchanged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from shard_helpers import letter, write_template

from notices.files import private_key
from notices.fonts import installed
from notices.fonts.installed import office_environment
from notices.letters.shards import cache, worker
from notices.letters.shards.cache import TemplateCache, key_of
from notices.letters.shards.compare import ComparedTemplates
from notices.letters.shards.shard import Shard
from notices.letters.shards.worker import make_shard
from notices.office import Engine, Office, WarmOffice, find

Made = list[str]
SECRET = b"kept elsewhere"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Engine with an office whose files the test can replace."""
    program = tmp_path / "office" / "program" / "soffice.bin"
    program.parent.mkdir(parents=True)
    program.write_text("an office")
    return Engine(Office(program, program), tmp_path / "profiles")


@pytest.fixture
def store(tmp_path: Path) -> TemplateCache:
    return TemplateCache(tmp_path / "forms", SECRET)


@pytest.fixture
def made() -> Made:
    return []


@pytest.fixture
def make(made: Made) -> Callable[[Path], bytes]:
    def document(scratch: Path) -> bytes:
        scratch.write_bytes(b"odt")
        made.append(scratch.name)
        return b"odt"

    return document


@pytest.fixture
def key(tmp_path: Path, engine: Engine) -> Callable[..., str]:
    """Compute a template's current key, including what is normally cached for the life of a process."""
    folder = tmp_path / "templates"
    folder.mkdir()
    template = write_template(folder / "reminder.docx")

    def now(**changes: object) -> str:
        cache._surroundings.cache_clear()
        installed._installed_faces.cache_clear()
        return key_of(template, replace(engine, **changes))

    return now


def test_a_document_is_made_once_and_shapes_are_added_to_it(store: TemplateCache, make, made: Made) -> None:
    assert store.get_or_make("k", make).shapes == frozenset()
    store.add("k", b"odt", [(True, 2, 1)])
    store.add("k", b"odt", [(False, 0, 4)])
    again = TemplateCache(store.folder, SECRET).get_or_make("k", make)
    assert again.document == b"odt"
    assert again.shapes == {(True, 2, 1), (False, 0, 4)}
    assert len(made) == 1


def test_shapes_are_not_added_to_a_document_that_they_were_not_compared_with(store: TemplateCache, make) -> None:
    store.get_or_make("k", lambda _: b"another odt")
    store.forget("k")
    store.get_or_make("k", make)
    store.add("k", b"another odt", [(True, 2, 1)])
    assert store.get_or_make("k", make).shapes == frozenset()


def test_stored_files_are_private_and_no_temporary_files_are_left(store: TemplateCache, make) -> None:
    store.get_or_make("k", make)
    assert {path.name for path in store.folder.iterdir()} == {"k.json", ".lock"}
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in store.folder.iterdir())


def cut_off(content: str) -> str:
    return content[: len(content) // 2]


def with_other_shapes(content: str) -> str:
    return json.dumps({**json.loads(content), "shapes": [[True]]})


def with_another_document(content: str) -> str:
    return json.dumps({**json.loads(content), "document": "b3RoZXI="})


@pytest.mark.parametrize(
    "spoil",
    [
        cut_off,
        with_other_shapes,
        with_another_document,
        lambda _: "",
        lambda _: "[]",
        lambda _: "[" * 100_000,
        lambda _: '{"digest": 1}',
    ],
)
def test_a_damaged_file_is_rebuilt(spoil: Callable[[str], str], store: TemplateCache, make, made: Made) -> None:
    store.get_or_make("k", make)
    file = store.folder / "k.json"
    file.write_text(spoil(file.read_text()))
    assert store.get_or_make("k", make).shapes == frozenset()
    assert len(made) == 2


def test_a_document_changed_together_with_its_digest_is_rebuilt(store: TemplateCache, make, made: Made) -> None:
    store.get_or_make("k", make)
    forger = TemplateCache(store.folder, b"whoever can write here does not know the key")
    forger.forget("k")
    forger.get_or_make("k", lambda _: b"odt with another bank account")
    forger.add("k", b"odt with another bank account", [(True, 2, 1)])
    cached = store.get_or_make("k", make)
    assert (cached.document, cached.shapes, len(made)) == (b"odt", frozenset(), 2)


def test_a_key_is_kept_private_and_replaced_where_it_was_not(tmp_path: Path) -> None:
    file = tmp_path / "key"
    first = private_key(file)
    assert (private_key(file), len(first), file.stat().st_mode & 0o777) == (first, 32, 0o600)
    file.chmod(0o644)
    second = private_key(file)
    (tmp_path / "known").write_bytes(b"x" * 32)
    (tmp_path / "known").chmod(0o600)
    file.unlink()
    file.symlink_to(tmp_path / "known")
    third = private_key(file)
    file.write_bytes(b"short")
    assert len({first, second, third, private_key(file), b"x" * 32}) == 5
    assert {path.name for path in tmp_path.iterdir()} == {"key", "known"}


def test_one_templates_file_does_not_serve_another(store: TemplateCache, make, made: Made) -> None:
    store.get_or_make("k", make)
    store.add("k", b"odt", [(True,)])
    (store.folder / "other.json").write_bytes((store.folder / "k.json").read_bytes())
    assert store.get_or_make("other", make).shapes == frozenset()
    assert len(made) == 2


def test_a_forgotten_document_is_rebuilt_and_accepts_no_shapes(store: TemplateCache, make, made: Made) -> None:
    store.get_or_make("k", make)
    store.forget("k")
    store.add("k", b"odt", [(True,)])
    assert store.get_or_make("k", make).shapes == frozenset()
    assert len(made) == 2


def test_the_oldest_are_dropped(store: TemplateCache, make) -> None:
    for number in range(cache.MOST_KEPT + 3):
        store.get_or_make(f"k{number}", make)
        os.utime(store.folder / f"k{number}.json", (number, number))
    assert len(list(store.folder.glob("*.json"))) == cache.MOST_KEPT
    assert not (store.folder / "k0.json").exists()


def test_a_failed_compilation_leaves_nothing_behind(store: TemplateCache) -> None:
    def broken(scratch: Path) -> bytes:
        scratch.write_bytes(b"half")
        raise ValueError(scratch.name)

    with pytest.raises(ValueError, match="odt"):
        store.get_or_make("k", broken)
    assert [path.name for path in store.folder.iterdir()] == [".lock"]


def test_an_unchanged_environment_has_the_same_key(key) -> None:
    assert key() == key()


def test_every_dependency_of_a_form_changes_its_key(
    key, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [key(), key(archival=True), key(environment=(("SAL_USE_VCLPLUGIN", "gen"),))]
    (tmp_path / "templates" / "seal.png").write_bytes(b"a seal")
    keys.append(key())
    (tmp_path / "templates" / "seal.png").write_bytes(b"another seal")
    keys.append(key())
    document = Document()
    document.add_paragraph("Another text of {{ number }}")
    document.save(str(tmp_path / "templates" / "reminder.docx"))
    keys.append(key())
    engine.office.program.write_text("an office of another version")
    keys.append(key())
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    keys.append(key())
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".config" / "fontconfig").mkdir(parents=True)
    (tmp_path / ".config" / "fontconfig" / "fonts.conf").write_text("<fontconfig/>")
    keys.append(key())
    monkeypatch.setattr(cache, "version", lambda _: "99")
    keys.append(key())
    assert len(set(keys)) == len(keys)


@pytest.mark.office
@pytest.mark.slow
def test_the_next_worker_neither_compiles_nor_compares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = tuple(office_environment(tmp_path / "fonts").items())
    engine = Engine(find(), tmp_path / "profiles", environment, secret=SECRET)
    (tmp_path / "templates").mkdir()
    template = write_template(tmp_path / "templates" / "small.docx")
    letters = tuple(letter(index) for index in range(1, 6))
    converted: list[str] = []
    usual = WarmOffice.convert

    def convert(self: WarmOffice, source: Path, target: Path, **limits: object) -> None:
        converted.append(source.suffix + target.suffix)
        usual(self, source, target, **limits)

    monkeypatch.setattr(WarmOffice, "convert", convert)
    try:
        for name in ("first", "second"):
            worker.close_offices()
            shard = Shard(name, template, letters, tmp_path / f"{name}.pdf", engine, date(2026, 11, 23), compiled=True)
            assert len(make_shard(shard).pdfs[0].letters) == len(letters)
    finally:
        worker.close_offices()
    assert converted == [".docx.odt", ".odt.pdf", ".docx.pdf", ".odt.pdf"]


@pytest.mark.office
@pytest.mark.slow
def test_an_abandoned_form_is_not_stored(tmp_path: Path) -> None:
    engine = Engine(find(), tmp_path / "profiles", tuple(office_environment(tmp_path / "fonts").items()))
    template, letters = write_template(tmp_path / "small.docx"), [letter(index) for index in range(1, 6)]
    with WarmOffice(engine) as office:
        compared = ComparedTemplates(TemplateCache(tmp_path / "forms", SECRET))
        known = compared.prepare(template, office)
        assert known.form is not None
        sources = known.form.sources
        known.form = replace(known.form, sources=replace(sources, body=sources.body.replace("owes", "owns")))
        assert compared.fill(template, letters, office, tmp_path / "made.odt")
        office.convert(tmp_path / "made.odt", tmp_path / "made.pdf", limit=60)
        proved = worker.prove(worker.page_texts(tmp_path / "made.pdf"), letters)
        assert not compared.agrees_with_docxtpl(template, letters, tmp_path / "made.pdf", proved, office)
    assert list((tmp_path / "forms").glob("*.json")) == []
