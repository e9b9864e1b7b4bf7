"""Letters of one page that can be read back: number, owner, unit and total, made without LibreOffice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from notices.ledger import DecisionRecord, Ledger, RenderedLetter
from notices.rules.money import format_grouped
from notices.rules.states import RENDERABLE

FONT = b"""<</Type/Font/Subtype/Type0/BaseFont/Read/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>"""
DESCENDANT = b"""<</Type/Font/Subtype/CIDFontType2/BaseFont/Read/DW 1000
/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>"""
PAGE = b"""<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"""


def page_pdf(lines: Sequence[str]) -> bytes:
    """Return a PDF with one page of these lines; its font is not embedded, but the text can be read."""
    shown = b"".join(b"<" + line.encode("utf-16-be").hex().encode() + b"> Tj 0 -20 Td\n" for line in lines)
    used = sorted({character.encode("utf-16-be").hex() for line in lines for character in line})
    mapped = "\n".join(f"<{code}> <{code}>" for code in used)
    to_unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{len(used)} beginbfchar\n{mapped}\nendbfchar\n"
        "endcmap end end"
    ).encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        PAGE,
        _stream(b"BT /F 12 Tf 50 780 Td\n" + shown + b"ET"),
        FONT,
        DESCENDANT,
        _stream(to_unicode),
    ]
    made, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer <</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def letter_pdf(entry: DecisionRecord, *mates: DecisionRecord) -> bytes:
    """Return a letter that passes the proof of its pages: of one notice, or of all in one letter, the leading first."""
    assert entry.notice is not None
    every = (entry, *mates)
    total = format_grouped(sum((each.decision.total for each in every), Decimal(0)))
    units = [
        text
        for each in every
        if each.notice and mates
        for text in (each.account.unit, each.notice.number or "", format_grouped(each.decision.principal))
    ]
    return page_pdf((entry.notice.number or "", *entry.account.owners, entry.account.unit, *units, total, "第1页共1页"))


def make_letters(ledger: Ledger, workspace: Path, batch: str, *, by: str, at: datetime) -> list[Path]:
    """Make a PDF for each approved notice of a batch, recorded as rendered."""
    with ledger.read() as books:
        entries = [entry for entry in books.batches.decisions(batch) if entry.notice and entry.notice.approval]
        by_id = {entry.notice.id: entry for entry in entries if entry.notice}
        inside = books.letters.led_by(by_id, RENDERABLE)
    led = {key for its in inside.values() for key in its}
    folder = workspace / "output" / batch / "letters"
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with ledger.begin() as books:
        for place, entry in enumerate(entries, start=1):
            assert entry.notice is not None
            if entry.notice.id in led:
                continue
            mates = inside.get(entry.notice.id, ())
            file = folder / f"letter-{place:03d}.pdf"
            file.write_bytes(letter_pdf(entry, *(by_id[key] for key in mates)))
            digest, path = hashlib.sha256(file.read_bytes()).hexdigest(), file.relative_to(workspace).as_posix()
            shard = books.notices.add_shard(batch, file=path, sha256=digest, pages=1, at=at)
            rendered = [RenderedLetter(key, shard, 1, 1) for key in (entry.notice.id, *mates)]
            books.notices.set_rendered(rendered, at=at, by=by)
            files.append(file)
    return files
