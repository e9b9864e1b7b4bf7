"""PDF/A-2b where the estate asks for it: shards, the e-mailed letter with its form, and the answer sheet."""

from __future__ import annotations

import shutil
import subprocess
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest
from archival import breaches
from desk import Desk, Owes, Sent
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, TextStringObject

pytestmark = [pytest.mark.office, pytest.mark.slow]
OWNER = Owes("1-1-301", "王䶮", email="owner@example.com", due_date="2025-06-30")
BEFORE = (
    Sent(OWNER, "2026-03-02", "催费函", "SLHY-2026-000901", "EMS", "已签收", "2026-03-05"),
    Sent(OWNER, "2026-06-01", "律师函", "（2026）示律函字第901号", "EMS", "已签收", "2026-06-04"),
)


@pytest.fixture(scope="module")
def made(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Output of an estate with `archival = true`, by kind."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("archival") / "workspace")
    desk.set("archival = false", "archival = true")
    desk("history", "import", desk.history(*BEFORE))
    desk.plan(OWNER)
    desk("approve", "b", "--by", "Releaser")
    desk("render", "b")
    desk("send", "b")
    number = desk.decisions()[OWNER.account]["notice"]
    desk("slip", "set", number, "--objection", "heating-cold", "--date", "2026-11-24")
    desk("answer", "b", "--date", "2026-11-25")
    output = desk.folder / "output" / "b"
    (mail,) = (output / "outbox").glob("*.eml")
    (attachment,) = BytesParser(policy=default).parsebytes(mail.read_bytes()).iter_attachments()
    content = attachment.get_content()
    assert isinstance(content, bytes)
    (desk.folder / "attached.pdf").write_bytes(content)
    return {
        "shard": next((output / "letters").glob("*.pdf")),
        "e-mailed": desk.folder / "attached.pdf",
        "answer": output / "answers" / f"{number}.pdf",
    }


@pytest.mark.parametrize("which", ["shard", "e-mailed", "answer"])
def test_no_relevant_pdf_a_clause_is_breached(made: dict[str, Path], which: str) -> None:
    assert breaches(made[which]) == []


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
@pytest.mark.parametrize("which", ["shard", "e-mailed", "answer"])
def test_qpdf_finds_nothing_wrong_with_the_file_itself(made: dict[str, Path], which: str) -> None:
    checked = subprocess.run(["qpdf", "--check", made[which]], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_check_fails_on_a_file_that_breaches_it(made: dict[str, Path], tmp_path: Path) -> None:
    def broken(change: object) -> list[str]:
        writer = PdfWriter(clone_from=PdfReader(made["e-mailed"]))
        change(writer)  # type: ignore[operator]  # each is a function of the writer
        writer.write(tmp_path / "broken.pdf")
        return breaches(tmp_path / "broken.pdf")

    def drop_intent(writer: PdfWriter) -> None:
        del writer.root_object["/OutputIntents"]

    def drop_metadata(writer: PdfWriter) -> None:
        del writer.root_object["/Metadata"]

    def lose_font(writer: PdfWriter) -> None:
        for each in writer._objects:
            if isinstance(each, DictionaryObject) and each.get("/Type") == "/FontDescriptor":
                for key in ("/FontFile2", "/FontFile3"):
                    each.pop(key, None)

    def hide_field(writer: PdfWriter) -> None:
        for reference in writer.pages[-1]["/Annots"]:
            reference.get_object()[NameObject("/F")] = NumberObject(2)

    def encrypt(writer: PdfWriter) -> None:
        writer.encrypt("", "owner", algorithm="AES-128")

    def script(writer: PdfWriter) -> None:
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("")}
        )
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)

    for change, clause in (
        (drop_intent, "6.2.3"),
        (drop_metadata, "6.6.2"),
        (lose_font, "6.2.11.4"),
        (hide_field, "6.3.2"),
        (encrypt, "6.1.3"),
        (script, "6.5.1"),
    ):
        assert any(found.startswith(clause) for found in broken(change)), clause
