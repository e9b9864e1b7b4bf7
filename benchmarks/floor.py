"""Seconds that LibreOffice needs to export a loaded document again; run by the Python that has `uno`.

Called as `floor.py PROGRAM PROFILE DOCUMENT`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "notices" / "office"))

import bridge


def processor(process: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = (Path("/proc") / str(process) / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Load the document, export it once for the layout, then time further exports."""
    program, profile, document = sys.argv[1:]
    Path(profile).mkdir()
    office = bridge.Bridge(program, Path(profile), Path(profile).name)
    try:
        if not office.connect():
            raise SystemExit("the office did not start")
        loaded, target = office.load(Path(document)), Path(document).with_suffix(".pdf")
        times = []
        for _ in range(4):
            began, taken = time.perf_counter(), processor(office.office.pid)
            loaded.storeToURL(target.as_uri(), office.storing(target))
            times.append((time.perf_counter() - began, processor(office.office.pid) - taken))
        print(*min(times[1:]))
    finally:
        office.end()
        office.tidy()


if __name__ == "__main__":
    main()
