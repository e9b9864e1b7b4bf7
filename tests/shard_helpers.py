"""Shards of small letters, and a fake LibreOffice that draws them and fails on letters marked as poison."""

from __future__ import annotations

import stat
import sys
from collections.abc import Collection
from datetime import date
from pathlib import Path

from docx import Document

from notices.letters.shards.shard import Shard
from notices.model import Letter
from notices.office import Engine, Office

DRAWING_OFFICE = """#!{python}
import json, os, re, signal, sys, zipfile
from pathlib import Path
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

def draw(texts, target):
    writer = PdfWriter()
    names = {{"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}}
    font = DictionaryObject({{NameObject(key): NameObject(value) for key, value in names.items()}})
    for text in texts:
        page = writer.add_blank_page(600, 100)
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 10 Tf 10 50 Td ({{text}}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
        fonts = DictionaryObject({{NameObject("/F1"): font}})
        page[NameObject("/Resources")] = DictionaryObject({{NameObject("/Font"): fonts}})
    writer.write(target)

def stumble(poison, target):
    if poison == "KILLS-WORKER":
        os.kill(os.getppid(), signal.SIGKILL)
    if poison == "HANGS":
        sys.stdin.read()
    if poison == "CRASHES":
        sys.exit(1)
    Path(target).write_bytes({{"EMPTIES": b"", "CUTS-OFF": b"%PDF-1.7", "DAMAGES": b"%PDF-1.7 %%EOF"}}[poison])

def planted(pages):
    for at, page in enumerate(list(pages)):
        if "SWAPPED" in page:
            pages[at], pages[at + 1] = pages[at + 1], page
        if "MISWRITTEN" in page:
            pages[at] = page.replace(".00", ".01")
        if "STRANGE" in page:
            pages[at] = page + " see " + pages[0].split()[0]
    return [page for page in pages if "LOST" not in page]

Path({folder!r}, f"started-{{os.getpid()}}").touch()
print(json.dumps({{"ready": True}}), flush=True)
for line in iter(sys.stdin.readline, ""):
    request = json.loads(line)
    xml = zipfile.ZipFile(request["source"]).read("word/document.xml").decode()
    paragraphs = re.findall(r"<w:p[ >].*?</w:p>", xml)
    texts = ["".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", part)) for part in paragraphs]
    poison = re.search("KILLS-WORKER|HANGS|CRASHES|EMPTIES|CUTS-OFF|DAMAGES", " ".join(texts))
    if poison:
        stumble(poison[0], request["target"])
    else:
        draw(planted([text for text in texts if text.strip()]), request["target"])
    print(json.dumps({{"done": True, "kib": 1}}), flush=True)
"""


def drawing_engine(folder: Path) -> Engine:
    """Return an engine that draws letters without LibreOffice."""
    program = folder / "python"
    program.write_text(DRAWING_OFFICE.format(python=sys.executable, folder=str(folder)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Engine(Office(Path("/bin/false"), program), folder / "profiles")


def write_template(path: Path) -> Path:
    """Write the template of a one-page letter; return its path."""
    document = Document()
    document.add_paragraph("{{ number }} of {{ owner }} owes {{ total }} Page 1 of 1")
    document.save(str(path))
    return path


def letter(index: int, owner: str | None = None) -> Letter:
    """Return a letter; its owner may be a poison word."""
    number = f"YGHY-2026-{index:06d}"
    owner = owner or f"Owner{index}"
    fields = {"number": number, "owner": owner, "total": f"{index}.00"}
    return Letter(number, "small.docx", fields, (number, owner, f"{index}.00"))


def shard(folder: Path, engine: Engine, name: str, letters: Collection[Letter], limit: float = 30.0) -> Shard:
    """Return a shard of these letters, to be made in `folder`."""
    template = folder / "small.docx"
    if not template.exists():
        write_template(template)
    return Shard(name, template, tuple(letters), folder / f"{name}.pdf", engine, date(2026, 11, 23), limit)
