"""One letter for an owner's flat, shop and parking spaces: from the approval to the payment."""

from __future__ import annotations

import csv
import email
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from desk import AS_OF, HEADINGS, Desk, Owes, Sent
from letters_without_office import pretend_to_render
from mail_server import mail_server

from notices.flow import status
from notices.flow.mailing import message
from notices.flow.printing import reprint
from notices.flow.reports.evidence_papers import parts_of
from notices.flow.reports.proven import prove_notice
from notices.flow.viewing import letter_pdf
from notices.flow.workspace import Workspace
from notices.ledger import LedgerProof
from notices.model import CaseKey, Payment
from notices.press import JobResult

HOME, PHONE, MAIL = "示例市幸福路1号3-2-501", "13800000003", "wang@example.com"
FLAT = Owes("3-2-501", "王三", "1000.00", address=HOME)
SHOP = Owes("S-101", "王三", "500.00", address=HOME)
SPACE = Owes("车位12", "王三", "300.00", address=HOME)
NAMESAKE = Owes("9-1-101", "王三", "700.00", address="示例市别处9号")
JOINT = Owes("8-1-101", "王三、李四", "800.00", address=HOME)
UNITS = (FLAT, SHOP, SPACE)
EVERYBODY = (*UNITS, NAMESAKE, JOINT)
PHONES = {NAMESAKE: "13900000009", JOINT: "13700000007"}


def listed(desk: Desk, *owners: Owes, email: str = "") -> Path:
    """Write a list of these owners with their telephones."""
    rows = [(*owner.cells[:3], email, *owner.cells[4:], PHONES.get(owner, PHONE)) for owner in owners]
    return desk.table((*HEADINGS, "联系电话"), rows)


def planned(desk: Desk, *owners: Owes, email: str = "", batch: str = "b") -> None:
    """Plan such a list."""
    desk("plan", listed(desk, *owners, email=email), "--name", batch, "--as-of", AS_OF, "--by", "Planner")


def released(desk: Desk, *owners: Owes, email: str = "", batch: str = "b") -> None:
    """Plan and approve such a list."""
    planned(desk, *owners, email=email, batch=batch)
    desk("approve", batch, "--by", "Releaser")


def combining(desk: Desk) -> Desk:
    desk.set('combine = "unit"', 'combine = "owner"')
    return desk


@pytest.fixture(scope="session")
def printed_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Letters to everybody on paper, rendered; a master to be copied."""
    desk = combining(fresh_desk.copy(tmp_path_factory.mktemp("combined") / "workspace"))
    released(desk, *EVERYBODY)
    pretend_to_render(desk)
    return desk


@pytest.fixture
def on_paper(printed_desk: Desk, tmp_path: Path) -> Desk:
    return printed_desk.copy(tmp_path / "workspace")


@pytest.fixture(scope="session")
def mailing_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One letter for three units by e-mail, rendered; a master to be copied."""
    desk = combining(fresh_desk.copy(tmp_path_factory.mktemp("combined-mail") / "workspace"))
    released(desk, *UNITS, email=MAIL)
    pretend_to_render(desk)
    return desk


@pytest.fixture
def by_mail(mailing_desk: Desk, tmp_path: Path) -> Desk:
    return mailing_desk.copy(tmp_path / "workspace")


def number(desk: Desk, owner: Owes) -> str:
    return str(desk.decisions()[owner.account]["notice"])


def state(desk: Desk, owner: Owes, channel: str = "print") -> str:
    return desk.states()[owner.account][channel]


def states(desk: Desk, channel: str = "print") -> set[str]:
    return {state(desk, owner, channel) for owner in UNITS}


def proof(desk: Desk) -> LedgerProof:
    with desk.ledger() as ledger, ledger.read() as books:
        return books.verification.prove()


def pay(desk: Desk, owner: Owes) -> None:
    desk("payment", "add", owner.account, "--amount", owner.due, "--date", "2026-11-24")


# --- who is in a letter ---


