"""The page of the report in a real browser: charts, no request, no complaint, dark, on paper, without scripts."""

from __future__ import annotations

import os
from pathlib import Path

import pypdf
import pytest
from browser import PROGRAM, opened
from support import Cli

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")]
CHARTS = ("response", "days", "reasons", "limitation")


@pytest.fixture
def page(run: Cli, tmp_path: Path) -> Path:
    target = tmp_path / "report.html"
    run("report", "--lang", os.environ.get("NOTICES_REPORT_LANGUAGE", "en"), "--html", target)
    return target


def test_a_browser_shows_the_charts_and_asks_for_nothing(page: Path) -> None:
    with opened(page) as seen:
        for code in CHARTS:
            chart = seen.page.locator(f"#{code} .chart svg")
            box = chart.bounding_box()
            assert box is not None, code
            assert box["width"] > 400, code
            assert box["height"] > 80, code
            assert chart.locator(".bar rect").count() > 0, code
        shown = seen.page.locator("#response .chart svg").text_content() or ""
        assert "40%" in shown
        assert "15%" in shown
        assert "autumn lawyer-letter" in shown
        assert seen.requests == [page.as_uri()]
        assert seen.messages == []
        if folder := os.environ.get("NOTICES_PICTURES"):
            seen.page.screenshot(path=Path(folder) / "report.png", full_page=True)


def test_it_reads_the_same_without_scripts(page: Path) -> None:
    with opened(page, scripts=False) as seen:
        assert seen.page.locator(".chart svg").count() == len(CHARTS)
        assert "2,400.00" in seen.page.locator("#handlers table").inner_text()


def test_it_is_dark_where_the_reader_wants_it_dark(page: Path) -> None:
    with opened(page, dark=True) as seen:
        look = "getComputedStyle(document.querySelector('{0}')).{1}"
        assert seen.page.evaluate(look.format("body", "backgroundColor")) == "rgb(20, 25, 31)"
        assert seen.page.evaluate(look.format("#days .chart .bar rect", "fill")) == "rgb(95, 179, 207)"
        if folder := os.environ.get("NOTICES_PICTURES"):
            seen.page.screenshot(path=Path(folder) / "report-dark.png", full_page=True)


def test_nothing_is_cut_off_on_a4_or_on_a_telephone(page: Path, tmp_path: Path) -> None:
    with opened(page, dark=True) as seen:
        seen.page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True, print_background=True)
    paper = pypdf.PdfReader(tmp_path / "report.pdf")
    assert [round(float(side)) for side in paper.pages[0].mediabox[2:]] == [595, 842]
    assert len(paper.pages) <= 5
    text = "".join(it.extract_text() for it in paper.pages)
    assert "2027-10" in text  # the last month of the calendar
    with opened(page, width=390) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
