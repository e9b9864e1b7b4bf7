"""Lists: upload one, see how it was understood, change that, and plan it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from notices.errors import NoticesError
from notices.intake.headings import ARREARS, IGNORED
from notices.messages import say
from notices.web.at_work import start_errand
from notices.web.errands import Errand
from notices.web.faults import status_of
from notices.web.inputs import Upload, keep_uploads, original_names, renamed, typed_day
from notices.web.people import session_name
from notices.web.roles import FROM_CLERK, serves
from notices.web.site import the_site
from notices.web.wording import translate

if TYPE_CHECKING:
    from notices.flow.planning.check import Reading
    from notices.intake import ArrearsList, Column, Note, Problem, UnknownColumn

blueprint = Blueprint("lists", __name__, url_prefix="/lists")
NAVIGATION = ("lists.index", say("Lists"))
MEANINGS = (*dict.fromkeys(ARREARS.values()), IGNORED)
MOST_PROBLEMS = 300  # rows of a page; the fix list has them all
MOST_OF_A_KIND = 20  # notes of one kind


@dataclass(frozen=True)
class UploadedList:
    """A list that came in, with a person's choices so far; every change of them is a list of its own."""

    upload: Upload
    estate: str = ""
    sheet: str = ""
    as_of: date | None = None
    list_date: date | None = None
    mapping: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Understood:
    """The part of a reading that a page shows; a list of 100,000 rows is not kept in memory."""

    sha256: str
    sheet: str
    columns: tuple[Column, ...]
    not_understood: tuple[UnknownColumn, ...]
    accounts: int
    charges: int
    owed: Decimal
    rows: int
    problems: tuple[Problem, ...]
    problem_count: int
    notes: tuple[Note, ...]
    more: Mapping[str, int] = field(default_factory=dict)


@blueprint.get("/")
@serves(*FROM_CLERK)
def index() -> ResponseReturnValue:
    """Ask for a list."""
    return render_template("lists.html", form=FlaskForm())


@blueprint.post("/")
@serves(*FROM_CLERK)
def upload() -> ResponseReturnValue:
    """Keep an uploaded list under a name of our own, and show how it is understood."""
    site = the_site()
    (kept, *_) = keep_uploads(site, request.files.getlist("list"))
    return redirect(url_for("lists.show", key=site.kept.keep(session_name(), UploadedList(kept))), code=303)


@blueprint.get("/<key>")
@serves(*FROM_CLERK)
def show(key: str) -> ResponseReturnValue:
    """Show how the list is understood, what is wrong in which row, and what has changed since the last one."""
    return _page(key)


@blueprint.post("/<key>/choices")
@serves(*FROM_CLERK)
def choose(key: str) -> ResponseReturnValue:
    """Take sheet, estate, days and the meanings of columns as chosen, and read the list again."""
    known, given = _list(key), request.form
    headings, meanings = given.getlist("heading"), given.getlist("meaning")
    chosen = {heading: meaning for heading, meaning in zip(headings, meanings, strict=False) if meaning in MEANINGS}
    changed = replace(
        known,
        estate=given.get("estate", "")[:200],
        sheet=given.get("sheet", "")[:200],
        as_of=typed_day(given.get("as_of", "")),
        list_date=typed_day(given.get("list_date", "")),
        mapping=tuple(chosen.items()),
    )
    return redirect(url_for("lists.show", key=the_site().kept.keep(session_name(), changed)), code=303)


@blueprint.post("/<key>/mapping")
@serves(*FROM_CLERK)
def save_mapping(key: str) -> ResponseReturnValue:
    """Save the meanings of the headings for every list that has the same ones."""
    from notices.flow.planning import check as checking

    name = " ".join(request.form.get("name", "").split())[:80]
    if name:
        checking.save_mapping(the_site().workspace, _read(_list(key)), name)
    return redirect(url_for("lists.show", key=key), code=303)


@blueprint.get("/<key>/fix-list.xlsx")
@serves(*FROM_CLERK)
def fix_list(key: str) -> ResponseReturnValue:
    """Return the list with the problems beside the bad rows."""
    from tempfile import TemporaryDirectory

    from notices.flow.planning import check as checking

    known = _list(key)
    arrears = _read(known)
    with TemporaryDirectory() as folder:
        target = Path(folder) / "fix-list.xlsx"
        text = translate()
        checking.fix_list(
            the_site().workspace, _reading(known), arrears, target, lambda message: message.translated(text)
        )
        content = target.read_bytes()
    name = f"fix-list-{the_site().today().isoformat()}.xlsx"
    return _download(content, name)


@blueprint.post("/<key>/plan")
@serves(*FROM_CLERK)
def plan(key: str) -> ResponseReturnValue:
    """Plan the list as a new batch, or add its accounts to a batch that is not released yet: a long verb."""
    known, site = _list(key), the_site()
    into = request.form.get("into", "")
    options = {
        "path": str(known.upload.path),
        "estate": known.estate or None,
        "sheet": known.sheet or None,
        "mapping": dict(known.mapping),
        "as_of": _day(known).isoformat(),
        "list_date": (known.list_date or _day(known)).isoformat(),
        "days_named": [it.isoformat() if it else None for it in (known.as_of, known.list_date)],
        "into": _batch_name(into) if into else None,
        "accept_partial": bool(request.form.get("partial")),
        "again": bool(request.form.get("again")),
    }
    site.errands.dismiss(place_of(known))
    start_errand(place_of(known), "plan", options)
    return redirect(url_for("lists.show", key=key), code=303)