def test_the_units_of_one_owner_are_one_letter_and_nobody_elses(on_paper: Desk) -> None:
    decided = on_paper.decisions()
    letter = {decided[owner.account]["letter"] for owner in UNITS}
    assert letter == {number(on_paper, FLAT)}  # the home leads it
    assert set(decided[SPACE.account]["letter_accounts"]) == {owner.account for owner in UNITS}
    assert len({number(on_paper, owner) for owner in EVERYBODY}) == len(EVERYBODY)  # each keeps its own number
    for owner in (NAMESAKE, JOINT):
        assert "letter" not in decided[owner.account]


def test_sixty_units_of_a_developer_are_one_letter_and_its_sum_pays_them_all(desk: Desk) -> None:
    combining(desk)
    units = [Owes(f"车位{place}", "示例置业有限公司", "300.00", address=HOME) for place in range(1, 61)]
    released(desk, *units, email=MAIL)
    decided = desk.decisions()
    assert {len(it["letter_accounts"]) for it in decided.values()} == {60}
    (letter,) = {it["letter"] for it in decided.values()}
    taken = desk("payment", "import", statement(desk, letter, "18000.00"), "--json", status={0, 1}).json
    assert {it["account"] for it in taken["booked"]} == {owner.account for owner in units}
    assert {it["amount"] for it in taken["booked"]} == {"300.00"}


def test_show_says_in_which_letter_a_notice_is_and_with_what(on_paper: Desk) -> None:
    said = on_paper("show", "b", SPACE.account).errors
    assert f"in letter {number(on_paper, FLAT)} with" in said
    assert SHOP.account in said


def test_by_default_of_older_settings_each_unit_has_its_letter(desk: Desk) -> None:
    released(desk, *UNITS)
    assert all("letter" not in decision for decision in desk.decisions().values())


def figures(desk: Desk, batch: str, *owners: Owes, email: str = "") -> tuple[str, dict[str, int] | None]:
    """Plan a list of these owners; return what is said about what combining saves, and the same as JSON."""
    table = listed(desk, *owners, email=email)
    words = ("plan", table, "--as-of", AS_OF, "--by", "P", "--again", "--name")
    return desk(*words, f"{batch}-text").errors, desk(*words, batch, "--json").json.get("saved")


def test_plan_says_what_is_saved(desk: Desk) -> None:
    combining(desk)
    # A charge each: three reminders of one page against one of two, because of three headings and three subtotals.
    said, saved = figures(desk, "b", *EVERYBODY)
    assert re.search(r"3 notices of 1 owner.*2 letter", said)
    assert re.search(r"2 envelope.*1 page.* 2 sheet", said)
    assert saved == {"notices": 3, "combined": 1, "letters": 2, "envelopes": 2, "pages": 1, "sheets": 2}


def test_what_is_saved_is_reckoned_with_the_pages_of_letters_made_before(desk: Desk) -> None:
    combining(desk)
    released(desk, FLAT, NAMESAKE, batch="before")
    pretend_to_render(desk, "before")
    desk.change("UPDATE notices SET pages = 3 WHERE pages IS NOT NULL")
    desk("withdraw", "--batch", "before", "--by", "B", "--why", "next", "--yes")
    _, saved = figures(desk, "b", *UNITS)
    assert saved == {"notices": 3, "combined": 1, "letters": 2, "envelopes": 2, "pages": 5, "sheets": 4}  # 9 - 4, 6 - 2
    desk.set("duplex = true", "duplex = false")
    _, saved = figures(desk, "c", *UNITS)
    assert saved is not None
    assert (saved["pages"], saved["sheets"]) == (5, 5)


def test_e_mails_save_no_paper(desk: Desk) -> None:
    combining(desk)
    said, saved = figures(desk, "b", *UNITS, email=MAIL)
    assert "envelope" not in said
    assert saved == {"notices": 3, "combined": 1, "letters": 2, "envelopes": 0, "pages": 0, "sheets": 0}


def test_nothing_is_said_where_nothing_is_combined(desk: Desk) -> None:
    assert figures(desk, "b", *EVERYBODY)[1] is None
    combining(desk)
    assert figures(desk, "c", FLAT, NAMESAKE, JOINT)[1] is None


