"""Facts about a machine that decide how its letters look: program, libraries, LibreOffice and fonts.

Two machines make equal letters only if these are equal. Paths and times are no facts: machines differ in them.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version

import notices
from notices.fonts.installed import portable_faces
from notices.letters.shards.cache import LIBRARIES, own_program
from notices.messages import Message, say
from notices.office import find
from notices.office import version as office_version

Facts = Mapping[str, str]  # what it is -> its version, or a digest

RESOURCE = "notices-"  # a worker offers one of this name and its digest: only it can take letters of equal machines
NAMES_SHOWN = 3
OF_THE_CLUSTER = ("dask", "distributed")  # of the extra; other versions may not understand each other
PROGRAM, SOURCES, PYTHON, OFFICE, FONT = "program", "sources", "Python", "LibreOffice", "font "


@cache
def machine_facts() -> Facts:
    """Return the facts of this machine; raises Unusable if LibreOffice or fontconfig is missing."""
    return {
        PROGRAM: notices.__version__,
        SOURCES: own_program(),
        PYTHON: platform.python_version(),
        **{library: version(library) for library in (*LIBRARIES, *OF_THE_CLUSTER)},
        OFFICE: office_version(find()).removeprefix(OFFICE).strip(),
        **{FONT + family: digest for family, digest in portable_faces().items()},
    }


def resource_of(facts: Facts) -> str:
    """Return the name of the resource that equal machines offer and ask for."""
    return RESOURCE + sha256(repr(sorted(facts.items())).encode()).hexdigest()[:24]


def differences(here: Facts, there: Facts) -> tuple[Message, ...]:
    """Return in which facts another machine differs from this one, by name; empty if they make equal letters."""
    unequal = [name for name in sorted({*here, *there}) if here.get(name) != there.get(name)]
    fonts = [name.removeprefix(FONT) for name in unequal if name.startswith(FONT)]
    told = [
        say("{name} {theirs} instead of {ours}", name=name, theirs=there.get(name, "–"), ours=here.get(name, "–"))
        for name in unequal
        if not name.startswith(FONT) and name != SOURCES
    ]
    if SOURCES in unequal and PROGRAM not in unequal:
        told.insert(0, say("the program has the same version, but other source files"))
    lacking, extra, other = (
        [family for family in fonts if FONT + family not in there],
        [family for family in fonts if FONT + family not in here],
        [family for family in fonts if FONT + family in here and FONT + family in there],
    )
    if lacking:
        told.append(say("without the fonts {names}", names=_shown(lacking)))
    if extra:
        told.append(say("with the fonts {names}, which this machine lacks", names=_shown(extra)))
    if other:
        told.append(say("with other versions of the fonts {names}", names=_shown(other)))
    return tuple(told)


def _shown(names: list[str]) -> str:
    return ", ".join(names[:NAMES_SHOWN]) + (f" … ({len(names)})" if len(names) > NAMES_SHOWN else "")
