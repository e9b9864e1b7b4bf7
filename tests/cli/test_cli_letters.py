"""Letters of reply leave as any letter does: once, within limits, recorded before and after, while they are true."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from answered_slips import DAY, NUMBER, OTHER, OWNER, SECOND, reply_to, states_of_replies
from desk import Desk, held_elsewhere, number_of
from mail_server import DROP, TAKE_AND_DROP, Answers, Server, mail_server
from readable_letters import page_pdf
from replies_without_office import pretend_to_reply
from returned_mail import delivery_status, notice

from notices.flow.replies import answer, leaving
from notices.flow.replies.making import ReplyOrder, ReplyRecorder
from notices.flow.workspace import Workspace
from notices.ledger import Ledger, ReplyChange
from notices.model import CaseKey, Hold, HoldKind, Payment, State


@pytest.fixture
def desk(answered_desk: Desk, tmp_path: Path) -> Desk:
    """Two owners whose slips came back."""
    return answered_desk.copy(tmp_path / "workspace")


@contextmanager
def served(desk: Desk, replies: Answers | None = None, more: str = "") -> Iterator[Server]:
    with mail_server(replies) as server:
        desk.use_smtp(server.port, more)
        yield server


def test_a_letter_is_sent_once_over_a_real_connection(desk: Desk) -> None:
    reply_to(desk, OWNER, OTHER)
    with served(desk) as server:
        assert desk("letter", "send", "--json").json == {"states": {NUMBER: "sent", SECOND: "sent"}, "attention": []}
        assert desk("letter", "send", "--json").json["states"] == {}
    assert [taken.recipient for taken in server.taken] == [OWNER.email, OTHER.email]
    kept = (desk.folder / "batches" / "b" / "replies" / f"{NUMBER}.eml").read_bytes()
    assert kept == server.taken[0].content
    assert server.connections == 1
    assert desk("ledger", "verify", "--json").json["intact"]


def test_the_limit_of_messages_counts_notices_and_letters_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reply_to(desk, OWNER, OTHER)
    paused: list[float] = []
    monkeypatch.setattr("notices.interrupts.DeferredInterrupt.pause", lambda _self, seconds: paused.append(seconds))
    with served(desk, more="per_hour = 1"):
        desk("letter", "send", NUMBER)
        assert paused == []
        monkeypatch.setattr("notices.interrupts.DeferredInterrupt.pause", lambda _self, seconds: _stop(paused, seconds))
        desk("letter", "send", SECOND, status=130)
    assert 3500 < paused[0] <= 3600, "the letter of the first run counts"
    assert states_of_replies(desk) == {NUMBER: "sent", SECOND: "rendered"}


def _stop(paused: list[float], seconds: float) -> None:
    paused.append(seconds)
    raise KeyboardInterrupt


def test_a_server_that_limits_us_ends_the_run_and_blames_no_address(desk: Desk) -> None:
    reply_to(desk, OWNER, OTHER)
    with served(desk, {"MAIL": "550 5.7.1 sending frequency limit exceeded"}) as server:
        refused = desk("letter", "send", status=3)
    assert "limits our mail" in refused.errors
    assert "notices letter send" in refused.errors
    assert len(server.told("MAIL")) == 1
    assert states_of_replies(desk) == {NUMBER: "rendered", SECOND: "rendered"}
    with served_again(desk) as server:
        assert desk("letter", "send", "--json").json["states"] == {NUMBER: "sent", SECOND: "sent"}
    assert len(server.taken) == 2


@contextmanager
def served_again(desk: Desk) -> Iterator[Server]:
    with mail_server() as server:
        text = (desk.folder / "notices.toml").read_text(encoding="utf-8")
        (told,) = re.findall(r"port = \d+\nsecurity", text)
        desk.set(told, f"port = {server.port}\nsecurity")
        yield server


def test_a_deferred_letter_waits_its_time_and_a_refused_one_is_told(desk: Desk) -> None:
    reply_to(desk, OWNER, OTHER)
    busy = {"RCPT": lambda line: "451 try later" if OWNER.email in line else "550 5.1.1 no such user"}
    with served(desk, busy) as server:
        first = desk("letter", "send", "--json", status=1).json
        assert first["states"] == {NUMBER: "deferred", SECOND: "refused"}
        again = desk("letter", "send", "--json", status=1).json
        assert (again["states"], len(again["attention"])) == ({}, 1)
        assert len(server.told("RCPT")) == 2
        assert desk("letter", "send", "--any-hour", "--json", status=1).json["states"] == {NUMBER: "deferred"}


def test_a_lost_answer_of_the_server_is_unknown_until_a_person_says(desk: Desk) -> None:
    reply_to(desk, OWNER)
    with served(desk, {"content": TAKE_AND_DROP}) as server:
        assert desk("letter", "send", "--json", status=1).json["states"] == {NUMBER: "unknown"}
        assert desk("letter", "send", "--json").json["states"] == {}
    assert len(server.taken) == 1
    assert ("settle", NUMBER) in todo(desk)
    assert desk("letter", "confirm", NUMBER, "--json").json == {"states": {NUMBER: "sent"}}


def test_a_server_that_drops_the_connection_takes_nothing_twice(desk: Desk) -> None:
    reply_to(desk, OWNER)
    with served(desk, {"MAIL": [DROP, DROP]}) as server:
        assert desk("letter", "send", "--json").json["states"] == {NUMBER: "sent"}
    assert len(server.taken) == 1


def test_an_interrupted_attempt_is_not_made_again(desk: Desk) -> None:
    reply_to(desk, OWNER)
    with desk.books() as books:
        way = books.replies.find(NUMBER).deliveries[0]
        books.replies.set_states([ReplyChange(way.id, State.SENDING)], by="Clerk", at=datetime.now(UTC))
    with served(desk) as server:
        assert desk("letter", "send", "--json").json["states"] == {}
    assert (server.taken, states_of_replies(desk)) == ([], {NUMBER: "unknown"})


def test_two_commands_do_not_let_letters_leave_at_once(desk: Desk) -> None:
    reply_to(desk, OWNER)
    with held_elsewhere(desk.folder / "batches" / ".letters.lock"):
        assert "Another command" in desk("letter", "send", status=4).errors
        assert "Another command" in desk("letter", "print", status=4).errors


def test_mail_leaves_in_office_hours_only(desk: Desk) -> None:
    reply_to(desk, OWNER)
    closed = "23:58-23:59" if time.localtime().tm_hour < 12 else "00:01-00:02"
    with served(desk, more=f'office_hours = "{closed}"') as server:
        assert "--any-hour" in desk("letter", "send", status=4).errors
        assert desk("letter", "send", "--any-hour", "--json").json["states"] == {NUMBER: "sent"}
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (("payment", "add", OWNER.account, "--amount", "200.00", "--date", "2026-11-20"), "a payment of 200.00 yuan"),
        (("payment", "add", OWNER.account, "--amount", "1200.00", "--date", "2026-11-29"), "owes nothing any more"),
        (("hold", "add", OWNER.account, "--kind", "disputed"), "disputed"),
        (("hold", "add", OWNER.account, "--kind", "do-not-contact"), "do-not-contact"),
    ],
)
def test_what_was_recorded_since_it_was_made_stops_a_letter(desk: Desk, since: tuple[str, ...], told: str) -> None:
    reply_to(desk, OWNER, OTHER)
    on_paper = {"kind": "resolved", "subject": "work:1", "principal": "1200.00", "number": "SLHY-R-2026-0003"}
    pretend_to_reply(desk, number_of(desk, OWNER), {"print": OWNER.address}, **on_paper)
    desk(*since)
    (attention,) = desk("letter", "send", NUMBER, "--json", status=1).json["attention"]
    assert told in attention
    assert states_of_replies(desk)[NUMBER] == "rendered"
    assert desk("letter", "send", SECOND, "--json").json["states"] == {SECOND: "spooled"}
    printed = desk("letter", "print", "--json", status=1).json
    assert (printed["job"], told in printed["attention"][0]) == (None, True)


@pytest.mark.parametrize("wish", [None, "paper-only"])
def test_a_letter_does_not_go_where_its_owner_is_no_longer_reached(desk: Desk, wish: str | None) -> None:
    reply_to(desk, OWNER, OTHER)
    if wish is None:
        desk.plan(replace(OWNER, email="moved@example.com"), OTHER, batch="c", list_date="2026-11-29")
    else:
        desk("hold", "add", OWNER.account, "--kind", wish)
    said = desk("letter", "send", "--json", status=1).json
    assert (said["states"], NUMBER in said["attention"][0]) == ({SECOND: "spooled"}, True)
    assert "another address" in said["attention"][0]


def test_an_answer_that_left_while_another_was_made_stays_on_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply_to(desk, OWNER)
    content = (desk.folder / "batches" / "b" / "replies" / f"{NUMBER}.pdf").read_bytes()
    desk("slip", "set", number_of(desk, OWNER), "--objection", "fee-too-high", "--note", "again", "--date", DAY)

    def sent_meanwhile(*_: object) -> tuple[tuple[()], tuple[()]]:
        with desk.books() as books:
            way = books.replies.find(NUMBER).deliveries[0]
            for state in (State.SENDING, State.SENT):
                books.replies.set_states([ReplyChange(way.id, state)], by="Other", at=datetime.now(UTC))
        return (), ()

    monkeypatch.setattr(answer, "make_replies", sent_meanwhile)
    desk("answer", number_of(desk, OWNER), status={0, 1})
    assert states_of_replies(desk) == {NUMBER: "sent"}
    assert (desk.folder / "batches" / "b" / "replies" / f"{NUMBER}.pdf").read_bytes() == content


@pytest.mark.parametrize("what", ["payment", "hold"])
def test_what_was_recorded_since_counts_whatever_the_clocks_say(desk: Desk, what: str) -> None:
    reply_to(desk, OWNER)
    behind, case = datetime(2020, 1, 1, tzinfo=UTC), CaseKey.of(OWNER.estate, OWNER.unit, (OWNER.owner,))
    with desk.books() as books:
        if what == "payment":
            books.payments.add(case, Payment(date(2026, 11, 24), Decimal(200)), by="Other", at=behind)
        else:
            books.holds.add(case, Hold(HoldKind.DISPUTED, date(2026, 11, 24)), by="Other", at=behind)
    assert desk("letter", "send", "--json", status=1).json["states"] == {}


def test_a_letter_that_left_is_not_said_to_be_withdrawn(desk: Desk) -> None:
    reply_to(desk, OWNER, OTHER)
    desk("letter", "send")
    desk("letter", "confirm", NUMBER)
    desk("letter", "withdraw", NUMBER, SECOND, status=4)
    assert states_of_replies(desk) == {NUMBER: "sent", SECOND: "spooled"}
    desk("letter", "withdraw", SECOND, "--pulled")
    assert [it.stem for it in (desk.folder / "output" / "b" / "replies" / "outbox").iterdir()] == [NUMBER]


def test_a_letter_made_again_does_not_replace_the_file_of_one_that_left_meanwhile(desk: Desk, tmp_path: Path) -> None:
    reply_to(desk, OWNER)
    kept = desk.folder / "batches" / "b" / "replies" / f"{NUMBER}.pdf"
    content = kept.read_bytes()
    (tmp_path / "made.pdf").write_bytes(page_pdf((NUMBER, "another text")))
    workspace = Workspace(desk.folder)
    with desk.books() as books:
        reply = books.replies.find(NUMBER)
        entry = books.replies.entry_of(reply)
        for state in (State.SENDING, State.SENT):
            books.replies.set_states([ReplyChange(reply.deliveries[0].id, state)], by="Other", at=datetime.now(UTC))
    draft = SimpleNamespace(
        number=NUMBER,
        kind="answer",
        subject=reply.subject,
        entry=entry,
        notice_id=reply.notice_id,
        principal=None,
        channels={},
        silent=(),
        objections=(),
        occasion=SimpleNamespace(estate=workspace.settings.estates[0]),
        file=tmp_path / "clerk.pdf",
    )
    order = ReplyOrder("Clerk", datetime.now(UTC), date(2026, 11, 30))
    with closing(Ledger.open(workspace.ledger_url)) as ledger:
        recorder = ReplyRecorder(
            workspace=workspace, ledger=ledger, order=order, drafts={}, progress=lambda *_: None, total=1
        )
        recorder._keep(draft, tmp_path / "made.pdf", 1)  # type: ignore[arg-type]  # what it needs of a draft
    assert (recorder.made, len(recorder.attention), kept.read_bytes()) == ([], 1, content)


def test_what_was_cut_off_on_its_way_into_the_outbox_does_not_stay_there(desk: Desk) -> None:
    reply_to(desk, OWNER)
    outbox = desk.folder / "output" / "b" / "replies" / "outbox"
    outbox.mkdir(parents=True)
    (outbox / f"{NUMBER}.eml").write_text("written, and never recorded")
    desk("payment", "add", OWNER.account, "--amount", "1200.00", "--date", "2026-11-29")
    desk("letter", "send", status=1)
    assert not list(outbox.iterdir())


def todo(desk: Desk) -> set[tuple[str, str]]:
    found = desk("todo", "--as-of", "2026-12-01", "--json").json["items"]
    return {(each["kind"], each["text"].split(":")[0]) for each in found if each["kind"] in {"letter", "settle"}}


def test_a_letter_that_bounces_is_matched_and_made_again_for_paper(desk: Desk) -> None:
    reply_to(desk, OWNER)
    with served(desk) as server:
        desk("letter", "send")
    identity = str(server.taken[0].message["Message-ID"])
    returned = desk.folder / "bounce.eml"
    returned.write_bytes(
        delivery_status(
            to=OWNER.email,
            diagnostic=f"smtp; 550 5.1.1 <{OWNER.email}>: User unknown",
            original=notice(identity, OWNER.email),
        )
    )
    (found,) = desk("mail", "bounces", returned, "--json").json["messages"]
    assert (found["notice"], found["recorded"], found["state"]) == (NUMBER, True, "bounced")
    (again,) = desk("mail", "bounces", returned, "--json").json["messages"]
    assert (again["recorded"], again["state"]) == (False, "bounced")
    assert ("letter", NUMBER) in todo(desk), "somebody has to find another way"
    with desk.books() as books:
        reply = books.replies.find(NUMBER)
        assert books.replies.answered_slips() == frozenset()
        assert [each.status for each in books.replies.reports_of(reply.deliveries[0].id)] == ["5.1.1"]
    pretend_to_reply(desk, number_of(desk, OWNER), {"print": "示例路1号"}, number=SECOND)
    assert states_of_replies(desk) == {NUMBER: "bounced", SECOND: "rendered"}


def test_the_carrier_and_a_person_say_what_became_of_a_letter(desk: Desk) -> None:
    for place, owner in enumerate((OWNER, OTHER), start=1):
        pretend_to_reply(desk, number_of(desk, owner), {"print": "示例路1号"}, number=f"SLHY-R-2026-{place:04d}")
    desk("delivery", "set", NUMBER, "--channel", "print", "--result", "delivered", "--date", "2026-11-30", status=4)
    with desk.books() as books:
        for number in (NUMBER, SECOND):
            way = books.replies.find(number).deliveries[0]
            books.replies.set_states(
                [ReplyChange(way.id, State.SPOOLED, job="replies-P01")], by="Clerk", at=datetime.now(UTC)
            )
    rows = [(NUMBER, "1234567890123", "妥投", "2026-11-30")]
    table = desk.table(("内件编号", "邮件号", "投递状态", "投递日期"), rows)
    assert desk("delivery", "import", table, "--json").json["new"] == 1
    assert states_of_replies(desk)[NUMBER] == "delivered"
    words = ("delivery", "set", SECOND, "--channel", "print", "--result", "refused-by-addressee")
    told = desk(*words, "--date", "2026-11-30", "--json").json
    assert (told["notice"], told["state"]) == (SECOND, "returned")
    assert states_of_replies(desk)[SECOND] == "returned"
    desk("delivery", "set", SECOND, "--channel", "email", "--result", "bounced", "--date", "2026-11-30", status=4)


def test_letters_that_wait_are_named(desk: Desk) -> None:
    reply_to(desk, OWNER)
    assert ("letter", NUMBER) in todo(desk)
    assert desk("status", "--json").json["letters"] == {"rendered": 1}
    assert "notices letter" in desk("status").errors
    shown = desk("account", "show", OWNER.account, "--json").json
    (letter,) = shown["letters"]
    assert (letter["number"], letter["kind"], letter["notice"]) == (NUMBER, "answer", number_of(desk, OWNER))
    assert NUMBER in {it["notice"] for it in shown["timeline"]}
    desk("letter", "send")
    assert ("letter", NUMBER) in todo(desk), "it lies in the outbox"
    desk("letter", "confirm", NUMBER)
    assert todo(desk) == set()


def test_kept_files_of_letters_are_verified(desk: Desk) -> None:
    reply_to(desk, OWNER)
    desk("letter", "send")
    assert desk("ledger", "verify", "--json").json["intact"]
    kept = desk.folder / "batches" / "b" / "replies"
    (kept / f"{NUMBER}.pdf").write_bytes(b"%PDF-1.7 other")
    (kept / f"{NUMBER}.eml").unlink()
    faults = desk("ledger", "verify", "--json", status=1).json["files"]
    assert {(Path(each["file"]).name, each["what"]) for each in faults} == {
        (f"{NUMBER}.pdf", "changed"),
        (f"{NUMBER}.eml", "missing"),
    }


def test_an_old_ledger_put_back_sends_no_letter_a_second_time(desk: Desk, tmp_path: Path) -> None:
    reply_to(desk, OWNER, OTHER)
    before = desk.copy_ledger(tmp_path / "old.db")
    with served(desk) as server:
        desk("letter", "send", NUMBER)
        desk.put_back(before)
        for words in (("letter", "send"), ("letter", "print"), ("answer", "b"), ("letter", "confirm", NUMBER)):
            assert "notices ledger reconcile" in desk(*words, status=4).errors, words
        done = desk("ledger", "reconcile", "--by", "Clerk", "--json", status=1).json
        assert done["unknown"] == [NUMBER]
        assert any("notices letter confirm" in told for told in done["attention"])
        assert desk("letter", "send", "--json").json["states"] == {SECOND: "sent"}
    assert [taken.recipient for taken in server.taken] == [OWNER.email, OTHER.email]
    assert states_of_replies(desk) == {NUMBER: "unknown", SECOND: "sent"}


def test_a_letter_that_the_old_ledger_has_never_heard_of_is_recorded_again(desk: Desk, tmp_path: Path) -> None:
    before = desk.copy_ledger(tmp_path / "old.db")
    reply_to(desk, OWNER)
    with served(desk) as server:
        desk("letter", "send")
        desk.put_back(before)
        done = desk("ledger", "reconcile", "--by", "Clerk", "--json", status=1).json
        assert done["unknown"] == [NUMBER]
        with desk.books() as books:
            assert books.replies.numbers("SLHY-R-2026-{seq:04d}", 1) == [SECOND]
        pretend_to_reply(desk, number_of(desk, OWNER), {"email": OWNER.email}, number=SECOND)
        asked = desk("letter", "send", "--json", status=1).json
        assert (asked["states"], NUMBER in asked["attention"][0]) == ({}, True)
        assert desk("letter", "send", SECOND, "--json").json["states"] == {SECOND: "sent"}, "a person said so"
    assert len(server.taken) == 2


def test_without_a_file_of_heads_the_copies_show_what_left(desk: Desk, tmp_path: Path) -> None:
    reply_to(desk, OWNER)
    before = desk.copy_ledger(tmp_path / "old.db")
    desk("letter", "send")
    desk.put_back(before)
    for mark in [*desk.folder.rglob(".head"), desk.folder / "notices.heads"]:
        mark.unlink()
    assert f"{NUMBER}.eml" in desk("letter", "send", status=4).errors
    assert desk("ledger", "reconcile", "--by", "Clerk", "--json", status=1).json["unknown"] == [NUMBER]
    assert states_of_replies(desk) == {NUMBER: "unknown"}


def test_a_job_of_letters_that_the_ledger_does_not_know_is_kept_and_its_name_not_given_again(tmp_path: Path) -> None:
    for name, number in (("replies-P01", "SLHY-R-2026-0009"), ("replies-P02", NUMBER)):
        cells = ("1", number, "答复函", "示例花园", "1-1-301", "林一山", "", "", "1", "1", "1", "l.pdf", "1", *[""] * 4)
        (tmp_path / name).mkdir()
        with (tmp_path / name / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["heading"] * len(cells), cells])
    assert [each.name for each in leaving.spoiled_jobs(tmp_path, set(), [NUMBER])] == ["replies-P02"]
