"""A report as files: a workbook with one sheet a table, and one page for a browser with charts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from notices.charts import Bars, bar_chart
from notices.errors import Unusable
from notices.files import refuse_other_ending, write_whole
from notices.flow.reports.response import ResponseReport
from notices.flow.reports.tables import ReportTable, Text, TierWord, tables_of
from notices.flow.templates.bundled import bundled
from notices.messages import Language, Message, say
from notices.tables import Share, TablePage, Value, write_workbook
from notices.text_templates import render_text

DAYS_DRAWN = 31  # the latest ones
BARS_DRAWN = 12
LABELS = {  # columns from … to that name a bar
    "days": (0, 1),
    "estates": (0, 1),
    "buildings": (0, 2),
    "handlers": (1, 2),
    "reasons": (1, 2),
    "limitation": (0, 1),
}
RANKINGS = ("estates", "buildings", "handlers")  # a single bar would compare nothing


def write_report_workbook(target: Path, report: ResponseReport, text: Text, tier: TierWord) -> None:
    """Write a report as .xlsx, mode 0600. Raises UsageMistake for another ending, Unusable if it cannot be written."""
    refuse_other_ending(target, ".xlsx")
    pages = [TablePage(it.title, it.headings, it.rows) for it in tables_of(report, text, tier)]
    write_workbook(target, pages, dated=report.request.as_of)


def write_page(target: Path, report: ResponseReport, text: Text, tier: TierWord, language: Language) -> None:
    """Write a report as one page of HTML, mode 0600. Raises as `write_report_workbook`."""
    refuse_other_ending(target, ".html")
    content = page(report, text, tier, language).encode()
    try:
        write_whole(target, content)
    except OSError as error:
        raise Unusable(
            say("{file} cannot be written: {reason}.", file=target.name, reason=error.strerror or type(error).__name__),
            say("Check the folder, its permissions and the free disk space."),
        ) from error


def page(report: ResponseReport, text: Text, tier: TierWord, language: Language) -> str:
    """Return a report as one page of HTML that asks nothing of a network and runs no script."""
    fields: Mapping[str, object] = {
        "language": "zh-CN" if language == "zh" else "en",
        "title": text(say("Response to the notices")),
        "about": text(_about(report)),
        "nothing": text(say("There is nothing to show.")),
        "figures": figures(report, text),
        "parts": parts(report, text, tier),
    }
    return render_text(bundled("report.html"), fields)


def _about(report: ResponseReport) -> Message:
    asked = report.request
    day = asked.as_of.isoformat()
    what = [it for it in (asked.batch, asked.estate) if it]
    span = [f"{asked.since or ''} – {asked.until or ''}"] if asked.since or asked.until else []
    if not (what or span):
        return say("As of {day}. All batches.", day=day)
    return say("As of {day}. Only: {what}.", day=day, what=", ".join([*what, *span]))


def parts(report: ResponseReport, text: Text, tier: TierWord) -> list[dict[str, Any]]:
    """Return the tables of a report as texts, each with its chart as SVG, or None where there is nothing to draw."""
    return [_part(each) for each in tables_of(report, text, tier)]


def figures(report: ResponseReport, text: Text) -> list[dict[str, object]]:
    """Return the figures above a report, each with its name and whether it is bad news."""
    broken = sum(it.state == "broken" for it in report.promises)
    at_stake = [it for it in report.limitation if it.accounts]
    found: list[tuple[Message, str, bool]] = [
        (say("Notices sent"), f"{sum(it.sent for it in report.tiers):,}", False),
        (say("Collected, in yuan"), f"{report.total:,.2f}", False),
        (say("Promises open"), str(len(report.promises) - broken), False),
        (say("Promises broken"), str(broken), broken > 0),
        (say("Notices undelivered"), str(len(report.undelivered)), bool(report.undelivered)),
        (say("Lapses within twelve months, in yuan"), f"{sum(it.principal for it in at_stake):,.2f}", bool(at_stake)),
    ]
    return [{"name": text(name), "value": value, "bad": bad} for name, value, bad in found]


def _part(table: ReportTable) -> dict[str, Any]:
    return {
        "code": table.code,
        "title": table.title,
        "headings": table.headings,
        "right": list(table.right),
        "rows": [[table.as_text(value) for value in row] for row in table.rows],
        "chart": _chart(table),
    }


def _chart(table: ReportTable) -> Markup | None:
    """Return a table's chart, its figures those of the table; None if it has nothing to draw."""
    if table.code == "response":
        return _responses_drawn(table)
    if table.bar is None or not any(table.number(row[table.bar]) for row in table.rows):
        return None
    if table.code in RANKINGS and len(table.rows) < 2:
        return None
    upright = table.by_day or table.code == "limitation"
    rows = table.rows[-DAYS_DRAWN:] if table.by_day else table.rows[:BARS_DRAWN]
    labels = [" ".join(table.as_text(value) for value in row[slice(*LABELS[table.code])]) for row in rows]
    if table.code == "days":
        labels = [label.partition("-")[2] for label in labels]
    values = [table.number(row[table.bar]) or None for row in rows]
    counted = all(isinstance(row[table.bar], int) for row in rows)
    drawn = bar_chart(
        table.code,
        table.title,
        labels,
        [Bars(table.headings[table.bar], values)],
        (lambda value: f"{value:,.0f}")
        if counted or max(filter(None, values)) >= 1000
        else (lambda value: f"{value:,.2f}"),
        lying=not upright,
    )
    return Markup(drawn)  # noqa: S704 - made by the chart library, which escapes every label


def _responses_drawn(table: ReportTable) -> Markup | None:
    rows = [row for row in table.rows if isinstance(row[4], Share)][-BARS_DRAWN:]
    if not rows:
        return None
    labels = [f"{table.as_text(row[0])} {table.as_text(row[1])}" for row in rows]
    series = [Bars(table.headings[column], [_share(row[column]) for row in rows]) for column in (4, 5)]
    drawn = bar_chart(table.code, table.title, labels, series, lambda value: f"{value:.0%}", lying=True)
    return Markup(drawn)  # noqa: S704 - as above


def _share(value: Value) -> float | None:
    return float(value) if isinstance(value, Share) else None
