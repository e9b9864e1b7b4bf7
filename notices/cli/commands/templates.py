"""template: list, check and preview the letters that a clerk edits, and list their fields."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from notices.cli.display import echo, table
from notices.cli.door import Door, common, pass_door
from notices.cli.options import FILE
from notices.cli.translated_help import group
from notices.errors import UsageMistake
from notices.messages import say

if TYPE_CHECKING:
    from notices.flow.templates.account_data import PreviewData


@group()
def template() -> None:
    """Letter templates: .docx files that a clerk edits in Word or WPS."""


@template.command("list")
@common
@pass_door
def list_templates(door: Door) -> None:
    """List the templates with their tiers and languages."""
    from notices.flow.templates.check import template_list

    uses = template_list(door.workspace)
    if door.as_json:
        document = [
            {"file": use.file, "language": use.language, "present": use.present, "tiers": list(use.tiers)}
            for use in uses
        ]
        door.answer({"templates": document})
        return
    table(
        door.headings(say("template"), say("language"), say("tiers"), say("present")),
        [
            (
                use.file,
                use.language,
                ", ".join(map(door.tier, use.tiers)),
                door.text(say("yes") if use.present else say("no")),
            )
            for use in uses
        ],
    )


@template.command("fields")
@common
@pass_door
def list_fields(door: Door) -> None:
    """List every field that a letter may use: meaning, kind (with its unit) and an example."""
    from notices.letters.fields import FIELDS

    if door.as_json:
        document = [
            {
                "field": field.name,
                "of": field.of or None,
                "meaning": door.text(field.meaning),
                "kind": field.kind,
                "example": field.example,
            }
            for field in FIELDS
        ]
        door.answer({"fields": document})
        return
    table(
        door.headings(say("field"), say("in each row of"), say("meaning"), say("kind"), say("example")),
        [(field.name, field.of, door.text(field.meaning), door.word(field.kind), field.shown) for field in FIELDS],
    )


@template.command("check")
@click.argument("templates", metavar="[TEMPLATE]...", nargs=-1, type=FILE)
@common
@pass_door
@click.pass_context
def check_templates(ctx: click.Context, door: Door, templates: tuple[Path, ...]) -> None:
    """Check the templates of the workspace, or those named; report each mistake with its place."""
    from notices.flow.templates.check import check

    checked = check(door.workspace, [named(door, each) for each in templates])
    if door.as_json:
        document = [
            {
                "file": each.file,
                "problems": [
                    {"problem": door.text(problem.fact), "remedy": door.text(problem.remedy)}
                    for problem in each.problems
                ],
                "stand_ins": dict(each.substitutes),
                **({"notes": [door.text(note) for note in each.notes]} if each.notes else {}),
            }
            for each in checked
        ]
        door.answer({"templates": document})
    else:
        for each in checked:
            pairs = ", ".join(f"{formal} → {free}" for formal, free in each.substitutes.items())
            verdict = say("sound") if not each.problems else say("{count} mistake(s)", count=len(each.problems))
            echo(f"{each.file}: {door.text(verdict)}")
            if pairs:
                echo("  " + door.text(say("Substitutes on this machine: {pairs}.", pairs=pairs)))
            for note in each.notes:
                echo(f"  {door.text(note)}")
            for problem in each.problems:
                echo(f"  ✗ {door.text(problem.fact)} {door.text(problem.remedy)}".rstrip())
    ctx.exit(1 if any(each.problems for each in checked) else 0)


@template.command("preview")
@click.argument("template_path", metavar="TEMPLATE", type=FILE)
@click.option("--to", "target", metavar="FILE.pdf", type=FILE, required=True, help="The PDF to write.")
@click.option("--data", metavar="FILE.json", type=FILE, help="Field values of the letters; default an account's.")
@click.option("--account", metavar="ACCOUNT", help="The account, from the newest batch that has it; default a fit one.")
@click.option(
    "--letters", type=click.IntRange(1, 500), metavar="N", help="Number of letters; default one per set of data."
)
@common
@pass_door
def preview_template(
    door: Door, template_path: Path, target: Path, data: Path | None, account: str | None, letters: int | None
) -> None:
    """Make a PDF of any docxtpl template, as `render` would with the same data."""
    from notices.flow.templates import preview
    from notices.settings import Policy

    if data is not None and account is not None:
        raise UsageMistake(
            say("--data gives the values of the letters, --account takes an account's."),
            say("Give one of the two and leave out the other."),
        )
    path = named(door, template_path)
    whose = None if data else _account_data(door, path, account)
    fields = preview.read_data(data) if data else [whose.fields if whose else preview.sample(path, Policy().tiers)]
    made = preview.preview(path, target.absolute(), fields, letters, door.today())
    used = whose.account if whose else None
    if door.as_json:
        told = {"letters": made.letters, "pages": made.pages, "shared": made.shared, "account": used}
        door.answer({"file": str(target), **told})
        return
    if whose is not None and used is not None:
        door.say(say("Filled with {account} of batch {batch}.", account=used, batch=whose.batch))
    elif data is None:
        door.say(say("Filled with a sample owner: no batch has an account for it."))
    door.say(say("{file}: {letters} letter(s), {pages} page(s).", file=target, letters=made.letters, pages=made.pages))


def _account_data(door: Door, template: Path, account: str | None) -> PreviewData | None:
    """Return an account's fields with the settings of the workspace; None if there is no workspace."""
    from notices.flow.templates.account_data import account_data

    try:
        workspace = door.workspace
    except UsageMistake:
        if account is not None:
            raise
        return None
    return account_data(workspace, door.ledger_as_it_is, template, account, door.today())


def named(door: Door, path: Path) -> Path:
    """Return the path itself, or the workspace's template of that name; raises UsageMistake if neither exists."""
    if path.exists():
        return path.absolute()
    if not path.is_absolute() and (found := door.workspace.templates / path).exists():
        return found
    raise UsageMistake(
        say("There is no template {file}.", file=path), say("`notices template list` shows those of the workspace.")
    )


COMMANDS = (template,)
