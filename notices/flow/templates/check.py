"""template check: check every template of the workspace and report all problems."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notices.errors import DataNeedsPerson, NoticesError, Unusable
from notices.files import is_marker_of_open_file
from notices.flow.workspace import Workspace
from notices.ledger import DecisionRecord
from notices.letters.answers import ANSWERS_FILE as ANSWERS
from notices.letters.answers import read_objections
from notices.letters.fields import NAMES
from notices.letters.inspection import (
    OF_UNITS,
    TemplateProblem,
    knows_units,
    low_resolution_pictures,
    missing_content,
    missing_grounds,
    missing_slip,
    template_fonts,
    template_threats,
    threats,
    undrawn_text,
    unfilled,
    unfilled_text,
    unmapped_fonts,
)
from notices.letters.languages import FOLDERS, in_language
from notices.letters.template import Template, check_template, open_template
from notices.letters.wording import is_preliminary
from notices.messages import Language, Message, say
from notices.post.texts import mail_templates
from notices.settings import Policy
from notices.text_templates import check_text, field_remedy

ANSWER_SHEET = "answer.docx"
RESOLVED = "resolved.docx"
INSTALMENTS = "instalments.docx"
NO_DEMANDS = frozenset({ANSWER_SHEET, INSTALMENTS})  # not checked for what a demand must state


@dataclass(frozen=True)
class Checked:
    """A template, its problems, and the substitutes for its fonts on this machine; `notes` are no mistakes."""

    file: str
    problems: tuple[TemplateProblem, ...]
    substitutes: Mapping[str, str]
    notes: tuple[Message, ...] = ()


def check(workspace: Workspace, chosen: Sequence[Path] = ()) -> list[Checked]:
    """Check the chosen templates, or else all templates and e-mail texts of the workspace."""
    if chosen:
        return list(_each_checked(workspace, chosen))
    letters = _each_checked(workspace, (workspace.templates / use.file for use in template_list(workspace)))
    mails = sorted(
        path for path in workspace.templates.glob("**/mail/*") if path.is_file() and not is_marker_of_open_file(path)
    )
    return [*letters, *(_checked_text(workspace, path) for path in mails)]


def _each_checked(workspace: Workspace, paths: Iterable[Path]) -> Iterator[Checked]:
    for path in paths:
        yield _checked(workspace, path)
        # An opened document is a circle of references: ten megabytes, most of them where Python does not count.
        gc.collect(1)


def refuse_unfit(workspace: Workspace, templates: Iterable[Path], texts: Iterable[Path] = ()) -> None:
    """Raise DataNeedsPerson with all problems if a letter template or an e-mail text fails a check."""
    checked = [
        *(_checked(workspace, path) for path in templates),
        *(_checked_text(workspace, path) for path in texts),
    ]
    problems = [problem for each in checked for problem in each.problems]
    if problems:
        raise DataNeedsPerson(
            say("{count} mistake(s) in the templates; nothing was released.", count=len(problems)),
            say("Correct them, then run `notices template check`."),
            [problem.fact for problem in problems],
        )


def _checked(workspace: Workspace, path: Path) -> Checked:
    file = _shown(workspace, path)
    try:
        template = open_template(path)
    except Unusable as error:
        return Checked(file, (TemplateProblem(error.fact, error.remedy),), {})
    mistakes = check_template(path)
    if mistakes:
        return Checked(file, tuple(TemplateProblem(mistake, field_remedy()) for mistake in mistakes), {})
    try:
        problems = tuple(_problems(workspace, template))
        drawn = template_fonts(template)
    except NoticesError as error:
        return Checked(file, tuple(TemplateProblem(fact, error.remedy) for fact in (error.fact, *error.details)), {})
    substitutes = {font: free for font, free in drawn.items() if free and free != font}
    return Checked(file, problems, substitutes, tuple(_knows_one_unit(workspace, template)))


def _knows_one_unit(workspace: Workspace, template: Template) -> Iterator[Message]:
    """Yield a note if a template can show one unit only, where letters are combined."""
    settings = workspace.settings
    used = any(
        tier.template == template.path.name
        for estate in settings.estates
        if settings.combines(estate.name)
        for tier in settings.policy_of(estate.name).tiers
    )
    if used and not knows_units(template):
        yield say(
            "{template} knows one unit only: an owner of several gets a letter for each. To have them in one letter, "
            "its table of charges must show {fields} for each unit; the sample letters do.",
            template=template.path.name,
            fields=", ".join(sorted(OF_UNITS)),
        )


def _problems(workspace: Workspace, template: Template) -> Iterator[TemplateProblem]:
    yield from missing_content(template, demands=template.path.name not in NO_DEMANDS)
    yield from missing_grounds(template, _law_fields(workspace), **_grounds_needed(workspace, template.path))
    yield from template_threats(template)
    yield from unfilled(template)
    yield from unmapped_fonts(template)
    yield from undrawn_text(template)
    seals = _seals(workspace)
    for file in sorted({file for files in seals.values() for file in files if not file.is_file()}):
        yield TemplateProblem(
            say("The picture {file} is not in the templates folder.", file=file.name),
            say("Put it there, or correct `seal` in the settings."),
        )
    yield from low_resolution_pictures(template, seals)
    answers = template.path.parent / ANSWERS
    if template.path.name == ANSWER_SHEET and answers.exists():
        yield from threats(ANSWERS, "\n".join(each.position for each in read_objections(answers)))
    if _promises_slip(workspace, template.path.name):
        yield from missing_slip(template, read_objections(answers))


def _law_fields(workspace: Workspace) -> Mapping[str, str]:
    law = workspace.settings.law
    return {"law_duty": law.duty, "law_demand": law.demand, "law_regulation": law.regulation, "law_other": law.other}


def _grounds_needed(workspace: Workspace, path: Path) -> dict[str, bool]:
    """Return which legal grounds the letters of a template must give: those of a law firm, by estate and tier."""
    tiers = [
        (estate, tier)
        for estate in workspace.settings.estates
        for tier in workspace.policy(estate.name).tiers
        if tier.sender == "law-firm" and tier.template == path.name
    ]
    return {
        "preliminary": any(is_preliminary(estate.contract) for estate, _ in tiers),
        "late_fee": any(
            tier.claims_late_fee and _has_late_fee(workspace.policy(estate.name)) for estate, tier in tiers
        ),
    }


def _has_late_fee(policy: Policy) -> bool:
    return any(fee.daily_rate for fee in (policy.late_fee, *(it.late_fee for it in policy.items if it.late_fee)))


def _seals(workspace: Workspace) -> Mapping[str, frozenset[Path]]:
    """Return the seal files of the settings by the field that shows them."""
    settings = workspace.settings
    centres = {estate.service_centre.seal for estate in settings.estates}
    named = {"centre_seal": centres, "law_firm_seal": {settings.law_firm.seal}}
    return {field: frozenset(workspace.templates / file for file in files if file) for field, files in named.items()}


def _promises_slip(workspace: Workspace, file: str) -> bool:
    settings = workspace.settings
    policies = (settings.policy, *(settings.policy_of(estate.name) for estate in settings.estates))
    return any(tier.slip and tier.template == file for policy in policies for tier in policy.tiers)


def _checked_text(workspace: Workspace, path: Path) -> Checked:
    mistakes = [TemplateProblem(mistake, field_remedy()) for mistake in check_text(path, NAMES)]
    if not mistakes:
        source = path.read_text("utf-8")
        mistakes = [*threats(path.name, source), *unfilled_text(path.name, source)]
    return Checked(_shown(workspace, path), tuple(mistakes), {})


def _shown(workspace: Workspace, path: Path) -> str:
    folder = workspace.templates
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


@dataclass(frozen=True)
class TemplateUse:
    """A template, its language, and the tiers that use it; `present` if the file exists."""

    file: str
    language: Language
    present: bool
    tiers: tuple[str, ...]


def template_list(workspace: Workspace) -> list[TemplateUse]:
    """Return the existing templates and those the policy requires, in each language of the estates."""
    uses: dict[tuple[str, Language], dict[str, None]] = {}
    for language, folder in FOLDERS.items():
        for path in sorted((workspace.templates / folder).glob("*.docx")):
            if not is_marker_of_open_file(path):
                uses[path.relative_to(workspace.templates).as_posix(), language] = {}
    there = frozenset(file for file, _ in uses)
    for estate in workspace.settings.estates:
        for tier in workspace.settings.policy_of(estate.name).tiers:
            file = in_language(workspace.templates, tier.template, estate.language)
            uses.setdefault((file, "en" if file != tier.template else "zh"), {})[tier.name] = None
    return [TemplateUse(file, language, file in there, tuple(tiers)) for (file, language), tiers in uses.items()]


def refuse_broken(workspace: Workspace, entries: Sequence[DecisionRecord]) -> None:
    """Raise Unusable with every mistake in the templates of these notices, or DataNeedsPerson if one fails a check."""
    templates = sorted({workspace.template_path(it.account.estate, it.decision.tier or "") for it in entries})
    tiers = sorted({entry.decision.tier or "" for entry in entries})
    languages = {estate.language for estate in workspace.settings.estates}
    texts = {
        path
        for tier in tiers
        for language in languages
        for path in mail_templates(workspace.templates / "mail", tier, language)
    }
    mistakes = [
        *(mistake for path in templates for mistake in check_template(path)),
        *(mistake for path in sorted(texts) for mistake in check_text(path, NAMES)),
    ]
    if mistakes:
        raise Unusable(
            say("{count} mistake(s) in the templates; nothing was released.", count=len(mistakes)),
            field_remedy(),
            mistakes,
        )
    # Forbidden threats and missing required contents are never allowed, not even for one batch.
    refuse_unfit(workspace, templates, sorted(texts))
