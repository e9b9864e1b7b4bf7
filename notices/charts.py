"""Bar charts as SVG for a page: no script, no font and nothing else from elsewhere; colours by the page's CSS.

Colours and the font are CSS variables of the page (`--ink`, `--faint`, `--bar-1`, `--bar-2`, `--font`), so that a chart
follows it into dark mode and onto paper.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any
from unicodedata import east_asian_width

import pygal
from pygal.style import Style

# pygal adds a finder of plug-ins, written for an older Python, to those that every later import asks.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

WIDTH, HEIGHT = 760, 300
ROW_HEIGHT, FRAME = 30, 60  # of a chart with lying bars: per bar, and for the axis
LEGEND, MARGIN = 24, 4
MAJOR_LABELS = 4
ROUND_STEPS = (1, 2, 2.5, 5, 10)
HEADROOM = 1.15  # for the value that is written at the end of the longest bar
FEW_LABELS, SLANT = 12, 35  # more labels than these would run into each other, and are slanted (degrees)
LABEL_SIZE = 12
WIDE, PYGALS_WIDTH = 1.0, 0.6  # of a character, in units of the font size
PAGE_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--ink)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--faint)",
    guide_stroke_color="var(--faint)",
    major_guide_stroke_color="var(--faint)",
    colors=("var(--bar-1)", "var(--bar-2)"),
    value_colors=("var(--ink)", "var(--ink)"),
    opacity="1",
    font_family="var(--font)",
    label_font_size=LABEL_SIZE,
    major_label_font_size=12,
    value_font_size=12,
    legend_font_size=13,
    transition="0s",
)


@dataclass(frozen=True, slots=True)
class Bars:
    """One row of bars, with its name in the legend; None leaves a gap."""

    name: str
    values: Sequence[float | None]


def bar_chart(
    code: str,
    title: str,
    labels: Sequence[str],
    series: Sequence[Bars],
    written: Callable[[float], str],
    *,
    lying: bool = False,
) -> str:
    """Return a bar chart as an SVG element, to be put into a page; `code` tells it from the page's other charts.

    `written` writes a value beside its bar and along the axis. Lying bars have room for long labels; the first is on
    top.
    """
    biggest = max((value for each in series for value in each.values if value is not None), default=0) or 1
    chart = _empty(labels, len(series), biggest, written, lying=lying)
    chart.uuid = code
    order = slice(None, None, -1) if lying else slice(None)
    chart.x_labels = list(labels[order])
    for each in series:
        chart.add(each.name, list(each.values[order]))
    chart.add_xml_filter(lambda root: _for_a_page(root, title))
    return str(chart.render(is_unicode=True))


def _empty(
    labels: Sequence[str], series: int, biggest: float, written: Callable[[float], str], *, lying: bool
) -> pygal.Bar | pygal.HorizontalBar:
    """Return a chart with room for so many series of bars, before it has any."""
    kind = pygal.HorizontalBar if lying else pygal.Bar
    rows = len(labels) * series * ROW_HEIGHT + FRAME
    chart = kind(
        style=PAGE_STYLE,
        width=WIDTH,
        height=(rows if lying else HEIGHT) + LEGEND * (series > 1),
        explicit_size=False,
        js=(),
        range=(0, biggest * HEADROOM),
        print_values=True,
        print_values_position="top",
        show_legend=series > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        show_x_labels=not lying,  # pygal turns the labels with the bars: the values, which are written on the bars
        show_x_guides=False,
        show_y_guides=not lying,
        margin_left=MARGIN + (_room_for(labels) if lying else 0),
        spacing=8,
        truncate_label=-1,
        truncate_legend=-1,
        x_label_rotation=0 if lying or len(labels) <= FEW_LABELS else SLANT,
        value_formatter=lambda value: "" if value is None else written(value),
        margin=MARGIN,
        disable_xml_declaration=True,
        order_min=0,
    )
    if not lying:
        chart.y_labels = _ticks(biggest)
    return chart


def _ticks(biggest: float) -> list[float]:
    """Return the values along an axis: round ones at even distances, those that pygal chooses are at uneven ones."""
    power = 10.0 ** floor(log10(biggest / MAJOR_LABELS))
    step = next(power * each for each in ROUND_STEPS if power * each * MAJOR_LABELS >= biggest)
    return [step * place for place in range(int(biggest * HEADROOM / step) + 1)]


def _room_for(labels: Sequence[str]) -> int:
    """Return the room that labels need beyond what pygal leaves, which takes every character for a narrow one."""
    wide = max((sum(east_asian_width(each) in "WF" for each in label) for label in labels), default=0)
    return round(wide * LABEL_SIZE * (WIDE - PYGALS_WIDTH))


def _for_a_page(root: Any, title: str) -> Any:
    """Take out what only scripts use, and name the picture for those who cannot see it."""
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or _is_for_scripts(child):  # a comment's tag is no text
                parent.remove(child)
            elif _name(child) == "title":
                child.text = title
            else:
                child.attrib.pop("id", None)
    root.set("role", "img")
    root.set("aria-label", title)
    return root


def _is_for_scripts(element: Any) -> bool:
    return _name(element) in {"script", "desc"} or "tooltip-overlay" in element.get("class", "")


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
