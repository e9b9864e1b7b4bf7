"""Came back: e-mail reports, the carrier's table, slips and statements are uploaded; doubtful ones are settled here.

Scanned slips and statements are read by rooms of their own; where one is not installed, its part of the page is left
out and the rest works.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length

from notices.errors import NoticesError, Refused
from notices.letters.unit_boxes import mark_name
from notices.messages import Message, say
from notices.web.at_work import start_errand
from notices.web.cells import from_json
from notices.web.cut_off import CutOff, cut_off, forget
from notices.web.errands import Errand, ErrandState
from notices.web.faults import status_of
from notices.web.forms import required_text
from notices.web.inputs import Upload, day_field, digest_of, keep_uploads, original_names, renamed, typed_day
from notices.web.paging import part_asked
from notices.web.people import session_name, the_person
from notices.web.roles import FROM_CLERK, serves
from notices.web.site import the_site
from notices.web.wording import language, verb_title

blueprint = Blueprint("replies", __name__, url_prefix="/replies")
NAVIGATION = ("replies.index", say("Came back"))
MOST_ROWS = 500
SCANS_A_PAGE = 10
READINGS = ("read-mail", "read-carrier", "read-slips", "read-statements")


@dataclass(frozen=True)
class ReplyUpload:
    """Files that came in, the verb that reads them, and the place where it is at work."""

    place: str
    verb: str
    options: Mapping[str, Any] = field(compare=False)


@dataclass(frozen=True)
class Results:
    """Results of an upload as a page shows them: a sentence, lines of a table, and what needs a person."""

    title: Message
    told: tuple[Message, ...]
    headings: tuple[Message, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    attention: tuple[Message, ...] = ()
    failed: bool = False


class TypedSlipForm(FlaskForm):
    """A slip on paper, as a person types it."""

    notice = required_text(say("Number of the notice"), longest=80)
    received = day_field(say("Came back on"), required=True)
    units = StringField(say("Units ticked, of a letter for several"), validators=[Length(max=400)])
    note = StringField(say("Defects, as the owner wrote them"), validators=[Length(max=2000)])
    promise = day_field(say("Promises to pay by"))
    instalments = StringField(say("Instalments, as the owner wrote them"), validators=[Length(max=2000)])
    telephone = StringField(say("Telephone, as the owner wrote it"), validators=[Length(max=80)])


def extension(name: str) -> Any:
    """Return a module that this installation may lack, None if it does."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            return None
        raise


@blueprint.get("/")
@serves(*FROM_CLERK)
def index() -> ResponseReturnValue:
    """Show what can be uploaded, what the last upload did, and what waits to be settled."""
    return _page(_slip_form())


@blueprint.post("/mail")
@serves(*FROM_CLERK)
def mail() -> ResponseReturnValue:
    """Read e-mails that came back."""
    return _read("read-mail")


@blueprint.post("/carrier")
@serves(*FROM_CLERK)
def carrier() -> ResponseReturnValue:
    """Read the carrier's table of waybills and results."""
    return _read("read-carrier", sheet=request.form.get("sheet") or None)


@blueprint.post("/slips")
@serves(*FROM_CLERK)
def slips() -> ResponseReturnValue:
    """Read slips: a typed list, PDFs filled in on screen, and scans where they can be read."""
    received = typed_day(request.form.get("received", "")) or the_site().today()
    return _read("read-slips", received=received.isoformat())


@blueprint.post("/statements")
@serves(*FROM_CLERK)
def statements() -> ResponseReturnValue:
    """Read statements of banks and payment providers: certain lines are booked, likely ones proposed."""
    if extension("notices.flow.replies.bank") is None or extension("notices.intake.statements") is None:
        abort(404)
    return _read("read-statements")


@blueprint.get("/live")
@serves(*FROM_CLERK)
def live() -> ResponseReturnValue:
    """Return the part of the page that changes while an upload is read."""
    upload = _upload_asked()
    errand = the_site().errands.find(upload.place) if upload else None
    if upload is None or errand is None or not errand.at_work:
        return Response(status=200, headers={"HX-Refresh": "true"})  # the page shows what came of it
    if request.args.get("seen") == str(errand.change):
        return Response(status=204)
    return render_template("reply_live.html", errand=errand, key=request.args.get("done", ""))


@blueprint.post("/stop")
@serves(*FROM_CLERK)
def stop() -> ResponseReturnValue:
    """Interrupt the reading of an upload; what is recorded stays, and the same file may be read again."""
    if upload := _upload_asked():
        the_site().errands.stop(upload.place)
    return redirect(url_for("replies.index", done=request.args.get("done", "")), code=303)


