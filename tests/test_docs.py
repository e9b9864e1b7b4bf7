"""Check that README and docs name only existing commands and options, and document all of them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import get_args

import click
import pytest
from support import ROOT, commands, subcommands

from notices.cli import main
from notices.intake.headings import MEANINGS
from notices.letters.fields import FIELDS
from notices.messages import Language, translator
from notices.settings import Settings
from notices.settings.mail import MailSettings
from notices.settings.section import Section

DOCS: dict[Language, Path] = {"en": ROOT / "docs", "zh": ROOT / "docs" / "zh"}
READMES: dict[Language, Path] = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
# What a clerk or a print shop needs; the other pages are for developers and lawyers, and in English only.
IN_BOTH_LANGUAGES = (
    "cli",
    "evidence",
    "install",
    "letters",
    "lists",
    "mail",
    "page",
    "printing",
    "report",
    "scaling",
    "statements",
)
# Words in back-quotes that the Chinese pages leave to the English ones: tests, measurements, parts of a message.
IN_ENGLISH_ONLY = re.compile(r"(tests|benchmarks|multipart|text|application)/.*|smtp-sink|email")
PAGES_OF_DOCS = [page for folder in DOCS.values() for page in sorted(folder.glob("*.md"))]
PAGES = [
    *READMES.values(),
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md")),
    ROOT / "examples" / "README.md",
    *PAGES_OF_DOCS,
]
SOURCES = [*PAGES, ROOT / "examples" / "demo.sh"]
PAGES_FOR_DEVELOPERS = [ROOT / "CONTRIBUTING.md", *PAGES_OF_DOCS]
CODE = (ROOT / "notices", ROOT / "notices" / "flow")
# Paths that the pages announce. Once one exists, take it out of here and out of "Not built yet".
NOT_BUILT_YET: set[str] = set()
FOR_EVERY_COMMAND = {"--workspace", "--lang", "--json", "--debug", "--help"}


def tree() -> click.Group:
    assert isinstance(main, click.Group)
    return main


def options_of(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


def text_of(page: str, language: Language) -> str:
    return (DOCS[language] / f"{page}.md").read_text(encoding="utf-8")


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
    pytest.param(line, id=f"{page.relative_to(ROOT)}: {line[:60]}")
    for page in SOURCES
    for line in command_lines(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("line", PROMISES)
def test_every_command_line_that_is_written_down_exists(line: str) -> None:
    _, command = named(line)
    assert options_in(line) <= options_of(command) | FOR_EVERY_COMMAND | {"--version"}


@pytest.mark.parametrize("language", DOCS)
def test_every_command_and_option_is_documented_in_its_place(language: Language) -> None:
    documented: dict[str, set[str]] = {}
    for line in command_lines(text_of("cli", language)):
        documented.setdefault(named(line)[0], set()).update(options_in(line))
    for name, command in commands(tree()):
        assert name in documented, f"cli.md does not show notices {name}"
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
    for readme in READMES.values():
        text = readme.read_text(encoding="utf-8")
        assert set(re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE)) == {"demo", "test"}, readme.name


def anchors(text: str) -> set[str]:
    """Return the names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"https?:|mailto:", target):
            name, _, anchor = target.partition("#")
            there = page.parent / name if name else page
            assert there.exists(), f"{page.name} links to {target}"
            assert not anchor or anchor in anchors(there.read_text(encoding="utf-8")), f"{page.name} links to {target}"


def test_the_pages_for_clerks_are_in_both_languages() -> None:
    assert [page.stem for page in sorted(DOCS["zh"].glob("*.md"))] == sorted(IN_BOTH_LANGUAGES)
    for page in IN_BOTH_LANGUAGES:
        assert f"](docs/{page}.md" in READMES["en"].read_text(encoding="utf-8"), page
        assert f"](docs/zh/{page}.md" in READMES["zh"].read_text(encoding="utf-8"), page


