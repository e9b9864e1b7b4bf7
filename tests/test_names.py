"""Names lead to code: from a command to its function, one class per name, docstrings that say what a thing is."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from support import ROOT, commands

from notices.cli import main

PACKAGE = ROOT / "notices"
RIDDLES = ("What", "Whether", "Where", "How", "Who", "Those")

# The function that does the work of each command, below notices.flow; and the reason why its module has another name.
FUNCTIONS = {
    "init": ("setup.init:init", ""),
    "doctor": ("setup.doctor:examine", ""),
    "template list": ("templates.check:template_list", "a list of what `template check` would check"),
    "template fields": ("", "prints notices.letters.fields.FIELDS; there is no work to do"),
    "template check": ("templates.check:check", ""),
    "template preview": ("templates.preview:preview", ""),
    "history import": ("register.history:import_history", ""),
    "hold add": ("register.holds:add_hold", ""),
    "hold import": ("register.holds:import_holds", ""),
    "hold list": ("register.holds:list_holds", ""),
    "hold lift": ("register.holds:lift", ""),
    "payment add": ("register.payments:add_payment", ""),
    "payment list": ("register.payments:list_payments", ""),
    "payment undo": ("register.payments:undo", ""),
    "payment import": ("replies.bank:import_statements", "import is a keyword; the files come from banks"),
    "payment match": ("replies.match:settle", ""),
    "payment seen": ("register.payments:answer", ""),
    "account show": ("reports.account:account_history", ""),
    "account claim": ("register.account_claims:claim_account", ""),
    "account join": ("register.account_joins:join_accounts", ""),
    "account rename": ("register.account_renames:rename_account", ""),
    "check": ("planning.check:check", ""),
    "plan": ("planning.plan:plan", ""),
    "show": ("status:decisions", "show and status read the same records, one for accounts, one for notices"),
    "approve": ("approval.approve:approve", ""),
    "render": ("rendering.render:render", ""),
    "run": ("run:run", ""),
    "resume": ("run:resume", "resume goes on with the steps of run"),
    "send": ("mailing.send:send", ""),
    "mail confirm": ("mailing.confirm:confirm_mail", ""),
    "mail settle": ("mailing.confirm:settle_mail", "confirm and settle both record that an e-mail went, or did not"),
    "mail bounces": ("replies.bounces:import_bounces", ""),
    "print": ("printing.make_job:print_batch", "print.py would suggest printing; the command makes a print job"),
    "job list": ("printing.jobs:list_jobs", ""),
    "job confirm": ("printing.jobs:confirm_job", ""),
    "job cancel": ("printing.jobs:cancel_job", ""),
    "job purge": ("printing.jobs:purge_job", ""),
    "batch discard": ("approval.discard:discard", ""),
    "withdraw": ("approval.withdraw:withdraw", ""),
    "status": ("status:batches", ""),
    "report": (
        "reports.response:report",
        "report.py in a folder of that name would say nothing; it measures the response",
    ),
    "log": ("reports.log:read_log", ""),
    "letter export": ("reports.letter_export:export_letters", ""),
    "delivery import": ("replies.carrier:import_results", "import is a keyword; the table comes from the carrier"),
    "delivery set": ("replies.by_hand:set_delivery", "a result that a person enters by hand"),
    "slip set": ("replies.slips:set_slip", ""),
    "slip import": ("replies.slips:import_slips", ""),
    "slip review": ("replies.review:review", ""),
    "slip list": ("replies.slips:list_slips", ""),
    "answer": ("replies.answer:answer", ""),
    "evidence": ("reports.evidence:evidence", ""),
    "court": ("reports.court:court", ""),
    "purge": ("ledger.purge:purge", ""),
    "letter make": ("replies.make_letter:make_letter", ""),
    "letter list": ("replies.leaving:list_letters", "list, confirm and withdraw are about letters that leave"),
    "letter send": ("replies.send_letters:send_letters", ""),
    "letter print": ("replies.print_letters:print_letters", ""),
    "letter confirm": ("replies.leaving:confirm_letters", "list, confirm and withdraw are about letters that leave"),
    "letter withdraw": ("replies.leaving:withdraw_letters", "list, confirm and withdraw are about letters that leave"),
    "todo": ("reports.todo:todo", ""),
    "work list": ("replies.work_orders:list_orders", ""),
    "work close": ("replies.work_orders:close_order", ""),
    "ledger verify": ("ledger.verify:verify", ""),
    "ledger stamp": ("ledger.stamp:stamp", ""),
    "ledger backup": ("ledger.backup:backup", ""),
    "ledger restore": ("ledger.restore:restore", ""),
    "ledger move": ("ledger.move:move", ""),
    "serve": ("", "starts notices.web, the door beside the command line; there is no verb to call"),
    "worker": ("rendering.worker:work", ""),
    "user add": ("register.users:add_user", ""),
    "user list": ("register.users:list_users", ""),
    "user passwd": ("register.users:set_password", ""),
    "user role": ("register.users:change_user", ""),
    "user disable": ("register.users:disable_user", ""),
    "ledger reconcile": ("ledger.reconcile:reconcile", ""),
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def definitions(path: Path) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node


def words_of(name: str) -> set[str]:
    """Return the words of a command or module, in the singular."""
    return {word.removesuffix("s") for word in re.split(r"[ _.]", name)}


def test_the_table_names_every_command() -> None:
    assert isinstance(main, click.Group)
    assert sorted(FUNCTIONS) == sorted(name for name, _ in commands(main))


@pytest.mark.parametrize("command", [name for name, (place, _) in FUNCTIONS.items() if place])
def test_a_command_leads_by_its_name_to_the_function_that_does_it(command: str) -> None:
    place, reason = FUNCTIONS[command]
    module, _, name = place.partition(":")
    function = getattr(import_module(f"notices.flow.{module}"), name)
    assert function.__module__ == f"notices.flow.{module}"
    assert bool(words_of(command) & words_of(module.rpartition(".")[2])) != bool(reason)


@pytest.mark.parametrize("command", [name for name, (place, _) in FUNCTIONS.items() if place])
def test_a_command_calls_the_function_of_the_table(command: str) -> None:
    assert isinstance(main, click.Group)
    name = FUNCTIONS[command][0].partition(":")[2]
    callback = inspect.unwrap(dict(commands(main))[command].callback)
    assert re.search(rf"\b{name}\(", inspect.getsource(import_module(callback.__module__)))


def test_no_two_classes_share_a_name() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        for node in definitions(path):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_no_folder_holds_a_module_and_a_package_of_the_same_name() -> None:
    assert [path for path in modules() if path.with_suffix("").is_dir()] == []


def test_no_docstring_begins_with_a_riddle() -> None:
    found = []
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in (tree, *definitions(path)):
            first = (ast.get_docstring(node) or "").partition(" ")[0]
            if first.rstrip(",:") in RIDDLES:
                found.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}")
    assert found == []
