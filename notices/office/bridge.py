"""Bridge to LibreOffice, run by a Python that has `uno`: one JSON line for each document, in and out.

Called as `bridge.py PROGRAM PROFILE PIPE`; it starts LibreOffice, prints `{"ready": true}`, then answers each
`{"source": PATH, "target": PATH}` with `{"done": true, "kib": MEMORY}` or `{"failed": "start|load|export|died"}`. When
its standard input closes, for whatever reason, it kills LibreOffice. It imports nothing of this package and runs on
Python 3.8, because LibreOffice ships its own Python.
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

Proxy = Any  # UNO creates its objects at run time; a type checker cannot know them

UNOS_OWN = ("URE_BOOTSTRAP",)  # set by importing `uno`; a LibreOffice of another version would crash with it
RESTART = 81  # exit status of LibreOffice after setting up a fresh profile: it asks to be started again
STARTS = 3
CONNECT_EVERY_SECONDS = 0.05

# Given explicitly, so that LibreOffice does not guess from the content; it detects other suffixes by itself.
LOAD_FILTERS = {".docx": "MS Word 2007 XML", ".odt": "writer8", ".fodt": "OpenDocument Text Flat XML"}

# Every option is given: defaults differ between versions (25.2 would tag the PDF, making it eight times larger).
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
    # Restarted page numbers would otherwise insert an empty page between two right-hand pages.
    "IsSkipEmptyPages": True,
    "IsAddStream": False,
    "Magnification": 0,
    "MaxImageResolution": 600,
    "PDFUACompliance": False,
    "PageLayout": 0,
    "ReduceImageResolution": True,
    "RestrictPermissions": False,
    # 17 is PDF 1.7; 2 is PDF/A-2b, which embeds a colour profile and every font.
    "SelectPdfVersion": int(os.environ.get("NOTICES_PDF_VERSION", "17")),
    "SignPDF": False,
    "SinglePageSheets": False,
    "UseLosslessCompression": True,  # JPEG would blur the edges of QR codes and seals
    "UseReferenceXObject": False,
    "UseTaggedPDF": False,
    "UseTransitionEffects": False,
    "Watermark": "",
}


def named(**values: object) -> Proxy:
    """Return UNO's form of named arguments."""
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def office_environment() -> dict[str, str]:
    """Return our environment without the bridge's own variables, and with the allocator found for LibreOffice."""
    ours = {name: value for name, value in os.environ.items() if name not in UNOS_OWN}
    allocator = ours.pop("NOTICES_OFFICE_ALLOCATOR", "")
    before = [allocator, ours.get("LD_PRELOAD", "")]
    return {**ours, "LD_PRELOAD": " ".join(filter(None, before))} if allocator else ours


class Bridge:
    """The LibreOffice process and the connection to it."""

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
            # If this bridge is killed, the kernel kills LibreOffice.
            self.command = [setpriv, "--pdeathsig", "KILL", *self.command]
        self.desktop: Proxy = None
        self.sockets: list[Path] = []
        self.starts = 0
        self.start()

    def start(self) -> None:
        """Start the LibreOffice process, which does not answer yet."""
        self.starts += 1
        self.office = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=office_environment(),
        )

    def connect(self) -> bool:
        """Wait until LibreOffice answers; return False if it died instead. The caller applies a timeout."""
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        while self.lives():
            try:
                remote = resolver.resolve(f"uno:pipe,name={self.pipe};urp;StarOffice.ComponentContext")
                self.desktop = remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
            except UnoException:  # it is not listening yet
                time.sleep(CONNECT_EVERY_SECONDS)
            else:
                self.note_sockets()
                return True
        return False

    def lives(self) -> bool:
        """Return whether LibreOffice runs, after the restart that a fresh profile asks for."""
        if self.office.poll() == RESTART and self.starts < STARTS:
            self.start()
        return self.office.poll() is None

    def note_sockets(self) -> None:
        """Record the sockets that LibreOffice created outside its profile, so that they can be deleted."""
        try:
            owned = {link_of(each) for each in Path(f"/proc/{self.office.pid}/fd").iterdir()}
            table = [line.split(None, 7) for line in Path("/proc/net/unix").read_text().splitlines()]
        except OSError:
            return  # no /proc, or LibreOffice has already ended
        for parts in table:
            if len(parts) == 8 and f"socket:[{parts[6]}]" in owned and parts[7].startswith("/"):
                self.sockets.append(Path(parts[7]))
        (self.profile / "sockets").write_text("".join(f"{path}\n" for path in self.sockets))

    def convert(self, source: str, target: str) -> dict[str, object]:
        """Convert one document and return the answer to send."""
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
        """Open the document hidden and read-only, without running macros or fetching links."""
        options = named(Hidden=True, ReadOnly=True, MacroExecutionMode=0, UpdateDocMode=0)
        if known := LOAD_FILTERS.get(source.suffix.lower()):
            options += named(FilterName=known)
        return self.desktop.loadComponentFromURL(source.as_uri(), "_blank", 0, options)

    def storing(self, target: Path) -> Proxy:
        """Return the store options for that file name: PDF export, or .odt to be loaded again later."""
        if target.suffix.lower() == ".odt":
            return named(FilterName="writer8")
        data = uno.Any("[]com.sun.star.beans.PropertyValue", named(**EXPORT_OPTIONS))
        return named(FilterName="writer_pdf_Export", FilterData=data)

    def dismiss(self, document: Proxy) -> None:
        """Close the document; ignore the error if LibreOffice is gone."""
        if document is not None:
            with contextlib.suppress(UnoException):
                document.close(True)  # noqa: FBT003 - UNO knows no named arguments

    def failure(self, stage: str) -> dict[str, object]:
        """Return the answer for a failure at `stage`, or for LibreOffice having died there."""
        try:
            self.desktop.getCurrentComponent()
        except UnoException:
            self.end()
            return {"failed": "died"}
        return {"failed": stage}

    def memory(self) -> int:
        """Return the resident memory of LibreOffice in KiB; 0 if it is unknown."""
        try:
            status = Path(f"/proc/{self.office.pid}/status").read_text()
        except OSError:
            return 0
        return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)

    def end(self) -> None:
        """Kill LibreOffice, even if it hangs."""
        self.office.kill()
        self.office.wait()

    def tidy(self) -> None:
        """Delete the sockets and the profile, in case the parent process is gone."""
        for socket in self.sockets:
            with contextlib.suppress(OSError):
                socket.unlink()
        shutil.rmtree(self.profile, ignore_errors=True)


def answer(message: dict[str, object]) -> None:
    """Write one JSON line to the parent process."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def link_of(path: Path) -> str:
    """Return a link's target; empty if the link has just disappeared."""
    try:
        return os.readlink(path)  # noqa: PTH115 - Path.readlink came with Python 3.9
    except OSError:
        return ""


def listen(requests: queue.Queue[dict[str, str]], bridge: Bridge) -> None:
    """Queue incoming requests; at end of input kill LibreOffice and the whole process group, and clean up."""
    for line in sys.stdin:
        requests.put(json.loads(line))
    bridge.end()
    bridge.tidy()
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Start LibreOffice, connect, and serve requests."""
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
        listener.join()  # once the parent has read the answer and closed our input, it cleans up and kills this process


if __name__ == "__main__":
    main()
