"""Between our Python and LibreOffice: run by the Python that has `uno`, it speaks a line of JSON a document.

Called as `bridge.py PROGRAM PROFILE PIPE`; starts the office, says `{"ready": true}`, then answers each
`{"source": PATH, "target": PATH}` with `{"done": true, "kib": MEMORY}` or `{"failed": "start|load|export|died"}`.
When its input ends, for whatever reason, the office dies with it. It imports nothing of this package and keeps to
what Python 3.8 has, because LibreOffice brings a Python of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.uno import Exception as UnoException

Proxy = Any  # what UNO makes at run time has no types that a checker could know

UNOS_OWN = ("URE_BOOTSTRAP",)  # set by importing `uno`; an office of another version would crash on it
RESTART = 81  # a fresh profile is set up first; the office then wants to be started again
STARTS = 3
CONNECT_EVERY_SECONDS = 0.05

# Named, so that nothing is guessed from the content; other endings are left to the office.
LOAD_FILTERS = {".docx": "MS Word 2007 XML", ".odt": "writer8", ".fodt": "OpenDocument Text Flat XML"}

# Every option is given: defaults differ between versions (25.2 would tag, which makes files eight times larger).
EXPORT_OPTIONS = {
    "AllowDuplicateFieldNames": False,
    "ConvertOOoTargetToPDFTarget": False,
    "EmbedStandardFonts": True,
    "EncryptFile": False,
    "ExportBookmarks": False,
    "ExportBookmarksToPDFDestination": False,
    "ExportFormFields": False,
    "ExportLinksRelativeFsys": False,
    "ExportNotes": False,
    "ExportNotesInMargin": False,
    "ExportNotesPages": False,
    "ExportPlaceholders": False,
    "InitialView": 0,
    # Page numbers that start again would otherwise put an empty page between two right-hand pages.
    "IsSkipEmptyPages": True,
    "IsAddStream": False,
    "Magnification": 0,
    "MaxImageResolution": 600,
    "PDFUACompliance": False,
    "PageLayout": 0,
    "ReduceImageResolution": True,
    "RestrictPermissions": False,
    # 17 is PDF 1.7; 2 is PDF/A-2b, which brings its colours' definition and every font along.
    "SelectPdfVersion": int(os.environ.get("NOTICES_PDF_VERSION", "17")),
    "SignPDF": False,
    "SinglePageSheets": False,
    "UseLosslessCompression": True,  # a QR code or a seal has no use for JPEG's shadows
    "UseReferenceXObject": False,
    "UseTaggedPDF": False,
    "UseTransitionEffects": False,
    "Watermark": "",
}


def named(**values: object) -> Proxy:
    """UNO's form of named arguments."""
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def office_environment() -> dict[str, str]:
    """Ours, without what is only for the bridge and with the allocator that was found for the office."""
    ours = {name: value for name, value in os.environ.items() if name not in UNOS_OWN}
    allocator = ours.pop("NOTICES_OFFICE_ALLOCATOR", "")
    before = [allocator, ours.get("LD_PRELOAD", "")]
    return {**ours, "LD_PRELOAD": " ".join(filter(None, before))} if allocator else ours


