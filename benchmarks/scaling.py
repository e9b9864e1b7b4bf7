"""What a cluster costs: the client's time a letter, bytes moved, the scheduler's time a shard, and 1, 2 and 4 workers.

    PYTHONPATH=. .venv/bin/python benchmarks/scaling.py [--letters 4000] [--json FILE]

The workers are real ones on this machine, but their office only sleeps, so that the engine is measured, not the cores:
each letter takes SLEEP seconds, and comes back as a PDF of random bytes as large as a sample letter, with the text of
its pages. Everything else is as in `render`: letters are packed, sent, received, compared, hashed and written.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path

import psutil

from benchmarks.samples import COLUMNS, write_template
from notices.letters.shards.dispatch import run_shards
from notices.letters.shards.parcels import (
    DeliveredPdf,
    Delivery,
    PackedKit,
    Parcel,
    pack,
    pack_kit,
    packed,
    unpack,
    unpacked,
)
from notices.letters.shards.remote import connect
from notices.letters.shards.shard import LetterPages, Shard, ShardResult
from notices.model import Letter
from notices.office import Engine, Office
from notices.workers.cluster_access import ClusterAccess

SHARD = 40
SLEEP = 0.05  # seconds a letter; a core of this project's test machine makes some 50 letters a second
PDF_BYTES = 20_000  # a letter of three pages in a shared document, without the fonts
PAGES = 3
PORT = 18_799
LINE = "根据合同约定，业主应当按时支付物业费，请您核对以下账目，并在期限之前缴清，如有疑问请与我们联系。"


def letters(first: int, count: int) -> tuple[Letter, ...]:
    """Return invented letters with as many fields as real ones have."""
    made = []
    for place in range(first, first + count):
        number = f"YGHY-2026-{place:06d}"
        row = dict.fromkeys(COLUMNS, "2026年1月至6月 1,181.40")
        fields = {f"field_{each}": LINE for each in range(60)} | {"charges": [row] * 8, "number": number}
        made.append(Letter(number, "letter.docx", fields, (number, f"业主{place}", f"{place}-101", f"{place},181.40")))
    return tuple(made)


def shards(folder: Path, count: int, *, start: int = 1) -> Iterator[Shard]:
    """Yield shards that together have so many letters."""
    templates = folder / "templates"
    if not templates.exists():
        templates.mkdir()
        write_template(templates / "letter.docx")
        (templates / "seal.png").write_bytes(os.urandom(200_000))
    engine = Engine(Office(Path("/bin/false"), Path("/bin/false")), folder / "profiles")
    for place in range(0, count, SHARD):
        name = f"letter-{place // SHARD:05d}"
        batch = letters(start + place, min(SHARD, count - place))
        yield Shard(name, templates / "letter.docx", batch, folder / f"{name}.pdf", engine, date(2026, 11, 23))


def pages_of(letter: Letter) -> list[str]:
    """Return the text of a letter's pages."""
    head = "\n".join(letter.proof)
    return [f"{head}\n{LINE * 12}\n编号：{letter.number} 第{page}页 共{PAGES}页" for page in range(1, PAGES + 1)]


def delivery_of(parcel: Parcel) -> Delivery:
    """Return what a worker delivers for a parcel."""
    content = os.urandom(PDF_BYTES * len(parcel.letters))
    texts = tuple(text for letter in parcel.letters for text in pages_of(letter))
    places = tuple(LetterPages(each.number, at * PAGES + 1, PAGES) for at, each in enumerate(parcel.letters))
    pdf = DeliveredPdf(f"{parcel.name}.pdf", content, sha256(content).hexdigest(), texts, places)
    return Delivery("sleeper", (pdf,))


def sleep_in_place_of_an_office(_kit: tuple[str, bytes], parcel: bytes) -> bytes:
    """Sleep as long as an office would take; the task of the workers."""
    opened: Parcel = unpacked(parcel)
    time.sleep(SLEEP * len(opened.letters))
    return packed(delivery_of(opened))


