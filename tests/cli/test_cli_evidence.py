"""The evidence command: what proves one notice, whole and checkable without this program, and nothing of others."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from desk import Desk, Owes
from neighbours import BOTH_WAYS, BY_MAIL, BY_MAIL_TOO, EVERYBODY, ON_PAPER, ON_PAPER_TOO
from time_stamp_authority import time_stamp_authority

from notices.ledger import Ledger
from notices.ledger.chain import digest_of
from notices.ledger.sealing import contents
from notices.model import Slip
from notices.pdf import page_texts
from notices.post import file_stem

pytestmark = pytest.mark.office


@pytest.fixture(scope="module")
def gone_desk(rendered_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Batch `b`, of which every letter has left: e-mails confirmed, the print job confirmed and reported on."""
    desk = rendered_desk.copy(tmp_path_factory.mktemp("gone") / "workspace")
    desk("send", "b", "--by", "Sender")
    desk("mail", "confirm", "b", "--by", "Sender")
    job = desk("print", "b", "--by", "Printer", "--json").json["job"]
    desk("job", "confirm", job, "--by", "Printer")
    number = desk.decisions()[ON_PAPER.account]["notice"]
    rows = [(number, "EX123456789CN", "妥投", "2026-11-26")]
    desk("delivery", "import", desk.table(("编号", "运单号", "状态", "签收日期"), rows), "--by", "Clerk")
    desk("payment", "add", ON_PAPER.account, "--amount", "100.00", "--date", "2026-11-27", "--by", "Cashier")
    desk("hold", "add", ON_PAPER.account, "--kind", "disputed", "--note", "对面积有异议", "--by", "Clerk")
    return desk


@pytest.fixture
def gone(gone_desk: Desk, tmp_path: Path) -> Desk:
    return gone_desk.copy(tmp_path / "workspace")


def number_of(desk: Desk, owner: Owes) -> str:
    number: str = desk.decisions()[owner.account]["notice"]
    return number


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def test_a_printed_notice_is_proved_by_letter_decision_approval_delivery_and_replies(
    gone: Desk, tmp_path: Path
) -> None:
    number, folder = number_of(gone, ON_PAPER), tmp_path / "evidence"
    made = gone("evidence", number, "--to", folder, "--json").json
    assert (made["notice"], made["folder"], made["verified"]) == (number, str(folder), True)
    what = {each["what"] for each in made["files"]}
    assert what >= {
        "book",
        "letter-print",
        "page-proof",
        "list",
        "decision",
        "approval",
        "delivery",
        "replies",
        "verify",
    }
    assert {each["file"] for each in made["files"]} == {
        path.relative_to(folder).as_posix() for path in files_in(folder)
    }
    delivery = json.loads((folder / "delivery.json").read_text("utf-8"))
    (way,) = delivery["deliveries"]
    assert (way["waybill"], way["on"]) == ("EX123456789CN", "2026-11-26")
    approval = json.loads((folder / "approval.json").read_text("utf-8"))
    assert (approval["planned_by"], approval["approved_by"]) == ("Planner", "Releaser")
    listed = json.loads((folder / "list.json").read_text("utf-8"))
    assert {"heading": "业主姓名", "text": ON_PAPER.owner} in listed["cells"]
    replies = json.loads((folder / "replies.json").read_text("utf-8"))
    assert [each["amount"] for each in replies["payments"]] == ["100.00"]
    assert [each["note"] for each in replies["holds"]] == ["对面积有异议"]
    assert json.loads((folder / "decision.json").read_text("utf-8"))["grace_days"] == 15


