"""Text templates edited by people: Jinja in a sandbox that fails on missing fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
)
from jinja2 import meta as jinja_meta

from notices.errors import Unusable
from notices.messages import Message, say
from notices.template_bounds import BoundedSandbox, reason_of

FAULTS = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, MemoryError, RecursionError)


class Sandbox(BoundedSandbox):
    """Jinja environment for user templates: sandboxed, bounded, undefined fields are errors, a source compiled once."""

    def __init__(self, *, escape: bool, folder: Path | None = None) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=escape,
            loader=FileSystemLoader(folder) if folder else None,
        )
        self.compiled = cache(super().from_string)

    def from_string(self, source: str, *_: object, **__: object) -> Template:  # type: ignore[override]  # docxtpl calls it with the source alone
        """Return the compiled template of that source, from the cache if possible."""
        return self.compiled(source)

    def parse(self, source: str, name: str | None = None, filename: str | None = None) -> nodes.Template:
        """Return the syntax tree of a source, for reading; each check of a template asks for it again."""
        return (
            _parsed(source, escape=bool(self.autoescape))
            if name is filename is None
            else super().parse(source, name, filename)
        )


@lru_cache(maxsize=32)  # the bodies, headers and footers of the templates of a workspace
def _parsed(source: str, *, escape: bool) -> nodes.Template:
    return BoundedSandbox(undefined=StrictUndefined, autoescape=escape).parse(source)


@lru_cache(maxsize=32)
def _fields_in(source: str) -> frozenset[str]:
    return frozenset(jinja_meta.find_undeclared_variables(_parsed(source, escape=True)))


def render_text(template: Path, fields: Mapping[str, object]) -> str:
    """Fill a text template; values are escaped in .html files.

    Raises Unusable, naming the template, the line and what is wrong there.
    """
    try:
        return (
            _environment(template.parent, escape=template.suffix == ".html").get_template(template.name).render(fields)
        )
    except TemplateNotFound as error:
        raise Unusable(
            say("The template {template} is missing.", template=str(error.name or template.name)),
            say("Put the file into {folder}, or copy it from a new workspace.", folder=str(template.parent)),
        ) from error
    except FAULTS as error:
        raise Unusable(_fact(template.name, error), field_remedy()) from error
    except OSError as error:
        raise Unusable(
            say("The template {template} cannot be read: {why}.", template=str(template), why=error.strerror or error),
            say("Check the file's permissions."),
        ) from error


@cache
def _environment(folder: Path, *, escape: bool) -> Sandbox:
    """Return the folder's cached environment; Jinja recompiles a template only if its file has changed."""
    return Sandbox(escape=escape, folder=folder)


def fields_used(source: str) -> frozenset[str]:
    """Return the fields that a template source uses; raise jinja2's TemplateSyntaxError if it cannot be parsed."""
    return _fields_in(source)


def check_text(template: Path, known: Iterable[str]) -> tuple[Message, ...]:
    """Return what is wrong with a text template: syntax errors, unknown fields, unreadable files."""
    try:
        asked = fields_used(template.read_text("utf-8"))
    except TemplateSyntaxError as error:
        return (_fact(template.name, error),)
    except (OSError, UnicodeDecodeError) as error:
        return (say("The template {template} cannot be read: {why}.", template=str(template), why=error),)
    return tuple(unknown_field(template.name, name) for name in sorted(asked - frozenset(known)))


def unknown_field(template: str, name: str) -> Message:
    """Return the message for a field that does not exist."""
    return say("The template {template} uses the field {field}, which does not exist.", template=template, field=name)


def field_remedy() -> Message:
    """Return the remedy for a template that cannot be filled."""
    return say("Correct the template; docs/letters.md lists the fields that a template may use.")


def _fact(template: str, error: Exception) -> Message:
    line = error.lineno if isinstance(error, TemplateSyntaxError) else _line_in(template, error)
    if line is None:
        return say("The template {template} cannot be filled: {why}.", template=template, why=reason_of(error))
    return say(
        "The template {template} cannot be filled, line {line}: {why}.",
        template=template,
        line=line,
        why=reason_of(error),
    )


def _line_in(template: str, error: Exception) -> int | None:
    """Return the line in the template: Jinja adds the template's frames to the traceback."""
    line, frame = None, error.__traceback__
    while frame:
        if Path(frame.tb_frame.f_code.co_filename).name == template:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
