"""Write docs/performance.md and its chart from the measurements."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from whole import Job

DOCS = Path(__file__).parents[1] / "docs"
WARM = "warm offices, letter by letter"
WIDTH, HEIGHT, LEFT, BOTTOM = 640, 320, 70, 40


@dataclass(frozen=True)
class Measured:
    """Measurements of one LibreOffice version: parallel offices, pages a letter, and the time of each way.

    `ours` maps batch size to seconds, CPU seconds and MiB; `others` gives seconds and CPU seconds a letter.
    """

    version: str
    workers: int
    pages: float
    ours: Mapping[int, tuple[float, float, float]]
    others: Mapping[str, tuple[float, float] | None]


def write(
    results: Sequence[Measured],
    jobs: Mapping[str, Job],
    runs: Mapping[str, tuple[float, float]],
    sent: str,
    start: Mapping[str, float],
    today: date,
    note: str,
) -> None:
    """Write the page and its chart, filling the figures into performance.md.txt."""
    chart = DOCS / "images" / "performance.svg"
    chart.write_text(_chart(results[0]), encoding="utf-8")
    (DOCS / "performance.md").write_text(
        TEXT.format(
            day=today.isoformat(),
            cores=len(os.sched_getaffinity(0)),
            tables="\n".join(map(_table, results)),
            whole=_whole(jobs),
            large=_large(runs),
            sent=sent or "Not measured in this run (`--large`, with Postfix's smtp-sink and as root).",
            startup=_startup(start),
            note=f"{note}\n\n" if note else "",
        ),
        encoding="utf-8",
    )


def _table(result: Measured) -> str:
    warm = result.others[WARM]
    lines = [
        f"## {result.version}",
        "",
        f"{result.workers} offices at once, letters of {result.pages:.1f} pages.",
        "",
        "| way | letters/s | processor ms a letter | times as fast | times less processor |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    rows = [(way, taken) for way, taken in result.others.items() if taken]
    rows += [
        (f"**`notices render`**, {size:,} letters, {mebibytes:,.0f} MiB", (seconds / size, processor / size))
        for size, (seconds, processor, mebibytes) in result.ours.items()
    ]
    for way, (seconds, processor) in rows:
        against = f"{warm[0] / seconds:.1f} | {warm[1] / processor:.1f}" if warm else " | "
        lines.append(f"| {way} | {1 / seconds:.1f} | {processor * 1000:.0f} | {against} |")
    lines += [f"| {way} | not installed | | | |" for way, taken in result.others.items() if not taken]
    return "\n".join([*lines, "", *_growth(result)])


def _growth(result: Measured) -> Iterator[str]:
    """Compare the CPU time of a letter in each batch size with that in the next smaller one."""
    sizes = sorted(size for size in result.ours if size >= 1_000)
    for less, more in pairwise(sizes):
        times = result.ours[more][1] / more / (result.ours[less][1] / less)
        yield f"A letter of {more:,} costs {times:.2f} times the processor that one of {less:,} does."
        yield ""


def _whole(jobs: Mapping[str, Job]) -> str:
    printed = jobs["printed"].pace
    lines = [
        "| letters | `render` s | `print`, `send` s | letters/s | of printed | processor ms a letter | MiB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {job.letters:,} {name} | {job.render.seconds:.1f} | {job.leave.seconds:.1f} | {job.pace:.1f} |"
        f" {job.pace / printed:.2f} | {job.processor:.0f} | {max(job.render.mebibytes, job.leave.mebibytes):.0f} |"
        for name, job in jobs.items()
    ]
    return "\n".join(lines)


def _large(runs: Mapping[str, tuple[float, float]]) -> str:
    if not runs:
        return "Not measured in this run (`--large`)."
    lines = ["| command | seconds | MiB |", "| --- | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {seconds:.0f} | {size:.0f} |" for name, (seconds, size) in runs.items())])


def _startup(start: Mapping[str, float]) -> str:
    lines = ["| command | processor s |", "| --- | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {seconds:.2f} |" for name, seconds in start.items())])


def _chart(result: Measured) -> str:
    """Draw seconds over batch size, both axes linear: ours as measured, warm offices at their measured rate."""
    most = max(result.ours)
    warm = (result.others[WARM] or (0.0, 0.0))[0] * most
    top = max(warm, *(seconds for seconds, _, _ in result.ours.values()))

    def at(size: float, seconds: float) -> str:
        x = LEFT + size / most * (WIDTH - LEFT - 20)
        return f"{x:.0f},{HEIGHT - BOTTOM - seconds / top * (HEIGHT - BOTTOM - 30):.0f}"

    ours = " ".join([at(0, 0), *(at(size, seconds) for size, (seconds, _, _) in sorted(result.ours.items()))])
    dots = "".join(
        '<circle r="3" fill="#1f6f8b" cx="{}" cy="{}"/>'.format(*at(size, seconds).split(","))
        for size, (seconds, _, _) in result.ours.items()
    )
    floor = HEIGHT - BOTTOM
    foot = floor + 18
    marks = "".join(
        f'<text x="{at(size, 0).split(",")[0]}" y="{foot}" text-anchor="middle">{size:,}</text>' for size in result.ours
    )
    end = at(most, result.ours[most][0]).split(",")
    head = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {head}>
<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>
<path d="M{LEFT},20V{floor}H{WIDTH - 20}" fill="none" stroke="#888"/>
<polyline points="{at(0, 0)} {at(most, warm)}" fill="none" stroke="#b5523b" stroke-dasharray="6 4"/>
<polyline points="{ours}" fill="none" stroke="#1f6f8b" stroke-width="2"/>
{dots}{marks}
<text x="{LEFT - 8}" y="34" text-anchor="end">{top:,.0f} s</text>
<text x="{LEFT + 20}" y="34" fill="#b5523b">{WARM}, at its measured rate</text>
<text x="{end[0]}" y="{int(end[1]) - 8}" text-anchor="end" fill="#1f6f8b">notices render</text>
<text x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle">letters in the batch</text>
</svg>
"""


TEXT = (Path(__file__).with_name("performance.md.txt")).read_text(encoding="utf-8")