def test_a_template_that_knows_one_unit_is_filled_for_each(desk: Desk) -> None:
    combining(desk)
    (desk.folder / "templates" / "reminder.docx").write_bytes(
        (desk.folder / "templates" / "resolved.docx").read_bytes()
    )
    checked = desk("template", "check", "--json").json["templates"]
    noted = {each["file"] for each in checked if "notes" in each}
    assert noted == {"reminder.docx"}


def test_a_person_joins_accounts_that_the_list_does_not_tell_from_namesakes(desk: Desk) -> None:
    combining(desk)
    bare = [Owes("1-1-101", "赵六", address=""), Owes("2-1-101", "赵六", address="")]
    rows = [(*owner.cells[:3], MAIL, *owner.cells[4:]) for owner in bare]
    table = desk.table(HEADINGS, rows)
    for batch, words in {"a": (), "b": ("join",)}.items():
        desk("plan", table, "--name", batch, "--as-of", AS_OF, "--by", "Planner", "--again")
        if words:
            desk("account", "join", bare[0].account, bare[1].account, "--by", "Clerk")
        desk("approve", batch, "--by", "Releaser", status={0, 1})
        found = [decision.get("letter") for decision in desk.decisions(batch).values()]
        assert (len(set(found)) == 1 and found[0] is not None) is bool(words)
        desk("withdraw", "--batch", batch, "--by", "B", "--why", "next", "--yes")


@pytest.mark.parametrize("other", [JOINT.account, FLAT.account, "示例花园/77-7-777/王三"])
def test_accounts_of_other_owners_cannot_be_joined(on_paper: Desk, other: str) -> None:
    on_paper("account", "join", FLAT.account, other, "--by", "Clerk", status={2, 4})


@pytest.mark.parametrize("apart", [False, True])
def test_accounts_kept_apart_stay_so_where_their_lists_have_the_old_name(desk: Desk, *, apart: bool) -> None:
    combining(desk)
    planned(desk, FLAT, SHOP)
    renamed = [owner.account.replace("王三", "王叁") for owner in (FLAT, SHOP)]
    for old, new in zip((FLAT, SHOP), renamed, strict=True):
        desk("account", "rename", old.account, new, "--by", "Clerk", status={0, 1})
    words = ("--apart",) if apart else ()
    desk("account", "join", *renamed, "--by", "Clerk", *words)
    included = [word for owner in (FLAT, SHOP) for word in ("--include", owner.account)]
    desk("approve", "b", "--by", "Releaser", *included, status={0, 1})
    letters = {decision.get("letter") for decision in desk.decisions().values()}
    assert (letters == {None}) is apart


# --- on paper ---


