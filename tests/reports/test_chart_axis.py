"""The axis of a chart: round values at even distances, up to the longest bar."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from notices.charts import Bars, bar_chart


def drawn(biggest: float) -> list[float]:
    """Return the values along the axis of a chart whose longest bar is that long, as they are written."""
    svg = bar_chart("c", "chart", ["a", "b"], [Bars("x", [biggest, biggest / 3])], lambda value: f"{value:.4f}")
    axis = svg.partition('class="axis y')[2].partition('class="axis')[0]
    return [float(text) for text in re.findall(r">(\d+\.\d+)</text>", axis)]


@given(st.floats(0.01, 10_000_000).map(lambda value: round(value, 2)))
def test_values_along_the_axis_are_round_and_at_even_distances(biggest: float) -> None:
    ticks = drawn(biggest)
    assert 3 <= len(ticks) <= 6
    steps = [later - earlier for earlier, later in pairwise(ticks)]
    assert max(steps) - min(steps) < 0.001 * max(steps) + 0.0002
    assert ticks[0] == 0


def test_the_values_of_a_usual_chart() -> None:
    assert drawn(7200) == [0, 2000, 4000, 6000, 8000]
    assert drawn(600) == [0, 200, 400, 600]
