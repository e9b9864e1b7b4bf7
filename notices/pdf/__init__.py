"""PDF files: reading back, cutting out, merging, pictures; pages are counted from 1, as people count them.

`drawing` is imported by its own name: its library takes a fifth of a second, and few commands draw.
"""

from notices.pdf.binding import Box, bind
from notices.pdf.checking import Soundness, font_programs, missing_fonts, soundness
from notices.pdf.faults import DamagedPdf
from notices.pdf.files import sha256_of, whole_file
from notices.pdf.forms import FormFont, add_fields, filled_in
from notices.pdf.layout import alike, layouts
from notices.pdf.locking import lock
from notices.pdf.looking import PageLook, look
from notices.pdf.making import cut, merge
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
    "Soundness",
    "add_fields",
    "alike",
    "bind",
    "cut",
    "filled_in",
    "find_places",
    "font_programs",
    "fonts_embedded",
    "layouts",
    "lock",
    "look",
    "merge",
    "missing_fonts",
    "page_count",
    "page_texts",
    "picture",
    "settle",
    "sha256_of",
    "soundness",
    "whole_file",
]
