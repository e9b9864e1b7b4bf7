"""Pictures of paper: pages of scans and photographs, their QR codes, and the marks made on a printed form.

This room knows pictures and printed forms, nothing of notices. It needs the extra `scan`; whoever imports it translates
the ImportError of a machine that lacks it.
"""

from notices.scan.codes import QrCode, codes_on
from notices.scan.form import Area, BoxVerdict, FormImage, FormMarks, MarkedBox, cut_out, read_form
from notices.scan.ink import PixelRect
from notices.scan.pictures import (
    Gray,
    as_jpeg,
    as_png,
    from_bytes,
    ink_share,
    is_picture,
    load,
    picture_count,
    picture_page,
    save,
)
from notices.scan.register import PrintedPage, how_alike

__all__ = [
    "Area",
    "BoxVerdict",
    "FormImage",
    "FormMarks",
    "Gray",
    "MarkedBox",
    "PixelRect",
    "PrintedPage",
    "QrCode",
    "as_jpeg",
    "as_png",
    "codes_on",
    "cut_out",
    "from_bytes",
    "how_alike",
    "ink_share",
    "is_picture",
    "load",
    "picture_count",
    "picture_page",
    "read_form",
    "save",
]
