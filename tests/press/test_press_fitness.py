"""Print checks on the finished page: window, edges, fonts, black; also envelopes, enclosures and insert marks."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pytest
from press_builders import ADDRESS, Line, a_shard, addressed, an_item, write_pdf

from notices.errors import Unusable
from notices.pdf import font_programs, look, missing_fonts, page_texts, sha256_of
from notices.press import JobOrder, JobResult, PrintItem, build_job, open_enclosures
from notices.press.items import Enclosed
from notices.press.layout import lay_out
from notices.settings import Enclosure, Print
from notices.workers.pool import WorkerPool

DAY = date(2026, 11, 23)
BELOW: Line = (25.0, 120.0, "No. N-1")


def built(items: list[PrintItem], folder: Path, **how: Any) -> JobResult:
    return build_job(JobOrder("P-001", Print(**how), DAY), items, folder / "print", WorkerPool)


def one_letter(folder: Path, lines: list[Line], **about: Any) -> list[PrintItem]:
    """Make a letter of one page with these lines."""
    keys = {"size", "colour", "font"}
    sha256 = write_pdf(folder / "one.pdf", [lines], **{key: about[key] for key in keys & about.keys()})
    values = {key: value for key, value in about.items() if key not in keys}
    return [an_item("N-1", source=folder / "one.pdf", source_sha256=sha256, **values)]


def unfit(items: list[PrintItem], folder: Path, **how: Any) -> str:
    """Return why a job's only letter was left out, "" if it was not."""
    result = built(items, folder, **how)
    return str(result.unfit[0].reason) if result.unfit else ""


@pytest.mark.parametrize("lines", [1, 2, 3, 4, 5])
def test_an_address_of_one_to_five_lines_inside_the_window_passes(lines: int, tmp_path: Path) -> None:
    address = [f"Sample Road {number}" for number in range(1, lines)]
    block = [*address, "Sample Owner"]
    items = one_letter(tmp_path, addressed("No. N-1", block), address=" ".join(address), postcode="")
    assert unfit(items, tmp_path) == ""


@pytest.mark.parametrize(
    ("left", "top", "why"),
    [
        (23.1, 50.0, ""),
        (22.9, 50.0, "less than 3 mm"),
        (18.0, 50.0, "not in the envelope window"),  # not all of it
        (80.0, 50.0, ""),
        (84.0, 50.0, "less than 3 mm"),
        (25.0, 45.5, ""),
        (25.0, 44.0, "less than 3 mm"),
        (25.0, 73.5, ""),
        (25.0, 74.5, "less than 3 mm"),
        (120.0, 50.0, "not in the envelope window"),
        (25.0, 100.0, "not in the envelope window"),
    ],
)
def test_the_address_has_its_clearance_on_every_side_of_the_window(
    left: float, top: float, why: str, tmp_path: Path
) -> None:
    lines: list[Line] = [(left, top, ADDRESS[0]), (left, top + 7, ADDRESS[1]), BELOW]
    found = unfit(one_letter(tmp_path, lines), tmp_path)
    assert (why in found) if why else found == ""


@pytest.mark.parametrize("more", ["1,234.00", "N-1", "Reminder", "due"])
def test_nothing_but_the_address_is_seen_through_the_window(more: str, tmp_path: Path) -> None:
    lines = [*addressed("No. N-1"), (60.0, 70.0, more)]
    assert "besides the address" in unfit(one_letter(tmp_path, lines), tmp_path)


def test_the_window_of_the_letters_own_envelope_is_checked(tmp_path: Path) -> None:
    seen = {"name": "A", "width": 220, "height": 110, "sheets": 1}
    other = {"left": 100, "top": 100, "width": 90, "height": 45}
    items = one_letter(tmp_path, addressed("No. N-1"))
    assert unfit(items, tmp_path, envelopes=[seen]) == ""  # no window, nothing to check
    assert "not in the envelope window" in unfit(items, tmp_path, envelopes=[{**seen, "window": other}])


def test_another_owners_address_does_not_pass_for_this_one(tmp_path: Path) -> None:
    lines = addressed("No. N-1", ["Sample Road 1", "Another Owner"])
    assert "not in the envelope window" in unfit(one_letter(tmp_path, lines), tmp_path)


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"size": (612, 792)}, "not A4"),
        ({"colour": "0.1 g"}, "very dark grey"),
        ({"colour": "0.05 0.05 0.1 rg"}, "very dark grey"),
        ({"colour": "0 0 0 rg"}, ""),
        ({"colour": "1 0 0 rg"}, ""),
    ],
)
def test_an_unprintable_letter_is_left_out_with_its_reason(about: dict[str, Any], why: str, tmp_path: Path) -> None:
    found = unfit(one_letter(tmp_path, addressed("No. N-1"), **about), tmp_path)
    assert (why in found) if why else found == ""


