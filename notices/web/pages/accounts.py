"""Account: everything about one owner in one column of time, and what a clerk enters about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from notices.errors import NoticesError
from notices.flow.register.instalments import instalments_file
from notices.ledger import NoticeRecord
from notices.messages import Message, say
from notices.model import STOPS, WISHES, CaseKey, HoldKind, Payment, State
from notices.rules.states import NOT_LEFT
from notices.web.faults import status_of
from notices.web.forms import ReasonForm, required_text
from notices.web.inputs import day_field, yuan_field, yuan_of
from notices.web.people import session_name, the_person
from notices.web.roles import EVERYBODY, FROM_CLERK, serves
from notices.web.site import the_site
from notices.web.wording import masked

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")
NAVIGATION = ("accounts.index", say("Accounts"))
WITHDRAWABLE = NOT_LEFT | {State.SPOOLED}
LONGEST_PLAN = 4_000  # characters of a typed instalment plan
MOST_FOUND = 50


def note_field() -> Any:
    """Return a field for a remark."""
    return StringField(say("Remark"), validators=[Length(max=500, message=say("This is too long."))])


class HoldForm(FlaskForm):
    """A stop or a wish about the way of sending."""

    kind = SelectField(say("Kind"), choices=[kind.value for kind in (*STOPS, *WISHES)])
    until = day_field(say("Last day"))
    note = note_field()


class PromiseForm(FlaskForm):
    """A promise to pay."""

    until = day_field(say("Promised for"), required=True)
    amount = yuan_field(say("Amount in yuan"))
    note = note_field()


class InstalmentsForm(FlaskForm):
    """An instalment plan, a part a line."""

    plan = TextAreaField(
        say("Instalments"),
        validators=[
            DataRequired(say("Fill this in.")),
            Length(max=LONGEST_PLAN, message=say("This is too long.")),
        ],
    )
    note = note_field()


class PaymentForm(FlaskForm):
    """A payment that came in."""

    amount = yuan_field(say("Amount in yuan"), required=True)
    day = day_field(say("Received on"), required=True)
    note = note_field()


FORMS: Mapping[str, type[FlaskForm]] = {
    "hold": HoldForm,
    "promise": PromiseForm,
    "instalments": InstalmentsForm,
    "payment": PaymentForm,
}


class SearchForm(FlaskForm):
    """Words that name an account."""

    words = required_text(say("Unit, owner, telephone or number of a notice"), longest=80)


@dataclass(frozen=True)
class Done:
    """Messages about what was just done, shown once more while the page is open."""

    told: tuple[Message, ...]


@blueprint.get("/")
@serves(*FROM_CLERK)
def index() -> ResponseReturnValue:
    """Ask for an account; show those that fit the last search."""
    kept = the_site().kept.get(session_name(), request.args.get("found", ""))
    found = kept if isinstance(kept, tuple) else None
    form = SearchForm(formdata=None)
    return render_template("accounts.html", form=form, found=found, most=MOST_FOUND)


@blueprint.post("/")
@serves(*FROM_CLERK)
def find() -> ResponseReturnValue:
    """Look for accounts; go to the only one that fits, or list them. No name stands in the address."""
    from notices.flow.register.account_records import accounts_named

    form, site = SearchForm(), the_site()
    if not form.validate_on_submit():
        return render_template("accounts.html", form=form, found=None, most=MOST_FOUND), 400
    found = accounts_named(site.ledger, form.words.data, MOST_FOUND)
    if len(found) == 1:
        return redirect(url_for("accounts.show", address=found[0][0]), code=303)
    return redirect(url_for("accounts.index", found=site.kept.keep(session_name(), found)), code=303)


@blueprint.get("/<address>")
@serves(*EVERYBODY)
def show(address: str) -> ResponseReturnValue:
    """Show an account's column of time; beside it a letter, if one is asked for."""
    return _page(address, {})


