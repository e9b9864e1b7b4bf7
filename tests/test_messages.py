"""Messages and help in two languages: complete catalogues, and correct placeholders and values."""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import IO

import click
import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, nodes
from support import ROOT, Cli

from notices.cli import main
from notices.intake.headings import MEANINGS
from notices.ledger.events import SEALED
from notices.ledger.records import TransferState
from notices.letters.fields import FIELDS
from notices.messages import NOTHING, Message, say, translator
from notices.model import Action, Channel, HoldKind, State
from notices.words import WORDS, day_of, word

PACKAGE = ROOT / "notices"
CATALOGUES = PACKAGE / "locale" / "zh" / "LC_MESSAGES"
HAN = re.compile(r"[\u4e00-\u9fff]")
LATIN_WORDS = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")  # part of an English sentence, not a name or command


def chinese(domain: str = "notices") -> Catalog:
    with (CATALOGUES / f"{domain}.po").open("rb") as source:
        return read_po(source, locale="zh")


def strings(compiled: IO[bytes]) -> dict[object, object]:
    return {entry.id: entry.string for entry in read_mo(compiled) if entry.id}


def entries() -> list[Entry]:
    return [entry for entry in chinese() if entry.id]


def translated() -> list[Entry]:
    return [entry for entry in entries() if entry.string and not entry.fuzzy]


METHODS = [("**.py", "python"), ("web/templates/**.html", "jinja2")]
TEMPLATES = sorted((PACKAGE / "web" / "templates").rglob("*.html"))


@cache
def collected() -> set[str]:
    found = extract_from_dir(PACKAGE, METHODS, keywords={"say": None}, callback=None)
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return the nodes of a source; three tests read all of them."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def calls_of_say(path: Path) -> Iterator[ast.Call]:
    for node in nodes_of(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            yield node


def calls_in_templates() -> Iterator[tuple[Path, nodes.Call]]:
    for path in TEMPLATES:
        for call in Environment().parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "say":
                yield path, call


# --- the catalogue ------------------------------------------------------------------------------------------------


def test_every_sentence_of_the_code_has_its_chinese() -> None:
    assert collected() - {str(entry.id) for entry in translated()} == set(), (
        "run `make messages` and translate what is empty"
    )


def test_the_catalogue_keeps_no_sentence_that_the_code_has_lost() -> None:
    assert {str(entry.id) for entry in entries()} - collected() == set(), "run `make messages`"
    assert not chinese().obsolete


@pytest.mark.parametrize("domain", ["notices", "help"])
def test_the_compiled_catalogue_agrees_with_its_source(domain: str) -> None:
    expected = io.BytesIO()
    write_mo(expected, chinese(domain))
    expected.seek(0)
    with (CATALOGUES / f"{domain}.mo").open("rb") as compiled:
        assert strings(compiled) == strings(expected), "run `make messages`"


def test_every_sentence_is_written_out_where_it_is_said() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in PACKAGE.rglob("*.py")
        for call in calls_of_say(path)
        if not (call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert hidden == []


def test_no_word_is_translated_that_was_not_said() -> None:
    """Literals passed to `translate` directly would never be collected, and always be shown in English."""
    unsaid = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "translate"
        and any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in node.args)
    ]
    assert unsaid == []


def test_every_sentence_gets_exactly_the_values_it_has_places_for() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in PACKAGE.rglob("*.py")
        for call in calls_of_say(path)
        if fields(ast.literal_eval(call.args[0])) != {keyword.arg for keyword in call.keywords if keyword.arg}
        # The values of mistakes.py come from pydantic and are tested with the settings.
        and not path.match("notices/settings/mistakes.py")
    ]
    assert wrong == []


def test_a_sentence_of_a_template_is_written_out_and_gets_its_values() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in calls_in_templates()
        if len(call.args) != 1
        or not isinstance(call.args[0], nodes.Const)
        or fields(call.args[0].value) != {keyword.key for keyword in call.kwargs}
    ]
    assert wrong == []


def test_a_template_says_every_word_in_both_languages() -> None:
    """Words outside of `say` would be shown as they are written, in whatever language."""
    unsaid = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in TEMPLATES
        for text in [re.sub(r"(?s)\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}| data-[a-z]+=", "", path.read_text(encoding="utf-8"))]
        for word in re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", re.sub(r"(?s)<[^>]*>", " ", text))
        if word not in {"English", "中文"}
    ]
    assert unsaid == []


def test_a_translation_has_the_places_of_its_sentence() -> None:
    assert [entry.id for entry in translated() if fields(str(entry.id)) != fields(str(entry.string))] == []


def test_a_translation_is_a_sentence_where_the_original_is_one() -> None:
    unlike = [
        entry.id
        for entry in translated()
        if str(entry.id).endswith((".", "?")) != str(entry.string).endswith(("。", "？", "吗？"))
    ]
    assert unlike == []


def test_chinese_has_chinese_marks() -> None:
    marks = re.compile(rf"(?<={HAN.pattern})[,;:!?()\"']|[,;!?()\"'](?={HAN.pattern})")
    assert [entry.string for entry in entries() if marks.search(str(entry.string))] == []


