"""What letters are made of, looked at before anything of them is released, and kept as it was then."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from notices.errors import Unusable
from notices.files import built_aside, write_whole
from notices.flow.mailtexts import mail_templates
from notices.flow.templates import refuse_unfit
from notices.flow.workspace import SETTINGS_FILE, Workspace
from notices.ledger import DecisionRecord
from notices.letters.fields import NAMES
from notices.letters.languages import in_language
from notices.letters.template import check_template
from notices.messages import say
from notices.texts import check_text, field_remedy


def freeze(workspace: Workspace, batch: str, number: int) -> Path:
    """Copy what the letters are made of into the batch's folder."""
    name = f"approval-{number:02d}"
    with built_aside(workspace.batch(batch), name) as folder:
        try:
            shutil.copytree(workspace.templates, folder / "templates")
        except shutil.Error as error:
            raise Unusable(
                say("The templates cannot be copied: {mistake}.", mistake=str(error)),
                say("See that all files in templates/ can be read and that the disk has room."),
            ) from error
        write_whole(folder / SETTINGS_FILE, (workspace.root / SETTINGS_FILE).read_bytes())
    return workspace.batch(batch) / name


def _template(workspace: Workspace, entry: DecisionRecord) -> str:
    estate = workspace.settings.estate(entry.account.estate)
    tier = workspace.policy(entry.account.estate).tier(entry.decision.tier or "")
    return in_language(workspace.templates, tier.template, estate.language if estate else "zh")


def refuse_broken(workspace: Workspace, entries: Sequence[DecisionRecord]) -> None:
    """Every mistake of every template that this release needs, before a number is given or a letter made."""
    templates = sorted({_template(workspace, entry) for entry in entries})
    tiers = sorted({entry.decision.tier or "" for entry in entries})
    languages = {estate.language for estate in workspace.settings.estates}
    texts = {
        path
        for tier in tiers
        for language in languages
        for path in mail_templates(workspace.templates / "mail", tier, language)
    }
    mistakes = [
        *(mistake for name in templates for mistake in check_template(workspace.templates / name)),
        *(mistake for path in sorted(texts) for mistake in check_text(path, NAMES)),
    ]
    if mistakes:
        raise Unusable(
            say("{count} mistake(s) in the templates; nothing was released.", count=len(mistakes)),
            field_remedy(),
            mistakes,
        )
    # What a letter must not threaten with, and what it must carry, is no matter of taste: not even for one batch.
    refuse_unfit(workspace, [workspace.templates / name for name in templates], sorted(texts))
