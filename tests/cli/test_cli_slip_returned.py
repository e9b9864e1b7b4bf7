"""Slips filled in on screen and returned: recorded for their own notice only, and answered on paper."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import chromium
import pytest
from desk import Desk, Owes, Sent
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject
from sqlalchemy import select

from notices.ledger import Ledger, schema
from notices.letters.answers import read_objections
from notices.pdf import fonts_embedded, page_texts

pytestmark = [pytest.mark.office, pytest.mark.slow]
OWNER = Owes("1-1-301", "林一山", email="owner@example.com", due_date="2025-06-30")
OTHER = Owes("1-1-302", "陈示例", email="other@example.com", due_date="2025-06-30")
TYPED = "客厅暖气不热，漏水 12"


def letters_before(owner: Owes, number: int) -> tuple[Sent, Sent]:
    return (
        Sent(owner, "2026-03-02", "催费函", f"SLHY-2026-{number:06d}", "EMS", "已签收", "2026-03-05"),
        Sent(owner, "2026-06-01", "律师函", f"（2026）示律函字第{number:03d}号", "EMS", "已签收", "2026-06-04"),
    )


@pytest.fixture(scope="module")
def mailed(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, dict[str, Path]]:
    """Put two follow-ups in the outbox; return the desk, and each notice's number with its e-mailed PDF."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("returned") / "workspace")
    desk("history", "import", desk.history(*letters_before(OWNER, 901), *letters_before(OTHER, 902)))
    desk.plan(OWNER, OTHER)
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    desk("send", "b")
    attached: dict[str, Path] = {}
    for mail in (desk.folder / "output" / "b" / "outbox").glob("*.eml"):
        (attachment,) = BytesParser(policy=default).parsebytes(mail.read_bytes()).iter_attachments()
        content = attachment.get_content()
        assert isinstance(content, bytes)
        number = next(each["notice"] for each in desk.decisions().values() if each["notice"] in mail.name)
        attached[number] = desk.folder / f"{number}.pdf"
        attached[number].write_bytes(content)
    return desk, attached


@pytest.fixture
def desk(mailed: tuple[Desk, dict[str, Path]], tmp_path: Path) -> Desk:
    return mailed[0].copy(tmp_path / "workspace")


@pytest.fixture
def numbers(desk: Desk) -> tuple[str, str]:
    decisions = desk.decisions()
    return decisions[OWNER.account]["notice"], decisions[OTHER.account]["notice"]


def filled(desk: Desk, number: str, values: dict[str, str], name: str = "returned.pdf") -> Path:
    """Return the letter as its owner sends it back."""
    writer = PdfWriter(clone_from=PdfReader(desk.folder / f"{number}.pdf"))
    wanted = {f"{number}/{room}": value for room, value in values.items()}
    writer.update_page_form_field_values(writer.pages[-1], wanted, auto_regenerate=False)
    writer.write(desk.folder / name)
    return desk.folder / name


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_was_filled_in_is_recorded_once_and_kept_as_evidence(desk: Desk, numbers: tuple[str, str]) -> None:
    number, _ = numbers
    values = {"heating-cold": "/Yes", "problems-1": TYPED, "problems-2": "阳台", "proposal-1": "2026年12月20日"}
    back = filled(desk, number, values | {"telephone": "000-1"})
    words = ("slip", "import", back, "--date", "2026-11-25", "--json")
    (slip,) = desk(*words).json["slips"]
    assert slip["recorded"] is True
    assert (slip["notice"], slip["account"]) == (number, OWNER.account)
    assert [each["code"] for each in slip["objections"]] == ["heating-cold"]
    assert (slip["note"], slip["promise"], slip["telephone"]) == (f"{TYPED} 阳台", "2026-12-20", "000-1")
    assert "--kind promise --until 2026-12-20" in slip["suggestions"][0]
    assert desk.decisions()[OWNER.account]["state"] == "answered"
    assert desk(*words).json["slips"][0]["recorded"] is False
    (kept,) = (desk.folder / "batches" / "b" / "slips").iterdir()
    assert kept.read_bytes() == back.read_bytes()
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert desk("ledger", "verify", "--json").json["files"] == []
    name = kept.relative_to(desk.folder).as_posix()
    kept.write_bytes(back.read_bytes() + b"%")
    assert desk("ledger", "verify", "--json", status=1).json["files"] == [{"file": name, "what": "changed"}]
    kept.unlink()
    assert desk("ledger", "verify", "--json", status=1).json["files"] == [{"file": name, "what": "missing"}]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_indefinite_promise_is_not_recorded_as_one(desk: Desk, numbers: tuple[str, str]) -> None:
    back = filled(desk, numbers[0], {"proposal-1": "过几天就缴"})
    (slip,) = desk("slip", "import", back, "--date", "2026-11-25", "--json").json["slips"]
    assert (slip["promise"], slip["instalments"]) == (None, "过几天就缴")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_form_that_bears_another_notices_fields_is_refused(desk: Desk, numbers: tuple[str, str]) -> None:
    number, other = numbers
    back = filled(desk, number, {"heating-cold": "/Yes"})
    writer = PdfWriter(clone_from=PdfReader(back))
    for widget in writer.pages[-1]["/Annots"]:
        field = widget.get_object()
        if "/T" in field:
            field[NameObject("/T")] = TextStringObject(str(field["/T"]).replace(number, other))
    writer.write(back)
    (said,) = desk("slip", "import", back, "--json", status=1).json["attention"]
    assert f"do not show the number, unit and owner of {other}" in said
    assert desk("slip", "list", "b", "--json").json["slips"] == []


