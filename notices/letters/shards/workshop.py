"""The workshop of a cluster's worker process: unpacks kits, makes parcels, and clears everything away afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

from notices.errors import NoticesError, Unusable
from notices.files import write_whole
from notices.fonts.batch_fonts import place_fonts
from notices.fonts.installed import office_environment
from notices.letters.shards.parcels import DeliveredPdf, Delivery, Kit, PackedKit, Parcel, packed, unpacked
from notices.letters.shards.shard import Shard, ShardPdf
from notices.letters.shards.worker import SECRET_BYTES, close_offices, make_shard
from notices.messages import say
from notices.office import Engine, find
from notices.pdf import page_texts

IDLE_SECONDS = 120.0  # then everything is cleared away, even if the client that sent it was killed
HANG_LIMITS = 20  # a shard that takes as many times its limit hangs for a reason that no limit caught


@dataclass(frozen=True, slots=True)
class _Unpacked:
    kit: Kit
    templates: Path
    engine: Engine
    fallback: Engine


class Workshop:
    """Folder (0700) of one worker process in which letters are made, one shard at a time.

    `on_fault` is called if this machine cannot make letters, so that it is given no more.
    """

    def __init__(
        self, folder: Path, on_fault: Callable[[], None] = lambda: None, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self.folder = folder
        self.folder.mkdir(mode=0o700, parents=True)
        self._on_fault, self._idle_seconds = on_fault, idle_seconds
        self._secret = token_bytes(SECRET_BYTES)
        self._unpacked: dict[str, _Unpacked] = {}
        self._busy = threading.Lock()
        self._timer: threading.Timer | None = None

    def make(self, kit: PackedKit, parcel: bytes) -> Delivery:
        """Return the PDFs of a parcel and the text of their pages; never raises, faults are in the delivery."""
        worker = f"{socket.gethostname()}-{os.getpid()}"
        with self._busy:
            self._stop_timer()
            opened: Parcel = unpacked(parcel)
            hanging = threading.Timer(opened.limit * HANG_LIMITS, os._exit, [1])
            hanging.daemon = True
            hanging.start()
            try:
                return self._made(worker, kit, opened)
            except NoticesError as error:
                self._on_fault()
                return Delivery(worker, fault=error)
            except Exception as error:  # noqa: BLE001 - Dask would log the letters with it
                return Delivery(worker, fault=_unexpected(worker, error))
            finally:
                hanging.cancel()
                self._start_timer()

    def put_away(self) -> None:
        """End LibreOffice and delete all that came with kits and parcels, unless a shard is being made."""
        if not self._busy.acquire(blocking=False):
            return
        try:
            self._stop_timer()
            self._clear()
        finally:
            self._busy.release()

    def close(self) -> None:
        """End LibreOffice and delete the folder, whatever is being made."""
        self._stop_timer()
        self._clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _clear(self) -> None:
        close_offices()
        self._unpacked.clear()
        for each in self.folder.iterdir() if self.folder.is_dir() else ():
            if each.is_dir():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink(missing_ok=True)

    def _made(self, worker: str, packed_kit: PackedKit, parcel: Parcel) -> Delivery:
        kit = self._unpacked.get(packed_kit.digest) or self._unpack(packed_kit)
        bench = Path(tempfile.mkdtemp(prefix="shard-", dir=self.folder))
        try:
            made = make_shard(
                Shard(
                    name=parcel.name,
                    template=kit.templates / parcel.template,
                    letters=parcel.letters,
                    target=bench / f"{parcel.name}.pdf",
                    engine=kit.engine,
                    dated=parcel.dated,
                    limit=parcel.limit,
                    compiled=parcel.compiled,
                    characters=kit.kit.characters,
                    fallback=kit.fallback,
                )
            )
            return Delivery(worker, tuple(map(_delivered, made.pdfs)), made.failures)
        finally:
            shutil.rmtree(bench, ignore_errors=True)

    def _unpack(self, packed_kit: PackedKit) -> _Unpacked:
        kit: Kit = unpacked(packed_kit.content)
        folder = Path(tempfile.mkdtemp(prefix="kit-", dir=self.folder))
        templates = folder / "templates"
        for name, content in kit.templates.items():
            path = templates / name
            if not path.resolve().is_relative_to(templates.resolve()):
                raise Unusable(say("The file {file} is not in the templates folder.", file=name))
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, content, durable=False)
        usual = office_environment(folder)
        fallback = self._engine(kit, usual)
        engine = self._engine(kit, place_fonts(kit.fonts, folder / "fonts")) if kit.fonts else fallback
        found = self._unpacked[packed_kit.digest] = _Unpacked(kit, templates, engine, fallback)
        return found

    def _engine(self, kit: Kit, environment: dict[str, str]) -> Engine:
        return Engine(
            find(),
            self.folder / "profiles",
            tuple(sorted(environment.items())),
            renew_after_documents=kit.renew_after_documents,
            renew_above_mib=kit.renew_above_mib,
            start_limit=kit.start_limit,
            archival=kit.archival,
            secret=self._secret,
        )

    def _start_timer(self) -> None:
        self._timer = threading.Timer(self._idle_seconds, self.put_away)
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()


def _delivered(pdf: ShardPdf) -> DeliveredPdf:
    return DeliveredPdf(pdf.path.name, pdf.path.read_bytes(), pdf.sha256, tuple(page_texts(pdf.path)), pdf.letters)


def _unexpected(worker: str, error: Exception) -> Unusable:
    return Unusable(
        say("Worker {worker} failed: {mistake}", worker=worker, mistake=f"{type(error).__name__}: {error}"),
        say("Render the batch again; finished letters are kept."),
    )


_workshop: Workshop | None = None


def open_workshop(folder: Path, on_fault: Callable[[], None] = lambda: None) -> None:
    """Open the workshop of this process."""
    global _workshop  # noqa: PLW0603 - a task of Dask finds its process's workshop only here
    _workshop = Workshop(folder, on_fault)


def close_workshop() -> None:
    """Close the workshop of this process, if it is open."""
    global _workshop  # noqa: PLW0603 - as above
    if _workshop is not None:
        _workshop.close()
    _workshop = None


def made_in_this_process(kit: tuple[str, bytes], parcel: bytes) -> bytes:
    """Make a parcel in the workshop of this process; return the delivery, packed."""
    if _workshop is None:
        fact = say("This worker has no workshop: it was not started by `notices worker`.")
        return packed(Delivery("", fault=Unusable(fact)))
    return packed(_workshop.make(PackedKit(*kit), parcel))


def clear_this_process() -> None:
    """Clear the workshop of this process, unless a shard is being made."""
    if _workshop is not None:
        _workshop.put_away()