def words_as_typed(text: str) -> set[str]:
    """Return what both languages write alike, outside of examples.

    These are single words in back-quotes (options, keys of settings, states, files), and Chinese ones (headings).
    """
    prose = re.sub(r"^(?: {4}|\[中文[^]]*\]).*", "", text, flags=re.MULTILINE)
    return {*re.findall(r"`([\w./-]+)(?: = [^`\n]*)?`", prose), *re.findall(r"[\u4e00-\u9fff]+", prose)}


@pytest.mark.parametrize("page", [*IN_BOTH_LANGUAGES, "README"])
def test_a_chinese_page_leaves_out_nothing_that_is_typed_or_shown(page: str) -> None:
    if page == "README":
        english, chinese = (readme.read_text(encoding="utf-8") for readme in READMES.values())
    else:
        english, chinese = (text_of(page, language) for language in DOCS)
    words = words_as_typed(english.partition("\n## JSON\n")[0])  # what only a program reads is in English only
    assert {word for word in words if word not in chinese and not IN_ENGLISH_ONLY.fullmatch(word)} == set()


@pytest.mark.parametrize("language", DOCS)
def test_the_page_on_the_command_line_names_every_meaning_of_a_column(language: Language) -> None:
    named = set(re.findall(r"[a-z-]+", text_of("cli", language).partition("\n## JSON\n")[2]))
    assert set(MEANINGS) - named == set()


def tables_of_settings(section: type[Section], path: str = "") -> dict[str, set[str]]:
    """Return the keys of each table of notices.toml, by its name: `mail`, `print.ems`."""
    found = {path: set(section.model_fields)}
    for name, field in section.model_fields.items():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, Section):
                found |= tables_of_settings(part, f"{path}.{name}".strip("."))
    return found


@pytest.mark.parametrize("page", [*READMES.values(), *PAGES_OF_DOCS], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_key_of_the_settings_that_a_page_names_exists(page: Path) -> None:
    tables = tables_of_settings(Settings)
    for table, key in re.findall(r"`\[([a-z_.]+)\] ([a-z_]+)", page.read_text(encoding="utf-8")):
        assert key in tables.get(table, ()), f"{page.name} names [{table}] {key}"


@pytest.mark.parametrize("language", DOCS)
def test_the_page_on_mail_explains_every_key_of_its_table(language: Language) -> None:
    rows = re.findall(r"^\| (`[a-z_0-9]+`(?:[,、 ]+`[a-z_0-9]+`)*) \|", text_of("mail", language), re.MULTILINE)
    explained = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert set(MailSettings.model_fields) - explained == {"transport", "estates", "tiers"}


def paths_in(text: str) -> set[str]:
    """Return the back-quoted paths that begin with a folder of the checkout, notices/ or flow/, or end with .py.

    Folders of a workspace (batches/, output/, templates/) are excluded: most of their files do not exist here.
    """
    folders = {path.name for place in (ROOT, *CODE) for path in place.iterdir() if path.is_dir()}
    folders -= {"batches", "build", "output", "templates", ".venv", ".git"}
    folders |= {path.partition("/")[0] for path in NOT_BUILT_YET}
    quoted = re.findall(r"`([\w./-]+)`", text)
    return {path for path in quoted if ("/" in path and path.partition("/")[0] in folders) or path.endswith(".py")}


@pytest.mark.parametrize("page", PAGES_FOR_DEVELOPERS, ids=lambda page: str(page.relative_to(ROOT)))
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


@pytest.mark.parametrize("language", DOCS)
def test_docs_list_exactly_the_fields_that_a_template_may_use(language: Language) -> None:
    listed = re.findall(r"^\| `(\w+)` \| .+? \| (\S+) \|", text_of("letters", language), re.MULTILINE)
    word = translator(language)
    assert listed == [(field.name, word(field.kind)) for row in (False, True) for field in FIELDS if field.row is row]


def test_no_file_holds_the_remains_of_a_merge() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    marks = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)
    paths = [ROOT / name for name in listed.splitlines()]
    assert [path.name for path in paths if path.is_file() and marks.search(path.read_bytes())] == []
