"""Files that come with the program: sample templates, and the settings of a new workspace."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from notices.text_templates import render_text

SAMPLE_ESTATE = "示例花园"


def sample_settings(estates: Sequence[str]) -> str:
    """Return a settings file for these estates, with every key explained."""
    codes = _codes(estates)
    fields = {"estates": [{"name": name, "code": code} for name, code in zip(estates, codes, strict=True)]}
    return render_text(bundled("notices.toml.j2"), fields)


def bundled(name: str) -> Path:
    """Return the path of a bundled file, inside the package or in the checkout."""
    inside = Path(str(resources.files("notices"))) / "data" / name
    return inside if inside.exists() else Path(str(resources.files("notices"))).parent / name


def _codes(estates: Sequence[str]) -> list[str]:
    """Return a placeholder code for each estate's numbers, which the clerk replaces."""
    return ["SLHY" if name == SAMPLE_ESTATE else f"WY{place:02d}" for place, name in enumerate(estates, start=1)]
