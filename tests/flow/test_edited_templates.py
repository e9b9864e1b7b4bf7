"""A template that was edited after the approval: the letters keep the approved text, and that is said."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from notices.flow.rendering.documents import LetterDocument
from notices.flow.rendering.render import _edited_since
from notices.flow.workspace import Workspace


def test_an_edited_template_is_named_once_and_others_are_not(tmp_path: Path) -> None:
    frozen = tmp_path / "batches" / "b" / "approval-01" / "templates"
    for folder in (tmp_path / "templates", frozen):
        (folder / "en").mkdir(parents=True)
        for name in ("reminder.docx", "en/reminder.docx"):
            (folder / name).write_bytes(b"approved")
    (tmp_path / "templates" / "en" / "reminder.docx").write_bytes(b"edited")
    session = cast("Any", SimpleNamespace(workspace=Workspace(tmp_path)))
    documents = [
        LetterDocument(f"d{place}", frozen / name, ("N",), date(2026, 11, 23), compiled=False)
        for place, name in enumerate(("reminder.docx", "en/reminder.docx", "en/reminder.docx"))
    ]
    (hint,) = _edited_since(session, documents)
    assert "reminder.docx was edited after these letters were approved" in str(hint)