@pytest.mark.skipif(chromium.PROGRAM is None, reason="Chromium is not installed")
def test_what_is_filled_in_and_saved_in_chromium_itself_is_drawn_and_recorded(
    desk: Desk, numbers: tuple[str, str], tmp_path: Path
) -> None:
    number, _ = numbers
    pdf = desk.folder / f"{number}.pdf"
    pages = PdfReader(pdf).pages
    height = float(pages[-1].mediabox.height)
    fields = {str(each["/T"]).rpartition("/")[2]: each["/Rect"] for each in pages[-1]["/Annots"] if "/T" in each}
    places = {name: tuple(map(float, rect)) for name, rect in fields.items()}
    with chromium.opened(pdf, len(pages) - 1, tmp_path) as viewer:
        before = viewer.seen()
        viewer.click(places["noise-outside"], height)
        for room, words in (("problems-1", TYPED), ("telephone", "000-1"), ("proposal-1", "2026年12月20日")):
            viewer.click(places[room], height)
            viewer.type(words)
        viewer.click(places["loss-theft"], height)
        assert viewer.seen() != before
        back = desk.folder / "from-chromium.pdf"
        back.write_bytes(viewer.saved())
    (slip,) = desk("slip", "import", back, "--date", "2026-11-25", "--json").json["slips"]
    assert [each["code"] for each in slip["objections"]] == ["loss-theft", "noise-outside"]
    assert (slip["note"], slip["telephone"], slip["promise"]) == (TYPED, "000-1", "2026-12-20")


def test_an_empty_form_and_an_empty_printed_slip_are_reported(desk: Desk, numbers: tuple[str, str]) -> None:
    empty = desk.folder / f"{numbers[0]}.pdf"
    (printed,) = list((desk.folder / "output" / "b" / "letters").glob("*.pdf"))[:1]
    said = desk("slip", "import", empty, printed, "--json", status=1).json["attention"]
    assert any("Nothing was ticked or written" in each for each in said)
    assert any("nothing is ticked or written on the slip of" in each for each in said), said  # read as a scan


