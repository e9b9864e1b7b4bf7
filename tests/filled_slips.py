"""A slip filled in as a viewer does it: by an addition to the end of the file."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from pyhanko.pdf_utils.generic import DictionaryObject, NameObject, StreamObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


def filled(content: bytes, marks: Mapping[str, str | bool]) -> bytes:
    """Tick or type into fields, given by name."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    found = set()
    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        name = str(field["/T"])
        if name not in marks:
            continue
        found.add(name)
        mark = marks[name]
        if isinstance(mark, str):
            field["/V"] = TextStringObject(mark)
            look = StreamObject({NameObject("/BBox"): field["/AP"]["/N"]["/BBox"]}, stream_data=b"/Tx BMC EMC")
            field["/AP"] = DictionaryObject({NameObject("/N"): writer.add_object(look)})
        else:
            field["/V"] = field["/AS"] = NameObject("/Yes")
        writer.update_container(field)
    assert found == set(marks)
    made = BytesIO()
    writer.write(made)
    assert made.getvalue().startswith(content)
    return made.getvalue()
