"""Pictures of paper: pages of scans and photographs, their QR codes, and the marks made on a printed form.

This room knows pictures and printed forms, nothing of notices. It needs the extra `scan`; whoever imports it translates
the ImportError of a machine that lacks it.
"""

from notices.scan.codes import codes_on
from notices.scan.form import Area, FormImage, FormMarks, MarkedBox, read_form
from notices.scan.pictures import Gray, as_jpeg, as_png, from_bytes, ink_share, is_picture, picture_count, picture_page

__all__ = [
    "Area",
    "FormImage",
    "FormMarks",
    "Gray",
    "MarkedBox",
    "as_jpeg",
    "as_png",
    "codes_on",
    "from_bytes",
    "ink_share",
    "is_picture",
    "picture_count",
    "picture_page",
    "read_form",
]