def test_the_answer_holds_what_was_ticked_and_nothing_else(desk: Desk, numbers: tuple[str, str]) -> None:
    number, other = numbers
    desk("slip", "set", number, "--objection", "heating-cold", "--objection", "service-poor", "--date", "2026-11-24")
    desk("slip", "set", other, "--note", "只写了字", "--date", "2026-11-24")
    done = desk("answer", "b", "--date", "2026-11-25", "--by", "Clerk", "--json").json
    sheet, of_words_only = done["answers"]
    assert (sheet["notice"], sheet["objections"]) == (number, ["service-poor", "heating-cold"])
    assert (of_words_only["notice"], of_words_only["objections"]) == (other, [])
    assert len({sheet["number"], of_words_only["number"], number, other}) == 4
    assert sheet["file"] == f"output/b/answers/{number}.pdf"
    pdf = desk.folder / sheet["file"]
    text = "".join("".join(page_texts(pdf)).split())
    for each in read_objections(desk.folder / "templates" / "answers.toml"):
        assert ("".join(each.position.split()) in text) is (each.code in sheet["objections"]), each.code
    # Two working days after the slip; the call within seven days, and no sum that may be out of date.
    assert "您于2026年11月24日交回回执" in text
    assert "2026年12月2日之前与您联系" in text
    assert "人民币" not in text
    assert sheet["number"] in text
    assert number in text  # the letter that the slip answers
    assert "“只写了字”" in "".join("".join(page_texts(desk.folder / of_words_only["file"])).split())
    assert OTHER.owner not in text
    assert all(fonts_embedded(pdf).values())
    assert (pdf.stat().st_mode & 0o777, pdf.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert PdfReader(pdf).metadata is not None
    first = pdf.read_bytes()
    desk("answer", number, "--date", "2026-11-25")
    assert "".join(page_texts(pdf)) == "".join(page_texts(_written(pdf, first)))
    ledger = Ledger.open(f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}")
    with ledger.read() as books:
        told = books.connection.execute(select(schema.events.c.data).where(schema.events.c.kind == "answer-made"))
        events = list(told.scalars())
    ledger.close()
    answered = [event["objections"] for event in events]
    assert sorted(answered[:2]) == [[], ["service-poor", "heating-cold"]]  # made side by side
    assert answered[2:] == [["service-poor", "heating-cold"]]


def test_an_answer_to_a_slip_that_was_corrected_since_does_not_lie_about(desk: Desk, numbers: tuple[str, str]) -> None:
    number, _ = numbers
    desk("slip", "set", number, "--objection", "heating-cold", "--date", "2026-11-24")
    (sheet,) = desk("answer", number, "--date", "2026-11-25", "--json").json["answers"]
    desk("slip", "set", number, "--note", "nothing was ticked after all", "--date", "2026-11-24")
    answers = desk.folder / "templates" / "answers.toml"
    whole = answers.read_text("utf-8")
    answers.write_text("", encoding="utf-8")  # the new sheet cannot be made: the old one must not lie about
    desk("answer", number, "--date", "2026-11-25", status={1, 3})
    answers.write_text(whole, encoding="utf-8")
    (again,) = desk("answer", number, "--date", "2026-11-25", "--json").json["answers"]
    assert (again["objections"], again["file"]) == ([], sheet["file"])
    assert "暖气" not in "".join(page_texts(desk.folder / again["file"]))
    (kept,) = desk("letter", "list", "--json").json["letters"]
    assert kept["number"] == again["number"]


def _written(pdf: Path, content: bytes) -> Path:
    copy = pdf.with_name("first.pdf")
    copy.write_bytes(content)
    return copy


def test_an_impossible_answer_is_reported(desk: Desk, numbers: tuple[str, str]) -> None:
    number, _ = numbers
    assert "No slip of" in desk("answer", number, status=2).errors
    assert "neither a batch nor a notice" in desk("answer", "none", status=2).errors
    assert desk("answer", "b", "--json").json["answers"] == []
    desk("slip", "set", number, "--objection", "heating-cold", "--date", "2026-11-24")
    answers = desk.folder / "templates" / "answers.toml"
    whole = answers.read_text("utf-8")
    answers.write_text(whole.replace('"heating-cold"', '"heating"'), encoding="utf-8")
    assert "no longer has an answer to heating-cold" in desk("answer", "b", "--date", "2026-11-25", status=1).errors
    position = "我们会约您上门测温"
    assert position in whole
    answers.write_text(whole.replace(position, "不缴费就停止供暖，" + position), encoding="utf-8")
    assert "停止供暖" in desk("answer", "b", "--date", "2026-11-25", status=1).errors
