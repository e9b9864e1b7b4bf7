"""Print jobs: sheets and files, hand-over, confirmation, cancelling, spoiled sheets again, download."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from notices.errors import UsageMistake
from notices.ledger import HandoverRecord, JobRecord, JobState
from notices.messages import Message, say
from notices.web.at_work import begin
from notices.web.forms import ReasonForm
from notices.web.pages.accounts import Done
from notices.web.pages.batches import place_of
from notices.web.paging import part_asked
from notices.web.people import session_name, the_person
from notices.web.roles import EVERYBODY, FROM_CLERK, serves
from notices.web.site import the_site

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")
NAVIGATION = ("jobs.index", say("Print jobs"))
LONGEST_LIST = 20_000  # characters of typed spoiled sheets


@blueprint.get("/")
@serves(*EVERYBODY)
def index() -> ResponseReturnValue:
    """List the print jobs, the newest first."""
    from notices.flow.printing.jobs import list_jobs

    jobs = list_jobs(the_site().ledger)[::-1]
    part = part_asked(len(jobs))
    return render_template("jobs.html", jobs=jobs[part.offset : part.offset + part.size], part=part, count=len(jobs))


@blueprint.get("/<int:job>")
@serves(*EVERYBODY)
def show(job: int) -> ResponseReturnValue:
    """Show one job: its files, where it is, and what can be done with it."""
    return _page(job, ReasonForm(formdata=None))


@blueprint.post("/<int:job>/confirm")
@serves(*FROM_CLERK)
def confirm(job: int) -> ResponseReturnValue:
    """Record that the shop has printed and posted the job."""
    from notices.flow.printing import jobs

    record, site = _job(job), the_site()
    gone = tuple(request.form.get("gone", "").replace(",", " ").replace("，", " ").split())
    order = jobs.ConfirmRequest(record.number, the_person().name, site.now(), gone)
    done = jobs.confirm_job(site.workspace, site.ledger, order)
    return _back(job, (say("Print job {job} is confirmed.", job=record.number), *done.attention))


@blueprint.post("/<int:job>/cancel")
@serves(*FROM_CLERK)
def cancel(job: int) -> ResponseReturnValue:
    """Cancel the job; its letters go into the next one."""
    from notices.flow.printing import jobs
    from notices.settings import PRINT_PASSWORD

    record, form, site = _job(job), ReasonForm(), the_site()
    if not form.validate_on_submit():
        return _page(job, form), 400
    order = jobs.CancelRequest(
        record.number, the_person().name, form.why.data, site.now(), bool(request.form.get("pulled")),
        site.environment.get(PRINT_PASSWORD) or "",
    )  # fmt: skip
    done = jobs.cancel_job(site.workspace, site.ledger, order)
    said = say(
        "Print job {job} is cancelled; {count} letter(s) wait for the next one.", job=record.number, count=done.back
    )
    return _back(job, (said, *done.told))


@blueprint.post("/<int:job>/again")
@serves(*FROM_CLERK)
def again(job: int) -> ResponseReturnValue:
    """Print spoiled sheets again, as a job of their own: a long verb of the batch."""
    record = _job(job)
    spoiled, sheet = request.form.get("spoiled", "")[:LONGEST_LIST], request.form.get("from_sheet", "")
    first = int(sheet) if sheet.isdecimal() and 0 < len(sheet) < 8 and int(sheet) > 0 else None
    if not spoiled.strip() and first is None:
        raise UsageMistake(
            say("No sheet was named."),
            say("Enter the codes or notice numbers of the spoiled sheets, or the first one."),
        )
    options = {
        "batch": record.batch,
        "spoiled": spoiled,
        "from_sheet": first,
        "job": record.number,
        "again": bool(request.form.get("again")),
    }
    return _started(record, "print-again", options)


@blueprint.post("/<int:job>/hand-over")
@serves(*FROM_CLERK)
def hand_over(job: int) -> ResponseReturnValue:
    """Hand the waiting jobs of the batch over to the folder or printer of the settings, and to no other place.

    A place that is typed into a page could be any folder of the server or any host that it reaches.
    """
    from notices.flow.printing.handover.destination import destination_of, full_name

    record, site = _job(job), the_site()
    place = full_name(site.workspace, "")
    destination_of(site.workspace, place, "")
    options = {"batch": record.batch, "to": place, "again": bool(request.form.get("again"))}
    return _started(record, "hand-over", options)


@blueprint.get("/<int:job>/files.zip")
@serves(*FROM_CLERK)
def files(job: int) -> ResponseReturnValue:
    """Return the job as an archive, encrypted if the server has a password for it."""
    from notices.flow.printing.download import job_archive
    from notices.flow.printing.make_job import ZIP_PASSWORD

    record, site = _job(job), the_site()
    path = job_archive(site.workspace, site.ledger, record, site.environment.get(ZIP_PASSWORD) or "")
    answer: Response = send_file(path, "application/zip", as_attachment=True, download_name=f"{record.number}.zip")
    return answer


def _started(record: JobRecord, verb: str, options: Mapping[str, object]) -> ResponseReturnValue:
    with the_site().ledger.read() as books:
        batch = books.batches.get(record.batch).id
    begin(place_of(batch), verb, options)
    return redirect(url_for("batches.show", batch=batch), code=303)


def _back(job: int, told: tuple[Message, ...]) -> ResponseReturnValue:
    key = the_site().kept.keep(session_name(), Done(told))
    return redirect(url_for("jobs.show", job=job, done=key), code=303)


def _job(job: int) -> JobRecord:
    with the_site().ledger.read() as books:
        found = books.jobs.with_id(job)
    if found is None:
        abort(404)
    return found


def _page(job: int, form: FlaskForm) -> str:
    record, site = _job(job), the_site()
    with site.ledger.read() as books:
        handover: HandoverRecord | None = books.handovers.of_job(record.number)
        batch = books.batches.get(record.batch).id
        others = {each.number: each.id for each in books.jobs.all(record.batch)}
    done = site.kept.get(session_name(), request.args.get("done", ""))
    return render_template(
        "job.html", job=record, handover=handover, batch=batch, form=form, waits=record.state is JobState.SPOOLED,
        done=done if isinstance(done, Done) else None, others=others, to=site.workspace.settings.print.to,
        printed=record.state in {JobState.SPOOLED, JobState.HANDED_OVER},
    )  # fmt: skip
