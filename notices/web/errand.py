"""The process of an errand: carry out one verb as the page ordered it, and report on standard output, a line each.

The order is one line of JSON on standard input. When that is closed, the server has died: then this process interrupts
itself as by Ctrl-C.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from notices.errors import NoticesError
from notices.flow import workspace as workspaces
from notices.flow.caller import Caller
from notices.interrupts import no_ctrl_c_lost
from notices.ledger import Ledger
from notices.messages import Message, say, translator
from notices.progress import Progress
from notices.web.errands import ErrandState
from notices.web.verbs.task import Ended, Task

MOST_MESSAGES = 200  # of a kind that needs a person: a page is no place for thousands; the batch's table has them all

# The module and function of each verb: a process loads only its own.
VERBS: Mapping[str, tuple[str, str]] = {
    "approve": ("letters", "approve"),
    "render": ("letters", "render"),
    "send": ("letters", "send"),
    "print": ("letters", "print_letters"),
    "resume": ("letters", "resume"),
    "plan": ("letters", "plan"),
    "print-again": ("letters", "print_again"),
    "hand-over": ("letters", "hand_over"),
    "read-list": ("lists", "read_list"),
    "read-mail": ("replies", "read_mail"),
    "read-carrier": ("replies", "read_carrier"),
    "read-slips": ("replies", "read_slips"),
    "read-statements": ("replies", "read_statements"),
    "report": ("reports", "gather_report"),
    "todo": ("reports", "gather_tasks"),
    "purge": ("reports", "purge_cases"),
}


def main() -> None:
    """Read the order, carry it out and report; whatever a library prints goes elsewhere."""
    # *Stop* is an interrupt, which a server in the background of a script ignores, and what it starts inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    orders, reports = sys.stdin, sys.stdout
    sys.stdout = sys.stderr
    order = json.loads(orders.readline())
    threading.Thread(target=_end_with_server, args=(orders,), daemon=True).start()
    run(order, lambda line: _write(reports, line))


def run(order: Mapping[str, Any], report: Callable[[Mapping[str, Any]], None]) -> None:
    """Carry out an order, and report its progress and its end; an interrupt is an end too."""
    try:
        with no_ctrl_c_lost():
            ended = carry_out(order, report)
        report(_end(ErrandState.DONE, ended.told, ended.attention, ended.result))
    except KeyboardInterrupt:
        report(_end(ErrandState.STOPPED, [say("Stopped. What was done is kept, and Resume goes on.")]))
    except NoticesError as error:
        facts = [part for part in (error.fact, *error.details, error.remedy) if part.text]
        report(_end(ErrandState.FAILED, (), facts))
    except OSError as error:
        fact = say(
            "The operating system reports: {reason} ({file}).",
            reason=error.strerror or str(error),
            file=error.filename or "-",
        )
        report(_end(ErrandState.FAILED, (), [fact]))
    except Exception as error:  # noqa: BLE001 - the outermost handler: no traceback may reach a user
        fact = say("Unexpected error: {kind}.", kind=type(error).__name__)
        report(_end(ErrandState.FAILED, (), [fact]))


def carry_out(order: Mapping[str, Any], report: Callable[[Mapping[str, Any]], None]) -> Ended:
    """Carry out the verb of an order; `report` takes each step of its progress."""
    workspace = workspaces.at(Path(order["workspace"]))
    zone = workspace.settings.calendar.zone
    ledger = Ledger.open(workspace.ledger_url, zone, heads=workspace.heads)

    def now() -> datetime:
        return datetime.now(UTC).astimezone(zone)

    def counting(what: str) -> Progress:
        return lambda done, total: report({"done": done, "total": total, "counted": what})

    caller = Caller(
        now=now,
        local_time=now,
        secret=os.environ.get,
        translate=translator(order["language"]),
        letters=counting("letters"),
        mails=counting("mails"),
        any_hour=bool(order.get("any_hour")),
    )
    try:
        module, name = VERBS[order["verb"]]
        verb: Callable[[Task], Ended] = getattr(import_module(f"notices.web.verbs.{module}"), name)
        return verb(Task(workspace, ledger, caller, order["by"], order["language"], order["options"]))
    finally:
        ledger.close()


def _end_with_server(orders: TextIO) -> None:
    while orders.readline():
        pass
    os.kill(os.getpid(), signal.SIGINT)


def _end(
    state: ErrandState, told: Sequence[Message], attention: Sequence[Message] = (), result: Any = None
) -> dict[str, Any]:
    return {
        "state": state.value,
        "told": [message.as_data() for message in told if message.text],
        "attention": [message.as_data() for message in attention[:MOST_MESSAGES]],
        "more": max(0, len(attention) - MOST_MESSAGES),
        "result": result,
    }


def _write(reports: TextIO, line: Mapping[str, Any]) -> None:
    try:
        reports.write(json.dumps(line, ensure_ascii=True) + "\n")
        reports.flush()
    except BrokenPipeError:  # the server has died; this process is about to interrupt itself
        os.dup2(os.open(os.devnull, os.O_WRONLY), reports.fileno())


if __name__ == "__main__":
    main()
