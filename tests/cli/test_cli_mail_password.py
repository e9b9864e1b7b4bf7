"""Password-protected letters by e-mail, and `doctor` on mail servers."""

from __future__ import annotations

from desk import AS_OF, HEADINGS, Desk, Owes
from letters_without_office import pretend_to_render
from mail_server import mail_server
from pypdf import PdfReader

KNOWN = Owes("1-1-101", "甲一", email="jia@example.com")
UNKNOWN = Owes("1-1-102", "乙二", email="yi@example.com")


def test_the_attachments_password_is_the_last_four_telephone_digits_and_without_them_it_is_not_sent(desk: Desk) -> None:
    rows = [(*KNOWN.cells, "13800001234"), (*UNKNOWN.cells, "")]
    file = desk.table((*HEADINGS, "联系电话"), rows)
    desk("plan", file, "--name", "b", "--as-of", AS_OF, "--by", "Planner")
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    with mail_server() as server:
        desk.use_smtp(server.port, 'pdf_password = "telephone-last-4"')
        said = desk("send", "b", status=1).errors
    (taken,) = server.taken
    assert taken.recipient == KNOWN.email
    text, html = (taken.message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert "后四位" in text.get_content()
    assert "后四位" in html.get_content()
    assert html.get_content().rstrip().endswith("</html>")
    (part,) = taken.message.iter_attachments()
    letter = desk.folder / "letter.pdf"
    letter.write_bytes(part.get_content())
    assert PdfReader(letter).is_encrypted
    assert not PdfReader(letter).decrypt("0000")
    assert PdfReader(letter, password="1234").pages[0].mediabox.width == 595
    assert desk.states()[UNKNOWN.account] == {"email": "set-aside"}
    assert desk.decisions()[UNKNOWN.account]["notice"] in said


def test_doctor_tries_the_mail_servers_login(desk: Desk) -> None:
    with mail_server() as server:
        desk.use_smtp(server.port)
        findings = desk("doctor", "--json").json["findings"]
    assert [finding["fine"] for finding in findings if finding["what"] == "e-mail"] == [True]
    assert server.connections == 1
    assert not server.told("MAIL")
    findings = desk("doctor", "--json", status=3).json["findings"]
    assert [finding["fine"] for finding in findings if finding["what"] == "e-mail"] == [False]
