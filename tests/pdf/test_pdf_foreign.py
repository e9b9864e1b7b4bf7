"""A PDF from outside that inflates or draws without end is refused within seconds and little memory, by its name."""

from __future__ import annotations

import time
import zlib
from functools import partial
from pathlib import Path

import pikepdf
import pytest

from notices.errors import Unusable
from notices.pdf import DamagedPdf, ExcessivePdf, ForeignPdfs, check_pdf, page_texts
from notices.press import enclosures, open_enclosures
from notices.settings import Enclosure
from notices.workers.pool import WorkerPool

REFUSED = (ExcessivePdf, DamagedPdf)  # with its lowest version, pikepdf gives up on what it may not inflate
FEW = {"memory_mib": 100, "cpu_seconds": 5}


def bomb(path: Path, inflated: int) -> Path:
    """Write a small PDF whose only page has a content stream of that many bytes, compressed twice."""
    with pikepdf.new() as book:
        book.add_blank_page(page_size=(595, 842))
        squeezer = zlib.compressobj(9)
        piece = b"0 0 m " * 100_000
        once = b"".join(squeezer.compress(piece) for _ in range(inflated // len(piece))) + squeezer.flush()
        stream = pikepdf.Stream(book, zlib.compress(once, 9))
        stream.Filter = pikepdf.Array([pikepdf.Name.FlateDecode] * 2)
        book.pages[0].obj.Contents = book.make_indirect(stream)
        book.save(path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert path.stat().st_size < 20_000
    return path


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bomb(tmp_path_factory.mktemp("bomb") / "big.pdf", 150_000_000)


@pytest.mark.parametrize("read", [page_texts, check_pdf])
def test_a_pdf_that_inflates_to_gigabytes_is_refused_by_name(read: object, big: Path) -> None:
    begun = time.monotonic()
    with ForeignPdfs(WorkerPool, **FEW) as pdfs, pytest.raises(REFUSED, match=r"big\.pdf"):
        pdfs.read(read, big)  # type: ignore[arg-type]
    assert time.monotonic() - begun < 60


def test_a_file_after_it_is_read_all_the_same(tmp_path: Path, big: Path) -> None:
    with pikepdf.new() as book:
        book.add_blank_page(page_size=(595, 842))
        book.save(tmp_path / "good.pdf")
    with ForeignPdfs(WorkerPool, **FEW) as pdfs:
        with pytest.raises(REFUSED):
            pdfs.read(page_texts, big)
        assert pdfs.read(page_texts, tmp_path / "good.pdf") == [""]


def _for_ever(path: Path) -> None:
    while True:
        pass


def test_reading_without_end_is_ended(tmp_path: Path) -> None:
    with ForeignPdfs(WorkerPool, cpu_seconds=1) as pdfs, pytest.raises(ExcessivePdf):
        pdfs.read(_for_ever, tmp_path / "slow.pdf")


def test_an_enclosure_of_that_kind_stops_the_job_by_its_name(big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enclosures, "ForeignPdfs", partial(ForeignPdfs, **FEW))
    with pytest.raises(Unusable) as caught:
        open_enclosures([Enclosure(file=big.name)], big.parent, WorkerPool)
    assert "big.pdf: it needs too much memory or time" in str(caught.value.details[0])
