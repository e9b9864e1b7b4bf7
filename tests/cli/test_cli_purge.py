"""The purge command: personal data of settled cases go for good, figures stay, and the ledger still verifies."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from desk import Desk
from purge_desk import OWING, PAID, SETTLED_BEFORE
from replies_without_office import pretend_to_reply

from notices.flow.replies import leaving
from notices.ledger import schema
from notices.ledger.purging import BLANKED
from notices.post import file_stem

# Columns of the tables with owners' data that stay, because they are figures, or name no owner.
KEPT = {
    "accounts": "id batch_id list_id estate unit shown_unit case_owners owners key building written_unit owner_kind",
    "charges": "account_id position item due_date due paid waived period_start period_end period_text rate balance"
    " days_late late_fee claimable",
    "decisions": "id account_id action reason tier principal late_fee total oldest_due days_overdue scope"
    " limitation_date channels warnings handler",
    "notices": "id decision_id imported number estate unit owner case_owners tier tier_rank case_no continues_id date"
    " deadline principal late_fee total approval_id entered_at",
    "deliveries": "id notice_id channel state since on attempt server_code cause letter_id",
    "reports": "id key delivery_id kind final status dated by entered_at",
    "slips": "id notice_id fingerprint source objections promise received by entered_at",
    "holds": "id estate unit case_owners kind registered until amount by entered_at lifted_on lifted_by",
    "payments": "id estate unit case_owners date amount by entered_at entered_event",
    "payment_reversals": "id payment_id by entered_at",
    "scans": "id notice_id slip_id sha256 page received objections signed by entered_at",
    "work_orders": "id notice_id slip_id estate unit case_owners objection handler opened_on due by entered_at"
    " closed_on closed_by",
    "replies": "id number kind subject estate unit case_owners account_id notice_id principal date sha256 pages by"
    " entered_at",
    "reply_deliveries": "id reply_id channel state since on cause job attempt server_code",
    "reply_reports": "id key delivery_id kind final status dated by entered_at",
    "statement_lines": "id key format file row date amount returned waiting state why by entered_at settled_by"
    " settled_at",
}
# Tables without owners' data, and those whose rows of purged cases are deleted.
WITHOUT = {
    *(
        "batches",
        "lists",
        "approvals",
        "shards",
        "events",
        "instalments",
        "payment_answers",
        "claims",
        "renames",
        "rename_reversals",
        "joins",
    ),
    *(
        "series",
        "jobs",
        "job_items",
        "commands",
        "handovers",
        "handover_files",
        "touched",
        "seals",
        "statement_bookings",
        "users",
        "turns",
        "files",  # dropped with the file itself, when the turn ends
    ),
}


def purge(desk: Desk, *more: str, before: str = SETTLED_BEFORE) -> dict[str, object]:
    document: dict[str, object] = desk("purge", "--settled-before", before, "--by", "Keeper", *more, "--json").json
    return document


def traces(desk: Desk, *words: str) -> list[str]:
    """Return the files of the workspace that still hold one of these words, the ledger's free pages included."""
    found = []
    for path in desk.folder.rglob("*"):
        if path.is_file() and "lists" not in path.relative_to(desk.folder).parts[:1]:
            content = path.read_bytes()
            forms = [form for word in words for form in (word.encode(), json.dumps(word).strip('"').encode())]
            if any(form in content for form in forms):
                found.append(path.relative_to(desk.folder).as_posix())
    return found


def test_a_trial_names_what_would_go_and_changes_nothing(sent: Desk) -> None:
    rows = sent.rows()
    planned = purge(sent, "--dry-run")
    assert (planned["cases"], planned["dry_run"]) == (1, True)
    assert any(str(file).endswith(".eml") for file in planned["removed"])  # type: ignore[attr-defined]
    assert [each["cases"] for each in planned["waiting"]] == [1]  # type: ignore[attr-defined]
    assert sent.rows() == rows