def test_the_files_are_private_and_their_sums_hold_without_this_program(gone: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    gone("evidence", number_of(gone, ON_PAPER), "--to", folder)
    for place in (folder, folder / "chain"):
        done = subprocess.run(
            ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=place, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in files_in(folder)} == {0o600}
    links = sorted((folder / "chain").glob("*.link"), key=lambda path: int(path.stem))
    assert len(links) > 5
    sums = dict(line.split("  ")[::-1] for line in (folder / "chain" / "SHA256SUMS").read_text().splitlines())
    following = [(one, other) for one, other in pairwise(links) if int(other.stem) == int(one.stem) + 1]
    for one, other in following:
        assert json.loads(other.read_text())[0] == sums[one.name]
    assert following


def test_the_book_has_contents_bookmarks_and_a_number_on_every_page(gone: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    gone("evidence", number_of(gone, ON_PAPER), "--to", folder)
    pages = page_texts(folder / "evidence.pdf")
    with pikepdf.open(folder / "evidence.pdf") as book, book.open_outline() as outline:
        titles = [item.title for item in outline.root]
        assert titles[0] == "说明与目录"
        assert "函件（付印原样）" in titles
    for place, text in enumerate(pages, start=1):
        assert f"证据第 {place} 页，共 {len(pages)} 页" in text
    assert ON_PAPER.owner in pages[0]
    assert "全部相符" in pages[0]
    named = dict(re.findall(r"(函件逐页核对|发出与送达|核对方法) .*? (\d+)\r?\n", "\n".join(pages[:2]) + "\n"))
    assert all(title in pages[int(page) - 1] for title, page in named.items())
    assert len(named) == 3


def test_nothing_of_another_owner_is_in_the_evidence(gone: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    gone("evidence", number_of(gone, ON_PAPER), "--to", folder)
    others = [owner for owner in EVERYBODY if owner is not ON_PAPER]
    wanted = [text for it in others for text in (it.owner, it.email, number_of(gone, it)) if text]
    for path in files_in(folder):
        text = "\n".join(page_texts(path)) if path.suffix == ".pdf" else path.read_text("utf-8")
        content = text + (path.read_bytes().decode("latin-1") if path.suffix == ".pdf" else "")
        assert [each for each in wanted if each in content] == [], path.name


def characters_of_fonts(path: Path) -> set[str]:
    """Return every character that the fonts of a PDF can say, shown or not."""
    found: set[str] = set()
    with pikepdf.open(path) as book:
        for font in (each for each in book.objects if isinstance(each, pikepdf.Dictionary) and "/ToUnicode" in each):
            told = font.ToUnicode.read_bytes().decode("latin-1")
            for part in told.split("beginbfchar")[1:]:
                codes = re.findall(r"<\w+>\s*<(\w+)>", part.split("endbfchar")[0])
                found |= {bytes.fromhex(code).decode("utf-16-be") for code in codes}
    return found


def test_the_fonts_of_a_letter_cut_out_hold_no_character_that_only_other_letters_show(
    gone: Desk, tmp_path: Path
) -> None:
    folder = tmp_path / "evidence"
    gone("evidence", number_of(gone, ON_PAPER), "--to", folder)
    only_others = set(ON_PAPER_TOO.owner) - set("".join(page_texts(folder / "letter-print.pdf")))
    assert only_others
    (job,) = (gone.folder / "batches" / "b" / "sent").glob("*/letters-*.pdf")
    assert only_others <= characters_of_fonts(job)  # so that a plain cut would give them away
    assert not only_others & characters_of_fonts(folder / "letter-print.pdf")
    assert not only_others & characters_of_fonts(folder / "evidence.pdf")


def test_an_e_mailed_notice_is_proved_by_the_message_and_its_very_attachment(gone: Desk, tmp_path: Path) -> None:
    number, folder = number_of(gone, BY_MAIL), tmp_path / "evidence"
    made = gone("evidence", number, "--to", folder, "--json").json
    assert {"message", "letter-email"} <= {each["what"] for each in made["files"]}
    sent = gone.folder / "batches" / "b" / "sent" / f"{file_stem(number)}.eml"
    assert (folder / "message.eml").read_bytes() == sent.read_bytes()
    assert BY_MAIL.owner in "".join(page_texts(folder / "letter-email.pdf"))


def test_a_notice_that_went_both_ways_is_proved_for_both(gone: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    made = gone("evidence", number_of(gone, BOTH_WAYS), "--to", folder, "--json").json
    assert {"letter-email", "letter-print"} <= {each["what"] for each in made["files"]}


def test_a_message_that_was_changed_is_named_and_not_verified(gone: Desk, tmp_path: Path) -> None:
    number = number_of(gone, BY_MAIL_TOO)
    sent = gone.folder / "batches" / "b" / "sent" / f"{file_stem(number)}.eml"
    sent.write_bytes(sent.read_bytes() + b"\n")
    made = gone("evidence", number, "--to", tmp_path / "evidence", "--json", status=1).json
    assert made["verified"] is False
    assert any(sent.name in fault for fault in made["attention"])
    assert "不符" in page_texts(tmp_path / "evidence" / "evidence.pdf")[0]


def test_a_letter_that_has_not_left_a_withdrawn_one_and_an_unknown_number_are_refused(
    approved: Desk, tmp_path: Path
) -> None:
    number = number_of(approved, ON_PAPER)
    refused = approved("evidence", number, "--to", tmp_path / "evidence", status=4)
    assert "not known to have left" in refused.errors
    approved("withdraw", number, "--why", "旧清单", "--by", "Clerk")
    assert "was withdrawn" in approved("evidence", number, "--to", tmp_path / "evidence", status=4).errors
    assert "OLD-7" in approved("evidence", "OLD-7", "--to", tmp_path / "evidence", status=4).errors
    approved("evidence", "NONE-1", "--to", tmp_path / "evidence", status=2)
    assert not (tmp_path / "evidence").exists()


def test_a_folder_that_holds_something_is_left_alone(gone: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    gone("evidence", number_of(gone, ON_PAPER_TOO), "--to", folder, status=4)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_on_a_full_disk_no_half_folder_remains(gone: Desk, full_disk: Path) -> None:
    gone("evidence", number_of(gone, ON_PAPER), "--to", full_disk / "evidence", status=3)
    assert [path.name for path in full_disk.iterdir()] == ["filler"]


@pytest.mark.slow
def test_the_file_for_a_court_holds_application_evidence_list_calculation_and_what_is_missing(
    gone: Desk, tmp_path: Path
) -> None:
    gone("hold", "lift", gone("hold", "list", "--json").json["holds"][0]["hold"], "--by", "Clerk")
    made = gone("court", ON_PAPER.account, BY_MAIL.account, "--to", tmp_path / "court", "--json", status=1).json
    done, ruled_out = made["accounts"]
    assert (done["account"], done["kind"], done["obstacles"]) == (ON_PAPER.account, "order", [])
    assert {each["what"] for each in done["files"]} >= {
        "order",
        "evidence",
        "evidence-list",
        "calculation",
        "to-supply",
    }
    assert done["to_supply"]
    assert ([it["code"] for it in ruled_out["obstacles"]], ruled_out["files"]) == (["no-proven-demand"], [])
    (folder,) = (tmp_path / "court").iterdir()
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    application = "".join("".join(page_texts(folder / "payment-order.pdf")).split())
    total = next(it for it in re.findall(r"合计人民币([\d,.]+)元", application))
    calculation = "".join("".join(page_texts(folder / "calculation.pdf")).split())
    assert f"人民币{total}元" in calculation
    assert "1,200.00" in calculation  # 1,300.00 less the payment of 100.00
    for wanted in ("支付令申请书", ON_PAPER.owner, "第二百二十五条", "第四百二十七条", "2026年11月26日送达"):
        assert wanted in application
    pages = page_texts(folder / "evidence.pdf")
    listed = "".join("".join(page_texts(folder / "evidence-list.pdf")).split())
    assert f"1—{len(pages)}" in listed
    assert "证据来源" in listed  # each piece with its source and object: Provisions on Evidence (2019), art. 19
    (delivery,) = re.findall(
        r"发出与送达本公司业务系统（电子数据）何时、以何种方式、向何处发出，结果如何(\d+?)(?:—\d+?)?1-\d回复", listed
    )
    (proof,) = re.findall(
        r"函件逐页核对本公司业务系统（电子数据）每一页都是这封函件、这位业主的(\d+?)1-\d欠费清单", listed
    )
    assert "发出与送达" in pages[int(delivery) - 1]
    assert "函件逐页核对" in pages[int(proof) - 1]
    assert BY_MAIL.owner not in "".join(pages) + application


@pytest.mark.slow
def test_a_dispute_leads_to_a_complaint_and_refuses_an_order_that_was_asked_for(gone: Desk, tmp_path: Path) -> None:
    refused = gone("court", ON_PAPER.account, "--to", tmp_path / "order", "--kind", "order", status=4)
    assert "rules out a payment order" in refused.errors
    assert not (tmp_path / "order").exists()
    made = gone("court", ON_PAPER.account, "--to", tmp_path / "court", "--json", status=1).json
    assert [each["kind"] for each in made["accounts"]] == ["complaint"]
    (folder,) = (tmp_path / "court").iterdir()
    text = "".join("".join(page_texts(folder / "complaint.pdf")).split())
    for wanted in ("物业服务合同纠纷", "欠费区间和数额", ON_PAPER.owner, "催缴情况"):
        assert wanted in text


@pytest.mark.slow
def test_a_demand_from_before_this_program_is_to_be_supplied_by_a_person(gone: Desk, tmp_path: Path) -> None:
    (made,) = gone("court", BOTH_WAYS.account, "--to", tmp_path / "court", "--json", status={0, 1}).json["accounts"]
    assert [each for each in made["to_supply"] if "OLD-7" in each] == [
        "the letter OLD-7 of 2026-10-12, and the record of its delivery"
    ]
    application = "".join("".join(page_texts(next((tmp_path / "court").glob("*/payment-order.pdf")))).split())
    assert "编号OLD-7" in application


def commands_of(folder: Path) -> list[str]:
    """Return the commands of the guide, as a reader types them; the one of Windows is left out."""
    lines = (folder / "VERIFY.txt").read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.startswith("    ") and "certutil" not in line]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


def test_the_commands_of_the_guide_prove_that_the_events_belong_to_the_chain(gone: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    gone("evidence", number_of(gone, ON_PAPER), "--to", folder)
    head = gone("ledger", "verify", "--json").json["head"]
    *sums, way = [run(command, folder) for command in commands_of(folder)]
    assert [done.returncode for done in sums] == [0, 0]
    assert (way.returncode, way.stdout.strip()) == (0, head)
    lines = (folder / "chain" / "path.txt").read_text().splitlines()
    links = list((folder / "chain").glob("*.link"))
    first = min(int(link.stem) for link in links)
    assert all(lines[int(link.stem) - first] == link.read_text() for link in links)
    lines[3] = lines[3].replace('"', "'", 1)
    (folder / "chain" / "path.txt").write_text("\n".join(lines) + "\n")
    assert run(commands_of(folder)[-1], folder).returncode != 0


def test_evidence_has_the_time_stamps_of_the_chain_and_openssl_verifies_them(gone: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    with time_stamp_authority(tmp_path / "authority") as authority:
        gone.set('[timestamp]\nurl = ""', f'[timestamp]\nurl = "{authority.url}"')
        gone.set('ca_file = ""                    # 该机构', f'ca_file = "{authority.ca_file}"  # 该机构')
        stamped = gone("ledger", "stamp", "--by", "Clerk", "--json").json["stamped"]["event"]
        made = gone("evidence", number_of(gone, ON_PAPER), "--to", folder, "--json").json
        assert made["verified"]
        assert f"timestamps/{stamped}.tsr" in {each["file"] for each in made["files"]}
        done = run(commands_of(folder)[-1], folder)
        assert "Verification: OK" in done.stdout + done.stderr
        told = (folder / "timestamps" / f"{stamped}.data").read_text()
        assert told in (folder / "chain" / "path.txt").read_text().splitlines()
        authority.root("foreign")
        gone.set(str(authority.ca_file), str(authority.folder / "foreign.pem"))
        bad = gone("evidence", number_of(gone, ON_PAPER), "--to", tmp_path / "bad", "--json", status=1).json
        assert any("not trusted" in fault for fault in bad["attention"])


def tampered(desk: Desk, *statements: str) -> None:
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as raw, raw:
        for statement in statements:
            raw.execute(statement)
        raw.execute("DELETE FROM touched")


def seal_renewed(desk: Desk, entity: str) -> None:
    """Have the seal beside the first row of a kind match it again, as whoever changed the row can."""
    url = f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}"
    with closing(Ledger.open(url)) as ledger, ledger.engine.connect() as connection:
        digest = digest_of("00", contents(connection, entity, ["1"])["1"])
    tampered(desk, f"UPDATE seals SET salt = '00', digest = '{digest}' WHERE entity = '{entity}' AND key = '1'")


CHANGED_ROWS = {
    "payments": "UPDATE payments SET amount = 1",
    "holds": "UPDATE holds SET note = ''",
    "slips": "UPDATE slips SET note = '欠费属实'",
    "lists": "UPDATE lists SET rows = 1",
    "handovers": "UPDATE handovers SET place = 'elsewhere'",
}


@pytest.fixture(scope="module")
def answered_desk(gone_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Copy the desk, with a slip and a hand-over of the notice on paper as if there had been."""
    desk = gone_desk.copy(tmp_path_factory.mktemp("answered") / "workspace")
    url = f"sqlite:///{desk.folder / 'batches' / 'ledger.db'}"
    with closing(Ledger.open(url)) as ledger, ledger.begin() as books:
        notice = books.notices.find(number_of(desk, ON_PAPER))
        assert notice is not None
        slip = Slip((), date(2026, 11, 28), note="面积不对")
        books.slips.add(notice.id, slip, "typed", by="Clerk", at=datetime.now(UTC))
        books.connection.exec_driver_sql(
            "INSERT INTO handovers (job_id, claim, place, by, started_at)"
            " VALUES (1, NULL, '/shop', 'Printer', '2026-11-25 00:00:00.000000')"
        )
    return desk


@pytest.mark.parametrize("entity", CHANGED_ROWS)
@pytest.mark.parametrize("renewed", [False, True], ids=["changed", "with-its-seal"])
def test_evidence_is_not_verified_if_a_row_that_it_tells_of_was_changed(
    answered_desk: Desk, tmp_path: Path, entity: str, renewed: bool
) -> None:
    desk = answered_desk.copy(tmp_path / "workspace")
    tampered(desk, CHANGED_ROWS[entity])
    if renewed:
        seal_renewed(desk, entity)
    made = desk("evidence", number_of(desk, ON_PAPER), "--to", tmp_path / "evidence", "--json", status=1).json
    assert (made["verified"], [f"{entity} 1" in each for each in made["attention"]]) == (False, [True])


@pytest.mark.parametrize("entity", ["holds", "payments"])
def test_evidence_names_what_was_taken_away(gone: Desk, tmp_path: Path, entity: str) -> None:
    tampered(gone, f"DELETE FROM {entity}", f"DELETE FROM seals WHERE entity = '{entity}'")
    made = gone("evidence", number_of(gone, ON_PAPER), "--to", tmp_path / "evidence", "--json", status=1).json
    assert (made["verified"], [f"{entity} 1" in each for each in made["attention"]]) == (False, [True])


COURT_TAMPERINGS = {
    "the sum": "UPDATE charges SET due = due + 100000",
    "the due day": "UPDATE charges SET due_date = '2026-01-01'",
    "the dispute": "DELETE FROM holds",
    "the payment": "DELETE FROM payments",
    "the demand": "UPDATE notices SET date = '2026-01-01'",
    "its delivery": "UPDATE deliveries SET \"on\" = '2026-01-02'",
}


@pytest.mark.parametrize("statement", COURT_TAMPERINGS.values(), ids=COURT_TAMPERINGS)
def test_no_file_for_a_court_is_made_of_rows_that_another_program_changed(
    gone: Desk, tmp_path: Path, statement: str
) -> None:
    """What is filed with a court must be true: the sum, that nothing is disputed, when it was demanded."""
    tampered(gone, statement)
    said = gone("court", ON_PAPER.account, "--to", tmp_path / "court", status=4).errors
    assert "nother program changed" in said
    assert not (tmp_path / "court").exists()
