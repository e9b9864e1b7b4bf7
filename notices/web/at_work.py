"""Starting errands, and the live part of a page that shows how they are going."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from notices.errors import Refused
from notices.messages import say
from notices.web.cut_off import note_begun
from notices.web.errands import Errand, ErrandState
from notices.web.people import the_person
from notices.web.site import the_site
from notices.web.stamps import stamp_of
from notices.web.wording import language, verb_title

MOST_GATHERED = 3  # reports, or lists of tasks, that are kept of a person: they may have been read in several windows


def start_errand(
    place: str,
    verb: str,
    options: Mapping[str, object],
    *,
    any_hour: bool = False,
    upload: Mapping[str, object] | None = None,
) -> bool:
    """Start a long verb for `place`, such as `batch:3`, in the name of who asks; return False if one is at work there.

    `options` are JSON values, as the verb's function in `notices.web.verbs` reads them. What a page needs to begin with
    an `upload` again (see `CutOff`) is noted until the verb has ended, for the case that the server ends first.
    """
    site = the_site()
    order = {
        "workspace": str(site.folder),
        "language": language(),
        "by": the_person().name,
        "any_hour": any_hour,
        "options": dict(options),
    }
    ended = note_begun(site, place, verb, the_person().name, upload) if upload is not None else None
    begun = site.errands.start(place, verb, order, ended)[1]
    if ended is not None and not begun:
        ended()
    return begun


def begin(
    place: str,
    verb: str,
    options: Mapping[str, object],
    *,
    any_hour: bool = False,
    upload: Mapping[str, object] | None = None,
) -> None:
    """Start a long verb for `place` as `start_errand` does, or say that another is at work there.

    The same verb with the same options is at work already after a second click, of whomever: that is no fault.
    """
    if start_errand(place, verb, options, any_hour=any_hour, upload=upload):
        return
    errand = the_site().errands.find(place)
    asked = json.dumps([verb, dict(options)], sort_keys=True)
    if errand is not None and asked != json.dumps([errand.verb, errand.asked], sort_keys=True):
        raise Refused(
            say(
                "{name} has begun something here that is still at work: {verb}. Nothing else was begun.",
                name=errand.by,
                verb=verb_title(errand.verb),
            ),
            say("Wait for its end or stop it, then repeat what you wanted to do."),
        )


def refuse_other(place: str) -> None:
    """Raise Refused if the errand that a form was shown for is not the one of its place any more."""
    errand, key = the_site().errands.find(place), request.form.get("errand", "")
    if errand is not None and key not in {"", errand.key}:
        raise Refused(
            say(
                "What the page showed has ended meanwhile. {name} has begun something else: {verb}.",
                name=errand.by,
                verb=verb_title(errand.verb),
            ),
            say("Load the page again to see its present state."),
        )


def gather(name: str, verb: str, options: Mapping[str, object]) -> tuple[str, Errand | None]:
    """Return the errand that gathers what a page shows, and the key that stands for it in the page's address.

    The key of the address is followed whatever has changed since, so that a page is shown at last even while others
    work. Without one, the newest is looked for, and begun if there is none of the present ledger and settings.
    """
    site = the_site()
    asked = request.args.get("made", "")
    if asked and (known := site.errands.find(f"{name}:{asked}")) is not None and known.by == the_person().name:
        return asked, known
    stamp = stamp_of(site.workspace, site.ledger)
    depends = json.dumps([verb, stamp, dict(options), language(), the_person().name, site.today().isoformat()])
    key = sha256(depends.encode()).hexdigest()[:16]
    place = f"{name}:{key}"
    known = site.errands.find(place)
    if known is None or known.state in {ErrandState.FAILED, ErrandState.STOPPED}:
        site.errands.forget_older(name, the_person().name, MOST_GATHERED)
        start_errand(place, verb, options)
    return key, site.errands.find(place)


def gathered_part(name: str, template: str) -> ResponseReturnValue:
    """Return the live part of a page that is being gathered; have the browser load the page when it is there."""
    errand = the_site().errands.find(f"{name}:{request.args.get('made', '')}")
    if errand is None or not errand.at_work:
        return Response(status=200, headers={"HX-Refresh": "true"})
    if request.args.get("seen") == str(errand.change):
        return Response(status=204)
    return render_template(template, errand=errand, key=request.args.get("made", ""))