def do_nothing(_kit: tuple[str, bytes], _parcel: bytes) -> bytes:
    """Return at once; what remains is the scheduler's time."""
    return b""


def measure_client(folder: Path, count: int) -> dict[str, float]:
    """Measure packing and receiving alone, in processor time of this process."""
    work = list(shards(folder, count))
    started = time.process_time()
    parcels = [pack(each) for each in work]
    packing = time.process_time() - started
    deliveries = [packed(delivery_of(unpacked(each))) for each in parcels]
    started = time.process_time()
    for shard, delivery in zip(work, deliveries, strict=True):
        unpack(shard, unpacked(delivery))
    receiving = time.process_time() - started
    kit: PackedKit = pack_kit(work[0])
    return {
        "pack_ms_a_letter": packing / count * 1000,
        "receive_ms_a_letter": receiving / count * 1000,
        "bytes_out_a_letter": sum(map(len, parcels)) / count,
        "bytes_back_a_letter": sum(map(len, deliveries)) / count,
        "kit_bytes": float(len(kit.content)),
    }


@contextmanager
def running(workers: int, folder: Path) -> Iterator[str]:
    """Run a scheduler and workers; yield the address."""
    address = f"tcp://127.0.0.1:{PORT}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(PORT)]
    scheduler = subprocess.Popen([*words, "--no-dashboard", "--dashboard-address", "127.0.0.1:0"], **quiet)
    time.sleep(8)
    log = folder / f"workers-{workers}.log"
    words = [sys.executable, "-u", "-m", "notices", "worker", address, "--workers", str(workers), "--lang", "en"]
    with log.open("wb") as out:
        press = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        while log.read_text().count("is ready") < workers:
            time.sleep(0.5)
        yield address
    finally:
        press.terminate()
        press.wait()
        scheduler.terminate()
        scheduler.wait()


def measure_cluster(folder: Path, workers: int, count: int) -> dict[str, float]:
    """Measure letters a second with sleeping offices, and with tasks that do nothing."""
    with running(workers, folder) as address:
        press, _ = connect(ClusterAccess(address), 60)
        press.task = sleep_in_place_of_an_office
        results: list[ShardResult] = []
        run_shards(press, shards(folder, SHARD * workers * 2, start=900_001), results.append, ahead=press.ahead)
        results.clear()
        moved, used = psutil.net_io_counters(pernic=True)["lo"].bytes_sent, time.process_time()
        started = time.monotonic()
        run_shards(press, shards(folder, count), results.append, ahead=press.ahead)
        seconds, used = time.monotonic() - started, time.process_time() - used
        moved = psutil.net_io_counters(pernic=True)["lo"].bytes_sent - moved
        made = sum(len(pdf.letters) for result in results for pdf in result.pdfs)
        assert made == count, made
        empty = 400
        began = time.monotonic()
        futures: list[Future[bytes]] = [press.pool.submit(do_nothing, ("", b""), b"") for _ in range(empty)]
        for future in futures:
            future.result()
        scheduling = (time.monotonic() - began) / empty
        press.shutdown()
    return {
        "workers": workers,
        "letters_a_second": count / seconds,
        "of_linear": count / seconds / (workers / SLEEP),
        "client_ms_a_letter": used / count * 1000,
        "loopback_bytes_a_letter": moved / count,
        "scheduler_ms_a_shard": scheduling * 1000,
    }


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=1200, help="letters a worker")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        found: dict[str, object] = {"load": os.getloadavg()[0], "client": measure_client(folder, 2000)}
        print(json.dumps(found), flush=True)
        for workers in (1, 2, 4):
            found[str(workers)] = measure_cluster(folder, workers, options.letters * workers)
            print(json.dumps(found[str(workers)]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    from benchmarks import scaling  # so that workers find the tasks by this module's name, not as __main__

    scaling.main()
