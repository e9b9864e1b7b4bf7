"""Text from templates that people edit: Jinja in a sandbox that fails on what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2 import meta as jinja_meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notices.errors import Unusable
from notices.messages import Message, say


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja as a clerk's template gets it: no way out, no silent blanks, each source compiled once."""

    def __init__(self, *, escape: bool, folder: Path | None = None) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=escape,
            loader=FileSystemLoader(folder) if folder else None,
        )
        self.compiled = cache(super().from_string)

    def from_string(self, source: str, *_: object, **__: object) -> Template:  # type: ignore[override]  # docxtpl calls it with the source alone
        """The template of that source; the hundredth letter does not compile it again."""
        return self.compiled(source)


def render_text(template: Path, fields: Mapping[str, object]) -> str:
    """Fill a text template; values are escaped where the file is HTML.

    Raises Unusable that names the template, the line and what is wrong there.
    """
    try:
        return (
            _environment(template.parent, escape=template.suffix == ".html").get_template(template.name).render(fields)
        )
    except TemplateNotFound as error:
        raise Unusable(
            say("The template {template} is missing.", template=str(error.name or template.name)),
            say("Put the file into {folder} or take it from a fresh workspace.", folder=str(template.parent)),
        ) from error
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise Unusable(_fact(template.name, error), field_remedy()) from error
    except OSError as error:
        raise Unusable(
            say("The template {template} cannot be read: {why}.", template=str(template), why=error.strerror or error),
            say("Look at the file's permissions."),
        ) from error


@cache
def _environment(folder: Path, *, escape: bool) -> Sandbox:
    """One for a folder: Jinja compiles a template again only where the file has changed."""
    return Sandbox(escape=escape, folder=folder)


def undeclared(source: str) -> frozenset[str]:
    """The fields that a template's source asks for; raises jinja2's TemplateSyntaxError where it cannot be read."""
    return frozenset(jinja_meta.find_undeclared_variables(Sandbox(escape=True).parse(source)))


def check_text(template: Path, known: Iterable[str]) -> tuple[Message, ...]:
    """What is wrong with a text template: tags that do not close, fields that nobody fills."""
    try:
        asked = undeclared(template.read_text("utf-8"))
    except TemplateSyntaxError as error:
        return (_fact(template.name, error),)
    except (OSError, UnicodeDecodeError) as error:
        return (say("The template {template} cannot be read: {why}.", template=str(template), why=error),)
    return tuple(unknown_field(template.name, name) for name in sorted(asked - frozenset(known)))


def unknown_field(template: str, name: str) -> Message:
    """The sentence for a field that does not exist."""
    return say("The template {template} uses the field {field}, which does not exist.", template=template, field=name)


def field_remedy() -> Message:
    """What to do about a template that cannot be filled."""
    return say("Correct the template; docs/letters.md lists the fields that a template may use.")


def _fact(template: str, error: Exception) -> Message:
    line = error.lineno if isinstance(error, TemplateSyntaxError) else _line_in(template, error)
    if line is None:
        return say("The template {template} cannot be filled: {why}.", template=template, why=error)
    return say(
        "The template {template} cannot be filled, line {line}: {why}.",
        template=template,
        line=line,
        why=error.message if isinstance(error, TemplateError) else error,
    )


def _line_in(template: str, error: Exception) -> int | None:
    """The template's own line; Jinja rewrites the traceback so that the template's frames stand in it."""
    line, frame = None, error.__traceback__
    while frame:
        if Path(frame.tb_frame.f_code.co_filename).name == template:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
