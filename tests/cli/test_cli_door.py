"""The command line's common behaviour: finding the workspace, language, and reporting errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from desk import AS_OF, Desk, held_elsewhere
from neighbours import BY_MAIL, ON_PAPER
from support import commands

from notices.cli import main


def error(desk: Desk, *words: object, status: int) -> dict[str, object]:
    """Return a failed command's JSON error on standard output; standard error has the same text for people."""
    outcome = desk(*words, "--json", status=status)
    document = outcome.json["error"]
    assert document.keys() == {"fact", "details", "remedy", "status"}
    assert document["status"] == status
    assert document["fact"]
    assert outcome.errors
    return document


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("plan",), 2),
        (("plan", "x", "--bogus"), 2),
        (("bogus",), 2),
        (("show", "nowhere"), 2),
        (("status", "nowhere"), 2),
        (("approve", "nowhere", "--by", "X"), 2),
        (("render", "nowhere"), 2),
        (("send", "nowhere"), 2),
        (("send", "nowhere", "--limit", "0"), 2),
        (("print", "nowhere"), 2),
        (("resume", "nowhere"), 2),
        (("mail", "confirm", "nowhere"), 2),
        (("job", "confirm", "nowhere"), 2),
        (("withdraw", "nowhere", "--by", "X", "--why", "x"), 2),
        (("check", "nowhere.xlsx"), 3),
        (("hold", "add", "x", "--kind", "disputed"), 2),
    ],
)
def test_every_error_is_one_json_document_with_fact_remedy_and_status(
    desk: Desk, words: tuple[str, ...], status: int
) -> None:
    before = desk.rows()
    error(desk, *words, status=status)
    assert desk.rows() == before


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("show", "b"),
        ("show", "b", BY_MAIL.account),
        ("status", "b"),
        ("hold", "list"),
        ("job", "list"),
        ("template", "list"),
        ("resume", "b"),
    ],
)
def test_every_command_that_reads_or_lists_gives_one_json_document(desk: Desk, words: tuple[str, ...]) -> None:
    desk.plan(BY_MAIL)
    assert desk("--json", *words).json == desk(*words, "--json").json


@pytest.mark.parametrize("words", [("status",), ("hold", "list"), ("job", "list"), ("template", "list")])
def test_without_json_a_table_of_tab_separated_lines_is_piped(desk: Desk, words: tuple[str, ...]) -> None:
    assert "\t" in desk(*words).output


def test_notes_for_a_person_go_to_standard_error(desk: Desk) -> None:
    planned = desk("plan", desk.list(BY_MAIL), "--as-of", AS_OF)
    assert "is planned" in planned.errors
    assert "is planned" not in planned.output


def test_the_workspace_is_found_upwards_by_option_or_by_variable(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = desk.folder / "batches" / "deep"
    below.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def status(*words: str, where: Path, **environment: str) -> int:
        monkeypatch.chdir(where)
        named = {"NOTICES_WORKSPACE": None, **environment}
        return CliRunner().invoke(main, ["status", *words], env=named).exit_code

    assert status(where=below) == 0
    assert status(where=elsewhere) == 2
    assert status("--workspace", str(desk.folder), where=elsewhere) == 0
    assert status(where=elsewhere, NOTICES_WORKSPACE=str(desk.folder)) == 0
    assert status("--workspace", str(elsewhere), where=desk.folder) == 2


def test_init_makes_a_workspace_for_each_estate_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "new")
    made = desk("init", desk.folder, "--estate", "东苑", "--estate", "西苑", "--json").json
    assert made == {"workspace": str(desk.folder), "estates": ["东苑", "西苑"]}
    for name in ("notices.toml", "templates/reminder.docx", "templates/mail/default.txt", "batches", "output"):
        assert (desk.folder / name).exists()
    assert desk("status", "--json").json == {"batches": []}


def test_init_changes_no_workspace_that_is_there(desk: Desk) -> None:
    desk.set("示例花园", "别的花园")
    before = (desk.folder / "notices.toml").read_bytes()
    error(desk, "init", desk.folder, status=4)
    assert (desk.folder / "notices.toml").read_bytes() == before


@pytest.mark.parametrize("name", ["a/b", "", "  ", "x\ny"])
def test_init_refuses_a_name_that_no_estate_can_have(tmp_path: Path, name: str) -> None:
    desk = Desk(tmp_path / "new")
    error(desk, "init", desk.folder, "--estate", name, status=2)
    assert not (desk.folder / "notices.toml").exists()


