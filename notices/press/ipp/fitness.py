"""Checks that a printer can print the letters as intended, and the job attributes to send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from notices.messages import Message, say
from notices.press.ipp.codec import Value
from notices.press.ipp.printer import PDF, Capabilities

BOTH_SIDES, ONE_SIDE = "two-sided-long-edge", "one-sided"
STOPPED = 5  # printer-state (RFC 8011, section 5.4.11)
STOPPING: Mapping[str, Message] = {
    "media-empty": say("out of paper"),
    "media-needed": say("waiting for paper"),
    "media-jam": say("paper jam"),
    "door-open": say("a door is open"),
    "cover-open": say("a cover is open"),
    "toner-empty": say("out of toner"),
    "marker-supply-empty": say("out of toner or ink"),
    "output-area-full": say("output tray full"),
    "spool-area-full": say("its memory is full"),
    "offline": say("offline"),
    "shutdown": say("shut down"),
    "paused": say("paused"),
}


@dataclass(frozen=True, slots=True)
class PrintSettings:
    """Requested print settings; `color_mode` "" leaves the choice to the printer."""

    media: str
    duplex: bool
    color_mode: str = ""

    @property
    def sides(self) -> str:
        """Value of the IPP `sides` attribute."""
        return BOTH_SIDES if self.duplex else ONE_SIDE


def blocking_problems(printer: Capabilities, wish: PrintSettings) -> list[Message]:
    """Return the reasons not to send to this printer now; attributes it does not report are ignored."""
    return [*_cannot(printer, wish), *printer_problems(printer)]


def _cannot(printer: Capabilities, wish: PrintSettings) -> Iterator[Message]:
    formats = printer.values("document-format-supported")
    if formats and PDF not in formats:
        yield say("It does not accept PDF, only {formats}.", formats=", ".join(map(str, formats[:8])))
    media = printer.values("media-supported")
    if media and wish.media not in media:
        yield say("It does not support the paper {media}.", media=wish.media)
    sides = printer.values("sides-supported")
    if sides and wish.sides not in sides:
        yield say("It does not print {sides}.", sides=say("on both sides") if wish.duplex else say("on one side"))
    colors = printer.values("print-color-mode-supported")
    if wish.color_mode and colors and wish.color_mode not in colors:
        yield say("It does not support the color mode {mode}.", mode=wish.color_mode)


def printer_problems(printer: Capabilities, *, warned: bool = False) -> Iterator[Message]:
    """Yield the problems to fix at the printer before it prints; `warned` includes mere warnings.

    An empty second tray is such a warning; but many printers also only warn of an empty tray that a job waits for.
    """
    if printer.attributes.get("printer-is-accepting-jobs") is False:
        yield say("It is not accepting jobs now.")
    reasons = [str(reason) for reason in printer.values("printer-state-reasons")]
    stopping = [words for reason in reasons if (words := _stops(reason, warned=warned))]
    yield from (say("It is not ready: {reason}.", reason=words) for words in stopping)
    if printer.attributes.get("printer-state") == STOPPED and not stopping:
        told = [str(text) for text in (printer.attributes.get("printer-state-message"), *reasons) if text]
        yield say("It is stopped: {reason}.", reason=", ".join(told) or "-")


def _stops(reason: str, *, warned: bool) -> Message | None:
    if reason.endswith("-report") or (reason.endswith("-warning") and not warned):
        return None
    return STOPPING.get(reason.removesuffix("-error").removesuffix("-warning"))


def reason_words(reason: str) -> Message:
    """Return a printer-state-reason in plain words, or unchanged if unknown."""
    for severity in ("-error", "-warning", "-report"):
        reason = reason.removesuffix(severity)
    return STOPPING.get(reason) or say("{code}", code=reason)


def job_template(printer: Capabilities, wish: PrintSettings) -> dict[str, Value]:
    """Return the job attributes, overriding every queue default that could change a letter or its number of copies."""
    template: dict[str, Value] = {"media": wish.media, "sides": wish.sides}
    if printer.values("copies-supported"):
        template["copies"] = 1
    if printer.values("number-up-supported"):
        template["number-up"] = 1
    if "none" in printer.values("job-sheets-supported"):
        template["job-sheets"] = "none"
    if "none" in printer.values("print-scaling-supported"):
        template["print-scaling"] = "none"  # scaling would move the address out of the window
    if wish.color_mode and printer.values("print-color-mode-supported"):
        template["print-color-mode"] = wish.color_mode
    return template


def print_warnings(printer: Capabilities, wish: PrintSettings) -> Iterator[Message]:
    """Yield doubts worth checking before printing; the printer itself rejects what it cannot do."""
    ready = printer.values("media-ready")
    if ready and wish.media not in ready:
        yield say("It does not report {media} as loaded.", media=wish.media)
    if wish.duplex and not printer.values("sides-supported"):
        yield say("It does not report whether it prints on both sides.")
