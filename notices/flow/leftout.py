"""What of a list cannot be planned: its bad rows, and the accounts of estates that the settings do not know."""

from __future__ import annotations

from dataclasses import replace

from notices.flow.workspace import Workspace
from notices.intake import ArrearsList, Problem, Rejected
from notices.messages import Message, say


def left_out(workspace: Workspace, arrears: ArrearsList, *, accept_partial: bool) -> tuple[Message, ...]:
    """What is to be said of bad rows and unknown estates; where there is any, only `accept_partial` plans the rest."""
    unknown = sorted({a.estate for a in arrears.accounts if not workspace.settings.estate(a.estate)})
    messages = [
        say(
            "The settings know no estate “{estate}”: its accounts cannot be planned. "
            "Correct the name in the list, or add [[estates]] to notices.toml.",
            estate=estate,
        )
        for estate in unknown
    ]
    if arrears.problems and accept_partial:
        messages.append(
            say(
                "{count} problem(s) in the list: the accounts concerned are left out. "
                "Correct their rows and add them with --into.",
                count=len(arrears.problems),
            )
        )
    elif arrears.problems:
        messages.append(
            say(
                "{count} problem(s) in the list. Correct the rows named and plan again, "
                "or plan the good accounts alone with --accept-partial.",
                count=len(arrears.problems),
            )
        )
    return tuple(messages)


def strangers_rejected(workspace: Workspace, arrears: ArrearsList) -> ArrearsList:
    """The list with the accounts of estates that the settings do not know among the rejected ones."""
    known = [account for account in arrears.accounts if workspace.settings.estate(account.estate)]
    strangers = [account for account in arrears.accounts if not workspace.settings.estate(account.estate)]
    heading = next((column.heading for column in arrears.columns if column.meaning == "estate"), None)
    rejected = [
        Rejected(
            account=account.key,
            estate=account.estate,
            rows=account.rows,
            problems=(
                Problem(
                    sheet=arrears.source.sheet,
                    row=account.rows[0] if account.rows else None,
                    column=heading,
                    value=account.estate,
                    problem=say("The settings do not know the estate {estate}.", estate=account.estate),
                    remedy=say("Correct the name in the list, or add [[estates]] to notices.toml."),
                ),
            ),
        )
        for account in strangers
    ]
    return replace(arrears, accounts=tuple(known), rejected=(*arrears.rejected, *rejected))
