"""One decision of a batch: its reason, its letter page by page, leave out or take in; next and previous."""

from __future__ import annotations

from collections.abc import Hashable
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from notices.errors import NoticesError, Refused
from notices.ledger import BatchRecord, DecisionRecord
from notices.messages import say
from notices.model import Action, State
from notices.web.at_work import begin
from notices.web.forms import ReasonForm
from notices.web.news import only_looks
from notices.web.pages.batches import batch_of, filter_asked, place_of, query_with
from notices.web.people import the_person
from notices.web.roles import EVERYBODY, FROM_CLERK, serves
from notices.web.site import the_site
from notices.web.wording import masked

if TYPE_CHECKING:
    from notices.pdf import PageText

blueprint = Blueprint("decisions", __name__, url_prefix="/batches/<int:batch>/decisions/<int:decision>")
DPI = 130  # sharp enough to read on a screen


@blueprint.get("/")
@serves(*EVERYBODY)
def show(batch: int, decision: int) -> ResponseReturnValue:
    """Show a decision with its reason, and its letter if the reader may see names."""
    return _page(batch, decision, ReasonForm())


@blueprint.get("/pages/<int:number>.png")
@serves(*EVERYBODY, names=True)
def page(batch: int, decision: int, number: int) -> ResponseReturnValue:
    """Return a page of the letter as picture."""
    from notices.pdf import page_picture

    picture = page_picture(_pdf(*_found(batch, decision)), number, DPI)
    return Response(picture, mimetype="image/png") if picture else abort(404)


@blueprint.get("/letter.pdf")
@serves(*EVERYBODY, names=True)
def letter(batch: int, decision: int) -> ResponseReturnValue:
    """Return the letter as PDF, to be saved."""
    record, entry = _found(batch, decision)
    name = entry.notice.number if entry.notice and entry.notice.number else f"preview-{entry.id}"
    return send_file(BytesIO(_pdf(record, entry)), "application/pdf", as_attachment=True, download_name=f"{name}.pdf")


@blueprint.post("/leave-out")
@serves(*FROM_CLERK)
def leave_out(batch: int, decision: int) -> ResponseReturnValue:
    """Leave the account out of the next release, with a reason."""
    from notices.flow.approval import left_out

    form, site = ReasonForm(), the_site()
    if not form.validate_on_submit():
        return _page(batch, decision, form), 400
    order = left_out.LeftOutRequest(batch_of(batch).name, decision, form.why.data, the_person().name, site.now())
    left_out.leave_out(site.workspace, site.ledger, order)
    return redirect(url_for("decisions.show", batch=batch, decision=decision), code=303)


@blueprint.post("/take-in")
@serves(*FROM_CLERK)
def take_in(batch: int, decision: int) -> ResponseReturnValue:
    """Take the account in again, with a reason."""
    from notices.flow.approval import left_out

    form, site = ReasonForm(), the_site()
    if not form.validate_on_submit():
        return _page(batch, decision, form), 400
    order = left_out.LeftOutRequest(batch_of(batch).name, decision, form.why.data, the_person().name, site.now())
    left_out.take_in(site.workspace, site.ledger, order)
    return redirect(url_for("decisions.show", batch=batch, decision=decision), code=303)


@blueprint.post("/release")
@serves(*FROM_CLERK)
def release(batch: int, decision: int) -> ResponseReturnValue:
    """Release this letter alone, also if a question about its account had been asked: who does so has looked."""
    record, entry = _found(batch, decision)
    named = [entry.account.key]
    if entry.excluded is not None:
        raise Refused(
            say("{account} was left out meanwhile: {why}", account=entry.account.key, why=entry.excluded),
            say("Load the page again to see its present state."),
        )
    options = {"tier": entry.decision.tier, "only": named, "looked_at": named, "alone": the_person().alone}
    begin(place_of(batch), "approve", {"batch": record.name, "request": options})
    return redirect(url_for("batches.show", batch=batch), code=303)


def _page(batch: int, decision: int, form: ReasonForm) -> str:
    from notices.flow.status import letters
    from notices.flow.viewing import is_rendered, last_notice

    record, entry = _found(batch, decision)
    site, wanted = the_site(), filter_asked(record)
    with site.ledger.read() as books:
        before, after = books.decision_table.beside(batch, wanted, decision)
    is_issue, notice = entry.decision.action is Action.ISSUE, entry.notice
    pages, fault = _leaves(record, entry) if is_issue and not masked() and not only_looks() else ([], None)
    return render_template(
        "decision.html", batch=record, entry=entry, form=form, pages=pages, fault=fault, before=before, after=after,
        waits=is_issue and notice is not None and notice.state is State.PLANNED, rendered=is_rendered(entry),
        shared=letters(site.ledger, [entry]).get(entry.id),
        last=None if masked() else last_notice(site.ledger, entry), query=query_with(page=""),
    )  # fmt: skip


def _leaves(record: BatchRecord, entry: DecisionRecord) -> tuple[list[PageText], NoticesError | None]:
    """Return the pages of the letter, or why it cannot be shown; the rest of the page is shown all the same."""
    from notices.pdf import page_lines

    try:
        return page_lines(_pdf(record, entry)), None
    except NoticesError as error:
        return [], error


def _found(batch: int, decision: int) -> tuple[BatchRecord, DecisionRecord]:
    record = batch_of(batch)
    with the_site().ledger.read() as books:
        entry = books.decision_table.one(batch, decision)
    if entry is None:
        abort(404)
    return record, entry


def _pdf(record: BatchRecord, entry: DecisionRecord) -> bytes:
    """Return the letter; it is kept for a while, until something that it depends on may have changed."""
    from notices.flow.viewing import letter_pdf

    site = the_site()
    return site.letters.get(
        _key(record, entry), lambda: letter_pdf(site.workspace, site.ledger, record, entry, site.previewer)
    )


def _key(record: BatchRecord, entry: DecisionRecord) -> Hashable:
    site = the_site()
    if entry.notice and entry.notice.shard:
        return "letter", entry.notice.shard.sha256, entry.id
    with site.ledger.read() as books:
        last = books.events.last()
    files = sorted(path for path in site.workspace.templates.rglob("*") if path.is_file())
    return "preview", record.id, entry.id, last, tuple(path.stat().st_mtime_ns for path in files), id(site.workspace)
