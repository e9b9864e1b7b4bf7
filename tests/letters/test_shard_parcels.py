"""Parcels: what comes back from another machine is used only if it is what was asked for, page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from shard_helpers import drawing_engine, letter, shard

from notices.errors import Unusable
from notices.letters.shards.entry import make_parcel
from notices.letters.shards.parcels import (
    DeliveredPdf,
    Delivery,
    Kit,
    Parcel,
    UnsoundDelivery,
    pack,
    pack_kit,
    unpack,
    unpacked,
)
from notices.letters.shards.shard import LetterPages, Shard
from notices.messages import say

CONTENT = b"%PDF-1.7 stand-in"


def text(index: int, *, number: str | None = None, total: str | None = None) -> str:
    own = letter(index)
    return f"{number or own.number} of Owner{index} owes {total or f'{index}.00'} Page 1 of 1"


def delivered(*texts: str, first: int = 1, name: str = "s.pdf", content: bytes = CONTENT) -> Delivery:
    places = tuple(LetterPages(letter(first + at).number, at + 1, 1) for at in range(len(texts)))
    return Delivery("w", (DeliveredPdf(name, content, sha256(CONTENT).hexdigest(), texts, places),))


@pytest.fixture
def work(tmp_path: Path) -> Shard:
    return shard(tmp_path, drawing_engine(tmp_path), "s", [letter(1), letter(2)])


def test_what_was_asked_for_is_written_with_mode_0600(work: Shard) -> None:
    result = unpack(work, delivered(text(1), text(2)))
    assert work.target.read_bytes() == CONTENT
    assert work.target.stat().st_mode & 0o777 == 0o600
    assert [page.number for page in result.pdfs[0].letters] == [letter(1).number, letter(2).number]


SWAPPED = delivered(text(2), text(1))
TWICE = Delivery("w", delivered(text(1)).pdfs + delivered(text(2), first=2).pdfs)


@pytest.mark.parametrize(
    "delivery",
    [
        pytest.param(delivered(text(1)), id="a letter is missing"),
        pytest.param(delivered(text(1), text(2), text(3)), id="a letter that nobody asked for"),
        pytest.param(SWAPPED, id="each letter has the other's page"),
        pytest.param(delivered(text(1), text(2, total="2.01")), id="another amount"),
        pytest.param(delivered(text(1), f"{text(2)} {letter(1).number}"), id="another's number on a page"),
        pytest.param(delivered(text(1), text(2), content=b"%PDF-1.7 other"), id="not the file that was read back"),
        pytest.param(delivered(text(1), text(2), name="../s.pdf"), id="a path"),
        pytest.param(delivered(text(1), text(2), name="other.pdf"), id="another's file"),
        pytest.param(delivered(text(1), text(2), name="s"), id="not the name of a PDF"),
        pytest.param(TWICE, id="two files of one name"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_written(work: Shard, delivery: Delivery) -> None:
    with pytest.raises(UnsoundDelivery):
        unpack(work, delivery)
    assert not work.target.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda places: (places[0], replace(places[1], first_page=1)),
        lambda places: (places[0], replace(places[1], page_count=2)),
        lambda places: (places[0], places[0]),
    ],
)
def test_pages_that_overlap_or_do_not_exist_are_refused(
    work: Shard, change: Callable[[tuple[LetterPages, ...]], tuple[LetterPages, ...]]
) -> None:
    (pdf,) = delivered(text(1), text(2)).pdfs
    with pytest.raises(UnsoundDelivery):
        unpack(work, Delivery("w", (replace(pdf, letters=change(pdf.letters)),)))


def test_a_fault_of_the_worker_is_raised(work: Shard) -> None:
    with pytest.raises(Unusable, match="full"):
        unpack(work, Delivery("w", fault=Unusable(say("The disk is full: {folder}.", folder="/tmp"))))


def test_a_parcel_holds_no_path_of_this_machine_and_shows_no_letter(work: Shard) -> None:
    content = pack(work)
    assert str(work.target.parent).encode() not in content
    parcel: Parcel = unpacked(content)
    assert parcel.letters == work.letters
    assert "Owner1" not in repr(parcel)


def test_a_kit_is_known_by_all_that_is_in_it(work: Shard) -> None:
    before = pack_kit(work)
    assert pack_kit(replace(work, name="other", letters=())).digest == before.digest
    (work.template.parent / "seal.png").write_bytes(b"a picture")
    after = pack_kit(work)
    assert after.digest != before.digest
    kit: Kit = unpacked(after.content)
    assert kit.templates["seal.png"] == b"a picture"


def test_a_worker_without_a_workshop_makes_nothing(work: Shard) -> None:
    kit = pack_kit(work)
    delivery: Delivery = unpacked(make_parcel((kit.digest, kit.content), pack(work)))
    assert "not started by `notices worker`" in str(delivery.fault)