def test_every_mistake_of_the_settings_is_named_with_its_key(desk: Desk) -> None:
    desk.set("grace_days = 15 ", "grace_days = -1 ")
    desk.set("duplex = true", "duplex = 7\nside = 2")
    desk.set('approval = "second-person"', 'approval = "nobody"')
    mistake = error(desk, "status", status=2)
    details = "\n".join(str(detail) for detail in mistake["details"])  # type: ignore[attr-defined]
    for key in ("policy.grace_days", "print.duplex", "print.side", "policy.tiers[2].approval"):
        assert key in details
    assert desk("plan", desk.list(BY_MAIL), status=2).errors.count("policy.grace_days") == 1


def test_invalid_toml_in_the_settings_is_reported_with_its_line(desk: Desk) -> None:
    desk.set("[policy]\n", "[policy\n")
    assert "line" in str(error(desk, "status", status=2)["fact"])


def test_settings_that_are_not_text_cannot_be_used(desk: Desk) -> None:
    (desk.folder / "notices.toml").write_bytes(b"\xff\xfe\x00")
    error(desk, "status", status=3)


def test_an_estate_may_override_the_policy(desk: Desk) -> None:
    desk.set("# grace_days = 30", "grace_days = 200")
    assert desk.plan(BY_MAIL)[BY_MAIL.account]["reason"] == "in-grace"


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_damaged_ledger_cannot_be_used_and_is_left_as_it_is(desk: Desk, content: bytes) -> None:
    if not content:  # truncated, as after a full disk
        content = (desk.folder / "batches" / "ledger.db").read_bytes()[:6000]
    ledger = desk.folder / "batches" / "ledger.db"
    ledger.write_bytes(content)
    error(desk, "status", status=3)
    error(desk, "plan", desk.list(BY_MAIL), "--as-of", AS_OF, status=3)
    assert ledger.read_bytes() == content


def test_status_of_all_batches_counts_the_notices_by_state(desk: Desk) -> None:
    desk.plan(BY_MAIL, ON_PAPER)
    assert desk("status", "--json").json == {
        "batches": [
            {
                "batch": "b",
                "as_of": AS_OF,
                "planned_by": "Planner",
                "states": {"planned": 2},
                "total": "2500.00",
                "cut_off": [],
                "discarded": None,
            },
        ],
    }


def test_status_of_a_batch_names_every_notice(desk: Desk) -> None:
    desk.plan(BY_MAIL, ON_PAPER)
    document = desk("status", "b", "--json").json
    assert (document["batch"], document["as_of"]) == ("b", AS_OF)
    for notice in document["notices"]:
        assert notice.keys() >= {"account", "tier", "notice", "state", "deliveries", "file", "first_page", "pages"}
    assert {notice["account"] for notice in document["notices"]} == {BY_MAIL.account, ON_PAPER.account}


def test_template_list_says_which_tier_uses_a_template_and_whether_it_is_there(desk: Desk) -> None:
    (desk.folder / "templates" / "follow-up.docx").unlink()
    uses = {use["file"]: use for use in desk("template", "list", "--json").json["templates"]}
    assert uses["reminder.docx"]["tiers"] == ["reminder"]
    assert (uses["reminder.docx"]["present"], uses["follow-up.docx"]["present"]) == (True, False)


def test_doctor_gives_every_finding_with_its_remedy(desk: Desk) -> None:
    (desk.folder / "templates" / "follow-up.docx").unlink()
    findings = desk("doctor", "--json", status=3).json["findings"]
    for finding in findings:
        assert finding.keys() == {"what", "fine", "needed", "fact", "remedy"}
    bad = [finding for finding in findings if finding["needed"] and not finding["fine"]]
    assert [finding["what"] for finding in bad] == ["template follow-up.docx"]
    assert bad[0]["remedy"]


@pytest.mark.office
def test_doctor_finds_no_problem_in_a_fresh_workspace(desk: Desk) -> None:
    assert all(finding["fine"] for finding in desk("doctor", "--json").json["findings"] if finding["needed"])


def test_doctor_continues_despite_wrong_settings(desk: Desk) -> None:
    desk.set("grace_days = 15 ", "grace_days = -1 ")
    findings = desk("doctor", "--json", status=3).json["findings"]
    assert any("policy.grace_days" in finding["fact"] for finding in findings)
    assert {"settings", "LibreOffice", "fonts"} <= {finding["what"] for finding in findings}