@blueprint.post("/again")
@serves(*FROM_CLERK)
def again() -> ResponseReturnValue:
    """Read an upload once more that could not be read to its end."""
    upload = _upload_asked()
    if upload is None or not all(Path(each).is_file() for each in upload.options["paths"]):
        abort(404)
    names = upload.options["names"]
    kept = [Upload(Path(each), names[each]) for each in upload.options["paths"]]
    start_errand(upload.place, upload.verb, upload.options, upload=_noted(kept, upload.options))
    return redirect(url_for("replies.index", done=request.args.get("done", "")), code=303)


@blueprint.post("/cut-off/<key>")
@serves(*FROM_CLERK)
def go_on(key: str) -> ResponseReturnValue:
    """Read files again that were being read when the server ended; what was recorded of them is known already."""
    site = the_site()
    found = next((it for it in _cut_off() if it.key == key), None)
    if found is None or not all(Path(each).is_file() for each in found.options["paths"]):
        abort(404)
    upload = ReplyUpload(found.place, found.verb, found.options)
    start_errand(upload.place, upload.verb, upload.options, upload={"shown": found.shown, "options": found.options})
    forget(site, key)
    return redirect(url_for("replies.index", done=site.kept.keep(session_name(), upload)), code=303)


@blueprint.post("/slip")
@serves(*FROM_CLERK)
def slip() -> ResponseReturnValue:
    """Enter one slip that came back on paper."""
    from notices.flow.replies import slips as slip_flow

    form, site = TypedSlipForm(), the_site()
    if not form.validate_on_submit():
        return _page(form), 400
    order = slip_flow.SlipRequest(
        number=form.notice.data, objections=tuple(request.form.getlist("objection")), received=form.received.data,
        by=the_person().name, at=site.now(), note=form.note.data or "", promise=form.promise.data,
        instalments=form.instalments.data or "", telephone=form.telephone.data or "",
        units=tuple(filter(None, map(str.strip, re.split(r"[、，,；;]", form.units.data or "")))),
    )  # fmt: skip
    try:
        done = slip_flow.set_slip(site.workspace, site.ledger, order)
    except NoticesError as error:
        return _page(form, error), status_of(error)
    return _shown(_slips_result(done))


@blueprint.post("/proposals/<int:line>")
@serves(*FROM_CLERK)
def proposal(line: int) -> ResponseReturnValue:
    """Book a proposed payment to the account that was chosen, or record that it is nobody's."""
    match = extension("notices.flow.replies.match")
    if match is None:
        abort(404)
    site, account = the_site(), request.form.get("account") or None
    waiting = {each.id: each for each in match.waiting(site.ledger)}
    if line not in waiting or (account and account not in {each.case.key for each in waiting[line].candidates}):
        raise Refused(
            say("This proposal is settled, or has changed meanwhile."),
            say("Look at the proposals that still wait."),
        )
    done = match.settle(
        site.workspace, site.ledger, match.Settlement(line, the_person().name, site.now(), account=account)
    )
    told = say("Booked.") if done.payment is not None else say("Recorded as nobody's payment.")
    return _shown(Results(say("Proposed payment"), (told, *done.attention)), "#proposals")


@blueprint.get("/scans/<int:scan>/<int:mark>.png")
@serves(*FROM_CLERK)
def cut_out(scan: int, mark: int) -> ResponseReturnValue:
    """Return the cut-out of a doubtful mark; mark 0 is the whole page."""
    review = extension("notices.flow.replies.review")
    found = next((it for it in review.waiting(the_site().ledger) if it.scan.id == scan), None) if review else None
    if review is None or found is None or mark > len(found.scan.doubtful):
        abort(404)
    name = found.scan.doubtful[mark - 1].picture if mark else found.scan.picture
    review.bring_pictures(the_site().workspace, the_site().ledger, [found])
    path = the_site().workspace.named(name)
    if found.flaw_of(the_site().workspace, name) or path.suffix.lower() not in {".png", ".jpg", ".jpeg"}:
        abort(404)
    return send_file(path, "image/png" if path.suffix.lower() == ".png" else "image/jpeg")


@blueprint.post("/scans/<int:scan>")
@serves(*FROM_CLERK)
def judge(scan: int) -> ResponseReturnValue:
    """Record a scanned slip with the doubtful boxes that a person sees marked."""
    review = extension("notices.flow.replies.review")
    if review is None:
        abort(404)
    site = the_site()
    seen = review.Judgement(scan, tuple(request.form.getlist("marked")), the_person().name, site.now())
    review.settle(site.workspace, site.ledger, seen)
    return redirect(url_for("replies.index") + "#scans", code=303)