def test_the_personal_data_of_a_settled_case_are_gone_from_ledger_and_files_but_for_the_shared_list(sent: Desk) -> None:
    number = sent.decisions()[PAID.account]["notice"]
    done = purge(sent)
    (waiting,) = done["waiting"]  # type: ignore[misc]
    assert traces(sent, PAID.owner, PAID.email, "门口灯坏了") == [waiting["file"]]
    assert not (sent.folder / "batches" / "b" / "sent" / f"{file_stem(number)}.eml").exists()
    assert len(list((sent.folder / "output" / "b" / "letters").glob("*.pdf"))) == 1


def test_messages_and_print_jobs_of_letters_of_reply_are_forgotten_with_their_owners(
    sent: Desk, plain_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_to_reply(sent, str(sent.decisions()[PAID.account]["notice"]), {"print": PAID.address})
    for place, (owner, way) in enumerate(((PAID, "email"), (OWING, "print")), start=2):
        to = {way: owner.email if way == "email" else owner.address}
        notice, subject = str(sent.decisions()[owner.account]["notice"]), f"work:{place}"
        pretend_to_reply(sent, notice, to, subject=subject, number=f"SLHY-R-2026-000{place}")
    monkeypatch.setattr(leaving, "why_stopped", lambda *_, **__: None)  # one owes nothing any more
    sent("letter", "send")
    sent("letter", "print", "SLHY-R-2026-0001")
    sent("letter", "print", "SLHY-R-2026-0003")
    sent("letter", "confirm", *(f"SLHY-R-2026-000{place}" for place in (1, 2, 3)))
    done = purge(sent)
    (waiting,) = done["waiting"]  # type: ignore[misc]
    assert traces(sent, PAID.owner, PAID.email) == [waiting["file"]]
    jobs = sent.folder / "output" / "replies" / "jobs"
    assert [it.name for it in jobs.iterdir()] == ["replies-P02"]
    assert sent("ledger", "verify", "--json").json["intact"]


def test_a_print_job_of_several_owners_letters_waits_for_all_of_them(
    sent: Desk, plain_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, owner in enumerate((PAID, OWING), start=1):
        notice, number = str(sent.decisions()[owner.account]["notice"]), f"SLHY-R-2026-000{place}"
        pretend_to_reply(sent, notice, {"print": owner.address}, subject=f"work:{place}", number=number)
    monkeypatch.setattr(leaving, "why_stopped", lambda *_, **__: None)
    sent("letter", "print")
    sent("letter", "confirm", "SLHY-R-2026-0001", "SLHY-R-2026-0002")
    waiting = {it["file"]: it["cases"] for it in purge(sent)["waiting"]}  # type: ignore[attr-defined]
    assert waiting["output/replies/jobs/replies-P01"] == 1
    assert sent("ledger", "verify", "--json").json["intact"]


def test_a_case_stays_while_a_letter_of_reply_lies_ready(sent: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    notice = str(sent.decisions()[PAID.account]["notice"])
    pretend_to_reply(sent, notice, {"email": PAID.email}, subject="work:1")
    monkeypatch.setattr(leaving, "why_stopped", lambda *_, **__: None)
    sent("letter", "send")
    assert purge(sent)["cases"] == 0
    sent("letter", "confirm", "SLHY-R-2026-0001")
    assert purge(sent)["cases"] == 1


def test_the_chain_still_verifies_and_the_event_says_who_purged(sent: Desk) -> None:
    purge(sent)
    proved = sent("ledger", "verify", "--json").json
    assert (proved["intact"], proved["broken"], proved["files"]) == (True, [], [])
    with closing(sqlite3.connect(sent.folder / "batches" / "ledger.db")) as ledger:
        said = ledger.execute("SELECT by, data FROM events WHERE kind = 'cases-purged'").fetchall()
        salts = ledger.execute("SELECT count(*) FROM events WHERE salt IS NULL").fetchone()
    assert [(by, json.loads(data)["cases"]) for by, data in said] == [("Keeper", 1)]
    assert salts[0] > 5


def test_figures_stay(sent: Desk) -> None:
    before = [(it["principal"], it["action"], it["tier"]) for it in sent.decisions().values()]
    purge(sent)
    assert sorted((it["principal"], it["action"], it["tier"]) for it in sent.decisions().values()) == sorted(before)
    (slip,) = sent("slip", "list", "b", "--json").json["slips"]
    assert (slip["objections"], slip["note"]) == (["service-poor"], "")


def test_a_case_that_owes_is_paid_too_late_or_is_disputed_stays(sent: Desk) -> None:
    assert purge(sent, before="2025-12-01")["cases"] == 0
    sent("hold", "add", PAID.account, "--kind", "disputed", "--note", "x", "--by", "Clerk")
    assert purge(sent)["cases"] == 0
    assert OWING.account in sent.decisions()


def test_a_shared_list_goes_with_the_last_of_its_cases(sent: Desk) -> None:
    purge(sent)
    amount = sent.decisions()[OWING.account]["principal"]
    sent("payment", "add", OWING.account, "--amount", amount, "--date", "2025-12-20", "--by", "Cashier")
    done = purge(sent)
    assert (done["cases"], done["waiting"]) == (1, [])
    assert traces(sent, PAID.owner, OWING.owner) == []
    assert sent("ledger", "verify", "--json").json["intact"] is True
    assert purge(sent)["cases"] == 0


def test_a_file_outside_the_workspace_that_somebody_wrote_into_the_ledger_is_not_removed(sent: Desk) -> None:
    precious = sent.folder.parent / "precious.pdf"
    precious.write_bytes(b"precious")
    sent.tamper("UPDATE shards SET file = '../precious.pdf'")
    told = sent("purge", "--settled-before", SETTLED_BEFORE, "--by", "Keeper", status=4).errors
    assert "outside the workspace" in told
    assert precious.read_bytes() == b"precious"
    assert PAID.owner in str(sent.decisions())


def test_evidence_of_a_purged_notice_is_refused_in_clear_words(sent: Desk, tmp_path: Path) -> None:
    number = sent.decisions()[PAID.account]["notice"]
    purge(sent)
    assert "purged" in sent("evidence", number, "--to", tmp_path / "evidence", status=4).errors
    assert not (tmp_path / "evidence").exists()


def test_a_purged_owner_is_not_taken_to_court(sent: Desk, tmp_path: Path) -> None:
    purge(sent)
    refused = sent("court", PAID.account, "--to", tmp_path / "court", status={2, 4}).errors
    assert PAID.account in refused
    assert not (tmp_path / "court").exists()


def test_a_day_in_the_future_is_a_mistake(desk: Desk) -> None:
    desk("purge", "--settled-before", "2999-01-01", "--by", "Keeper", status=2)


def test_every_column_is_kept_or_blanked_on_purpose() -> None:
    known = {table.name: set(values) | set(KEPT[table.name].split()) for table, values in BLANKED.items()}
    assert known == {name: set(schema.metadata.tables[name].c.keys()) for name in known}
    assert set(schema.metadata.tables) == set(known) | WITHOUT


def test_a_rename_that_was_taken_back_is_forgotten_with_either_of_its_names(sent: Desk) -> None:
    nobody = PAID.account.replace("甲一某", "甲一谋")
    sent("account", "rename", PAID.account, nobody)
    sent("account", "rename", PAID.account, nobody, "--undo")
    assert purge(sent)["cases"] == 1
    rows = sent.rows()
    assert (rows["renames"], rows["rename_reversals"]) == ([], [])
    sent("ledger", "verify")


def test_nothing_of_a_purged_case_is_to_do_and_no_slip_of_it_is_taken(sent: Desk) -> None:
    number = sent.decisions()[PAID.account]["notice"]
    purge(sent)
    items = sent("todo", "--as-of", "2026-02-01", "--json").json["items"]
    assert [it for it in items if it["notice"] == number or "purged" in (it["account"] or "")] == []
    assert "purged" in sent("slip", "set", number, "--objection", "service-poor", status=4).errors
