"""[cluster]: the Dask cluster that makes the letters, if one machine is not enough."""

from __future__ import annotations

import re

from pydantic import field_validator

from notices.messages import say
from notices.settings.mistakes import Mistake
from notices.settings.section import Section

SCHEDULER = re.compile(
    r"(?P<scheme>tcp|tls)://(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:/\[\]@]+)):(?P<port>\d{1,5})"
)


class ClusterSettings(Section):
    """Address of the scheduler, empty for this machine alone; certificate files as PEM, relative to the settings.

    `insecure` allows an address beyond this machine without encryption.
    """

    scheduler: str = ""
    insecure: bool = False
    ca_file: str = ""
    certificate: str = ""
    key: str = ""

    @field_validator("scheduler")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value and not SCHEDULER.fullmatch(value):
            raise Mistake(say("is not an address such as tls://scheduler.example.com:8786"))
        return value
