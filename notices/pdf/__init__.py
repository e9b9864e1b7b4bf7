"""PDF files: reading back, cutting out, merging, pictures; pages are counted from 1, as people count them."""

from notices.pdf.faults import DamagedPdf
from notices.pdf.files import sha256_of, whole_file
from notices.pdf.forms import FormFont, add_fields, filled_in
from notices.pdf.making import cut, merge
from notices.pdf.places import Place, find_places
from notices.pdf.reading import fonts_embedded, page_count, page_texts, picture
from notices.pdf.settling import settle

__all__ = [
    "DamagedPdf",
    "FormFont",
    "Place",
    "add_fields",
    "cut",
    "filled_in",
    "find_places",
    "fonts_embedded",
    "merge",
    "page_count",
    "page_texts",
    "picture",
    "settle",
    "sha256_of",
    "whole_file",
]
