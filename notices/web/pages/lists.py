"""Lists: upload one, see how it was understood, change that, and plan it. Reading and planning are errands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from notices.messages import say
from notices.web.at_work import begin, start_errand
from notices.web.cells import from_json
from notices.web.cut_off import cut_off, forget
from notices.web.errands import Errand
from notices.web.inputs import Upload, keep_uploads, original_names, renamed, typed_day
from notices.web.people import session_name, the_person
from notices.web.roles import FROM_CLERK, serves
from notices.web.site import the_site
from notices.web.stamps import stamp_of

blueprint = Blueprint("lists", __name__, url_prefix="/lists")
NAVIGATION = ("lists.index", say("Lists"))
MOST_RECEIVED = 20  # batches whose lists are named


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
    """A list as it was read, from what the errand found: the part that a page shows."""

    stamp: str
    sha256: str
    sheet: str
    columns: list[list[str]]
    not_understood: list[list[Any]]
    accounts: int
    charges: int
    owed: Decimal
    rows: int
    problems: list[list[Any]]
    problem_count: int
    notes: list[list[Any]]
    more: Mapping[str, int]
    fix_list: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """Return the list that an errand has read."""
        return cls(**{name: from_json(value) for name, value in found.items()})


@blueprint.get("/")
@serves(*FROM_CLERK)
def index() -> ResponseReturnValue:
    """Ask for a list."""
    cut = cut_off(the_site(), the_person().name, ("read-list", "plan"))
    with the_site().ledger.read() as books:
        received = books.batches.all()[: -MOST_RECEIVED - 1 : -1]
    return render_template("lists.html", form=FlaskForm(), cut=cut, received=received)


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
    known, given, possible = _list(key), request.form, _meanings()
    headings, meanings = given.getlist("heading"), given.getlist("meaning")
    chosen = {heading: meaning for heading, meaning in zip(headings, meanings, strict=False) if meaning in possible}
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
    """Save the meanings of the headings for every list that has the same ones, while the list is read once more."""
    name = " ".join(request.form.get("name", "").split())[:80]
    if name:
        _begin_reading(key, _list(key), save_as=name)
    return redirect(url_for("lists.show", key=key), code=303)


@blueprint.post("/<key>/again")
@serves(*FROM_CLERK)
def read_again(key: str) -> ResponseReturnValue:
    """Read the list once more: something that it was compared with has changed."""
    _begin_reading(key, _list(key))
    return redirect(url_for("lists.show", key=key), code=303)


@blueprint.get("/<key>/fix-list.xlsx")
@serves(*FROM_CLERK)
def fix_list(key: str) -> ResponseReturnValue:
    """Return the list with the problems beside the bad rows, as the reading has written it."""
    known, site = _list(key), the_site()
    errand = site.errands.find(reading_place(key))
    name = errand.result.get("list", {}).get("fix_list") if errand is not None and errand.result else ""
    path = known.upload.path.with_name(name) if name else None
    if path is None or not path.is_file():
        abort(404)
    name = f"fix-list-{site.today().isoformat()}.xlsx"
    return send_file(BytesIO(path.read_bytes()), as_attachment=True, download_name=name)


@blueprint.post("/<key>/plan")
@serves(*FROM_CLERK)
def plan(key: str) -> ResponseReturnValue:
    """Plan the list as a new batch, or add its accounts to a batch that is not released yet: a long verb."""
    known, site = _list(key), the_site()
    into = request.form.get("into", "")
    options = {
        **_choices_of(known),
        "days_named": [it.isoformat() if it else None for it in (known.as_of, known.list_date)],
        "into": _batch_name(into) if into else None,
        "accept_partial": bool(request.form.get("partial")),
        "again": bool(request.form.get("again")),
    }
    site.errands.dismiss(place_of(known))
    begin(place_of(known), "plan", options, upload=_noted(known))
    return redirect(url_for("lists.show", key=key), code=303)


@blueprint.get("/<key>/live")
@serves(*FROM_CLERK)
def live(key: str) -> ResponseReturnValue:
    """Return the part of the page that changes while the list is planned, nothing if it has not changed."""
    known, errands = _list(key), the_site().errands
    reading, errand = errands.find(reading_place(key)), errands.find(place_of(known))
    seen = _seen(reading, errand)
    if request.args.get("seen") == seen:
        return Response(status=204)
    if reading is None or (not reading.at_work and request.args.get("reading")):
        return Response(status=200, headers={"HX-Refresh": "true"})  # the page shows what was found
    return render_template(
        "list_live.html", key=key, errand=errand, reading=reading, seen=seen, made=_made(known, errand)
    )


@blueprint.post("/<key>/stop")
@serves(*FROM_CLERK)
def stop(key: str) -> ResponseReturnValue:
    """Interrupt the reading or the plan; nothing of it is recorded then."""
    the_site().errands.stop(place_of(_list(key)))
    the_site().errands.stop(reading_place(key))
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


def _meanings() -> tuple[str, ...]:
    """Return the meanings that a column may have."""
    from notices.intake.headings import ARREARS, IGNORED

    return (*dict.fromkeys(ARREARS.values()), IGNORED)


def reading_place(key: str) -> str:
    """Return the name under which a list with its choices is read."""
    return f"reading:{key}"


def _seen(reading: Errand | None, errand: Errand | None) -> str:
    return "-".join(str(each.change) if each else "0" for each in (reading, errand))


def _list(key: str) -> UploadedList:
    known = the_site().kept.get(session_name(), key)
    if not isinstance(known, UploadedList) or not known.upload.path.is_file():
        abort(404)
    return known


def _day(known: UploadedList) -> date:
    return known.as_of or the_site().today()


def _choices_of(known: UploadedList) -> dict[str, Any]:
    """Return the file and a person's choices as options of an errand."""
    return {
        "path": str(known.upload.path),
        "estate": known.estate or None,
        "sheet": known.sheet or None,
        "mapping": dict(known.mapping),
        "as_of": _day(known).isoformat(),
        "list_date": (known.list_date or _day(known)).isoformat(),
    }


