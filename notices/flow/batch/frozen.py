"""Templates and settings as they were when a batch was approved; its letters are made from these copies."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from notices.errors import Unusable
from notices.files import built_aside, write_whole
from notices.flow.workspace import SETTINGS_FILE, Workspace
from notices.ledger import ApprovalRecord, BatchRecord, DecisionRecord
from notices.messages import say
from notices.settings import Policy, Tier


@dataclass(frozen=True)
class Frozen:
    """Frozen workspaces of a batch, one for each approval."""

    workspace: Workspace
    batch: BatchRecord

    @cached_property
    def _workspaces(self) -> dict[int, Workspace]:
        return {approval.number: self._open(approval) for approval in self.batch.approvals}

    def _open(self, approval: ApprovalRecord) -> Workspace:
        frozen = Workspace(self.workspace.root / approval.frozen)
        if not (frozen.root / SETTINGS_FILE).is_file():
            raise Unusable(
                say(
                    "The files frozen by approval {number} of batch {batch} are missing.",
                    number=approval.number,
                    batch=self.batch.name,
                ),
                say("Restore the folder {folder} from a backup.", folder=approval.frozen),
            )
        return frozen

    def approved(self, number: int) -> Workspace:
        """Return the workspace as it was at an approval."""
        return self._workspaces[number]

    def template_path(self, estate: str, tier: str, approval: int) -> Path:
        """Return the frozen template of a tier's letters in an estate's language."""
        key = (estate, tier, approval)
        if key not in self._templates:
            self._templates[key] = self.approved(approval).template_path(estate, tier)
        return self._templates[key]

    @cached_property
    def _templates(self) -> dict[tuple[str, str, int], Path]:
        return {}

    def tier_of(self, approval: int, estate: str, tier: str) -> Tier:
        """Return a tier as it was at an approval."""
        return self.approved(approval).policy(estate).tier(tier)

    def of(self, entry: DecisionRecord) -> Workspace:
        """Return the workspace as it was when a notice was approved."""
        assert entry.notice is not None and entry.notice.approval is not None  # noqa: S101, PT018 - callers pass approved notices only
        return self._workspaces[entry.notice.approval]

    def policy(self, entry: DecisionRecord) -> Policy:
        """Return the policy of a notice's estate as it was when the notice was approved."""
        return self.of(entry).policy(entry.account.estate)

    def tier(self, entry: DecisionRecord) -> Tier:
        """Return a notice's tier as it was when the notice was approved."""
        return self.policy(entry).tier(entry.decision.tier or "")


def freeze(workspace: Workspace, batch: str, number: int) -> Path:
    """Copy the templates and settings into the batch's folder; return the copy's path."""
    name = f"approval-{number:02d}"
    with built_aside(workspace.batch(batch), name) as folder:
        try:
            shutil.copytree(workspace.templates, folder / "templates")
        except shutil.Error as error:
            raise Unusable(
                say("The templates cannot be copied: {mistake}.", mistake=str(error)),
                say("Check that all files in templates/ are readable and that the disk has free space."),
            ) from error
        write_whole(folder / SETTINGS_FILE, (workspace.root / SETTINGS_FILE).read_bytes())
    return workspace.batch(batch) / name
