"""A template whose loops, calls or texts never end is refused within seconds, by its name."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from docx import Document
from jinja2 import DictLoader

from notices import template_bounds
from notices.errors import DataNeedsPerson, Unusable
from notices.letters.assemble import assemble
from notices.model import Letter
from notices.text_templates import Sandbox, render_text

LOOP = "{% for a in range(9999) %}" * 3 + "x" + "{% endfor %}" * 3
ENDLESS = [
    LOOP,
    "{% for a in range(99999) recursive %}{{ loop(range(99999)) }}{% endfor %}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{{ 'x' * 10000000000 }}",
    "{{ 10000000000 * 'x' }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ 'x'|center(10000000000) }}",
    "{{ 'x'.ljust(10000000000) }}",
    "{{ '%10000000000d' % 1 }}",
    "{{ '%*d' % (10000000000, 1) }}",
    "{{ '%10000000000d'|format(1) }}",
    "{{ '{:10000000000}'.format(1) }}",
    "{{ '{:{}}'.format(1, 10000000000) }}",
    "{% set x = 'x' * 100000 %}{{ x.replace('x', x) }}",
    "{% set x = 'x' * 100000 %}{{ x|replace('x', x) }}",
    "{% set x = 'x' * 1000000 %}{% set y %}{% for i in range(99999) %}{{ x|upper }}{% endfor %}{% endset %}",
    "{% set x = 'x' * 1000000 %}{% for i in range(99999) %}{{ x|upper }}{% endfor %}",
    "{% include 'endless.txt' %}{% include 'endless.txt' %}",
]


@pytest.mark.parametrize("source", ENDLESS)
def test_a_mail_text_without_end_is_refused_by_name(source: str, tmp_path: Path) -> None:
    (tmp_path / "endless.txt").write_text(source, encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(Unusable, match=r"endless\.txt"):
        render_text(tmp_path / "endless.txt", {})
    assert time.monotonic() - begun < 15


def test_a_letter_without_end_is_refused_by_template_and_notice(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph(LOOP)
    document.save(str(tmp_path / "endless.docx"))
    with pytest.raises(DataNeedsPerson, match=r"endless\.docx .*N-1.*loops and calls do not end"):
        assemble(
            tmp_path / "endless.docx",
            [Letter(number="N-1", template="endless", fields={}, proof=())],
            tmp_path / "out.docx",
        )


@pytest.mark.parametrize(
    ("source", "made"),
    [
        (
            "{% for a in rows %}{{ loop.index }}/{{ loop.length }} {{ a }}{{ '' if loop.last else ', ' }}{% endfor %}",
            "1/2 a, 2/2 b",
        ),
        ("{% for a in rows if a != 'a' %}{{ loop.revindex }}{{ a }}{% else %}none{% endfor %}", "1b"),
        ("{% for a in [] %}x{% else %}none{% endfor %}", "none"),
        ("{% for a in rows|map('upper') %}{{ a }}{% endfor %}", "AB"),
        (
            "{{ '%.2f' % 1.5 }} {{ '%.2f'|format(1.5) }} {{ '{:,.2f}'.format(1234.5) }} "
            "{{ 7 % 4 }} {{ 2 ** 8 }} {{ '-' * 3 }}",
            "1.50 1.50 1,234.50 3 256 ---",
        ),
        (
            "{{ rows|join('、') }} {{ 'a' ~ 1 }} {{ 1.25|round(1) }} {{ 'x'|center(5) }}|{{ 'a-b'.replace('-', '+') }}",
            "a、b a1 1.2   x  |a+b",
        ),
        ("{% for key, value in {'k': 'v'}.items() %}{{ key }}{{ value }}{% endfor %}", "kv"),
    ],
)
def test_what_letters_use_works_as_before(source: str, made: str) -> None:
    assert Sandbox(escape=True).from_string(source).render({"rows": ["a", "b"]}) == made


def test_each_filling_has_the_whole_budget() -> None:
    template = Sandbox(escape=True).from_string("{% for a in range(60000) %}{% endfor %}ok")
    assert [template.render({}) for _ in range(3)] == ["ok"] * 3


def test_a_template_is_loaded_long_after_its_environment_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = template_bounds.BoundedSandbox(
        loader=DictLoader({"a": "{% for n in range(3) %}{{ n }}{% endfor %}"}), cache_size=0
    )
    assert environment.get_template("a").render() == "012"
    later = time.monotonic() + 10 * template_bounds.MOST_SECONDS
    monkeypatch.setattr(template_bounds, "monotonic", lambda: later)
    assert environment.get_template("a").render() == "012"
