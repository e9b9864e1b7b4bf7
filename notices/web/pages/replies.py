"""Came back: e-mail reports, the carrier's table, slips and statements are uploaded; doubtful ones are settled here.

Scanned slips and statements are read by rooms of their own; where one is not installed, its part of the page is left
out and the rest works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length

from notices.errors import NoticesError, Refused
from notices.messages import Message, say
from notices.web.faults import status_of
from notices.web.forms import required_text
from notices.web.inputs import Upload, day_field, keep_uploads, original_names, renamed, typed_day
from notices.web.paging import part_asked
from notices.web.people import session_name, the_person
from notices.web.roles import FROM_CLERK, serves
from notices.web.site import the_site
from notices.web.wording import language
from notices.words import word

blueprint = Blueprint("replies", __name__, url_prefix="/replies")
NAVIGATION = ("replies.index", say("Came back"))
MOST_ROWS = 500
SCANS_A_PAGE = 10


@dataclass(frozen=True)
class Results:
    """Results of an upload as a page shows them: a sentence, lines of a table, and what needs a person."""

    title: Message
    told: tuple[Message, ...]
    headings: tuple[Message, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    attention: tuple[Message, ...] = ()


class TypedSlipForm(FlaskForm):
    """A slip on paper, as a person types it."""

    notice = required_text(say("Number of the notice"), longest=80)
    received = day_field(say("Came back on"), required=True)
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
    from notices.flow.replies import bounces
    from notices.flow.replies.bounce_sentences import attention_of

    site, uploads = the_site(), keep_uploads(the_site(), request.files.getlist("files"))
    names = original_names(uploads)
    paths = [each.path for each in uploads]
    read = bounces.import_bounces(site.workspace, site.ledger, paths, by=the_person().name, at=site.now())

    def place(each: bounces.Bounce) -> str:
        name = names.get(str(each.file), each.file.name)
        return f"{name}:{each.index}" if each.index else name

    about = sum(each.mailed is not None for each in read.messages)
    told = say(
        "{count} message(s): {matched} about our notices, {recorded} new; {unmatched} report(s) match none.",
        count=len(read.messages), matched=about, recorded=sum(each.recorded for each in read.messages),
        unmatched=sum(bounces.unmatched(each) for each in read.messages),
    )  # fmt: skip
    rows = [
        (
            place(each), word(each.report.kind.value), next((it.address for it in each.report.recipients), ""),
            each.mailed.number if each.mailed else "", word(each.state.value) if each.state else "",
        )
        for each in read.messages
        if each.mailed or bounces.unmatched(each)
    ]  # fmt: skip
    headings = (say("file"), say("kind"), say("to"), say("number"), say("state"))
    attention = [renamed(message, names) for message in attention_of(read, place)]
    return _shown(Results(say("E-mails that came back"), (told,), headings, tuple(rows), tuple(attention)))


@blueprint.post("/carrier")
@serves(*FROM_CLERK)
def carrier() -> ResponseReturnValue:
    """Read the carrier's table of waybills and results."""
    from notices.flow.replies import carrier as carriers

    site, uploads = the_site(), keep_uploads(the_site(), request.files.getlist("files"))
    order = carriers.ImportOrder(the_person().name, site.now(), site.today())
    try:
        done = carriers.import_results(
            site.workspace, site.ledger, uploads[0].path, order, sheet=request.form.get("sheet") or None
        )
    except NoticesError as error:
        return _failed(error, uploads)
    told = done.done if done.done.text else _counts(done)
    names = original_names(uploads)
    return _shown(
        Results(
            say("The carrier's table"), (told, renamed(done.note, names)), PROBLEM_HEADINGS, _problems(done.problems),
            tuple(renamed(message, names) for message in done.attention),
        )
    )  # fmt: skip


@blueprint.post("/slips")
@serves(*FROM_CLERK)
def slips() -> ResponseReturnValue:
    """Read slips: a typed list, PDFs filled in on screen, and scans where they can be read."""
    from notices.flow.replies import slips as slip_flow

    site, uploads = the_site(), keep_uploads(the_site(), request.files.getlist("files"))
    received = typed_day(request.form.get("received", "")) or site.today()
    order = slip_flow.Import(received=received, by=the_person().name, at=site.now())
    try:
        done = slip_flow.import_slips(site.workspace, site.ledger, [each.path for each in uploads], order)
    except NoticesError as error:
        return _failed(error, uploads)
    return _shown(_slips_result(done, original_names(uploads)))


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
    )  # fmt: skip
    try:
        done = slip_flow.set_slip(site.workspace, site.ledger, order)
    except NoticesError as error:
        return _page(form, error), status_of(error)
    return _shown(_slips_result(done, {}))


