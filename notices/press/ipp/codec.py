"""IPP encoding and decoding (RFC 8010); the only module that uses the pyipp library."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyipp.enums import IppOperation as Operation
from pyipp.enums import IppStatus as Status
from pyipp.enums import IppTag
from pyipp.exceptions import IPPParseError
from pyipp.parser import parse
from pyipp.serializer import construct_attribute
from pyipp.tags import ATTRIBUTE_TAG_MAP

__all__ = ["InvalidResponse", "IppResponse", "Operation", "Status", "Value", "decode", "encode", "keyword"]

Value = str | int | bool | Sequence[str]

VERSION = (1, 1)  # every printer must support it (RFC 8011, 4.1.8); nothing here needs a later one
REQUEST_ID = 1  # there is one request per connection
# Attributes that pyipp has no tag for, from the IANA registry; dropping one silently would change the print.
MORE_TAGS: Mapping[str, IppTag] = {
    "media": IppTag.KEYWORD,
    "job-sheets": IppTag.KEYWORD,
    "print-color-mode": IppTag.KEYWORD,
    "print-scaling": IppTag.KEYWORD,
}


class InvalidResponse(Exception):  # noqa: N818 - describes the answer
    """Raised for a response that is not valid IPP."""


@dataclass(frozen=True, slots=True)
class IppResponse:
    """Decoded IPP response: status code, status message, and attributes by group."""

    status: int
    message: str
    jobs: tuple[Mapping[str, Any], ...]
    printer: Mapping[str, Any]
    unsupported: Mapping[str, Any]

    @property
    def fine(self) -> bool:
        """True if the request succeeded (RFC 8011, appendix B.1.2)."""
        return 0 <= self.status < 0x0100


def encode(operation: Operation, asked: Mapping[str, Value], job: Mapping[str, Value] | None = None) -> bytes:
    """Encode a request, which a document may follow; raises KeyError for an attribute without a known tag."""
    groups = [struct.pack(">bbhi", *VERSION, operation, REQUEST_ID), bytes([IppTag.OPERATION])]
    always = {"attributes-charset": "utf-8", "attributes-natural-language": "en"}
    groups += [_attribute(name, value) for name, value in {**always, **asked}.items()]
    if job:
        groups.append(bytes([IppTag.JOB]))
        groups += [_attribute(name, value) for name, value in job.items()]
    return b"".join([*groups, bytes([IppTag.END])])


def _attribute(name: str, value: Value) -> bytes:
    tag = MORE_TAGS.get(name) or ATTRIBUTE_TAG_MAP[name]
    return construct_attribute(name, value if isinstance(value, str | int) else list(value), tag)


def decode(content: bytes) -> IppResponse:
    """Decode a response; raises InvalidResponse."""
    try:
        parsed = parse(content)
        asked = parsed["operation-attributes"]
    except (IPPParseError, struct.error, ValueError, KeyError, IndexError, TypeError) as error:
        raise InvalidResponse from error
    return IppResponse(
        status=parsed["status-code"],
        message=str(asked.get("status-message", "")) if isinstance(asked, dict) else "",
        jobs=tuple(job for job in parsed["jobs"] if job),
        printer=_first(parsed["printers"]),
        unsupported=_first(parsed["unsupported-attributes"]),
    )


def _first(groups: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return groups[0] if groups else {}


def keyword(status: int) -> str:
    """Return a status code's keyword in the IPP standard, else its hexadecimal value."""
    try:
        return Status(status).name.lower().replace("_", "-")
    except ValueError:
        return f"0x{status:04x}"
