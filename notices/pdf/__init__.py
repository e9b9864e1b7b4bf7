"""PDF files: read, check, cut, bind, add form fields, render pages; pages are counted from 1.

`drawing` is not imported here: its library takes a fifth of a second to load, and few commands draw.
"""

from notices.pdf.binding import Box, Said, bind, cut
from notices.pdf.checking import Soundness, font_programs, missing_fonts, soundness
from notices.pdf.faults import DamagedPdf
from notices.pdf.files import sha256_of, whole_file
from notices.pdf.forms import FormFont, filled_in, with_fields
from notices.pdf.layout import alike, layouts
from notices.pdf.locking import locked
from notices.pdf.looking import PageLook, StartWorkers, look
from notices.pdf.places import Place, Rect, find_places
from notices.pdf.reading import fonts_embedded, page_count, page_texts, picture
from notices.pdf.settling import settle

__all__ = [
    "Box",
    "DamagedPdf",
    "FormFont",
    "PageLook",
    "Place",
    "Rect",
    "Said",
    "Soundness",
    "StartWorkers",
    "alike",
    "bind",
    "cut",
    "filled_in",
    "find_places",
    "font_programs",
    "fonts_embedded",
    "layouts",
    "locked",
    "look",
    "missing_fonts",
    "page_count",
    "page_texts",
    "picture",
    "settle",
    "sha256_of",
    "soundness",
    "whole_file",
    "with_fields",
]
