"""Starting errands, and the live part of a page that shows how they are going."""

from __future__ import annotations

from collections.abc import Mapping

from notices.web.people import the_person
from notices.web.site import the_site
from notices.web.wording import language


def start_errand(place: str, verb: str, options: Mapping[str, object], *, any_hour: bool = False) -> bool:
    """Start a long verb for `place`, such as `batch:3`, in the name of who asks; return False if one is at work there.

    `options` are JSON values, as the verb's function in `notices.web.errand` reads them.
    """
    site = the_site()
    order = {
        "workspace": str(site.folder),
        "language": language(),
        "by": the_person().name,
        "any_hour": any_hour,
        "options": dict(options),
    }
    return site.errands.start(place, verb, order)[1]
