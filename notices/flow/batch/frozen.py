"""What an approval froze: the templates and settings its letters are made of, whatever happens to the originals."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from notices.errors import Unusable
from notices.files import built_aside, write_whole
from notices.flow.workspace import SETTINGS_FILE, Workspace
from notices.ledger import ApprovalRecord, BatchRecord, DecisionRecord, Outline
from notices.letters.languages import in_language
from notices.messages import say
from notices.settings import Policy, Tier


@dataclass(frozen=True)
class Frozen:
    """A batch's approvals, each with the workspace as it was then."""

    workspace: Workspace
    batch: BatchRecord

    @cached_property
    def _workspaces(self) -> dict[int, Workspace]:
        return {approval.number: self._opened(approval) for approval in self.batch.approvals}

    def _opened(self, approval: ApprovalRecord) -> Workspace:
        frozen = Workspace(self.workspace.root / approval.frozen)
        if not (frozen.root / SETTINGS_FILE).is_file():
            raise Unusable(
                say(
                    "What approval {number} of batch {batch} froze is gone.",
                    number=approval.number,
                    batch=self.batch.name,
                ),
                say("Put the folder {folder} back from a backup.", folder=approval.frozen),
            )
        return frozen

    def approved(self, number: int) -> Workspace:
        """The workspace as it was at an approval."""
        return self._workspaces[number]

    def template_of(self, outline: Outline) -> str:
        """The template of a notice's letter in its estate's language, as a path inside the templates then."""
        then = self.approved(outline.approval)
        key = (outline.approval, outline.estate, outline.tier)
        if key not in self._templates:
            estate = then.settings.estate(outline.estate)
            file = then.policy(outline.estate).tier(outline.tier).template
            self._templates[key] = in_language(then.templates, file, estate.language if estate else "zh")
        return self._templates[key]

    @cached_property
    def _templates(self) -> dict[tuple[int, str, str], str]:
        return {}

    def tier_of(self, approval: int, estate: str, tier: str) -> Tier:
        """A tier as it was at an approval."""
        return self.approved(approval).policy(estate).tier(tier)

    def of(self, entry: DecisionRecord) -> Workspace:
        """The workspace as it was when this notice was approved."""
        assert entry.notice is not None and entry.notice.approval is not None  # noqa: S101, PT018 - only approved ones are asked of
        return self._workspaces[entry.notice.approval]

    def policy(self, entry: DecisionRecord) -> Policy:
        """The policy that held then."""
        return self.of(entry).policy(entry.account.estate)

    def tier(self, entry: DecisionRecord) -> Tier:
        """The tier as it was then."""
        return self.policy(entry).tier(entry.decision.tier or "")


def template_of(frozen: Frozen, entry: DecisionRecord) -> str:
    """The template of a notice's letter in its estate's language, as a path inside the templates that were frozen."""
    then = frozen.of(entry)
    estate = then.settings.estate(entry.account.estate)
    return in_language(then.templates, frozen.tier(entry).template, estate.language if estate else "zh")


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
