"""Templates: the letters with their check, a preview as picture, download, and upload of a new version."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from notices.errors import NoticesError
from notices.messages import Message, say
from notices.web.inputs import keep_uploads
from notices.web.news import only_looks
from notices.web.pages.accounts import Done
from notices.web.people import session_name, the_person
from notices.web.roles import EVERYBODY, FROM_CLERK, ONLY_ADMIN, serves
from notices.web.site import the_site

blueprint = Blueprint("templates", __name__, url_prefix="/templates")
NAVIGATION = ("templates.index", say("Templates"))
DPI = 110
LETTER = ".docx"


@blueprint.get("/")
@serves(*EVERYBODY)
def index() -> ResponseReturnValue:
    """List the letters and the texts of e-mails, each with what its check found."""
    from notices.flow.templates.check import check, template_list

    site = the_site()
    checked = site.counted.get(("templates", files_stamp(), id(site.workspace)), lambda: check(site.workspace))
    uses = {use.file: use for use in template_list(site.workspace)}
    return render_template("templates.html", checked=checked, uses=uses)


@blueprint.get("/look/<path:file>")
@serves(*EVERYBODY)
def show(file: str) -> ResponseReturnValue:
    """Show one template: its check, how a letter of it looks, and older versions."""
    return _page(file, FlaskForm())


@blueprint.get("/page/<int:number>/<path:file>")
@serves(*EVERYBODY, names=True)
def page(number: int, file: str) -> ResponseReturnValue:
    """Return a page of the preview as picture."""
    path = _path(file)
    if path.suffix != LETTER:
        abort(404)
    from notices.pdf import page_picture

    picture = page_picture(_preview(path), number, DPI)
    return Response(picture, mimetype="image/png") if picture else abort(404)


@blueprint.get("/download/<path:file>")
@serves(*FROM_CLERK)
def download(file: str) -> ResponseReturnValue:
    """Return the template, to be edited in Word or WPS."""
    path = _path(file)
    answer: Response = send_file(
        BytesIO(path.read_bytes()), "application/octet-stream", as_attachment=True, download_name=path.name
    )
    return answer


@blueprint.post("/replace/<path:file>")
@serves(*ONLY_ADMIN)
def replace(file: str) -> ResponseReturnValue:
    """Check a new version, and put it in place of the old one if it is sound."""
    from notices.flow.templates.replace import NewVersion, replace_template

    path, site, form = _path(file), the_site(), FlaskForm()
    (upload, *_) = keep_uploads(site, request.files.getlist("version"))
    new = NewVersion(file, upload.path, the_person().name, site.now(), request.form.get("seen", ""))
    done = replace_template(site.workspace, new)
    if done.checked.problems:
        return _page(file, form, done.checked.problems), 422
    told = (say("{file} is replaced; the old version is kept as {old}.", file=path.name, old=done.kept),)
    key = site.kept.keep(session_name(), Done(told))
    return redirect(url_for("templates.show", file=file, done=key), code=303)


def _page(file: str, form: FlaskForm, wrong: tuple[object, ...] = ()) -> str:
    from notices.flow.templates.check import check
    from notices.flow.templates.replace import OLDER
    from notices.pdf import sha256_of
    from notices.web.wording import masked

    path, site = _path(file), the_site()
    found = next((each for each in check(site.workspace) if each.file == file), None)
    shows = path.suffix == LETTER and not masked() and not only_looks()
    leaves, fault = _leaves(path) if shows else ([], None)
    older = sorted((each.name for each in (path.parent / OLDER).glob(f"{path.stem}-*{path.suffix}")), reverse=True)
    done = site.kept.get(session_name(), request.args.get("done", ""))
    return render_template(
        "template.html", file=file, found=found, leaves=leaves, fault=fault, older=older, form=form, wrong=wrong,
        seen=sha256_of(path), done=done if isinstance(done, Done) else None,
    )  # fmt: skip


def _leaves(path: Path) -> tuple[list[object], Message | None]:
    """Return the pages of the preview, or why there is none."""
    from notices.pdf import page_lines

    try:
        return list(page_lines(_preview(path))), None
    except NoticesError as error:
        return [], error.fact


def _path(file: str) -> Path:
    """Return the path of a template of the list; there is no page for any other file."""
    from notices.flow.templates.replace import template_files

    site = the_site()
    known = site.counted.get(
        ("template-files", files_stamp(), id(site.workspace)), lambda: template_files(site.workspace)
    )
    if file not in known:
        abort(404)
    return site.workspace.templates / file


def _preview(path: Path) -> bytes:
    """Return a letter of the template, filled as the one of an account of the newest batch."""
    from notices.flow.templates.account_data import account_data

    site = the_site()
    with site.ledger.read() as books:
        last = books.events.last()

    def make() -> bytes:
        data = account_data(site.workspace, site.ledger, path, None, site.today())
        return site.previewer.letter(path, data.fields, site.today())

    return site.letters.get(("template", str(path), files_stamp(), last, id(site.workspace)), make)


def files_stamp() -> tuple[object, ...]:
    """Return what changes with any file of the letters."""
    folder = the_site().workspace.templates
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