@pytest.mark.parametrize("place", [(4.0, 120.0), (25.0, 2.0), (25.0, 293.0), (190.0, 120.0)])
def test_nothing_stands_within_five_millimetres_of_an_edge(place: tuple[float, float], tmp_path: Path) -> None:
    lines = [*addressed("No. N-1"), (*place, "something long")]
    assert "within 5 mm" in unfit(one_letter(tmp_path, lines), tmp_path)


@pytest.mark.parametrize(("dots", "why"), [(290, "290 dpi"), (299, ""), (600, "")])
def test_a_coarse_picture_is_found(dots: int, why: str, tmp_path: Path) -> None:
    write_pdf(tmp_path / "plain.pdf", [addressed("No. N-1")])
    with pikepdf.open(tmp_path / "plain.pdf") as book:
        picture = book.make_stream(bytes(dots * dots))
        picture.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": dots, "/Height": dots})
        picture.update({"/ColorSpace": pikepdf.Name.DeviceGray, "/BitsPerComponent": 8})
        page = book.pages[0]
        page.obj.Resources.XObject = pikepdf.Dictionary(P=picture)
        page.contents_add(b"q 72 0 0 72 300 300 cm /P Do Q")  # an inch square
        book.save(tmp_path / "one.pdf")
    items = a_shard(tmp_path / "other.pdf", [("N-1", "1-101", 1)])
    picture_letter = replace(items[0], source=tmp_path / "one.pdf", source_sha256=sha256_of(tmp_path / "one.pdf"))
    found = unfit([picture_letter], tmp_path)
    assert (why in found) if why else found == ""


def test_a_font_that_is_not_embedded_stops_the_job(tmp_path: Path) -> None:
    items = one_letter(tmp_path, addressed("No. N-1"), font="Helvetica")
    with pytest.raises(Unusable, match="Helvetica"):
        built(items, tmp_path)
    assert list((tmp_path / "print").iterdir()) == []


def test_printable_letters_are_printed_and_the_others_reported(tmp_path: Path) -> None:
    sound = a_shard(tmp_path / "a.pdf", [("N-2", "1-102", 1), ("N-3", "1-103", 2)])
    result = built([*one_letter(tmp_path, [BELOW]), *sound], tmp_path)
    assert [letter.item.number for letter in result.placed] == ["N-2", "N-3"]
    assert [failure.number for failure in result.unfit] == ["N-1"]
    assert "No. N-1" not in "".join(page_texts(result.folder / "letters-01.pdf"))


def test_files_are_split_at_a_number_of_sheets_and_never_inside_a_letter(tmp_path: Path) -> None:
    items = a_shard(tmp_path / "a.pdf", [(f"N-{n}", f"1-{n}", pages) for n, pages in enumerate((2, 3, 2, 9, 1, 1), 1)])
    result = built(
        items, tmp_path, sheets_per_file=3, duplex=True, envelopes=[{"name": "X", "width": 1, "height": 1, "sheets": 9}]
    )
    assert [(letter.file, letter.first_page, letter.first_sheet) for letter in result.placed] == [
        (1, 1, 1),
        (1, 3, 2),
        (2, 1, 4),
        (3, 1, 5),
        (4, 1, 10),
        (4, 3, 11),
    ]
    assert [len(look(result.folder / f"letters-0{file}.pdf")) for file in (1, 2, 3, 4)] == [6, 2, 10, 4]


def test_letters_are_grouped_by_postcode_or_by_sheets(tmp_path: Path) -> None:
    items = a_shard(tmp_path / "a.pdf", [("N-1", "1-1", 3), ("N-2", "1-2", 1), ("N-3", "1-3", 1), ("N-4", "1-4", 3)])
    codes = ["200002", "", "100001", "100001"]
    items = [replace(item, postcode=code) for item, code in zip(items, codes, strict=True)]
    assert [it.item.number for it in lay_out(items, Print(group="post"))] == ["N-3", "N-4", "N-1", "N-2"]
    assert [it.item.number for it in lay_out(items, Print(group="sheets"))] == ["N-2", "N-3", "N-1", "N-4"]


@pytest.mark.parametrize(
    ("sheets", "envelope", "grams"), [(1, "DL", 10), (5, "DL", 30), (6, "ZL", 36), (9, "C5", 53), (17, None, 85)]
)
def test_a_letter_goes_into_the_first_envelope_that_holds_it(sheets: int, envelope: str | None, grams: float) -> None:
    (placed,) = lay_out([an_item("N-1", count=sheets)], Print(duplex=False))
    assert (placed.envelope.name if placed.envelope else None, placed.grams) == (envelope, grams)