@blueprint.post("/statements")
@serves(*FROM_CLERK)
def statements() -> ResponseReturnValue:
    """Read statements of banks and payment providers: certain lines are booked, likely ones proposed."""
    bank, readers = extension("notices.flow.replies.bank"), extension("notices.intake.statements")
    if bank is None or readers is None:
        abort(404)
    site, uploads = the_site(), keep_uploads(the_site(), request.files.getlist("files"))
    order = bank.StatementOrder(by=the_person().name, at=site.now(), today=site.today())
    try:
        taken = bank.import_statements(site.workspace, site.ledger, [each.path for each in uploads], order)
    except NoticesError as error:
        return _failed(error, uploads)
    told = say(
        "{booked} payment(s) booked, {proposed} proposed below, {ignored} line(s) left out.",
        booked=len(taken.booked), proposed=len(taken.proposed), ignored=len(taken.ignored),
    )  # fmt: skip
    rows = tuple((line.date, case.key, line.amount, line.text) for line, case in taken.booked[:MOST_ROWS])
    problems = tuple(
        say("Row {row}: {problem} {remedy}", row=it.row, problem=it.problem, remedy=it.remedy)
        for _, it in taken.problems[:MOST_ROWS]
    )
    headings = (say("date"), say("account"), say("amount"), say("text"))
    names = original_names(uploads)
    attention = (*problems, *(renamed(message, names) for message in taken.attention))
    return _shown(Results(say("Statements"), (told,), headings, rows, attention))


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
    return _shown(Results(say("Proposed payment"), (told, done.credit)), "#proposals")


@blueprint.get("/scans/<int:scan>/<int:mark>.png")
@serves(*FROM_CLERK)
def cut_out(scan: int, mark: int) -> ResponseReturnValue:
    """Return the cut-out of a doubtful mark; mark 0 is the whole page."""
    review = extension("notices.flow.replies.review")
    found = next((it for it in review.waiting(the_site().ledger) if it.scan.id == scan), None) if review else None
    if found is None or mark > len(found.scan.doubtful):
        abort(404)
    name = found.scan.doubtful[mark - 1].picture if mark else found.scan.picture
    path = the_site().workspace.root / name
    if not path.is_file() or path.suffix.lower() not in {".png", ".jpg", ".jpeg"}:
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


PROBLEM_HEADINGS = (say("row"), say("column"), say("value"), say("problem"), say("remedy"))


def _problems(problems: Sequence[Any]) -> tuple[tuple[object, ...], ...]:
    return tuple((it.row, it.column, it.value, it.problem, it.remedy) for it in problems[:MOST_ROWS])


def _counts(done: Any) -> Message:
    return say(
        "{new} new, {changed} changed, {same} known already; {problems} row(s) with problems.",
        new=done.new, changed=done.changed, same=done.same, problems=len(done.problems),
    )  # fmt: skip


def _slips_result(done: Any, names: dict[str, str]) -> Results:
    told = say(
        "{count} slip(s) recorded, {known} known already.",
        count=sum(each.new for each in done.taken), known=sum(not each.new for each in done.taken),
    )  # fmt: skip
    labels = _labels()
    rows = [
        (each.number, each.account, "、".join(labels.get(code, code) for code in each.slip.objections))
        for each in done.taken[:MOST_ROWS]
    ]
    problems = [
        say("Row {row}: {problem} {remedy}", row=it.row, problem=it.problem, remedy=it.remedy) for it in done.problems
    ]
    suggested = [message for each in done.taken for message in each.suggestions]
    attention = [renamed(message, names) for message in (*done.attention, *problems, *suggested)]
    headings = (say("notice"), say("account"), say("objections"))
    return Results(say("Slips"), (told,), headings, tuple(rows), tuple(attention))


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


def _failed(error: NoticesError, uploads: Sequence[Upload]) -> ResponseReturnValue:
    """Show why nothing was recorded, with the file under the name that the person knows."""
    names = original_names(uploads)
    error.fact, error.remedy = renamed(error.fact, names), renamed(error.remedy, names)
    error.details = tuple(renamed(each, names) for each in error.details)
    return _page(_slip_form(), error), status_of(error)


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
    done = site.kept.get(session_name(), request.args.get("done", ""))
    return render_template(
        "replies.html", form=form, error=error, done=done if isinstance(done, Results) else None, offered=_offered(),
        scans=scans[:SCANS_A_PAGE], scan_count=len(scans), lines=lines[part.offset : part.offset + part.size],
        line_count=len(lines), part=part, labels=labels, reads_statements=match is not None,
        labelled=lambda codes: "、".join(labels.get(code, code) for code in codes),
    )  # fmt: skip
