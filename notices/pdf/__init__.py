"""PDF files: read, check, cut, bind, add form fields, render pages; pages are counted from 1.

`drawing` is not imported here: its library takes a fifth of a second to load, and few commands draw.
"""

from notices.pdf.binding import Box, DocumentInfo, bind, cut, cut_alone
from notices.pdf.checking import PdfCheck, check_pdf, font_programs, missing_fonts
from notices.pdf.faults import DamagedPdf, damaged
from notices.pdf.field_positions import Rect, TextPlace, find_places
from notices.pdf.files import atomic_file, sha256_of
from notices.pdf.foreign import ExcessivePdf, ForeignPdfs, excessive, within_limits
from notices.pdf.forms import FormFont, add_fields, field_values
from notices.pdf.inspect_pages import PageLook, StartWorkers, look
from notices.pdf.layout import layouts, same_layout
from notices.pdf.locking import encrypted
from notices.pdf.metadata import settle
from notices.pdf.own_parts import foreign_parts
from notices.pdf.picturing import PageText, page_lines, page_picture
from notices.pdf.reading import (
    GreyBitmap,
    draw_page,
    fonts_embedded,
    needs_password,
    page_count,
    page_height,
    page_texts,
    render_page,
    texts_of,
)
from notices.pdf.reducing import NotReducible
from notices.pdf.undrawn import undrawn_characters
from notices.pdf.viewing import CatalogueParts, catalogue_parts

__all__ = [
    "Box",
    "CatalogueParts",
    "DamagedPdf",
    "DocumentInfo",
    "ExcessivePdf",
    "ForeignPdfs",
    "FormFont",
    "GreyBitmap",
    "NotReducible",
    "PageLook",
    "PageText",
    "PdfCheck",
    "Rect",
    "StartWorkers",
    "TextPlace",
    "add_fields",
    "atomic_file",
    "bind",
    "catalogue_parts",
    "check_pdf",
    "cut",
    "cut_alone",
    "damaged",
    "draw_page",
    "encrypted",
    "excessive",
    "field_values",
    "find_places",
    "font_programs",
    "fonts_embedded",
    "foreign_parts",
    "layouts",
    "look",
    "missing_fonts",
    "needs_password",
    "page_count",
    "page_height",
    "page_lines",
    "page_picture",
    "page_texts",
    "render_page",
    "same_layout",
    "settle",
    "sha256_of",
    "texts_of",
    "undrawn_characters",
    "within_limits",
]