@blueprint.post("/<address>/<kind>")
@serves(*FROM_CLERK)
def enter(address: str, kind: str) -> ResponseReturnValue:
    """Enter a hold, a promise, an instalment plan or a payment."""
    if kind not in FORMS:
        abort(404)
    case, form = _case(address), FORMS[kind]()
    if not form.validate_on_submit():
        return _page(address, {kind: form}), 400
    try:
        done = ENTRIES[kind](case, form)
    except NoticesError as error:
        return _page(address, {kind: form}, error), status_of(error)
    return _back(address, done)


@blueprint.post("/<address>/holds/<int:hold>/lift")
@serves(*FROM_CLERK)
def lift(address: str, hold: int) -> ResponseReturnValue:
    """End a hold, promise or plan of this account from now on."""
    from notices.flow.register import holds

    case, site = _case(address), the_site()
    with site.ledger.read() as books:
        own = {record.id for record in books.holds.all(case=case, include_lifted=True)}
    if hold not in own:
        abort(404)
    holds.lift(site.ledger, hold, by=the_person().name, at=site.now())
    return _back(address, (say("Hold {number} is lifted.", number=hold),))


@blueprint.post("/<address>/payments/<int:payment>/undo")
@serves(*FROM_CLERK)
def undo(address: str, payment: int) -> ResponseReturnValue:
    """Undo the entry of a payment that never came in."""
    from notices.flow.register import payments

    case, form, site = _case(address), ReasonForm(), the_site()
    with site.ledger.read() as books:
        own = {record.id for record in books.payments.all(case, include_taken_back=True)}
    if payment not in own:
        abort(404)
    if not form.validate_on_submit():
        return _page(address, {"why": form}), 400
    payments.undo(site.ledger, payment, why=form.why.data, by=the_person().name, at=site.now())
    return _back(address, (say("Payment {number} is taken back.", number=payment),))


@blueprint.post("/<address>/letters/<int:notice>/withdraw")
@serves(*FROM_CLERK)
def withdraw(address: str, notice: int) -> ResponseReturnValue:
    """Take back the deliveries of a notice that have not left."""
    from notices.flow.approval import withdraw as withdrawing

    found, form, site = _notice(address, notice), ReasonForm(), the_site()
    if not form.validate_on_submit():
        return _page(address, {"why": form}), 400
    pulled = bool(request.form.get("pulled"))
    order = withdrawing.WithdrawRequest(found.number or "", the_person().name, form.why.data, site.now(), pulled)
    done = withdrawing.withdraw(site.workspace, site.ledger, order)
    told = [say("{notice}: {count} delivery(ies) taken back.", notice=found.number, count=len(done.taken))]
    if done.left:
        told.append(say("{count} delivery(ies) have left, or lie ready to.", count=len(done.left)))
    return _back(address, told)


@blueprint.get("/<address>/letters/<int:notice>.pdf")
@serves(*EVERYBODY, names=True)
def letter(address: str, notice: int) -> ResponseReturnValue:
    """Return the letter of a notice as it was rendered: shown in our own page, or saved."""
    found = _notice(address, notice)
    answer: Response = send_file(
        BytesIO(_pdf(found)),
        "application/pdf",
        as_attachment=bool(request.args.get("save")),
        download_name=f"{found.number}.pdf",
    )
    answer.headers["X-Framed"] = "yes"
    return answer


def _back(address: str, told: tuple[Message, ...] | list[Message]) -> ResponseReturnValue:
    key = the_site().kept.keep(session_name(), Done(tuple(told)))
    return redirect(url_for("accounts.show", address=address, done=key), code=303)


