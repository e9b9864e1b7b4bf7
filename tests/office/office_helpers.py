"""Fake bridge programs in place of LibreOffice's Python, and a document for the real one."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from docx import Document

from notices.office import Engine, Office

# The fake bridge: `behaviours` names one behaviour for each start of the program; the last one applies to all later.
FAKE = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path({folder!r})
count = len(list(here.glob("started-*")))
(here / f"started-{{count}}").write_text(str(os.getpid()))
mask = os.umask(0)
(here / "surroundings").write_text(json.dumps({{"umask": mask, "locale": os.environ.get("LC_ALL")}}))
os.umask(mask)
behaviours = {behaviours!r}
behaviour = behaviours[min(count, len(behaviours) - 1)]
def answer(**message):
    print(json.dumps(message), flush=True)
if behaviour == "dies-at-start":
    sys.exit(1)
if behaviour == "hangs-at-start":
    sys.stdin.read()
if behaviour == "cannot-start":
    answer(failed="start"); sys.exit(0)
if behaviour == "babbles":
    print("hello", flush=True); sys.stdin.read()
answer(ready=True)
for line in sys.stdin:
    target = pathlib.Path(json.loads(line)["target"])
    if behaviour == "hangs":
        sys.stdin.read()
    elif behaviour == "hangs-deaf":
        time.sleep(600)
    elif behaviour == "dies":
        sys.exit(3)
    elif behaviour == "refuses":
        answer(failed="load"); continue
    elif behaviour == "disk-full":
        answer(failed="export"); continue
    elif behaviour == "writes-nothing":
        target.unlink(missing_ok=True)
    else:
        content = {{"empty": b"", "cut-off": b"%PDF-1.7 half of it", "garbage": b"no pdf %%EOF"}}.get(behaviour)
        target.write_bytes(b"%PDF-1.7 all of it %%EOF" if content is None else content)
    answer(done=True, kib=2_000_000 if behaviour == "swells" else 1000)
"""


def fake_engine(folder: Path, *behaviours: str, **options: object) -> Engine:
    """Build an Engine whose offices behave as named, one behaviour for each start."""
    program = folder / "python"
    program.write_text(FAKE.format(python=sys.executable, folder=str(folder), behaviours=list(behaviours)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    settings = {"start_limit": 5.0, **options}
    return Engine(Office(Path("/bin/false"), program), folder / "profiles", **settings)  # type: ignore[arg-type]


def starts(folder: Path) -> int:
    """Return how often the fake bridge was started."""
    return len(list(folder.glob("started-*")))


def profiles_left(engine: Engine) -> list[Path]:
    """Return the profiles that are still in the folder."""
    return sorted(engine.profiles.glob("office-*"))


def alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def write_document(path: Path, text: str = "尊敬的业主 𬭎 合计 1,234.56 元", pages: int = 1) -> Path:
    """Write a Word document with that many pages."""
    document = Document()
    document.styles["Normal"].font.name = "Noto Serif CJK SC"
    for page in range(pages):
        if page:
            document.add_page_break()
        document.add_paragraph(text)
    document.save(str(path))
    return path