def _slips_result(done: Any) -> Results:
    told = say(
        "{count} slip(s) recorded, {known} known already.",
        count=sum(each.new and each.source != "taken-back" for each in done.taken),
        known=sum(not each.new for each in done.taken),
    )  # fmt: skip
    gone = [
        say(
            "{notice} ({account}): its earlier entry is taken back; the slip is not about this unit.",
            notice=each.number,
            account=each.account,
        )
        for each in done.taken
        if each.source == "taken-back"
    ]
    labels = _labels()
    rows = [
        (each.number, each.account, "、".join(labels.get(code, code) for code in each.slip.objections))
        for each in done.taken[:MOST_ROWS]
        if each.source != "taken-back"
    ]
    problems = [
        say("Row {row}: {problem} {remedy}", row=it.row, problem=it.problem, remedy=it.remedy) for it in done.problems
    ]
    suggested = [message for each in done.taken for message in each.suggestions]
    attention = (*done.attention, *gone, *problems, *suggested)
    headings = (say("notice"), say("account"), say("objections"))
    return Results(say("Slips"), (told,), headings, tuple(rows), attention)


def _labels() -> Mapping[str, str]:
    """Return the wording of each objection, by its code; none if the templates cannot be read."""
    from notices.flow.replies import slips as slip_flow

    try:
        return slip_flow.labels(the_site().workspace) if language() == "zh" else {}
    except NoticesError:
        return {}


def _offered() -> list[tuple[str, str]]:
    """Return the objections that a slip offers, each with its wording."""
    from notices.flow.replies import slips as slip_flow

    try:
        return list(slip_flow.labels(the_site().workspace).items())
    except NoticesError:
        return []


def _read(verb: str, **options: object) -> ResponseReturnValue:
    """Start to read the uploaded files; the same files read twice at once are read once."""
    uploads = keep_uploads(the_site(), request.files.getlist("files"))
    content = sha256("".join(sorted(digest_of(each.path) for each in uploads)).encode()).hexdigest()
    place = f"{verb}:{content}"
    given = {**options, "paths": [str(each.path) for each in uploads], "names": original_names(uploads)}
    start_errand(place, verb, given, upload=_noted(uploads, given))
    key = the_site().kept.keep(session_name(), ReplyUpload(place, verb, given))
    return redirect(url_for("replies.index", done=key), code=303)


def _noted(uploads: Sequence[Upload], options: Mapping[str, Any]) -> dict[str, object]:
    """Return what is noted of files while they are read."""
    return {"shown": "、".join(each.name for each in uploads), "options": dict(options)}


def _cut_off() -> list[CutOff]:
    return cut_off(the_site(), the_person().name, READINGS)


def _upload_asked() -> ReplyUpload | None:
    kept = the_site().kept.get(session_name(), request.args.get("done", ""))
    return kept if isinstance(kept, ReplyUpload) else None


def _results_of(upload: ReplyUpload, errand: Errand) -> Results:
    """Return what came of an upload, with the files under the names that the person knows."""
    names = upload.options["names"]
    found = from_json_table(errand.result)
    return Results(
        verb_title(upload.verb), tuple(renamed(it, names) for it in errand.told), *found,
        tuple(renamed(it, names) for it in errand.attention), failed=errand.state is not ErrandState.DONE,
    )  # fmt: skip


def from_json_table(result: Any) -> tuple[tuple[Message, ...], tuple[tuple[object, ...], ...]]:
    """Return headings and rows of the table that an errand found, empty ones if it found none."""
    if not result:
        return (), ()
    return tuple(from_json(result["headings"])), tuple(tuple(from_json(row)) for row in result["rows"])


def _shown(results: Results, part: str = "") -> ResponseReturnValue:
    kept = replace(results, told=tuple(message for message in results.told if message.text))
    key = the_site().kept.keep(session_name(), kept)
    return redirect(url_for("replies.index", done=key) + part, code=303)


def _slip_form() -> TypedSlipForm:
    form = TypedSlipForm(formdata=None)
    form.received.data = the_site().today()
    return form


def _page(form: TypedSlipForm, error: NoticesError | None = None) -> str:
    site = the_site()
    review, match = extension("notices.flow.replies.review"), extension("notices.flow.replies.match")
    scans: Sequence[Any] = review.waiting(site.ledger) if review else ()
    lines: Sequence[Any] = match.waiting(site.ledger) if match else ()
    part, labels = part_asked(len(lines)), _labels()
    done, upload = site.kept.get(session_name(), request.args.get("done", "")), _upload_asked()
    errand = site.errands.find(upload.place) if upload else None
    if upload is not None and errand is not None and not errand.at_work:
        done = _results_of(upload, errand)

    def label(name: str) -> str:
        return labels.get(name) or mark_name(name)

    return render_template(
        "replies.html", form=form, error=error, done=done if isinstance(done, Results) else None, offered=_offered(),
        errand=errand if errand is not None and errand.at_work else None, key=request.args.get("done", ""),
        scans=scans[:SCANS_A_PAGE], scan_count=len(scans), lines=lines[part.offset : part.offset + part.size],
        line_count=len(lines), part=part, labels=labels, reads_statements=match is not None,
        labelled=lambda names: "、".join(map(label, names)), label=label, cut=_cut_off(),
    )  # fmt: skip
