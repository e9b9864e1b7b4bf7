"""Check that README and docs name only existing commands and options, and document all of them."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from support import ROOT, commands, subcommands

from notices.cli import main
from notices.letters.fields import FIELDS

COMMAND_PAGE = ROOT / "docs" / "cli.md"
PAGES = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
SOURCES = [*PAGES, ROOT / "examples" / "demo.sh"]
PAGES_FOR_DEVELOPERS = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = (ROOT / "notices", ROOT / "notices" / "flow")
# Paths that the pages announce. Once one exists, take it out of here and out of "Not built yet".
NOT_BUILT_YET = {
    "web/",
    "web/pages/",
    "flow/reports/",
    "intake/bank.py",
    "flow/replies/bank.py",
}
FOR_EVERY_COMMAND = {"--workspace", "--lang", "--json", "--debug", "--help"}


def tree() -> click.Group:
    assert isinstance(main, click.Group)
    return main


def options_of(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


def command_lines(text: str) -> list[str]:
    """Return each `notices …` command in code, whether indented, fenced, back-quoted or run by the demo.

    A deeper line that begins with an option belongs to the command above it.
    """
    found: list[str] = []
    fenced = goes_on = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        code = re.fullmatch(r"(?:    |expect \d |\$ )?\s*(notices\b.*)", line) if fenced or line[:1] in " e$" else None
        goes_on = goes_on and re.match(r"\s{8}--", line) is not None
        if goes_on:
            found[-1] += line
        elif code:
            found.append(code.group(1))
            goes_on = True
        else:
            found += re.findall(r"`(notices(?: [^`]*)?)`", line)
    return list(dict.fromkeys(found))


def named(line: str) -> tuple[str, click.Command]:
    """Return the command at the beginning of a line; the words after it are values."""
    path: list[str] = []
    here: click.Command = tree()
    for word in line.split()[1:]:
        if not isinstance(here, click.Group) or word.startswith("-"):
            break
        known = dict(subcommands(here))
        assert word in known, f"there is no command `notices {' '.join([*path, word])}`"
        here = known[word]
        path.append(word)
    return " ".join(path), here


def options_in(line: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", line))


PROMISES = [
    pytest.param(line, id=f"{page.name}: {line[:60]}")
    for page in SOURCES
    for line in command_lines(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("line", PROMISES)
def test_every_command_line_that_is_written_down_exists(line: str) -> None:
    _, command = named(line)
    assert options_in(line) <= options_of(command) | FOR_EVERY_COMMAND | {"--version"}


def test_every_command_and_option_is_documented_in_its_place() -> None:
    documented: dict[str, set[str]] = {}
    for line in command_lines(COMMAND_PAGE.read_text(encoding="utf-8")):
        documented.setdefault(named(line)[0], set()).update(options_in(line))
    for name, command in commands(tree()):
        assert name in documented, f"docs/cli.md does not show notices {name}"
        optional = {option for option in options_of(command) if option.startswith("--")} - FOR_EVERY_COMMAND
        assert optional == documented[name], f"notices {name}"


def test_every_command_and_option_has_help() -> None:
    for name, command in commands(tree()):
        assert command.help, f"notices {name}"
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, f"notices {name} {parameter.opts}"


def test_every_command_takes_the_common_options() -> None:
    for name, command in commands(tree()):
        assert FOR_EVERY_COMMAND - {"--help"} <= options_of(command), f"notices {name}"


def test_a_fresh_machine_is_asked_for_two_commands() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE)) == {"demo", "test"}, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"https?:|#|mailto:", target):
            assert (page.parent / target.partition("#")[0]).exists(), f"{page.name} links to {target}"


def paths_in(text: str) -> set[str]:
    """Return the back-quoted paths that begin with a folder of the checkout, notices/ or flow/, or end with .py.

    Folders of a workspace (batches/, output/, templates/) are excluded: most of their files do not exist here.
    """
    folders = {path.name for place in (ROOT, *CODE) for path in place.iterdir() if path.is_dir()}
    folders -= {"batches", "output", "templates", ".venv", ".git"}
    folders |= {path.partition("/")[0] for path in NOT_BUILT_YET}
    quoted = re.findall(r"`([\w./-]+)`", text)
    return {path for path in quoted if ("/" in path and path.partition("/")[0] in folders) or path.endswith(".py")}


@pytest.mark.parametrize("page", PAGES_FOR_DEVELOPERS, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    for path in sorted(paths_in(page.read_text(encoding="utf-8")) - NOT_BUILT_YET):
        assert any((place / path).exists() for place in (ROOT, *CODE)), f"{page.name} names {path}"


def test_what_is_announced_is_not_built_yet() -> None:
    assert [path for path in sorted(NOT_BUILT_YET) if (ROOT / "notices" / path).exists()] == []


def test_the_architecture_page_names_every_folder_of_the_package() -> None:
    named = paths_in((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    package = ROOT / "notices"
    folders = {f"{path.parent.relative_to(package)}/" for path in package.rglob("__init__.py")} - {"./"}
    assert folders - named == set()


def test_docs_list_exactly_the_fields_that_a_template_may_use() -> None:
    page = (ROOT / "docs" / "letters.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \| .+? \| ([a-z-]+) \|", page, re.MULTILINE)
    assert listed == [(field.name, field.kind) for row in (False, True) for field in FIELDS if field.row is row]
