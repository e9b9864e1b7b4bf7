"""Letters of reply that must not leave, or not twice: tampering, old ledgers, files that nobody recorded."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from desk import Desk, Owes, Sent
from letters_without_office import pretend_to_render
from readable_letters import page_pdf
from replies_without_office import books_of, pretend_to_reply

from notices.flow.replies import reply_mail
from notices.ledger import Books, Ledger, StateChange
from notices.model import State
from notices.press import cover, proof
from notices.press.cover import COVER

OWNER = Owes("1-1-301", "林一山", email="lin@example.com")
OTHER = Owes("1-1-302", "陈示例", email="chen@example.com")
DAY = "2026-11-24"
NUMBER, SECOND = "SLHY-R-2026-0001", "SLHY-R-2026-0002"
JOB = "replies-P01"


@pytest.fixture(scope="module")
def answered_desk(fresh_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two letters that have left and their slips, which came back; a master to be copied."""
    desk = fresh_desk.copy(tmp_path_factory.mktemp("letters") / "workspace")
    earlier = [
        it for owner in (OWNER, OTHER) for it in (Sent(owner, "2026-08-03"), Sent(owner, "2026-09-28", "律师函"))
    ]
    desk("history", "import", desk.history(*earlier))
    desk.plan(OWNER, OTHER)
    desk("approve", "b", "--by", "Releaser")
    pretend_to_render(desk)
    with books_of(desk) as books:
        for entry in books.batches.decisions("b"):
            for way in entry.notice.deliveries if entry.notice else ():
                for state in (State.SPOOLED, State.SENT if way.channel == "email" else State.HANDED_OVER):
                    books.deliveries.set_states([StateChange(way.id, state)], by="Shop", at=datetime.now(UTC))
    for owner in (OWNER, OTHER):
        desk("slip", "set", number_of(desk, owner), "--objection", "fee-too-high", "--date", DAY)
    return desk