def _page(address: str, forms: Mapping[str, FlaskForm], error: NoticesError | None = None) -> str:
    from notices.flow.reports.account import account_history

    site, case = the_site(), _case(address)
    history = account_history(site.workspace, site.ledger, case.key)
    fresh = {kind: form(formdata=None) for kind, form in FORMS.items() if kind not in forms}
    if "payment" in fresh:
        fresh["payment"].day.data = site.today()
    asked = request.args.get("letter", "")
    shown = next((it for it in history.record.notices if str(it.id) == asked and it.shard and not masked()), None)
    done = site.kept.get(session_name(), request.args.get("done", ""))
    with site.ledger.read() as books:
        batches = {batch.name: batch.id for batch in books.batches.all()}
    return render_template(
        "account.html", address=address, case=case, history=history, forms={**fresh, **forms}, shown=shown,
        done=done if isinstance(done, Done) else None, error=error, batches=batches, today=site.today(),
        notices={it.number: it for it in history.record.notices if it.number},
        takeable=[it for it in history.record.notices if it.number and _may_be_withdrawn(it)],
        why=forms.get("why") or ReasonForm(formdata=None),
    )  # fmt: skip


def _may_be_withdrawn(notice: NoticeRecord) -> bool:
    return any(delivery.state in WITHDRAWABLE for delivery in notice.deliveries)


def _case(address: str) -> CaseKey:
    with the_site().ledger.read() as books:
        case = books.finding.at(address)
    if case is None:
        abort(404)
    return case


def _notice(address: str, notice: int) -> NoticeRecord:
    """Return a notice of this account; there is no such page for that of another one."""
    case = _case(address)
    with the_site().ledger.read() as books:
        found = next((it for it in books.notices.of_case(case) if it.id == notice and it.number), None)
    if found is None:
        abort(404)
    return found


def _pdf(notice: NoticeRecord) -> bytes:
    from notices.flow.viewing import letter_pdf

    site = the_site()
    if notice.shard is None or notice.batch is None or notice.decision_id is None:
        abort(404)
    with site.ledger.read() as books:
        batch = books.batches.get(notice.batch)
        entry = books.decision_table.one(batch.id, notice.decision_id)
    if entry is None:
        abort(404)
    key = ("letter", notice.shard.sha256, entry.id)
    return site.letters.get(key, lambda: letter_pdf(site.workspace, site.ledger, batch, entry, site.previewer))


def _add_hold(case: CaseKey, form: Any) -> tuple[Message, ...]:
    return _hold(case, HoldKind(form.kind.data), form, until=form.until.data)


def _add_promise(case: CaseKey, form: Any) -> tuple[Message, ...]:
    return _hold(case, HoldKind.PROMISE, form, until=form.until.data, amount=yuan_of(form.amount.data))


def _add_instalments(case: CaseKey, form: Any) -> tuple[Message, ...]:
    with TemporaryDirectory() as folder:
        plan = instalments_file(folder, form.plan.data)
        return _hold(case, HoldKind.INSTALMENTS, form, plan=plan)


def _hold(case: CaseKey, kind: HoldKind, form: Any, **more: Any) -> tuple[Message, ...]:
    from notices.flow.register import holds

    site = the_site()
    order = holds.HoldRequest(
        account=case.key, kind=kind.value, registered=site.today(), by=the_person().name, at=site.now(),
        note=form.note.data or "", **more,
    )  # fmt: skip
    entered = holds.add_hold(site.workspace, site.ledger, order)
    return entered.done, entered.note, *entered.attention


def _add_payment(case: CaseKey, form: Any) -> tuple[Message, ...]:
    from notices.flow.register import payments

    site, amount = the_site(), yuan_of(form.amount.data)
    assert amount is not None  # noqa: S101 - the form has seen to it
    order = payments.PaymentRequest(
        account=case.key, payment=Payment(form.day.data, amount), by=the_person().name, at=site.now(),
        today=site.today(), note=form.note.data or "", again=bool(request.form.get("again")),
        yes=bool(request.form.get("more")),
    )  # fmt: skip
    entered = payments.add_payment(site.workspace, site.ledger, order)
    return entered.done, entered.note, *entered.attention


ENTRIES: Mapping[str, Callable[[CaseKey, Any], tuple[Message, ...]]] = {
    "hold": _add_hold,
    "promise": _add_promise,
    "instalments": _add_instalments,
    "payment": _add_payment,
}
