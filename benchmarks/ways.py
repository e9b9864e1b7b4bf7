"""Other ways of turning letters into PDF, each timed on the same letters; results in seconds a letter."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage

from notices.fonts.installed import office_environment
from notices.letters.compiled import compile_form
from notices.letters.template import open_template
from notices.model import Letter
from notices.office import Engine, Office, WarmOffice
from notices.qr import qr_png

FLOOR = Path(__file__).with_name("floor.py")
CARBONE = """
const carbone = require('carbone'), fs = require('fs');
const [template, data] = process.argv.slice(2), letters = JSON.parse(fs.readFileSync(data));
let left = letters.length, next = 0, began = 0;
const one = done => { const mine = next++; if (mine >= letters.length) return done && done();
  carbone.render(template, letters[mine], {convertTo: 'pdf'}, err => { if (err) throw err; left--; one(done); }); };
carbone.set({factories: Number(process.argv[4]), startFactory: true});
setTimeout(() => { began = Date.now(); const wait = setInterval(() => { if (!left) {
  console.log((Date.now() - began) / 1000); process.exit(0); } }, 5);
  for (let i = 0; i < Number(process.argv[4]); i++) one(); }, 6000);
"""


def engine(office: Office, folder: Path) -> Engine:
    """Return an Engine with our own font mapping and profiles under `folder`."""
    return Engine(office, folder / "profiles", tuple(sorted(office_environment(folder / "fonts").items())))


def fill(template: Path, letter: Letter, out: Path) -> None:
    """Fill one letter with docxtpl, as in its manual."""
    document = DocxTemplate(template)
    code = InlineImage(document, io.BytesIO(qr_png(str(letter.fields["qr"]))), width=Mm(18))
    document.render({**letter.fields, "qr": code}, autoescape=True)
    document.save(out)


def one_office_a_letter(office: Office, template: Path, letters: Sequence[Letter], folder: Path) -> float:
    """Start a new LibreOffice process for every letter."""
    profile = (folder / "single").as_uri()
    began = time.perf_counter()
    for letter in letters:
        fill(template, letter, folder / "one.docx")
        for _ in range(2):  # LibreOffice asks for a restart after creating a profile
            command = [office.program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf"]
            subprocess.run([*command, "--outdir", folder, folder / "one.docx"], capture_output=True, check=False)
            if (folder / "one.pdf").exists():
                break
        (folder / "one.pdf").unlink()
    return (time.perf_counter() - began) / len(letters)


def warm_letter_by_letter(
    office: Office, template: Path, letters: Sequence[Letter], folder: Path, workers: int
) -> float:
    """Run as many warm offices as workers, each converting filled letters one by one."""
    parts = [letters[place::workers] for place in range(workers)]

    def part(place: int, warm: WarmOffice) -> None:
        for letter in parts[place]:
            document = folder / f"warm-{place}.docx"
            fill(template, letter, document)
            warm.convert(document, document.with_suffix(".pdf"), limit=60)

    offices = [WarmOffice(engine(office, folder)) for _ in parts]
    try:
        for place, warm in enumerate(offices):  # warm-up: the first document of an office is not counted
            fill(template, letters[0], folder / f"first-{place}.docx")
            warm.convert(folder / f"first-{place}.docx", folder / f"first-{place}.pdf", limit=60)
        began = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(part, range(workers), offices))
        return (time.perf_counter() - began) / len(letters)
    finally:
        for warm in offices:
            warm.close()


def carbone(office: Office, template: Path, letters: Sequence[Letter], folder: Path, workers: int) -> float | None:
    """Install Carbone into `folder` and run it with as many offices; return None without node, or without a network."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    installing = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "carbone"]
    if subprocess.run(installing, capture_output=True, check=False, timeout=300).returncode:
        return None
    marked = DocxTemplate(template)
    marked.render({name: f"{{d.{name}}}" for name in letters[0].fields} | {"charges": []})
    marked.save(folder / "carbone.docx")
    data = folder / "carbone.json"
    data.write_text(json.dumps([dict(letter.fields) for letter in letters], default=str))
    script = folder / "carbone.js"
    script.write_text(CARBONE)
    done = subprocess.run(
        [node, script, folder / "carbone.docx", data, str(workers)],
        capture_output=True,
        check=False,
        env={**os.environ, "PATH": f"{_office_on_path(office, folder)}:{os.environ['PATH']}"},
        timeout=600,
    )
    return float(done.stdout) / len(letters) if not done.returncode and done.stdout else None


def _office_on_path(office: Office, folder: Path) -> Path:
    """Return a folder with both programs that Carbone looks for: it wants LibreOffice's Python beside LibreOffice."""
    beside = folder / "beside"
    beside.mkdir()
    for name, program in (("soffice.bin", office.program), ("python3", office.python)):
        (beside / name).write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
        (beside / name).chmod(0o755)
    return beside


def floor(office: Office, template: Path, letters: Sequence[Letter], folder: Path, workers: int) -> tuple[float, float]:
    """Time the export of a loaded and laid-out document, which no way of making letters can beat."""
    with WarmOffice(engine(office, folder)) as warm:
        warm.convert(template, folder / "form.odt", limit=60)
    form = compile_form(open_template(template), (folder / "form.odt").read_bytes())
    (folder / "floor.odt").write_bytes(form.filled(letters))
    environment = {**os.environ, **office_environment(folder / "fonts")}
    command = [office.python, FLOOR, office.program, folder / "floor-profile", folder / "floor.odt"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    seconds, processor = map(float, done.stdout.split())
    return seconds / len(letters) / workers, processor / len(letters)
