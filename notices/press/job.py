"""A print job: one folder, whole or not there, with the merged letters, their manifest and the checksums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from notices.errors import DataNeedsPerson, Refused
from notices.files import built_aside
from notices.messages import Translator, say
from notices.pdf import merge, page_texts, sha256_of
from notices.press.blank import A4_BLANK
from notices.press.items import PrintItem, sift
from notices.press.layout import Placed, lay_out
from notices.press.manifest import write_manifest
from notices.press.order import walking_key
from notices.press.readback import prove_order

LETTERS = "letters-01.pdf"
MANIFEST = "manifest.csv"
CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class JobResult:
    """A print job as it stands on disk; `files` gives each file's SHA-256, `placed` the letters in order."""

    folder: Path
    placed: tuple[Placed, ...]
    files: Mapping[str, str]

    @property
    def letters(self) -> int:
        """How many letters it holds."""
        return len(self.placed)

    @property
    def sheets(self) -> int:
        """The sheets of paper it takes."""
        return sum(letter.sheets for letter in self.placed)

    @property
    def pages(self) -> int:
        """The pages of the merged file, blank backs included."""
        return sum(letter.pages for letter in self.placed)

    @property
    def blank_backs(self) -> int:
        """How many of its pages are blank, so that the next letter begins on a front page."""
        return sum(letter.blank_back for letter in self.placed)


def build_job(
    job: str,
    items: Sequence[PrintItem],
    jobs: Path,
    *,
    duplex: bool,
    dated: date,
    language: str = "zh-CN",
    translate: Translator = str,
) -> JobResult:
    """Build the job under `jobs`/`job`, letters in walking order, in place of what an unfinished run left there.

    `dated` and `language` are what the merged file says of itself, `translate` gives the language of the manifest's
    headings. Raises DataNeedsPerson where a letter changed since it was proved (`sift` finds them first), Refused
    where there is none or one stands twice, Unusable where the disk is full or the merged file does not hold each
    letter in its place. Nothing is left behind then.
    """
    _refuse_unsound(items)
    placed = lay_out(sorted(items, key=walking_key), duplex=duplex)
    with built_aside(jobs, job) as folder:
        blank = folder / "blank.pdf"
        blank.write_bytes(A4_BLANK)
        merge(_ranges(placed, blank), folder / LETTERS, title=job, author="", language=language, dated=dated)
        blank.unlink()
        prove_order(page_texts(folder / LETTERS), placed)
        write_manifest(folder / MANIFEST, placed, LETTERS, translate)
        files = {name: sha256_of(folder / name) for name in (LETTERS, MANIFEST)}
        (folder / CHECKSUMS).write_text("".join(f"{sha256}  {name}\n" for name, sha256 in files.items()), "ascii")
    return JobResult(jobs / job, placed, files)


def _refuse_unsound(items: Sequence[PrintItem]) -> None:
    if not items:
        raise Refused(say("There is no letter to print."), say("Render the batch first; `notices status` shows it."))
    twice = [number for number, times in Counter(item.number for item in items).items() if times > 1]
    if twice:
        raise Refused(
            say("{notices} would be printed more than once.", notices=", ".join(twice)),
            say("Print each notice once; nothing was printed."),
        )
    _, failures = sift(items)
    if failures:
        raise DataNeedsPerson(
            say("{count} letter(s) cannot be printed as they were proved.", count=len(failures)),
            say("Render them again; nothing was printed."),
            [say("{notice}: {reason}", notice=failure.number, reason=failure.reason) for failure in failures],
        )


def _ranges(placed: Sequence[Placed], blank: Path) -> Iterator[tuple[Path, int, int]]:
    for letter in placed:
        yield letter.item.source, letter.item.first, letter.item.count
        if letter.blank_back:
            yield blank, 1, 1
