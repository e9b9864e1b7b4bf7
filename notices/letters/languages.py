"""Where in templates/ the letters of each language lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from notices.messages import Language

FOLDERS: Mapping[Language, str] = {"zh": "", "en": "en"}


def in_language(templates: Path, file: str, language: Language) -> str:
    """The template of that name in a language, as a path inside templates/; where there is none, the Chinese one."""
    own = Path(FOLDERS[language]) / file
    return own.as_posix() if (templates / own).is_file() else file


def language_of(template: Path) -> Language:
    """The language of the folder that a template lies in; Chinese where it is none of those."""
    return next((language for language, folder in FOLDERS.items() if folder == template.parent.name), "zh")


def home(template: Path) -> Path:
    """The folder templates/ that a template belongs to, where seals and e-mail texts lie."""
    return template.parent.parent if template.parent.name in FOLDERS.values() else template.parent