@pytest.fixture
def desk(answered_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return the desk; its plain pages pass the checks for print."""
    for name in ("missing_fonts", "page_problems"):
        monkeypatch.setattr(proof, name, lambda _: ())
    monkeypatch.setattr(proof, "window_problem", lambda *_: None)
    monkeypatch.setattr(cover, "write_cover", plain_cover)
    return answered_desk.copy(tmp_path / "workspace")


def plain_cover(folder: Path, *_facts: object, **_dated: object) -> str:
    (folder / COVER).write_bytes(page_pdf(["cover"]))
    return COVER


def number_of(desk: Desk, owner: Owes) -> str:
    return str(desk.decisions()[owner.account]["notice"])


def by_mail(desk: Desk, *owners: Owes) -> None:
    for place, owner in enumerate(owners, start=1):
        pretend_to_reply(desk, number_of(desk, owner), {"email": owner.email}, number=f"SLHY-R-2026-{place:04d}")


def on_paper(desk: Desk, *owners: Owes) -> None:
    for place, owner in enumerate(owners, start=1):
        pretend_to_reply(desk, number_of(desk, owner), {"print": owner.address}, number=f"SLHY-R-2026-{place:04d}")


def states(desk: Desk) -> dict[str, str]:
    found = desk("letter", "list", "--json").json["letters"]
    return {each["number"]: each["deliveries"][0]["state"] for each in found}


def tamper(desk: Desk, *statements: str) -> None:
    with closing(sqlite3.connect(desk.folder / "batches" / "ledger.db")) as ledger, ledger:
        for statement in statements:
            ledger.execute(statement)


def with_another_pdf(desk: Desk) -> None:
    """Exchange the PDF, for one with another bank account, together with its checksum."""
    content = page_pdf((NUMBER, OWNER.owner, OWNER.unit, "6222 0000 0000 0000"))
    (desk.folder / "batches" / "b" / "replies" / f"{NUMBER}.pdf").write_bytes(content)
    tamper(desk, f"UPDATE replies SET sha256 = '{sha256(content).hexdigest()}' WHERE number = '{NUMBER}'")


def with_another_recipient(desk: Desk) -> None:
    """Change the owner's address in the list as well as in the letter."""
    tamper(
        desk,
        f"UPDATE accounts SET email = 'else@example.com', address = 'Elsewhere 1' WHERE email = '{OWNER.email}'",
        "UPDATE reply_deliveries SET recipient = 'else@example.com' WHERE channel = 'email'"
        f" AND reply_id IN (SELECT id FROM replies WHERE number = '{NUMBER}')",
        "UPDATE reply_deliveries SET recipient = 'Elsewhere 1' WHERE channel = 'print'"
        f" AND reply_id IN (SELECT id FROM replies WHERE number = '{NUMBER}')",
    )


def with_another_subject(desk: Desk) -> None:
    """Let the letter be about another owner's slip."""
    tamper(desk, f"UPDATE replies SET subject = 'work:7', kind = 'instalments' WHERE number = '{NUMBER}'")


@pytest.mark.parametrize("change", [with_another_pdf, with_another_recipient, with_another_subject])
@pytest.mark.parametrize("way", ["send", "print"])
def test_a_letter_whose_rows_another_program_changed_does_not_leave(
    desk: Desk, change: Callable[[Desk], None], way: str
) -> None:
    (by_mail if way == "send" else on_paper)(desk, OWNER, OTHER)
    change(desk)
    said = desk("letter", way, "--json", status=1).json
    assert len(said["attention"]) == 1
    assert "another program changed" in said["attention"][0]
    assert states(desk) == {NUMBER: "rendered", SECOND: "spooled"}


def test_the_print_jobs_of_letters_are_verified(desk: Desk) -> None:
    on_paper(desk, OWNER, OTHER)
    assert desk("letter", "print", "--json").json["job"] == JOB
    assert desk("ledger", "verify", "--json").json["intact"]
    folder = desk.folder / "output" / "replies" / "jobs" / JOB
    (letters,) = folder.glob("letters-*.pdf")
    letters.write_bytes(page_pdf(["another account"]))
    (folder / "manifest.csv").unlink()
    faults = desk("ledger", "verify", "--json", status=1).json["files"]
    assert {(Path(it["file"]).name, it["what"]) for it in faults} == {
        (letters.name, "changed"),
        ("manifest.csv", "missing"),
    }
    shutil.rmtree(folder)
    desk("ledger", "verify", status=1)
    desk("letter", "confirm", NUMBER, SECOND)
    assert desk("ledger", "verify", "--json").json["intact"], "the shop has it"


@pytest.mark.parametrize("words", [("letter", "print"), ("send", "b"), ("approve", "b", "--by", "Releaser")])
def test_a_print_job_of_letters_alone_shows_an_old_ledger(desk: Desk, tmp_path: Path, words: tuple[str, ...]) -> None:
    on_paper(desk, OWNER)
    old = desk.copy(tmp_path / "old")
    desk("letter", "print")
    for file in (desk.folder / "batches").glob("ledger.db*"):
        file.unlink()
    shutil.copy(old.folder / "batches" / "ledger.db", desk.folder / "batches" / "ledger.db")
    for mark in [*desk.folder.rglob(".head"), desk.folder / "notices.heads"]:
        mark.unlink()
    assert JOB in desk(*words, status=4).errors
    assert desk("ledger", "reconcile", "--by", "Clerk", "--json", status=1).json["unknown"] == [NUMBER]
    assert states(desk) == {NUMBER: "spooled"}
    assert desk("letter", "print", "--json").json["job"] is None
    assert desk("ledger", "verify", "--json").json["intact"]
    (desk.folder / "output" / "replies" / "jobs" / JOB / "manifest.csv").unlink()
    assert "manifest.csv" in desk("ledger", "verify", status=1).output


@pytest.mark.parametrize("way", ["send", "print"])
def test_a_letter_that_lies_ready_is_withdrawn_only_once_it_was_taken_out(desk: Desk, way: str) -> None:
    (by_mail if way == "send" else on_paper)(desk, OWNER)
    desk("letter", way)
    assert "--pulled" in desk("letter", "withdraw", NUMBER, status=4).errors
    assert states(desk) == {NUMBER: "spooled"}
    desk("letter", "withdraw", NUMBER, "--pulled")
    assert states(desk) == {NUMBER: "withdrawn"}


@pytest.mark.parametrize("way", ["send", "print"])
def test_a_letter_that_lies_ready_and_must_not_go_is_named_until_it_is_taken_out(desk: Desk, way: str) -> None:
    (by_mail if way == "send" else on_paper)(desk, OWNER, OTHER)
    desk("letter", way)
    assert desk("letter", way, "--json").json["attention"] == []
    desk("payment", "add", OWNER.account, "--amount", "200.00", "--date", "2026-11-29")
    (told,) = desk("letter", way, "--json", status=1).json["attention"]
    assert f"notices letter withdraw {NUMBER} --pulled" in told
    desk("letter", "withdraw", NUMBER, "--pulled")
    assert desk("letter", way, "--json").json["attention"] == []


def test_a_letter_that_waits_again_lies_in_no_outbox(desk: Desk) -> None:
    by_mail(desk, OWNER)
    desk("letter", "send")
    outbox = desk.folder / "output" / "b" / "replies" / "outbox"
    assert [it.stem for it in outbox.iterdir()] == [NUMBER]
    desk("letter", "confirm", NUMBER, "--not-sent")
    assert (list(outbox.iterdir()), states(desk)) == ([], {NUMBER: "rendered"})


@pytest.mark.parametrize("way", ["send", "print"])
def test_what_the_ledger_refuses_leaves_nothing_in_outbox_or_job_folder(
    desk: Desk, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (by_mail if way == "send" else on_paper)(desk, OWNER)
    begin = Ledger.begin

    @contextmanager
    def refused_at_the_end(ledger: Ledger) -> Iterator[Books]:
        with begin(ledger) as books:
            yield books
            if books.replies.find(NUMBER).deliveries[0].state is State.SPOOLED:
                raise OSError("the connection broke")

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "begin", refused_at_the_end)
        assert "connection broke" in desk("letter", way, status=3).errors
    assert states(desk) == {NUMBER: "rendered"}
    out = desk.folder / "output"
    assert [it.name for it in [*out.rglob("*.eml"), *out.rglob("manifest.csv")]] == []


def test_a_message_with_the_letter_of_another_owner_does_not_leave(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    by_mail(desk, OWNER)
    others = page_pdf((NUMBER, OTHER.owner, OTHER.unit, "第1页共1页"))
    monkeypatch.setattr(reply_mail, "_as_made", lambda *_: others)
    (attention,) = desk("letter", "send", "--json", status=1).json["attention"]
    assert "failed the check" in attention
    assert states(desk) == {NUMBER: "rendered"}


def resolved(desk: Desk, place: int, subject: str) -> None:
    notice, number = number_of(desk, OWNER), f"SLHY-R-2026-{place:04d}"
    told = {"kind": "resolved", "subject": subject, "principal": "1200.00", "number": number}
    pretend_to_reply(desk, notice, {"email": OWNER.email}, **told)


def test_an_owner_is_told_once_that_something_was_put_right(desk: Desk) -> None:
    resolved(desk, 1, "work:1")
    resolved(desk, 2, "work:1,2")
    said = desk("letter", "send", "--json", status=1).json
    assert said["states"] == {SECOND: "spooled"}
    assert SECOND in said["attention"][0]
    resolved(desk, 3, "work:2,3")
    desk("letter", "withdraw", NUMBER)
    assert desk("letter", "send", "--json", status=1).json["states"] == {}


@pytest.mark.parametrize("kind", ["resolved", "instalments"])
def test_a_letter_is_not_dated_further_ahead_than_a_plan(desk: Desk, kind: str) -> None:
    said = desk("letter", "make", OWNER.account, "--kind", kind, "--date", "2099-01-01", status=2).errors
    assert "plan_ahead_days" in said
    assert "plan_ahead_days" in desk("answer", "b", "--date", "2099-01-01", status=2).errors


def test_a_path_outside_the_workspace_that_somebody_wrote_into_a_row_is_a_changed_row(desk: Desk) -> None:
    by_mail(desk, OWNER)
    tamper(desk, "UPDATE replies SET file = '/etc/passwd'", "UPDATE shards SET file = '../../x'")
    said = desk("ledger", "verify", "--json", status=1).json
    assert {each["what"] for each in said["files"]} == {"missing"}
    assert len(said["broken"]) >= 2
    assert "/etc/passwd" in desk("ledger", "verify", status=1).output