def test_an_enclosure_lies_behind_the_letter_on_a_front_page(tmp_path: Path) -> None:
    write_pdf(
        tmp_path / "prices.pdf", [[(25, 120, "price list 1")], [(25, 120, "price list 2")], [(25, 120, "price list 3")]]
    )
    enclosed = (Enclosed(tmp_path / "prices.pdf", 3),)
    items = a_shard(tmp_path / "a.pdf", [("N-1", "1-101", 1), ("N-2", "1-102", 1)], enclosures=enclosed)
    result = built(items, tmp_path, marks="omr")
    texts = [text.strip().splitlines()[-1:] for text in page_texts(result.folder / "letters-01.pdf")]
    lists = [["price list 1"], ["price list 2"], ["price list 3"], []]
    assert texts == [["No. N-1 page 1 of 1"], [], *lists, ["No. N-2 page 1 of 1"], [], *lists]
    assert (result.sheets, result.blank_backs) == (6, 4)


def test_a_slip_begins_on_a_separate_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notices.press.slips.BOX", "page 2")
    items = a_shard(tmp_path / "a.pdf", [("N-1", "1-101", 2)], has_slip=True)
    result = built(items, tmp_path)
    assert [bool(text.strip()) for text in page_texts(result.folder / "letters-01.pdf")] == [True, False, True, False]
    assert built(items, tmp_path, duplex=False).sheets == 2


def test_every_unsound_enclosure_is_named_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "text.pdf").write_text("no PDF")
    write_pdf(tmp_path / "letter.pdf", [[BELOW]], size=(612, 792))
    write_pdf(tmp_path / "fonts.pdf", [[BELOW]], font="Helvetica")
    write_pdf(tmp_path / "good.pdf", [[BELOW]])
    with pikepdf.open(tmp_path / "good.pdf") as book:
        book.save(tmp_path / "secret.pdf", encryption=pikepdf.Encryption(owner="a", user="b"))
        book.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="a", user=""))
    cut_off = (tmp_path / "good.pdf").read_bytes()
    (tmp_path / "half.pdf").write_bytes(cut_off[: len(cut_off) // 2])
    names = ["text", "letter", "fonts", "secret", "locked", "half", "missing", "good"]
    with pytest.raises(Unusable) as caught:
        open_enclosures([Enclosure(file=f"{name}.pdf") for name in names], tmp_path, WorkerPool)
    said = [str(detail) for detail in caught.value.details]
    assert [line.split(".")[0] for line in said] == names[:-1]
    assert open_enclosures([Enclosure(file="good.pdf")], tmp_path, WorkerPool)["good.pdf"].pages == 1


def layered(book: pikepdf.Pdf, **usual: object) -> None:
    """Give a PDF a layer, and the usual state of its layers."""
    layer = book.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="internal"))
    state = {key: pikepdf.Array([layer]) if value == "layer" else value for key, value in usual.items()}
    book.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array([layer]), D=pikepdf.Dictionary(**state))


def as_form(book: pikepdf.Pdf, **form: object) -> None:
    """Give a PDF a form with one field."""
    field = book.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Tx, T="name", V="999"))
    book.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]), **form)


def annotated(book: pikepdf.Pdf, kind: str, flags: int) -> None:
    """Give the first page of a PDF an annotation."""
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name(f"/{kind}"), Rect=[90, 90, 190, 120], F=flags
    )
    book.pages[0].obj.Annots = pikepdf.Array([book.make_indirect(note)])


def collected(book: pikepdf.Pdf) -> None:
    """Make a PDF the cover of a collection of files."""
    book.Root.Collection = pikepdf.Dictionary(View=pikepdf.Name.D)


@pytest.mark.filterwarnings("ignore:.*form widget annotation")
@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda book: annotated(book, "FreeText", 0), "comments"),
        (lambda book: annotated(book, "Text", 0), "comments"),
        (lambda book: annotated(book, "Stamp", 32 | 4), "comments"),
        (lambda book: annotated(book, "Widget", 4), "form"),
        (collected, "collection"),
        (lambda book: annotated(book, "Stamp", 4), None),
        (lambda book: annotated(book, "FreeText", 2), None),
        (lambda book: annotated(book, "Link", 0), None),
        (lambda book: layered(book, OFF="layer"), "layers"),
        (lambda book: layered(book, BaseState=pikepdf.Name.OFF), "layers"),
        (as_form, "form"),
        (lambda book: as_form(book, NeedAppearances=True), "form"),
        (layered, None),
        (lambda book: layered(book, ON="layer", OFF=pikepdf.Array([])), None),
        (lambda book: None, None),
    ],
)
def test_an_enclosure_is_printed_as_a_viewer_shows_it_or_refused(
    change: Callable[[pikepdf.Pdf], None], word: str | None, tmp_path: Path
) -> None:
    write_pdf(tmp_path / "plain.pdf", [[BELOW]])
    with pikepdf.open(tmp_path / "plain.pdf") as book:
        change(book)
        book.save(tmp_path / "given.pdf")
    if word is None:
        assert open_enclosures([Enclosure(file="given.pdf")], tmp_path, WorkerPool)["given.pdf"].pages == 1
        return
    with pytest.raises(Unusable) as caught:
        open_enclosures([Enclosure(file="given.pdf")], tmp_path, WorkerPool)
    (said,) = map(str, caught.value.details)
    assert said.startswith("given.pdf")
    assert word in said


