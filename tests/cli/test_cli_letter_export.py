"""letter export: only letters that were proved, each a file of its own with a name that every system accepts."""

from __future__ import annotations

import stat
from pathlib import Path

import pypdf
import pytest
from desk import ESTATE, Desk, Owes
from letters_without_office import pretend_to_render

from notices.flow.reports.letter_export import LONGEST_STEM, readable_stem


@pytest.fixture
def rendered_letters(desk: Desk) -> Desk:
    """Three letters: one to be withdrawn, two whose names differ only in what file systems ignore."""
    desk.plan(Owes("1-1-101", "林晓禾"), Owes("1-1-102", "Ann Lee"), Owes("1-1-103", "王五"))
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    return desk


def test_each_letter_is_a_private_file_named_by_unit_and_owner(rendered_letters: Desk, tmp_path: Path) -> None:
    found = rendered_letters("letter", "export", "b", "--to", tmp_path / "out", "--json").json
    names = {it["account"]: it["file"] for it in found["letters"]}
    assert names == {
        f"{ESTATE}/1-1-101/林晓禾": "1-1-101 林晓禾.pdf",
        f"{ESTATE}/1-1-102/Ann Lee": "1-1-102 Ann Lee.pdf",
        f"{ESTATE}/1-1-103/王五": "1-1-103 王五.pdf",
    }
    numbers = {it["file"]: it["notice"] for it in found["letters"]}
    for name in names.values():
        file = tmp_path / "out" / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        text = "".join(page.extract_text() for page in pypdf.PdfReader(file).pages)
        assert numbers[name] in text
        assert [other for other in numbers.values() if other != numbers[name] and other in text] == []
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_what_is_withdrawn_or_not_proved_is_left_out(rendered_letters: Desk, tmp_path: Path) -> None:
    number = rendered_letters.decisions()[f"{ESTATE}/1-1-103/王五"]["notice"]
    rendered_letters("withdraw", number, "--by", "Releaser", "--why", "a test")
    found = rendered_letters("letter", "export", "b", "--to", tmp_path / "out", "--json").json
    assert len(found["letters"]) == 2
    assert found["left_out"] == 1
    assert not (tmp_path / "out" / "1-1-103 王五.pdf").exists()


@pytest.mark.parametrize("what", ["payment", "dispute"])
def test_a_letter_that_was_stopped_since_is_named_and_left_out(
    rendered_letters: Desk, tmp_path: Path, what: str
) -> None:
    account = f"{ESTATE}/1-1-103/王五"
    number = rendered_letters.decisions()[account]["notice"]
    if what == "payment":
        rendered_letters("payment", "add", account, "--amount", "100.00", "--date", "2026-11-24")
    else:
        rendered_letters("hold", "add", account, "--kind", "disputed")
    before = rendered_letters.states()
    found = rendered_letters("letter", "export", "b", "--to", tmp_path / "out", "--json", status=1).json
    assert (len(found["letters"]), found["left_out"]) == (2, 0)
    assert number in found["attention"][0]
    assert not (tmp_path / "out" / "1-1-103 王五.pdf").exists()
    assert rendered_letters.states() == before, "an export changes nothing"


def test_a_letter_that_left_is_exported_whatever_came_after(rendered_letters: Desk, tmp_path: Path) -> None:
    account = f"{ESTATE}/1-1-103/王五"
    rendered_letters.change("UPDATE deliveries SET state = 'handed-over'")
    rendered_letters("payment", "add", account, "--amount", "100.00", "--date", "2026-11-24")
    assert len(rendered_letters("letter", "export", "b", "--to", tmp_path / "out", "--json").json["letters"]) == 3


def test_nothing_is_exported_before_rendering(desk: Desk, tmp_path: Path) -> None:
    desk.plan(Owes("1-1-101", "林晓禾"))
    found = desk("letter", "export", "b", "--to", tmp_path / "out", "--json").json
    assert (found["letters"], found["left_out"]) == ([], 1)


def test_a_letter_that_was_changed_since_its_proof_is_named_and_left_out(
    rendered_letters: Desk, tmp_path: Path
) -> None:
    for shard in (rendered_letters.folder / "output" / "b" / "letters").glob("*.pdf"):
        shard.write_bytes(shard.read_bytes() + b"\n% changed\n")
    done = rendered_letters("letter", "export", "b", "--to", tmp_path / "out", status=1)
    assert "changed since rendering" in done.errors
    assert list((tmp_path / "out").glob("*.pdf")) == []


def test_an_own_export_is_replaced_and_nothing_else(rendered_letters: Desk, tmp_path: Path) -> None:
    target = tmp_path / "out"
    rendered_letters("letter", "export", "b", "--to", target)
    number = rendered_letters.decisions()[f"{ESTATE}/1-1-103/王五"]["notice"]
    rendered_letters("withdraw", number, "--by", "Releaser", "--why", "a test")
    rendered_letters("letter", "export", "b", "--to", target)
    assert len(list(target.glob("*.pdf"))) == 2
    (target / "notes.txt").write_text("mine", encoding="utf-8")
    assert "notes.txt" in rendered_letters("letter", "export", "b", "--to", target, status=4).errors
    assert (target / "notes.txt").read_text(encoding="utf-8") == "mine"
    (target / "notes.txt").unlink()
    (target / "1-1-101 林晓禾.pdf").write_bytes(b"annotated by a person")
    rendered_letters("letter", "export", "b", "--to", target, status=4)
    assert (target / "1-1-101 林晓禾.pdf").read_bytes() == b"annotated by a person"


def test_the_export_of_another_batch_is_not_replaced(rendered_letters: Desk, tmp_path: Path) -> None:
    rendered_letters.plan(Owes("2-1-101", "赵六"), batch="c")
    rendered_letters("letter", "export", "b", "--to", tmp_path / "out")
    rendered_letters("letter", "export", "c", "--to", tmp_path / "out", status=4)
    rendered_letters("letter", "export", "nobody", "--to", tmp_path / "new", status=2)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1-1-101 张三、李四", "1-1-101 张三、李四"),
        ("1/2 a:b*c?", "1_2 a_b_c_"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("张三. ", "张三"),
        ("..", "_"),
        ("a\u202eb\x07c", "abc"),
    ],
)
def test_a_name_is_one_that_windows_accepts(text: str, name: str) -> None:
    assert readable_stem(text) == name


def test_a_long_name_is_cut_between_characters() -> None:
    assert len(readable_stem("甲" * 300).encode()) <= LONGEST_STEM
    assert set(readable_stem("甲" * 300)) == {"甲"}


def test_no_two_letters_share_a_file_whatever_its_case(desk: Desk, tmp_path: Path) -> None:
    long = "甲" * 60
    desk.plan(
        Owes("1-1-101", "ann lee"),
        Owes("1-1-102", long),
        Owes("1-1-101", "Ann Lee", estate=ESTATE),
        Owes("1-1-102", long + "乙"),
    )
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    found = desk("letter", "export", "b", "--to", tmp_path / "out", "--json", status={0, 1}).json
    files = [it["file"].casefold() for it in found["letters"]]
    assert len(files) == len(set(files)) == len(list((tmp_path / "out").glob("*.pdf")))
