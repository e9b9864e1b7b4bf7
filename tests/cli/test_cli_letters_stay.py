"""Letters of reply that must not leave, or not twice: tampering, old ledgers, files that nobody recorded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from answered_slips import NUMBER, OTHER, OWNER, SECOND, reply_to, states_of_replies
from desk import Desk, number_of
from readable_letters import page_pdf
from replies_without_office import pretend_to_reply

from notices.flow.replies import reply_mail
from notices.ledger import Books, Ledger
from notices.model import State

JOB = "replies-P01"


@pytest.fixture
def desk(answered_desk: Desk, tmp_path: Path, plain_pages: None, plain_covers: None) -> Desk:
    """Two owners whose slips came back; what replies to them can be printed."""
    return answered_desk.copy(tmp_path / "workspace")


def with_another_pdf(desk: Desk) -> None:
    """Exchange the PDF, for one with another bank account, together with its checksum."""
    content = page_pdf((NUMBER, OWNER.owner, OWNER.unit, "6222 0000 0000 0000"))
    (desk.folder / "batches" / "b" / "replies" / f"{NUMBER}.pdf").write_bytes(content)
    desk.tamper(f"UPDATE replies SET sha256 = '{sha256(content).hexdigest()}' WHERE number = '{NUMBER}'")


def with_another_recipient(desk: Desk) -> None:
    """Change the owner's address in the list as well as in the letter."""
    desk.tamper(
        f"UPDATE accounts SET email = 'else@example.com', address = 'Elsewhere 1' WHERE email = '{OWNER.email}'",
        "UPDATE reply_deliveries SET recipient = 'else@example.com' WHERE channel = 'email'"
        f" AND reply_id IN (SELECT id FROM replies WHERE number = '{NUMBER}')",
        "UPDATE reply_deliveries SET recipient = 'Elsewhere 1' WHERE channel = 'print'"
        f" AND reply_id IN (SELECT id FROM replies WHERE number = '{NUMBER}')",
    )


def with_another_subject(desk: Desk) -> None:
    """Let the letter be about another owner's slip."""
    desk.tamper(f"UPDATE replies SET subject = 'work:7', kind = 'instalments' WHERE number = '{NUMBER}'")


@pytest.mark.parametrize("change", [with_another_pdf, with_another_recipient, with_another_subject])
@pytest.mark.parametrize("way", ["send", "print"])
def test_a_letter_whose_rows_another_program_changed_does_not_leave(
    desk: Desk, change: Callable[[Desk], None], way: str
) -> None:
    reply_to(desk, OWNER, OTHER, way=way)
    change(desk)
    said = desk("letter", way, "--json", status=1).json
    assert len(said["attention"]) == 1
    assert "another program changed" in said["attention"][0]
    assert states_of_replies(desk) == {NUMBER: "rendered", SECOND: "spooled"}


def test_the_print_jobs_of_letters_are_verified(desk: Desk) -> None:
    reply_to(desk, OWNER, OTHER, way="print")
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
    reply_to(desk, OWNER, way="print")
    old = desk.copy_ledger(tmp_path / "old.db")
    desk("letter", "print")
    desk.put_back(old)
    for mark in [*desk.folder.rglob(".head"), desk.folder / "notices.heads"]:
        mark.unlink()
    assert JOB in desk(*words, status=4).errors
    assert desk("ledger", "reconcile", "--by", "Clerk", "--json", status=1).json["unknown"] == [NUMBER]
    assert states_of_replies(desk) == {NUMBER: "spooled"}
    assert desk("letter", "print", "--json").json["job"] is None
    assert desk("ledger", "verify", "--json").json["intact"]
    (desk.folder / "output" / "replies" / "jobs" / JOB / "manifest.csv").unlink()
    assert "manifest.csv" in desk("ledger", "verify", status=1).output


@pytest.mark.parametrize("way", ["send", "print"])
def test_a_letter_that_lies_ready_is_withdrawn_only_once_it_was_taken_out(desk: Desk, way: str) -> None:
    reply_to(desk, OWNER, way=way)
    desk("letter", way)
    assert "--pulled" in desk("letter", "withdraw", NUMBER, status=4).errors
    assert states_of_replies(desk) == {NUMBER: "spooled"}
    desk("letter", "withdraw", NUMBER, "--pulled")
    assert states_of_replies(desk) == {NUMBER: "withdrawn"}


@pytest.mark.parametrize("way", ["send", "print"])
def test_a_letter_that_lies_ready_and_must_not_go_is_named_until_it_is_taken_out(desk: Desk, way: str) -> None:
    reply_to(desk, OWNER, OTHER, way=way)
    desk("letter", way)
    assert desk("letter", way, "--json").json["attention"] == []
    desk("payment", "add", OWNER.account, "--amount", "200.00", "--date", "2026-11-29")
    (told,) = desk("letter", way, "--json", status=1).json["attention"]
    assert f"notices letter withdraw {NUMBER} --pulled" in told
    desk("letter", "withdraw", NUMBER, "--pulled")
    assert desk("letter", way, "--json").json["attention"] == []


def test_a_letter_that_waits_again_lies_in_no_outbox(desk: Desk) -> None:
    reply_to(desk, OWNER)
    desk("letter", "send")
    outbox = desk.folder / "output" / "b" / "replies" / "outbox"
    assert [it.stem for it in outbox.iterdir()] == [NUMBER]
    desk("letter", "confirm", NUMBER, "--not-sent")
    assert (list(outbox.iterdir()), states_of_replies(desk)) == ([], {NUMBER: "rendered"})


@pytest.mark.parametrize("way", ["send", "print"])
def test_what_the_ledger_refuses_leaves_nothing_in_outbox_or_job_folder(
    desk: Desk, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply_to(desk, OWNER, way=way)
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
    assert states_of_replies(desk) == {NUMBER: "rendered"}
    out = desk.folder / "output"
    assert [it.name for it in [*out.rglob("*.eml"), *out.rglob("manifest.csv")]] == []


def test_a_message_with_the_letter_of_another_owner_does_not_leave(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reply_to(desk, OWNER)
    others = page_pdf((NUMBER, OTHER.owner, OTHER.unit, "第1页共1页"))
    monkeypatch.setattr(reply_mail, "_as_made", lambda *_: others)
    (attention,) = desk("letter", "send", "--json", status=1).json["attention"]
    assert "failed the check" in attention
    assert states_of_replies(desk) == {NUMBER: "rendered"}


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
    reply_to(desk, OWNER)
    desk.tamper("UPDATE replies SET file = '/etc/passwd'", "UPDATE shards SET file = '../../x'")
    said = desk("ledger", "verify", "--json", status=1).json
    assert {each["what"] for each in said["files"]} == {"missing"}
    assert len(said["broken"]) >= 2
    assert "/etc/passwd" in desk("ledger", "verify", status=1).output
