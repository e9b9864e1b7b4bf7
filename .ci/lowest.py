"""Print the lowest versions that pyproject.toml allows of the program's direct dependencies, as requirements of pip."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

NEEDED = re.compile(r"(?P<name>[A-Za-z0-9.\[\]_-]+)>=(?P<version>[0-9.]+)$")
TESTING = ("aiosmtpd", "hypothesis", "openpyxl", "pillow", "pytest", "pytest-timeout", "pytest-xdist")


def lowest(requirements: list[str]) -> list[str]:
    """Return each requirement at its lower bound."""
    found = [NEEDED.match(each) for each in requirements]
    return sorted(f"{each['name']}=={each['version']}" for each in found if each is not None)


project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
needed = lowest(project["project"]["dependencies"])
tests = [each for each in project["dependency-groups"]["dev"] if re.split("[>=]", each)[0] in TESTING]
sys.stdout.write("\n".join([*needed, *sorted(tests)]) + "\n")
