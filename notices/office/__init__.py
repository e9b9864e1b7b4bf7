"""LibreOffice as warm worker processes that convert documents to PDF; nothing here knows about letters."""

from notices.office.faults import ConversionFailed, OfficeBroken, OfficeMissing
from notices.office.find import Office, find, version
from notices.office.jemalloc import PACKAGE as ALLOCATOR_PACKAGE
from notices.office.jemalloc import allocator
from notices.office.shared_cache import closed_to_others
from notices.office.warm import Engine, WarmOffice

__all__ = [
    "ALLOCATOR_PACKAGE",
    "ConversionFailed",
    "Engine",
    "Office",
    "OfficeBroken",
    "OfficeMissing",
    "WarmOffice",
    "allocator",
    "closed_to_others",
    "find",
    "version",
]
