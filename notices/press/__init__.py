"""Print jobs for the print shop: letters sorted, merged, counted and checked, with manifest, cover and checksums."""

from notices.press.archive import archive
from notices.press.ems import period_of
from notices.press.enclosures import enclosed_with, open_enclosures
from notices.press.hot_folder import HotFolder
from notices.press.items import Enclosed, Origin, PrintFailure, PrintItem, Replaced
from notices.press.job import JobOrder, JobResult, build_job
from notices.press.layout import PlacedLetter, file_name
from notices.press.manifest import ManifestRow, read_manifest
from notices.press.order import place_key
from notices.press.spoiled import Spoiled, read_spoiled

__all__ = [
    "Enclosed",
    "HotFolder",
    "JobOrder",
    "JobResult",
    "ManifestRow",
    "Origin",
    "PlacedLetter",
    "PrintFailure",
    "PrintItem",
    "Replaced",
    "Spoiled",
    "archive",
    "build_job",
    "enclosed_with",
    "file_name",
    "open_enclosures",
    "period_of",
    "place_key",
    "read_manifest",
    "read_spoiled",
]
