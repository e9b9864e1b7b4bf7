"""Gathering what takes longer than a page may: the report, the tasks of everybody, and the purge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from secrets import token_hex
from typing import Any

from notices.messages import Message, say
from notices.web.cells import as_json
from notices.web.stamps import stamp_of
from notices.web.uploads import uploads_folder
from notices.web.verbs.task import Ended, Task
from notices.web.wording import tier_word

MOST_ROWS = 200  # of a table of the report on a page; the workbook has them all
MOST_TASKS = 5_000


def gather_report(task: Task) -> Ended:
    """Gather the report, and write it as a workbook and as a page beside the uploads."""
    from notices.flow.reports import files, response

    given = task.options
    since, until = (date.fromisoformat(given[name]) if given[name] else None for name in ("since", "until"))
    asked = response.ReportRequest(
        task.caller.now().date(), given["batch"], since, until, given["estate"], names=given["names"]
    )
    stamp = stamp_of(task.workspace, task.ledger)
    found = response.report(task.workspace, task.ledger, asked)

    def text(message: Message) -> str:
        return message.translated(task.caller.translate)

    def tier(name: str | None) -> str:
        return tier_word(task.workspace, name, task.language)

    folder = uploads_folder(task.workspace)
    written = {ending: f"{token_hex(8)}.{ending}" for ending in ("xlsx", "html")}
    files.write_report_workbook(folder / written["xlsx"], found, text, tier)
    files.write_page(folder / written["html"], found, text, tier, "zh" if task.language == "zh" else "en")
    parts = [
        {**part, "rows": part["rows"][:MOST_ROWS], "count": len(part["rows"])}
        for part in files.parts(found, text, tier)
    ]
    return Ended((), result={"stamp": stamp, "figures": files.figures(found, text), "parts": parts, "files": written})


def gather_tasks(task: Task) -> Ended:
    """Gather what everybody has to do by today."""
    from notices.flow.reports.todo import todo

    stamp = stamp_of(task.workspace, task.ledger)
    items = todo(task.workspace, task.ledger, as_of=date.fromisoformat(task.options["day"]))
    with task.ledger.read() as books:
        addresses: dict[str, str] = {}
        for name in dict.fromkeys(it.account for it in items[:MOST_TASKS] if it.account):
            addresses[name] = books.finding.address_of_key(name) or ""
    rows = [
        {
            "handler": it.handler,
            "due": it.due.isoformat(),
            "kind": it.kind,
            "text": as_json(it.text),
            "account": it.account,
            "address": addresses.get(it.account or "", ""),
            "notice": it.notice,
        }
        for it in items[:MOST_TASKS]
    ]
    return Ended((), result={"stamp": stamp, "rows": rows, "count": len(items)})


def purge_cases(task: Task) -> Ended:
    """Purge what is personal about cases settled long ago; a trial only counts them."""
    from notices.flow.ledger import purge

    given: Mapping[str, Any] = task.options
    order = purge.ForgetRequest(
        date.fromisoformat(given["settled_before"]), task.by, task.caller.now(), dry_run=given["dry_run"]
    )
    done = purge.purge(task.workspace, task.ledger, order)
    cases, files = done.cases, len(done.removed)
    told = (
        say("{cases} case(s) and {files} file(s) would be purged.", cases=cases, files=files)
        if given["dry_run"]
        else say(
            "{cases} case(s) and {files} file(s) were purged. Backups made before still have them.",
            cases=cases, files=files,
        )
    )  # fmt: skip
    waiting = [
        say("{file} stays until {count} other case(s) in it are purged.", file=it.file, count=it.cases)
        for it in done.waiting
    ]
    return Ended(
        (told,), waiting, {"cases": done.cases, "settled_before": given["settled_before"], "dry_run": given["dry_run"]}
    )
