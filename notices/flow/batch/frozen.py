"""Templates and settings as they were when a batch was approved; its letters are made from these copies."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from notices.errors import Refused, Unusable
from notices.files import built_aside, is_marker_of_open_file, write_whole
from notices.flow.batch.seals import differences, files_in
from notices.flow.batch.shared_files import bring_missing
from notices.flow.workspace import SETTINGS_FILE, Workspace
from notices.ledger import ApprovalRecord, BatchRecord, Books, DecisionRecord, is_embedded
from notices.messages import Message, say
from notices.settings import Policy, Tier

_NO_SEAL = say("the seal of this approval is missing in the ledger")


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
        # A batch approved by an earlier version has no seal: its letters go as they did before.
        whole = frozen.root.is_dir() if approval.files is not None else (frozen.root / SETTINGS_FILE).is_file()
        if not whole:
            raise Unusable(
                say(
                    "The files frozen by approval {number} of batch {batch} are missing.",
                    number=approval.number,
                    batch=self.batch.name,
                ),
                self._how_to_get(approval),
            )
        self._refuse_changed(approval)
        return frozen

    def _how_to_get(self, approval: ApprovalRecord) -> Message:
        """Return what to do about frozen files that are missing."""
        ledger = self.workspace.settings.ledger
        if self.workspace.shares_files:
            return say(
                "Restore the folder {folder} from a backup. If another machine approved the batch and was cut off, "
                "run `notices resume {batch}` there.",
                folder=approval.frozen,
                batch=self.batch.name,
            )
        if ledger.url and not is_embedded(ledger.url):
            return say(
                "If another machine approved the batch, go on there; with `[ledger] files` all have its files. "
                "Otherwise restore the folder {folder} from a backup.",
                folder=approval.frozen,
            )
        return say("Restore the folder {folder} from a backup.", folder=approval.frozen)

    def refuse_changed(self) -> None:
        """Raise Refused, naming each file, if the frozen files are not those that were approved.

        A step calls this again while it runs: a letter is made of a template hours after the step began.
        """
        for approval in self.batch.approvals:
            self._open(approval)

    def _refuse_changed(self, approval: ApprovalRecord) -> None:
        if approval.files is None:
            return
        folder = self.workspace.root / approval.frozen
        try:
            changed = differences(approval.files, files_in(folder)) if approval.files else (_NO_SEAL,)
        except OSError as error:
            raise Unusable(
                say(
                    "{folder} cannot be read: {mistake}.", folder=approval.frozen, mistake=error.strerror or str(error)
                ),
                say("Restore the folder from a backup."),
            ) from error
        if changed:
            raise Refused(
                say(
                    "The files frozen by approval {number} of batch {batch} are not those that were approved.",
                    number=approval.number,
                    batch=self.batch.name,
                ),
                say(
                    "Restore the folder {folder} from a backup, or withdraw these notices and plan again.",
                    folder=approval.frozen,
                ),
                changed,
            )

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


def frozen_files(workspace: Workspace, books: Books, batch: BatchRecord) -> Frozen:
    """Return the frozen workspaces of a batch, brought here if another machine approved it: for who has no turn."""
    bring_missing(workspace, books, batch.name, [approval.frozen for approval in batch.approvals])
    return Frozen(workspace, batch)


def _markers(folder: str, names: list[str]) -> set[str]:
    """Return the markers of templates that are open in Word: nobody may be able to read them."""
    return {name for name in names if is_marker_of_open_file(Path(folder, name))}


def freeze(workspace: Workspace, batch: str, number: int) -> Path:
    """Copy the templates and settings into the batch's folder; return the copy's path.

    Symbolic links are replaced by what they point to: nothing outside of the folder can change it later.
    """
    name = f"approval-{number:02d}"
    with built_aside(workspace.batch(batch), name) as folder:
        try:
            shutil.copytree(workspace.templates, folder / "templates", ignore=_markers)
        except shutil.Error as error:
            raise Unusable(
                say("The templates cannot be copied: {mistake}.", mistake=str(error)),
                say("Check that all files in templates/ are readable and that the disk has free space."),
            ) from error
        write_whole(folder / SETTINGS_FILE, (workspace.root / SETTINGS_FILE).read_bytes())
    return workspace.batch(batch) / name