class Bridge:
    """The office process and the connection to it."""

    def __init__(self, program: str, profile: Path, pipe: str) -> None:
        self.profile = profile
        self.pipe = pipe
        self.command = [
            program,
            "--headless",
            "--invisible",
            "--norestore",
            "--nodefault",
            "--nolockcheck",
            "--nologo",
            f"-env:UserInstallation={(profile / 'user').as_uri()}",
            f"--accept=pipe,name={pipe};urp;",
        ]
        if setpriv := shutil.which("setpriv"):
            # Should this bridge itself be killed, the kernel ends the office.
            self.command = [setpriv, "--pdeathsig", "KILL", *self.command]
        self.desktop: Proxy = None
        self.sockets: list[Path] = []
        self.starts = 0
        self.start()

    def start(self) -> None:
        """Start the office process; it does not answer yet."""
        self.starts += 1
        self.office = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=office_environment(),
        )

    def connect(self) -> bool:
        """Wait until the office answers; False where it died instead. The caller holds the clock."""
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        while self.lives():
            try:
                remote = resolver.resolve(f"uno:pipe,name={self.pipe};urp;StarOffice.ComponentContext")
                self.desktop = remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
            except UnoException:  # it does not listen yet
                time.sleep(CONNECT_EVERY_SECONDS)
            else:
                self.note_sockets()
                return True
        return False

    def lives(self) -> bool:
        """Whether the office runs, after the restart that a fresh profile asks for."""
        if self.office.poll() == RESTART and self.starts < STARTS:
            self.start()
        return self.office.poll() is None

    def note_sockets(self) -> None:
        """Write down which sockets the office made outside its profile, so that whoever tidies up finds them."""
        try:
            owned = {link_of(each) for each in Path(f"/proc/{self.office.pid}/fd").iterdir()}
            table = [line.split(None, 7) for line in Path("/proc/net/unix").read_text().splitlines()]
        except OSError:
            return  # no /proc, or the office is gone already
        for parts in table:
            if len(parts) == 8 and f"socket:[{parts[6]}]" in owned and parts[7].startswith("/"):
                self.sockets.append(Path(parts[7]))
        (self.profile / "sockets").write_text("".join(f"{path}\n" for path in self.sockets))

    def convert(self, source: str, target: str) -> dict[str, object]:
        """One document; the answer for it."""
        stage, document = "load", None
        try:
            document = self.load(Path(source))
            if document is None:
                return self.failure(stage)
            stage = "export"
            document.storeToURL(Path(target).as_uri(), self.storing(Path(target)))
        except UnoException:
            return self.failure(stage)
        finally:
            self.dismiss(document)
        return {"done": True, "kib": self.memory()}

    def load(self, source: Path) -> Proxy:
        """The document, hidden and read-only, its macros never run and nothing it links to fetched."""
        options = named(Hidden=True, ReadOnly=True, MacroExecutionMode=0, UpdateDocMode=0)
        if known := LOAD_FILTERS.get(source.suffix.lower()):
            options += named(FilterName=known)
        return self.desktop.loadComponentFromURL(source.as_uri(), "_blank", 0, options)

    def storing(self, target: Path) -> Proxy:
        """How a document is stored under that name: as PDF, or as what it is loaded from next time."""
        if target.suffix.lower() == ".odt":
            return named(FilterName="writer8")
        data = uno.Any("[]com.sun.star.beans.PropertyValue", named(**EXPORT_OPTIONS))
        return named(FilterName="writer_pdf_Export", FilterData=data)

    def dismiss(self, document: Proxy) -> None:
        """Close the document; one whose office is gone is closed already."""
        if document is not None:
            with contextlib.suppress(UnoException):
                document.close(True)  # noqa: FBT003 - UNO knows no named arguments

    def failure(self, stage: str) -> dict[str, object]:
        """Where it failed: at `stage`, or because the office died there."""
        try:
            self.desktop.getCurrentComponent()
        except UnoException:
            self.end()
            return {"failed": "died"}
        return {"failed": stage}

    def memory(self) -> int:
        """Resident memory of the office in KiB; 0 where the system does not tell."""
        try:
            status = Path(f"/proc/{self.office.pid}/status").read_text()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)

    def end(self) -> None:
        """Kill the office, hung or not."""
        self.office.kill()
        self.office.wait()

    def tidy(self) -> None:
        """Leave nothing behind, though nobody may be left to see to it."""
        for socket in self.sockets:
            with contextlib.suppress(OSError):
                socket.unlink()
        shutil.rmtree(self.profile, ignore_errors=True)


def answer(message: dict[str, object]) -> None:
    """One line to whoever started us."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def link_of(path: Path) -> str:
    """Where a link points; nothing where it has just gone."""
    try:
        return os.readlink(path)  # noqa: PTH115 - Path.readlink came with Python 3.9
    except OSError:
        return ""


def listen(requests: queue.Queue[dict[str, str]], bridge: Bridge) -> None:
    """Pass requests on; when there can be no more, end the office, hung or not, and everything of its group."""
    for line in sys.stdin:
        requests.put(json.loads(line))
    bridge.end()
    bridge.tidy()
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Start, connect, serve."""
    program, profile, pipe = sys.argv[1:]
    bridge = Bridge(program, Path(profile), pipe)
    requests: queue.Queue[dict[str, str]] = queue.Queue()
    listener = threading.Thread(target=listen, args=(requests, bridge), daemon=True)
    listener.start()
    try:
        if not bridge.connect():
            answer({"failed": "start"})
            return
        answer({"ready": True})
        while True:
            request = requests.get()
            answer(bridge.convert(request["source"], request["target"]))
    finally:
        bridge.end()
        listener.join()  # it tidies up, and ends this process, when whoever started us has heard and hung up


if __name__ == "__main__":
    main()