def _begin_reading(key: str, known: UploadedList, save_as: str = "") -> None:
    """Start to read the list in a process of its own; nothing happens if that is at work already."""
    options = {**_choices_of(known), "save_as": save_as}
    start_errand(reading_place(key), "read-list", options, upload=_noted(known))


def _noted(known: UploadedList) -> dict[str, object]:
    """Return what is noted of a list while it is read or planned: its file, and a person's choices."""
    days = {name: day.isoformat() if day else "" for name, day in (("as_of", known.as_of), ("of", known.list_date))}
    choices = {"estate": known.estate, "sheet": known.sheet, "mapping": list(known.mapping), **days}
    return {"shown": known.upload.name, "options": {"path": str(known.upload.path), **choices}}


@blueprint.post("/cut-off/<key>")
@serves(*FROM_CLERK)
def go_on(key: str) -> ResponseReturnValue:
    """Show a list again that was being read or planned when the server ended, with the choices made so far."""
    site = the_site()
    found = next((it for it in cut_off(site, the_person().name, ("read-list", "plan")) if it.key == key), None)
    if found is None or not Path(found.options["path"]).is_file():
        abort(404)
    given = found.options
    known = UploadedList(
        Upload(Path(given["path"]), found.shown), given["estate"], given["sheet"], typed_day(given["as_of"]),
        typed_day(given["of"]), tuple((heading, meaning) for heading, meaning in given["mapping"]),
    )  # fmt: skip
    address = url_for("lists.show", key=site.kept.keep(session_name(), known))
    forget(site, key)
    return redirect(address, code=303)


def _page(key: str) -> ResponseReturnValue:
    known, site = _list(key), the_site()
    if site.errands.find(reading_place(key)) is None:
        _begin_reading(key, known)
    reading, errand = site.errands.find(reading_place(key)), site.errands.find(place_of(known))
    result = reading.result if reading and reading.result else {}
    understood = Understood.of(result["list"]) if "list" in result else None
    failed = reading is not None and bool(reading.attention)
    names = original_names([known.upload])
    told = [renamed(message, names) for message in reading.attention] if reading and failed else []
    with site.ledger.read() as books:
        open_batches = [batch for batch in books.batches.all() if not batch.discarded and not batch.approvals]
    sheet = names.get(understood.sheet, understood.sheet) if understood else ""
    return render_template(
        "list.html", sheet=sheet, key=key, known=known, understood=understood, errand=errand, made=_made(known, errand),
        reading=reading, seen=_seen(reading, errand), told=told,
        stale=understood is not None and understood.stamp != stamp_of(site.workspace, site.ledger),
        estates=[estate.name for estate in site.workspace.settings.estates], meanings=_meanings(), day=_day(known),
        open_batches=open_batches[-20:], sheets=result.get("sheets", ()), same=_same(understood, _day(known)),
        pairs=lambda values: [(value, value) for value in values],
    ), 422 if failed else 200  # fmt: skip


def _same(understood: Understood | None, day: date) -> list[str]:
    """Return the batches that were planned from this very list for this day."""
    if understood is None:
        return []
    with the_site().ledger.read() as books:
        return books.batches.planned_from(understood.sha256, day)


def _made(known: UploadedList, errand: Errand | None) -> list[tuple[int, str]]:
    """Return the batches that have this list, unless it is being planned: id and name."""
    if errand is not None and errand.at_work:
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