@blueprint.get("/<key>/live")
@serves(*FROM_CLERK)
def live(key: str) -> ResponseReturnValue:
    """Return the part of the page that changes while the list is planned, nothing if it has not changed."""
    known = _list(key)
    errand = the_site().errands.find(place_of(known))
    if errand is not None and request.args.get("seen") == str(errand.change):
        return Response(status=204)
    return render_template("list_live.html", key=key, errand=errand, made=_made(known, errand))


@blueprint.post("/<key>/stop")
@serves(*FROM_CLERK)
def stop(key: str) -> ResponseReturnValue:
    """Interrupt the plan; nothing of it is recorded then."""
    the_site().errands.stop(place_of(_list(key)))
    return redirect(url_for("lists.show", key=key), code=303)


@blueprint.post("/<key>/dismiss")
@serves(*FROM_CLERK)
def dismiss(key: str) -> ResponseReturnValue:
    """Put away the report of the plan."""
    the_site().errands.dismiss(place_of(_list(key)))
    return redirect(url_for("lists.show", key=key), code=303)


def place_of(known: UploadedList) -> str:
    """Return the name under which the plan of an upload runs."""
    return f"list:{known.upload.path.stem}"


def _list(key: str) -> UploadedList:
    known = the_site().kept.get(session_name(), key)
    if not isinstance(known, UploadedList) or not known.upload.path.is_file():
        abort(404)
    return known


def _day(known: UploadedList) -> date:
    return known.as_of or the_site().today()


def _reading(known: UploadedList) -> Reading:
    from notices.flow.planning.check import Reading

    return Reading(
        known.upload.path, _day(known), known.estate or None, known.sheet or None, mapping=dict(known.mapping)
    )


def _read(known: UploadedList) -> ArrearsList:
    from notices.flow.planning import check as checking

    site = the_site()
    return checking.check(site.workspace, _reading(known), site.ledger)


def _understood(known: UploadedList) -> Understood:
    """Read the list as it is understood now; known until the ledger, the settings or a choice changes."""
    site = the_site()
    with site.ledger.read() as books:
        last = books.events.last()
    found: Understood = site.counted.get(("list", known, _day(known), last, id(site.workspace)), lambda: _summed(known))
    return found


def _summed(known: UploadedList) -> Understood:
    from notices.flow.planning import check as checking

    site = the_site()
    arrears, _ = checking.compared(site.workspace, _read(known), site.ledger, known.list_date or _day(known))
    notes, more = _first_of_each(arrears.notes)
    return Understood(
        arrears.source.sha256, arrears.source.sheet, arrears.columns, arrears.not_understood, len(arrears.accounts),
        arrears.charges, arrears.owed, arrears.rows, arrears.problems[:MOST_PROBLEMS], len(arrears.problems), notes,
        more,
    )  # fmt: skip


def _first_of_each(notes: Iterable[Note]) -> tuple[tuple[Note, ...], dict[str, int]]:
    """Return the first notes of each kind, and how many more there are of it."""
    counts: Counter[str] = Counter()
    shown: list[Note] = []
    for note in notes:
        counts[note.code] += 1
        if counts[note.code] <= MOST_OF_A_KIND:
            shown.append(note)
    return tuple(shown), {code: count - MOST_OF_A_KIND for code, count in counts.items() if count > MOST_OF_A_KIND}


def _page(key: str) -> ResponseReturnValue:
    known, site = _list(key), the_site()
    status, error, understood = 200, None, None
    try:
        understood = _understood(known)
    except NoticesError as mistake:
        error, status = mistake, status_of(mistake)
    errand = site.errands.find(place_of(known))
    names = original_names([known.upload])
    with site.ledger.read() as books:
        open_batches = [batch for batch in books.batches.all() if not batch.discarded and not batch.approvals]
    return render_template(
        "list.html", key=key, known=known, understood=understood, errand=errand, made=_made(known, errand),
        fact=renamed(error.fact, names) if error else None, remedy=renamed(error.remedy, names) if error else None,
        details=[renamed(detail, names) for detail in error.details] if error else [],
        estates=[estate.name for estate in site.workspace.settings.estates], meanings=MEANINGS, day=_day(known),
        open_batches=open_batches[-20:], sheets=_sheets(known), same=_same(understood, _day(known)),
        pairs=lambda values: [(value, value) for value in values],
    ), status  # fmt: skip


def _sheets(known: UploadedList) -> list[str]:
    """Return the names of the sheets, none if there is only one or the file cannot be read."""
    from notices.intake.sheets import sheet_names

    try:
        names = sheet_names(known.upload.path)
    except NoticesError:
        return []
    return names if len(names) > 1 else []


def _same(understood: Understood | None, day: date) -> list[str]:
    """Return the batches that were planned from this very list for this day."""
    if understood is None:
        return []
    with the_site().ledger.read() as books:
        return books.batches.planned_from(understood.sha256, day)


def _made(known: UploadedList, errand: Errand | None) -> list[tuple[int, str]]:
    """Return the batches that have this list, once its plan has ended: id and name."""
    if errand is None or errand.at_work:
        return []
    with the_site().ledger.read() as books:
        return [
            (batch.id, batch.name)
            for batch in books.batches.all()
            if any(each.file == known.upload.path.name for each in batch.lists)
        ]


def _batch_name(key: str) -> str:
    with the_site().ledger.read() as books:
        found = books.batches.with_id(int(key)) if key.isdecimal() and len(key) < 10 else None
    if found is None:
        abort(404)
    return found.name


def _download(content: bytes, name: str) -> Response:
    from io import BytesIO

    answer: Response = send_file(BytesIO(content), as_attachment=True, download_name=name)
    return answer
