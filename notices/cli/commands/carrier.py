"""delivery: the carrier's results for letters on paper."""

from __future__ import annotations

from pathlib import Path

import click

from notices.cli.door import Door, common, pass_door
from notices.cli.import_report import finish
from notices.cli.options import PERSON
from notices.cli.translated_help import group


@group()
def delivery() -> None:
    """Delivery results of letters on paper, from the carrier."""


@delivery.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sheet", metavar="NAME", help="The sheet of the workbook.")
@click.option("--by", type=PERSON, help="The person who acts; default the login name.")
@common
@pass_door
def import_deliveries(door: Door, file: Path, sheet: str | None, by: str | None) -> None:
    """Import waybill numbers and results from the carrier's table FILE."""
    from notices.flow.replies import carrier

    order = carrier.ImportOrder(by or door.login(), door.now(), door.today())
    finish(door, carrier.import_results(door.workspace, door.ledger, file, order, sheet=sheet))


COMMANDS = (delivery,)