@pytest.mark.parametrize("turned", [0, 90])
def test_an_enclosure_may_inherit_its_page_size_and_be_landscape(turned: int, tmp_path: Path) -> None:
    write_pdf(tmp_path / "plain.pdf", [[BELOW]], size=(841.89, 595.276) if turned else (595.276, 841.89))
    with pikepdf.open(tmp_path / "plain.pdf") as book:
        book.Root.Pages.MediaBox = book.pages[0].obj.MediaBox
        book.Root.Pages.Rotate = turned
        del book.pages[0].obj.MediaBox
        book.save(tmp_path / "given.pdf")
    assert open_enclosures([Enclosure(file="given.pdf")], tmp_path, WorkerPool)["given.pdf"].pages == 1


@pytest.mark.parametrize("marks", ["omr", "code"])
def test_marks_stand_on_each_sheets_front_and_leave_the_letter_as_it_is(marks: str, tmp_path: Path) -> None:
    items = a_shard(tmp_path / "a.pdf", [("N-1", "1-101", 3), ("N-2", "1-102", 1)])
    plain = look(built(items, tmp_path).folder / "letters-01.pdf")
    marked = look(built(items, tmp_path, marks=marks).folder / "letters-01.pdf")
    assert [page.text for page in marked] == [page.text for page in plain]
    changed = [page for page, (one, other) in enumerate(zip(plain, marked, strict=True), 1) if one.drawn != other.drawn]
    assert changed == [1, 3, 5]


def test_a_letter_with_text_in_the_marks_margin_is_left_out(tmp_path: Path) -> None:
    items = one_letter(tmp_path, [*addressed("No. N-1"), (8.0, 122.0, "note")])
    assert unfit(items, tmp_path) == ""
    assert "insert mark" in unfit(items, tmp_path, marks="omr")


def test_the_carriers_list_has_the_columns_of_the_settings(tmp_path: Path) -> None:
    items = a_shard(
        tmp_path / "a.pdf", [("N-1", "1-101", 1), ("N-2", "1-102", 1)], telephone="000-01", period="2026年1月"
    )
    items = [replace(items[0], tier="lawyer-letter"), replace(items[1], tier="reminder")]
    ems = {
        "tiers": ["lawyer-letter"],
        "columns": {"电话": "{telephone}", "品名": "{content}（{period}）", "类型": "文件"},
    }
    sheet = openpyxl.load_workbook(built(items, tmp_path, ems=ems).folder / "ems.xlsx").active
    assert list(sheet.values) == [("电话", "品名", "类型"), ("000-01", "物业费催缴函（2026年1月）", "文件")]


def test_a_merged_file_is_sound_and_holds_each_shards_fonts_once(tmp_path: Path) -> None:
    shards = [a_shard(tmp_path / f"{name}.pdf", [(f"{name}-{n}", f"1-{n}", 1) for n in range(20)]) for name in "AB"]
    file = built([item for shard in shards for item in shard], tmp_path, marks="code").folder / "letters-01.pdf"
    subprocess.run(["qpdf", "--check", file], check=True, capture_output=True)
    assert missing_fonts(file) == ()
    assert font_programs(file) == 2


def test_a_full_disk_leaves_no_partial_job(tmp_path: Path) -> None:
    items = a_shard(tmp_path / "a.pdf", [(f"N-{n}", f"1-{n}", 2) for n in range(200)])
    code = (
        "import resource, signal, pickle, sys; from pathlib import Path; from datetime import date\n"
        "from notices.press import JobOrder, build_job; from notices.settings import Print\n"
        "from notices.errors import Unusable; from notices.workers.pool import WorkerPool\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); items = pickle.loads(sys.stdin.buffer.read())\n"
        "for limit in (500, 5_000, 12_000, 20_000):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))\n"
        "    try: build_job(JobOrder('P-1', Print(), date(2026, 1, 1)), items, Path(sys.argv[1]), WorkerPool)\n"
        "    except Unusable: print('unusable')\n"
        "    else: print('whole')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "print"], input=pickle.dumps(items), capture_output=True, check=True
    )
    assert done.stdout.split() == [b"unusable"] * 4, done.stderr
    assert list((tmp_path / "print").iterdir()) == []
