"""PDF files: reading back, cutting out, merging, pictures; pages are counted from 1, as people count them."""

from notices.pdf.faults import DamagedPdf
from notices.pdf.files import sha256_of, whole_file
from notices.pdf.making import cut, merge
from notices.pdf.reading import fonts_embedded, page_count, page_texts, picture
from notices.pdf.settling import settle

__all__ = [
    "DamagedPdf",
    "cut",
    "fonts_embedded",
    "merge",
    "page_count",
    "page_texts",
    "picture",
    "settle",
    "sha256_of",
    "whole_file",
]