def manifest(desk: Desk, job: str = "b-P01") -> list[list[str]]:
    with (desk.folder / "output" / "b" / "print" / job / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.fixture
def spooled(on_paper: Desk, plain_pages: None) -> Desk:
    """Letters in a print job."""
    on_paper("print", "b", status={0, 1})
    return on_paper


def test_one_envelope_holds_all_units(spooled: Desk) -> None:
    rows = [row for row in manifest(spooled) if row[1] == number(spooled, FLAT)]
    assert [row[4] for row in rows] == ["3-2-501、S-101、车位12"]
    assert len(manifest(spooled)) == 3
    spooled("job", "confirm", "b-P01")
    assert states(spooled) == {"handed-over"}


@pytest.mark.parametrize("owner", UNITS)
def test_the_carrier_may_name_any_of_the_notices(spooled: Desk, owner: Owes) -> None:
    spooled("job", "confirm", "b-P01")
    table = spooled.table(
        ("编号", "运单号", "结果", "日期"), [(number(spooled, owner), "W-000001", "妥投", "2026-11-24")]
    )
    spooled("delivery", "import", table)
    assert states(spooled) == {"delivered"}
    assert proof(spooled).broken == ()


@pytest.mark.parametrize("owner", UNITS)
def test_a_payment_for_one_unit_holds_the_whole_letter_back_until_it_is_pulled(spooled: Desk, owner: Owes) -> None:
    pay(spooled, owner)
    said = spooled("job", "confirm", "b-P01", status=1).errors
    assert number(spooled, FLAT) in said
    assert states(spooled) == {"spooled"}
    spooled("withdraw", number(spooled, owner), "--pulled", "--by", "B", "--why", "paid", status={0, 1})
    rest = [each for each in UNITS if each is not owner]
    assert state(spooled, owner) == "withdrawn"
    assert {state(spooled, each) for each in rest} == {"set-aside"}
    pretend_to_render(spooled)
    spooled("print", "b", status={0, 1})
    assert [row[4] for row in manifest(spooled, "b-P02")] == ["、".join(each.unit for each in rest)]
    spooled("job", "confirm", "b-P02", status={0, 1})
    assert {state(spooled, each) for each in rest} == {"handed-over"}
    assert state(spooled, owner) == "withdrawn"
    assert proof(spooled).broken == ()


@pytest.mark.parametrize("owner", UNITS)
def test_a_payment_for_one_unit_while_its_letter_is_printed_again_keeps_it_back(
    spooled: Desk, monkeypatch: pytest.MonkeyPatch, owner: Owes
) -> None:
    spooled("job", "confirm", "b-P01")
    keep = reprint.keep_job

    def paid_meanwhile(result: JobResult, folder: Path) -> None:
        keep(result, folder)
        case = CaseKey.of("示例花园", owner.unit, [owner.owner])
        payment = Payment(date(2026, 11, 24), Decimal(owner.due))
        with spooled.books() as books:
            books.payments.add(case, payment, by="Clerk", at=datetime.now(UTC))

    monkeypatch.setattr(reprint, "keep_job", paid_meanwhile)
    spooled("print", "b", "--notice", number(spooled, FLAT), status={0, 1})
    assert not (spooled.folder / "output" / "b" / "print" / "b-P02").exists()


# --- withdrawn before it left ---


@pytest.mark.parametrize("owner", UNITS)
def test_a_withdrawn_unit_takes_the_letter_back_to_be_made_again(on_paper: Desk, owner: Owes) -> None:
    before = {each: number(on_paper, each) for each in UNITS}
    said = on_paper("withdraw", before[owner], "--by", "B", "--why", "disputed").errors
    assert "makes it again without" in said
    rest = [each for each in UNITS if each is not owner]
    assert {state(on_paper, each) for each in rest} == {"set-aside"}
    assert {each: number(on_paper, each) for each in UNITS} == before  # numbers stay
    assert {on_paper.decisions()[each.account]["letter"] for each in rest} == {before[rest[0]]}
    assert "letter" not in on_paper.decisions()[owner.account]


@pytest.mark.usefixtures("plain_pages")
def test_a_letter_whose_pages_are_for_other_notices_does_not_leave(on_paper: Desk) -> None:
    on_paper.change(
        "UPDATE deliveries SET letter_id = NULL WHERE id = (SELECT max(id) FROM deliveries WHERE letter_id <> id)"
    )
    said = on_paper("print", "b", status=1).errors
    assert said.count("made for other notices") == 2  # the letter, and the notice that is not in it any more
    assert states(on_paper) == {"set-aside"}


# --- by e-mail ---


def test_one_message_leaves_and_its_outcome_is_that_of_every_notice(by_mail: Desk) -> None:
    with mail_server() as server:
        by_mail.use_smtp(server.port)
        by_mail("send", "b", "--now")
    assert len(server.taken) == 1
    assert states(by_mail, "email") == {"sent"}
    body = server.taken[0].message.get_body(("plain",))
    assert body is not None
    assert "3-2-501等3处" in body.get_content()


def test_the_outbox_has_one_message_and_confirming_any_number_confirms_all(by_mail: Desk) -> None:
    by_mail("send", "b")
    (message,) = (by_mail.folder / "output" / "b" / "outbox").glob("*.eml")
    assert message.stem == number(by_mail, FLAT)
    by_mail("mail", "confirm", "b", "--notice", number(by_mail, SPACE))
    assert states(by_mail, "email") == {"sent"}
    assert by_mail("ledger", "verify", "--json").json["files"] == []  # one copy, under the number of the letter


@pytest.mark.parametrize("owner", UNITS)
def test_a_payment_for_one_unit_stops_the_message_and_the_rest_is_made_again(by_mail: Desk, owner: Owes) -> None:
    pay(by_mail, owner)
    by_mail("send", "b", status=1)
    assert not list((by_mail.folder / "output" / "b" / "outbox").glob("*.eml"))
    assert state(by_mail, owner, "email") == "withdrawn"
    assert {state(by_mail, each, "email") for each in UNITS if each is not owner} == {"set-aside"}
    pretend_to_render(by_mail)
    by_mail("send", "b")
    (message,) = (by_mail.folder / "output" / "b" / "outbox").glob("*.eml")
    lead = next(each for each in UNITS if each is not owner)
    assert message.stem == number(by_mail, lead)


def test_a_payment_for_one_unit_leaves_a_spooled_message_to_a_person(by_mail: Desk) -> None:
    by_mail("send", "b")
    pay(by_mail, SHOP)
    by_mail("mail", "confirm", "b", status=1)
    assert states(by_mail, "email") == {"spooled"}
    by_mail("withdraw", number(by_mail, SHOP), "--pulled", "--by", "B", "--why", "paid")
    assert state(by_mail, SHOP, "email") == "withdrawn"
    assert {state(by_mail, each, "email") for each in (FLAT, SPACE)} == {"set-aside"}
    assert not list((by_mail.folder / "output" / "b" / "outbox").glob("*.eml"))


def test_changed_data_of_one_unit_stop_the_message(by_mail: Desk) -> None:
    by_mail.tamper("UPDATE charges SET balance = balance + 1 WHERE account_id = 2")
    said = by_mail("send", "b", status={1, 4}).errors
    assert number(by_mail, FLAT) in said or "changed" in said
    assert not list((by_mail.folder / "output" / "b" / "outbox").glob("*.eml"))


@pytest.mark.parametrize("owner", [SHOP, SPACE])
def test_units_kept_apart_after_the_release_do_not_leave_in_one_letter(by_mail: Desk, owner: Owes) -> None:
    told = by_mail("account", "join", FLAT.account, owner.account, "--apart", "--by", "Clerk").errors
    assert number(by_mail, owner) in told
    said = by_mail("send", "b", status=1).errors
    assert not list(by_mail.folder.glob("output/b/outbox/*.eml"))
    assert number(by_mail, owner) in said
    by_mail("withdraw", number(by_mail, owner), "--by", "B", "--why", "another owner")
    pretend_to_render(by_mail)
    by_mail("send", "b", status={0, 1})
    rest = [each for each in UNITS if each is not owner]
    assert {state(by_mail, each, "email") for each in rest} == {"spooled"}


def test_a_letter_in_a_print_job_is_not_confirmed_once_its_units_are_kept_apart(spooled: Desk) -> None:
    spooled("account", "join", SHOP.account, SPACE.account, "--apart", "--by", "Clerk")
    said = spooled("job", "confirm", "b-P01", status=1).errors
    assert number(spooled, FLAT) in said
    assert states(spooled) == {"spooled"}


def test_units_kept_apart_while_messages_are_made_do_not_leave(by_mail: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    build = message.build_message

    def apart_meanwhile(*words: object) -> object:
        with by_mail.books() as books:
            one, other = (CaseKey.of("示例花园", it.unit, [it.owner]) for it in (FLAT, SHOP))
            books.joins.add(one, other, together=False, by="Clerk", at=datetime.now(UTC))
        return build(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(message, "build_message", apart_meanwhile)
    by_mail("send", "b", status=1)
    assert not list(by_mail.folder.glob("output/b/outbox/*.eml"))


def bounced(desk: Desk, folder: Path) -> None:
    """Import the bounce of the one message in the outbox."""
    (message,) = (desk.folder / "output" / "b" / "outbox").glob("*.eml")
    identity = email.message_from_bytes(message.read_bytes())["Message-ID"]
    desk("mail", "confirm", "b", status={0, 1})
    bounce = folder / "bounce.eml"
    bounce.write_text(
        f"""From: MAILER-DAEMON@example.com
To: notices@example.com
Subject: Undelivered Mail Returned to Sender
Date: Tue, 24 Nov 2026 08:00:00 +0800
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Final-Recipient: rfc822; {MAIL}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--x
Content-Type: text/rfc822-headers

Message-ID: {identity}

--x--
""",
        encoding="utf-8",
    )
    desk("mail", "bounces", bounce, status={0, 1})


def test_a_bounce_is_a_bounce_of_every_notice(by_mail: Desk, tmp_path: Path) -> None:
    by_mail("send", "b")
    bounced(by_mail, tmp_path)
    assert states(by_mail, "email") == {"bounced"}


@pytest.mark.parametrize("owner", UNITS)
def test_a_bounce_is_not_taken_for_that_of_a_unit_which_left_the_letter(
    by_mail: Desk, tmp_path: Path, owner: Owes
) -> None:
    by_mail("send", "b")
    by_mail("withdraw", number(by_mail, owner), "--pulled", "--by", "B", "--why", "paid", status={0, 1})
    pretend_to_render(by_mail)
    by_mail("send", "b", status={0, 1})
    bounced(by_mail, tmp_path)
    rest = [each for each in UNITS if each is not owner]
    assert {state(by_mail, each, "email") for each in rest} == {"bounced"}
    assert state(by_mail, owner, "email") == "withdrawn"


# --- money ---


def statement(desk: Desk, remark: str, amount: str) -> Path:
    row = ("2026-11-25", amount, "", "别人", remark)
    return desk.table(("交易日期", "收入", "支出", "对方户名", "摘要"), [row])


def test_the_sum_of_the_letter_is_booked_to_all_units(by_mail: Desk) -> None:
    by_mail("send", "b")
    by_mail("mail", "confirm", "b")
    taken = by_mail("payment", "import", statement(by_mail, number(by_mail, FLAT), "1800.00"), "--json", status={0, 1})
    booked = {each["account"]: each["amount"] for each in taken.json["booked"]}
    assert booked == {FLAT.account: "1000.00", SHOP.account: "500.00", SPACE.account: "300.00"}
    listed = by_mail("payment", "list", "--json").json["payments"]
    assert {each["account"]: each["amount"] for each in listed} == booked


def test_another_sum_under_the_letters_number_waits_for_a_person(by_mail: Desk) -> None:
    file = statement(by_mail, number(by_mail, FLAT), "1000.00")
    taken = by_mail("payment", "import", file, "--json", status={0, 1}).json
    assert taken["booked"] == []
    assert {each["account"] for each in taken["proposed"][0]["candidates"]} == {owner.account for owner in UNITS}


def test_the_number_of_one_unit_is_booked_to_that_unit(by_mail: Desk) -> None:
    file = statement(by_mail, number(by_mail, SHOP), "123.00")
    taken = by_mail("payment", "import", file, "--json", status={0, 1}).json
    assert [each["account"] for each in taken["booked"]] == [SHOP.account]


# --- evidence ---


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # fpdf2 leaves a font open
@pytest.mark.parametrize("owner", [SPACE])
def test_the_evidence_of_a_unit_is_the_letter_in_which_its_notice_left(
    by_mail: Desk, tmp_path: Path, owner: Owes
) -> None:
    by_mail("send", "b")
    by_mail("mail", "confirm", "b")
    made = by_mail("evidence", number(by_mail, owner), "--to", tmp_path / "evidence", "--json", status={0, 1})
    assert "missing" not in made.errors + made.output
    assert (tmp_path / "evidence" / "message.eml").is_file()
    assert made.status == 0, made.errors


def test_the_evidence_says_in_which_letter_the_notice_left_and_with_what(by_mail: Desk, tmp_path: Path) -> None:
    by_mail("send", "b")
    by_mail("mail", "confirm", "b")
    with by_mail.ledger() as ledger:
        proven = prove_notice(Workspace(by_mail.folder), ledger, number(by_mail, SPACE))
    (part,) = [it for it in parts_of(proven, (), (), {}, None) if it.code == "delivery"]
    assert part.facts["in_letter"] == number(by_mail, FLAT)
    assert all(f"{owner.unit} {number(by_mail, owner)}" in str(part.facts["with_units"]) for owner in UNITS)


# --- where it is shown ---


def test_a_letter_is_exported_once_by_its_units_and_owner(on_paper: Desk, tmp_path: Path) -> None:
    found = on_paper("letter", "export", "b", "--to", tmp_path / "out", "--json").json
    files = {it["file"]: it for it in found["letters"]}
    assert set(files) == {"3-2-501、S-101、车位12 王三.pdf", "9-1-101 王三.pdf", "8-1-101 王三、李四.pdf"}
    assert {it.name for it in (tmp_path / "out").glob("*.pdf")} == set(files)
    combined = files["3-2-501、S-101、车位12 王三.pdf"]
    assert combined["notice"] == number(on_paper, FLAT)
    assert combined["accounts"] == [owner.account for owner in UNITS]
    assert "accounts" not in files["9-1-101 王三.pdf"]
    assert found["left_out"] == 0


def test_a_letter_without_its_withdrawn_unit_is_exported_under_the_units_left(on_paper: Desk, tmp_path: Path) -> None:
    on_paper("withdraw", number(on_paper, SHOP), "--by", "B", "--why", "disputed")
    pretend_to_render(on_paper)
    found = on_paper("letter", "export", "b", "--to", tmp_path / "out", "--json").json
    assert "3-2-501、车位12 王三.pdf" in {it["file"] for it in found["letters"]}
    assert len(found["letters"]) == 3
    assert found["left_out"] == 1


def test_an_account_says_in_which_letter_and_with_what(on_paper: Desk) -> None:
    shown = on_paper("account", "show", SHOP.account, "--json").json
    (notice,) = shown["notices"]
    assert (notice["letter"], set(notice["letter_accounts"])) == (
        number(on_paper, FLAT),
        {owner.account for owner in UNITS},
    )
    said = [it["text"] for it in shown["timeline"] if it["kind"] == "letter"]
    assert any(f"in letter {number(on_paper, FLAT)} with {FLAT.account}, {SPACE.account}" in text for text in said)
    (other,) = on_paper("account", "show", NAMESAKE.account, "--json").json["notices"]
    assert "letter" not in other


def test_the_report_says_in_which_letter_an_undelivered_notice_went(by_mail: Desk, tmp_path: Path) -> None:
    by_mail("send", "b")
    bounced(by_mail, tmp_path)
    letter = number(by_mail, FLAT)
    found = by_mail("report", "--json").json["undelivered"]
    assert {(it["notice"], it["letter"]) for it in found} == {(number(by_mail, owner), letter) for owner in UNITS}
    shown = by_mail("report").output
    assert f"{number(by_mail, SPACE)} (in letter {letter})" in shown
    assert f"{letter} (in letter" not in shown


class Previews:
    """Takes the place of the office: keeps the fields of the letter that is previewed."""

    fields: Mapping[str, object]

    def letter(self, _template: Path, fields: Mapping[str, object], _day: date) -> bytes:
        self.fields = fields
        return b""


def previewed(desk: Desk, owner: Owes) -> Mapping[str, object]:
    """Return the fields of the preview of an owner's letter."""
    previews = Previews()
    with desk.ledger() as ledger:
        batch, (entry,) = status.decisions(ledger, "b", owner.account)
        letter_pdf(Workspace(desk.folder), ledger, batch, entry, previews)  # type: ignore[arg-type]  # only its letter
    return previews.fields


def units_of(fields: Mapping[str, object]) -> list[str]:
    units = fields["units"]
    assert isinstance(units, list)
    return [each["unit"].replace("\u2060", "") for each in units]  # joiners hold it together beside its box


@pytest.mark.parametrize("owner", UNITS)
def test_the_preview_before_the_release_shows_the_letter_for_all_units(desk: Desk, owner: Owes) -> None:
    combining(desk)
    planned(desk, *EVERYBODY)
    fields = previewed(desk, owner)
    assert units_of(fields) == [each.unit for each in UNITS]
    assert fields["principal"] == "1,800.00"
    assert fields["unit"].replace("\u2060", "") == "3-2-501等3处"  # type: ignore[attr-defined]  # a text
    for apart in (NAMESAKE, JOINT):
        assert units_of(previewed(desk, apart)) == [apart.unit]
    desk("account", "join", FLAT.account, SHOP.account, "--apart", "--by", "Clerk")
    assert units_of(previewed(desk, SHOP)) == [SHOP.unit]
    assert units_of(previewed(desk, SPACE)) == [FLAT.unit, SPACE.unit]
    desk.set('combine = "owner"', 'combine = "unit"')
    assert units_of(previewed(desk, owner)) == [owner.unit]


def test_the_preview_is_of_the_letter_that_a_release_makes(desk: Desk) -> None:
    combining(desk)
    earlier = [Sent(FLAT, "2026-08-03"), Sent(SPACE, "2026-08-03"), Sent(SHOP, "2026-08-20")]  # the shop's another day
    desk("history", "import", desk.history(*earlier))
    owners = [replace(each, due_date="2025-06-30", due="1900.00") for each in UNITS]
    planned(desk, *owners)
    seen = {each.account: set(units_of(previewed(desk, each))) for each in owners}
    desk("approve", "b", "--by", "Releaser")
    made = desk.decisions()
    for each in owners:
        inside = made[each.account].get("letter_accounts", [each.account])
        assert {account.split("/")[1] for account in inside} == seen[each.account]
    assert seen[SHOP.account] == {SHOP.unit}
    assert seen[FLAT.account] == {FLAT.unit, SPACE.unit}


# --- an old copy of the ledger ---


@pytest.mark.parametrize(("channel", "step", "left"), [("print", "print", "handed-over"), ("email", "send", "sent")])
@pytest.mark.parametrize("heads_lost", [False, True])
def test_a_letter_that_an_old_copy_does_not_know_is_the_history_of_each_of_its_units(
    fresh_desk: Desk, tmp_path: Path, plain_pages: None, channel: str, step: str, left: str, *, heads_lost: bool
) -> None:
    desk = combining(fresh_desk.copy(tmp_path / "workspace"))
    planned(desk, *UNITS, email=MAIL if channel == "email" else "")
    copy = desk.copy_ledger(tmp_path / "old.db")
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    desk(step, "b")
    assert len(list(desk.folder.rglob("sent/*.eml"))) == (channel == "email")
    desk.put_back(copy)
    if heads_lost:
        (desk.folder / "notices.heads").unlink()
        for mark in desk.folder.rglob("*.head"):
            mark.unlink()
    desk("ledger", "reconcile", "--by", "Head", status={0, 1})
    for owner in UNITS:
        said = desk("account", "show", owner.account, "--json").json
        assert left in {it["state"] for it in said["notices"]}, said
    desk("approve", "b", "--by", "Releaser", status={0, 1, 4})
    assert not {"approved"} & states(desk, channel)


def test_letters_of_their_own_to_one_address_are_left_to_a_person_in_an_old_copy(
    fresh_desk: Desk, tmp_path: Path
) -> None:
    desk = fresh_desk.copy(tmp_path / "workspace")
    planned(desk, *UNITS, email=MAIL)
    copy = desk.copy_ledger(tmp_path / "old.db")
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    desk("send", "b", "--limit", "1")
    desk.put_back(copy)
    told = desk("ledger", "reconcile", "--by", "Head", "--json", status=1).json
    assert (len(told["unrecorded"]), told["imported"]) == (1, [])


def test_a_job_with_a_letter_for_several_units_keeps_its_places_in_an_old_copy(
    on_paper: Desk, tmp_path: Path, plain_pages: None
) -> None:
    copy = on_paper.copy_ledger(tmp_path / "old.db")
    on_paper("print", "b", status={0, 1})
    on_paper.put_back(copy)
    on_paper("ledger", "reconcile", "--by", "Head", status={0, 1})
    with on_paper.books() as books:
        assert len(books.jobs.places("b-P01")) == 3
    assert states(on_paper) == {"spooled"}
    on_paper("job", "confirm", "b-P01", status={0, 1})
    assert states(on_paper) == {"handed-over"}