def constants_of(tree: ast.Module) -> dict[str, object]:
    return {
        ast.unparse(name): line.value.value
        for line in tree.body
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
        for name in line.targets
    }


def kinds_of_events() -> Iterator[str]:
    """Yield the kinds of events that the code records, and the words for what they are about."""
    yield from (f"file-{reach}" for reach in TransferState)
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    for tree in trees.values():
        known = constants_of(tree)
        for line in tree.body:
            if isinstance(line, ast.ImportFrom):
                source = trees.get(ROOT / f"{(line.module or '').replace('.', '/')}.py")
                known |= {} if source is None else constants_of(source)
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in {"NewEvent", "StateChange", "ReplyChange"}:
                told = call.args[:2] if ast.unparse(call.func) == "NewEvent" else []
                for value in (*told, *(it.value for it in call.keywords if it.arg == "kind")):
                    kind = known.get(value.id) if isinstance(value, ast.Name) else getattr(value, "value", None)
                    if isinstance(kind, str):
                        yield kind


def test_every_code_that_a_table_shows_has_its_word() -> None:
    codes = {str(code) for kind in (Action, Channel, HoldKind, State) for code in kind}
    codes |= {*MEANINGS, *(field.kind for field in FIELDS)}
    assert codes - set(WORDS) == set()


def test_every_kind_of_event_that_the_log_shows_has_its_word() -> None:
    kinds = set(kinds_of_events())
    assert {"outbox", "delivery", "stamped", "file-taken"} <= kinds
    assert kinds - set(WORDS) - {SEALED} == set()  # the log leaves seals out


def test_every_reason_and_warning_of_the_rule_book_has_its_word() -> None:
    rules = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    decision = rules.split("## The decision")[1].split("\n### ")[0]
    warnings = rules.split("## Warnings")[1].split("\n## ")[0]
    reasons = " ".join(line.rsplit("|", 2)[1] for line in decision.splitlines() if line.startswith("|"))
    listed = " ".join(line.split("|")[1] for line in warnings.splitlines() if line.startswith("|"))
    codes = set(re.findall(r"`([a-z-]+)`", reasons + listed))
    assert len(codes) > 20
    assert codes - set(WORDS) == set()


# --- a sentence and its values --------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.from_regex(r"[a-z]{1,6}", fullmatch=True)


def template(values: dict[str, object]) -> Message:
    return Message("-".join(f"{{{name}}}" for name in values), values)


messages = st.recursive(
    st.dictionaries(names, texts, max_size=3).map(template),
    lambda inner: st.dictionaries(names, texts | inner, max_size=3).map(template),
    max_leaves=5,
)


@given(texts)
def test_english_is_what_the_code_says(text: str) -> None:
    assert translator("en")(text) == text


@given(texts)
def test_what_has_no_translation_stays_as_it_is(text: str) -> None:
    unknown = f"\N{SNOWMAN}{text}"
    assert translator("zh")(unknown) == unknown
    assert translator("zh")("") == ""


@given(messages)
def test_a_sentence_survives_the_ledger(message: Message) -> None:
    again = Message.from_data(json.loads(json.dumps(message.as_data())))
    assert again == message
    assert str(again) == str(message)


@given(texts)
def test_a_value_is_data_and_never_a_template(value: str) -> None:
    hostile = value + "{value}{0}{value.__class__}"
    assert say("There is no file {file}.", file=hostile).translated(translator("zh")) == f"没有文件 {hostile}。"


def test_a_sentence_within_a_sentence_is_translated_with_it() -> None:
    inner = say("it is larger than {limit} MB", limit=50)
    outer = say("The template {template} cannot be used: {why}.", template="a.docx", why=inner)
    assert outer.translated(translator("zh")) == "无法使用模板 a.docx：文件超过 50 MB。"
    assert str(outer) == "The template a.docx cannot be used: it is larger than 50 MB."
    assert NOTHING.translated(translator("zh")) == ""


def test_a_name_that_is_no_code_stays_as_its_owner_wrote_it() -> None:
    assert word("final-{notice}").translated(translator("zh")) == "final-{notice}"
    assert word("set-aside").translated(translator("zh")) == "已搁置"
    assert str(word("set-aside")) == "set-aside"


# --- at the door --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("--lang", "zh", "status"), ("status", "--lang", "zh")])
def test_an_error_speaks_chinese(cli: Cli, tmp_path: Path, words: tuple[str, ...]) -> None:
    outcome = cli("--workspace", tmp_path, *words, status=2)
    assert outcome.errors.splitlines() == [
        f"{tmp_path} 不是工作区：其中没有 notices.toml。",
        f"请用 `notices init {tmp_path}` 新建。",
    ]


def test_an_error_speaks_english_unless_told_otherwise(cli: Cli, tmp_path: Path) -> None:
    assert "is not a workspace" in cli("--workspace", tmp_path, "status", status=2).errors


