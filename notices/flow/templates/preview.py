"""template preview: make letters of any template with any data as one PDF, as `render` would."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

from notices.errors import UsageMistake
from notices.fonts.installed import office_environment
from notices.letters.assemble import assemble
from notices.letters.fields import sample_fields
from notices.letters.keep_together import keep_together
from notices.letters.languages import language_of, templates_root
from notices.letters.rare_characters import refuse_undrawn
from notices.letters.rich_values import contains_part, from_json
from notices.letters.template import missing_fields, open_template
from notices.messages import say
from notices.model import Letter
from notices.office import Engine, WarmOffice, find
from notices.pdf import DocumentInfo, atomic_file, bind, page_count, settle
from notices.settings import Tier

LIMIT_SECONDS = 180.0
IDLE_SECONDS = 600.0  # then the office of previews is stopped
SAMPLE_SEALS = {"centre_seal": "images/centre-seal.png", "law_firm_seal": "images/law-firm-seal.png"}


@dataclass(frozen=True)
class Preview:
    """Number of letters and pages made, and whether the letters shared a document."""

    letters: int
    pages: int
    shared: bool


def preview(
    template: Path, target: Path, data: Sequence[Mapping[str, object]], letters: int | None, today: date
) -> Preview:
    """Write letters of a template to `target`: one for each set of fields, or `letters` many, using the sets in turn.

    Raises Unusable or DataNeedsPerson if the template cannot be used, lacks a field, or LibreOffice fails.
    """
    count = letters or len(data)
    made = [_letter(place, template, data[(place - 1) % len(data)]) for place in range(1, count + 1)]
    with TemporaryDirectory() as scratch, atomic_file(target) as unfinished:
        folder = Path(scratch)
        engine = Engine(find(), folder / "profiles", tuple(sorted(office_environment(folder).items())))
        with WarmOffice(engine) as office:
            pdfs = converted(office, template, made, folder)
        _put_together(pdfs, unfinished, template, today)
    return Preview(count, page_count(target), shared=len(pdfs) < count)


class Previewer:
    """A LibreOffice kept warm for previews, in a thread of its own; it is stopped when nobody looked for a while."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._thread = ThreadPoolExecutor(1, "preview")
        self._folder: TemporaryDirectory[str] | None = None
        self._office: WarmOffice | None = None
        self._timer: Timer | None = None

    def letter(self, template: Path, fields: Mapping[str, object], day: date) -> bytes:
        """Return the PDF of one letter; raises Unusable or DataNeedsPerson as `preview` does."""
        return self._thread.submit(self._make, template, fields, day).result()

    def close(self) -> None:
        """Stop LibreOffice, and start none again."""
        self._thread.submit(self._stop).result()
        self._thread.shutdown()

    def _make(self, template: Path, fields: Mapping[str, object], day: date) -> bytes:
        if self._timer is not None:
            self._timer.cancel()
        if self._folder is None or self._office is None:
            self._folder = TemporaryDirectory()
            profiles = Path(self._folder.name)
            environment = tuple(sorted(office_environment(profiles).items()))
            self._office = WarmOffice(Engine(find(), profiles / "profiles", environment))
        with TemporaryDirectory(dir=self._folder.name) as scratch:
            (pdf,) = converted(self._office, template, [_letter(1, template, fields)], Path(scratch))
            settle(pdf, day)
            made = pdf.read_bytes()
        self._timer = Timer(self._idle_seconds, self._stop_if_idle)
        self._timer.daemon = True
        self._timer.start()
        return made

    def _stop_if_idle(self) -> None:
        with suppress(RuntimeError):  # it was closed meanwhile
            self._thread.submit(self._stop)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._office is not None:
            self._office.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._office = self._folder = None


def converted(office: WarmOffice, template: Path, letters: Sequence[Letter], folder: Path) -> list[Path]:
    """Convert the letters to PDFs in `folder`: one for all if they can share a document, else one each, in order."""
    opened = open_template(template)
    asked = missing_fields(opened, ())
    parts = any(contains_part(letter.fields.get(name)) for letter in letters for name in asked)
    alone = parts or not opened.shareable
    pdfs = []
    for place, each in enumerate([[letter] for letter in letters] if alone else [letters], start=1):
        document = folder / f"{place}.docx"
        assemble(template, each, document)
        pdfs.append(document.with_suffix(".pdf"))
        office.convert(document, pdfs[-1], limit=LIMIT_SECONDS)
        refuse_undrawn(pdfs[-1])
    return pdfs


def sample(template: Path, tiers: Sequence[Tier]) -> Mapping[str, object]:
    """Return the sample owner's fields, in the template's language and with the title of its tier, one of `tiers`.

    The sample seals are included if they are beside the template.
    """
    seals = {name: file for name, file in SAMPLE_SEALS.items() if (templates_root(template) / file).is_file()}
    titles = {tier.template: {"title": tier.title} for tier in reversed(tiers)}
    fields = sample_fields(language=language_of(template))
    return keep_together({**fields, **titles.get(template.name, {}), **seals})


def read_data(path: Path) -> list[Mapping[str, object]]:
    """Read the fields of one letter (an object) or several (a list of objects); raises UsageMistake."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageMistake(
            say("{file} cannot be read as JSON: {mistake}.", file=path.name, mistake=str(error)),
            say("Give an object of fields and values, or a list of such objects."),
        ) from error
    given = content if isinstance(content, list) else [content]
    fields = [from_json(each, path.parent) for each in given]
    if not fields or not all(isinstance(each, Mapping) for each in fields):
        raise UsageMistake(
            say("{file} contains no fields of a letter.", file=path.name),
            say("Give an object of fields and values, or a list of such objects."),
        )
    return [each for each in fields if isinstance(each, Mapping)]


def _letter(place: int, template: Path, fields: Mapping[str, object]) -> Letter:
    return Letter(str(fields.get("number") or place), template.name, fields, ())


def _put_together(pdfs: Sequence[Path], target: Path, template: Path, today: date) -> None:
    if len(pdfs) == 1:
        settle(pdfs[0], today)
        target.write_bytes(pdfs[0].read_bytes())
    else:
        ranges = [(pdf, 1, page_count(pdf)) for pdf in pdfs]
        bind(ranges, target, DocumentInfo(template.stem, "zh-CN", today))
