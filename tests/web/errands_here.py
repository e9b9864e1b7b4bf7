"""Errands carried out where they are started: as in their process, without the time that a process takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from notices.web.errand import run
from notices.web.errands import Errand, Errands, note_report


class ErrandsHere(Errands):
    """Errands that have ended when `start` returns."""

    def start(
        self, place: str, verb: str, order: Mapping[str, Any], ended: Callable[[], None] | None = None
    ) -> tuple[Errand, bool]:
        errand = Errand(verb, str(order["by"]), asked=order.get("options"))
        run({**order, "verb": verb}, lambda report: note_report(errand, report))
        self._ended[place] = errand
        if ended is not None:
            ended()
        return errand, True