def test_an_option_that_cannot_be_read_is_said_in_chinese_wherever_lang_stands(cli: Cli, workspace: Path) -> None:
    outcome = cli("plan", "list.xlsx", "--as-of", "tomorrow", "--lang", "zh", status=2)
    assert outcome.errors.splitlines() == ["--as-of：“tomorrow”不是日期。", "请写作 2026-11-23 的形式。"]
    english = cli("payment", "add", "甲园/1-1/张三", "--amount", "-5", status=2).errors
    assert "“-5” is not an amount" in english


MISTAKES = """
ledger = 7
[policy]
grace_days = -1
minimum = "1.234"
late_fee = { daily_rate = "a lot", cap = 0.3, colour = "red" }
limitation_years = 99
limitation_warning_days = 1.5
[[policy.tiers]]
title = "催费函"
[[policy.tiers]]
name = "a b"
template = "letter.odt"
number = "{sequence}"
channels = []
deliver = "some"
claims_late_fee = "perhaps"
[[estates]]
name = ""
code = "A1"
handlers = 5
[estates.policy]
tiers = 5
[calendar]
holidays = ["someday"]
[mail]
sender = 5
"""


def test_the_mistakes_of_the_settings_are_said_in_chinese(cli: Cli, workspace: Path) -> None:
    (workspace / "notices.toml").write_text(MISTAKES, encoding="utf-8")
    lines = cli("status", "--lang", "zh", status=2).errors.splitlines()
    assert len(lines) > 15
    assert [line for line in lines if not HAN.search(line) or LATIN_WORDS.search(line)] == []
    assert "policy.grace_days：不得小于 0" in lines
    assert "policy.tiers[2].number：只能使用 {code}, {year}, {seq}" in lines
    assert "policy.tiers[2].deliver：应为以下之一：'first', 'all'" in lines


def test_a_table_is_headed_in_chinese_and_json_keeps_its_codes(cli: Cli, workspace: Path) -> None:
    cli("hold", "add", "示例花园/1-1-101/林晓禾", "--kind", "disputed", "--lang", "zh")
    shown = cli("hold", "list", "--lang", "zh").output.splitlines()
    assert shown[0].split("\t")[:3] == ["编号", "账户", "类型"]
    assert shown[1].split("\t")[2] == "有异议"
    assert cli("hold", "list", "--lang", "zh", "--json").json["holds"][0]["kind"] == "disputed"


# --- the help -------------------------------------------------------------------------------------------------------

CLICKS_OWN = {"Usage: ", "Options", "Commands", "  [required]", "Show this message and exit."}


def texts_of(described: click.Command, context: click.Context) -> Iterator[str]:
    yield inspect.cleandoc(described.help or "")
    yield from (inspect.cleandoc(it.help or "") for it in described.params if isinstance(it, click.Option))
    if isinstance(described, click.Group):
        for name in described.list_commands(context):
            inner = described.get_command(context, name)
            assert inner is not None
            yield from texts_of(inner, context)


def test_every_text_of_the_help_has_its_chinese_and_no_other_is_kept() -> None:
    kept = {str(entry.id): str(entry.string) for entry in chinese("help") if entry.id}
    said = {text for text in texts_of(main, click.Context(main)) if text}
    assert said | CLICKS_OWN == kept.keys()
    assert [text for text, chinese in kept.items() if not HAN.search(chinese)] == []


def test_the_help_speaks_chinese_wherever_lang_stands(cli: Cli) -> None:
    shown = cli("payment", "add", "--help", "--lang", "zh").output
    assert shown.startswith("用法：")
    assert "金额（元）。（必填）" in shown
    assert "到账日期；默认今天。" in shown
    assert "付款" in cli("--lang=zh", "--help").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plann",), "没有命令 plann。"),
        (("status", "--foo"), "没有选项 --foo。"),
        (("approve", "b"), "缺少 --by。"),
        (("plan",), "缺少 LIST。"),
        (("status", "b", "more"), "多出了：more。"),
        (("payment", "undo", "x", "--why", "y"), "PAYMENT 应为整数。"),
        (("print", "b", "--from-sheet", "0"), "--from-sheet 应为不小于 1 的整数。"),
        (("withdraw", "n", "--by"), "--by 后面要有内容。"),
    ],
)
def test_a_command_that_is_called_wrongly_is_said_in_chinese(cli: Cli, words: tuple[str, ...], said: str) -> None:
    outcome = cli("--lang", "zh", *words, status=2)
    assert outcome.errors.splitlines()[-1] == said
    assert outcome.errors.startswith("用法：")
    assert cli("--lang", "zh", "--json", *words, status=2).json["error"]["fact"] == said
    assert not HAN.search(cli(*words, status=2).errors)


def test_a_day_is_said_with_its_year_only_if_that_is_another() -> None:
    day = date(2025, 9, 1)
    assert str(day_of(day, 2025)) == "1 September"
    assert str(day_of(day, 2026)) == "1 September 2025"
    assert day_of(day, 2026).translated(translator("zh")) == "2025年9月1日"
