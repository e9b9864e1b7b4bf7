"""Batches: the list of them, and one with the table of its decisions, its release and its long verbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from notices.errors import Refused
from notices.flow.people import same_person
from notices.flow.status import letters
from notices.flow.today import needs_two
from notices.flow.workspace import Workspace
from notices.ledger import (
    BatchRecord,
    CommandRecord,
    DecisionChoices,
    DecisionFilter,
    DecisionSums,
    Ledger,
    WaitingRelease,
)
from notices.messages import say
from notices.model import Channel, State
from notices.rules.states import RENDERABLE
from notices.web.at_work import begin, refuse_other
from notices.web.errands import Errand
from notices.web.paging import part_asked
from notices.web.people import session_name, the_person
from notices.web.roles import EVERYBODY, FROM_CLERK, serves
from notices.web.site import the_site
from notices.web.wording import masked

blueprint = Blueprint("batches", __name__, url_prefix="/batches")
NAVIGATION = ("batches.index", say("Batches"))
FILTERS = ("action", "tier", "reason", "estate", "building", "handler", "warning", "state")
WORK = ("render", "send", "print", "resume")  # the long verbs of a button each; a release has a page of its own
LONGEST_SEARCH = 80


@dataclass(frozen=True)
class TierToRelease:
    """Letters of a tier that wait to be released: how many, their sum in yuan, whether they need two people.

    `mark` changes with the letters: one that was left out, and another taken in, are not the same letters.
    """

    tier: str
    count: int
    total: Decimal
    two: bool
    mark: str


@dataclass(frozen=True)
class BatchCounts:
    """Deliveries of a batch by channel and state, letters to release by tier, and letters to render."""

    states: Mapping[tuple[Channel, State], int] = field(default_factory=dict)
    to_release: tuple[TierToRelease, ...] = ()
    to_render: int = 0


@dataclass(frozen=True)
class BatchState:
    """Everything about a batch that changes while somebody works on it; `seen` says as of which moment."""

    batch: BatchRecord
    states: Mapping[tuple[Channel, State], int]
    to_release: tuple[TierToRelease, ...]
    to_render: int
    interrupted: tuple[CommandRecord, ...]
    errand: Errand | None
    seen: str
    counted: bool = True  # False while a big batch is counted for the first time

    def count(self, channel: Channel | None, *states: State) -> int:
        """Return the number of deliveries by a channel, or by any, in these states."""
        return sum(n for (way, state), n in self.states.items() if state in states and channel in {None, way})

    @property
    def to_send(self) -> int:
        """E-mails that wait to be sent."""
        return self.count(Channel.EMAIL, State.RENDERED, State.DEFERRED)

    @property
    def to_print(self) -> int:
        """Letters that wait to be printed."""
        return self.count(Channel.PRINT, State.RENDERED)

    @property
    def gone(self) -> int:
        """Deliveries that have left, or lie ready to."""
        return self.count(None, State.SENT, State.SPOOLED, State.HANDED_OVER, State.DELIVERED)

    @property
    def to_look_at(self) -> int:
        """Deliveries that need a person."""
        return self.count(None, State.SET_ASIDE, State.UNKNOWN, State.BOUNCED, State.RETURNED, State.REFUSED)


@blueprint.get("/")
@serves(*EVERYBODY)
def index() -> ResponseReturnValue:
    """List all batches, the newest first."""
    with the_site().ledger.read() as books:
        batches = books.batches.all()[::-1]
    return render_template("batches.html", batches=batches)


@blueprint.get("/<int:batch>")
@serves(*EVERYBODY)
def show(batch: int) -> ResponseReturnValue:
    """Show a batch: where it stands, what can be done with it, and its decisions, filtered and in parts."""
    site, now = the_site(), state_of(batch)
    wanted = filter_asked(now.batch)
    choices, sums = _choices(now.batch), _sums(now, wanted)
    part = part_asked(sums.count)
    with site.ledger.read() as books:
        entries = books.decision_table.part(batch, wanted, offset=part.offset, size=part.size)
    return render_template(
        "batch.html", now=now, entries=entries, shared=letters(site.ledger, entries),
        sums=sums, choices=choices, wanted=wanted, part=part, query=query_with,
        searched=wanted.text, states=[state.value for state in State], filters=FILTERS,
        page_address=lambda number: f"?{query_with(page=number)}#decisions",
    )  # fmt: skip


@blueprint.get("/<int:batch>/live")
@serves(*EVERYBODY)
def live(batch: int) -> ResponseReturnValue:
    """Return the part of the page that changes, nothing if it has not changed since `seen`."""
    now = state_of(batch)
    if request.args.get("seen") == now.seen:
        return Response(status=204)
    return render_template("live.html", now=now)


@blueprint.get("/<int:batch>/filters")
@serves(*EVERYBODY)
def filters(batch: int) -> ResponseReturnValue:
    """Return the filter of the table, once the values to choose from are counted."""
    record = batch_of(batch)
    wanted = filter_asked(record)
    return render_template(
        "filter.html", now=state_of(batch), choices=_choices(record), wanted=wanted, query=query_with,
        states=[state.value for state in State],
    )  # fmt: skip


@blueprint.post("/<int:batch>/search")
@serves(*EVERYBODY, names=True)
def search(batch: int) -> ResponseReturnValue:
    """Keep what is searched for, an owner or a number, out of the address, and show the table with it."""
    text = " ".join(request.form.get("text", "").split())[:LONGEST_SEARCH]
    kept = {name: value for name, value in request.form.items() if name in FILTERS and value}
    if text:
        kept["find"] = the_site().kept.keep(session_name(), text)
    address = url_for("batches.show", batch=batch)
    return redirect(f"{address}?{urlencode(kept)}#decisions" if kept else address, code=303)


@blueprint.route("/<int:batch>/release", methods=["GET", "POST"])
@serves(*FROM_CLERK)
def release(batch: int) -> ResponseReturnValue:
    """Show what a release of one tier would release, and release it: a long verb, which numbers and freezes."""
    from notices.flow.templates.samples import sample_keys

    record, form = batch_of(batch), FlaskForm()
    chosen = next((it for it in to_release(batch) if it.tier == request.args.get("tier")), None)
    if chosen is None:
        raise Refused(
            say("Nothing of this tier waits to be released any more."),
            say("Go back to the batch to see its present state."),
        )
    me = the_person()
    mine = chosen.two and (me.alone or any(same_person(me.name, planner) for planner in _planners(record)))
    if not form.validate_on_submit():
        samples = sample_keys(the_site().workspace)
        return render_template("release.html", batch=record, chosen=chosen, mine=mine, samples=samples)
    if request.form.get("seen") != chosen.mark:
        raise Refused(
            say("The letters have changed meanwhile: {count} wait to be released now.", count=chosen.count),
            say("Look at them again before you release them."),
        )
    options = {"tier": chosen.tier, "alone": me.alone}
    begin(place_of(batch), "approve", {"batch": record.name, "request": options})
    return redirect(url_for("batches.show", batch=batch), code=303)


@blueprint.post("/<int:batch>/work")
@serves(*FROM_CLERK)
def work(batch: int) -> ResponseReturnValue:
    """Start to render, send or print, or resume what was cut off; it goes on when the page is left."""
    verb = request.form.get("verb", "")
    if verb not in WORK:
        abort(400)
    name = batch_of(batch).name
    begin(place_of(batch), verb, {"batch": name}, any_hour=bool(request.form.get("any_hour")))
    return redirect(url_for("batches.show", batch=batch), code=303)


@blueprint.post("/<int:batch>/stop")
@serves(*FROM_CLERK)
def stop(batch: int) -> ResponseReturnValue:
    """Interrupt what is at work on the batch; what was done is kept."""
    refuse_other(place_of(batch))
    the_site().errands.stop(place_of(batch))
    return redirect(url_for("batches.show", batch=batch), code=303)


@blueprint.post("/<int:batch>/dismiss")
@serves(*FROM_CLERK)
def dismiss(batch: int) -> ResponseReturnValue:
    """Put away the report of what was at work."""
    refuse_other(place_of(batch))
    the_site().errands.dismiss(place_of(batch))
    return redirect(url_for("batches.show", batch=batch), code=303)


def place_of(batch: int) -> str:
    """Return the name under which errands on a batch run."""
    return f"batch:{batch}"


def batch_of(batch: int) -> BatchRecord:
    """Return the batch of that id; there is no such page if there is none."""
    with the_site().ledger.read() as books:
        found = books.batches.with_id(batch)
    if found is None:
        abort(404)
    return found


def state_of(batch: int) -> BatchState:
    """Return where a batch stands now; a big one as it was counted last."""
    site, record = the_site(), batch_of(batch)
    errand = site.errands.find(place_of(batch))
    at_work = errand is not None and errand.at_work  # before the ledger is read: what ends meanwhile is not cut off
    with site.ledger.read() as books:
        last = books.events.last()
        interrupted = tuple(books.commands.unfinished(record.name))
        big = books.attention.is_big()
    workspace = site.workspace

    def count() -> BatchCounts:
        return _counted(site.ledger, workspace, batch)

    known = site.figures.newest(("states", batch), last, count, big=big)
    stamp, counts = known or (None, BatchCounts())
    seen = f"{stamp}-{errand.change if errand else 0}-{len(interrupted)}"
    return BatchState(
        record, counts.states, counts.to_release, counts.to_render, () if at_work else interrupted, errand, seen,
        counted=known is not None,
    )  # fmt: skip


def _counted(ledger: Ledger, workspace: Workspace, batch: int) -> BatchCounts:
    with ledger.read() as books:
        states = books.attention.states(batch)
        present = {state for _, state in states}  # counting what is not there would take as long as counting what is
        waiting = books.attention.to_release(batch) if State.PLANNED in present else {}
        to_render = books.attention.to_render(batch) if present & RENDERABLE else 0
    return BatchCounts(states, _tiers(workspace, waiting), to_render)


def to_release(batch: int) -> tuple[TierToRelease, ...]:
    """Return what waits to be released, as it is now."""
    with the_site().ledger.read() as books:
        return _tiers(the_site().workspace, books.attention.to_release(batch))


def _tiers(workspace: Workspace, waiting: Mapping[str, WaitingRelease]) -> tuple[TierToRelease, ...]:
    tiers = (
        TierToRelease(tier, it.count, it.total, needs_two(workspace, tier), it.mark) for tier, it in waiting.items()
    )
    return tuple(sorted(tiers, key=lambda it: it.tier))


def _planners(batch: BatchRecord) -> set[str]:
    return {received.planned_by for received in batch.lists} | {batch.planned_by}


def _sums(now: BatchState, wanted: DecisionFilter) -> DecisionSums:
    """Return the sums of what a filter selects; what a letter does not change is known until there is another list."""
    site, batch = the_site(), now.batch.id
    with site.ledger.read() as books:
        stamp = books.events.last() if wanted.state or wanted.text or wanted.left_out else len(now.batch.lists)

        def sums() -> DecisionSums:
            return books.decision_table.sums(batch, wanted)

        found: DecisionSums = site.counted.get(("sums", batch, stamp, wanted), sums)
    return found


def _choices(batch: BatchRecord) -> DecisionChoices | None:
    """Return what there is to choose from, which only another list changes; None while a big batch is counted."""
    ledger, thing, stamp = the_site().ledger, ("choices", batch.id), len(batch.lists)

    def count() -> DecisionChoices:
        with ledger.read() as books:
            return books.decision_table.choices(batch.id)

    with ledger.read() as books:
        big = books.attention.is_big()
    known = the_site().figures.newest(thing, stamp, count, big=big)
    return known[1] if known else None


def filter_asked(batch: BatchRecord) -> DecisionFilter:
    """Return the filter that the address asks for.

    A search is kept in the session, and a handler stands there as a number: no name is in an address.
    """
    asked = {name: request.args.get(name, "")[:200] for name in FILTERS}
    asked["handler"] = _handler(batch, asked["handler"])
    try:
        until = date.fromisoformat(request.args["until"]) if request.args.get("until") else None
    except ValueError:
        until = None
    return DecisionFilter(
        **asked, text=_searched(), left_out=bool(request.args.get("left_out")), limitation_until=until
    )


def _handler(batch: BatchRecord, asked: str) -> str:
    """Return the handler of that number among those of a batch, in the order of the filter; "" if there is none."""
    if not asked.isdecimal() or len(asked) > 5:
        return ""
    choices = _choices(batch)
    if choices is None:  # a big batch is still being counted
        with the_site().ledger.read() as books:
            choices = books.decision_table.choices(batch.id)
    names = tuple(choices.handlers)
    return names[int(asked) - 1] if 0 < int(asked) <= len(names) else ""


def _searched() -> str:
    if masked():  # a search for a name would tell whether somebody has it
        return ""
    found = the_site().kept.get(session_name(), request.args.get("find", ""))
    return found if isinstance(found, str) else ""


def query_with(**changes: object) -> str:
    """Return the query of this page's address with some values changed; None or "" leaves one out."""
    known = {*FILTERS, "find", "left_out", "until", "page"}
    now: dict[str, object] = {name: value for name, value in request.args.items() if name in known}
    return urlencode({name: value for name, value in {**now, **changes}.items() if value not in {None, ""}})
