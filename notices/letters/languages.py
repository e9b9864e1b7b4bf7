"""Template folders by language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from notices.messages import Language

FOLDERS: Mapping[Language, str] = {"zh": "", "en": "en"}


def in_language(templates: Path, file: str, language: Language) -> str:
    """Return the template's path within templates/ for a language; the Chinese one where there is no other."""
    own = Path(FOLDERS[language]) / file
    return own.as_posix() if (templates / own).is_file() else file


def language_of(template: Path) -> Language:
    """Return the language of the folder that holds the template; Chinese for any other folder."""
    return next((language for language, folder in FOLDERS.items() if folder == template.parent.name), "zh")


def templates_root(template: Path) -> Path:
    """Return the templates/ folder that a template belongs to, which holds the seals and e-mail texts."""
    return template.parent.parent if template.parent.name in FOLDERS.values() else template.parent