def test_a_batch_locked_by_another_run_is_left_alone(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    desk("approve", "b", "--by", "Releaser")
    number = desk.decisions()[BY_MAIL.account]["notice"]
    before = desk.rows(), desk.files()
    with held_elsewhere(desk.folder / "batches" / ".b.lock"):
        for words in (
            ("approve", "b", "--by", "Releaser"),
            ("render", "b"),
            ("send", "b"),
            ("send", "b", "--dry-run"),
            ("print", "b"),
            ("mail", "confirm", "b"),
            ("withdraw", number, "--by", "X", "--why", "x"),
            ("plan", desk.list(ON_PAPER), "--into", "b"),
        ):
            error(desk, *words, status=4)
    assert (desk.rows(), desk.files()) == before
    desk("withdraw", number, "--by", "X", "--why", "x")


def test_two_concurrent_plans_are_refused(desk: Desk) -> None:
    with held_elsewhere(desk.folder / "batches" / ".plan.lock"):
        error(desk, "plan", desk.list(BY_MAIL), "--as-of", AS_OF, status=4)
    assert desk("status", "--json").json == {"batches": []}


@pytest.mark.parametrize("words", [("--lang", "zh"), ()])
def test_messages_come_in_the_language_of_the_option_or_the_locale(desk: Desk, words: tuple[str, ...]) -> None:
    locale = "C.UTF-8" if words else "zh_CN.UTF-8"
    said = desk("show", "nowhere", *words, status=2, locale=locale).errors
    assert any("一" <= character <= "鿿" for character in said)
    desk("status", *words, locale=locale)
    desk("plan", desk.list(BY_MAIL), "--as-of", AS_OF, *words, locale=locale)


def test_the_keys_and_codes_of_json_are_the_same_in_every_language(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    english, chinese = (desk("show", "b", "--json", "--lang", lang).json for lang in ("en", "zh"))
    details = [document["decisions"][0].pop("detail") for document in (english, chinese)]
    assert english == chinese
    assert details[0] != details[1]


def test_an_error_shows_its_traceback_only_where_it_was_asked_for(desk: Desk) -> None:
    command = [sys.executable, "-m", "notices", "show", "nowhere"]
    environment = {**os.environ, "NOTICES_WORKSPACE": str(desk.folder), "LC_ALL": "C.UTF-8"}
    for words, shown in (((), False), (("--debug",), True)):
        done = subprocess.run([*command, *words], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (2, shown)


def test_an_unexpected_error_is_reported_in_a_sentence_with_exit_3(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("甲一 owes 1200.00")

    monkeypatch.setattr("notices.flow.status.batches", broken)
    document = error(desk, "status", status=3)
    assert "RuntimeError" in str(document["fact"])
    assert "甲一" not in json.dumps(document, ensure_ascii=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(desk: Desk) -> None:
    batches = desk.folder / "batches"
    batches.chmod(0o500)
    try:
        assert "batches" in str(error(desk, "plan", desk.list(BY_MAIL), status=3))
    finally:
        batches.chmod(0o700)


def test_the_ledger_and_personal_data_are_readable_by_their_owner_only(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    desk("approve", "b", "--by", "Releaser")
    for path in (desk.folder / "batches").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


# Libraries that take longer to import than --version and --help may take.
SLOW_LIBRARIES = {
    "sqlalchemy",
    "alembic",
    "pydantic",
    "lxml",
    "docx",
    "docxtpl",
    "fontTools",
    "pikepdf",
    "rich",
    "xlrd",
}


def test_version_and_help_import_no_slow_library() -> None:
    """Run --version, the top-level --help and each command's --help in one process, and look at what was imported."""
    code = """
import json, sys
from contextlib import redirect_stdout
from io import StringIO
from notices.cli import main
with redirect_stdout(StringIO()):
    for words in json.loads(sys.argv[1]):
        try:
            main(words)
        except SystemExit as ended:
            assert not ended.code, words
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
    assert isinstance(main, click.Group)
    calls = [
        ["--version"],
        ["--help"],
        ["--help", "--lang", "zh"],
        *([*n.split(), "--help"] for n, _ in commands(main)),
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(calls)], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    assert SLOW_LIBRARIES & set(json.loads(done.stdout)) == set()


def test_status_imports_neither_migrations_nor_readers_of_lists(desk: Desk) -> None:
    desk.plan(BY_MAIL)
    code = "import sys; from notices.cli import main; sys.argv[1:] = ['status', 'b'];\ntry: main()\n"
    code += "finally: print(*sys.modules, file=sys.stderr)"
    environment = {**os.environ, "NOTICES_WORKSPACE": str(desk.folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert {"alembic.command", "notices.intake", "docxtpl", "lxml", "rich"} & set(done.stderr.split()) == set()


def test_commands_that_draw_nothing_do_not_import_the_library_that_draws() -> None:
    code = "import sys; from notices.flow.planning import plan; from notices.flow.approval import approve; "
    code += "from notices.flow.rendering import render; from notices.flow.mailing import send; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert {"notices.flow.mailing.send", "notices.pdf"} <= set(done.stdout.split())
    assert "fpdf" not in done.stdout.split()
